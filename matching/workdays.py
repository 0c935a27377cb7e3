"""Working time: how much of it lies between two instants, and which instant lies so much of it later. Pure.

An instant is working time where a clock on the wall of the place shows an hour of the week, on a day that is no holiday
and no day off, outside of all leave. A clock that is put forward so makes a night's shift shorter, one that is put back
makes it longer. Years are laid out as intervals once and searched, so that any length of time costs about the same.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from matching.holiday_dates import edition, holidays_of
from matching.workweeks import Week, read_week
from matching.zone_pieces import EPOCH, local_midnight, pieces

#: Instants before and after these years have no working time.
FIRST_YEAR, LAST_YEAR = 1950, 2150
_SECOND = timedelta(seconds=1)
_DAY = 86_400

#: Free intervals (aware instants: from, until) beside holidays, in any order.
Leave = Iterable[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingTime:
    """When somebody works."""

    #: A name of the time zone database.
    zone: str
    week: Week
    #: ISO 3166-1 alpha-2; "": no official holidays.
    country: str = ""
    #: The part of the country whose holidays count too, ISO 3166-2 without the country; "": none.
    region: str = ""
    #: Days off beside the holidays.
    days_off: frozenset[date] = frozenset()

    @property
    def signature(self) -> list[object]:
        """As JSON; another one where results may differ."""
        days_off = sorted(day.isoformat() for day in self.days_off)
        return [self.zone, self.week, self.country, self.region, days_off, edition(self.country)]


#: Unless the company says otherwise.
USUAL = WorkingTime(zone="UTC", week=read_week(["mon-fri 09:00-17:00"]))


@dataclass(frozen=True, slots=True)
class WorkingTimes:
    """When each of ours works."""

    #: The company's, which is everybody's but of those who have their own.
    usual: WorkingTime = USUAL
    #: Addresses of people (normal forms) -> theirs.
    own: Mapping[str, WorkingTime] = field(default_factory=dict)

    def of(self, address: str) -> WorkingTime:
        """Of whom the address (normal form) is."""
        return self.own.get(address, self.usual)

    @property
    def signature(self) -> list[object]:
        """As JSON; another one where results may differ."""
        return [self.usual.signature, [[address, time.signature] for address, time in sorted(self.own.items())]]


class _Year(NamedTuple):
    """The working time of the days of a year, in seconds since 1970."""

    starts: array[int]
    ends: array[int]
    #: Of all intervals before each one, and of all.
    sums: array[int]

    def before(self, at: int) -> int:
        """Working seconds of this year's days before that instant."""
        place = bisect_right(self.starts, at) - 1
        return 0 if place < 0 else self.sums[place] + min(at, self.ends[place]) - self.starts[place]

    def at(self, seconds: int) -> int:
        """The first instant before which so many of them lie, of 1 to all."""
        place = bisect_right(self.sums, seconds - 1) - 1
        return self.starts[place] + seconds - self.sums[place]


def working_seconds(time: WorkingTime, start: datetime, end: datetime, leave: Leave = ()) -> int:
    """The working seconds from `start` to `end`, both aware; 0 where `end` is not later."""
    since, until = _seconds(start), _seconds(end)
    return _between(time, since, until) - sum(
        _between(time, max(since, free), min(until, back)) for free, back in _merged(leave)
    )


def after_working_seconds(time: WorkingTime, start: datetime, seconds: int, leave: Leave = ()) -> datetime | None:
    """The first instant to which it is so many working seconds from `start`; `start` for 0. None: not by LAST_YEAR."""
    if seconds <= 0:
        return start
    at, left = _seconds(start), seconds
    for free, back in _merged(leave):
        if free > at:
            worked = _between(time, at, free)
            if worked >= left:
                break
            left -= worked
        at = max(at, back)
    return _instant(_after(time, at, left))


def after_working_days(time: WorkingTime, start: datetime, days: int, leave: Leave = ()) -> datetime | None:
    """The same time on the wall so many working days later, and where that is no working time the next that is.

    Outside of working time they count from the next instant that is; that one is meant by 0. A day of which any part is
    worked is a working day. None: not by LAST_YEAR.
    """
    free = _merged(leave)
    at = _next(time, _seconds(start), free)
    if at is None:
        return None
    day, clock = _local(time.zone, at)
    for _day in range(days):
        at = _next(time, _of_local(time.zone, day + timedelta(days=1), 0), free)
        if at is None:
            return None
        day, _clock = _local(time.zone, at)
    return _instant(_next(time, max(at, _of_local(time.zone, day, clock)), free))


def _between(time: WorkingTime, since: int, until: int) -> int:
    if until <= since:
        return 0
    found = [_laid_out(time, year) for year in _years(since, until)]
    return sum(year.before(until) - year.before(since) for year in found)


def _after(time: WorkingTime, at: int, seconds: int) -> int | None:
    for year in _years(at):
        laid_out = _laid_out(time, year)
        done = laid_out.before(at)
        if laid_out.sums[-1] - done >= seconds:
            return laid_out.at(done + seconds)
        seconds -= laid_out.sums[-1] - done
    return None


def _next(time: WorkingTime, at: int, free: list[tuple[int, int]]) -> int | None:
    """The first instant of working time from there on."""
    while (second := _after(time, at, 1)) is not None:
        at = second - 1
        place = bisect_right(free, (at, LAST_YEAR * 366 * _DAY)) - 1
        if place < 0 or free[place][1] <= at:
            return at
        at = free[place][1]
    return None


def _years(since: int, until: int | None = None) -> range:
    """The years whose days may have to do with that time, wherever on earth."""
    first = _clamped(since - 2 * _DAY)
    return range(first, (LAST_YEAR if until is None else _clamped(until + 2 * _DAY)) + 1)


def _clamped(at: int) -> int:
    return min(max(FIRST_YEAR, 1970 + int(at // (365.2425 * _DAY))), LAST_YEAR)


@lru_cache(maxsize=512)
def _laid_out(time: WorkingTime, year: int) -> _Year:
    off = time.days_off | holidays_of(time.country, time.region, year)
    starts, ends, sums = array("q"), array("q"), array("q", [0])
    found: list[tuple[int, int]] = []
    day = date(year, 1, 1)
    for number in range((date(year + 1, 1, 1) - day).days):
        each = day + timedelta(days=number)
        hours = time.week[each.weekday()]
        if not hours or each in off:
            continue
        midnight = local_midnight(each)
        for piece in pieces(time.zone, year):
            for since, until in hours:
                start = max(midnight + since * 60 - piece.offset, piece.start)
                end = min(midnight + until * 60 - piece.offset, piece.end)
                if start < end:
                    found.append((start, end))
    for start, end in sorted(found):
        starts.append(start)
        ends.append(end)
        sums.append(sums[-1] + end - start)
    return _Year(starts, ends, sums)


def _local(zone: str, at: int) -> tuple[date, int]:
    """(day, seconds of the day) that a clock on the wall shows."""
    for piece in pieces(zone, _clamped(at)):
        if at < piece.end:
            shown = EPOCH + timedelta(seconds=at + piece.offset)
            return shown.date(), (at + piece.offset) % _DAY
    raise AssertionError("a year's pieces cover it")


def _of_local(zone: str, day: date, second: int) -> int:
    """The first instant at which a clock on the wall shows this time of this day, or is past it."""
    shown = local_midnight(day) + second
    found = pieces(zone, min(max(FIRST_YEAR, day.year), LAST_YEAR))
    return next((max(shown - p.offset, p.start) for p in found if shown - p.offset < p.end), found[-1].end)


def _merged(leave: Leave) -> list[tuple[int, int]]:
    """The free intervals in order and apart."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((_seconds(start), _seconds(end)) for start, end in leave):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


def _seconds(at: datetime) -> int:
    return (at - EPOCH) // _SECOND


def _instant(at: int | None) -> datetime | None:
    return None if at is None else EPOCH + timedelta(seconds=at)
