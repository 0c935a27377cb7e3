"""Signals in words, and as JSON answers have them."""

from __future__ import annotations

from daemon.cli.output import instant
from store.questions.signal_facts import SignalFacts

_ABOUT = {
    "reply": "answered",
    "bounce": "bounced",
    "delay": "delayed",
    "delivered": "delivered",
    "auto_reply": "answered by a machine",
    "receipt": "receipt",
    "feedback_report": "called spam",
    "unsubscribe": "wants no more mail",
    "list": "by a list",
    "invitation_answer": "answer to the invitation",
    "open": "opened",
    "click": "link followed",
}
#: By whom, where nobody of the recipients did it.
_BY = {
    "self": "by your own network",
    "prefetch": "ahead of people",
    "scanner": "by a scanner",
    "bot": "by a machine",
    "proxy_open": "by the mailbox's proxy",
    "probable_human": "probably",
    "confirmed": "for sure",
}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def duration(seconds: int) -> str:
    """In the largest unit that fits: "3 h"."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), _UNITS[-1])
    return f"{seconds // size} {unit}"


def working_duration(seconds: int) -> str:
    """As `duration`, without days: a day's work has hours of its own."""
    size, unit = next(((size, unit) for size, unit in _UNITS[1:] if seconds >= size), _UNITS[-1])
    return f"{seconds // size} {unit}"


def short(signal: SignalFacts) -> str:
    """In two or three words, for a table."""
    words = _ABOUT.get(signal.kind, signal.kind)
    if signal.answer_seconds is not None:
        words += f" after {duration(signal.answer_seconds)}"
        if signal.answer_working_seconds is not None and signal.answer_working_seconds != signal.answer_seconds:
            words += f" ({working_duration(signal.answer_working_seconds)} of work)"
    if signal.status:
        words += f" ({signal.status})"
    if signal.verdict:
        words += f" ({_BY.get(signal.verdict, signal.verdict)})"
    if signal.return_on:
        words += f", back {signal.return_on}"
    return words


def long(signal: SignalFacts) -> str:
    """All that it says, with the ground for it."""
    whom = f" {signal.recipient}" if signal.recipient else ""
    why = f"; {signal.reason}" if signal.reason else ""
    return f"{short(signal)}{whom}: {signal.evidence}{why} (confidence {signal.confidence:.2f})"


def document(signal: SignalFacts) -> dict[str, object]:
    """As JSON answers have it."""
    return {
        "kind": signal.kind,
        "occurred_at": instant(signal.occurred_at),
        "evidence": signal.evidence,
        "confidence": signal.confidence,
        "interaction_id": signal.interaction_id,
        "source_interaction_id": signal.source_interaction_id,
        "recipient": signal.recipient,
        "status": signal.status,
        "category": signal.category,
        "is_hard": signal.is_hard,
        "reason": signal.reason,
        "return_on": signal.return_on.isoformat() if signal.return_on else None,
        "answer_seconds": signal.answer_seconds,
        "answer_working_seconds": signal.answer_working_seconds,
        "verdict": signal.verdict,
    }
