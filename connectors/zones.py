"""Names of time zones in calendars -> zones of the package tzdata; a calendar's own zones where no name can be found.

The machine's zone data may be years old, and so is what programs write into VTIMEZONE: an Outlook of today still sends
an "Iran Standard Time" that has daylight saving. So a name that stands for a zone of the database wins over the rules
that came with it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from connectors.contentlines import split_line, unfolded_lines
from connectors.recurrence import YEARLY, BadRule, Rule, expanded, parse_rule
from connectors.windows_zones import OUTLOOK_LABELS, WINDOWS_ZONES

#: Who looks at a time is asked for its zone; none is given.
FLOATING = ""
#: Most clock changes of a calendar's own zone, and the years they are made for.
_MOST_CHANGES = 2_000
_LAST_YEAR = 2100

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)(?::?(\d\d))?\Z")
#: "(UTC+03:30) Tehran", "(GMT-05.00) Eastern Time (US & Canada)"
_LABEL = re.compile(r"\((?:UTC|GMT)\s*([+-]\s*\d{1,2}[:.]?\d{0,2})?\)\s*(.*)", re.IGNORECASE)
#: "GMT+0300", "UTC-5", "GMT -0300 (Standard) / GMT -0200 (Daylight)" is none: it changes clocks.
_FIXED = re.compile(r"(?:UTC|GMT)\s*([+-])\s*(\d{1,2})(?:[:.]?(00))?", re.IGNORECASE)
_UTC_NAMES = ("utc", "z", "gmt", "etc/utc", "etc/gmt", "zulu", "tzone://microsoft/utc", "coordinated universal time")
_UTC_ZONES = ("Etc/UTC", "Etc/GMT", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich", "UCT", "Universal")
#: Zones that left the database.
_GONE = {"us/pacific-new": "America/Los_Angeles", "canada/east-saskatchewan": "America/Regina"}


@cache
def _names() -> dict[str, str]:
    names = files("tzdata").joinpath("zones").read_text("ascii").split()
    return {name.casefold(): name for name in names}


@lru_cache(maxsize=1024)
def iana_name(name: str) -> str | None:
    """The zone of the database that a TZID stands for, "UTC" for all names of it; None where none can be told.

    Known are names of the database in any case and behind any prefix (/mozilla.org/…/Europe/Berlin), names of Windows
    (CLDR), labels of Outlook, and whole hours from UTC.
    """
    key = name.strip(" \"'").replace("\\", "").casefold()
    if key in _UTC_NAMES:
        return "UTC"
    found = _names().get(key) or _GONE.get(key) or _names().get(key.replace(" ", "_"))
    found = found or WINDOWS_ZONES.get(key) or OUTLOOK_LABELS.get(key)
    if found is None and "/" in key:
        parts = key.strip("/").split("/")
        tails = ("/".join(parts[-count:]) for count in (3, 2) if len(parts) >= count)
        found = next((_names()[tail] for tail in tails if tail in _names()), None)
        found = found or WINDOWS_ZONES.get(parts[-1])
    if found is None:
        found = _windows_name(key)
    return "UTC" if found in _UTC_ZONES else found


def _windows_name(key: str) -> str | None:
    label = _LABEL.fullmatch(key)
    if label:
        return OUTLOOK_LABELS.get(label[2].strip()) or ("UTC" if label[2].startswith("coordinated") else None)
    # Outlook counts those it holds twice, and knows a zone's summer by its own name
    plain = re.sub(r"\s+\d{1,2}\Z", "", key)
    plain = re.sub(r"\bdaylight time\Z|\bsummer time\Z", "standard time", plain)
    if plain in WINDOWS_ZONES:
        return WINDOWS_ZONES[plain]
    fixed = _FIXED.fullmatch(key)
    if fixed and int(fixed[2]) <= 12:
        # the database counts westward
        hours = int(fixed[2])
        return f"Etc/GMT{'-' if fixed[1] == '+' else '+'}{hours}" if hours else "UTC"
    return None


@cache
def zone(name: str) -> tzinfo:
    """A zone by its name in the database, read from the package tzdata; raises LookupError."""
    if name == "UTC":
        return UTC
    exact = _names().get(name.casefold())
    if exact is None:
        raise LookupError(f'"{name}" is no zone of the time zone database')
    place = files("tzdata").joinpath("zoneinfo", *exact.split("/"))
    with place.open("rb") as file:
        return ZoneInfo.from_file(file, key=exact)


def zone_of(name: str, own: tuple[tuple[str, str], ...], floating: tzinfo) -> tzinfo:
    """The zone of a `Moment`: of the database, of the meeting's `own` ones, or `floating`."""
    if name == FLOATING:
        return floating
    for tzid, text in own:
        if tzid == name:
            return own_zone(text) or floating
    try:
        return zone(name)
    except LookupError:
        return floating


class OwnZone(tzinfo):
    """A zone made of a VTIMEZONE."""

    def __init__(self, name: str, first: timedelta, changes: list[tuple[datetime, timedelta, timedelta]]) -> None:
        """`first`: the offset before all `changes`, each (local time before it, offset from, offset to)."""
        self._name = name
        self._offsets = [first]
        self._instants: list[datetime] = []
        for local, before, after in changes:
            try:
                instant = local - before
            except OverflowError:
                continue
            if self._instants and instant <= self._instants[-1]:
                continue
            self._instants.append(instant)
            self._offsets.append(after)

    def utcoffset(self, when: datetime | None) -> timedelta:
        """The offset at a local time: before a gap, and the earlier one of two (PEP 495; RFC 5545, section 3.3.5)."""
        if when is None:
            return self._offsets[0]
        local = when.replace(tzinfo=None, fold=0)
        at = bisect_right(self._instants, local, key=lambda instant: instant)
        # a change is near: it counts where it had come in local time too
        for index in range(max(0, at - 2), min(len(self._instants), at + 2)):
            before, after = self._offsets[index], self._offsets[index + 1]
            begins = self._instants[index] + max(before, after) if not when.fold else None
            begins = begins or self._instants[index] + min(before, after)
            if local < begins:
                return before
            at = index + 1
        return self._offsets[at] if at < len(self._offsets) else self._offsets[-1]

    def dst(self, when: datetime | None) -> timedelta:
        """Not told apart."""
        return timedelta()

    def tzname(self, when: datetime | None) -> str:
        """The TZID."""
        return self._name

    def fromutc(self, when: datetime) -> datetime:
        """UTC -> local."""
        instant = when.replace(tzinfo=None, fold=0)
        offset = self._offsets[bisect_right(self._instants, instant)]
        local = (instant + offset).replace(tzinfo=self)
        return local if local.utcoffset() == offset else local.replace(fold=1)


@lru_cache(maxsize=256)
def own_zone(text: str) -> tzinfo | None:
    """The zone that the text of a VTIMEZONE describes, with changes until 2100; None where it describes none."""
    changes: list[tuple[datetime, timedelta, timedelta]] = []
    name = ""
    inside: dict[str, str] | None = None
    more: list[str] = []
    for line in unfolded_lines(text.encode("utf-8")):
        key, _params, value = split_line(line)
        word = value.strip().upper()
        if key == "BEGIN" and word in ("STANDARD", "DAYLIGHT"):
            inside, more = {}, []
        elif key == "END" and word in ("STANDARD", "DAYLIGHT") and inside is not None:
            changes += _changes(inside, more)
            inside = None
        elif key == "TZID" and not name:
            name = value
        elif inside is not None:
            if key == "RDATE":
                more += value.split(",")
            else:
                inside.setdefault(key, value.strip())
    if not changes:
        return None
    changes.sort()
    return OwnZone(name, changes[0][1], changes[-_MOST_CHANGES:])


def _changes(observance: dict[str, str], more: list[str]) -> list[tuple[datetime, timedelta, timedelta]]:
    """When the clocks go over to it, in local time, with the offsets before and after."""
    before, after = _offset(observance.get("TZOFFSETFROM")), _offset(observance.get("TZOFFSETTO"))
    if after is None:
        return []
    if before is None:
        before = after
    start = _local(observance.get("DTSTART", ""))
    if start is None:
        return [(datetime.min, after, after)]  # noqa: DTZ901 - wall clock
    found = [start, *filter(None, map(_local, more[:_MOST_CHANGES]))]
    if "RRULE" in observance:
        try:
            rule: Rule | None = parse_rule(observance["RRULE"])
        except BadRule:
            rule = None
        # clocks change once a year, if at all
        if rule is None or rule.frequency != YEARLY:
            return [(when, before, after) for when in found]
        until = rule.until
        if isinstance(until, datetime) and rule.is_until_utc and until.year < _LAST_YEAR:
            until = until + before
        last = datetime(_LAST_YEAR, 12, 31)  # noqa: DTZ001 - wall clock
        made = expanded(rule.ending(until), start, start, last)
        found += [when for when, _ in zip(made, range(_MOST_CHANGES), strict=False)]
    return [(when, before, after) for when in sorted(set(found))]


def _offset(value: str | None) -> timedelta | None:
    match = _OFFSET.match(value or "")
    if not match:
        return None
    length = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    return None if length >= timedelta(days=1) else length if match[1] == "+" else -length


def _local(value: str) -> datetime | None:
    try:
        return datetime.strptime(value.strip()[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - wall clock
    except ValueError:
        return None
