"""Folders of contacts on the double of Exchange: what is read, what goes, what fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from connectors.api import AddressBooksType
from connectors.ews.contacts import EwsContacts, EwsContactsSettings
from daemon.config.records import ContactSource
from daemon.contacts.following import Following, SourceReport
from daemon.contacts.syncing import follow_source
from daemon.credentials import SecretSource, SourceKind
from tests.integration.exchange import PASSWORD, ExchangeMailbox, exchange
from tests.servers.ews import server_busy
from tests.unit.daemon.company_mail import NOON, House

# a server works in the same process
pytestmark = pytest.mark.slow

CONTACTS = "SELECT display_name FROM v1_contact ORDER BY 1"
ADDRESSES = "SELECT address FROM v1_contact_address ORDER BY 1"


@pytest.fixture
def box() -> Iterator[ExchangeMailbox]:
    with exchange() as box:
        yield box


@pytest.fixture
def secret(tmp_path: Path) -> SecretSource:
    (tmp_path / "secret").write_text(PASSWORD)
    return SecretSource(SourceKind.FILE, str(tmp_path / "secret"))


def source(box: ExchangeMailbox, secret: SecretSource, **more: Any) -> ContactSource:
    settings = EwsContactsSettings(url=box.server.url, username=box.mailbox.address, timeout_seconds=5, **more)
    return ContactSource("book", "ews", 60, settings, secret, cast(AddressBooksType, EwsContacts))


def follow(house: House, what: ContactSource) -> SourceReport:
    following = Following(store=house.store, company=house.company, clock=lambda: NOON, environ={}, folder=Path("/"))
    report = follow_source(following, what)
    house.derive()
    return report


def test_contacts_come_change_and_go(house: House, box: ExchangeMailbox, secret: SecretSource) -> None:
    what = source(box, secret)
    ann = box.mailbox.put_contact("Ann; Li", ["ann@client.example", "ann@home.example"], CompanyName="Client, Inc.")
    box.mailbox.put_contact("بهار", ["bahar@client.example"])
    box.mailbox.put_contact("In the directory", ["/O=ACME/OU=X/CN=CARL"])
    assert follow(house, what).error is None
    assert house.rows(CONTACTS) == [("Ann; Li",), ("In the directory",), ("بهار",)]
    assert house.rows(ADDRESSES) == [("ann@client.example",), ("ann@home.example",), ("bahar@client.example",)]
    box.mailbox.set(ann, "DisplayName", "Ann Li")
    assert follow(house, what).error is None
    assert house.rows(CONTACTS)[0] == ("Ann Li",)
    box.mailbox.remove(ann)
    assert follow(house, what).error is None
    assert house.rows(CONTACTS) == [("In the directory",), ("بهار",)]


def test_without_news_nothing_is_read(house: House, box: ExchangeMailbox, secret: SecretSource) -> None:
    what = source(box, secret)
    box.mailbox.put_contact("Ann", ["ann@client.example"])
    follow(house, what)
    before = len(box.server.requests)
    follow(house, what)
    assert [each.operation for each in box.server.requests[before:]] == ["GetFolder", "SyncFolderItems"]


def test_a_state_that_the_server_forgot_is_compared_as_a_whole(
    house: House, box: ExchangeMailbox, secret: SecretSource
) -> None:
    what = source(box, secret)
    gone = box.mailbox.put_contact("Gone", ["gone@client.example"])
    box.mailbox.put_contact("Ann", ["ann@client.example"])
    follow(house, what)
    box.mailbox.remove(gone)
    box.mailbox.invalidate_sync("contacts")
    assert follow(house, what).error is None
    assert house.rows(CONTACTS) == [("Ann",)]


def test_other_folders_by_their_names(house: House, box: ExchangeMailbox, secret: SecretSource) -> None:
    box.mailbox.make_folder("Contacts/Clients", folder_class="IPF.Contact")
    box.mailbox.put_contact("Ann", ["ann@client.example"])
    box.mailbox.put_contact("Bob", ["bob@client.example"], path="Contacts/Clients")
    assert follow(house, source(box, secret, books=("Contacts/Clients",))).error is None
    assert house.rows(CONTACTS) == [("Bob",)]
    missing = follow(house, source(box, secret, books=("Nowhere",)))
    assert missing.error is not None
    assert missing.error.hint == "check mailbox and books"


def test_a_card_that_is_not_given_and_a_server_that_is_busy(
    house: House, box: ExchangeMailbox, secret: SecretSource
) -> None:
    what = source(box, secret)
    box.mailbox.put_contact("Ann", ["ann@client.example"])
    bad = box.mailbox.put_contact("Bad", ["bad@client.example"])
    box.mailbox.break_item(bad, "ErrorItemCorrupt", times=1_000)
    box.server.fail(server_busy(297_000), operation="GetItem", times=1)
    busy = follow(house, what)
    assert busy.error is not None
    assert house.rows(CONTACTS) == []
    assert follow(house, what).error is None
    assert house.rows(CONTACTS) == [("Ann",)]
