"""The readers' feed: every change of what the views show, numbered in the order in which readers may see them.

Triggers (store.published.feed_triggers) note changes in the outbox of the transaction that makes them. A sequencer
gives them their numbers: on SQLite, where there is one writer at a time, as the last act of that transaction; on
PostgreSQL after it, one sequencer at a time, so that number n + 1 is never committed before n. No reader can pass over
a number, and no transaction that is open elsewhere holds one back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from store.errors import StoreError
from store.published.feed_triggers import WATCHED
from store.schema.core import meta
from store.schema.feed import change, feed_state, outbox
from store.upsert import upsert_rows

#: The words of v1_change.entity.
ENTITIES = tuple(watched.entity for watched in WATCHED)

#: NOTIFY channel on PostgreSQL; its payload is the last number.
CHANNEL = "keeptouch_changes"

#: Of several changes of an entity that were not yet numbered, what readers need to know is the last; where it went
#: away, why it did.
_LAST = """
    SELECT entity, entity_id, max(id) AS last_id,
        CASE WHEN max(CASE WHEN op = 'upsert' THEN id ELSE 0 END)
                > max(CASE WHEN op IN ('delete', 'erase') THEN id ELSE 0 END) THEN 'upsert'
             WHEN max(CASE WHEN op = 'erase' THEN 1 ELSE 0 END) = 1 THEN 'erase'
             WHEN max(CASE WHEN op = 'redirect' THEN 1 ELSE 0 END) = 1 THEN 'redirect'
             ELSE 'delete' END AS op
    FROM {source} GROUP BY entity, entity_id
"""
_NUMBER = """
    INSERT INTO change (seq, entity, entity_id, op, changed_at)
    SELECT :last + row_number() OVER (ORDER BY last_id), entity, entity_id, op, :now FROM ({last}) AS latest
"""
_SQLITE = text(_NUMBER.format(last=_LAST.format(source="outbox"))).bindparams(
    bindparam("now", type_=change.c.changed_at.type)
)
_POSTGRESQL = text(
    f"WITH taken AS (DELETE FROM outbox RETURNING id, entity, entity_id, op) {_NUMBER}".format(  # noqa: S608 - words of ours
        last=_LAST.format(source="taken")
    )
).bindparams(bindparam("now", type_=change.c.changed_at.type))


@dataclass(frozen=True, slots=True)
class Standing:
    """What the feed holds now."""

    epoch: str
    #: The oldest number that is still there; one above `last_seq` where none is.
    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class Changed:
    """One change."""

    seq: int
    entity: str
    entity_id: str
    #: upsert, delete, redirect or erase
    op: str
    changed_at: datetime


def number(connection: Connection, now: datetime) -> int:
    """Give numbers to what waits in the outbox; returns how many there were. One caller at a time, by a row's lock."""
    state = select(feed_state.c.last_seq)
    if connection.dialect.name == "postgresql":
        state = state.with_for_update()
    elif connection.scalar(select(outbox.c.id).limit(1)) is None:
        return 0
    last: int = connection.execute(state).scalar_one()
    if connection.dialect.name == "postgresql":
        count = connection.execute(_POSTGRESQL, {"last": last, "now": now}).rowcount
    else:
        count = connection.execute(_SQLITE, {"last": last, "now": now}).rowcount
        connection.execute(delete(outbox))
    if count:
        connection.execute(update(feed_state).values(last_seq=last + count))
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_notify(CHANNEL, str(last + count))))
    return count


def is_waiting(connection: Connection) -> bool:
    """Does anything in the outbox wait for its number?"""
    return connection.scalar(select(outbox.c.id).limit(1)) is not None


def standing(connection: Connection) -> Standing:
    """Where the feed stands."""
    epoch = connection.scalar(select(meta.c.value).where(meta.c.name == "feed_epoch")) or ""
    row = connection.execute(select(feed_state.c.first_seq, feed_state.c.last_seq)).one()
    return Standing(epoch, row.first_seq, row.last_seq)


def changes(connection: Connection, since: int, limit: int) -> Sequence[Changed]:
    """Up to `limit` changes after the number `since`, in order; raises StoreError where some after it are gone."""
    now = standing(connection)
    if since + 1 < now.first_seq or since > now.last_seq:
        raise StoreError(
            f"the feed holds the changes {now.first_seq} to {now.last_seq}, and {since} is not among them",
            "read the views anew, and follow from v1_store.last_seq as it was before that",
        )
    rows = connection.execute(select(change).where(change.c.seq > since).order_by(change.c.seq).limit(limit))
    return [Changed(row.seq, row.entity, row.entity_id, row.op, row.changed_at) for row in rows]


def erased(connection: Connection, entity: str, ids: Iterable[str]) -> None:
    """Tell readers that these were erased for a person's sake: they must forget them too."""
    upsert_rows(connection, outbox, ("entity", "entity_id", "op"), [(entity, each, "erase") for each in ids])


def prune(connection: Connection, before: datetime) -> int:
    """Drop changes from before that time; returns how many. Readers behind them have to read the views anew."""
    last = connection.scalar(select(func.max(change.c.seq)).where(change.c.changed_at < before))
    if last is None:
        return 0
    dropped = connection.execute(delete(change).where(change.c.seq <= last)).rowcount
    connection.execute(update(feed_state).values(first_seq=last + 1))
    return dropped
