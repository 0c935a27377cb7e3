"""Reading the part of the thread graph that a change can reach."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from store.keys import IdentityKey
from store.schema import message, participant, reference
from store.upsert import select_in

_COLUMNS = (
    message.c.key,
    message.c.mid,
    message.c.mid_key,
    message.c.fingerprint,
    message.c.sender,
    message.c.sent_at,
    message.c.subject,
    message.c.subject_key,
    message.c.in_reply_to,
    message.c.refs,
    message.c.thread_index,
    message.c.conversation_key,
    message.c.list_id,
    message.c.interaction_id,
    message.c.thread_id,
)
#: A subject borne by more mails than this says nothing about belonging together.
MAX_SAME_SUBJECT = 500
#: How long after a mail an answer without a reference to it is still believed to be one.
SUBJECT_WINDOW = timedelta(days=31)


def reachable(connection: Connection, key: IdentityKey, message_keys: Iterable[bytes]) -> list[Row[Any]]:
    """All copies whose thread may change because of these: neighbours by id and subject, and their whole threads.

    Threads in the store are closed under references, so one step outward and then whole threads are enough.
    """
    rows: dict[bytes, Row[Any]] = {}
    _gather(connection, rows, message.c.key, message_keys)
    near: set[bytes] = {row.mid_key for row in rows.values() if row.mid_key}
    referred: set[bytes] = set(near)
    for row in rows.values():
        referred.update(key.digest("mid", i) for i in (*json.loads(row.refs), *json.loads(row.in_reply_to)))
    _gather(connection, rows, message.c.mid_key, referred)
    edges = select_in(connection, select(reference.c.message_key).where, reference.c.target_key, referred)
    _gather(connection, rows, message.c.key, {row.message_key for row in edges})
    shared = {row.conversation_key for row in rows.values() if row.conversation_key}
    _gather(connection, rows, message.c.conversation_key, shared)
    _gather_same_subject(connection, rows)
    threads = {row.thread_id for row in rows.values() if row.thread_id}
    _gather(connection, rows, message.c.thread_id, threads)
    return list(rows.values())


def _gather_same_subject(connection: Connection, rows: dict[bytes, Row[Any]]) -> None:
    """Answers that name no parent, near these mails, and the mails they may answer."""
    subjects = {row.subject_key for row in rows.values() if row.subject_key}
    orphans = select(*_COLUMNS).where(message.c.is_orphan_reply)
    by_subject: dict[bytes, list[datetime]] = {}
    for row in select_in(connection, orphans.where, message.c.subject_key, subjects):
        if row.sent_at is not None:
            rows[row.key] = row
            by_subject.setdefault(row.subject_key, []).append(row.sent_at)
    for subject, times in by_subject.items():
        span = message.c.sent_at.between(min(times) - SUBJECT_WINDOW, max(times))
        query: Select[Any] = select(*_COLUMNS).where(message.c.subject_key == subject, span)
        same = connection.execute(query.limit(MAX_SAME_SUBJECT + 1)).all()
        if len(same) <= MAX_SAME_SUBJECT:
            rows.update((row.key, row) for row in same)


def people_of(connection: Connection, message_keys: Iterable[bytes]) -> dict[bytes, frozenset[str]]:
    """The normal addresses in From, To and Cc of each copy."""
    found: dict[bytes, set[str]] = {}
    query = select(participant.c.message_key, participant.c.normal).where(
        participant.c.role.in_(("from", "to", "cc")), participant.c.normal.is_not(None)
    )
    for row in select_in(connection, query.where, participant.c.message_key, message_keys):
        found.setdefault(row.message_key, set()).add(row.normal)
    return {key: frozenset(people) for key, people in found.items()}


def _gather(connection: Connection, rows: dict[bytes, Row[Any]], column: Any, values: Iterable[Any]) -> None:
    for row in select_in(connection, select(*_COLUMNS).where, column, values):
        rows[row.key] = row
