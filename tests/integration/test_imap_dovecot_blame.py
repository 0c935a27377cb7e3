"""Mails that Dovecot can't read: it ends the connection over each, and only where it gives others are they to blame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.api import Change, Unavailable, Unreadable
from connectors.conformance import ids, mail, message_id, read, stream_named
from tests.integration.company import Company
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.imap_mailbox import mailbox as mailbox

pytestmark = pytest.mark.slow


@contextmanager
def locked(files: Sequence[Path]) -> Iterator[None]:
    """Nobody may read these files."""
    for file in files:
        file.chmod(0)
    try:
        yield
    finally:
        for file in files:
            file.chmod(0o600)


def everything(mailbox: ImapMailbox, folder: str = "INBOX") -> list[Change]:
    with mailbox.connector() as connector:
        return read(connector.pages(stream_named(connector, folder), None))


@pytest.mark.parametrize("amount", [1, 5, 30])
def test_a_server_whose_storage_is_away_gives_up_no_mail(mailbox: ImapMailbox, amount: int) -> None:
    files = [mailbox.deliver("INBOX", mail(n)) for n in range(amount)]
    with locked(files), pytest.raises(Unavailable) as caught:
        everything(mailbox)
    assert caught.value.step == "fetch"
    assert ids(everything(mailbox)) == sorted(message_id(n) for n in range(amount))


def test_a_folder_whose_storage_is_away_is_refused_and_the_others_are_read(mailbox: ImapMailbox) -> None:
    files = [mailbox.deliver("Old", mail(n)) for n in range(12)]
    mailbox.deliver("INBOX", mail(50))
    with locked(files), mailbox.connector() as connector:
        with pytest.raises(Unavailable, match="no message of this folder") as caught:
            read(connector.pages(stream_named(connector, "Old"), None))
        assert caught.value.step == "select"
        assert ids(read(connector.pages(stream_named(connector, "INBOX"), None))) == [message_id(50)]


def test_the_only_mail_of_a_folder_is_given_up_where_the_inbox_gives_one(mailbox: ImapMailbox) -> None:
    files = [mailbox.deliver("Notes", mail(1))]
    mailbox.deliver("INBOX", mail(50))
    with locked(files):
        assert [type(change) for change in everything(mailbox, "Notes")] == [Unreadable]


def test_a_mail_that_was_quarantined_comes_with_the_repair_of_an_audit(mailbox: ImapMailbox, tmp_path: Path) -> None:
    raw = b"From: ann@client.example\r\nTo: a@acme.example\r\nMessage-ID: <%d@x>\r\n\r\nhello\r\n"
    files = [mailbox.deliver("INBOX", raw % n) for n in range(6)]
    company = Company(tmp_path / "company", create="all")
    company.add("alice", mailbox.login, mailbox.server.imap_port)
    with locked(files[2:4]):
        assert company.sync().account("alice")["quarantined"] == 2
        again = company.run("accounts", "audit", "--repair", "--json")
        assert (again.code, again.account("alice")["fetched"]) == (0, 0)
    assert company.sync().account("alice")["seen"] == 0
    answer = company.run("accounts", "audit", "--repair", "--json").account("alice")
    [inbox] = [each for each in answer["streams"] if each["stream"] == "INBOX"]
    assert (answer["fetched"], inbox["quarantined"], inbox["coverage"]) == (2, 0, 100)
    assert len(company.rows("SELECT id FROM v1_interaction")) == 6
