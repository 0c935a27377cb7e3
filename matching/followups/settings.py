"""What settings of rules have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

#: More than this nobody means; it also bounds how far back is looked.
MOST_DAYS = 90


@dataclass(frozen=True, slots=True)
class Days:
    """A rule that waits for some days."""

    days: int = 1

    @property
    def least(self) -> timedelta:
        """So long at least so many working days last: the wall clock may go forward on one of them."""
        return timedelta(days=max(0, self.days - 1))

    def __post_init__(self) -> None:
        if not 0 <= self.days <= MOST_DAYS:
            raise ValueError(f"days must be from 0 to {MOST_DAYS}")


def days_in_words(days: int, kind: str = "working day") -> str:
    """ "3 working days" """
    return f"{days} {kind}" if days == 1 else f"{days} {kind}s"
