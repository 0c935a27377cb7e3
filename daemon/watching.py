"""Which folders are watched, and the logins that this takes: when a watch is lost, it is begun anew after a rest."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from connectors.api import Connector, ConnectorError, Misconfigured, Stream, Unavailable, Watch, Watchable
from daemon.agenda import Agenda
from daemon.observer import NOBODY, Observer
from daemon.problems import ConfigError
from daemon.retry import Backoff
from daemon.servers import Server, Servers, rest_asked
from daemon.watcher import Watcher

log = structlog.get_logger()

#: Logins at a server at a time, so that one that was away is not stormed; and threads that one alone can't take.
_LOGINS = 4
_SPARE = 2
#: A watch that lived this long, in seconds, was no failure.
_LIFETIME = 60.0


@dataclass(slots=True)
class _Place:
    """A stream of an account that is to be watched."""

    stream: Stream
    failures: int = 0
    #: A login for it is under way.
    is_begun: bool = False
    #: It waits for the login of another stream of its account: a wrong password is not tried several times at once.
    is_held: bool = False
    watch: Watch | None = None
    #: When the watch began, on the monotonic clock.
    since: float = 0.0
    #: No login before, on that clock.
    not_before: float = 0.0


class Watching:
    """The watches of all accounts.

    `hinted(account, streams)` is called for each hint, and whenever a watch begins: nobody knows what happened before.
    `refused(account, error)` is told of a login that must not be tried again. `server(account)` names an account's
    server: one that `servers` know to answer nobody is not asked. By `clock` watches are renewed.
    """

    def __init__(
        self,
        open_connector: Callable[[str], Connector],
        hinted: Callable[[str, frozenset[str]], None],
        refused: Callable[[str, ConnectorError], None],
        backoff: Backoff,
        servers: Servers,
        server: Callable[[str], Server | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._servers = servers
        self._server = server
        self._open = open_connector
        self._refused = refused
        self._backoff = backoff
        self._lock = threading.Lock()
        #: Account -> stream -> its place.
        self._places: dict[str, dict[str, _Place]] = {}
        #: Accounts whose servers can't push.
        self._unable: set[str] = set()
        self.hinted = hinted
        self.observer: Observer = NOBODY
        self._watcher = Watcher(self, clock)
        self._logins = Agenda("watch-login", _LOGINS + _SPARE, share=_LOGINS)

    def want(self, account: str, streams: Sequence[Stream]) -> None:
        """Watch these streams of the account and no others; cheap to say again."""
        wanted = {stream.name: stream for stream in streams}
        with self._lock:
            if account in self._unable:
                return
            places = self._places.setdefault(account, {})
            for name in places.keys() - wanted.keys():
                watch = places.pop(name).watch
                if watch is not None and not self._is_used(account, watch):
                    self._watcher.remove(watch)
            for name in [name for name in wanted if name not in places]:
                places[name] = _Place(wanted[name])
                self._ask_login((account, name))
            if not places:
                del self._places[account]

    def release(self, account: str) -> None:
        """The account is gone, or means another mailbox or server now."""
        self.want(account, ())
        with self._lock:
            self._unable.discard(account)

    def watched(self, account: str) -> frozenset[str]:
        """The streams of the account whose news the server tells now."""
        with self._lock:
            return frozenset(name for name, place in self._of(account).items() if place.watch)

    def count(self) -> int:
        """How many connections are watched now."""
        with self._lock:
            watches = {place.watch for places in self._places.values() for place in places.values()}
        return len(watches - {None})

    def lost(self, account: str, watch: Watch, error: Unavailable) -> None:
        """The watcher's word that a watch has ended."""
        log.info("watch lost", account=account, streams=sorted(watch.streams), problem=error.problem)
        now = time.monotonic()
        rest, server = rest_asked(error), self._server(account)
        if rest and server is not None:
            # without a word to the store: this is the thread that serves all watches
            self._servers.resume(server, error, rest)
        with self._lock:
            lost = {
                name: place
                for name in watch.streams
                if (place := self._of(account).get(name)) is not None and place.watch is watch
            }
            for place in lost.values():
                place.watch = None
                place.failures = 0 if now - place.since >= _LIFETIME else place.failures
            self._rest(account, lost, error)

    def stop(self) -> None:
        """No further login; the watches are closed."""
        self._logins.close()
        self._watcher.close()

    def join(self, until: float) -> bool:
        """Wait for logins that are under way, at most until then, monotonic."""
        return self._logins.join(until)

    def _of(self, account: str) -> Mapping[str, _Place]:
        return self._places.get(account, {})

    def _is_used(self, account: str, watch: Watch) -> bool:
        return any(place.watch is watch for place in self._of(account).values())

    def _rest(self, account: str, places: Mapping[str, _Place], error: ConnectorError) -> None:
        """One login for all of these, later."""
        if not places:
            return
        failures = 1 + max(place.failures for place in places.values())
        wait = self._backoff.after(error, failures)
        for name, place in places.items():
            place.failures = failures
            if wait is not None:
                place.not_before = time.monotonic() + wait
                self._ask_login((account, name), place.not_before)

    def _ask_login(self, key: tuple[str, str], at: float = float("-inf")) -> None:
        self._logins.put(partial(self._log_in, key), at, self._server(key[0]))

    def _log_in(self, key: tuple[str, str]) -> None:
        account, name = key
        with self._lock:
            place = self._of(account).get(name)
            if place is None or place.is_begun or place.watch is not None:
                return
            if time.monotonic() < place.not_before:
                self._ask_login(key, place.not_before)
                return
            others = [p for p in self._of(account).values() if p is not place]
            place.is_held = any(p.is_begun for p in others)
            if place.is_held:
                return
            place.is_begun = True
            # those that are told of already come last: a watch that tells of all takes the place of the others
            streams = [p.stream for p in (place, *sorted(others, key=lambda p: p.watch is not None))]
        try:
            with self._servers.room(self._server(account)) as has_room:
                if has_room:
                    self._try(account, name, place, streams)
                else:
                    self._wait_for_room(key, place)
        finally:
            with self._lock:
                for other, p in self._of(account).items():
                    if p.is_held:
                        p.is_held = False
                        self._ask_login((account, other))

    def _wait_for_room(self, key: tuple[str, str], place: _Place) -> None:
        """The server's turns come first: behind the others that wait, it is asked again."""
        with self._lock:
            place.is_begun = False
            self._ask_login(key)

    def _try(self, account: str, name: str, place: _Place, streams: Sequence[Stream]) -> None:
        """Log in, and keep what comes of it."""
        try:
            watch = self._begin(account, streams)
        except Unavailable as error:
            self.observer.watch_begun(error)
            self._servers.rest(self._server(account), error)
            tell = log.info if place.failures else log.warning
            tell("watch not begun", account=account, stream=name, step=error.step, problem=error.problem)
            with self._lock:
                place.is_begun = False
                # where it is not the folder that is refused, the others need not try as well
                tried = {stream.name for stream in streams} if error.step != "select" else {name}
                places = {each: self._of(account).get(each) for each in tried}
                self._rest(account, {n: p for n, p in places.items() if p is not None and p.watch is None}, error)
        except ConnectorError as error:
            self.observer.watch_begun(error)
            self._forget(account)
            self._refused(account, error)
        else:
            if watch is None:
                self._forget(account, is_unable=True)
                log.info(
                    "polled only",
                    account=account,
                    reason="the server offers no way to be told of news, or no further one",
                )
            else:
                self.observer.watch_begun(None)
                self._use(account, watch)

    def _begin(self, account: str, streams: Sequence[Stream]) -> Watch | None:
        """Log in; bugs and unreadable secrets become errors of the account."""
        problem = self._servers.problem(self._server(account))
        if problem is not None:
            raise problem
        try:
            connector = self._open(account)
            return connector.watch(streams) if isinstance(connector, Watchable) else None
        except ConnectorError:
            raise
        except ConfigError as error:
            first = error.problems[0]
            raise Misconfigured(str(first), step="credentials", hint=first.hint) from error
        except Exception as error:  # a bug that one account meets must not end the others' watches
            log.error("watch failed", account=account, frames=traceback.format_tb(error.__traceback__))
            raise Unavailable(f"watching failed with {type(error).__name__}", step="bug") from error

    def _use(self, account: str, watch: Watch) -> None:
        now = time.monotonic()
        with self._lock:
            places = [place for name in watch.streams if (place := self._of(account).get(name))]
            # one that tells of more than another takes its place
            others = {place.watch for place in places if place.watch is not None}
            for place in places:
                place.watch, place.since, place.is_begun = watch, now, False
            others = {each for each in others if not self._is_used(account, each)}
        self._watcher.add(account, watch)
        for other in others:
            self._watcher.remove(other)
        if places:
            log.info("watched", account=account, streams=sorted(watch.streams))
            self.hinted(account, frozenset(watch.streams))
        else:
            self._watcher.remove(watch)

    def _forget(self, account: str, *, is_unable: bool = False) -> None:
        """Ask no more, until the next poll that works wants it again; where the server is unable, never."""
        with self._lock:
            places = self._places.get(account, {})
            for name in [name for name, place in places.items() if place.watch is None]:
                del places[name]
            if is_unable:
                self._unable.add(account)
