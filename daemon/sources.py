"""The service's part that follows lists of contacts: each at its own time, in threads of their own."""

from __future__ import annotations

import threading

import structlog

from daemon.config.records import ContactSource
from daemon.contacts.following import SourceReport
from daemon.report import Problem
from daemon.retry import PARKED, Backoff
from daemon.rounds import Rounds
from daemon.servers import CROWDED, Servers, server_of
from daemon.session import Session
from store.errors import StoreError

log = structlog.get_logger()

#: Sources read at a time: a database that hangs does not keep the others waiting.
_AT_ONCE = 2


class Sources:
    """Follows the sources from `begin` to `stop`. What their contacts make wanted is fetched at the accounts' times."""

    def __init__(self, session: Session, stop: threading.Event, backoff: Backoff, servers: Servers) -> None:
        self._session = session
        self._servers = servers
        self._stop = stop
        self._backoff = backoff
        self._failures: dict[str, int] = {}
        self._rounds = Rounds("contacts", _AT_ONCE, self._follow)

    def begin(self) -> None:
        """Every source is due now."""
        self.follow(self._session)

    def follow(self, session: Session) -> None:
        """The sources of this session from now on; those that are new or changed are due now."""
        self._session = session
        self._rounds.follow(session.config.sources)

    def stop(self) -> None:
        """No other synchronisation begins."""
        self._rounds.close()

    def join(self, until: float) -> bool:
        """Wait for those that are being done; have all ended?"""
        return self._rounds.join(until)

    def _follow(self, source: ContactSource) -> None:
        if self._stop.is_set():
            return
        rest = self._servers.rest_left(server_of(source))
        if rest > 0:
            self._rounds.put(source, rest)
            return
        with self._servers.room(server_of(source)) as has_room:
            if has_room:
                self._synchronise(source)
            else:
                self._rounds.put(source, CROWDED)

    def _synchronise(self, source: ContactSource) -> None:
        report = SourceReport(source.name)
        try:
            report = self._session.follow(source)
            self._servers.rest(server_of(source), report.failure)
        except StoreError as error:
            log.error("store problem", problem=error.problem, hint=error.hint)
            report.error = Problem("store", error.problem, error.hint)
        finally:
            failures = self.failures(source.name) + 1 if report.error else 0
            self._failures[source.name] = failures
            self._rounds.put(source, self._wait(source, report, failures))

    def _wait(self, source: ContactSource, report: SourceReport, failures: int) -> float:
        """Seconds until it is due again."""
        if report.error is None:
            return source.every_minutes * 60.0
        if report.failure is None:
            return self._backoff.delay(failures)
        wait = self._backoff.after(report.failure, failures)
        return PARKED if wait is None else wait

    def failures(self, name: str) -> int:
        """How often in a row the source of this name has failed."""
        return self._failures.get(name, 0)
