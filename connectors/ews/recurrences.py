"""How Exchange says that a meeting is repeated ([MS-OXWSCDATA], t:RecurrenceType), as RRULE (RFC 5545, 3.3.10)."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from connectors.ews.soap import T, text_of

_DAYS = {
    **{f"{name}day": name[:2].upper() for name in ("Sun", "Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur")},
    "Day": "SU,MO,TU,WE,TH,FR,SA",
    "Weekday": "MO,TU,WE,TH,FR",
    "WeekendDay": "SU,SA",
}
_POSITIONS = {"First": 1, "Second": 2, "Third": 3, "Fourth": 4, "Last": -1}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
#: The shortest month.
_SHORTEST = 28
_NUMBER = re.compile(r"[1-9]\d{0,4}", re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)


class BadRecurrence(ValueError):
    """It is no recurrence that Exchange knows; says why."""


def rule_of(recurrence: ET.Element) -> str:
    """The RRULE of a t:Recurrence, whose start is the series' own; raises BadRecurrence."""
    parts: list[str] = []
    for element in recurrence:
        name = element.tag.removeprefix(T)
        if name in _PATTERNS:
            parts = [*_PATTERNS[name](element), *parts]
        elif name == "EndDateRecurrence":
            parts.append(f"UNTIL={_last_day(element)}")
        elif name == "NumberedRecurrence":
            parts.append(f"COUNT={_number(element, 'NumberOfOccurrences')}")
        elif name != "NoEndRecurrence":
            raise BadRecurrence(f"nobody knows a {name}")
    if not parts or not parts[0].startswith("FREQ="):
        raise BadRecurrence("it does not say how often")
    return ";".join(parts)


def _daily(pattern: ET.Element) -> list[str]:
    return ["FREQ=DAILY", *_interval(pattern)]


def _weekly(pattern: ET.Element) -> list[str]:
    # Exchange's own week begins on Sunday
    start = _days(text_of(pattern, f"{T}FirstDayOfWeek") or "Sunday")
    return ["FREQ=WEEKLY", *_interval(pattern), f"BYDAY={_days(text_of(pattern, f'{T}DaysOfWeek'))}", f"WKST={start}"]


def _monthly(pattern: ET.Element) -> list[str]:
    return ["FREQ=MONTHLY", *_interval(pattern), *_day_of_month(pattern)]


def _monthly_by_weekday(pattern: ET.Element) -> list[str]:
    return ["FREQ=MONTHLY", *_interval(pattern), *_weekday_of_month(pattern)]


def _yearly(pattern: ET.Element) -> list[str]:
    return ["FREQ=YEARLY", _month(pattern), *_day_of_month(pattern)]


def _yearly_by_weekday(pattern: ET.Element) -> list[str]:
    return ["FREQ=YEARLY", _month(pattern), *_weekday_of_month(pattern)]


_PATTERNS = {
    "DailyRecurrence": _daily,
    "WeeklyRecurrence": _weekly,
    "AbsoluteMonthlyRecurrence": _monthly,
    "RelativeMonthlyRecurrence": _monthly_by_weekday,
    "AbsoluteYearlyRecurrence": _yearly,
    "RelativeYearlyRecurrence": _yearly_by_weekday,
}


def _day_of_month(pattern: ET.Element) -> list[str]:
    """In a month that is too short for it Exchange takes the last day; RFC 5545 would leave the month out."""
    day = _number(pattern, "DayOfMonth")
    if day > 31:
        raise BadRecurrence(f"no month has a day {day}")
    if day <= _SHORTEST:
        return [f"BYMONTHDAY={day}"]
    return [f"BYMONTHDAY={','.join(map(str, range(_SHORTEST, day + 1)))}", "BYSETPOS=-1"]


def _weekday_of_month(pattern: ET.Element) -> list[str]:
    position = _POSITIONS.get(text_of(pattern, f"{T}DayOfWeekIndex").strip())
    if position is None:
        raise BadRecurrence("it does not say which weekday of the month")
    return [f"BYDAY={_days(text_of(pattern, f'{T}DaysOfWeek'))}", f"BYSETPOS={position}"]


def _days(names: str) -> str:
    found = [_DAYS.get(name) for name in names.split()]
    if not found or None in found:
        raise BadRecurrence(f'"{names[:100]}" are no days of the week')
    return ",".join(dict.fromkeys(day for days in found if days for day in days.split(",")))


def _month(pattern: ET.Element) -> str:
    name = text_of(pattern, f"{T}Month").strip()
    if name not in _MONTHS:
        raise BadRecurrence(f'"{name[:100]}" is no month')
    return f"BYMONTH={_MONTHS.index(name) + 1}"


def _interval(pattern: ET.Element) -> list[str]:
    number = _number(pattern, "Interval")
    return [f"INTERVAL={number}"] if number > 1 else []


def _number(element: ET.Element, name: str) -> int:
    text = text_of(element, T + name).strip()
    if not _NUMBER.fullmatch(text):
        raise BadRecurrence(f'{name} is "{text[:100]}"')
    return int(text)


def _last_day(end: ET.Element) -> str:
    """The last day, which may have an occurrence; the zone behind it is the server's and tells nothing."""
    match = _DAY.match(text_of(end, f"{T}EndDate").strip())
    if match is None:
        raise BadRecurrence("its last day is none")
    return "".join(match.groups())
