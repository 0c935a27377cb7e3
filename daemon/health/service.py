"""The listener beside the service, where [metrics] is on. It outlives the services of several policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.health.watched import Watched
from daemon.session import Session

if TYPE_CHECKING:
    from daemon.tracking.listener import Listener

#: Requests under way have this long to end, in seconds.
_PATIENCE = 2.0


class Health:
    """From `follow` to `stop`. Nothing that goes wrong in here reaches who calls."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._session: Session | None = None
        self._listener: Listener | None = None

    @property
    def listener(self) -> Listener | None:
        """What listens; None: nothing does."""
        return self._listener

    def follow(self, session: Session) -> None:
        """Listen as this configuration says; what is as it was goes on undisturbed."""
        before, self._session = self._session, session
        if before is not None and before.config.metrics == session.config.metrics:
            return
        self.stop()
        if session.config.metrics.enabled:
            # the server and the library take a fifth of a second to import, for those alone who ask
            from daemon.health.serving import serving  # noqa: PLC0415 - imported where [metrics] is on

            self._listener = serving(session, self._watched)
            self._listener.begin()

    def stop(self) -> None:
        """End."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.stop(_PATIENCE)
