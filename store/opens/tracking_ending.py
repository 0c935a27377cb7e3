"""The end of recording opens and clicks: hits go, and no more are written. Links go on leading where they led."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from store.derivation import engagement
from store.schema.core import contact_address, message
from store.schema.tasks import signal
from store.schema.tracking import tracked, tracked_recipient, tracking_hit, tracking_token
from store.upsert import chunks, one_of, select_in

#: Kinds of signals that follow from hits.
OPEN, CLICK = "open", "click"


def end(connection: Connection, contact_ids: Sequence[str], now: datetime) -> None:
    """These contacts withdrew their consent: what was recorded of mails to them goes, and nothing more is."""
    held = select(contact_address.c.normal, contact_address.c.base).where
    rows = select_in(connection, held, contact_address.c.contact_id, sorted(contact_ids))
    ids = to_addresses(connection, {form for row in rows for form in (row.normal, row.base)})
    _drop_hits(connection, ids)
    for part in chunks(ids):
        ended = update(tracked).where(tracked.c.id.in_(part), tracked.c.ended_at.is_(None))
        connection.execute(ended.values(ended_at=now))


def forget(connection: Connection, forms: Iterable[str]) -> None:
    """Somebody is erased: nothing of mails to these addresses is left but where their links lead."""
    ids = to_addresses(connection, set(forms))
    drop(connection, ids, keep_links=True)


def drop(connection: Connection, ids: Collection[str], *, keep_links: bool = False) -> None:
    """Forget these tracked mails, with what was recorded of them."""
    _drop_hits(connection, ids)
    for part in chunks(sorted(ids)):
        connection.execute(delete(tracked_recipient).where(tracked_recipient.c.tracked_id.in_(part)))
        connection.execute(delete(tracked).where(tracked.c.id.in_(part)))
        if not keep_links:
            connection.execute(delete(tracking_token).where(tracking_token.c.tracked_id.in_(part)))


def to_addresses(connection: Connection, forms: set[str]) -> list[str]:
    """Ids of tracked mails to any of these normal or base forms."""
    table = tracked_recipient
    found: set[str] = set()
    for column in (table.c.address, table.c.base):
        found.update(row.tracked_id for row in select_in(connection, select(table.c.tracked_id).where, column, forms))
    return sorted(found)


def _drop_hits(connection: Connection, ids: Collection[str]) -> None:
    """Hits, and the signals that follow from them."""
    keys: set[bytes] = set()
    for part in chunks(sorted(ids)):
        connection.execute(delete(tracking_hit).where(tracking_hit.c.tracked_id.in_(part)))
        query = select(tracked.c.mid_key).where(tracked.c.id.in_(part), tracked.c.mid_key.is_not(None))
        keys.update(connection.scalars(query))
    rows = select_in(connection, select(message.c.interaction_id).where, message.c.mid_key, sorted(keys))
    mails = sorted({row.interaction_id for row in rows if row.interaction_id})
    if mails:
        is_told = signal.c.kind.in_((OPEN, CLICK))
        told = select_in(connection, select(signal.c.contact_id).where(is_told).where, signal.c.interaction_id, mails)
        connection.execute(delete(signal).where(one_of(connection, signal.c.interaction_id, mails), is_told))
        engagement.mark(connection, {row.contact_id for row in told})
