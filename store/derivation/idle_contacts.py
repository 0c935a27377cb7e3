"""Contacts that nothing speaks for any more."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, select

from store.contacts import organizations as organization_rows
from store.schema.core import contact, contact_address, link
from store.upsert import one_of, select_in


def drop_idle_contacts(connection: Connection, contact_ids: Sequence[str]) -> None:
    """Contacts that the policy made, and that no mail concerns any more, go."""
    is_linked = exists().where(link.c.contact_id == contact.c.id)
    columns = select(contact.c.id, contact.c.organization_id)
    idle = columns.where(contact.c.origin == "policy", contact.c.deleted_at.is_(None), ~is_linked)
    rows = select_in(connection, idle.where, contact.c.id, contact_ids)
    ids = [row.id for row in rows]
    if ids:
        connection.execute(delete(contact_address).where(one_of(connection, contact_address.c.contact_id, ids)))
        connection.execute(delete(contact).where(one_of(connection, contact.c.id, ids)))
        organization_rows.drop_unused(connection, {row.organization_id for row in rows if row.organization_id})
