"""Connectors that stay logged in for a while: between the slices of an import, and after a hint: the next is near."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Self

import structlog

from connectors.api import Connector, ConnectorError, Stream, Unavailable
from daemon.apart import Opening
from daemon.drafts import Drafting
from daemon.source import Source

log = structlog.get_logger()

#: A few minutes: less than servers wait before they end a silent session (30, RFC 3501 section 5.4).
SECONDS = 240.0
#: More accounts than these seldom get mail within SECONDS; each takes some 50 KB here, and a process on many servers.
LIMIT = 256


@dataclass(slots=True)
class Entered:
    """A connector that is logged in, with the streams that it listed then; as a context it ends the reading process."""

    connector: Connector
    streams: tuple[Stream, ...]
    #: What a reading process may open the account by; None: there is none.
    opening: Opening | None = None
    _source: Source | None = None
    #: Nothing has been asked of it since it listed them.
    _is_fresh: bool = False

    @classmethod
    def enter(cls, connector: Connector, opening: Opening | None = None) -> Self:
        """Log in and list; raises ConnectorError."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(connector)
            entered = cls(connector, connector.streams(), opening, _is_fresh=True)
            stack.pop_all()
        return entered

    def list_streams(self) -> tuple[Stream, ...]:
        """The streams as the server lists them now; raises ConnectorError."""
        if not self._is_fresh:
            self.streams = self.connector.streams()
        self._is_fresh = False
        return self.streams

    def age(self) -> None:
        """What it listed will have changed when it is taken the next time."""
        self._is_fresh = False

    def source(self, drafting: Drafting) -> Source:
        """Where its pages come from; once made it stays, with its reading process."""
        if self._source is None:
            self._source = Source(self.connector, drafting, self.opening)
        return self._source

    def end_process(self) -> None:
        """Let another account have the reading process."""
        if self._source is not None:
            self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.end_process()

    def named(self, names: Collection[str]) -> list[Stream]:
        """The streams of these names, as far as there are such."""
        return [stream for stream in self.streams if stream.name in names]

    def leave(self) -> None:
        """Log out."""
        self.end_process()
        with contextlib.suppress(ConnectorError):
            self.connector.__exit__(None, None, None)


class Lent:
    """One slice's connector: the one that was kept, or a new one."""

    def __init__(self, entered: Entered | None, make: Callable[[], Entered]) -> None:
        self.entered = entered
        self._make = make
        #: May it be kept after the slice?
        self.may_stay = False

    def read(self, work: Callable[[Entered], None]) -> None:
        """Do the work; once more where the kept connection broke while nobody used it. It can be repeated."""
        if self.entered is not None:
            try:
                work(self.entered)
            except Unavailable as error:
                log.info("kept connection lost", problem=error.problem)
                self.entered.leave()
                self.entered = None
            else:
                return
        self.entered = self._make()
        work(self.entered)


class Kept:
    """At most one connector an account. Who takes it has it alone, until it is put back."""

    def __init__(
        self, limit: int = LIMIT, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._is_closed = False
        #: Hears of each login that was tried, and what came of it instead.
        self.logged_in: Callable[[str, ConnectorError | None], None] = lambda _account, _error: None
        #: By account, the longest unused first.
        self._entered: dict[str, tuple[float, Entered]] = {}

    @contextlib.contextmanager
    def lent(self, account: str, make: Callable[[], Entered]) -> Iterator[Lent]:
        """The account's connector for a slice, made by `make` where none is kept."""
        lent = Lent(self.take(account), partial(self._made, account, make))
        try:
            yield lent
        finally:
            if lent.entered is not None:
                if lent.may_stay:
                    self.put(account, lent.entered)
                else:
                    lent.entered.leave()

    def _made(self, account: str, make: Callable[[], Entered]) -> Entered:
        try:
            entered = make()
        except ConnectorError as error:
            self.logged_in(account, error)
            raise
        self.logged_in(account, None)
        return entered

    def take(self, account: str) -> Entered | None:
        """The account's, if one is kept."""
        with self._lock:
            _since, entered = self._entered.pop(account, (0.0, None))
            return entered

    def put(self, account: str, entered: Entered) -> None:
        """Keep it; the one unused for longest makes room. After `close` it is left at once."""
        entered.age()
        with self._lock:
            _since, old = self._entered.pop(account, (0.0, None))
            self._entered[account] = (self._clock(), entered)
            is_full = len(self._entered) > self._limit or self._is_closed
            left = [old, self._entered.pop(next(iter(self._entered)))[1] if is_full else None]
        for each in left:
            if each is not None:
                each.leave()

    def tidy(self) -> None:
        """Leave those that nobody needed for some minutes."""
        with self._lock:
            before = self._clock() - self._seconds
            old = [name for name, (since, _entered) in self._entered.items() if since <= before]
            left = [self._entered.pop(name)[1] for name in old]
        for entered in left:
            entered.leave()

    def close(self) -> None:
        """Leave all, and what is still lent when it comes back."""
        with self._lock:
            self._is_closed = True
            left = [entered for _since, entered in self._entered.values()]
            self._entered.clear()
        for entered in left:
            entered.leave()
