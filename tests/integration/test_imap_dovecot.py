"""The IMAP connector keeps its promises on Dovecot."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.api import Connector, CursorExpired, Purpose, Unreadable
from connectors.conformance import (
    MONGOLIAN,
    PERSIAN,
    ConnectorConformance,
    Deliver,
    Expire,
    ExpiryConformance,
    InspectionConformance,
    RemovalConformance,
    Remove,
    Snapshot,
    ids,
    last_cursor,
    mail,
    message_id,
    read,
    stream_named,
)
from tests.conftest import Login
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.imap_mailbox import mailbox as mailbox
from tests.servers.dovecot import Dovecot, Options


class TestImapConnector(ConnectorConformance, RemovalConformance, ExpiryConformance, InspectionConformance):
    @pytest.fixture
    def connector_factory(self, mailbox: ImapMailbox) -> Callable[[], Connector]:
        return mailbox.connector

    @pytest.fixture
    def deliver(self, mailbox: ImapMailbox) -> Deliver:
        return mailbox.deliver

    @pytest.fixture
    def snapshot(self, mailbox: ImapMailbox) -> Snapshot:
        return mailbox.contents

    @pytest.fixture
    def remove(self, mailbox: ImapMailbox) -> Remove:
        return mailbox.remove

    @pytest.fixture
    def expire(self, mailbox: ImapMailbox) -> Expire:
        return mailbox.renumber


@pytest.mark.parametrize("uidvalidity", [1_900_000_000, 5])
def test_a_new_uidvalidity_expires_cursors_and_refs_in_both_directions(mailbox: ImapMailbox, uidvalidity: int) -> None:
    mailbox.deliver("INBOX", mail(1))
    with mailbox.connector() as connector:
        inbox = stream_named(connector, "INBOX")
        pages = list(connector.pages(inbox, None))
    mailbox.renumber("INBOX", uidvalidity)
    with mailbox.connector() as connector:
        with pytest.raises(CursorExpired):
            list(connector.pages(inbox, last_cursor(pages)))
        with pytest.raises(CursorExpired):
            list(connector.fetch(inbox, [read(pages)[0].ref]))
        assert ids(read(connector.pages(inbox, None))) == [message_id(1)]


def test_a_folder_made_anew_under_its_name_expires_its_cursor(mailbox: ImapMailbox) -> None:
    mailbox.deliver("Work", mail(1))
    with mailbox.connector() as connector:
        work = stream_named(connector, "Work")
        cursor = last_cursor(connector.pages(work, None))
    for verb in ("delete", "create"):
        mailbox.server.doveadm("mailbox", verb, "-u", mailbox.login.name, "Work")
    with mailbox.connector() as connector, pytest.raises(CursorExpired):
        list(connector.pages(work, cursor))


def test_special_folders_come_with_their_purpose_and_parents_without_mail_not_at_all(mailbox: ImapMailbox) -> None:
    mailbox.deliver(f"{PERSIAN}/{MONGOLIAN}", mail(1))
    mailbox.deliver("Gesendet", mail(2))
    with mailbox.connector() as connector:
        found = {stream.name: stream.purpose for stream in connector.streams()}
    assert found == {
        "Gesendet": Purpose.SENT,
        "Sent": Purpose.SENT,
        "INBOX": Purpose.INBOX,
        "Archive": Purpose.ARCHIVE,
        "Drafts": Purpose.DRAFTS,
        "Junk": Purpose.JUNK,
        "Trash": Purpose.TRASH,
        f"{PERSIAN}/{MONGOLIAN}": Purpose.OTHER,
    }


def test_another_separator_makes_the_same_names(dovecot_with_dots: Dovecot) -> None:
    mailbox = ImapMailbox(dovecot_with_dots, Login("bob", "b", dovecot_with_dots.maildir("bob")))
    mailbox.deliver("Projects/Orion", mail(1))
    with mailbox.connector() as connector:
        stream = stream_named(connector, "Projects/Orion")
        assert ids(read(connector.pages(stream, None))) == [message_id(1)]


@pytest.fixture
def dovecot_with_dots(dovecot: Dovecot) -> object:
    """A second server, where the first could be started."""
    with Dovecot({"bob": "b"}, Options(separator=".", tls=False)) as server:
        yield server


def test_a_mail_that_the_server_cannot_read_is_unreadable_and_the_rest_comes(mailbox: ImapMailbox) -> None:
    files = [mailbox.deliver("INBOX", mail(n)) for n in range(30)]
    files[13].chmod(0)
    with mailbox.connector() as connector:
        pages = list(connector.pages(stream_named(connector, "INBOX"), None))
        (unreadable,) = (change for change in read(pages) if isinstance(change, Unreadable))
        assert unreadable.reason == "the server ends the connection over this message"
        assert ids(read(pages)) == sorted(message_id(n) for n in range(30) if n != 13)
        assert list(connector.pages(stream_named(connector, "INBOX"), last_cursor(pages))) == []
    files[13].chmod(0o600)
    with mailbox.connector() as connector:
        (batch,) = connector.fetch(stream_named(connector, "INBOX"), [unreadable.ref])
    assert ids(batch.changes) == [message_id(13)]


def test_more_mails_that_cannot_be_read_than_a_server_in_order_has(mailbox: ImapMailbox) -> None:
    for n in range(20):
        file = mailbox.deliver("INBOX", mail(n))
        if n in range(0, 20, 4):
            file.chmod(0)
    with mailbox.connector() as connector:
        changes = read(connector.pages(stream_named(connector, "INBOX"), None))
    assert len([change for change in changes if isinstance(change, Unreadable)]) == 5
    assert len(ids(changes)) == 15
