"""Reports on deliveries (RFC 3464)."""

from __future__ import annotations

import pytest

from matching.signals import Category, Kind, Signal
from tests.unit.matching.signals.mails import signals

RETURNED = "From: ann@acme.example\nTo: jo@shop.example\nMessage-ID: <offer@acme.example>\nSubject: Offer\n"


def report(
    *groups: str, text: str = "Your message could not be delivered.", subject: str = "Undelivered"
) -> tuple[Signal, ...]:
    status = "\n\n".join(("Reporting-MTA: dns; mx.example", *groups))
    return signals(
        f"From: MAILER-DAEMON@mx.example\nSubject: {subject}\nAuto-Submitted: auto-replied\n"
        f"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\n\n{text}\n--b\nContent-Type: message/delivery-status\n\n{status}\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n{RETURNED}\n--b--\n"
    )


def test_each_recipient_has_its_own_fate() -> None:
    failed, late, arrived = report(
        "Final-Recipient: rfc822; jo@shop.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 "
        "5.1.1 User unknown",
        "Final-Recipient: rfc822; eve@shop.example\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; "
        "421 no answer",
        "Final-Recipient: rfc822; bob@shop.example\nAction: relayed (to non-DSN-aware mailer)\nStatus: 2.0.0",
    )
    assert (failed.kind, failed.recipient, failed.status) == (Kind.BOUNCE, "jo@shop.example", "5.1.1")
    assert (failed.category, failed.is_hard) == (Category.BAD_ADDRESS, True)
    assert (late.kind, late.category, late.is_hard) == (Kind.DELAY, Category.TEMPORARY, False)
    assert (arrived.kind, arrived.recipient, arrived.category) == (Kind.DELIVERED, "bob@shop.example", None)
    assert {each.original_id for each in (failed, late, arrived)} == {"offer@acme.example"}
    assert failed.reason == "550 5.1.1 User unknown"
    assert failed.evidence == "RFC 3464: Action failed; Status 5.1.1; 550 5.1.1 User unknown"


def test_the_address_we_wrote_to_counts_not_the_one_it_became() -> None:
    (signal,) = report(
        "Original-Recipient: rfc822;jo@shop.example\nFinal-Recipient: rfc822;jdoe@internal.shop.example\n"
        "Action: failed\nStatus: 5.0.0"
    )
    assert signal.recipient == "jo@shop.example"


def test_a_program_may_forget_the_blank_line_between_recipients() -> None:
    first = "Final-Recipient: rfc822;jo@shop.example\nAction: failed\nStatus: 5.1.1"
    second = "Final-Recipient: rfc822;eve@shop.example\nAction: failed\nStatus: 5.2.2"
    assert [(each.recipient, each.status) for each in report(f"{first}\n{second}")] == [
        ("jo@shop.example", "5.1.1"),
        ("eve@shop.example", "5.2.2"),
    ]


def test_internationalized_addresses_are_read_escaped_or_not() -> None:
    first, second = report(
        "Final-Recipient: utf-8; \\x{062F}\\x{0631}@shop.example\nAction: failed\nStatus: 5.1.1",
        "Final-Recipient: utf-8; دفتر@shop.example\nAction: failed\nStatus: 5.1.1",
    )
    assert (first.recipient, second.recipient) == ("در@shop.example", "دفتر@shop.example")


def test_without_recipient_the_mail_that_came_back_names_it() -> None:
    (signal,) = report("Action: failed\nStatus: 5.2.2")
    assert (signal.recipient, signal.category) == ("jo@shop.example", Category.MAILBOX_FULL)


def test_without_diagnosis_the_notice_tells_the_reason() -> None:
    text = "<jo@shop.example>: host mx.shop.example said: 552 5.2.2 mailbox is over quota"
    (signal,) = report("Final-Recipient: rfc822;jo@shop.example\nAction: failed\nStatus: 5.0.0", text=text)
    assert (signal.status, signal.category, signal.is_hard) == ("5.2.2", Category.MAILBOX_FULL, False)


def test_without_action_the_subject_parts_a_warning_from_a_failure() -> None:
    group = "Final-Recipient: rfc822;jo@shop.example\nStatus: 4.4.7"
    assert [each.kind for each in report(group, subject="Delivery delayed")] == [Kind.DELAY]
    assert [each.kind for each in report(group, subject="Undeliverable")] == [Kind.BOUNCE]


@pytest.mark.parametrize(
    ("status", "words", "category"),
    [
        ("5.1.1", "550 5.1.1 No such user", Category.BAD_ADDRESS),
        (
            "5.7.1",
            "550 5.7.1 Recipient address rejected: user unknown (in reply to RCPT TO command)",
            Category.BAD_ADDRESS,
        ),
        (
            "5.4.4",
            "Host or domain name not found. Name service error for name=shop.example type=A: Host not found",
            Category.BAD_ADDRESS,
        ),
        ("5.1.10", "556 5.1.10 Domain does not accept mail (nullMX)", Category.BAD_ADDRESS),
        (
            "5.1.10",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            Category.BAD_ADDRESS,
        ),
        ("5.2.2", "552 5.2.2 over quota", Category.MAILBOX_FULL),
        ("4.2.2", "452 4.2.2 The recipient's inbox is out of storage space", Category.MAILBOX_FULL),
        ("5.0.0", "550 Speicherplatz des Postfachs erschöpft", Category.MAILBOX_FULL),
        ("5.3.4", "552 5.3.4 Message size exceeds fixed maximum message size", Category.CONTENT),
        ("5.6.0", "554 Message contains a virus", Category.CONTENT),
        ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled", Category.SUSPENDED),
        (
            "5.7.1",
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            Category.REFUSED,
        ),
        ("5.7.26", "550 5.7.26 This mail is unauthenticated, which poses a security risk", Category.REFUSED),
        ("5.7.1", "550 5.7.1 Unable to relay", Category.REFUSED),
        ("4.7.1", "450 4.7.1 Greylisted, see http://postgrey.example", Category.REFUSED),
        ("4.4.1", "connect to mx.shop.example[192.0.2.9]:25: Connection timed out", Category.TEMPORARY),
        ("5.4.6", "554 5.4.6 Hop count exceeded - possible mail loop", Category.TEMPORARY),
        ("5.0.0", "550 : User unknown", Category.REFUSED),
        ("5.0.0", "550 User unknown (in reply to end of DATA command)", Category.REFUSED),
        (
            "5.1.8",
            "550 5.1.8 Sender address rejected: Domain not found (in reply to MAIL FROM command)",
            Category.REFUSED,
        ),
        ("5.0.0", "550 Zwölf Boxkämpfer", Category.UNKNOWN),
    ],
)
def test_words_tell_the_reason_and_the_code_where_they_do_not(status: str, words: str, category: Category) -> None:
    (signal,) = report(
        f"Final-Recipient: rfc822;jo@shop.example\nAction: failed\nStatus: {status}\nDiagnostic-Code: smtp; {words}"
    )
    assert signal.category is category
    assert signal.is_hard is (category is Category.BAD_ADDRESS)


@pytest.mark.parametrize(
    ("status", "category"),
    [
        ("5.1.1", Category.BAD_ADDRESS),
        ("5.1.10", Category.BAD_ADDRESS),
        ("5.2.2", Category.MAILBOX_FULL),
        ("4.2.2", Category.MAILBOX_FULL),
        ("5.2.3", Category.CONTENT),
        ("5.6.1", Category.CONTENT),
        ("5.7.9", Category.REFUSED),
        ("4.7.0", Category.REFUSED),
        ("5.3.0", Category.TEMPORARY),
        ("4.0.0", Category.TEMPORARY),
        ("5.0.0", Category.UNKNOWN),
    ],
)
def test_a_code_alone_tells_the_reason(status: str, category: Category) -> None:
    (signal,) = report(f"Final-Recipient: rfc822;jo@shop.example\nAction: failed\nStatus: {status}", text="Sorry.")
    assert signal.category is category


def test_a_report_on_a_mail_we_never_sent_is_told_all_the_same() -> None:
    raw = (
        "From: <>\nSubject: x\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b.example\nAction: failed\n\n--b--\n"
    )
    (signal,) = signals(raw)
    assert (signal.recipient, signal.original_id) == ("a@b.example", None)
