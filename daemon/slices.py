"""How much of an account is read at a time, so that all have their turn: an import of hours is a chain of slices.

Connectors hand over pages, and a slice ends behind one of them: what was read is committed with the place reached.
"""

from __future__ import annotations

import time
from collections.abc import Callable

#: The longest slice.
SECONDS = 30.0
#: Where others wait for their turn, so many messages are enough.
MESSAGES = 500


class Slice:
    """One slice, begun when it is made. `is_crowded` tells whether another account waits for it to end, `must_end`
    whether nothing more may be asked: another account was told that the server wants to be left alone.

    Whoever has a reading process has one of very few, and starting it took half a second: it reads for the whole time.
    """

    def __init__(
        self,
        is_crowded: Callable[[], bool] = lambda: False,
        *,
        is_for_news: bool = False,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
        must_end: Callable[[], bool] = lambda: False,
    ) -> None:
        #: Nothing is read of the past.
        self.is_for_news = is_for_news
        self.is_crowded = is_crowded
        self.must_end = must_end
        self._clock = clock
        self._until = clock() + seconds
        self._seen = 0

    def add(self, seen: int) -> None:
        """So many messages more were read."""
        self._seen += seen

    def is_spent(self, *, is_apart: bool = False) -> bool:
        """Is it time to let others have their turn?"""
        if self._clock() >= self._until or self.must_end():
            return True
        return self._seen >= MESSAGES and not is_apart and self.is_crowded()
