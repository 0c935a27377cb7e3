"""The relay beside the service, where [relay] is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from daemon.problems import ConfigError
from daemon.session import Session
from daemon.tracking.creating import key_of
from store.errors import StoreError
from store.opens.tracking_keys import TrackingKey

if TYPE_CHECKING:
    from daemon.relay.listener import Listener

log = structlog.get_logger()


class Relaying:
    """From `begin` to `stop`. Nothing that goes wrong in here reaches who calls."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.listener: Listener | None = None

    def begin(self) -> None:
        """Take mails, where the configuration says so."""
        if self._session.config.relay.enabled:
            self.listener = _listener(self._session)
            self.listener.begin()

    def follow(self, session: Session) -> None:
        """Another configuration: begin anew where its part, or tracking's, differs."""
        before, now = self._session.config, session.config
        self._session = session
        if (before.relay, before.tracking) != (now.relay, now.tracking):
            self.stop(2.0)
            self.begin()

    def stop(self, patience: float) -> None:
        """End, within so many seconds; a mail in hand may end in them."""
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.stop(patience)


def _listener(session: Session) -> Listener:
    # aiosmtpd is imported by those alone who have a relay
    from daemon.relay.listener import Listener  # noqa: PLC0415 - imported where [relay] is on
    from daemon.relay.tracking import Tracker  # noqa: PLC0415 - imported where [relay] is on

    tracker = Tracker(session.store, session.config, session.company.rules, _key(session), session.clock)
    return Listener(session.config.relay, tracker)


def _key(session: Session) -> TrackingKey | None:
    """What tokens are made with; None: mails pass as they are."""
    if not session.config.tracking.enabled:
        return None
    try:
        return key_of(session.config, session.environ)
    except (ConfigError, StoreError) as error:
        log.error("the relay passes mails on without pixels", problem=str(error))
        return None
