"""Rules of series as Exchange knows them: read, written, expanded. ([MS-OXWSMTGS] 2.2.4, [MS-OXOCAL] 2.2.1.44)"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib import import_module
from typing import Any
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from tests.servers.ews.wire import EwsError, local, t, text_of, value, words

#: It ships no types; here it counts days as no code of ours does.
_rrule: Any = import_module("dateutil.rrule")

DAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = words("January February March April May June July August September October November December")
POSITIONS = {"First": 1, "Second": 2, "Third": 3, "Fourth": 4, "Last": -1}
_GROUPS = {"Day": range(7), "Weekday": range(5), "WeekendDay": range(5, 7)}
#: No series is looked at for longer: what Exchange itself expands ends earlier.
_LAST_YEAR = 2100


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`pattern` is the element's name; of `end` and `count` one at most is set. Days are Exchange's words."""

    pattern: str
    start: date
    interval: int = 1
    days: tuple[str, ...] = ()
    index: str = ""
    day: int = 0
    month: int = 0
    first_day: str = "Sunday"
    end: date | None = None
    count: int | None = None

    def dates(self) -> Iterator[date]:
        """The days of the series, in order."""
        until = self.end or date(_LAST_YEAR, 1, 1)
        chosen = self._chosen()
        rule = _rrule.rrule(
            getattr(_rrule, _FREQUENCIES[self.pattern]),
            dtstart=datetime.combine(self.start, time()),
            interval=self.interval,
            wkst=DAYS.index(self.first_day),
            count=self.count,
            until=None if self.count is not None else datetime.combine(until, time()),
            **chosen,
        )
        return (found.date() for found in rule)

    def _chosen(self) -> dict[str, Any]:
        weekdays = [
            number for day in self.days for number in _GROUPS.get(day, [DAYS.index(day)] if day in DAYS else [])
        ]
        said: dict[str, Any] = {}
        if self.pattern == "WeeklyRecurrence":
            said = {"byweekday": weekdays}
        elif self.pattern.startswith("Relative"):
            said = {"byweekday": weekdays, "bysetpos": POSITIONS[self.index]}
        elif self.pattern.startswith("Absolute"):
            # the 31st of a shorter month is its last day
            said = {"bymonthday": list(range(min(self.day, 28), self.day + 1)), "bysetpos": -1}
        if self.pattern.endswith("YearlyRecurrence"):
            said["bymonth"] = self.month
        return said

    def element(self, zone: str) -> Element:
        """The element, with days as Exchange writes them: with the offset of the zone."""
        interval = value("Interval", self.interval)
        days = value("DaysOfWeek", " ".join(self.days))
        index, day = value("DayOfWeekIndex", self.index), value("DayOfMonth", self.day)
        month = value("Month", MONTHS[self.month - 1]) if self.month else None
        parts: dict[str, list[Element | None]] = {
            "DailyRecurrence": [interval],
            "WeeklyRecurrence": [interval, days, value("FirstDayOfWeek", self.first_day)],
            "AbsoluteMonthlyRecurrence": [interval, day],
            "RelativeMonthlyRecurrence": [interval, days, index],
            "AbsoluteYearlyRecurrence": [day, month],
            "RelativeYearlyRecurrence": [days, index, month],
        }
        begin = value("StartDate", _day(self.start, zone))
        if self.count is not None:
            ending = t("NumberedRecurrence", begin, value("NumberOfOccurrences", self.count))
        elif self.end is not None:
            ending = t("EndDateRecurrence", begin, value("EndDate", _day(self.end, zone)))
        else:
            ending = t("NoEndRecurrence", begin)
        return t("Recurrence", t(self.pattern, parts[self.pattern]), ending)


_FREQUENCIES = {
    "DailyRecurrence": "DAILY",
    "WeeklyRecurrence": "WEEKLY",
    "AbsoluteMonthlyRecurrence": "MONTHLY",
    "RelativeMonthlyRecurrence": "MONTHLY",
    "AbsoluteYearlyRecurrence": "YEARLY",
    "RelativeYearlyRecurrence": "YEARLY",
}


def _day(day: date, zone: str) -> str:
    offset = datetime.combine(day, time(), ZoneInfo(zone)).utcoffset() or timedelta()
    if not offset:
        return f"{day.isoformat()}Z"
    sign = "-" if offset < timedelta() else "+"
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    return f"{day.isoformat()}{sign}{hours:02}:{minutes:02}"


def read_recurrence(element: Element) -> Recurrence:
    """Of a client's element. Raises EwsError where Exchange has no such rule."""
    pattern, ending = element[0], element[1]
    if local(pattern) not in _FREQUENCIES:
        raise EwsError("ErrorInvalidRecurrencePattern" if "Regen" in local(pattern) else "ErrorInvalidRequest")
    month = text_of(pattern, "Month")
    end, number = text_of(ending, "EndDate"), text_of(ending, "NumberOfOccurrences")
    made = Recurrence(
        local(pattern),
        date.fromisoformat((text_of(ending, "StartDate") or "")[:10]),
        int(text_of(pattern, "Interval") or "1"),
        tuple((text_of(pattern, "DaysOfWeek") or "").split()),
        text_of(pattern, "DayOfWeekIndex") or "",
        int(text_of(pattern, "DayOfMonth") or "0"),
        MONTHS.index(month) + 1 if month else 0,
        text_of(pattern, "FirstDayOfWeek") or "Sunday",
        date.fromisoformat(end[:10]) if end else None,
        int(number) if number else None,
    )
    if made.interval < 1 or (made.end is not None and made.end < made.start):
        raise EwsError("ErrorCorruptData", "The recurrence is invalid.")
    return made


def at(day: date, clock: time, zone: str) -> datetime:
    """That time of that day on the clocks of a zone, in UTC."""
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
