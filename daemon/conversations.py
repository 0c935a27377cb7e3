"""Which mails belong to one conversation, and which answers which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from matching.threads import Node, arrange
from store.derivation import conversations
from store.engine import Transaction
from store.keys import IdentityKey


class Place(NamedTuple):
    """Where an interaction stands among those it belongs with."""

    thread_id: str
    #: The interaction it answers.
    parent_id: str | None
    #: What this rests on.
    basis: str


@dataclass(slots=True)
class Conversations:
    """The part of the thread graph that a batch can reach, arranged."""

    #: Copies by key, as they were read.
    rows: dict[bytes, Any]
    #: The interaction of each copy that has one.
    interaction_of: dict[bytes, str]
    #: By interaction.
    places: dict[str, Place] = field(default_factory=dict)
    #: Threads whose mails are in another one now.
    successors: dict[str, str] = field(default_factory=dict)


def arranged(
    transaction: Transaction,
    key: IdentityKey,
    near: Mapping[bytes, Any],
    derived: Mapping[bytes, str],
    people: Mapping[bytes, frozenset[str]],
) -> Conversations:
    """The mails of the copies `near`, and all whose place may change by them, in their threads.

    `derived` says which interaction a copy of this batch belongs to, `people` who takes part in it.
    """
    rows, named = conversations.reachable(transaction, key, near)
    # What is not derived yet has no interaction; its own batch will put it in its place.
    known = {each: derived.get(each) or row.interaction_id for each, row in rows.items()}
    found = Conversations(rows, {each: interaction for each, interaction in known.items() if interaction})
    others = conversations.people_of(transaction, [each for each in rows if each not in people])
    names = _names(rows.values(), found.interaction_of)
    positions = arrange(
        Node(
            key=names[each],
            references=named[each][0],
            in_reply_to=named[each][1],
            thread_index=row.thread_index,
            subject=row.subject or "",
            sent_at=row.sent_at,
            people=people.get(each) or others.get(each, frozenset()),
            sender=row.sender,
            list_id=row.list_id,
        )
        for each, row in rows.items()
    )
    by_name: dict[str, set[str]] = {}
    for each, interaction in found.interaction_of.items():
        by_name.setdefault(names[each], set()).add(interaction)
    ids: dict[str, str] = {}
    for each, interaction in found.interaction_of.items():
        position = positions[names[each]]
        thread_id = ids.get(position.root)
        if thread_id is None:
            thread_id = ids[position.root] = key.id("thread", position.root)
        parents = by_name.get(position.parent, set()) - {interaction} if position.parent else ()
        found.places[interaction] = Place(thread_id, min(parents, default=None), position.basis.value)
        before = rows[each].thread_id
        if before and before != thread_id:
            found.successors[before] = thread_id
    return found


def _names(rows: Iterable[Any], interaction_of: Mapping[bytes, str]) -> dict[bytes, str]:
    """A node's key for each copy: the Message-ID, also for a copy that lost it, else a stand-in no other mail has."""
    rows = list(rows)
    mids: dict[str, str] = {}
    for row in rows:
        interaction = interaction_of.get(row.key)
        if row.mid and interaction:
            mids[interaction] = min(row.mid, mids.get(interaction, row.mid))
    return {
        row.key: row.mid or mids.get(interaction_of.get(row.key, "")) or f"fingerprint:{row.fingerprint.hex()}"
        for row in rows
    }
