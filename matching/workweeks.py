"""The hours of a working week as people write them: "sat-wed 08:30-17:00". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

#: Of Monday to Sunday: (from, until) in minutes of the day, in order and apart.
Week = tuple[tuple[tuple[int, int], ...], ...]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LINE = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?\s+(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_END_OF_DAY = 24 * 60


def read_week(lines: Iterable[str]) -> Week:
    """The week that the lines write together: a day, or the first and the last of several, and hours of them.

    Raises ValueError, with a text for people, where a line is none, where hours overlap, and where there are none.
    """
    week: list[list[tuple[int, int]]] = [[] for _day in DAYS]
    for line in lines:
        days, hours = _read(line)
        for day in days:
            week[day].append(hours)
    for name, found in zip(DAYS, week, strict=True):
        found.sort()
        if any(after[0] < before[1] for before, after in pairwise(found)):
            raise ValueError(f"hours of {name} overlap")
    if not any(week):
        raise ValueError("there are no hours")
    return tuple(tuple(found) for found in week)


def _read(line: str) -> tuple[list[int], tuple[int, int]]:
    match = _LINE.fullmatch(line.strip().lower())
    if match is None:
        raise ValueError(f'"{line}" is no working time such as "mon-fri 09:00-17:00"')
    first, last = match[1], match[2] or match[1]
    for day in (first, last):
        if day not in DAYS:
            raise ValueError(f'"{day}" in "{line}" is none of {", ".join(DAYS)}')
    start, until = int(match[3]) * 60 + int(match[4]), int(match[5]) * 60 + int(match[6])
    if int(match[4]) > 59 or int(match[6]) > 59 or until > _END_OF_DAY:
        raise ValueError(f'"{line}" names a time that no day has')
    if until <= start:
        raise ValueError(f'"{line}" ends before it begins; a night is two: "… 22:00-24:00" and "… 00:00-06:00"')
    begin, count = DAYS.index(first), (DAYS.index(last) - DAYS.index(first)) % 7 + 1
    return [(begin + place) % 7 for place in range(count)], (start, until)
