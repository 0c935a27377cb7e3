"""The zones that Exchange gives to a meeting's times ([MS-OXWSCDATA] 2.2.4, t:TimeZoneDefinition).

Most are Windows' own and known by name. One that a program made up ("tzone://Microsoft/Custom") is explained by its
periods and the days on which they change; it becomes a VTIMEZONE, as such a zone is in iCalendar.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from hashlib import blake2b
from typing import NamedTuple
from xml.etree import ElementTree as ET

from connectors.ews.soap import T, text_of
from connectors.zones import iana_name, own_zone

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: Changes begin in this year; a made-up zone says nothing of the time before.
_FIRST_YEAR = 1970
#: -P1DT2H30M, of which Exchange writes hours and minutes.
_DURATION = re.compile(r"(-?)P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,8})(?:\.\d*)?S)?)?", re.ASCII)
_DAY = timedelta(days=1)


class Zone(NamedTuple):
    """A zone of a `Moment`, with its VTIMEZONE where only that explains it."""

    name: str
    vtimezone: str = ""


class _Change(NamedTuple):
    """Once a year the clocks go over to an offset."""

    month: int
    #: Day of the month; 0: counted by weekday.
    day: int
    weekday: int
    #: The first to fourth of these in the month, or the last: -1.
    number: int
    clock: timedelta
    offset: timedelta

    def first(self) -> date:
        """In the first year."""
        if self.day:
            return date(_FIRST_YEAR, self.month, self.day)
        days = [date(_FIRST_YEAR, self.month, d) for d in range(1, monthrange(_FIRST_YEAR, self.month)[1] + 1)]
        fitting = [day for day in days if day.weekday() == self.weekday]
        return fitting[self.number if self.number < 0 else self.number - 1]

    def rule(self) -> str:
        if self.day:
            return f"FREQ=YEARLY;BYMONTH={self.month};BYMONTHDAY={self.day}"
        weekday = _WEEKDAYS[self.weekday][:2].upper()
        return f"FREQ=YEARLY;BYMONTH={self.month};BYDAY={self.number}{weekday}"


def zone_of(definition: ET.Element | None) -> Zone | None:
    """The zone of t:StartTimeZone or t:EndTimeZone; None where none can be told."""
    if definition is None:
        return None
    for name in (definition.get("Id", ""), definition.get("Name", "")):
        known = iana_name(name) if name else None
        if known is not None:
            return Zone(known)
    offsets = {each.get("Id", ""): _offset(each.get("Bias", "")) for each in definition.iter(f"{T}Period")}
    known_offsets = {name: offset for name, offset in offsets.items() if offset is not None}
    text = _explained(_last_group(definition), known_offsets)
    if text is None:
        return None
    # others may call another zone by the same name
    name = f"Exchange-{blake2b(text.encode(), digest_size=8).hexdigest()}"
    text = "\r\n".join(("BEGIN:VTIMEZONE", f"TZID:{name}", text, "END:VTIMEZONE"))
    return Zone(name, text) if own_zone(text) is not None else None


def _last_group(definition: ET.Element) -> ET.Element | None:
    """What holds from the last date on that the zone names: a made-up zone mostly has one group."""
    groups = {each.get("Id", ""): each for each in definition.iter(f"{T}TransitionsGroup")}
    named = [text_of(each, f"{T}To") for each in definition.iterfind(f"{T}Transitions/*")]
    found = next((groups[name] for name in reversed(named) if name in groups), None)
    return found if found is not None else next(iter(groups.values()), None)


def _explained(group: ET.Element | None, offsets: Mapping[str, timedelta]) -> str | None:
    """The observances of a VTIMEZONE; None where they can't be told."""
    if group is None:
        only = next(iter(offsets.values()), None)
        return None if only is None or len(offsets) > 1 else _observance("19700101T000000", only, only)
    changes = [_change(each, offsets) for each in group]
    yearly = [each for each in changes if isinstance(each, _Change)]
    if None in changes:
        return None
    if not yearly:
        constant = next((each for each in changes if isinstance(each, timedelta)), None)
        return None if constant is None else _observance("19700101T000000", constant, constant)
    yearly.sort(key=lambda each: (each.first(), each.clock))
    return "\r\n".join(_yearly(yearly))


def _yearly(changes: list[_Change]) -> Iterable[str]:
    for number, each in enumerate(changes):
        # the first one of a year follows the last one of the year before
        before = changes[number - 1].offset
        begins = each.first()
        clock = f"{each.clock.seconds // 3600:02}{each.clock.seconds // 60 % 60:02}00"
        yield _observance(f"{begins:%Y%m%d}T{clock}", before, each.offset, each.rule())


def _observance(start: str, before: timedelta, after: timedelta, rule: str = "") -> str:
    lines = (f"DTSTART:{start}", f"TZOFFSETFROM:{_written(before)}", f"TZOFFSETTO:{_written(after)}")
    more = (f"RRULE:{rule}",) if rule else ()
    return "\r\n".join(("BEGIN:STANDARD", *lines, *more, "END:STANDARD"))


def _change(transition: ET.Element, offsets: Mapping[str, timedelta]) -> _Change | timedelta | None:
    """A change of each year, the offset that always holds, or None for what makes no sense."""
    offset = offsets.get(text_of(transition, f"{T}To"))
    if offset is None or transition.tag == f"{T}Transition":
        return offset
    clock = _duration(text_of(transition, f"{T}TimeOffset"))
    month = _whole(transition, "Month", 1, 12)
    if clock is None or not timedelta() <= clock < _DAY or month is None:
        return None
    if transition.tag == f"{T}RecurringDateTransition":
        day = _whole(transition, "Day", 1, 28)
        return None if day is None else _Change(month, day, 0, 0, clock, offset)
    weekday = text_of(transition, f"{T}DayOfWeek").strip()
    count = _whole(transition, "Occurrence", -1, 5)
    if weekday not in _WEEKDAYS or not count:
        return None
    # Windows counts the last one as the fifth
    return _Change(month, 0, _WEEKDAYS.index(weekday), -1 if count == 5 else count, clock, offset)


def _offset(bias: str) -> timedelta | None:
    """From UTC to the zone: the other way round than Windows counts."""
    length = _duration(bias)
    return None if length is None or abs(length) >= _DAY else -length


def _duration(text: str) -> timedelta | None:
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return None
    days, hours, minutes, seconds = (int(each or 0) for each in match.groups()[1:])
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if match[1] else length


def _written(offset: timedelta) -> str:
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{'-' if offset < timedelta() else '+'}{minutes // 60:02}{minutes % 60:02}"


def _whole(element: ET.Element, name: str, least: int, most: int) -> int | None:
    text = text_of(element, T + name).strip()
    if not re.fullmatch(r"-?\d{1,3}", text, re.ASCII):
        return None
    return int(text) if least <= int(text) <= most else None
