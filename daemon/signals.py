"""What the mails of a batch tell of each other: who answered what, what bounced, who is away.

Each signal hangs on the mail that tells it, so that it comes and goes with that mail, and names the mail that it is
about. It is computed of the whole thread, in whatever order its mails came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from daemon.opens import open_signals
from matching.addresses import domain_of
from matching.policy import Company, Direction
from matching.signals import Kind
from matching.subjects import is_forward_subject
from matching.threads import Basis
from matching.visibility import Level
from matching.workdays import working_seconds
from store.contacts.holders import Directory
from store.derivation import history, signals
from store.derivation.history import Interaction
from store.derivation.signals import Signal
from store.engine import Transaction
from store.keys import IdentityKey
from store.mails.mail_signals import Telling
from store.opens import tracking
from store.schema.signals import MECHANICAL, REPLY, SURE

#: What becomes a signal of the history; an invitation's answer is one of its meeting.
_TOLD = {kind.value for kind in Kind}
#: These are about the mail that tells them.
_OF_ITSELF = {Kind.LIST.value, Kind.UNSUBSCRIBE.value}
#: How sure a place in a thread makes that a mail answers another one, and the ground in words for people.
_GROUNDS = {
    Basis.IN_REPLY_TO: (1.0, "In-Reply-To names the mail"),
    Basis.REFERENCES: (1.0, "References name the mail"),
    Basis.THREAD_INDEX: (0.9, "Thread-Index continues the mail's"),
    Basis.SUBJECT: (0.6, "same subject and people, soon after the mail"),
}
#: A sender whom the receiving server found to be forged.
_FORGED = (0.1, "; the sender could not be verified")


class Thread:
    """Interactions of whole threads, with what each of them tells."""

    def __init__(
        self, items: Iterable[Interaction], rows: Mapping[bytes, Any], told: Mapping[bytes, Sequence[Telling]]
    ) -> None:
        """`rows`: the copies by key, of which the interactions name theirs."""
        items = list(items)
        #: All of them, also those of which others may see nothing.
        self.ids = [each.id for each in items]
        self.items = {each.id: each for each in items if each.visibility != Level.NONE}
        self._rows = rows
        self._told = told
        self._by_mid: dict[str, str] = {}
        for each in sorted(self.items.values(), key=lambda item: (item.occurred_at, item.id)):
            if mid := rows[each.message_key].mid:
                self._by_mid.setdefault(mid, each.id)

    def told(self, item: Interaction) -> Sequence[Telling]:
        """What the mail tells by itself."""
        return self._told.get(item.message_key, ())

    def mid_key(self, key: IdentityKey, item: Interaction) -> bytes | None:
        """Keyed hash of the mail's Message-ID; None: it has none, or it is a mail of others with an id of ours."""
        mid = self._rows[item.message_key].mid
        return key.digest("mid", mid) if mid and item.direction == Direction.OUTBOUND else None

    def mid_keys(self, key: IdentityKey) -> list[bytes]:
        """Of all mails of ours."""
        return [found for item in self.items.values() if (found := self.mid_key(key, item)) is not None]

    def is_mechanical(self, item: Interaction) -> bool:
        """Did no person write it, as far as is sure?"""
        told, row = self.told(item), self._rows[item.message_key]
        if told and any(each.kind in MECHANICAL and each.confidence >= SURE for each in told):
            return True
        # of some the header has expired, and with it all but these marks
        return bool(row.report_type) or (not told and row.auto_submitted not in ("", "no"))

    def sender(self, item: Interaction) -> str:
        """The normal form of the address that the mail is from; "" where there is none."""
        sender: str = self._rows[item.message_key].sender
        return sender

    def about(self, item: Interaction, telling: Telling) -> Interaction | None:
        """The mail that the telling is about; None where it is not known."""
        if telling.kind in _OF_ITSELF:
            return item
        if telling.original_id is not None:
            named = self._by_mid.get(telling.original_id)
            return self.items[named] if named is not None and named != item.id else None
        asked, _before = self.asked(item)
        return asked

    def asked(self, item: Interaction) -> tuple[Interaction | None, set[str]]:
        """(the nearest mail of ours above this one, who wrote the mails between)"""
        between: set[str] = set()
        seen = {item.id}
        above = self.items.get(item.parent_id or "")
        while above is not None and above.id not in seen:
            if above.direction == Direction.OUTBOUND:
                return above, between
            seen.add(above.id)
            between.add(self.sender(above))
            above = self.items.get(above.parent_id or "")
        return None, between

    def answered(self, item: Interaction) -> Interaction | None:
        """The mail of ours that somebody outside answers with this one; forwarding it on is no answer.

        Who wrote again before we did has answered already; a colleague who joins in has not.
        """
        if item.direction != Direction.INBOUND:
            return None
        # first, because most mails answer none of ours
        asked, between = self.asked(item)
        if asked is None or self.is_mechanical(item):
            return None
        if is_forward_subject(self._rows[item.message_key].subject or ""):
            return None
        return None if self.sender(item) in between else asked


def derive_signals(
    transaction: Transaction, key: IdentityKey, company: Company, thread: Thread, now: datetime
) -> set[str]:
    """Write what these mails tell, and which addresses bounce by it; returns those of which it is told otherwise than
    before which mails did not reach them."""
    found = [(item, telling) for item in thread.items.values() for telling in thread.told(item)]
    replies = [(item, asked) for item in thread.items.values() if (asked := thread.answered(item)) is not None]
    normals = {telling.recipient or thread.sender(item) for item, telling in found}
    normals |= {thread.sender(item) for item, _asked in replies}
    watched = tracking.watched(transaction, thread.mid_keys(key)) if tracking.is_any(transaction) else {}
    normals |= {each for mails in watched.values() for mail in mails for each in mail.recipients}
    normals.discard("")
    directory = Directory(transaction, normals, {company.rules.base(each) for each in normals})

    def contact(normal: str, item: Interaction) -> str | None:
        held = directory.find(normal, company.rules.base(normal), item.occurred_at) if normal else ()
        return held[0][0] if held else None

    asked_for = _asked_for(transaction, [asked.id for _item, asked in replies])
    rows: dict[str, Signal] = {}
    for item, telling in found:
        if telling.kind in _TOLD:
            about = thread.about(item, telling)
            whose = contact(telling.recipient or thread.sender(item), item)
            row = _told(key, item, telling, about, whose)
            rows.setdefault(row.id, row)
    for item, asked in replies:
        sender = thread.sender(item)
        own = contact(sender, item)
        whose = own or asked_for.get((asked.id, domain_of(sender)))
        row = _reply(key, item, asked, sender, whose, is_own=own is not None)
        if row.answer_seconds is not None:
            # when they work is not known; the company's week is the best guess
            working = working_seconds(company.times.usual, asked.occurred_at, item.occurred_at)
            row = row._replace(answer_working_seconds=working)
        rows[row.id] = row
    answered = {asked.id for _item, asked in replies} | {row.interaction_id for row in rows.values() if _is_seen(row)}
    for item in thread.items.values() if watched else ():
        mails = watched.get(thread.mid_key(key, item) or b"", [])
        told = open_signals(key, item, mails, contact, is_confirmed=item.id in answered)
        rows.update({row.id: row for row in told})
    kept = [row for row in rows.values() if company.keeps_signal(row.occurred_at, now)]
    changed = signals.replace(transaction, thread.ids, kept)
    touched = {each.recipient for each in changed if each.recipient}
    heard = {thread.sender(item) for item in thread.items.values() if item.direction == Direction.INBOUND}
    signals.settle_addresses(transaction, touched | heard - {""})
    return {each.recipient for each in changed if each.recipient and signals.is_failure(each)}


def _is_seen(row: Signal) -> bool:
    """Does a receipt say that a person had the mail displayed?"""
    return row.kind == Kind.RECEIPT.value and row.confidence >= SURE and (row.reason or "").startswith("displayed")


def _asked_for(transaction: Transaction, interaction_ids: Sequence[str]) -> dict[tuple[str, str], str]:
    """(mail of ours, domain) -> the one contact of that domain whom it was to: a colleague may answer in its stead."""
    found: dict[tuple[str, str], set[str]] = {}
    for interaction_id, contact_id, address in history.addressed(transaction, interaction_ids):
        found.setdefault((interaction_id, domain_of(address)), set()).add(contact_id)
    return {each: next(iter(ids)) for each, ids in found.items() if len(ids) == 1}


def _told(
    key: IdentityKey, item: Interaction, telling: Telling, about: Interaction | None, contact_id: str | None
) -> Signal:
    weight, doubt = _FORGED if item.is_unverified else (1.0, "")
    # what the mail says is for those who may see the mail
    is_shown = item.visibility == Level.FULL
    evidence = telling.evidence if is_shown else telling.evidence.partition(":")[0]
    return Signal(
        id=key.id("signal", telling.kind, item.id, telling.recipient or ""),
        interaction_id=about.id if about else None,
        contact_id=contact_id,
        kind=telling.kind,
        occurred_at=item.occurred_at,
        evidence=evidence + doubt,
        confidence=telling.confidence * weight,
        source_interaction_id=item.id,
        recipient=telling.recipient,
        status=telling.status,
        category=telling.category,
        is_hard=telling.is_hard,
        reason=telling.reason if is_shown else None,
        return_on=telling.return_on if is_shown else None,
    )


def _reply(
    key: IdentityKey, item: Interaction, asked: Interaction, sender: str, contact_id: str | None, *, is_own: bool
) -> Signal:
    sure, ground = _GROUNDS.get(Basis(item.thread_basis), (0.6, "in the mail's thread"))
    weight, doubt = _FORGED if item.is_unverified else (1.0, "")
    if contact_id is not None and not is_own:
        ground = f"{ground}; {sender} answers for a colleague"
    seconds = int((item.occurred_at - asked.occurred_at).total_seconds())
    return Signal(
        id=key.id("signal", REPLY, item.id, sender),
        interaction_id=asked.id,
        contact_id=contact_id,
        kind=REPLY,
        occurred_at=item.occurred_at,
        evidence=ground + doubt,
        confidence=sure * weight,
        source_interaction_id=item.id,
        answer_seconds=seconds if seconds >= 0 else None,
    )
