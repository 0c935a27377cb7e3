"""What a mail tells of others, read by the rules in force. Knows no database; see daemon.rereading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from connectors.api import Message
from matching.addresses import normalize
from matching.followups.asking import asks, is_brief
from matching.quotes import new_text_of
from matching.signals import Kind, Mail, Signal, classify
from store.mails.facts import Told

#: Raised when the rules (matching.signals) read the same mail otherwise.
VERSION = 4
#: An attendee's answer by mail. What it says is in the meeting; here it is known to be no person's reply.
ANSWER = "invitation_answer"
#: Kinds by which a mail is about another one.
_ABOUT_ANOTHER = {kind.value for kind in Kind} - {Kind.LIST, Kind.UNSUBSCRIBE}
#: Characters of a mail that tell whether it asks something, and whether it is brief.
_BEGINNING = 4_000


def read(messages: Sequence[Message]) -> list[Told]:
    """What each mail tells; most tell nothing."""
    # one after the other for all of them: a mail's way through all rules would have each find the processor's caches
    # full of the others
    signals = [classify(Mail.of(message)) for message in messages]
    new_texts = [new_text_of(message.text) if message.text else "" for message in messages]
    return list(map(_told, messages, signals, new_texts))


def _told(message: Message, signals: Iterable[Signal], new_text: str) -> Told:
    rows = [_row(each) for each in signals]
    if any(each.method == "REPLY" for each in message.invitations):
        rows.append((ANSWER, *(None,) * 7, "the mail carries an attendee's answer (METHOD:REPLY)", 1.0))
    concerns: dict[str, None] = {}
    if any(row[0] in _ABOUT_ANOTHER for row in rows):
        named = [row[7] for row in rows if row[7]]
        concerns = dict.fromkeys((*message.reported_ids, *named))
    is_all = new_text == message.text
    beginning = new_text[:_BEGINNING]
    asked = (asks(beginning), is_brief(beginning))
    return Told(tuple(rows), tuple(concerns), None if is_all else new_text, *asked, VERSION)


def _row(signal: Signal) -> tuple[Any, ...]:
    recipient = signal.recipient and (normalize(signal.recipient) or signal.recipient)
    return (
        *(signal.kind.value, recipient, signal.status, signal.category and signal.category.value, signal.is_hard),
        *(signal.reason, signal.return_on, signal.original_id, signal.evidence, signal.confidence),
    )
