"""Answers of machines, and what only looks like some."""

from __future__ import annotations

from datetime import date

import pytest

from matching.signals import Kind, Signal
from tests.unit.matching.signals.absences import ABSENCES
from tests.unit.matching.signals.letters import LETTERS
from tests.unit.matching.signals.mails import signals

ABSENT = [(language, *each) for language, several in ABSENCES.items() for each in several]
WRITTEN = [(language, *each) for language, several in LETTERS.items() for each in several]


def answer(subject: str, text: str, *headers: str) -> tuple[Signal, ...]:
    """What an answer to a mail of ours tells."""
    lines = (
        "From: Jo Doe <jo@shop.example>",
        "To: ann@acme.example",
        f"Subject: {subject or 'Re: Offer'}",
        "Date: Mon, 2 Mar 2026 09:00:00 +0000",
        "Message-ID: <answer@shop.example>",
        "In-Reply-To: <offer@acme.example>",
        "Content-Type: text/plain; charset=utf-8",
        *headers,
    )
    return signals("\n".join(lines) + f"\n\n{text}\n")


def test_there_are_enough_of_both_kinds() -> None:
    assert len(ABSENT) >= 150
    assert len(WRITTEN) >= 150
    assert len(ABSENCES.keys() & LETTERS.keys()) >= 12


@pytest.mark.parametrize(("language", "subject", "text", "day"), ABSENT)
def test_an_auto_reply_is_known_without_a_mark(language: str, subject: str, text: str, day: str) -> None:
    (signal,) = answer(subject, text)
    assert signal.kind is Kind.AUTO_REPLY
    assert signal.confidence >= 0.7
    assert signal.recipient == "jo@shop.example"
    assert signal.original_id == "offer@acme.example"
    assert signal.return_on == (date.fromisoformat(day) if day else None)


@pytest.mark.parametrize(("language", "subject", "text"), WRITTEN)
def test_a_person_who_writes_of_such_things_is_no_machine(language: str, subject: str, text: str) -> None:
    assert answer(subject, text) == ()


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-replied (vacation)",
        "Auto-Submitted: Auto-Replied; owner-email=x",
        "X-Autoreply: yes",
        "X-Autorespond: Offer",
        "X-Auto-Reply-From: jo@shop.example",
        "Precedence: auto_reply",
        "X-Precedence: auto_reply",
        "Delivered-To: Autoresponder",
        "X-Mailer: vacation 1.2.7",
        "X-FC-MachineGenerated: true",
    ],
)
def test_a_mark_of_a_responder_is_enough(header: str) -> None:
    (signal,) = answer("Offer", "The shop moved to another street.", header)
    assert (signal.kind, signal.confidence) == (Kind.AUTO_REPLY, 1.0)
    assert header.partition(":")[0].lower() in signal.evidence.lower()


@pytest.mark.parametrize(
    "header", ["X-Auto-Response-Suppress: All", "Return-Path: <>", "Auto-Submitted: auto-generated", "Precedence: junk"]
)
def test_a_field_that_machines_write_needs_words_beside_it(header: str) -> None:
    assert Kind.AUTO_REPLY not in [each.kind for each in answer("Your order", "It was sent today.", header)]
    (signal,) = answer("Your order", "I am on annual leave until 9 March.", header)
    assert signal.kind is Kind.AUTO_REPLY
    assert signal.evidence.startswith("words: i am on annual leave")


def test_a_subject_of_lotus_names_who_is_away() -> None:
    raw = (
        "From: jo@shop.example\nDate: Thu, 5 Sep 2002 10:00:00 +0000\nSubject: Jo Doe is out of the office.\n\n"
        "I will be out of the office starting 05/09/2002 and will not return until 10/09/2002.\n"
    )
    (signal,) = signals(raw)
    assert (signal.kind, signal.return_on) == (Kind.AUTO_REPLY, date(2002, 9, 10))


def test_what_is_quoted_counts_for_nothing() -> None:
    text = "Good, thank you.\n\n> I am out of the office until 9 March. In urgent cases please contact Ann."
    assert answer("", text) == ()


def test_a_letter_that_answers_nothing_is_none() -> None:
    raw = (
        "From: jo@shop.example\nSubject: Hello\n\nI am out of the office until 9 March. Please contact Ann "
        "in urgent cases.\n"
    )
    assert signals(raw) == ()


def test_a_machine_may_ask_something_and_a_long_letter_is_of_a_person() -> None:
    text = "This is an automated response. Did you know our questions and answers?"
    assert [each.kind for each in answer("", text)] == [Kind.AUTO_REPLY]
    away = "I am out of the office until 9 March. In urgent cases please contact Ann."
    assert [each.kind for each in answer("", away)] == [Kind.AUTO_REPLY]
    assert answer("", away + "\nThe offer needs some changes, as follows." * 100) == ()


def test_who_answers_above_a_quote_is_a_person() -> None:
    text = (
        "I am on holiday until 9 March and have no access to my email.\n"
        "I will get back to you when I return. In urgent cases please call my colleague."
    )
    (signal,) = answer("", text)
    assert signal.confidence == 0.7
    assert answer("", f"{text}\n\nOn Monday Ann wrote:\n> Could we meet next week?\n") == ()
