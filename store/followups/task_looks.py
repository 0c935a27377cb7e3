"""When tasks of contacts are looked at: at once, or when the first of them can be due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from matching.followups import LONGEST
from store.derivation.copies import mark_dirty
from store.followups.tasks import standing_of
from store.schema.signals import SURE
from store.schema.tasks import TASKS, signal, task_look
from store.upsert import one_of, select_in, upsert_rows

#: So far back is looked.
WINDOW = timedelta(days=200)
#: What was not known when tasks of a contact were looked at is looked for again within this time.
AGAIN_WITHIN = timedelta(hours=1)
_LOOKS = select(task_look.c.contact_id, task_look.c.look_at)


def save_looks(connection: Connection, looks: Mapping[str, datetime | None]) -> None:
    """Contact -> when it is looked at again; None: when something happens."""
    stored = {row.contact_id: row.look_at for row in select_in(connection, _LOOKS.where, task_look.c.contact_id, looks)}
    if gone := sorted(each for each in stored if looks[each] is None):
        connection.execute(delete(task_look).where(one_of(connection, task_look.c.contact_id, gone)))
    rows = [(each, at) for each, at in sorted(looks.items()) if at is not None and stored.get(each) != at]
    upsert_rows(connection, task_look, ("contact_id", "look_at"), rows, update=("look_at",))


def put_off(connection: Connection, until: Mapping[str, datetime], now: datetime) -> None:
    """Have contacts looked at when something can be due of which nothing could be before: contact -> when that is, by
    what changed.

    Those are looked at at once of whom something stands that may be settled, was due already, was not known, or rests
    on when they are back. `until` lies after the change by LONGEST at the most.
    """
    waiting = {each for each, at in until.items() if at > now}
    away = select(signal.c.contact_id).where(signal.c.kind == "auto_reply", signal.c.confidence >= SURE)
    still = away.where(signal.c.return_on >= (now - 2 * LONGEST).date(), signal.c.occurred_at >= now - WINDOW)
    waiting -= standing_of(connection, waiting)
    waiting -= {row.contact_id for row in select_in(connection, still.where, signal.c.contact_id, waiting)}
    stored = {row[0]: row[1] for row in select_in(connection, _LOOKS.where, task_look.c.contact_id, waiting)}
    waiting -= {each for each, at in stored.items() if at <= now + AGAIN_WITHIN}
    rows = [(each, until[each]) for each in sorted(waiting) if each not in stored or until[each] < stored[each]]
    upsert_rows(connection, task_look, ("contact_id", "look_at"), rows, update=("look_at",))
    mark_dirty(connection, TASKS, until.keys() - waiting)


def mark_due(connection: Connection, now: datetime, limit: int) -> int:
    """Have contacts looked at whose time has come; returns how many."""
    query = select(task_look.c.contact_id).where(task_look.c.look_at <= now).order_by(task_look.c.look_at)
    ids = list(connection.scalars(query.limit(limit)))
    if ids:
        connection.execute(delete(task_look).where(one_of(connection, task_look.c.contact_id, ids)))
        mark_dirty(connection, TASKS, ids)
    return len(ids)
