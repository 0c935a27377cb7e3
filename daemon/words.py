"""What people say in their mail: what ours promise, and what others complain about.

Follow-ups alone ask for it, and of what was written lately; so it is read when the history is derived, of that mail
alone and from the side that it is on. Years of old mail are imported without it, and `rules try` reads it for itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from connectors.api import Message, parse_date
from daemon.followups import WINDOW
from matching import said as said_words
from matching.signals import Mail
from matching.visibility import Level
from store.derivation.history import Interaction
from store.engine import Transaction
from store.mails import said
from store.mails.mail_signals import COMPLAINT, PROMISE, Said, said_by

#: Raised when the rules (matching.said) find other words in the same mail.
VERSION = 1
#: How sure words alone make; see docs/accuracy.md.
_BY_WORDS = 0.7


def read(transaction: Transaction, items: Iterable[Interaction], now: datetime) -> None:
    """Write what these mails say, as far as it is asked for and was not read."""
    since = now - WINDOW
    keys = [each.message_key for each in items if each.occurred_at >= since and each.visibility != Level.NONE]
    found = said.unread(transaction, keys, VERSION) if keys else ()
    if found:
        told = {key: (is_ours, list(_said(message, is_ours=is_ours))) for key, is_ours, message in found}
        said.replace(transaction, told, VERSION)


def known_or_read(transaction: Transaction, message_keys: Collection[bytes]) -> Said:
    """As `store.mails.mail_signals.said_by`, also of mail that nobody looked into yet. Writes nothing."""
    found = said_by(transaction, message_keys)
    for key, is_ours, message in said.unread(transaction, message_keys, VERSION):
        found[key] = {kind: by for kind, *_rest, by, _id, _words, _sure in _said(message, is_ours=is_ours)}
    return found


def _said(message: Message, *, is_ours: bool) -> Iterator[tuple[Any, ...]]:
    """What it says. No word of the mail is kept for it, so that it may stay when the text expires."""
    if not is_ours:
        language = said_words.complaint(message.text)
        if language is not None:
            yield COMPLAINT, *(None,) * 7, f"words of a complaint ({language})", _BY_WORDS
        return
    # the header has the zone in which "tomorrow" is meant; what is stored of a time is UTC
    written_at = parse_date(Mail.of(message).header("date")) or message.sent_at
    promise = said_words.promise(message.text, written_at.date()) if written_at else None
    if promise is not None:
        evidence = f"words of a promise ({promise.language})"
        yield PROMISE, *(None,) * 5, promise.by, None, evidence, _BY_WORDS
