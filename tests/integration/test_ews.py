"""The conformance suite on the double of Exchange."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors.conformance import (
    ConnectorConformance,
    Deliver,
    Expire,
    ExpiryConformance,
    InspectionConformance,
    RemovalConformance,
    Remove,
    Snapshot,
)
from connectors.ews import EwsConnector
from tests.integration.exchange import ExchangeMailbox, exchange

# a server works in the same process
pytestmark = pytest.mark.slow


@pytest.fixture
def mailbox() -> Iterator[ExchangeMailbox]:
    with exchange() as mailbox:
        yield mailbox


class TestExchange(ConnectorConformance, RemovalConformance, ExpiryConformance, InspectionConformance):
    """Exchange as it is."""

    @pytest.fixture
    def connector_factory(self, mailbox: ExchangeMailbox) -> Callable[[], EwsConnector]:
        return mailbox.connector

    @pytest.fixture
    def deliver(self, mailbox: ExchangeMailbox) -> Deliver:
        return mailbox.deliver

    @pytest.fixture
    def remove(self, mailbox: ExchangeMailbox) -> Remove:
        return mailbox.remove

    @pytest.fixture
    def expire(self, mailbox: ExchangeMailbox) -> Expire:
        return mailbox.expire

    @pytest.fixture
    def snapshot(self, mailbox: ExchangeMailbox) -> Snapshot:
        return mailbox.mailbox.snapshot
