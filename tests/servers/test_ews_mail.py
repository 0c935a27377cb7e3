"""Mail of all kinds on the double of Exchange Web Services: none breaks it, nor the schema of what it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.conformance import SPOILED
from tests.servers.ews import EwsServer
from tests.servers.ews_client import Client
from tests.servers.mailbox.corpus import Corpus

# a server works in the same process
pytestmark = pytest.mark.slow

ALICE = "alice@example.test"
INVITATION = b"""From: Bob <bob@example.org>
To: alice@example.test
Subject: Review
Message-ID: <invitation@example.org>
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/plain

Please come.
--x
Content-Type: text/calendar; method=REQUEST; charset=utf-8

BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:review@example.org
DTSTAMP:20250101T000000Z
DTSTART;TZID=Europe/Berlin:20250106T100000
DTEND;TZID=Europe/Berlin:20250106T110000
RRULE:FREQ=WEEKLY;COUNT=3
ORGANIZER;CN=Bob:mailto:bob@example.org
ATTENDEE;CN=Alice;PARTSTAT=NEEDS-ACTION:mailto:alice@example.test
LOCATION:Room 1
SUMMARY:Review
END:VEVENT
END:VCALENDAR
--x--
"""


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


def fetched(client: Client, server: EwsServer, ids: list[str]) -> list[Any]:
    """All of these items with all their properties."""
    return list(client.account(server, ALICE).fetch([(one, None) for one in ids], chunk_size=50))


def test_an_invitation_tells_of_its_meeting(client: Client) -> None:
    with EwsServer() as server:
        alice = server.add_mailbox(ALICE, "secret")
        reply = INVITATION.replace(b"REQUEST", b"REPLY").replace(b"NEEDS-ACTION", b"DECLINED")
        item, answer = alice.deliver("inbox", INVITATION), alice.deliver("inbox", reply)
        request, response = fetched(client, server, [item, answer])
    assert type(request).__name__ == "MeetingRequest"
    assert request.item_class == "IPM.Schedule.Meeting.Request"
    assert (request.start, request.location) == (datetime(2025, 1, 6, 9, tzinfo=UTC), "Room 1")
    assert request.recurrence.boundary.number == 3
    assert [one.mailbox.email_address for one in request.required_attendees] == [ALICE]
    assert request.text_body.strip() == "Please come."
    assert (type(response).__name__, response.response_type) == ("MeetingResponse", "Decline")
    assert response.item_class == "IPM.Schedule.Meeting.Resp.Neg"


@pytest.mark.parametrize("raw", SPOILED)
def test_a_spoiled_mail_is_answered_as_far_as_it_can_be_read(client: Client, raw: bytes) -> None:
    with EwsServer() as server:
        alice = server.add_mailbox(ALICE, "secret")
        (got,) = fetched(client, server, [alice.deliver("inbox", raw)])
    assert got.item_class == "IPM.Note"
    assert (got.mime_content or b"") == raw


@pytest.mark.slow
def test_mails_of_many_kinds_keep_to_the_schema(client: Client) -> None:
    mails = list(Corpus(5, people=40, total=120, oddities=0.2).take(120))
    with EwsServer() as server:
        alice = server.add_mailbox(ALICE, "secret")
        got = fetched(client, server, [alice.deliver("inbox", mail.data) for mail in mails])
    kinds = Counter(type(one).__name__ for one in got)
    assert kinds["Message"] > 80
    assert kinds["MeetingRequest"] > 0
    assert not [one for one in got if isinstance(one, Exception)]
    with_file = [(one, mail) for one, mail in zip(got, mails, strict=True) if mail.attachments]
    for one, mail in with_file:
        names = {attachment.name for attachment in one.attachments}
        # a mail that hangs on another one is called after its subject
        known = {name for name in mail.attachments or () if not name.endswith(".eml")}
        assert known <= names


def test_an_attachment_can_be_read(client: Client) -> None:
    raw = b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\n"
    raw += b"Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment\n\n%PDF\n--b\n"
    raw += b"Content-Type: message/rfc822\n\nSubject: inner\n\nwithin\n--b--\n"
    with EwsServer() as server:
        alice = server.add_mailbox(ALICE, "secret")
        (got,) = fetched(client, server, [alice.deliver("inbox", raw)])
        inner, file = sorted(got.attachments, key=lambda one: type(one).__name__, reverse=True)
        assert (file.name, file.content_type, file.content, file.is_inline) == (
            "a.pdf",
            "application/pdf",
            b"%PDF",
            False,
        )
        assert inner.name == "inner"
        assert inner.item.subject == "inner"
    assert got.has_attachments


def test_reports_have_classes_of_their_own(client: Client) -> None:
    report = (
        b"Subject: Undeliverable\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\n\nno\n"
        b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\nFinal-Recipient: rfc822; x@y\n"
        b"Action: failed\nStatus: 5.1.1\n\n--b\nContent-Type: message/rfc822\n\nSubject: first\n\nx\n--b--\n"
    )
    receipt = b"Subject: Read\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n"
    receipt += (
        b"--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\nDisposition: x; displayed\n\n--b--\n"
    )
    with EwsServer() as server:
        alice = server.add_mailbox(ALICE, "secret")
        ids = [alice.deliver("inbox", one) for one in (report, report.replace(b"failed", b"delayed"), receipt)]
        got = fetched(client, server, ids)
    classes = [one.item_class for one in got]
    assert classes == ["REPORT.IPM.Note.NDR", "REPORT.IPM.Note.Delayed.DR", "REPORT.IPM.Note.IPNRN"]
    assert [attachment.name for attachment in got[0].attachments] == ["first"]


@pytest.mark.slow
def test_mails_that_people_collected_keep_to_the_schema(client: Client, shared_dir: Path) -> None:
    files = sorted(one for one in (shared_dir / "corpora").rglob("*") if one.suffix in {".eml", ".txt"})[::3]
    with EwsServer() as server:
        alice = server.add_mailbox(ALICE, "secret")
        got = fetched(client, server, [alice.deliver("inbox", one.read_bytes()) for one in files])
    assert len(got) == len(files)
    assert not [one for one in got if isinstance(one, Exception)]
