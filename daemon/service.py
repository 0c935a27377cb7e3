"""The service until it is stopped: accounts polled, folders watched where servers can push, webhooks told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog

from connectors.api import Connector
from daemon.retry import Backoff
from daemon.servers import server_of
from daemon.session import Session
from daemon.sources import Sources
from daemon.turns import Turns
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
        self.turns = Turns(session, interval, stop, backoff or Backoff())
        self.watching = Watching(
            self._open,
            self.turns.hinted,
            self.turns.refused,
            backoff or Backoff(),
            self.turns.servers,
            lambda account: server_of(self._accounts[account]),
            clock,
        )
        self.turns.polled = self.watching.want
        self._webhooks = Webhooks(session.senders(), stop)
        self.sources = Sources(session, stop, backoff or Backoff())

    def __enter__(self) -> Self:
        self.turns.begin()
        self.sources.begin()
        self._webhooks.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        until = time.monotonic() + self._grace
        self.turns.stop()
        self.sources.stop()
        self.watching.stop()
        farewell = threading.Thread(target=self.turns.kept.close, name="farewell", daemon=True)
        farewell.start()
        have_ended = self.turns.join(until)
        have_ended = self.sources.join(until) and have_ended
        self.watching.join(until)
        self._webhooks.join(until)
        farewell.join(max(0.0, until - time.monotonic()))
        if not have_ended:
            # nothing is lost by it: what is not committed comes again
            log.warning("stopped in the middle", reason="a server or the store did not answer in time")

    def tick(self) -> None:
        """Return where turns are given out; raises RuntimeError, or never returns, where they are not."""
        self.turns.tick()

    def status(self) -> str:
        """How the accounts fare, in a line for people."""
        count, failing = len(self._accounts), self._session.standings.failing
        accounts = "1 account" if count == 1 else f"{count} accounts"
        return f"{accounts}, {failing} failing" if failing else accounts

    def _open(self, account: str) -> Connector:
        return self._session.open_connector(self._accounts[account])
