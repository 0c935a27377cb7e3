"""The service until it is stopped: accounts read, folders watched where servers can push, webhooks and people told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

import structlog

from connectors.api import Connector, Unavailable
from daemon.chores import Chores
from daemon.engine import Engine
from daemon.list_keeping import TaskLists
from daemon.observer import Observer
from daemon.relay.service import Relaying
from daemon.retry import Backoff
from daemon.servers import Server, server_of
from daemon.session import Session
from daemon.sources import Sources
from daemon.tracking.service import Tracking
from daemon.watching import Watching
from daemon.webhooks import Webhooks

log = structlog.get_logger()

#: What is in hand has this long to end, in seconds: a page is written in less, and a server that hangs is left.
GRACE = 5.0


class Service:
    """Works from entering to leaving, in threads of its own. `clock`, in seconds, says when watches are renewed."""

    def __init__(
        self,
        session: Session,
        interval: float,
        stop: threading.Event,
        *,
        backoff: Backoff | None = None,
        grace: float = GRACE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = {account.name: account for account in session.config.followed}
        self._session = session
        self._stop = stop
        self._grace = grace
        session.standings.backoff = backoff or session.standings.backoff
        self.engine = Engine(session, interval, backoff or Backoff())
        self._chores = Chores(session, self.engine, interval, stop)
        self.watching = Watching(
            self._open,
            self.engine.hinted,
            self.engine.refused,
            backoff or Backoff(),
            self.engine.servers,
            self._server,
            clock,
        )
        self.engine.polled = self.watching.want
        self.engine.released = self._release
        self._webhooks = Webhooks(session.senders(), stop)
        self.sources = Sources(session, stop, backoff or Backoff(), self.engine.servers)
        self._lists = TaskLists(session, interval, stop, backoff or Backoff(), self.engine.servers)
        self.tracking = Tracking(session)
        self.relaying = Relaying(session)

    def __enter__(self) -> Self:
        self.engine.run()
        self._chores.begin()
        self.sources.begin()
        self._lists.begin()
        self._webhooks.begin()
        self.tracking.begin()
        self.relaying.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        until = time.monotonic() + self._grace
        self._chores.stop()
        self.sources.stop()
        self._lists.stop()
        self.watching.stop()
        farewell = threading.Thread(target=self.engine.kept.close, name="farewell", daemon=True)
        farewell.start()
        have_ended = self.engine.stop(max(0.0, until - time.monotonic()))
        have_ended = self._chores.join(until) and have_ended
        have_ended = self.sources.join(until) and have_ended
        have_ended = self._lists.join(until) and have_ended
        self.watching.join(until)
        self._webhooks.join(until)
        self.relaying.stop(max(0.0, until - time.monotonic()))
        self.tracking.stop(max(0.0, until - time.monotonic()))
        farewell.join(max(0.0, until - time.monotonic()))
        if not have_ended:
            # nothing is lost by it: what is not committed comes again
            log.warning("stopped in the middle", problem="a server or the store did not answer in time")

    def tick(self) -> None:
        """Return where turns are given out; raises RuntimeError, or never returns, where they are not."""
        self.engine.tick()
        self._chores.tick()

    def status(self) -> str:
        """How the accounts fare, in a line for people."""
        count, failing = len(self._accounts), self._session.standings.failing
        accounts = "1 account" if count == 1 else f"{count} accounts"
        return f"{accounts}, {failing} failing" if failing else accounts

    def observe(self, observer: Observer) -> None:
        """Tell it what happens from now on."""
        self.engine.observer = self.watching.observer = self._session.tokens.observer = observer

    def follow(self, session: Session) -> None:
        """Go on under another configuration of the same policy; what is as it was is not disturbed."""
        session.tokens.observer = self.engine.observer
        self._session = session
        self._accounts = {account.name: account for account in session.config.followed}
        self._chores.follow(session)
        self.engine.follow(session)
        self.sources.follow(session)
        self._lists.follow(session)
        self._webhooks.follow(session.senders())
        self._chores.do(partial(self.tracking.follow, session))
        self._chores.do(partial(self.relaying.follow, session))
        self._chores.do(session.apply_policy)
        self._chores.do(self.engine.retry_parked)

    def _release(self, account: str) -> None:
        self.watching.release(account)
        kept = self.engine.kept.take(account)
        if kept is not None:
            self._chores.do(kept.leave)

    def _server(self, account: str) -> Server | None:
        known = self._accounts.get(account)
        return None if known is None else server_of(known)

    def _open(self, account: str) -> Connector:
        known = self._accounts.get(account)
        if known is None:
            raise Unavailable("the account is gone", step="configuration")
        return self._session.open_connector(known)
