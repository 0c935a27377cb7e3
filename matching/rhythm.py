"""The usual rhythm of a relationship, and from when on silence is longer than that. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

#: Gaps between days of contact that make a rhythm.
_FEWEST = 3
#: Silence of so many usual gaps, and of so long at least, is unusual.
_FACTOR = 3
LEAST = timedelta(days=14)


def usual_gap(instants: Iterable[datetime]) -> timedelta | None:
    """The median of the gaps between the days (UTC) with contact; None where they are too few to tell."""
    days = sorted({each.date() for each in instants})
    gaps = [(after - before).days for before, after in pairwise(days)]
    return timedelta(days=median(gaps)) if len(gaps) >= _FEWEST else None


def quiet_from(last: datetime, gap: timedelta) -> datetime:
    """From then on nobody has written for longer than they use to."""
    return last + max(_FACTOR * gap, LEAST)


def median_seconds(values: Sequence[int]) -> int | None:
    """The middle of some durations in seconds; None of none."""
    return int(median(values)) if values else None
