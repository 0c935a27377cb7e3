"""iCalendar (RFC 5545) and iTIP (RFC 5546) -> meetings, pure: the same bytes give the same records.

    contentlines  bytes to lines, lines to name, parameters and value     events       one VEVENT
    zones         names of time zones, own zones (VTIMEZONE)              conferences  Teams, Zoom, Meet …
    recurrence    RRULE to times                                          occurrences  a meeting's times in a window

Nothing raises, whatever the bytes are: what can't be read is an `Unreadable` with its reason, what is too much is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

from connectors.contentlines import split_line, unescaped, unfolded_lines
from connectors.events import LONGEST_LINE, WANTED, BadEvent, Read, read_event
from connectors.globalobjectid import plain_uid
from connectors.meetings import Event, Meeting, Moment
from connectors.records import Unreadable
from connectors.zones import FLOATING, iana_name, own_zone, zone_of

#: Most events of one UID: a meeting with its exceptions.
MAX_EVENTS = 5_000
#: Most events of a stream.
MAX_ALL = 100_000
#: Bytes of a VTIMEZONE that are kept.
_LONGEST_ZONE = 64 * 1024

_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


def parse_calendar(raw: bytes, *, ref: str, with_tasks: bool = False) -> tuple[Meeting | Unreadable, ...]:
    """The meetings of a calendar object, of a file of many, or of a mail's text/calendar part: one for each UID.

    All bear `ref`, in the order of the stream. Of several objects with a METHOD each is a message of its own.
    `with_tasks`: a VTODO counts as an event at its start, else when it is due. An event without UID is a meeting of its
    own, named by its content. Never raises.
    """
    reader = _Reader(("VEVENT", "VTODO") if with_tasks else ("VEVENT",))
    reader.read(unfolded_lines(raw))
    if not reader.is_calendar:
        return (Unreadable(ref, "it is no calendar"),)
    if reader.is_endless:
        return (Unreadable(ref, f"it holds more than {MAX_ALL:,} events"),)
    groups: dict[_Key, _Group] = {}
    for number, calendar in enumerate(reader.calendars):
        calendar.sort_into(groups, number if calendar.method else 0)
    found = tuple(group.meeting(ref, method, uid) for (_number, method, uid), group in groups.items())
    if len(found) == 1 and isinstance(found[0], Meeting):
        return (replace(found[0], size=len(raw)),)
    return found


#: Number of the object, METHOD, UID.
_Key: TypeAlias = tuple[int, str, str]


class _Lines(NamedTuple):
    """An event's lines."""

    lines: list[str]
    is_whole: bool


@dataclass(slots=True)
class _Calendar:
    """A VCALENDAR as it is read."""

    method: str = ""
    default_zone: str = FLOATING
    #: TZID -> text of its VTIMEZONE.
    zones: dict[str, str] = field(default_factory=dict)
    events: list[_Lines] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    #: TZIDs that only their VTIMEZONE explains.
    _own: set[str] = field(default_factory=set)

    def sort_into(self, groups: dict[_Key, _Group], number: int) -> None:
        """Add each event to those of its UID; `number` tells objects apart whose events don't belong together."""
        for lines, is_whole in self.events:
            uid = _uid(lines) or blake2b("\n".join(sorted(lines)).encode("utf-8"), digest_size=16).hexdigest()
            group = groups.setdefault((number, self.method, uid), _Group())
            if group.is_crowded:
                continue
            try:
                read: Read | str = read_event(lines, self.zone_name, self._add_time) if is_whole else "it is cut off"
            except BadEvent as error:
                read = str(error)
            except OverflowError:
                read = "it reaches beyond the years 1 to 9999"
            if isinstance(read, Read) and read.event.uid != uid:
                read = read._replace(event=replace(read.event, uid=uid))
            group.add(read, sum(map(len, lines)) + 2 * len(lines))
            if isinstance(read, Read):
                group.zones.update((name, self.zones[name]) for name in _zones_of(read.event) if name in self._own)

    def keep_zone(self, lines: list[str]) -> None:
        """The lines of a VTIMEZONE."""
        tzid = next((value.strip() for name, _, value in map(split_line, lines) if name == "TZID"), "")
        text = "\n".join(lines)
        if tzid and len(text) <= _LONGEST_ZONE:
            self.zones.setdefault(tzid, text)

    def zone_name(self, tzid: str) -> str:
        """The zone of a Moment, by the TZID it was written with."""
        if not tzid:
            return self.default_zone
        name = self._names.get(tzid)
        if name is None:
            name = self._names[tzid] = self._found(tzid)
        return name

    def _found(self, tzid: str) -> str:
        name = iana_name(tzid)
        if name is not None:
            return name
        text = self.zones.get(tzid)
        if text is not None:
            place = next((line for line in text.split("\n") if line.upper().startswith("X-LIC-LOCATION:")), None)
            name = iana_name(place.partition(":")[2]) if place else None
            if name is not None:
                return name
            if own_zone(text) is not None:
                self._own.add(tzid)
                return tzid
        return self.default_zone

    def _add_time(self, moment: Moment, length: timedelta) -> Moment:
        assert isinstance(moment.local, datetime)
        own = ((moment.zone, self.zones[moment.zone]),) if moment.zone in self._own else ()
        where = zone_of(moment.zone, own, UTC)
        if where is UTC:
            return Moment(moment.local + length, moment.zone)
        later = moment.local.replace(tzinfo=where).astimezone(UTC) + length
        return Moment(later.astimezone(where).replace(tzinfo=None, fold=0), moment.zone)


@dataclass(slots=True)
class _Group:
    """What belongs to one UID."""

    reads: dict[Moment | None, Read] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    size: int = 0
    is_crowded: bool = False

    def add(self, read: Read | str, size: int) -> None:
        self.size += size
        if isinstance(read, str):
            self.problems.append(read)
            return
        key = read.event.recurrence_id
        other = self.reads.get(key)
        if other is None and len(self.reads) >= MAX_EVENTS:
            self.is_crowded = True
        elif other is None or _rank(read) > _rank(other):
            self.reads[key] = read

    def meeting(self, ref: str, method: str, uid: str) -> Meeting | Unreadable:
        if self.is_crowded:
            return Unreadable(ref, f"the meeting has more than {MAX_EVENTS:,} exceptions")
        reads = sorted(_of_one_kind(self.reads.values()), key=_place)
        if self.problems:
            return Unreadable(ref, min(self.problems))
        if not method and all(read.event.start is None for read in reads):
            return Unreadable(ref, "the meeting has no start")
        return Meeting(
            ref=ref,
            uid=uid,
            method=method,
            events=tuple(read.event for read in reads),
            zones=tuple(sorted(self.zones.items())),
            size=self.size,
            is_truncated=any(read.is_truncated for read in reads),
        )


def _of_one_kind(reads: Iterable[Read]) -> Iterable[Read]:
    """Exceptions without a zone in that of their series, where it has one.

    A RECURRENCE-ID has to be of the same form as DTSTART of the series (RFC 5545, section 3.8.4.4). Start and end are
    free to float, but nobody means that one hour of a series depends on who looks: Cyrus writes such where an object
    has no VTIMEZONE and an answer is merged into it.
    """
    series = next((read.event.start for read in reads if read.event.recurrence_id is None), None)
    if series is None or series.zone == FLOATING or not isinstance(series.local, datetime):
        return reads
    found: dict[Moment | None, Read] = {}
    for read in reads:
        event = read.event
        if event.recurrence_id is not None:
            named = _zoned(event.recurrence_id, series.zone)
            start, end = _zoned(event.start, series.zone), _zoned(event.end, series.zone)
            read = read._replace(event=replace(event, recurrence_id=named, start=start, end=end))
        other = found.get(read.event.recurrence_id)
        if other is None or _rank(read) > _rank(other):
            found[read.event.recurrence_id] = read
    return found.values()


def _zoned(moment: Moment | None, zone: str) -> Moment | None:
    if moment is None or moment.zone != FLOATING or not isinstance(moment.local, datetime):
        return moment
    return Moment(moment.local, zone)


def _rank(read: Read) -> tuple[int, datetime, str, str]:
    """Of two that say they are the same, the newer counts; at last any, but always the same."""
    return read.event.sequence, read.event.stamped_at or _EARLIEST, read.modified_at, repr(read.event)


def _place(read: Read) -> tuple[bool, str, str]:
    moment = read.event.recurrence_id
    return moment is not None, moment.local.isoformat() if moment else "", moment.zone if moment else ""


def _zones_of(event: Event) -> Iterable[str]:
    moments = (event.recurrence_id, event.start, event.end, *event.left_out)
    yield from (moment.zone for moment in moments if moment is not None)
    for start, end in event.extra:
        yield start.zone
        if end is not None:
            yield end.zone


def _uid(lines: Sequence[str]) -> str:
    for line in lines:
        if line[:3].upper() == "UID":
            name, _params, value = split_line(line)
            if name == "UID":
                return plain_uid(value.strip()[:LONGEST_LINE])
    return ""


class _Reader:
    """Sorts the lines of a stream into calendars. Parts that nobody asks for are passed over."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._kinds = kinds
        self.calendars = [_Calendar()]
        #: Was there anything of a calendar?
        self.is_calendar = False
        self._event: list[str] | None = None
        self._zone: list[str] | None = None
        self._depth = 0
        self._count = 0

    @property
    def is_endless(self) -> bool:
        """Are there more events than anybody reads?"""
        return self._count > MAX_ALL

    def read(self, lines: Iterable[str]) -> None:
        for line in lines:
            name = line.partition(":")[0].partition(";")[0].strip().upper()
            if name == "BEGIN":
                self._begin(line)
                if self._count > MAX_ALL:
                    return
            elif name == "END":
                self._end(line)
            elif self._event is not None:
                if name in WANTED and not self._depth:
                    self._event.append(line)
            elif self._zone is not None:
                self._zone.append(line)
            elif name == "METHOD":
                calendar = self.calendars[-1]
                calendar.method = calendar.method or line.partition(":")[2].strip().upper()[:40]
            elif name == "X-WR-TIMEZONE":
                self.calendars[-1].default_zone = iana_name(unescaped(line.partition(":")[2])) or FLOATING
        self._close(is_whole=False)

    def _begin(self, line: str) -> None:
        kind = line.partition(":")[2].strip().upper()
        is_event = kind in self._kinds
        if is_event or kind == "VCALENDAR":
            self.is_calendar = True
            # what was not ended is cut off where the next begins
            self._close(is_whole=False)
            self._count += 1
            if is_event:
                self._event = []
            else:
                self.calendars.append(_Calendar())
        elif self._event is not None:
            self._depth += 1
        elif kind == "VTIMEZONE":
            self._zone = [line]
        elif self._zone is not None:
            self._zone.append(line)

    def _end(self, line: str) -> None:
        kind = line.partition(":")[2].strip().upper()
        if self._zone is not None:
            self._zone.append(line)
            if kind == "VTIMEZONE":
                self.calendars[-1].keep_zone(self._zone)
                self._zone = None
        elif kind in self._kinds or kind == "VCALENDAR":
            self._close(is_whole=kind != "VCALENDAR")
        else:
            self._depth = max(0, self._depth - 1)

    def _close(self, *, is_whole: bool) -> None:
        if self._event is not None:
            self.calendars[-1].events.append(_Lines(self._event, is_whole))
        self._event = self._zone = None
        self._depth = 0
