"""What happens in the service, for whoever counts it. Called by many threads, in the middle of work: be quick."""

from __future__ import annotations

from connectors.api import ConnectorError
from daemon.report import Report
from store.errors import StoreError


class Observer:
    """Hears of it; this one does nothing with it."""

    def turn_ended(self, kind: str, report: Report) -> None:
        """A turn of an account of this kind of connector."""

    def logged_in(self, kind: str, error: ConnectorError | None) -> None:
        """A login was tried; `error`: what came of it instead."""

    def token_fetched(self, provider: str, error: ConnectorError | None) -> None:
        """A provider of OAuth was asked for a token."""

    def watch_begun(self, error: ConnectorError | None) -> None:
        """A login for watching was tried."""

    def hinted(self) -> None:
        """A server told of news."""

    def rested(self, kind: str) -> None:
        """A server asked to be left alone for a while."""

    def store_failed(self, error: StoreError) -> None:
        """Something could not be written or read now; it is tried again."""


#: Where nobody counts.
NOBODY = Observer()
