"""The organizations of contacts: by the domain of the primary address, else by the name that was entered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, select, update

from matching.addresses import domain_of
from matching.names import name_key
from matching.organizations import display_name, organization_domain
from store.keys import IdentityKey
from store.schema.core import contact, organization
from store.upsert import chunks, select_in


def row(key: IdentityKey, normal: str | None, name: str | None) -> dict[str, Any] | None:
    """The row of a contact's organization: of its primary address's domain, unless that is a free-mail provider's."""
    domain = organization_domain(domain_of(normal)) if normal else None
    if domain is not None:
        return {"id": key.id("organization", domain), "domain": domain, "display_name": display_name(domain)}
    if not name:
        return None
    folded = name_key(name) or name
    return {"id": key.id("organization", "", folded), "domain": None, "display_name": name}


def of_contacts(connection: Connection, contact_ids: Iterable[str]) -> set[str]:
    """The organizations that these contacts belong to."""
    rows = select_in(connection, select(contact.c.organization_id).where, contact.c.id, contact_ids)
    return {each.organization_id for each in rows if each.organization_id}


def drop_unused(connection: Connection, ids: Iterable[str]) -> None:
    """Remove those that were there only for contacts that left them."""
    used = exists().where(contact.c.organization_id == organization.c.id)
    for part in chunks(sorted(ids)):
        unused = organization.c.id.in_(part) & organization.c.external_id.is_(None) & ~used
        connection.execute(delete(organization).where(unused))


def name(connection: Connection, ids: Iterable[str]) -> None:
    """Call them as most of their contacts' lists do, else by their domain."""
    counted = (
        select(contact.c.organization_id, contact.c.organization_name, func.count().label("contacts"))
        .where(contact.c.organization_name.is_not(None), contact.c.deleted_at.is_(None))
        .group_by(contact.c.organization_id, contact.c.organization_name)
    )
    ids = sorted(ids)
    best: dict[str, tuple[int, str]] = {}
    for each in select_in(connection, counted.where, contact.c.organization_id, ids):
        offered = (-each.contacts, each.organization_name)
        best[each.organization_id] = min(best.get(each.organization_id, offered), offered)
    columns = select(organization.c.id, organization.c.domain, organization.c.display_name)
    changed = []
    for each in select_in(connection, columns.where, organization.c.id, ids):
        if each.id in best:
            wanted = best[each.id][1]
        else:
            wanted = display_name(each.domain) if each.domain else each.display_name
        if wanted != each.display_name:
            changed.append({"i": each.id, "n": wanted})
    if changed:
        of_id = organization.c.id == bindparam("i")
        connection.execute(update(organization).where(of_id).values(display_name=bindparam("n")), changed)
