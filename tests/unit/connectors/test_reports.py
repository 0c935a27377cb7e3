"""Bounces and receipts: what they say about another mail."""

from __future__ import annotations

import base64

from connectors.mime import parse_message
from connectors.records import Message, Report, Role
from connectors.reports import MAX_KEPT

STATUS = b"""\
Reporting-MTA: dns; mx.example.org
X-Postfix-Queue-ID: 4711

Original-Recipient: rfc822; old@example.net
Final-Recipient: rfc822; <New.Name@example.net>
Action: failed
Status: 5.1.1

Original-Recipient: rfc822;"only original"@example.net
Final-Recipient: x-local;
Action: delayed

Final-Recipient: LOCAL; |/usr/bin/procmail
Action: failed
"""
RETURNED = b"From: alice@example.org\nMessage-ID: <sent@example.org>\nSubject: hello\n\nhello\n"


def report(kind: bytes, *parts: tuple[bytes, bytes]) -> Message:
    raw = b"From: mailer-daemon@example.org\nContent-Type: multipart/report; report-type=%s; boundary=b\n" % kind
    raw += b"\n--b\n\nSorry.\n"
    for header, body in parts:
        raw += b"--b\n" + header + b"\n\n" + body + b"\n"
    message = parse_message(raw + b"--b--\n", ref="1")
    assert isinstance(message, Message)
    return message


def reported(message: Message) -> list[str]:
    return [each.email for each in message.participants if each.role is Role.REPORTED]


def test_a_bounce_names_recipients_and_the_mail_that_came_back() -> None:
    message = report(
        b"Delivery-Status",
        (b"Content-Type: message/delivery-status", STATUS),
        (b"Content-Type: message/rfc822", RETURNED),
    )
    assert message.report_type == "delivery-status"
    assert message.reported_ids == ("sent@example.org",)
    assert reported(message) == ["New.Name@example.net", '"only original"@example.net']
    assert message.text == "Sorry."
    assert [attachment.type for attachment in message.attachments] == ["message/delivery-status", "message/rfc822"]


def test_headers_alone_may_come_back_and_parts_may_be_encoded() -> None:
    message = report(
        b"delivery-status",
        (b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64", base64.encodebytes(STATUS)),
        (b"Content-Type: text/rfc822-headers", RETURNED),
    )
    assert message.reported_ids == ("sent@example.org",)
    assert len(reported(message)) == 2


def test_blank_lines_and_lines_that_are_no_fields_hide_nothing() -> None:
    status = b"\n\nbroken line\n\n \n\nFinal-Recipient: rfc822; a@x.example\nmore\n\n\n"
    assert reported(report(b"delivery-status", (b"Content-Type: message/delivery-status", status))) == ["a@x.example"]


def test_a_receipt_names_the_mail_that_was_read() -> None:
    notification = b"Final-Recipient: rfc822;bob@example.net\nOriginal-Message-ID: <sent@example.org>\nDisposition: x\n"
    message = report(
        b"disposition-notification",
        (b"Content-Type: message/disposition-notification", notification),
        (b"Content-Type: message/rfc822", RETURNED),
    )
    assert message.report_type == "disposition-notification"
    assert message.reported_ids == ("sent@example.org",)
    assert reported(message) == ["bob@example.net"]


def test_a_forwarded_mail_is_no_report() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n" + RETURNED + b"--b--\n"
    message = parse_message(raw, ref="1")
    assert isinstance(message, Message)
    assert (message.report_type, message.reported_ids, reported(message)) == ("", (), [])


def test_each_address_and_id_comes_once() -> None:
    message = report(
        b"delivery-status",
        (b"Content-Type: message/delivery-status", b"Final-Recipient: rfc822;a@x.example\n\n" * 3),
        (b"Content-Type: message/rfc822", RETURNED),
        (b"Content-Type: message/rfc822", RETURNED),
    )
    assert reported(message) == ["a@x.example"]
    assert message.reported_ids == ("sent@example.org",)


def test_the_text_of_reports_is_part_of_the_record() -> None:
    message = report(
        b"delivery-status",
        (b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64", base64.encodebytes(STATUS)),
        (b"Content-Type: message/rfc822", RETURNED.replace(b"\n", b"\r\n")),
    )
    assert message.reports == (
        Report("message/delivery-status", STATUS.decode().strip("\n")),
        Report("message/rfc822", RETURNED.decode().partition("\n\n")[0]),
    )
    assert not message.is_truncated


def test_reports_are_kept_up_to_a_limit_by_whole_lines() -> None:
    status = b"Reporting-MTA: dns; mx.example.org\n\n" + b"Diagnostic-Code: smtp; 550 \xc3\xa9\n" * 4_000
    message = report(
        b"delivery-status",
        (b"Content-Type: message/delivery-status", status),
        (b"Content-Type: message/rfc822", RETURNED),
    )
    (kept,) = message.reports
    assert MAX_KEPT - 64 < len(kept.text.encode()) <= MAX_KEPT
    assert kept.text.endswith("550 é")
    assert message.is_truncated


def test_a_long_mail_that_came_back_hides_no_report_behind_it() -> None:
    message = report(
        b"delivery-status",
        (b"Content-Type: message/rfc822", RETURNED + b"word \n" * 100_000),
        (b"Content-Type: message/delivery-status", STATUS),
    )
    assert [each.type for each in message.reports] == ["message/rfc822", "message/delivery-status"]
    assert reported(message) == ["New.Name@example.net", '"only original"@example.net']
