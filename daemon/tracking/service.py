"""Recording of opens and clicks beside the service: a listener and a writer, where [tracking] is on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import structlog

from daemon.config import Config
from daemon.derive import derive_these
from daemon.problems import ConfigError
from daemon.session import Session
from daemon.tracking.creating import key_of
from daemon.tracking.recording import Recorder
from store.errors import StoreError

if TYPE_CHECKING:
    from daemon.tracking.listener import Listener

log = structlog.get_logger()


class Tracking:
    """From `begin` to `stop`. Nothing that goes wrong in here reaches who calls."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._parts: tuple[Listener, Recorder] | None = None

    @property
    def listener(self) -> Listener | None:
        """What listens; None: nothing does."""
        return self._parts[0] if self._parts else None

    @property
    def answered(self) -> Mapping[str, int]:
        """What was asked for, by kind, since it listens."""
        return dict(self._parts[1].answered) if self._parts else {}

    def begin(self) -> None:
        """Listen, where the configuration says so."""
        config = self._session.config
        if not config.tracking.enabled:
            return
        try:
            self._parts = _parts(self._session, config)
        except (ConfigError, StoreError) as error:
            log.error("opens are not recorded", problem=str(error))
            return
        listener, recorder = self._parts
        recorder.begin()
        listener.begin()

    def follow(self, session: Session) -> None:
        """Another configuration: begin anew where its part differs."""
        is_same = session.config.tracking == self._session.config.tracking
        self._session = session
        if not is_same:
            self.stop(2.0)
            self.begin()

    def stop(self, patience: float) -> None:
        """End, within so many seconds; what waits is written."""
        until = time.monotonic() + patience
        parts, self._parts = self._parts, None
        for part in parts or ():
            part.stop(max(0.1, until - time.monotonic()))


def _parts(session: Session, config: Config) -> tuple[Listener, Recorder]:
    # the server takes a fifth of a second to import, for those alone who have it
    from daemon.tracking.serving import serving  # noqa: PLC0415 - imported where [tracking] is on

    key = key_of(config, session.environ)
    derived = partial(derive_these, session.store, session.company, session.clock)
    recorder = Recorder(session.store, config.tracking, session.company.rules, key, derived)
    listener = serving(session.store, config, session.company.rules, key, recorder, session.clock, session.environ)
    return listener, recorder
