"""Reading the part of the thread graph that a change can reach."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from store.derivation.copies import MESSAGE_COLUMNS, gather
from store.keys import IdentityKey
from store.schema.core import message, participant, reference
from store.upsert import select_in

#: A subject borne by more mails than this says nothing about belonging together.
MAX_SAME_SUBJECT = 500
#: How long after a mail an answer without a reference to it is still believed to be one.
SUBJECT_WINDOW = timedelta(days=31)
_PEOPLE_ROLES = ("from", "to", "cc")


_SAME_SUBJECT: Select[Any] = (
    select(*MESSAGE_COLUMNS)
    .where(
        message.c.subject_key == bindparam("subject"),
        message.c.sent_at.between(bindparam("since"), bindparam("until")),
    )
    .limit(MAX_SAME_SUBJECT + 1)
)
_KEYS = select(message.c.key)
_NAMING = select(reference.c.message_key)
_ORPHANS: Select[Any] = select(*MESSAGE_COLUMNS).where(message.c.is_orphan_reply)
_PEOPLE = select(participant.c.message_key, participant.c.normal).where(
    participant.c.role.in_(_PEOPLE_ROLES), participant.c.normal.is_not(None)
)
#: (References, In-Reply-To) of a copy.
Named = tuple[tuple[str, ...], tuple[str, ...]]


def reachable(
    connection: Connection, key: IdentityKey, near: Mapping[bytes, Row[Any]]
) -> tuple[dict[bytes, Row[Any]], dict[bytes, Named]]:
    """All copies whose thread may change because of `near`, with their References and In-Reply-To.

    Neighbours by id and subject, and their whole threads: threads in the store are closed under references, so one
    step outward and then whole threads are enough.
    """
    rows = dict(near)
    named = {each: _named(row) for each, row in rows.items()}
    ids = {row.mid_key for row in rows.values() if row.mid_key}
    ids.update(key.digest("mid", name) for references, answered in named.values() for name in {*references, *answered})
    found = {each for (each,) in select_in(connection, _KEYS.where, message.c.mid_key, ids)}
    found.update(each for (each,) in select_in(connection, _NAMING.where, reference.c.target_key, ids))
    gather(connection, rows, message.c.key, found - rows.keys())
    shared = {row.conversation_key for row in rows.values() if row.conversation_key}
    gather(connection, rows, message.c.conversation_key, shared)
    _gather_same_subject(connection, rows)
    threads = {row.thread_id for row in rows.values() if row.thread_id}
    gather(connection, rows, message.c.thread_id, threads)
    named |= {each: _named(row) for each, row in rows.items() if each not in named}
    return rows, named


def _named(row: Row[Any]) -> Named:
    references, answered, concerns = row.refs, row.in_reply_to, row.concerns
    about = json.loads(concerns) if concerns != "[]" else ()
    return (
        # a report hangs on the one mail that it is about
        (*(json.loads(references) if references != "[]" else ()), *(about if len(about) == 1 else ())),
        tuple(json.loads(answered)) if answered != "[]" else (),
    )


def _gather_same_subject(connection: Connection, rows: dict[bytes, Row[Any]]) -> None:
    """Answers that name no parent, near these mails, and the mails they may answer."""
    subjects = {row.subject_key for row in rows.values() if row.subject_key}
    by_subject: dict[bytes, list[datetime]] = {}
    for row in select_in(connection, _ORPHANS.where, message.c.subject_key, subjects):
        if row.sent_at is not None:
            rows[row.key] = row
            by_subject.setdefault(row.subject_key, []).append(row.sent_at)
    for subject, times in by_subject.items():
        span = {"subject": subject, "since": min(times) - SUBJECT_WINDOW, "until": max(times)}
        same = connection.execute(_SAME_SUBJECT, span).all()
        if len(same) <= MAX_SAME_SUBJECT:
            rows.update((row.key, row) for row in same)


def people_of(connection: Connection, message_keys: Iterable[bytes]) -> dict[bytes, frozenset[str]]:
    """The normal addresses in From, To and Cc of each copy."""
    found: dict[bytes, set[str]] = {}
    for key, normal in select_in(connection, _PEOPLE.where, participant.c.message_key, message_keys):
        found.setdefault(key, set()).add(normal)
    return {key: frozenset(people) for key, people in found.items()}
