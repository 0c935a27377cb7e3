"""The mails of a store with the rows that keeptouch would make of them, a thread at a time.

Every value is what `store.mails.facts` and `daemon.derive` give for the same mails (a test lets them do it), written
down here because they take many times as long.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from daemon.reading import VERSION
from matching.followups.asking import asks, is_brief
from matching.workdays import USUAL, working_seconds
from store.derivation.signals import Signal
from store.mails import facts
from store.schema.signals import REPLY
from store.types import instant_text
from tests.bench.large import shape as shapes
from tests.bench.large.shape import COLLEAGUES, DOMAIN, KEY, Shape, address_of, domain_of, name_of

#: Table -> the columns of its rows, in order.
COLUMNS: dict[str, tuple[str, ...]] = {
    "message": (*facts.MESSAGE_COLUMNS, "is_sent_copy", "interaction_id", "thread_id"),
    "content": facts.CONTENT_COLUMNS,
    "participant": facts.PARTICIPANT_COLUMNS,
    "reference": facts.REFERENCE_COLUMNS,
    "placement_bcc": ("stream_id", *facts.BCC_COLUMNS),
    "placement": (
        *("stream_id", "ref", "verdict", "reason", "message_key", "mid_key", "flags", "size", "received_at", "auth"),
        *("seen_at", "is_wanted", "fingerprint", "direction", "occurred_at", "recipient_count", "is_bulk"),
        "policy_version",
    ),
    "interaction": (
        *("id", "kind", "direction", "occurred_at", "message_key", "thread_id", "parent_id", "answer_seconds"),
        *("answer_working_seconds", "answer_person_id"),
        *("thread_basis", "is_unverified", "is_message_id_reused", "is_answered", "is_forwarded", "visibility"),
        *("created_at", "updated_at"),
    ),
    "link": ("contact_id", "occurred_at", "interaction_id", "role", "address", "reason"),
    "interaction_person": ("interaction_id", "person_id", "account_id"),
    "thread": ("id", "subject", "first_at", "last_at", "interaction_count"),
    "signal": Signal._fields,
}
_TOPICS = ("Offer", "Delivery", "Pumps", "Visit", "Contract", "Spare parts", "Schedule", "Drawings")
#: Real ones are some ten times as long, which no timeline reads; the disk is needed for rows.
_TEXT = "Order {0}.{1} left our works today."
#: What is told of the places of skipped mail alone.
_KEPT = (None,) * 6
_NOBODY = '""'
_encode = json.JSONEncoder(check_circular=False).encode
Row = tuple[Any, ...]


@dataclass(slots=True)
class Mailboxes:
    """Ours: ids by number of the person, and where the next mail goes."""

    people: list[str]
    accounts: list[str]
    inboxes: list[int]
    sent: list[int]
    #: stream -> UID of the last mail
    uids: dict[int, int] = field(default_factory=dict)

    def ref(self, stream: int) -> str:
        """UIDVALIDITY:UID of the next mail."""
        uid = self.uids[stream] = self.uids.get(stream, 0) + 1
        return f"1:{uid}"


@dataclass(slots=True)
class Known:
    """What all mails together say of contacts."""

    ids: list[str]
    #: Of the last mail that each wrote under its name, as `contact.name_rank`; "": wrote none.
    ranks: list[str]
    #: Contacts to whose second address we wrote.
    tagged: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, shape: Shape) -> Known:
        return cls([KEY.id("contact", address_of(k)) for k in range(shape.contacts)], [""] * shape.contacts)


@dataclass(slots=True)
class Thread:
    """Who writes in a thread, and what its mails have in common."""

    number: int
    contact: int
    length: int
    person: int
    colleague: int
    #: A second contact in Cc; None: nobody.
    second: int | None
    has_colleague: bool
    colleague_holds: bool
    begins_with_us: bool
    is_cut: bool
    #: Bytes that decide the rest.
    dice: bytes


@dataclass(slots=True)
class _Mail:
    """One mail of a thread."""

    mid: str
    at: datetime
    subject: str
    text: str
    #: Their (role, address, name, contact or None)
    parties: list[tuple[str, str, str, int | None]]
    blind: int | None
    is_ours: bool
    is_report: bool
    #: The mail before, seen or not; as References and as In-Reply-To.
    references: tuple[str, ...]
    attachments: str


def threads(shape: Shape) -> Iterator[Thread]:
    """All threads in order of time, with exactly the mails of the shape."""
    left, number, busiest = shape.interactions, 0, 0
    while left:
        dice = blake2b(b"%d" % number, digest_size=32).digest()
        first = shape.first_of(number)
        contact, length = first, shape.length(number)
        if contact is None and busiest < shape.busiest_until(number):
            contact, length = 0, shape.length_of_busiest
            busiest += 1
        elif contact is None:
            contact = 1 + int((shape.contacts - 1) * (int.from_bytes(dice[:4], "big") / 2**32) ** 1.7)
        length = min(length, left)
        left -= length
        person = (contact * 7 + (dice[6] < 32)) % shape.people
        second = contact // COLLEAGUES * COLLEAGUES + (contact + 1) % COLLEAGUES
        has_second = dice[5] < 32 and 0 < second < shape.contacts and second != contact and contact != 0
        yield Thread(
            number=number,
            contact=contact,
            length=length,
            person=person,
            colleague=(person + 1) % shape.people,
            second=second if has_second else None,
            has_colleague=dice[7] < 40,
            colleague_holds=dice[8] < 128,
            # whom nobody of ours wrote to is no contact
            begins_with_us=first is not None or dice[4] < 150,
            is_cut=dice[9] < 13,
            dice=dice,
        )
        number += 1


def rows_of(
    thread: Thread, shape: Shape, boxes: Mailboxes, known: Known
) -> Iterator[tuple[datetime, list[tuple[str, Row]]]]:
    """For each mail of a thread its time, and (table, row) of all that it becomes."""
    mails = list(_mails(thread, shape))
    root = mails[0].references[0] if mails[0].references else mails[0].mid
    thread_id = KEY.id("thread", root)
    parent: tuple[str, datetime, bool] | None = None
    asked: tuple[str, datetime] | None = None
    before: set[str] = set()
    for number, mail in enumerate(mails):
        is_answered = not mail.is_ours and number + 1 < len(mails) and mails[number + 1].is_ours
        written = _Written(thread, mail, boxes, known, thread_id)
        rows = [*written.facts(is_answered=is_answered), *written.derived(parent, is_answered=is_answered)]
        if number == 0:
            first, last = instant_text(mail.at), instant_text(mails[-1].at)
            rows.append(("thread", (thread_id, mail.subject, first, last, len(mails))))
        if mail.is_ours:
            asked, before = (written.id, mail.at), set[str]()
        elif asked is not None and not mail.is_report:
            if written.sender not in before:
                rows.append(written.reply(*asked))
            before.add(written.sender)
        yield mail.at, rows
        parent = (written.id, mail.at, mail.is_ours)


def _mails(thread: Thread, shape: Shape) -> Iterator[_Mail]:
    topic = f"{_TOPICS[thread.dice[10] % len(_TOPICS)]} {thread.number}"
    at = shape.begins_at(thread.number)
    above = (f"{thread.number:x}.lost@{domain_of(thread.contact)}",) if thread.is_cut else ()
    for number in range(thread.length):
        is_report = number == 1 and thread.begins_with_us and thread.dice[27] < 3
        is_ours = (number % 2 == 0) == thread.begins_with_us and not is_report
        mid = f"{thread.number:x}.{number}.{thread.dice[:4].hex()}@{DOMAIN if is_ours else domain_of(thread.contact)}"
        yield _Mail(
            mid=mid,
            at=at,
            subject=f"Re: {topic}" if above else topic,
            text=_TEXT.format(thread.number, number),
            parties=_parties(thread, is_ours=is_ours, is_report=is_report),
            blind=thread.contact ^ 1 if _has_blind(thread, number, shape, is_ours=is_ours) else None,
            is_ours=is_ours,
            is_report=is_report,
            references=above,
            attachments='[["offer.pdf", "application/pdf", 48123]]' if thread.dice[29] < 26 else "[]",
        )
        above = (mid,)
        at += timedelta(seconds=600 + int.from_bytes(thread.dice[11 + number : 13 + number], "big") * 2)


def _has_blind(thread: Thread, number: int, shape: Shape, *, is_ours: bool) -> bool:
    """Is the neighbour in Bcc?"""
    return is_ours and number == 0 and thread.dice[28] < 5 and 1 < thread.contact < shape.contacts - 1


def _parties(thread: Thread, *, is_ours: bool, is_report: bool) -> list[tuple[str, str, str, int | None]]:
    contact, ours = thread.contact, shapes.person(thread.person)
    address = address_of(contact)
    if is_report:
        daemon = f"mailer-daemon@{domain_of(contact)}"
        return [("from", daemon, "", None), ("to", ours, "", None), ("reported", address, "", contact)]
    if is_ours:
        if contact % 10 == 5 and thread.number % 2 and thread.dice[30] < 128:
            address = address.replace("@", "+sales@")
        found = [("from", ours, "", None), ("to", address, "", contact)]
    else:
        written = address.replace("@", "+news@") if contact % 10 == 3 and thread.dice[31] < 64 else address
        found = [("from", written, name_of(contact), contact)]
        if thread.second is not None and thread.dice[26] < 20:
            found.append(("sender", address_of(thread.second), "", thread.second))
        if thread.dice[26] > 235:
            found.append(("reply_to", address, "", contact))
        found.append(("to", ours, "", None))
    if thread.second is not None:
        found.append(("cc", address_of(thread.second), "", thread.second))
    if thread.has_colleague:
        found.append(("cc", shapes.person(thread.colleague), "", None))
    return found


class _Written:
    """A mail with its keys."""

    def __init__(self, thread: Thread, mail: _Mail, boxes: Mailboxes, known: Known, thread_id: str) -> None:
        self._thread, self._mail, self._boxes, self._known = thread, mail, boxes, known
        self._thread_id = thread_id
        self._sender = mail.parties[0][1]
        sent = mail.at.isoformat(" ")[:19]
        subject = mail.subject.removeprefix("Re: ").lower()
        addressed = sorted({address for role, address, _name, _contact in mail.parties if role in ("to", "cc")})
        self._subject_key = KEY.digest("subject", subject)
        self._mid_key = KEY.digest("mid", mail.mid)
        self._fingerprint = KEY.digest("fingerprint", self._sender, sent, subject, *addressed)
        self._report = ("auto-replied", "delivery-status") if mail.is_report else ("", "")
        people = ", ".join([f'["{r}", "{a}", {_encode(n) if n else _NOBODY}]' for r, a, n, _contact in mail.parties])
        #: JSON of In-Reply-To, and of References: the mail before.
        self._above = _ids(mail.references)
        self._reported = self._above if mail.is_report else "[]"
        ids = f"[{self._above}, {self._above}, {self._reported}]"
        said = (mail.subject, mail.text, f"[{people}]", ids, "", mail.attachments, "", "", self._report[0], "False")
        self._key = KEY.digest("message", mail.mid, sent, self._sender, *said, self._report[1], "")
        self.id = KEY.id("interaction", "id", mail.mid, sent, self._sender)
        self._at = instant_text(mail.at)
        #: When the server had it.
        self._received = instant_text(mail.at + timedelta(seconds=5))

    def facts(self, *, is_answered: bool) -> Iterator[tuple[str, Row]]:
        """What servers said."""
        mail, key = self._mail, self._key
        row: Row = (
            key,
            mail.mid,
            self._mid_key,
            self._fingerprint,
            self._sender,
            self._at,
            self._received,
            mail.subject,
        )
        row += (self._subject_key, False, False, mail.attachments, int(mail.attachments != "[]"), self._above)
        row += (self._above, "", None, "", "", self._report[0], False, self._report[1], "", self._reported)
        row += ("[]", VERSION, asks(mail.text), is_brief(mail.text))
        yield "message", (*row, mail.is_ours, self.id, self._thread_id)
        yield "content", (key, mail.text, None, None, None)
        for position, (role, address, name, _contact) in enumerate(mail.parties):
            yield "participant", (key, position, role, address, _base(address), address, name)
        for target in mail.references:
            yield "reference", (key, KEY.digest("mid", target))
        thread, boxes = self._thread, self._boxes
        stream = (boxes.sent if mail.is_ours else boxes.inboxes)[thread.person]
        ref = boxes.ref(stream)
        if mail.blind is not None:
            blind = address_of(mail.blind)
            yield "placement_bcc", (stream, ref, 0, key, blind, blind, blind, "")
        yield self._placement(stream, ref, "\\Answered \\Seen" if is_answered else "\\Seen")
        if self._colleague_holds:
            inbox = boxes.inboxes[thread.colleague]
            yield self._placement(inbox, boxes.ref(inbox), "")

    @property
    def _colleague_holds(self) -> bool:
        return self._thread.has_colleague and self._thread.colleague_holds and not self._mail.is_report

    def _placement(self, stream: int, ref: str, flags: str) -> tuple[str, Row]:
        said: Row = (self._key, self._mid_key, flags, 4_000, self._received, "unknown", self._received, False)
        return "placement", (stream, ref, "stored", "contact", *said, *_KEPT)

    def derived(self, parent: tuple[str, datetime, bool] | None, *, is_answered: bool) -> Iterator[tuple[str, Row]]:
        """What follows; `parent`: the interaction it answers, when that was, and whether it is ours."""
        mail, thread, boxes, at = self._mail, self._thread, self._boxes, self._at
        row: Row = (self.id, "email", "outbound" if mail.is_ours else "inbound", at, self._key, self._thread_id)
        seconds = int((mail.at - parent[1]).total_seconds()) if parent and not mail.is_report else None
        row += (parent[0] if parent else None, seconds)
        if parent and seconds is not None and parent[2] != mail.is_ours:
            row += (working_seconds(USUAL, parent[1], mail.at), boxes.people[thread.person])
        else:
            row += (None, None)
        row += ("references" if mail.references else "root", False, False, is_answered, False, "full")
        yield "interaction", (*row, self._received, self._received)
        for role, address, name, contact in mail.parties:
            if contact is not None:
                yield self._link(role, address, contact)
                if name:
                    self._known.ranks[contact] = max(self._known.ranks[contact], f"1 {mail.at.isoformat()}")
        if mail.blind is not None:
            yield self._link("bcc", address_of(mail.blind), mail.blind)
        yield "interaction_person", (self.id, boxes.people[thread.person], boxes.accounts[thread.person])
        if thread.has_colleague and not mail.is_report:
            account = boxes.accounts[thread.colleague] if self._colleague_holds else ""
            yield "interaction_person", (self.id, boxes.people[thread.colleague], account)

    @property
    def sender(self) -> str:
        return self._sender

    def reply(self, asked_id: str, asked_at: datetime) -> tuple[str, Row]:
        """The signal of a mail that answers one of ours."""
        mail = self._mail
        contact = next(each for role, _address, _name, each in mail.parties if role == "from")
        row = Signal(
            id=KEY.id("signal", REPLY, self.id, self._sender),
            interaction_id=asked_id,
            contact_id=None if contact is None else self._known.ids[contact],
            kind=REPLY,
            occurred_at=self._at,  # type: ignore[arg-type] # rows hold instants as SQLite has them
            evidence="References name the mail",
            confidence=1.0,
            source_interaction_id=self.id,
            answer_seconds=int((mail.at - asked_at).total_seconds()),
            answer_working_seconds=working_seconds(USUAL, asked_at, mail.at),
        )
        return "signal", row

    def _link(self, role: str, address: str, contact: int) -> tuple[str, Row]:
        if "+sales@" in address:
            self._known.tagged.add(contact)
        reason = "base_address" if "+news@" in address else "address"
        return "link", (self._known.ids[contact], self._at, self.id, role, address, reason)


def _ids(names: tuple[str, ...]) -> str:
    return f'["{names[0]}"]' if names else "[]"


def _base(address: str) -> str:
    name, _plus, rest = address.partition("+")
    return f"{name}@{rest.partition('@')[2]}" if rest else address
