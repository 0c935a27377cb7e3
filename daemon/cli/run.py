"""keeptouch run: the service. Polls every account until it is told to stop."""

from __future__ import annotations

import argparse
import fcntl
import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_session
from daemon.cli.sync import counts, stop_on_signals, sync_all
from daemon.problems import refuse
from daemon.report import Report
from daemon.retry import Backoff
from daemon.session import Session
from store.errors import StoreError

log = structlog.get_logger()


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "run",
        run,
        "follow every account until stopped",
        "Reads what is new in every account again and again until SIGTERM or SIGINT. An account that fails is tried "
        "again later and later; the others go on.",
    )
    parser.add_argument("--interval", type=_seconds, default=60.0, metavar="SECONDS", help="between polls (default 60)")


def _seconds(text: str) -> float:
    """A time that a person could mean; raises ValueError."""
    seconds = float(text)
    if not 1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError("must be from 1 to 86400 seconds")
    return seconds


def run(args: argparse.Namespace) -> int:
    """The command."""
    with opened_session(args) as session, only_one(session), stop_on_signals() as stop:
        log.info("started", accounts=len(session.config.accounts))
        turns = Turns(session, args.interval)
        while not stop.is_set():
            turns.take(stop)
            stop.wait(turns.seconds_to_next())
        log.info("stopped")
    return 0


class Turns:
    """When each account's next turn is due. Time is monotonic: a clock that jumps changes nothing."""

    def __init__(self, session: Session, interval: float) -> None:
        self._session = session
        self._interval = interval
        self._backoff = Backoff()
        self._due = {account.name: 0.0 for account in session.config.accounts}
        self._failures = dict.fromkeys(self._due, 0)

    def take(self, stop: threading.Event) -> None:
        """Take every turn that is due. A store that is busy or full for a while is tried again at the next poll."""
        now = time.monotonic()
        due = [account for account in self._session.config.accounts if self._due[account.name] <= now]
        if not due:
            return
        try:
            reports = sync_all(self._session, due, stop, lambda _account, _stream, _items: None)
        except StoreError as error:
            log.error("store problem", problem=error.problem, hint=error.hint)
            for account in due:
                self._due[account.name] = time.monotonic() + self._interval
            return
        for report in reports:
            self._schedule(report)
            total = report.total
            if total.seen or report.error:
                log.info("turn", account=report.account, ok=report.error is None, **counts(total))

    def seconds_to_next(self) -> float:
        """How long nothing is due."""
        return max(0.0, min(self._due.values(), default=self._interval) - time.monotonic())

    def _schedule(self, report: Report) -> None:
        name = report.account
        if report.error is None:
            self._failures[name] = 0
            wait: float | None = self._interval
        else:
            self._failures[name] += 1
            failure = report.failure
            wait = self._backoff.after(failure, self._failures[name]) if failure else self._backoff.delay(1)
        self._due[name] = math.inf if wait is None else time.monotonic() + wait


@contextmanager
def only_one(session: Session) -> Iterator[None]:
    """Refuse a second `run` on the same SQLite file; another process's `sync` does no harm."""
    database = session.store.engine.url.database
    if session.store.engine.dialect.name != "sqlite" or not database:
        yield
        return
    with Path(f"{database}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refuse("store.url", "another `keeptouch run` works on this store", "stop that one first") from None
        lock.write(str(os.getpid()))
        lock.flush()
        yield
