"""A mail that Exchange took apart is read as every other connector reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from connectors.api import Envelope, Message, Stream, StreamKind, parse_message
from connectors.choices import Choice
from connectors.conformance import mail, read, stream_named
from tests.integration.exchange import ExchangeMailbox, exchange
from tests.servers.mailbox import Corpus

# a server works in the same process
pytestmark = pytest.mark.slow

#: What another server says of the same mail in its own way, or Exchange has in another form.
_OWN = {"ref", "received_at", "size", "flags", "text", "attachments"}
FIELDS = [each.name for each in fields(Message) if each.name not in _OWN]


@pytest.fixture
def mailbox() -> Iterator[ExchangeMailbox]:
    with exchange() as mailbox:
        yield mailbox


def in_inbox(mailbox: ExchangeMailbox) -> dict[str, Message]:
    with mailbox.connector() as connector:
        changes = read(connector.pages(stream_named(connector, "INBOX"), None))
    return {each.ref: each for each in changes if isinstance(each, Message)}


@pytest.mark.slow
def test_all_kinds_of_mail_are_the_same_record(mailbox: ExchangeMailbox) -> None:
    """Threads, lists, reports, receipts, invitations, odd ones, in many languages and charsets."""
    given = {mailbox.deliver("INBOX", one.data): one for one in Corpus(seed=7, me=mailbox.mailbox.address).take(400)}
    found = in_inbox(mailbox)
    kinds = Counter(str(one.meta.get("kind")) for one in given.values())
    assert kinds.keys() >= {"plain", "alt", "attach", "related", "news", "forward", "autoreply"}
    for ref, message in found.items():
        expected = parse_message(given[ref].data, ref=ref)
        assert isinstance(expected, Message)
        for name in FIELDS:
            assert getattr(message, name) == getattr(expected, name), (name, given[ref].meta)
        assert len(message.attachments) == len(expected.attachments)
        if given[ref].meta.get("kind") in ("news", "autoreply"):
            assert message.text.split() == expected.text.split()
    assert found.keys() == given.keys()
    # a question for all, and one more for those that are read as bytes
    assert mailbox.server.count("GetItem") <= 2 * (400 // 100) + 4


@pytest.mark.parametrize(
    ("given", "kept"),
    [("Private", "private"), ("Personal", "personal"), ("Confidential", "company-confidential"), ("Normal", "")],
)
def test_what_is_confidential_is_known_to_be(mailbox: ExchangeMailbox, given: str, kept: str) -> None:
    item = mailbox.deliver("INBOX", mail(1))
    mailbox.mailbox.set(item, "Sensitivity", given)
    (message,) = in_inbox(mailbox).values()
    assert message.sensitivity == kept


def test_a_mail_without_message_id_is_read(mailbox: ExchangeMailbox) -> None:
    item = mailbox.deliver("INBOX", b"From: a@b.example\r\nSubject: s\r\n\r\ntext\r\n")
    (message,) = in_inbox(mailbox).values()
    assert (message.ref, message.message_id, message.subject) == (item, None, "s")


def test_bytes_that_exchange_does_not_give_leave_what_it_tells(mailbox: ExchangeMailbox) -> None:
    head = b"From: a@b.example\r\nSubject: s\r\nContent-Type: multipart/signed; boundary=x\r\n"
    raw = head + b"\r\n--x\r\n\r\nhi\r\n--x--\r\n"
    item = mailbox.deliver("INBOX", raw)
    mailbox.mailbox.withhold(item, "MimeContent")
    (message,) = in_inbox(mailbox).values()
    assert message.subject == "s"


def test_texts_that_nobody_wants_are_left_out(mailbox: ExchangeMailbox) -> None:
    mailbox.deliver("INBOX", mail(1))

    def is_dispensable(_stream: Stream, envelope: Envelope) -> bool:
        return any(each.email == "sender@example.org" for each in envelope.participants)

    with mailbox.connector() as connector:
        connector.skim(is_dispensable)
        stream = stream_named(connector, "INBOX")
        (skimmed,) = read(connector.pages(stream, None))
        assert isinstance(skimmed, Message)
        assert (skimmed.is_skimmed, skimmed.text) == (True, "")
        (batch,) = connector.fetch(stream, [skimmed.ref])
    (whole,) = batch.changes
    assert isinstance(whole, Message)
    assert whole.text == "body 1\n"
    assert replace(whole, is_skimmed=True, text="") == skimmed


def test_folders_that_hold_no_correspondence_are_not_read(mailbox: ExchangeMailbox) -> None:
    box = mailbox.mailbox
    box.make_folder("Plans", "IPF.Appointment")
    box.make_folder("People", "IPF.Contact")
    box.make_folder("Migrated", "IPF.Imap")
    box.make_folder("Customers/Atlas")
    box.make_folder("Concealed")
    box.hide_folder("Concealed")
    with mailbox.connector() as connector:
        mail = [stream for stream in connector.streams() if stream.kind is StreamKind.MAIL]
    purposes = {stream.name: stream.purpose.value for stream in mail}
    assert purposes.keys().isdisjoint({"Plans", "People", "Concealed", "Outbox", "Calendar", "Contacts", "Tasks"})
    assert purposes["Migrated"] == purposes["Customers/Atlas"] == "other"
    assert {"inbox", "sent", "drafts", "junk", "trash"} <= set(purposes.values())


def test_the_options_choose_folders(mailbox: ExchangeMailbox) -> None:
    for name in ("Customers/Atlas", "Private/Home"):
        mailbox.mailbox.make_folder(name)
    choice = Choice(include=("inbox", "Customers*", "Drafts", "nowhere"), exclude=("*/Home",))
    with mailbox.connector(folders=choice) as connector:
        mail = [stream for stream in connector.streams() if stream.kind is StreamKind.MAIL]
        purposes = {stream.name: stream.purpose.value for stream in mail}
        assert purposes == {"INBOX": "inbox", "Customers": "other", "Customers/Atlas": "other", "Drafts": "other"}
        assert connector.unmatched == ("nowhere",)
        assert {"Private", "Private/Home", "Sent"} <= set(connector.left_out)
