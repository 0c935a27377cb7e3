"""keeptouch run: the service, until it is told to stop."""

from __future__ import annotations

import argparse
import faulthandler
import fcntl
import math
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO

import structlog

from daemon import heap
from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.interrupts import set_by, stop_on_signals
from daemon.cli.opening import opened_session
from daemon.health.service import Health
from daemon.health.watched import DECIDES_ANEW, Watched
from daemon.notify import Notifier
from daemon.problems import refuse
from daemon.reloading import forget_refusal, reloaded
from daemon.retry import Backoff
from daemon.service import Service
from daemon.session import Session
from daemon.watchdog import Underway, Watchdog
from store.engine import Store
from store.errors import StoreError

log = structlog.get_logger()

#: How long a new configuration waits for a store that could not be written.
_AGAIN = Backoff(first=1.0, longest=60.0)


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "run",
        run,
        "follow every account until stopped",
        "Reads what is new in every account again and again until SIGTERM or SIGINT, and at once where the server "
        "tells of it. An account that fails is tried again later and later; the others go on. SIGHUP reads the "
        "configuration again; where it is broken, the one before stays.",
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
    heap.keep_little()
    underway, watched = Underway(), Watched()
    notifier = Notifier(os.environ)
    watchdog = Watchdog(notifier, watched.tick, underway, watched.status)
    with set_by(signal.SIGHUP) as reload, ExitStack() as opened, ExitStack() as watching:
        session = _opened(args, underway, opened, partial(_wait, watched, watchdog, watching))
        if session is None:
            log.info("stopped")
            return 0
        watched.instead = DECIDES_ANEW
        stop = opened.enter_context(stop_on_signals())
        # a watchdog that ends us (SIGABRT) leaves in the log where every thread was
        faulthandler.enable()
        forget_refusal(session.store)
        log.info("started", count=len(session.config.followed))
        health = Health(watched)
        watching.callback(health.stop)
        fresh: Session | None = session
        while fresh is not None:
            health.follow(fresh)
            service = Service(fresh, args.interval, threading.Event())
            service.observe(watched.observer)
            with service:
                watched.service = service
                if watched.watchdog is None:
                    watched.watchdog = watching.enter_context(watchdog)
                fresh = _follow(service, fresh, stop, reload, notifier, health)
                watched.service = None
                if fresh is None:
                    watching.close()
            if fresh is not None and not _decided(fresh, stop):
                fresh = None
        forget_refusal(session.store)
        log.info("stopped")
    return 0


def _opened(
    args: argparse.Namespace, underway: Underway, opened: ExitStack, wait: Callable[[StoreError, int], bool]
) -> Session | None:
    """The session, left when `opened` is, with the store for us alone; None: told to stop while the store was waited
    for. A database that starts after us, or is away when the machine boots, must not end us."""
    failures = 0
    while True:
        with ExitStack() as attempt:
            try:
                session = attempt.enter_context(opened_session(args, underway))
                attempt.enter_context(only_one(session.store))
            except StoreError as error:
                if not error.may_pass:
                    raise
                problem = error
            else:
                opened.push(attempt.pop_all())
                return session
        failures += 1
        if not wait(problem, failures):
            return None


def _wait(watched: Watched, watchdog: Watchdog, watching: ExitStack, problem: StoreError, failures: int) -> bool:
    """Tell why there is nothing to be done yet, and wait; False: told to stop.

    For the manager we run: who waits for us at boot, or installs another version, need not wait for a database.
    """
    log.error("store problem", problem=problem.problem, hint=problem.hint)
    watched.instead = f"waits for the store: {problem.problem}"
    if watched.watchdog is None:
        watched.watchdog = watching.enter_context(watchdog)
    with stop_on_signals() as stop:
        _sleep(stop, seconds=_AGAIN.delay(failures))
        return not stop.is_set()


def _follow(
    service: Service,
    session: Session,
    stop: threading.Event,
    reload: threading.Event,
    notifier: Notifier,
    health: Health,
) -> Session | None:
    """Until told to stop (None), or to work under another policy: all begins anew then, so none is read under two."""
    failures = 0
    while True:
        _sleep(stop, reload, seconds=_AGAIN.delay(failures) if failures else math.inf)
        if stop.is_set():
            return None
        reload.clear()
        notifier.reloading()
        try:
            fresh, failures = reloaded(session), 0
        except StoreError as error:
            # nobody asks for it a second time
            fresh, failures = None, failures + 1
            log.error("store problem", problem=error.problem, hint=error.hint)
        notifier.ready()
        if fresh is None:
            continue
        if fresh.company != session.company:
            log.info("policy changed", effect="all accounts begin anew")
            session.is_over = True
            return fresh
        service.follow(fresh)
        health.follow(fresh)
        session = fresh


def _decided(session: Session, stop: threading.Event) -> bool:
    """Decide anew under the session's policy, as often as it takes: a store that is full or away must not end us.

    False: told to stop before that.
    """
    failures = 0
    while not stop.is_set():
        try:
            session.apply_policy()
        except StoreError as error:
            failures += 1
            log.error("store problem", problem=error.problem, hint=error.hint)
            _sleep(stop, seconds=_AGAIN.delay(failures))
        else:
            return True
    return False


def _sleep(*events: threading.Event, seconds: float = math.inf) -> None:
    """Until a signal sets one, or for so long: woken by the signal itself, while an event is looked at now and then."""
    until = time.monotonic() + seconds
    woken, waker = socket.socketpair()
    with woken, waker:
        waker.setblocking(False)
        before = signal.set_wakeup_fd(waker.fileno())
        try:
            while not any(event.is_set() for event in events) and (left := until - time.monotonic()) > 0:
                if select.select([woken], [], [], None if math.isinf(left) else left)[0]:
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
    with _lock_file(Path(f"{database}.lock")) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refuse("store.url", "another `keeptouch run` works on this store", "stop that one first") from None
        yield


def _lock_file(path: Path) -> TextIO:
    """It stays empty, for a disk may be full."""
    try:
        return path.open("w")
    except OSError as error:
        raise StoreError(f"{path} can't be made: {error.strerror}", "look at its folder", may_pass=True) from error
