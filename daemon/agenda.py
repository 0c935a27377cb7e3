"""Jobs at their times, done by a few threads of their own. Time is monotonic: a clock that jumps changes nothing."""

from __future__ import annotations

import heapq
import threading
import time
import traceback
from collections.abc import Callable
from itertools import count

import structlog

log = structlog.get_logger()


class Agenda:
    """What is due first is done first; among equals, what was put in first.

    The threads are daemons: a job that hangs on a server does not keep the process from ending.
    """

    def __init__(self, name: str, threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._jobs: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()
        self._changed = threading.Condition()
        self._is_closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, job: Callable[[], object], at: float = float("-inf")) -> None:
        """Do it once, not before `at`."""
        with self._changed:
            heapq.heappush(self._jobs, (at, next(self._numbers), job))
            self._changed.notify()

    def close(self) -> None:
        """No other job begins from now on."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def join(self, until: float) -> bool:
        """Wait for the jobs that are being done, at most until then; have all ended?"""
        for thread in self._threads:
            thread.join(max(0.0, until - self._clock()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception as error:  # a bug in one job must not end the thread that others need
                log.error("job failed", error=type(error).__name__, frames=traceback.format_tb(error.__traceback__))

    def _next(self) -> Callable[[], object] | None:
        """The next job that is due, waited for; None: closed."""
        with self._changed:
            while not self._is_closed:
                wait = self._jobs[0][0] - self._clock() if self._jobs else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._jobs)[2]
                self._changed.wait(wait)
        return None
