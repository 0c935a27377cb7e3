"""Which folders are watched, and the logins that this takes: when a watch is lost, it is begun anew after a rest."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from connectors.api import Connector, ConnectorError, Misconfigured, Stream, Unavailable, Watch, Watchable
from daemon.agenda import Agenda
from daemon.problems import ConfigError
from daemon.retry import Backoff
from daemon.servers import Server, Servers
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
        self._places: dict[tuple[str, str], _Place] = {}
        #: Accounts whose servers can't push.
        self._unable: set[str] = set()
        self.hinted = hinted
        self._watcher = Watcher(self, clock)
        self._logins = Agenda("watch-login", _LOGINS + _SPARE, share=_LOGINS)

    def want(self, account: str, streams: Sequence[Stream]) -> None:
        """Watch these streams of the account and no others; cheap to say again."""
        wanted = {(account, stream.name): stream for stream in streams}
        with self._lock:
            if account in self._unable:
                return
            for key in [key for key in self._places if key[0] == account and key not in wanted]:
                watch = self._places.pop(key).watch
                if watch is not None and not self._is_used(watch):
                    self._watcher.remove(watch)
            for key in wanted.keys() - self._places.keys():
                self._places[key] = _Place(wanted[key])
                self._ask_login(key)

    def release(self, account: str) -> None:
        """The account is gone, or means another mailbox or server now."""
        self.want(account, ())
        with self._lock:
            self._unable.discard(account)

    def watched(self, account: str) -> frozenset[str]:
        """The streams of the account whose news the server tells now."""
        with self._lock:
            return frozenset(name for (owner, name), place in self._places.items() if owner == account and place.watch)

    def lost(self, account: str, watch: Watch, error: Unavailable) -> None:
        """The watcher's word that a watch has ended."""
        log.info("watch lost", account=account, streams=sorted(watch.streams), reason=error.problem)
        now = time.monotonic()
        with self._lock:
            for name in watch.streams:
                place = self._places.get((account, name))
                if place is not None and place.watch is watch:
                    place.watch = None
                    place.failures = 0 if now - place.since >= _LIFETIME else place.failures
                    self._rest((account, name), place, error)

    def stop(self) -> None:
        """No further login; the watches are closed."""
        self._logins.close()
        self._watcher.close()

    def join(self, until: float) -> bool:
        """Wait for logins that are under way, at most until then, monotonic."""
        return self._logins.join(until)

    def _is_used(self, watch: Watch) -> bool:
        return any(place.watch is watch for place in self._places.values())

    def _rest(self, key: tuple[str, str], place: _Place, error: ConnectorError) -> None:
        place.failures += 1
        wait = self._backoff.after(error, place.failures)
        if wait is not None:
            self._ask_login(key, time.monotonic() + wait)

    def _ask_login(self, key: tuple[str, str], at: float = float("-inf")) -> None:
        self._logins.put(partial(self._log_in, key), at, self._server(key[0]))

    def _log_in(self, key: tuple[str, str]) -> None:
        account, name = key
        with self._lock:
            place = self._places.get(key)
            if place is None or place.is_begun or place.watch is not None:
                return
            others = [p for (owner, _), p in self._places.items() if owner == account and p is not place]
            place.is_held = any(p.is_begun for p in others)
            if place.is_held:
                return
            place.is_begun = True
            streams = [place.stream, *(p.stream for p in others if p.watch is None)]
        try:
            self._try(account, name, place, streams)
        finally:
            with self._lock:
                for (owner, other), p in self._places.items():
                    if owner == account and p.is_held:
                        p.is_held = False
                        self._ask_login((owner, other))

    def _try(self, account: str, name: str, place: _Place, streams: Sequence[Stream]) -> None:
        """Log in, and keep what comes of it."""
        try:
            watch = self._begin(account, streams)
        except Unavailable as error:
            tell = log.info if place.failures else log.warning
            tell("watch not begun", account=account, stream=name, step=error.step, reason=error.problem)
            with self._lock:
                place.is_begun = False
                self._rest((account, name), place, error)
        except ConnectorError as error:
            self._forget(account)
            self._refused(account, error)
        else:
            if watch is None:
                self._forget(account, is_unable=True)
                log.info("polled only", account=account, reason="the server offers no way to be told of news")
            else:
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
            wanted = [place for name in watch.streams if (place := self._places.get((account, name)))]
            places = [place for place in wanted if place.watch is None]
            for place in places:
                place.watch, place.since, place.is_begun = watch, now, False
        self._watcher.add(account, watch)
        if places:
            log.info("watched", account=account, streams=sorted(watch.streams))
            self.hinted(account, frozenset(watch.streams))
        else:
            self._watcher.remove(watch)

    def _forget(self, account: str, *, is_unable: bool = False) -> None:
        """Ask no more, until the next poll that works wants it again; where the server is unable, never."""
        with self._lock:
            for key in [key for key, place in self._places.items() if key[0] == account and place.watch is None]:
                del self._places[key]
            if is_unable:
                self._unable.add(account)
