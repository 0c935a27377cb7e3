"""When a meeting takes place: times of its rule, further ones, those left out, exceptions (RFC 5545, section 3.8.5)."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import TypeAlias, TypeVar

from connectors.meetings import Event, Meeting, Moment, Occurrence
from connectors.recurrence import BadRule, Rule, expanded, is_fine, parse_rule
from connectors.zones import FLOATING, zone_of
from connectors.zones import zone as zone_named

#: Most occurrences inside a window.
MAX_OCCURRENCES = 1_000
#: Most of a rule that is finer than daily.
MAX_FINE = 100
_DAY = timedelta(1)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)
#: What a THISANDFUTURE may move a series by.
_FARTHEST = timedelta(366)

_Wall = TypeVar("_Wall", date, datetime)
#: An occurrence behind the instant and key it is sorted by.
_Placed: TypeAlias = tuple[datetime, str, Occurrence]
#: The same of a time of the series: with its end, where it has one of its own.
_Time: TypeAlias = tuple[datetime, str, Moment, Moment | None]


def occurrences(
    meeting: Meeting, since: datetime, until: datetime, zone: str, *, earliest: bool = False
) -> Iterator[Occurrence]:
    """What begins from `since` to `until` (aware UTC instants, both inclusive), in the order of time.

    `zone` is the IANA zone of floating times and of days, which begin at its midnight. Cancelled occurrences that the
    meeting has are among them. Of more than 1,000 the last are given, because what is next counts more than what was
    long ago, or the first where `earliest`. A rule finer than daily gives its first 100 times. Work is bounded,
    whatever the meeting; never raises.
    """
    placed = _Series(meeting, zone).placed(since, until)
    found = islice(placed, MAX_OCCURRENCES) if earliest else deque(placed, maxlen=MAX_OCCURRENCES)
    return iter([each for _instant, _key, each in sorted(found, key=_order)])


def instant_of(moment: Moment, meeting: Meeting | None, zone: str) -> datetime | date:
    """A moment of a meeting as an aware UTC instant; days stay days. `zone` as for `occurrences`."""
    if not isinstance(moment.local, datetime):
        return moment.local
    return _instant(moment, zone_of(moment.zone, meeting.zones if meeting is not None else (), _floating(zone)))


def _floating(name: str) -> tzinfo:
    try:
        return zone_named(name)
    except LookupError:
        return UTC


def _instant(moment: Moment, where: tzinfo) -> datetime:
    """UTC; the first or last instant of all where it lies beyond."""
    local = moment.local
    if not isinstance(local, datetime):
        local = datetime.combine(local, time.min)
    try:
        return local.replace(tzinfo=where).astimezone(UTC)
    except OverflowError:
        return _EARLIEST if local.year < 5000 else _LATEST


def _order(placed: _Placed) -> tuple[datetime, str]:
    return placed[:2]


class _Series:
    """One meeting for somebody in one zone."""

    def __init__(self, meeting: Meeting, zone_name: str) -> None:
        self._floating = _floating(zone_name)
        self._own = meeting.zones
        self._zones: dict[str, tzinfo] = {}
        #: By the number of the event's object.
        self._lengths: dict[int, timedelta] = {}
        self._master = next((event for event in meeting.events if event.recurrence_id is None), None)
        exceptions = [(self._fitting(each.recurrence_id), each) for each in meeting.events if each.recurrence_id]
        self._exceptions = {self._key(moment): event for moment, event in exceptions}
        ranges = [(self._instant(moment), event) for moment, event in exceptions if event.is_this_and_future]
        ranges.sort(key=lambda each: each[0])
        self._range_starts = [instant for instant, _event in ranges]
        self._ranges = [event for _instant, event in ranges]
        master = self._master
        self._is_series = bool(self._exceptions) or (master is not None and bool(master.rules or master.extra))

    def placed(self, since: datetime, until: datetime) -> Iterator[_Placed]:
        """Everything that begins from `since` to `until`."""
        found = self._regular(since, until)
        if self._exceptions:
            moved = sorted((self._exception(key, event) for key, event in self._exceptions.items()), key=_order)
            found = heapq.merge(moved, found, key=_order)
        for placed in found:
            if since <= placed[0] <= until:
                yield placed

    def _exception(self, key: str, event: Event) -> _Placed:
        start = event.start or event.recurrence_id
        assert start is not None
        return self._placed(self._instant(start), key, event, start)

    def _regular(self, since: datetime, until: datetime) -> Iterator[_Placed]:
        """What follows the series, or what holds for its later part."""
        master = self._master
        if master is None or master.start is None:
            return
        slack = _FARTHEST if self._ranges else _DAY
        for instant, key, start, end in self._times(master, _shifted(since, -slack), _shifted(until, slack)):
            if key in self._exceptions:
                continue
            at = bisect_right(self._range_starts, instant) - 1
            if at < 0:
                yield self._placed(instant, key if self._is_series else "", master, start, end)
            else:
                event = self._ranges[at]
                start = self._moved(start, event)
                yield self._placed(self._instant(start), key, event, start)

    def _times(self, master: Event, since: datetime, until: datetime) -> Iterator[_Time]:
        """The times of the series without those left out, each once."""
        assert master.start is not None
        left_out, days_left_out = set(), set()
        for moment in master.left_out:
            fitting = self._fitting(moment)
            left_out.add(self._key(fitting))
            if not isinstance(moment.local, datetime):
                days_left_out.add(moment.local)
        parts: list[Iterator[_Time]] = [
            (self._timed(moment, None) for moment in self._expanded(rule, master.start, since, until))
            for rule in master.rules
        ]
        extra = [self._timed(self._fitting(start), end) for start, end in master.extra]
        if not master.rules:
            extra.append(self._timed(master.start, None))
        if extra:
            parts.append(iter(sorted(extra, key=lambda timed: timed[:2])))
        before = ""
        for timed in parts[0] if len(parts) == 1 else heapq.merge(*parts, key=lambda timed: timed[:2]):
            key, start = timed[1], timed[2]
            day = start.local.date() if isinstance(start.local, datetime) else start.local
            if key != before and key not in left_out and day not in days_left_out:
                yield timed
            before = key

    def _expanded(self, text: str, start: Moment, since: datetime, until: datetime) -> Iterator[Moment]:
        """The times of a rule; `since` and `until` leave room for the differences of zones."""
        try:
            rule = parse_rule(text)
        except BadRule:
            return
        is_day = not isinstance(start.local, datetime)
        first = start.local if isinstance(start.local, datetime) else datetime.combine(start.local, time.min)
        rule = rule.ending(self._ending(rule, start))
        low, high = since.replace(tzinfo=None), until.replace(tzinfo=None)
        is_cut = is_fine(rule)
        times = expanded(rule, first, first if is_cut else low, high, is_day=is_day)
        for when in islice(times, MAX_FINE if is_cut else None):
            yield Moment(when.date() if is_day else when, start.zone)

    def _ending(self, rule: Rule, start: Moment) -> datetime | date | None:
        """UNTIL in the wall clock of the series. In UTC though the series has no zone, it is taken as written."""
        until = rule.until
        if not isinstance(until, datetime) or not rule.is_until_utc:
            return until
        if not isinstance(start.local, datetime):
            return until.date()
        if start.zone == FLOATING:
            return until
        return _local(until.replace(tzinfo=UTC), self._zone(start.zone))

    def _moved(self, start: Moment, event: Event) -> Moment:
        """A time of the series, moved as a THISANDFUTURE moved its first."""
        target, origin = event.start, event.recurrence_id
        if target is None or origin is None:
            return start
        origin = self._fitting(origin)
        days = max(-_FARTHEST, min(_day(target) - _day(origin), _FARTHEST))
        if not isinstance(target.local, datetime):
            return Moment(_moved(_day(start), days), target.zone)
        if not isinstance(start.local, datetime) or not isinstance(origin.local, datetime):
            return Moment(datetime.combine(_moved(_day(start), days), target.local.time()), target.zone)
        where = self._zone(target.zone)
        by = target.local - _local(self._instant(origin), where)
        by = max(-_FARTHEST, min(by, _FARTHEST))
        return Moment(_moved(_local(self._instant(start), where), by), target.zone)

    def _placed(self, instant: datetime, key: str, event: Event, start: Moment, end: Moment | None = None) -> _Placed:
        """`end`: its own, where it has one."""
        starts: datetime | date
        ends: datetime | date
        if isinstance(start.local, datetime):
            starts = instant
            ends = max(instant, self._instant(end)) if end is not None else _shifted(instant, self._length(event))
        else:
            starts = start.local
            ends = _day_after(starts, self._length(event) if end is None else _day(end) - starts)
        return instant, key, Occurrence(recurrence_id=key, starts=starts, ends=ends, event=event)

    def _length(self, event: Event) -> timedelta:
        """How long an event is: exactly, also over clock changes, or in days."""
        length = self._lengths.get(id(event))
        if length is None:
            length = timedelta()
            if event.start is not None and event.end is not None:
                is_day = not isinstance(event.start.local, datetime)
                days = _day(event.end) - _day(event.start)
                length = days if is_day else self._instant(event.end) - self._instant(event.start)
            length = self._lengths[id(event)] = max(length, timedelta())
        return length

    def _timed(self, start: Moment, end: Moment | None) -> _Time:
        instant = self._instant(start)
        return instant, self._key(start, instant), start, end

    def _fitting(self, moment: Moment) -> Moment:
        """A RECURRENCE-ID, RDATE or EXDATE in the kind of the series: programs mix days, times and zones."""
        start = self._master.start if self._master is not None else None
        if start is None:
            return moment
        if isinstance(start.local, datetime):
            if not isinstance(moment.local, datetime):
                return Moment(datetime.combine(moment.local, start.local.time()), start.zone)
            return Moment(moment.local, start.zone) if moment.zone == FLOATING else moment
        if not isinstance(moment.local, datetime):
            return Moment(moment.local, start.zone)
        local = moment.local if moment.zone != "UTC" else _local(self._instant(moment), self._zone(start.zone))
        return Moment(local.date(), start.zone)

    def _key(self, moment: Moment, instant: datetime | None = None) -> str:
        if not isinstance(moment.local, datetime):
            return moment.local.isoformat()
        return f"{(instant or self._instant(moment)).isoformat()[:19]}Z"

    def _instant(self, moment: Moment) -> datetime:
        return _instant(moment, self._zone(moment.zone))

    def _zone(self, name: str) -> tzinfo:
        found = self._zones.get(name)
        if found is None:
            found = self._zones[name] = zone_of(name, self._own, self._floating)
        return found


def _shifted(instant: datetime, by: timedelta) -> datetime:
    try:
        return instant + by
    except OverflowError:
        return _EARLIEST if by < timedelta() else _LATEST


def _local(instant: datetime, where: tzinfo) -> datetime:
    try:
        return instant.astimezone(where).replace(tzinfo=None, fold=0)
    except OverflowError:
        return instant.replace(tzinfo=None)


def _day(moment: Moment) -> date:
    return moment.local.date() if isinstance(moment.local, datetime) else moment.local


def _moved(when: _Wall, by: timedelta) -> _Wall:
    try:
        return when + by
    except OverflowError:
        return when


def _day_after(first: date, length: timedelta) -> date:
    """The end of days: at least the next one."""
    return _moved(first, max(length, _DAY))
