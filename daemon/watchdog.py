"""Signs of life: given while turns are given out and none of them hangs, whatever servers and databases do.

A server or a database that is away costs turns their time-outs and nothing here. What ends the signs is a bug: a lock
that is never released, threads that died, a turn that goes on without a page for longer than any time-out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import structlog

from daemon.notify import Notifier

log = structlog.get_logger()

#: A turn hangs when nothing has come of it for so many seconds: many times what servers and the store are waited for.
HANGS_AFTER = 1800.0
#: How often the service is looked at, in seconds, at least; a watchdog may want it more often.
_EVERY = 5.0


class Underway:
    """The turns that are being taken, for all threads. `clock` is monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turns: dict[object, tuple[str, float]] = {}

    @contextmanager
    def turn(self, account: str) -> Iterator[Callable[[], None]]:
        """During a turn; what it gives is to be called whenever something has come of it."""
        mark = object()

        def progress() -> None:
            self._turns[mark] = account, self._clock()

        progress()
        try:
            yield progress
        finally:
            del self._turns[mark]

    def hanging(self) -> list[str]:
        """Accounts whose turns hang."""
        before = self._clock() - HANGS_AFTER
        return sorted(account for account, since in list(self._turns.values()) if since < before)


class Watchdog:
    """Looks at the service from entering to leaving, in a thread of its own, and tells its manager.

    `tick` returns where turns are given out, and raises or never returns where they are not. `status` is told where it
    has changed.
    """

    def __init__(
        self, notifier: Notifier, tick: Callable[[], None], underway: Underway, status: Callable[[], str]
    ) -> None:
        self._notifier = notifier
        self._tick = tick
        self._underway = underway
        self._status = status
        self._stop = threading.Event()
        asked = notifier.watchdog_seconds
        self._every = min(_EVERY, asked / 3) if asked else _EVERY
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self._signed_at = time.monotonic()

    @property
    def silent_for(self) -> float:
        """Seconds since the last sign of life."""
        return time.monotonic() - self._signed_at

    def __enter__(self) -> Self:
        self._notifier.ready()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._notifier.stopping()

    def _run(self) -> None:
        told: list[str] = []
        while not self._stop.is_set():
            try:
                self._tick()
            except RuntimeError as error:
                log.error("no turns are given out", problem=str(error))
                return
            hanging = self._underway.hanging()
            if not hanging:
                self._signed_at = time.monotonic()
            if not hanging and self._notifier.watchdog_seconds:
                self._notifier.alive()
            for account in hanging:
                if account not in told:
                    log.error("turn hangs", account=account, seconds=HANGS_AFTER)
            told = hanging
            self._notifier.status(self._status())
            self._stop.wait(self._every)
