"""What a look at the past needs beside relations: whose past it is, in slices, and how they are called."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, select

from store.schema.core import contact, link


def contacts_after(
    connection: Connection, after: str, since: datetime, limit: int, only: str | None = None
) -> list[tuple[str, str]]:
    """(id, name) of living contacts with whom there was something since then: the next ones by their ids."""
    query = select(contact.c.id, contact.c.display_name).where(
        contact.c.id > after,
        contact.c.deleted_at.is_(None),
        contact.c.merged_into_id.is_(None),
        exists().where(link.c.contact_id == contact.c.id, link.c.occurred_at >= since),
    )
    if only is not None:
        query = query.where(contact.c.id == only)
    return [(row.id, row.display_name) for row in connection.execute(query.order_by(contact.c.id).limit(limit))]
