"""Bounces without the structure of a report, by the forms of the programs that write them."""

from __future__ import annotations

import pytest

from matching.signals import Category, Kind
from tests.unit.matching.signals.mails import signals
from tests.unit.matching.signals.notices import NOTICES, Written


def as_mail(written: Written) -> str:
    return (
        f"From: {written.sender}\nTo: ann@acme.example\nSubject: {written.subject}\nDate: Mon, 2 Mar 2026 "
        f"10:00:00 +0000\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{written.text}\n"
    )


@pytest.mark.parametrize("written", NOTICES, ids=[each.name for each in NOTICES])
def test_each_recipient_is_told_with_the_reason(written: Written) -> None:
    found = signals(as_mail(written))
    assert {each.kind for each in found} == {Kind.DELAY if written.is_delay else Kind.BOUNCE}
    assert [(each.recipient, each.status, each.category) for each in found] == written.told
    assert [each.is_hard for each in found] == [
        each.category is Category.BAD_ADDRESS and not written.is_delay for each in found
    ]
    assert all(each.evidence and each.reason for each in found)


@pytest.mark.parametrize("written", NOTICES, ids=[each.name for each in NOTICES])
@pytest.mark.parametrize("mark", ["Fwd: ", "Re: ", "WG: "])
def test_a_person_who_passes_one_on_is_no_mail_system(written: Written, mark: str) -> None:
    quoted = "\n".join(f"> {line}" for line in written.text.split("\n"))
    raw = as_mail(
        written._replace(
            sender="Jo Doe <jo@acme.example>", subject=mark + written.subject, text=f"See below.\n\n{quoted}"
        )
    )
    assert [each for each in signals(raw) if each.kind in (Kind.BOUNCE, Kind.DELAY)] == []


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("Jo <jo@shop.example>", "Delivery problems", "The forwarder bob@far.example could not deliver the machines."),
        ("Jo <jo@shop.example>", "Undelivered goods", "They could not be delivered. Please contact eve@shop.example."),
        (
            "Jo <jo@shop.example>",
            "Mail delivery failed?",
            "My mail to you could not be delivered, I read. Did you get it?",
        ),
        ("postmaster@shop.example", "Re: SPF record", "Change it, then mail to eve@shop.example will not be rejected."),
        (
            "Jo Doe - System Administrator <jo@shop.example>",
            "Move",
            "Mail that could not be delivered will be retried.",
        ),
        (
            "news-bounces@lists.example",
            "Delivery status of your order",
            "It was delivered to jo@shop.example's address.",
        ),
        ("deals@shop.example", "Undelivered? Free delivery", "Could not find it? Write to help@shop.example"),
    ],
)
def test_words_of_failure_alone_are_no_notice(sender: str, subject: str, text: str) -> None:
    assert signals(f"From: {sender}\nTo: ann@acme.example\nSubject: {subject}\n\n{text}\n") == ()
