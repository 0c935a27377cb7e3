"""Which servers answer. Of one that does not, one account asks at a time, and the others wait for its answer.

A server that swallows all packets costs whoever asks it the whole of its patience. Were each of its accounts to find
out by itself, they would hold the threads that the accounts of other servers need. A server that asks for a rest has it
from all its accounts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from connectors.api import ConnectorError, Unavailable
from daemon.config import Account, ContactSource
from daemon.oauth.http import STEP
from daemon.retry import LONGEST_REST, Backoff
from daemon.standing import Resting

#: The name of a server: its address, for accounts that have one.
Server = Hashable
#: Before anybody was asked who is there: what fails here fails for every account.
_BEFORE_LOGIN = frozenset({"resolve", "connect", "tls"})
#: Accounts that have to fail in a row: what one meets alone may be its own mistake.
_ACCOUNTS = 2
#: The longest rest of a server, in seconds: one question in this time is no burden.
_LONGEST = 300.0
#: Where all connections of a server are taken, seconds until whoever found none asks again.
CROWDED = 5.0


def server_of(account: Account | ContactSource) -> Server | None:
    """What the options of an account, or of a list of contacts, name as its server; None where they name none."""
    host = getattr(account.settings, "host", None)
    return None if host is None else (str(host).lower(), getattr(account.settings, "port", None))


@dataclass(slots=True)
class _State:
    """A server that does not answer, or asked for a rest."""

    error: Unavailable
    failed: set[str] = field(default_factory=set)
    is_down: bool = False
    tries: int = 0
    #: Nobody asks it before.
    until: float = 0.0
    #: The end of the rest that it asked for: until then no answer changes anything.
    rest: float = 0.0
    #: The account that asks it now.
    asking: str | None = None


class Servers:
    """Remembers servers that do not answer, for all threads."""

    def __init__(self, backoff: Backoff, clock: Callable[[], float] = time.monotonic) -> None:
        self._backoff = backoff
        self._clock = clock
        self._lock = threading.Lock()
        self._states: dict[Server, _State] = {}
        #: Hears of rests, in seconds: a process that comes after this one keeps them too.
        self.rested: Callable[[Server, float], None] = lambda _server, _seconds: None
        #: Holds one of the connections that a server allows; False: none became free in a while, it is not to be asked.
        self.room: Callable[[Server | None], AbstractContextManager[bool]] = lambda _server: nullcontext(True)

    def problem(self, server: Server | None) -> Unavailable | None:
        """Why nothing can be had of a server now; None: nothing is known against it."""
        with self._lock:
            state = self._states.get(server)
            return self._told(state) if state is not None and state.is_down else None

    def ask(self, server: Server | None, account: str) -> Unavailable | None:
        """May the account ask its server? None: yes, and `answered` or `failed` has to follow; else why not."""
        with self._lock:
            state = self._states.get(server)
            if state is None or not state.is_down:
                return None
            if state.asking is None and self._clock() >= state.until:
                state.asking = account
                return None
            return self._told(state)

    def answered(self, server: Server | None) -> bool:
        """The server has answered somebody; returns whether accounts have been waiting for that."""
        if server not in self._states:  # as nearly always; a lock for each page would be waste
            return False
        with self._lock:
            state = self._states.get(server)
            if state is None or self._clock() < state.rest:
                return False
            del self._states[server]
            return state.is_down

    def rest_left(self, server: Server | None) -> float:
        """Seconds of the rest that it asked for; 0: there is none."""
        state = self._states.get(server)
        return 0.0 if state is None else max(0.0, state.rest - self._clock())

    def is_resting(self, server: Server | None) -> bool:
        """Has it asked for a rest that is not over?"""
        return self.rest_left(server) > 0

    def rest(self, server: Server | None, error: ConnectorError | None) -> None:
        """Leave the server alone for as long as the error says, whoever was told so: an account's turn, its watch, a
        list of contacts."""
        rest = min(rest_asked(error), LONGEST_REST)
        if server is not None and isinstance(error, Unavailable) and rest > 0:
            self.resume(server, error, rest)
            self.rested(server, rest)

    def resume(self, server: Server, error: Unavailable, seconds: float) -> None:
        """Go on with a rest that is as long; of two, the later end counts."""
        with self._lock:
            state = self._states.setdefault(server, _State(error))
            state.error, state.is_down = error, True
            state.rest = state.until = max(state.rest, self._clock() + seconds)

    def failed(self, server: Server | None, account: str, error: ConnectorError | None) -> None:
        """The account has nothing to tell of its server, or that it does not answer."""
        self.rest(server, error)
        is_silent = is_about_server(error) and not rest_asked(error)
        with self._lock:
            state = self._states.get(server)
            if server is not None and isinstance(error, Unavailable) and is_silent:
                state = self._states.setdefault(server, _State(error))
                state.error = error
                state.failed.add(account)
                if state.asking == account or (not state.is_down and len(state.failed) >= _ACCOUNTS):
                    state.is_down = True
                    state.tries += 1
                    state.until = self._clock() + min(self._backoff.delay(state.tries), _LONGEST)
            if state is not None and state.asking == account:
                state.asking = None

    def _told(self, state: _State) -> Unavailable:
        """For an account that did not ask itself."""
        rest = state.rest - self._clock()
        error = state.error
        return Unavailable(error.problem, step=error.step, hint=error.hint, retry_after=rest if rest > 0 else None)


def rest_asked(error: ConnectorError | None) -> float:
    """Seconds for which the server wants to be left alone by everybody.

    An account that rests after a refused login, and a provider of tokens, speak for themselves.
    """
    if not isinstance(error, Unavailable) or isinstance(error, Resting) or error.step == STEP:
        return 0.0
    return error.retry_after or 0.0


def is_about_server(error: ConnectorError | None) -> bool:
    """Did the server answer nobody, whoever asked?"""
    if not isinstance(error, Unavailable):
        return False
    is_silent = error.step == "login" and isinstance(error.__cause__, TimeoutError)
    return error.step in _BEFORE_LOGIN or is_silent
