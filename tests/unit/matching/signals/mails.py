"""Mails for the tests of signals."""

from __future__ import annotations

from connectors.api import Message, parse_message
from matching.signals import Mail, Signal, classify


def mail(raw: str | bytes) -> Mail:
    """A mail as it would come from the store."""
    message = parse_message(raw.encode("utf-8") if isinstance(raw, str) else raw, ref="1")
    assert isinstance(message, Message)
    return Mail.of(message)


def signals(raw: str | bytes) -> tuple[Signal, ...]:
    """What it tells."""
    return classify(mail(raw))
