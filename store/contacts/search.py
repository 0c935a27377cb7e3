"""Finding a contact by what people call it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Select, and_, func, select

from matching.addresses import normalize
from matching.names import name_key
from store.schema.core import contact, contact_address, redirect
from store.upsert import select_in

_LIVING = contact.c.deleted_at.is_(None)
#: The contact itself, or the one that stands for it since they were merged.
_ROOT = func.coalesce(contact.c.merged_into_id, contact.c.id)


@dataclass(frozen=True, slots=True)
class ContactHit:
    """A contact that a search found."""

    id: str
    display_name: str
    #: Those in use, the primary one first, with those of contacts merged into it.
    addresses: tuple[str, ...]


def find_contacts(connection: Connection, who: str, limit: int = 20) -> list[ContactHit]:
    """By id, address, name or part of a name; an exact answer goes before partial ones.

    What names a merged contact, also an id that was given up, finds the one that stands for it.
    """
    for query in _queries(who, _ROOT):
        ids = list(connection.scalars(query.distinct().order_by(_ROOT).limit(limit)))
        if ids:
            return _hits(connection, ids, contact_address.c.holder_id)
    return []


def find_merged(connection: Connection, who: str, limit: int = 20) -> list[ContactHit]:
    """The merged contacts that this names by themselves."""
    for query in _queries(who, contact.c.id):
        merged = query.where(contact.c.merged_into_id.is_not(None))
        ids = list(connection.scalars(merged.distinct().order_by(contact.c.id).limit(limit)))
        if ids:
            return _hits(connection, ids, contact_address.c.contact_id)
    return []


def merged_contacts(connection: Connection, contact_id: str) -> list[ContactHit]:
    """The contacts that this one stands for."""
    query = select(contact.c.id).where(contact.c.merged_into_id == contact_id, _LIVING).order_by(contact.c.id)
    return _hits(connection, list(connection.scalars(query)), contact.c.id)


def described(connection: Connection, ids: Iterable[str]) -> list[ContactHit]:
    """These contacts, with the addresses of those merged into them."""
    return _hits(connection, sorted(ids), contact_address.c.holder_id)


def _queries(who: str, found: Any) -> list[Select[Any]]:
    of_id = who.strip().lower()
    given_up = select(redirect.c.new_id).where(redirect.c.entity == "contact", redirect.c.old_id == of_id)
    queries = [
        select(found).where(contact.c.id == of_id, _LIVING),
        select(found).where(contact.c.id.in_(given_up), _LIVING),
    ]
    normal = normalize(who)
    if normal:
        held = select(found).join(contact_address, contact_address.c.contact_id == contact.c.id)
        now = contact_address.c.valid_to_at.is_(None)
        queries.append(held.where(contact_address.c.normal == normal, now, _LIVING))
        queries.append(held.where(contact_address.c.normal == normal, _LIVING))
    folded = name_key(who)
    if folded:
        queries.append(select(found).where(contact.c.name_key == folded, _LIVING))
        words = (contact.c.name_key.contains(word, autoescape=True) for word in folded.split())
        queries.append(select(found).where(_LIVING, and_(*words)))
    return queries


def _hits(connection: Connection, ids: list[str], owner: Column[str]) -> list[ContactHit]:
    addresses: dict[str, dict[str, None]] = {}
    of_another = contact_address.c.holder_id != contact_address.c.contact_id
    order = (of_another, contact_address.c.is_primary.desc(), contact_address.c.normal)
    query = (
        select(owner.label("owner"), contact_address.c.address)
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .where(_LIVING, contact_address.c.valid_to_at.is_(None))
        .order_by(*order)
    )
    for row in select_in(connection, query.where, owner, ids):
        addresses.setdefault(row.owner, {})[row.address] = None
    rows = select_in(connection, select(contact.c.id, contact.c.display_name).where, contact.c.id, ids)
    return [
        ContactHit(row.id, row.display_name, tuple(addresses.get(row.id, ())))
        for row in sorted(rows, key=lambda row: ids.index(row.id))
    ]
