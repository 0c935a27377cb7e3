"""A mail made of what Exchange tells is read like the mail that came."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest

from connectors.api import Attachment, Message, Participant, Role, parse_message
from connectors.ews.compose import compose

_T = 'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'


def made(fields: str) -> ET.Element:
    return ET.fromstring(f"<t:Message {_T}>{fields}</t:Message>")


def headers(block: str) -> str:
    return (
        '<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x7d" PropertyType="String"/>'
        f"<t:Value>{escape(block)}</t:Value></t:ExtendedProperty>"
    )


def box(name: str, address: str, kind: str = "SMTP") -> str:
    return (
        f"<t:Mailbox><t:Name>{escape(name)}</t:Name><t:EmailAddress>{escape(address)}</t:EmailAddress>"
        f"<t:RoutingType>{kind}</t:RoutingType></t:Mailbox>"
    )


def body(text: str, kind: str = "Text") -> str:
    return f'<t:Body BodyType="{kind}">{escape(text)}</t:Body>'


def attached(name: str, kind: str, size: int, *, element: str = "FileAttachment", more: str = "") -> str:
    return (
        f'<t:{element}><t:AttachmentId Id="x"/><t:Name>{escape(name)}</t:Name>'
        f"<t:ContentType>{escape(kind)}</t:ContentType>{more}<t:Size>{size}</t:Size></t:{element}>"
    )


def read(fields: str) -> Message:
    composed = compose(made(fields))
    record = parse_message(composed.raw, ref="r", elided=composed.elided)
    assert isinstance(record, Message)
    return record


CAME = (
    "Received: from mx.example.org by mail.acme.example;\r\n\tMon, 06 Jan 2025 10:00:02 +0000\r\n"
    "From: =?utf-8?b?2LPYp9ix2Kc=?= <sara@example.org>\r\nTo: alice@acme.example,\r\n bob@acme.example\r\n"
    "Subject: one\r\n two\r\nDate: Mon, 06 Jan 2025 10:00:01 +0330\r\nMessage-ID: <1@example.org>\r\n"
    "References: <0@example.org>\r\nList-Id: News <news.example.org>\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed;\r\n boundary="gone"\r\nContent-Transfer-Encoding: 7bit\r\n'
)


def test_what_came_has_the_header_section_with_which_it_came() -> None:
    record = read(headers(CAME) + body("سلام\r\n> quoted\r\n"))
    plain = parse_message(
        CAME.replace('multipart/mixed;\r\n boundary="gone"', "text/plain; charset=utf-8").encode()
        + "\r\nسلام\r\n> quoted\r\n".encode(),
        ref="r",
    )
    assert isinstance(plain, Message)
    for name in ("message_id", "references", "sent_at", "transported_at", "subject", "participants", "text", "list_id"):
        assert getattr(record, name) == getattr(plain, name), name
    assert record.subject == "one two"


def test_what_was_sent_from_here_has_one_made_of_what_exchange_tells() -> None:
    record = read(
        "<t:Subject>قرارداد 12</t:Subject><t:Sensitivity>Confidential</t:Sensitivity>"
        + body("<p>Hello</p>", "HTML")
        + "<t:InReplyTo>&lt;0@example.org&gt;</t:InReplyTo><t:DateTimeSent>2025-01-06T06:30:01Z</t:DateTimeSent>"
        + f"<t:Sender>{box('Alice', 'alice@acme.example')}</t:Sender>"
        + f"<t:ToRecipients>{box('Sara, (Example)', 'sara@example.org')}{box('b@x.org', 'b@x.org')}</t:ToRecipients>"
        + f"<t:BccRecipients>{box('Çağla “C” Öz', 'cagla@example.org')}</t:BccRecipients>"
        + f"<t:From>{box('Alice', 'alice@acme.example')}</t:From>"
        + "<t:ConversationIndex>AdkAAAAAPwQ=</t:ConversationIndex>"
        + "<t:InternetMessageId>&lt;2@acme.example&gt;</t:InternetMessageId>"
        + "<t:References>&lt;0@example.org&gt;</t:References>"
    )
    assert (record.message_id, record.in_reply_to) == ("2@acme.example", ("0@example.org",))
    assert record.sent_at == datetime(2025, 1, 6, 6, 30, 1, tzinfo=UTC)
    assert record.participants == (
        Participant(Role.FROM, "alice@acme.example", "Alice"),
        Participant(Role.TO, "sara@example.org", "Sara, (Example)"),
        Participant(Role.TO, "b@x.org", ""),
        Participant(Role.BCC, "cagla@example.org", "Çağla “C” Öz"),
    )
    assert (record.subject, record.text.strip()) == ("قرارداد 12", "Hello")
    assert (record.sensitivity, record.thread_index) == ("company-confidential", "AdkAAAAAPwQ=")


def test_who_sent_for_somebody_else_is_told() -> None:
    record = read(
        f"<t:Sender>{box('Bob', 'bob@acme.example')}</t:Sender><t:From>{box('Alice', 'alice@acme.example')}</t:From>"
        f"<t:ReplyTo>{box('Desk', 'desk@acme.example')}</t:ReplyTo>"
    )
    assert [(each.role, each.email) for each in record.participants] == [
        (Role.FROM, "alice@acme.example"),
        (Role.SENDER, "bob@acme.example"),
        (Role.REPLY_TO, "desk@acme.example"),
    ]


def test_a_name_of_the_directory_is_no_address() -> None:
    proper = (
        '<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x5d02" PropertyType="String"/>'
        "<t:Value>alice@acme.example</t:Value></t:ExtendedProperty>"
    )
    record = read(
        proper
        + f"<t:ToRecipients>{box('Bob', '/o=Acme/cn=Recipients/cn=bob', 'EX')}</t:ToRecipients>"
        + f"<t:From>{box('Alice', '/o=Acme/cn=Recipients/cn=alice', 'EX')}</t:From>"
    )
    assert record.participants == (
        Participant(Role.FROM, "alice@acme.example", "Alice"),
        Participant(Role.TO, "", "Bob"),
    )


def test_attachments_are_told_without_their_content() -> None:
    record = read(
        headers(CAME)
        + body("text")
        + "<t:Attachments>"
        + attached("گزارش.pdf", "Application/PDF; x=y", 70_000)
        + attached("logo.png", "image/png", 500, more="<t:ContentId>a@b</t:ContentId><t:IsInline>true</t:IsInline>")
        + attached("notes.txt", "text/plain", 12)
        + attached("Fwd: hello", "", 900, element="ItemAttachment")
        + attached("odd", "a b c\r\nX: y", 1)
        + "</t:Attachments>"
    )
    assert record.text == "text"
    assert record.attachments == (
        Attachment("گزارش.pdf", "application/pdf", 70_000),
        Attachment("logo.png", "image/png", 500),
        Attachment("notes.txt", "text/plain", 12),
        Attachment("Fwd: hello", "message/rfc822", 900),
        Attachment("odd", "application/octet-stream", 1),
    )


@pytest.mark.parametrize(
    ("fields", "is_partial"),
    [
        (headers(CAME), False),
        (headers("From: a@b\r\nContent-Type: multipart/report; report-type=delivery-status\r\n"), True),
        ("<t:Attachments>" + attached("meeting.ics", "text/calendar", 9) + "</t:Attachments>", True),
        ("<t:Attachments>" + attached("a.pdf", "application/pdf", 9) + "</t:Attachments>", False),
    ],
)
def test_it_is_known_when_the_bytes_say_more(fields: str, is_partial: bool) -> None:
    assert compose(made(fields)).is_partial is is_partial


@pytest.mark.parametrize(
    "block",
    [
        "Microsoft Mail Internet Headers Version 2.0\r\nSubject: s\r\nMessage-ID: <1@x>\r\n",
        "\r\n\r\nSubject: s\r\nMessage-ID: <1@x>\r\n\r\n--part\r\nContent-Type: text/plain\r\nSubject: other\r\n",
        "Subject: s\nMessage-ID: <1@x>",
        " folded from nothing\r\nSubject: s\r\nMessage-ID: <1@x>\r\n",
    ],
)
def test_odd_header_sections_are_read(block: str) -> None:
    record = read(headers(block) + body("text"))
    assert (record.subject, record.message_id, record.text) == ("s", "1@x", "text")


def test_nothing_that_is_told_becomes_a_field_of_its_own() -> None:
    record = read(
        "<t:Subject>a\r\nBcc: spy@example.org\n\nbody</t:Subject>"
        + body("text")
        + "<t:From>"
        + box("A\r\nX: y", "a@b.example")
        + "</t:From>"
    )
    assert record.subject == "a Bcc: spy@example.org body"
    assert [each.role for each in record.participants] == [Role.FROM]
    assert record.text == "text"


def test_the_same_mail_is_the_same_bytes() -> None:
    fields = headers(CAME) + body("text") + "<t:Attachments>" + attached("a", "b/c", 1) + "</t:Attachments>"
    assert compose(made(fields)) == compose(made(fields))


def test_nothing_told_is_a_mail_that_says_nothing() -> None:
    record = read("")
    assert (record.message_id, record.text, record.attachments) == (None, "", ())
