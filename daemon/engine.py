"""Every account's turn: polls at their times, hints at once, imports slice after slice, what became wanted in between.

What is done in a turn is a slice of the session: it is bounded, and whatever becomes of it, what was read is committed
with the place reached. So this engine may forget everything, and another one, of several machines, could give out the
same slices by the same three calls. Which thread takes a slice is the pool's; whether a server is asked is `servers`'.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from functools import partial

import structlog

from connectors.api import AuthFailed, ConnectorError, Misconfigured, Stream
from daemon.config import Account
from daemon.engine_states import BURST, Lateness, State, late
from daemon.kept import Kept
from daemon.lags import Lags
from daemon.observer import NOBODY, Observer
from daemon.pool import Place, Pool, Priority
from daemon.report import Report
from daemon.retry import Backoff
from daemon.servers import Server, Servers, is_about_server, server_of
from daemon.session import Session
from daemon.slices import Slice
from daemon.standing import Resting
from store.errors import StoreError

log = structlog.get_logger()

#: An account's interval is up to so much longer or shorter each time: accounts that began together part.
_JITTER = 0.1
#: First polls are taken within this time, in seconds, and so many accounts at once.
_SPREAD = 60.0
_AT_ONCE = 16
#: Of a flood of hints, an account follows one in so many seconds.
_PAUSE = 1.0


class Engine:
    """Gives every account its slices, from `run` to `stop`, one at a time."""

    def __init__(
        self, session: Session, interval: float, backoff: Backoff, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval = interval
        self._backoff = backoff
        self._clock = clock
        #: Hears after each poll what the options want watched.
        self.polled: Callable[[str, Sequence[Stream]], None] = lambda _account, _streams: None
        #: Hears of accounts that the configuration knows no more, or otherwise.
        self.released: Callable[[str], None] = lambda _account: None
        self.observer: Observer = NOBODY
        self._stirred = clock()
        self._lock = threading.Lock()
        self._states: dict[str, State] = {}
        self.kept = Kept()
        self.kept.logged_in = self._note_login
        self.servers = Servers(backoff, clock)
        self.servers.rested = self._note_rest
        self.lags = Lags()
        self._pool = Pool(self._take, clock)
        self.servers.room = self._pool.borrowed
        self._session = session
        for server, (rest, error) in session.rests(map(server_of, session.config.followed)).items():
            self.servers.resume(server, error, rest)
        self.follow(session)

    def run(self) -> None:
        """Begin; returns at once."""
        self._pool.run()

    def request(self, account: str, priority: Priority) -> None:
        """Read the account of this name at once, or right after the slice that is being taken."""
        with self._lock:
            state = self._named(account)
            if state is not None:
                state.due = -math.inf
                self._pool.request(state.id, priority)

    def stop(self, timeout: float) -> bool:
        """Begin no further slice, and wait so many seconds for those that are being taken; have all ended?"""
        self._pool.close()
        with self._lock:
            for state in self._states.values():
                state.stop.set()
        return self._pool.join(self._clock() + timeout)

    def follow(self, session: Session) -> None:
        """The accounts of this session from now on. Those that are as they were go on undisturbed; what is new or
        changed is read at once. Called by one thread."""
        accounts = {session.account_ids[account.name]: account for account in session.config.followed}
        known = session.read_before()
        with self._lock:
            is_first = self._session is session
            old = self._states
            gone = [state for key, state in old.items() if accounts.get(key) != state.account]
            for state in gone:
                state.stop.set()
        for state in gone:
            self.released(state.account.name)
        with self._lock:
            self._session = session
            self._states = {
                key: old[key] if key in old and old[key].account == account else self._new(key, account, key in known)
                for key, account in accounts.items()
            }
            self._arrange()
            if is_first:
                self._spread()
            for key, state in self._states.items():
                if old.get(key) is not state:
                    self._ask(state, None if is_first else Priority.USER)

    def retry_parked(self) -> None:
        """The configuration was read again: ask those whose login was refused, or whose options were wrong.

        Those whose secret is the same rest on.
        """
        with self._lock:
            states = [state for state in self._states.values() if state.is_parked or state.due == math.inf]
        for state in states:
            self.request(state.account.name, Priority.USER)

    def hinted(self, account: str, streams: frozenset[str]) -> None:
        """Read these streams at once, or right after the slice that is being taken."""
        with self._lock:
            state = self._named(account)
            if state is not None:
                state.hints |= streams
                self._ask_push(state)
        self.observer.hinted()

    def refused(self, account: str, error: ConnectorError) -> None:
        """A login for watching was refused: the account fares as if its poll had met that."""
        with self._lock:
            state = self._named(account)
        if state is None:
            return
        try:
            report = self._session.login_failed(state.account, error)
        except StoreError as problem:
            self._put_off(state, problem)
            return
        self._settle(state, report)
        self._end(state, report, "watch")

    def tick(self) -> None:
        """Return where slices are given out; raises RuntimeError, or never returns, where they are not."""
        with self._lock:
            pass
        self._pool.tick()

    def lateness(self) -> Lateness:
        """How far it is behind."""
        with self._lock:
            now = self._clock()
            seconds, quiet = late(self._states.values(), now), now - self._stirred
        return Lateness(seconds, quiet, self._pool.waiting())

    def wake_wanted(self) -> None:
        """Mail of one account can make earlier mail of another wanted: it is fetched now, not at the next poll."""
        try:
            names = self._session.wanting()
        except StoreError as error:
            self._note_store(error)
            return
        with self._lock:
            for state in filter(None, map(self._named, names)):
                # who is behind fetches it at the end of its import
                if not state.failures and not state.is_behind:
                    state.is_wanted = True
                    self._ask(state)

    def _named(self, account: str) -> State | None:
        """With the lock held."""
        return self._states.get(self._session.account_ids.get(account, ""))

    def _new(self, key: str, account: Account, is_known: bool) -> State:
        return State(key, account, server_of(account), is_known=is_known)

    def _arrange(self) -> None:
        """Tell the pool where the accounts lie; with the lock held."""
        limits: dict[Hashable, int] = {}
        for state in self._states.values():
            host, limit = _host(state), state.account.max_connections
            limits[host] = min(limit, limits.get(host, limit))
        self._pool.arrange({state.id: Place(_host(state), limits[_host(state)]) for state in self._states.values()})

    def _spread(self) -> None:
        """Let first polls not all come at once; with the lock held."""
        now, states = self._clock(), list(self._states.values())
        for number, state in enumerate(states[_AT_ONCE:], 1):
            state.due = now + min(_SPREAD, self._interval_of(state)) * number / len(states)

    def _interval_of(self, state: State) -> float:
        return state.account.poll_seconds or self._interval

    def _next_poll(self, state: State) -> float:
        return self._clock() + self._interval_of(state) * (1 - _JITTER + 2 * _JITTER * self._backoff.chance())

    def _ask(self, state: State, priority: Priority | None = None) -> None:
        """What it needs next, and when; with the lock held."""
        if self._states.get(state.id) is not state:
            return  # the configuration knows it otherwise now
        if state.is_wanted:
            self._pool.request(state.id, Priority.POLL)
        if state.is_behind:
            self._pool.request(state.id, Priority.BACKFILL)
        if state.due < math.inf:
            usual = Priority.RETRY if state.failures else Priority.POLL if state.is_known else Priority.BACKFILL
            self._pool.request(state.id, usual if priority is None else priority, state.due)

    def _ask_push(self, state: State) -> None:
        """With the lock held, when there are hints."""
        self._pool.request(state.id, Priority.PUSH, state.pushed_at + _PAUSE * (1 - state.credit))

    def _take(self, key: Hashable, priority: Priority) -> None:
        with self._lock:
            self._stirred = self._clock()
            state = self._states.get(str(key))
        if state is not None:
            self._push(state) if priority is Priority.PUSH else self._poll(state, priority)

    def _poll(self, state: State, priority: Priority) -> None:
        """A slice that is due, or one for what became wanted; a request that came too early or late does nothing."""
        with self._lock:
            is_full = state.due <= self._clock() or (state.is_behind and priority is Priority.BACKFILL)
            if not (is_full or state.is_wanted):
                self._ask(state)
                return
            is_for_news = state.is_behind and priority is Priority.POLL
            state.is_wanted = False
            if is_full and priority is Priority.POLL and not math.isinf(state.due):
                self.lags.add(self._clock() - state.due)
            if is_full:
                # it reads these streams as well
                state.hints.clear()
                # whatever happens, it is not taken again at once
                state.due = self._next_poll(state)
        report = Report(state.account.name)
        budget = self._budget(state, is_for_news=is_for_news)
        try:
            self._take_slice(state, report, budget, only_wanted=not is_full)
            if is_full or report.error is not None:
                self._settle(state, report)
            elif report.is_stopped:
                state.is_wanted = True
            if report.watched is not None and not state.stop.is_set():
                self.polled(state.account.name, report.watched)
        except StoreError as error:
            self._put_off(state, error)
        finally:
            self._end(state, report, priority.name.lower() if is_full else "wanted")

    def _budget(self, state: State, *, is_for_news: bool = False) -> Slice:
        return Slice(
            partial(self._pool.is_crowded, state.id),
            is_for_news=is_for_news,
            clock=self._clock,
            must_end=partial(self.servers.is_resting, state.server),
        )

    def _note_rest(self, server: Server, seconds: float) -> None:
        with self._lock:
            kinds = [state.account.kind for state in self._states.values() if state.server == server]
        # lists of contacts rest too
        self.observer.rested(kinds[0] if kinds else "contacts")
        try:
            self._session.note_rest(server, seconds)
        except StoreError as error:
            # this process keeps it all the same
            self._note_store(error)

    def _note_login(self, name: str, error: ConnectorError | None) -> None:
        with self._lock:
            state = self._named(name)
        if state is not None and not isinstance(error, Resting):
            self.observer.logged_in(state.account.kind, error)

    def _note_store(self, error: StoreError) -> None:
        log.error("store problem", problem=error.problem, hint=error.hint)
        self.observer.store_failed(error)

    def _take_slice(self, state: State, report: Report, budget: Slice, *, only_wanted: bool) -> None:
        """A slice, unless the server is known to answer nobody."""
        account, server = state.account, state.server
        problem = self.servers.ask(server, account.name)
        if problem is not None:
            state.is_waiting = True
            with structlog.contextvars.bound_contextvars(account=account.name):
                report.fail(problem)
            self._session.save_state(account, report)
            return
        try:
            # the first page is an answer: nobody has to wait for the end of a slice
            self._session.take_slice(
                account,
                report,
                self.kept,
                budget,
                stop=state.stop,
                progress=lambda _stream, _seen: self._answered(state),
                only_wanted=only_wanted,
            )
        finally:
            state.is_waiting = is_about_server(report.failure)
            is_asked = report.failure is not None and not isinstance(report.failure, Resting)
            if report.error is None or (is_asked and not state.is_waiting):
                self._answered(state)
            elif state.is_waiting:
                self._pool.trust(_host(state), is_trusted=False)
            self.servers.failed(server, account.name, report.failure)

    def _answered(self, state: State) -> None:
        """The server has answered; those who wait for it are polled now."""
        self._pool.trust(_host(state), is_trusted=True)
        if not self.servers.answered(state.server):
            return
        log.info("server answers again", server=str(state.server))
        with self._lock:
            for other in self._states.values():
                if other.server == state.server and other.is_waiting:
                    other.is_waiting, other.failures = False, 0
                    other.due = min(other.due, self._clock())
                    self._ask(other)

    def _push(self, state: State) -> None:
        """Read the streams that were hinted at. Where that fails, a poll finds out why."""
        with self._lock:
            names, now = frozenset(state.hints), self._clock()
            state.hints.clear()
            if not names or state.is_down or self.servers.problem(state.server) is not None:
                return
            state.credit = min(BURST, state.credit + (now - state.pushed_at) / _PAUSE) - 1
            state.pushed_at = now
        report = Report(state.account.name)
        budget = self._budget(state)
        try:
            self._session.take_hints(state.account, names, report, self.kept, budget, stop=state.stop)
            if isinstance(report.failure, AuthFailed | Misconfigured):
                self._session.save_state(state.account, report)
                self._settle(state, report)
            elif report.error is not None:
                state.due = min(state.due, self._clock())
            elif report.is_stopped:
                state.hints |= names
        except StoreError as error:
            self._put_off(state, error)
        finally:
            self._end(state, report, "push")

    def _end(self, state: State, report: Report, cause: str) -> None:
        self.observer.turn_ended(state.account.kind, report)
        with self._lock:
            self._stirred = self._clock()
            self._ask(state)
            if state.hints:
                self._ask_push(state)
        seen = report.total.seen
        if seen or (report.error and not isinstance(report.failure, Resting)):
            report.tell(cause)
        if seen:
            self.wake_wanted()

    def _put_off(self, state: State, error: StoreError) -> None:
        """A store that is busy or full for a while is tried again at the next poll."""
        self._note_store(error)
        state.due = self._next_poll(state)

    def _settle(self, state: State, report: Report) -> None:
        """When the next poll is due."""
        state.is_parked = False
        if report.error is None:
            state.failures = 0
        else:
            state.failures += 1
            wait = report.rest
            state.is_parked = isinstance(report.failure, AuthFailed | Resting)
            if wait is not None and state.is_parked:
                # until then it is asked whether settings or secret have changed
                wait = min(wait, self._interval_of(state))
            state.due = math.inf if wait is None else self._clock() + wait
        # a folder that is refused keeps nobody from reading the others
        state.is_down = report.error is not None and report.error.step != "select"
        state.is_known = state.is_known or report.is_recent
        state.is_behind = report.is_stopped and not state.is_down


def _host(state: State) -> Hashable:
    """An account without a server has none in common with others."""
    return state.server or state.id
