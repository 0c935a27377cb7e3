"""A mail's header section as a record."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.mime import parse_message
from connectors.records import Auth, Participant, Role, Unreadable
from tests.unit.connectors.mails import emails, read

MAIL = """\
Return-Path: <ali@example.ir>
Received: from mx.example.ir by mx.acme.example; Tue, 3 Mar 2026 10:00:05 +0330
Authentication-Results: mx.acme.example; dmarc=pass header.from=example.ir
Date: Tue, 3 Mar 2026 10:00:00 +0330
From: =?utf-8?B?2LnZhNuMINqp2LHbjNmF24w=?= <ali@example.ir>
Sender: office@example.ir
Reply-To: Sales <sales@example.ir>
To: "Doe, Jo" <jo@acme.example>, team: a@acme.example, b@acme.example;
Cc: c@acme.example
Bcc: d@acme.example
Subject: =?utf-8?B?2YLYsdin2LHYr9in2K8=?= 2026
Message-ID: <m3@example.ir>
In-Reply-To: <m2@acme.example>
References: <m1@example.ir>
 <m2@acme.example>
Thread-Index: AdM4 +Q
List-Id: Our list <List.acme.example>
List-Unsubscribe: <mailto:off@acme.example>
Precedence: Bulk
Auto-Submitted: Auto-Replied (vacation); x=1
Content-Type: text/plain; charset=utf-8

سلام
""".encode()


def test_every_field_of_the_record_comes_from_its_header() -> None:
    received = datetime(2026, 3, 3, 6, 31, tzinfo=UTC)
    message = parse_message(
        MAIL, ref="7:1", received_at=received, flags=frozenset({"\\Seen"}), size=4711, authserv_id="mx.acme.example"
    )
    assert not isinstance(message, Unreadable)
    assert message.ref == "7:1"
    assert message.message_id == "m3@example.ir"
    assert message.in_reply_to == ("m2@acme.example",)
    assert message.references == ("m1@example.ir", "m2@acme.example")
    assert message.thread_index == "AdM4+Q"
    assert message.sent_at == datetime(2026, 3, 3, 6, 30, tzinfo=UTC)
    assert message.received_at == received
    assert message.transported_at == datetime(2026, 3, 3, 6, 30, 5, tzinfo=UTC)
    assert message.subject == "قرارداد 2026"
    assert message.text == "سلام\n"
    assert (message.attachments, message.is_truncated, message.is_skimmed) == ((), False, False)
    assert (message.list_id, message.precedence, message.has_unsubscribe) == ("List.acme.example", "bulk", True)
    assert message.auto_submitted == "auto-replied"
    assert message.auth is Auth.PASS
    assert message.headers == MAIL.partition(b"\n\n")[0] + b"\n"
    assert (message.size, message.flags) == (4711, frozenset({"\\Seen"}))
    assert message.participants == (
        Participant(Role.FROM, "ali@example.ir", "علی کریمی"),
        Participant(Role.SENDER, "office@example.ir"),
        Participant(Role.REPLY_TO, "sales@example.ir", "Sales"),
        Participant(Role.TO, "jo@acme.example", "Doe, Jo"),
        Participant(Role.TO, "a@acme.example"),
        Participant(Role.TO, "b@acme.example"),
        Participant(Role.CC, "c@acme.example"),
        Participant(Role.BCC, "d@acme.example"),
    )


def test_the_record_is_the_same_whichever_line_ends_carried_the_mail() -> None:
    crlf = MAIL.replace(b"\n", b"\r\n")
    assert parse_message(crlf, ref="1", size=1) == parse_message(MAIL, ref="1", size=1)
    assert parse_message(MAIL.replace(b"\n", b"\r"), ref="1", size=1) == parse_message(MAIL, ref="1", size=1)


def test_nothing_but_headers_is_a_record_and_nothing_at_all_is_none() -> None:
    assert read(b"To: a@x.example").text == ""
    assert read(b"no header at all").text == "no header at all"
    for raw in (b"", b" \r\n\n", b"\0\0"):
        assert parse_message(raw, ref="9") == Unreadable("9", "the mail is empty")


def test_missing_headers_are_empty_fields() -> None:
    message = read(b"X-Other: 1\n\ntext")
    assert (message.message_id, message.sent_at, message.transported_at) == (None, None, None)
    assert (message.in_reply_to, message.references, message.participants) == ((), (), ())
    assert (message.subject, message.list_id, message.precedence, message.auto_submitted) == ("", "", "", "")
    assert (message.has_unsubscribe, message.report_type, message.reported_ids) == (False, "", ())
    assert (message.auth, message.size) == (Auth.UNKNOWN, 16)


def test_words_that_are_no_ids_are_no_parents() -> None:
    assert read(b"In-Reply-To: yesterday\n\n").in_reply_to == ()
    assert read(b"In-Reply-To: your mail <id@x.example>\n\n").in_reply_to == ("id@x.example",)
    assert read(b"Message-ID: <>\n\n").message_id is None
    assert read(b"Message-ID: bare\n\n").message_id == "bare"


def test_of_several_from_headers_the_first_with_an_address_counts() -> None:
    message = read(b"From: Somebody\nFrom: A <a@x.example>\nFrom: B <b@x.example>\n\n")
    assert emails(message, Role.FROM) == ["a@x.example"]
    assert emails(read(b"From: a@x.example, b@x.example\n\n"), Role.FROM) == ["a@x.example", "b@x.example"]


def test_several_recipient_headers_are_one_list() -> None:
    assert emails(read(b"To: a@x.example\nTo: b@x.example\n\n"), Role.TO) == ["a@x.example", "b@x.example"]


def test_the_first_date_that_can_be_read_counts() -> None:
    message = read(b"Date: Tue, 7 Apr 2026 10:00:t\nDate: Tue, 7 Apr 2026 10:00:01 +0000\n\n")
    assert message.sent_at == datetime(2026, 4, 7, 10, 0, 1, tzinfo=UTC)
    assert read(b"Date: 31 Dec 9999 23:59:59 -1200\n\n").sent_at is None


@pytest.mark.parametrize("charset", ["utf-8", "windows-1256", "iso-8859-1"])
def test_raw_headers_are_utf_8_or_in_the_charset_of_the_body_or_guessed(charset: str) -> None:
    subject = "گزارش پروژه"
    encoding = "utf-8" if charset == "utf-8" else "windows-1256"
    raw = f"Subject: {subject}\nFrom: علي <a@x.example>\nContent-Type: text/plain; charset={charset}\n\n"
    message = read(raw.encode(encoding))
    assert message.subject == subject
    assert message.participants[0].name == "علي"


def test_names_and_subjects_are_one_line_without_blanks_around() -> None:
    message = read(b"Subject:  a\n\tb =?utf-8?Q?=0A?=\nFrom: '  Jo   Doe ' <a@x.example>\n\n")
    assert message.subject == "a b"
    assert message.participants[0].name == "Jo Doe"
