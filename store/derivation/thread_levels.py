"""How much of a thread others see, where a person said so: decisions that outlive the merging of threads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, select

from matching.visibility import Level, narrowest
from store.derivation.copies import item_keys, mark_dirty
from store.schema.core import message, redirect
from store.schema.privacy import thread_visibility
from store.upsert import upsert

#: Threads that merged again and again are followed so far.
_STEPS = 20


def decisions(connection: Connection) -> dict[str, Level]:
    """Thread id -> level, of all decisions; where two threads merged, the narrower holds."""
    found = {row.thread_id: Level(row.level) for row in connection.execute(select(thread_visibility))}
    if not found:
        return {}
    levels: dict[str, Level] = {}
    for thread_id, level in found.items():
        now = _followed(connection, thread_id)
        levels[now] = narrowest((level, levels.get(now, Level.FULL)))
    return levels


def _followed(connection: Connection, thread_id: str) -> str:
    """The thread that took this one's place, if one did."""
    for _step in range(_STEPS):
        here = and_(redirect.c.entity == "thread", redirect.c.old_id == thread_id)
        new = connection.scalar(select(redirect.c.new_id).where(here))
        if new is None:
            return thread_id
        thread_id = new
    return thread_id


def thread_of(connection: Connection, what: str) -> str | None:
    """The thread of this id, or of the interaction of this id; None where there is none. Also hidden ones."""
    now = _followed(connection, what)
    query = select(message.c.thread_id).where((message.c.thread_id == now) | (message.c.interaction_id == what))
    return connection.scalar(query.limit(1))


def decide(connection: Connection, thread_id: str, level: Level | None, now: datetime) -> Level | None:
    """Say how much others see of a thread at most; None takes it back. Returns what was said before.

    What follows from it is marked dirty.
    """
    before = decisions(connection).get(thread_id)
    for row in connection.execute(select(thread_visibility.c.thread_id)).all():
        if _followed(connection, row.thread_id) == thread_id:
            connection.execute(delete(thread_visibility).where(thread_visibility.c.thread_id == row.thread_id))
    if level is not None:
        row_of = {"thread_id": thread_id, "level": level.value, "decided_at": now}
        upsert(connection, thread_visibility, [row_of], update=("level", "decided_at"))
    mark_threads(connection, [thread_id])
    return before


def mark_threads(connection: Connection, thread_ids: Iterable[str]) -> None:
    """Have the mails of these threads derived anew."""
    mark_dirty(connection, "item", item_keys(connection, message.c.thread_id, thread_ids))


def signature(connection: Connection) -> list[tuple[str, str]]:
    """All decisions as they stand, to notice a change."""
    return sorted((row.thread_id, row.level) for row in connection.execute(select(thread_visibility)))
