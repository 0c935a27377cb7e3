"""Refused logins by where they come from: whoever guesses passwords is kept waiting, before the server is asked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

#: So many refusals within so many seconds, and no login is passed on from there until they are past.
REFUSALS, WITHIN = 5, 900.0
#: Sources that are remembered.
_REMEMBERED = 10_000


class Logins:
    """Used by one thread; `clock` in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._refused: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, source: str) -> float:
        """Seconds until a login from there may be tried; 0: now."""
        times = self._recent(source)
        return 0.0 if len(times) < REFUSALS else times[0] + WITHIN - self._clock()

    def refused(self, source: str) -> None:
        """The server refused one."""
        times = [*self._recent(source), self._clock()][-REFUSALS:]
        self._refused[source] = times
        self._refused.move_to_end(source)
        while len(self._refused) > _REMEMBERED:
            self._refused.popitem(last=False)

    def accepted(self, source: str) -> None:
        """The server let one in."""
        self._refused.pop(source, None)

    def _recent(self, source: str) -> list[float]:
        since = self._clock() - WITHIN
        return [at for at in self._refused.get(source, ()) if at > since]
