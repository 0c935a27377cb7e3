"""Mail over lists and to many."""

from __future__ import annotations

import pytest

from matching.signals import Kind
from tests.unit.matching.signals.mails import signals


@pytest.mark.parametrize(
    "header",
    [
        "List-Id: Friends of trains <trains.lists.example>",
        "List-Unsubscribe: <mailto:off@lists.example>",
        "List-Unsubscribe: <https://lists.example/off>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "List-Post: <mailto:trains@lists.example>",
        "Precedence: Bulk",
        "Feedback-ID: 1:2:news:shop",
    ],
)
def test_mail_over_lists_and_to_many_is_told_by_its_fields(header: str) -> None:
    (signal,) = signals(f"From: anna@shop.example\nSubject: News\n{header}\n\nHello\n")
    assert signal.kind is Kind.LIST
    assert signal.evidence.partition(":")[0] in header.lower()


@pytest.mark.parametrize("header", ["Precedence: first-class", "X-List: 1", "List-Id: "])
def test_other_fields_tell_nothing(header: str) -> None:
    assert signals(f"From: anna@shop.example\nSubject: News\n{header}\n\nHello\n") == ()
