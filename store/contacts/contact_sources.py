"""The lists of contacts that are followed: how each fares, and the cards of address books."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from store.schema.contacts import contact_card, contact_source
from store.schema.core import contact
from store.upsert import chunks, upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How a source fares."""

    name: str
    kind: str
    #: ok | failed
    state: str
    #: For people; None where all is well.
    reason: str | None
    tried_at: datetime
    last_success_at: datetime | None
    #: Living contacts that come from it.
    contacts: int
    #: Of what it says, so much could not be taken.
    rejected: int


@dataclass(frozen=True, slots=True)
class KnownCard:
    """A card as it was last seen."""

    version: str
    external_id: str | None
    reason: str | None


def states(connection: Connection, names: Iterable[str]) -> dict[str, SourceState]:
    """Name -> how it fares, of the sources that were tried."""
    fields = [contact_source.c[name] for name in SourceState.__dataclass_fields__]
    rows = connection.execute(select(*fields).where(contact_source.c.name.in_(list(names))))
    return {row.name: SourceState(**row._mapping) for row in rows}


def digest(connection: Connection, name: str) -> tuple[str | None, datetime | None]:
    """Of what it said when it last took effect without a remainder, and when that was."""
    row = connection.execute(
        select(contact_source.c.digest, contact_source.c.digest_at).where(contact_source.c.name == name)
    ).first()
    return (row.digest, row.digest_at) if row else (None, None)


def is_held_back(connection: Connection, name: str) -> bool:
    """Were removals not believed when it was last read?"""
    return bool(connection.scalar(select(contact_source.c.held_back).where(contact_source.c.name == name)))


def cursors(connection: Connection, name: str) -> dict[str, str]:
    """Book -> where it stands."""
    text = connection.scalar(select(contact_source.c.cursors).where(contact_source.c.name == name))
    found: dict[str, str] = json.loads(text) if text else {}
    return found


def failed(connection: Connection, name: str, kind: str, reason: str, now: datetime) -> None:
    """It could not be read."""
    row: dict[str, Any] = {"name": name, "kind": kind, "state": "failed", "reason": reason, "tried_at": now}
    row |= {"contacts": 0, "rejected": 0, "held_back": 0, "cursors": "{}"}
    upsert(connection, contact_source, [row], update=["kind", "state", "reason", "tried_at"])


def succeeded(
    connection: Connection,
    name: str,
    kind: str,
    now: datetime,
    *,
    reason: str | None,
    rejected: int,
    held_back: int,
    digest: str | None = None,
    cursors: Mapping[str, str] | None = None,
) -> int:
    """It was read, and took effect; `digest` None: it has to be looked at again. Returns how many contacts it has."""
    living = (contact.c.external_source == name, contact.c.deleted_at.is_(None))
    contacts = connection.scalar(select(func.count()).select_from(contact).where(*living)) or 0
    row: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "state": "ok",
        "reason": reason,
        "tried_at": now,
        "last_success_at": now,
    }
    row |= {
        "contacts": contacts,
        "rejected": rejected,
        "held_back": held_back,
        "digest": digest,
        "digest_at": now if digest else None,
    }
    row["cursors"] = json.dumps(dict(cursors or {}), ensure_ascii=False, sort_keys=True)
    upsert(connection, contact_source, [row], update=[each for each in row if each != "name"])
    return contacts


def touched(connection: Connection, name: str, now: datetime) -> int:
    """It was read and says what it said before; returns how many contacts it has."""
    same = contact_source.c.name == name
    values = {"state": "ok", "tried_at": now, "last_success_at": now, "reason": None}
    connection.execute(update(contact_source).where(same).values(values))
    return connection.scalar(select(contact_source.c.contacts).where(same)) or 0


def cards(connection: Connection, source: str, book: str) -> dict[str, KnownCard]:
    """Ref -> card, of one book."""
    table = contact_card.c
    query = select(table.ref, table.version, table.external_id, table.reason)
    rows = connection.execute(query.where(table.source == source, table.book == book))
    return {row.ref: KnownCard(row.version, row.external_id, row.reason) for row in rows}


def refused_cards(connection: Connection, source: str) -> list[tuple[str, str, str]]:
    """(book, ref, reason) of the cards that can't be taken."""
    table = contact_card.c
    query = select(table.book, table.ref, table.reason).where(table.source == source, table.reason.is_not(None))
    return [(row.book, row.ref, row.reason) for row in connection.execute(query.order_by(table.book, table.ref))]


def save_cards(connection: Connection, source: str, book: str, found: Mapping[str, KnownCard]) -> None:
    """Write how these cards were seen."""
    rows = [
        {
            "source": source,
            "book": book,
            "ref": ref,
            "version": card.version,
            "external_id": card.external_id,
            "reason": card.reason,
        }
        for ref, card in sorted(found.items())
    ]
    upsert(connection, contact_card, rows, update=["version", "external_id", "reason"])


def drop_cards(connection: Connection, source: str, book: str, refs: Sequence[str]) -> None:
    """These are gone."""
    table = contact_card
    for part in chunks(refs):
        same = (table.c.source == source, table.c.book == book, table.c.ref.in_(part))
        connection.execute(delete(table).where(*same))


def books(connection: Connection, source: str) -> list[str]:
    """The books of which cards are known."""
    query = select(contact_card.c.book).where(contact_card.c.source == source).distinct()
    return sorted(connection.scalars(query))
