"""How much of a mail people see who do not own its mailbox. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Level(StrEnum):
    """From all to nothing. What a level hides is NULL in the shared views; `none` hides the mail as a whole."""

    FULL = "full"
    #: who, when and about what, without the text
    SUBJECT = "subject"
    #: who and when
    METADATA = "metadata"
    NONE = "none"


_ORDER = tuple(Level)


def narrowest(levels: Iterable[Level]) -> Level:
    """The level that hides most; FULL where there is none."""
    return max(levels, key=_ORDER.index, default=Level.FULL)


def widest(levels: Iterable[Level]) -> Level:
    """The level that hides least; FULL where there is none."""
    return min(levels, key=_ORDER.index, default=Level.FULL)


def shows_subject(level: str) -> bool:
    """May the subject be shown?"""
    return level in (Level.FULL, Level.SUBJECT)
