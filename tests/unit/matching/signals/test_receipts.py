"""Receipts (RFC 8098), and refusals that come in their form."""

from __future__ import annotations

import pytest

from matching.signals import Category, Kind, Signal
from tests.unit.matching.signals.mails import signals


def receipt(
    disposition: str, *fields: str, text: str = "Your message was read.", subject: str = "Read: Offer"
) -> tuple[Signal, ...]:
    lines = (
        "Final-Recipient: rfc822;jo@shop.example",
        "Original-Message-ID: <offer@acme.example>",
        f"Disposition: {disposition}",
        *fields,
    )
    notification = "\n".join(lines)
    return signals(
        f"From: jo@shop.example\nSubject: {subject}\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n"
        f"--b\n\n{text}\n--b\nContent-Type: message/disposition-notification\n\n{notification}\n--b--\n"
    )


@pytest.mark.parametrize(
    ("disposition", "kind"),
    [
        ("manual-action/MDN-sent-manually; displayed", "displayed"),
        ("automatic-action/MDN-sent-automatically; displayed", "displayed"),
        ("manual-action/MDN-sent-manually; Deleted", "deleted"),
        ("automatic-action/MDN-sent-automatically;deleted", "deleted"),
        ("manual-action/MDN-sent-manually; denied", "denied"),
        ("automatic-action/MDN-sent-automatically; dispatched/forwarded", "dispatched"),
        ("automatic-action/MDN-sent-automatically; processed", "processed"),
    ],
)
def test_a_receipt_tells_what_became_of_which_mail(disposition: str, kind: str) -> None:
    (signal,) = receipt(disposition)
    assert (signal.kind, signal.reason, signal.recipient) == (Kind.RECEIPT, kind, "jo@shop.example")
    assert signal.original_id == "offer@acme.example"
    assert signal.evidence == f"RFC 8098: {disposition}"


def test_a_full_mailbox_in_the_form_of_a_receipt_is_a_failure() -> None:
    text = "Your message to <jo@shop.example> was automatically rejected:\nQuota exceeded"
    (signal,) = receipt("automatic-action/MDN-sent-automatically; deleted", text=text, subject="Rejected: Offer")
    assert (signal.kind, signal.category, signal.is_hard) == (Kind.BOUNCE, Category.MAILBOX_FULL, False)
    assert (signal.recipient, signal.original_id) == ("jo@shop.example", "offer@acme.example")


def test_a_mail_program_that_failed_says_so() -> None:
    (signal,) = receipt("automatic-action/MDN-sent-automatically; failed", "Failure: 550 5.1.1 user unknown", text="")
    assert (signal.kind, signal.status, signal.category) == (Kind.BOUNCE, "5.1.1", Category.BAD_ADDRESS)


def test_a_receipt_of_lotus_notes_has_no_report() -> None:
    text = "Return Receipt\n\nYour document:\nOffer\nwas received by:\nJo Doe/Shop\nat:\n02.03.2026 10:00:00"
    (signal,) = signals(f"From: jo@shop.example\nSubject: Return Receipt (displayed) - Offer\n\n{text}\n")
    assert (signal.kind, signal.reason) == (Kind.RECEIPT, "displayed")


@pytest.mark.parametrize("subject", ["Read: Offer", "Return receipts for the shop", "Gelesen: Angebot"])
def test_a_subject_alone_is_no_receipt(subject: str) -> None:
    assert signals(f"From: jo@shop.example\nSubject: {subject}\n\nI read it.\n") == ()
