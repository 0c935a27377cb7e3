"""Which mails belong to one conversation, and which answers which."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from matching.threads import Node, arrange
from store import conversations, history
from store.engine import Store, Transaction
from store.history import ThreadPlace


def arrange_threads(store: Store, transaction: Transaction, message_keys: Iterable[bytes], now: datetime) -> None:
    """Put the mails of these copies, and all whose place may change by them, into their threads."""
    rows = conversations.reachable(transaction, store.key, message_keys)
    people = conversations.people_of(transaction, [row.key for row in rows])
    names = _names(rows)
    positions = arrange(_node(row, names[row.key], people.get(row.key, frozenset())) for row in rows)
    # What is not derived yet has no interaction; its own batch will put it in its place.
    rows = [row for row in rows if row.interaction_id is not None]
    by_name: dict[str, set[str]] = {}
    for row in rows:
        by_name.setdefault(names[row.key], set()).add(row.interaction_id)
    places: dict[str, ThreadPlace] = {}
    assigned: dict[bytes, str] = {}
    successors: dict[str, str] = {}
    ids: dict[str, str] = {}
    for row in rows:
        position = positions[names[row.key]]
        thread_id = ids.get(position.root) or ids.setdefault(position.root, store.key.id("thread", position.root))
        if row.thread_id != thread_id:
            assigned[row.key] = thread_id
            if row.thread_id:
                successors[row.thread_id] = thread_id
        parents = by_name.get(position.parent or "", set()) - {row.interaction_id}
        places[row.interaction_id] = ThreadPlace(
            interaction_id=row.interaction_id,
            thread_id=thread_id,
            parent_id=min(parents, default=None),
            basis=position.basis.value,
        )
    history.assign_threads(transaction, assigned)
    touched = history.save_thread_places(transaction, list(places.values()), now)
    history.refresh_threads(transaction, touched, successors, now)


def _names(rows: Iterable[Any]) -> dict[bytes, str]:
    """A node's key for each copy: the Message-ID, also for a copy that lost it, else a stand-in no other mail has."""
    mids: dict[str, str] = {}
    for row in rows:
        if row.mid and row.interaction_id:
            mids[row.interaction_id] = min(row.mid, mids.get(row.interaction_id, row.mid))
    return {row.key: row.mid or mids.get(row.interaction_id) or f"fingerprint:{row.fingerprint.hex()}" for row in rows}


def _node(row: Any, name: str, people: frozenset[str]) -> Node:
    return Node(
        key=name,
        references=tuple(json.loads(row.refs)),
        in_reply_to=tuple(json.loads(row.in_reply_to)),
        thread_index=row.thread_index,
        subject=row.subject,
        sent_at=row.sent_at,
        people=people,
        sender=row.sender,
        list_id=row.list_id,
    )
