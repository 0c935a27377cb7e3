"""keeptouch run: the service, until it is told to stop."""

from __future__ import annotations

import argparse
import faulthandler
import fcntl
import os
import select
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_session
from daemon.cli.sync import stop_on_signals
from daemon.notify import Notifier
from daemon.problems import refuse
from daemon.service import Service
from daemon.watchdog import Watchdog
from store.engine import Store

log = structlog.get_logger()


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "run",
        run,
        "follow every account until stopped",
        "Reads what is new in every account again and again until SIGTERM or SIGINT, and at once where the server "
        "tells of it. An account that fails is tried again later and later; the others go on.",
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
    with opened_session(args) as session, only_one(session.store), stop_on_signals() as stop:
        log.info("started", accounts=len(session.config.followed))
        # a watchdog that ends us (SIGABRT) leaves in the log where every thread was
        faulthandler.enable()
        with (
            Service(session, args.interval, stop) as service,
            Watchdog(Notifier(os.environ), service.tick, session.underway, service.status),
        ):
            _sleep(stop)
        log.info("stopped")
    return 0


def _sleep(stop: threading.Event) -> None:
    """Until a signal sets `stop`. Waiting for the event itself could hold the lock that the signal's handler needs."""
    woken, waker = socket.socketpair()
    with woken, waker:
        waker.setblocking(False)
        before = signal.set_wakeup_fd(waker.fileno())
        try:
            while not stop.is_set():
                select.select([woken], [], [])
                woken.recv(4096)
        finally:
            signal.set_wakeup_fd(before)


@contextmanager
def only_one(store: Store) -> Iterator[None]:
    """Refuse a second `run` on the same SQLite file; another process's `sync` does no harm."""
    database = store.engine.url.database
    if store.engine.dialect.name != "sqlite" or not database:
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
