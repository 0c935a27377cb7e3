"""A mailbox on the double of Exchange, filled and looked at from within."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from connectors.api import ConnectorError, Secret
from connectors.conformance import ids, read, stream_named
from connectors.ews import EwsConnector, EwsSettings
from tests.integration.company import Account, Company
from tests.servers.ews import EwsServer, Mailbox

_NUMBERS = count()
PASSWORD = "pw of the mailbox"
#: Names under which IMAP shows what Exchange calls otherwise.
DISTINGUISHED = {"INBOX": "inbox", "Sent": "sentitems"}


@dataclass(frozen=True, slots=True)
class ExchangeMailbox:
    """Of one user that no other test has."""

    server: EwsServer
    mailbox: Mailbox

    def options(self, **options: object) -> EwsSettings:
        """Plain options, and others over them."""
        given: dict[str, object] = {
            "url": self.server.url,
            "username": self.mailbox.address,
            "timeout_seconds": 10.0,
            **options,
        }
        return EwsSettings(**given)  # type: ignore[arg-type]  # one keyword or another

    def connector(self, password: str = PASSWORD, **options: object) -> EwsConnector:
        """A connector to it."""
        return EwsConnector(self.options(**options), Secret(password))

    def deliver(self, name: str, raw: bytes) -> str:
        """Put a mail in a folder, by the name that our streams have; its ItemId."""
        return self.mailbox.deliver(DISTINGUISHED.get(name, name), raw)

    def remove(self, name: str, message_id: str) -> None:
        """Remove the mail with this Message-ID."""
        folder = DISTINGUISHED.get(name, name)
        self.mailbox.remove(self.mailbox.find(folder, message_id))

    def expire(self, name: str) -> None:
        """Make the sync states of a folder worthless."""
        self.mailbox.invalidate_sync(DISTINGUISHED.get(name, name))

    def account(self, company: Company, name: str, **options: object) -> None:
        """Its account in a company's configuration."""
        secret = company.folder / f"{name}.secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        given = {"url": self.server.url, "username": self.mailbox.address, "password_file": secret.name, **options}
        company.accounts[name] = Account(name, self.mailbox.address, given, kind="ews")


def add(server: EwsServer, password: str | None = PASSWORD) -> ExchangeMailbox:
    """A fresh mailbox, with a login unless `password` is None."""
    address = f"user{next(_NUMBERS)}@exchange.example"
    return ExchangeMailbox(server, server.add_mailbox(address, password, names={"sentitems": "Sent"}))


@contextmanager
def exchange(**options: object) -> Iterator[ExchangeMailbox]:
    """A mailbox on a server of its own."""
    with EwsServer(**options) as server:  # type: ignore[arg-type]  # one keyword or another
        yield add(server)


def whole(of: ExchangeMailbox, /, **options: Any) -> list[str]:
    """The Message-IDs of a first reading."""
    with of.connector(**options) as connector:
        return ids(read(connector.pages(stream_named(connector, "INBOX"), None)))


def error_of(of: ExchangeMailbox, /, **options: Any) -> ConnectorError:
    """What a first reading fails at."""
    with pytest.raises(ConnectorError) as caught:
        whole(of, **options)
    assert caught.value.problem
    assert caught.value.step
    return caught.value
