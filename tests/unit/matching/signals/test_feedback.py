"""Spam reports (RFC 5965)."""

from __future__ import annotations

from matching.signals import Kind
from tests.unit.matching.signals.mails import signals


def report(fields: str) -> str:
    return (
        "From: fbl@provider.example\nSubject: FW: Offer\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        "--b\n\nThis is an email abuse report.\n"
        f"--b\nContent-Type: message/feedback-report\n\n{fields}\n"
        "--b\nContent-Type: message/rfc822\n\nFrom: ann@acme.example\nTo: jo@shop.example\nMessage-ID: "
        "<offer@acme.example>\n\nHello\n--b--\n"
    )


def test_a_report_names_the_recipients_and_the_mail() -> None:
    told = signals(
        report("Feedback-Type: abuse\nOriginal-Rcpt-To: <jo@shop.example>\nOriginal-Rcpt-To: eve@shop.example")
    )
    assert [(each.kind, each.recipient) for each in told] == [
        (Kind.FEEDBACK_REPORT, "jo@shop.example"),
        (Kind.FEEDBACK_REPORT, "eve@shop.example"),
    ]
    assert (told[0].reason, told[0].original_id, told[0].evidence) == (
        "abuse",
        "offer@acme.example",
        "RFC 5965: Feedback-Type: abuse",
    )


def test_without_recipient_the_mail_names_it() -> None:
    (signal,) = signals(report("Feedback-Type: abuse\nUser-Agent: x"))
    assert signal.recipient == "jo@shop.example"


def test_microsoft_reports_in_a_form_of_its_own() -> None:
    raw = "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\n\nSee below.\n"
    assert [each.kind for each in signals(raw)] == [Kind.FEEDBACK_REPORT]
    assert signals(raw.replace("staff@hotmail.com", "jo@shop.example")) == ()
