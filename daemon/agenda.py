"""Jobs at their times, done by a few threads of their own. Time is monotonic: a clock that jumps changes nothing."""

from __future__ import annotations

import heapq
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Hashable
from itertools import count
from typing import NamedTuple

import structlog

log = structlog.get_logger()


class _Job(NamedTuple):
    at: float
    number: int
    work: Callable[[], object]
    group: Hashable


class Agenda:
    """What is due first is done first; among equals, what was put in first.

    Of the jobs of one group at most `share` are done at a time, so that a group whose jobs hang leaves the other
    threads to the rest. The threads are daemons: a job that hangs on a server does not keep the process from ending.
    """

    def __init__(
        self,
        name: str,
        threads: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        share: int | None = None,
    ) -> None:
        self._clock = clock
        self._share = threads if share is None else share
        self._jobs: list[_Job] = []
        self._numbers = count()
        self._changed = threading.Condition()
        self._is_closed = False
        #: How many jobs of a group are being done, and which wait for one of these to end.
        self._running: Counter[Hashable] = Counter()
        self._held: dict[Hashable, list[_Job]] = {}
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, work: Callable[[], object], at: float = float("-inf"), group: Hashable = None) -> None:
        """Do it once, not before `at`. None is no group."""
        with self._changed:
            heapq.heappush(self._jobs, _Job(at, next(self._numbers), work, group))
            self._changed.notify()

    def tick(self) -> None:
        """Return where jobs are given out; raises RuntimeError where no thread is left that could do one."""
        with self._changed:
            if not self._is_closed and not any(thread.is_alive() for thread in self._threads):
                raise RuntimeError("all threads of an agenda have died")

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
                job.work()
            except Exception as error:  # a bug in one job must not end the thread that others need
                log.error("job failed", error=type(error).__name__, frames=traceback.format_tb(error.__traceback__))
            finally:
                self._end(job)

    def _next(self) -> _Job | None:
        """The next job that is due and may be done, waited for; None: closed."""
        with self._changed:
            while not self._is_closed:
                wait = self._jobs[0].at - self._clock() if self._jobs else None
                if wait is not None and wait <= 0:
                    job = heapq.heappop(self._jobs)
                    if job.group is None or self._running[job.group] < self._share:
                        self._running[job.group] += 1
                        return job
                    heapq.heappush(self._held.setdefault(job.group, []), job)
                    continue
                self._changed.wait(wait)
        return None

    def _end(self, job: _Job) -> None:
        """Let one that waited for its group go on in its turn."""
        with self._changed:
            self._running[job.group] -= 1
            if not self._running[job.group]:
                del self._running[job.group]
            if held := self._held.get(job.group):
                heapq.heappush(self._jobs, heapq.heappop(held))
                self._changed.notify()
                if not held:
                    del self._held[job.group]
