"""Whose turn it is: polls at their times, hints at once, mail that became wanted in between.

An account has one turn at a time.
Hints, polls, first turns (which may be an import of hours) and accounts that failed have threads of their own, so that
none of them delays the others. Nor does a server: its accounts have a share of the threads, and when it answers nobody
one of them asks for all (see `servers`).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial

import structlog

from connectors.api import AuthFailed, ConnectorError, Misconfigured, Stream
from daemon.agenda import Agenda
from daemon.config import Account
from daemon.kept import Kept
from daemon.report import Report
from daemon.retry import Backoff
from daemon.servers import Server, Servers, is_about_server, server_of
from daemon.session import Session
from daemon.standing import Resting
from store.errors import StoreError

log = structlog.get_logger()

#: Accounts of each sort and of one server polled at a time: it answers while another one's page is written.
_FIRST_TURNS = 4
_POLLS = 4
_RETRIES = 2
#: Accounts of a server read at a time because of hints: mostly they wait for it.
_PUSHES = 8
#: Threads of each sort that one server alone can't take.
_SPARE = 2
#: Turns after hints that an account may take in a row; of a flood, it follows one in _PAUSE seconds.
_BURST = 20
_PAUSE = 1.0
#: How often kept connections are looked at, in seconds.
_TIDY_EVERY = 30.0


@dataclass(slots=True)
class _State:
    """Where an account stands. Times are monotonic."""

    account: Account
    server: Server | None
    #: When it is polled next; infinite: not before its configuration changes.
    due: float = -math.inf
    #: When the agenda looks at it next.
    asked: float = math.inf
    failures: int = 0
    #: It was polled since we began.
    is_known: bool = False
    #: A turn is being taken.
    is_busy: bool = False
    #: The last poll ended before everything was read.
    is_down: bool = False
    #: Its server answered nobody then: it is polled as soon as another account has an answer.
    is_waiting: bool = False
    #: Mail of other accounts has made mail of this one wanted.
    is_wanted: bool = False
    hints: set[str] = field(default_factory=set)
    #: Turns after hints that it may take at once; one grows in _PAUSE seconds.
    credit: float = _BURST
    pushed_at: float = 0.0


class Turns:
    """The turns of all accounts."""

    def __init__(self, session: Session, interval: float, stop: threading.Event, backoff: Backoff) -> None:
        self._session = session
        self._interval = interval
        self._stop = stop
        #: Hears after each poll what the options want watched.
        self.polled: Callable[[str, Sequence[Stream]], None] = lambda _account, _streams: None
        self._lock = threading.Lock()
        self._states = {account.name: _State(account, server_of(account)) for account in session.config.followed}
        self.kept = Kept()
        self.servers = Servers(backoff)
        self._first_turns = Agenda("first", _FIRST_TURNS + _SPARE, share=_FIRST_TURNS)
        self._polls = Agenda("poll", _POLLS + _SPARE, share=_POLLS)
        self._retries = Agenda("retry", _RETRIES + _SPARE, share=_RETRIES)
        self._pushes = Agenda("push", _PUSHES + _SPARE, share=_PUSHES)
        self._upkeep = Agenda("upkeep", 1)

    def begin(self) -> None:
        """Take every account's first turn."""
        self._pushes.put(self._enter)
        with self._lock:
            for state in self._states.values():
                self._ask_poll(state)
        self._pushes.put(self._tidy, time.monotonic() + _TIDY_EVERY)
        self._upkeep.put(self._keep_up)

    def hinted(self, account: str, streams: frozenset[str]) -> None:
        """Read these streams at once, or right after the turn that is being taken."""
        with self._lock:
            state = self._states[account]
            is_first = not state.hints
            state.hints |= streams
            if is_first and not state.is_busy:
                self._ask_push(state)

    def refused(self, account: str, error: ConnectorError) -> None:
        """A login for watching was refused: the account fares as if its turn had met that."""
        state = self._states[account]
        try:
            report = self._session.login_failed(state.account, error)
        except StoreError as problem:
            self._put_off(state, problem)
            return
        self._settle(state, report)
        self._end(state, report, "watch")

    def tick(self) -> None:
        """Return where turns are given out; raises RuntimeError, or never returns, where they are not."""
        with self._lock:
            pass
        for agenda in self._agendas():
            agenda.tick()

    def stop(self) -> None:
        """No further turn begins."""
        for agenda in self._agendas():
            agenda.close()

    def join(self, until: float) -> bool:
        """Wait for the turns that are being taken, at most until then, monotonic; have all ended?"""
        joined = [agenda.join(until) for agenda in self._agendas()]
        return all(joined)

    def _agendas(self) -> tuple[Agenda, ...]:
        return self._first_turns, self._polls, self._retries, self._pushes, self._upkeep

    def _ask_poll(self, state: _State) -> None:
        """With the lock held."""
        at = -math.inf if state.is_wanted else state.due
        if at < state.asked:
            state.asked = at
            polls = self._polls if state.is_known else self._first_turns
            (self._retries if state.failures else polls).put(partial(self._poll, state), at, state.server)

    def _ask_push(self, state: _State) -> None:
        """With the lock held, when the first hint is there and no turn is being taken."""
        self._pushes.put(partial(self._push, state), state.pushed_at + _PAUSE * (1 - state.credit), state.server)

    def _enter(self) -> None:
        """Once an interval: what other programs entered."""
        try:
            self._session.apply_entered()
            self._wake_wanted()
        except StoreError as error:
            log.error("store problem", problem=error.problem, hint=error.hint)
        finally:
            self._pushes.put(self._enter, time.monotonic() + self._interval)

    def _keep_up(self) -> None:
        """What is to be done once a day, in a thread of its own: letting go what is old may take a while."""
        try:
            self._session.keep_up(self._stop)
        except StoreError as error:
            log.error("store problem", problem=error.problem, hint=error.hint)
        finally:
            self._upkeep.put(self._keep_up, time.monotonic() + self._interval)

    def _tidy(self) -> None:
        self.kept.tidy()
        self._pushes.put(self._tidy, time.monotonic() + _TIDY_EVERY)

    def _poll(self, state: _State) -> None:
        """A turn that is due, or one for what became wanted; a job that came too early or late does nothing."""
        with self._lock:
            is_due = state.due <= time.monotonic()
            state.asked = math.inf
            if state.is_busy or not (is_due or state.is_wanted):
                if not state.is_busy:
                    self._ask_poll(state)
                return
            state.is_busy, state.is_wanted = True, False
            if is_due:
                # a poll reads these streams as well
                state.hints.clear()
                # whatever happens, it is not taken again at once
                state.due = time.monotonic() + self._interval
        report = Report(state.account.name)
        try:
            self._take_turn(state, report, only_wanted=not is_due)
            if is_due or report.error is not None:
                self._settle(state, report)
            if report.watched is not None:
                self.polled(state.account.name, report.watched)
        except StoreError as error:
            self._put_off(state, error)
        finally:
            self._end(state, report, "poll" if is_due else "wanted")

    def _take_turn(self, state: _State, report: Report, *, only_wanted: bool) -> None:
        """A turn, unless the server is known to answer nobody."""
        account, server = state.account, state.server
        problem = self.servers.ask(server, account.name)
        state.is_waiting = problem is not None
        if problem is not None:
            with structlog.contextvars.bound_contextvars(account=account.name):
                report.fail(problem)
            self._session.save_state(account, report)
            return
        try:
            # the first page is an answer: nobody has to wait for the end of an import
            self._session.take_turn(
                account,
                self._session.ingest(),
                report,
                stop=self._stop,
                progress=lambda _stream, _seen: self._answered(server),
                only_wanted=only_wanted,
            )
        finally:
            state.is_waiting = is_about_server(report.failure)
            is_asked = report.failure is not None and not isinstance(report.failure, Resting)
            if report.error is None or (is_asked and not state.is_waiting):
                self._answered(server)
            self.servers.failed(server, account.name, report.failure)

    def _answered(self, server: Server | None) -> None:
        """The server has answered; those who wait for it are polled now."""
        if not self.servers.answered(server):
            return
        log.info("server answers again", server=str(server))
        with self._lock:
            for state in self._states.values():
                if state.server == server and state.is_waiting:
                    state.is_waiting, state.failures = False, 0
                    state.due = min(state.due, time.monotonic())
                    if not state.is_busy:
                        self._ask_poll(state)

    def _push(self, state: _State) -> None:
        """Read the streams that were hinted at. Where that fails, a poll finds out why."""
        with self._lock:
            names, now = frozenset(state.hints), time.monotonic()
            if state.is_busy or not names:
                return
            state.hints.clear()
            if state.is_down or self.servers.problem(state.server) is not None:
                return
            state.is_busy = True
            state.credit = min(_BURST, state.credit + (now - state.pushed_at) / _PAUSE) - 1
            state.pushed_at = now
        report = Report(state.account.name)
        try:
            self._session.take_hints(state.account, names, report, self.kept, stop=self._stop)
            if isinstance(report.failure, AuthFailed | Misconfigured):
                self._session.save_state(state.account, report)
                self._settle(state, report)
            elif report.error is not None:
                state.due = min(state.due, time.monotonic())
        except StoreError as error:
            self._put_off(state, error)
        finally:
            self._end(state, report, "push")

    def _end(self, state: _State, report: Report, cause: str) -> None:
        with self._lock:
            if cause != "watch":
                state.is_busy = False
            if not state.is_busy:
                self._ask_poll(state)
                if state.hints:
                    self._ask_push(state)
        total = report.total
        if total.seen or (report.error and not isinstance(report.failure, Resting)):
            is_ok = report.error is None
            log.info("turn", account=report.account, cause=cause, ok=is_ok, seen=total.seen, **asdict(total))
        if total.seen:
            self._wake_wanted()

    def _wake_wanted(self) -> None:
        """Mail of one account can make earlier mail of another wanted: it is fetched now, not at the next poll."""
        try:
            names = self._session.wanting()
        except StoreError as error:
            log.error("store problem", problem=error.problem, hint=error.hint)
            return
        with self._lock:
            for state in map(self._states.__getitem__, names):
                if not state.failures:
                    state.is_wanted = True
                    if not state.is_busy:
                        self._ask_poll(state)

    def _put_off(self, state: _State, error: StoreError) -> None:
        """A store that is busy or full for a while is tried again at the next poll."""
        log.error("store problem", problem=error.problem, hint=error.hint)
        state.due = time.monotonic() + self._interval

    def _settle(self, state: _State, report: Report) -> None:
        """When the next poll is due."""
        state.is_known = True
        if report.error is None:
            state.failures = 0
            wait: float | None = self._interval
        else:
            state.failures += 1
            wait = report.rest
            if wait is not None and isinstance(report.failure, AuthFailed | Resting):
                # until then it is asked whether settings or secret have changed
                wait = min(wait, self._interval)
        # a folder that is refused keeps nobody from reading the others
        state.is_down = report.error is not None and report.error.step != "select"
        state.due = math.inf if wait is None else time.monotonic() + wait
