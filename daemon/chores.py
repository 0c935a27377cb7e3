"""What the service does beside reading: entries of other programs, meetings that are over, what is due once a day."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import structlog

from daemon import heap
from daemon.agenda import Agenda
from daemon.engine import Engine
from daemon.lags import EVERY
from daemon.session import Session
from store.errors import StoreError

log = structlog.get_logger()

#: How often kept connections are looked at, in seconds.
_TIDY_EVERY = 30.0
#: How often it is looked whether meetings are over, digests are due, and something needs somebody, in seconds.
_TICK_EVERY = 60.0
#: How often memory that is free is given back, in seconds.
_GIVE_BACK_EVERY = 60.0
#: After so long, in seconds, what could not be read while the service was stopped has been.
_SETTLED = 600.0


class Chores:
    """Does them again and again, from `begin` to `stop`. Nobody waits while what is old is let go."""

    def __init__(self, session: Session, engine: Engine, interval: float, stop: threading.Event) -> None:
        self._session = session
        self._engine = engine
        self._interval = interval
        self._stop = stop
        self._agenda = Agenda("chores", 2)

    def begin(self) -> None:
        """All of them are due, but for tidying and the tick."""
        self._again(self._enter, 0.0)
        self._again(self._keep_up, 0.0)
        # what the accounts say is heard first
        self._again(self._tick, _TICK_EVERY, every=_TICK_EVERY)
        self._again(self._send_digests, _TICK_EVERY, every=_TICK_EVERY)
        self._again(self._look_after, _SETTLED, every=_TICK_EVERY)
        self._again(self._engine.kept.tidy, _TIDY_EVERY, every=_TIDY_EVERY)
        self._again(self._engine.lags.tell, EVERY, every=EVERY)
        self._again(heap.give_back, _GIVE_BACK_EVERY, every=_GIVE_BACK_EVERY)

    def follow(self, session: Session) -> None:
        """Another configuration from now on."""
        self._session = session

    def do(self, work: Callable[[], object]) -> None:
        """Do it once, soon."""
        self._agenda.put(partial(self._carry_out, work))

    def tick(self) -> None:
        """Return where they are done; raises RuntimeError where no thread is left for them."""
        self._agenda.tick()

    def stop(self) -> None:
        """None other begins."""
        self._agenda.close()

    def join(self, until: float) -> bool:
        """Wait for those that are being done, at most until then, monotonic; have all ended?"""
        return self._agenda.join(until)

    def _again(self, work: Callable[[], None], wait: float, every: float | None = None) -> None:
        def turn() -> None:
            try:
                self._carry_out(work)
            finally:
                self._again(work, self._interval if every is None else every, every)

        self._agenda.put(turn, time.monotonic() + wait)

    def _enter(self) -> None:
        self._session.apply_entered()
        self._engine.wake_wanted()

    def _tick(self) -> None:
        self._session.tick(self._stop)

    def _send_digests(self) -> None:
        self._session.send_digests(self._stop)

    def _look_after(self) -> None:
        self._session.look_after(self._stop)

    def _keep_up(self) -> None:
        self._session.keep_up(self._stop)

    def _carry_out(self, work: Callable[[], object]) -> None:
        try:
            work()
        except StoreError as error:
            log.error("store problem", problem=error.problem, hint=error.hint)
            self._engine.observer.store_failed(error)
