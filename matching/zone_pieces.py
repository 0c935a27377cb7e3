"""The offsets of a time zone as pieces of time in which each stays the same. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_DAY = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = EPOCH.toordinal()


class Piece(NamedTuple):
    """From `start` until `end` (seconds since 1970, UTC) clocks on the wall are `offset` seconds ahead of UTC."""

    start: int
    end: int
    offset: int


def local_midnight(day: date) -> int:
    """The seconds from the first midnight of 1970 to the midnight that begins the day, by a clock without a zone."""
    return (day.toordinal() - _EPOCH_DAY) * _DAY


@lru_cache(maxsize=512)
def pieces(zone: str, year: int) -> tuple[Piece, ...]:
    """The pieces of a year and two days around it, of a zone that exists; each change to the second."""
    place = ZoneInfo(zone)

    def offset(at: int) -> int:
        found = datetime.fromtimestamp(at, place).utcoffset()
        return 0 if found is None else found.days * _DAY + found.seconds

    start, end = local_midnight(date(year, 1, 1)) - 2 * _DAY, local_midnight(date(year + 1, 1, 1)) + 2 * _DAY
    found: list[Piece] = []
    since, current = start, offset(start)
    for at in range(start + _DAY, end + 1, _DAY):
        if (now := offset(at)) != current:
            before, after = at - _DAY, at
            while after - before > 1:
                middle = (before + after) // 2
                before, after = (middle, after) if offset(middle) == current else (before, middle)
            found.append(Piece(since, after, current))
            since, current = after, now
    found.append(Piece(since, end, current))
    return tuple(found)
