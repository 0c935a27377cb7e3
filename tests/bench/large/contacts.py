"""The rows of a filled store that are no mail's alone: contacts, tasks, the feed's last changes, and skipped mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from connectors.api import Message, Participant, Role
from matching import policy
from matching.names import name_key
from matching.organizations import display_name
from store.types import instant_text
from tests.bench.large import shape as shapes
from tests.bench.large.mails import Known, Mailboxes, Row
from tests.bench.large.shape import BEGIN, COLLEAGUES, END, KEY, Shape, address_of, domain_of, name_of

COLUMNS: dict[str, tuple[str, ...]] = {
    "organization": ("id", "display_name", "domain"),
    "contact": (
        *("id", "origin", "display_name", "name_key", "name_rank", "organization_id", "tracking_consent"),
        *("created_at", "updated_at"),
    ),
    "contact_address": ("id", "contact_id", "address", "normal", "base", "is_primary", "state", "holder_id"),
    "task": (
        *("id", "rule", "title", "state", "due_on", "person_id", "contact_id", "organization_id", "priority"),
        *("reason", "created_at", "updated_at"),
    ),
    "change": ("seq", "entity", "entity_id", "op", "changed_at"),
    "skipped_participant": ("stream_id", "ref", "role", "address_key", "base_key", "is_creatable"),
}
_NOW = instant_text(END)
#: Views that show a mail that came: each is a change of its own in the feed.
_ENTITIES = ("interaction", "interaction_contact", "interaction_person", "thread")
#: Mails of a stranger's thread.
_THREAD = 4


def organization_of(contact: int) -> str:
    """The id of its organization."""
    return KEY.id("organization", domain_of(contact))


def contact_rows(shape: Shape, known: Known) -> Iterator[tuple[str, Row]]:
    """(table, row) of contacts, their addresses and organizations."""
    for number in range(0, shape.contacts, COLLEAGUES):
        domain = domain_of(number)
        yield "organization", (organization_of(number), display_name(domain), domain)
    for number, (contact_id, rank) in enumerate(zip(known.ids, known.ranks, strict=True)):
        address = address_of(number)
        name = name_of(number) if rank else address
        said = (contact_id, "policy", name, name_key(name), rank, organization_of(number), "unknown")
        yield "contact", (*said, _NOW, _NOW)
        written = [address, address.replace("@", "+sales@")] if number in known.tagged else [address]
        for each in written:
            row_id = KEY.id("contact_address", contact_id, each)
            yield "contact_address", (row_id, contact_id, each, each, address, each == address, "active", contact_id)


def tasks(shape: Shape) -> Iterator[tuple[str, str, int]]:
    """(state, due on, number of the person) of each follow-up."""
    for number in range(shape.tasks):
        due_on = f"{END - timedelta(days=number % 60):%Y-%m-%d}"
        yield "done" if number % 10 else "open", due_on, number // 10 % shape.people


def task_rows(shape: Shape, boxes: Mailboxes, known: Known) -> Iterator[tuple[str, Row]]:
    """(table, row) of the follow-ups of all people."""
    for number, (state, due_on, person) in enumerate(tasks(shape)):
        contact = number * 7919 % shape.contacts
        said: Row = (KEY.id("task", str(number)), "no_answer", f"{name_of(contact)} has not answered")
        said += (state, due_on, boxes.people[person])
        said += (known.ids[contact], organization_of(contact), 50, "no answer for 3 working days", _NOW, _NOW)
        yield "task", said


def change_rows(first_seq: int, recent: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, Row]]:
    """(table, row) of the feed: four changes for each (instant, interaction, thread)."""
    seq = first_seq
    for at, interaction, thread in recent:
        for entity in _ENTITIES:
            yield "change", (seq, entity, thread if entity == "thread" else interaction, "upsert", at)
            seq += 1


def stranger(number: int) -> str:
    """The address of somebody who wrote to us and is no contact."""
    return f"s{number}@s{number}.example"


def inbox_of(shape: Shape, number: int) -> int:
    """Whom of ours a stranger wrote to."""
    return number % shape.people


def mails_of(shape: Shape, number: int) -> list[Message]:
    """All mails of a stranger, over the whole time, in threads."""
    address, many = stranger(number), shape.mails_of_stranger
    to = shapes.person(inbox_of(shape, number))
    mids = [f"{each}.{address}" for each in range(many)]
    found = []
    for each, mid in enumerate(mids):
        above = tuple(mids[each - each % _THREAD : each])
        topic = f"Request {number}.{each // _THREAD}"
        at = BEGIN + timedelta(seconds=int((END - BEGIN).total_seconds() * (each + 0.5) / many))
        found.append(
            Message(
                ref=f"2:{number * many + each + 1}",
                message_id=mid,
                in_reply_to=above[-1:],
                references=above,
                sent_at=at,
                received_at=at + timedelta(seconds=5),
                subject=f"Re: {topic}" if above else topic,
                text=f"Request {each} of {address}: please tell us what is in stock, and when you could deliver. " * 3,
                participants=(Participant(Role.FROM, address, f"Stranger {number}"), Participant(Role.TO, to)),
                headers=f"From: {address}\r\nTo: {to}\r\nSubject: {topic}\r\nMessage-ID: <{mid}>\r\n".encode(),
                size=4_000,
            )
        )
    return found


def skipped_rows(shape: Shape, boxes: Mailboxes) -> Iterator[tuple[str, Row]]:
    """(table, row) of all strangers' mails, as `store.mails.write` has them."""
    drafting = shapes.drafting()
    for number in range(shape.strangers):
        stream = boxes.inboxes[inbox_of(shape, number)]
        for draft in map(drafting.draft, mails_of(shape, number)):
            times = [instant_text(each) for each in (draft.received_at, draft.occurred_at) if each is not None]
            placed = (stream, draft.ref, "skipped", "no_contact", None, draft.mid_key, draft.flags, draft.size)
            decided = (draft.fingerprint, draft.direction.value, times[1], draft.recipient_count, draft.is_bulk, 1)
            yield "placement", (*placed, times[0], draft.auth, times[0], False, *decided)
            for party in draft.outside:
                keys: tuple[Any, ...] = (KEY.digest("address", party.normal), KEY.digest("base", party.base))
                creatable = policy.is_creatable(party.normal)
                yield "skipped_participant", (stream, draft.ref, party.role, *keys, creatable)
