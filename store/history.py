"""Writing what derivation found: interactions, links, people, threads, and the redirects of ids that merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, select, update

from matching.policy import Direction
from store.schema import interaction, interaction_person, link, message, redirect, thread
from store.upsert import chunks, select_in, upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One row of history, as derived from the copies of a mail."""

    id: str
    direction: Direction
    occurred_at: datetime
    message_key: bytes
    is_unverified: bool
    is_message_id_reused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An interaction's tie to a contact, with its reason."""

    contact_id: str
    occurred_at: datetime
    interaction_id: str
    role: str
    address: str
    reason: str


def save_interactions(connection: Connection, items: Sequence[Interaction], now: datetime) -> None:
    """Insert or change; rows that stay the same are not touched."""
    columns = [interaction.c[name] for name in Interaction.__slots__]
    stored = {
        row.id: row
        for row in select_in(
            connection, lambda within: select(*columns).where(within), interaction.c.id, [i.id for i in items]
        )
    }
    rows: list[dict[str, Any]] = []
    for item in items:
        values = {name: getattr(item, name) for name in Interaction.__slots__}
        values["direction"] = item.direction.value
        old = stored.get(item.id)
        if old is None or any(getattr(old, name) != value for name, value in values.items()):
            rows.append({**values, "kind": "email", "visibility": "full", "created_at": now, "updated_at": now})
    upsert(connection, interaction, rows, update=[*Interaction.__slots__[1:], "updated_at"])


def assign_messages(connection: Connection, ids: Mapping[bytes, str]) -> None:
    """Say which interaction each copy belongs to."""
    if ids:
        connection.execute(
            update(message).where(message.c.key == bindparam("k")).values(interaction_id=bindparam("i")),
            [{"k": key, "i": interaction_id} for key, interaction_id in ids.items()],
        )


def drop_orphans(connection: Connection, successors: Mapping[str, str | None], now: datetime) -> set[str]:
    """Remove interactions that no copy belongs to any more; returns their threads.

    `successors`: old id -> the id that took its copies, or None.
    """
    held = {
        row[0]
        for row in select_in(
            connection,
            lambda within: select(message.c.interaction_id).where(within).distinct(),
            message.c.interaction_id,
            successors,
        )
    }
    gone = sorted(set(successors) - held)
    threads = {
        row.thread_id
        for row in select_in(
            connection, lambda within: select(interaction.c.thread_id).where(within), interaction.c.id, gone
        )
        if row.thread_id
    }
    for part in chunks(gone):
        connection.execute(delete(link).where(link.c.interaction_id.in_(part)))
        connection.execute(delete(interaction_person).where(interaction_person.c.interaction_id.in_(part)))
        connection.execute(delete(interaction).where(interaction.c.id.in_(part)))
    add_redirects(connection, "interaction", {old: new for old in gone if (new := successors[old])}, now)
    return threads


def add_redirects(connection: Connection, entity: str, moved: Mapping[str, str], now: datetime) -> None:
    """Readers who kept an old id find the new one."""
    rows = [{"entity": entity, "old_id": old, "new_id": new, "at": now} for old, new in sorted(moved.items())]
    upsert(connection, redirect, rows, update=["new_id", "at"])


def replace_links(connection: Connection, interaction_ids: Iterable[str], links: Iterable[Link]) -> None:
    """The links of these interactions become exactly `links`."""
    names = Link.__slots__
    wanted = {tuple(getattr(each, name) for name in names) for each in links}
    _replace(connection, link, names, interaction_ids, wanted)


def replace_people(
    connection: Connection, interaction_ids: Iterable[str], people: Iterable[tuple[str, str, str]]
) -> None:
    """Who of ours takes part: exactly these (interaction, person, account or "")."""
    names = ("interaction_id", "person_id", "account_id")
    _replace(connection, interaction_person, names, interaction_ids, set(people))


def _replace(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    interaction_ids: Iterable[str],
    wanted: set[tuple[Any, ...]],
) -> None:
    """The rows of these interactions become exactly `wanted`; rows that stay are not touched."""
    columns = [table.c[name] for name in names]
    stored = {
        tuple(row) for row in select_in(connection, select(*columns).where, table.c.interaction_id, interaction_ids)
    }
    _remove(connection, table, names, stored - wanted)
    rows = [dict(zip(names, values, strict=True)) for values in sorted(wanted - stored)]
    upsert(connection, table, rows)


def _remove(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    keys = [name for name in names if name in table.primary_key.columns]
    doomed = [dict(zip((f"k_{n}" for n in names), values, strict=True)) for values in rows]
    if doomed:
        statement = delete(table).where(*(table.c[name] == bindparam(f"k_{name}") for name in keys))
        connection.execute(statement, doomed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPlace:
    """Where an interaction stands among those it belongs with."""

    interaction_id: str
    thread_id: str
    parent_id: str | None
    basis: str


def save_thread_places(connection: Connection, places: Sequence[ThreadPlace], now: datetime) -> set[str]:
    """Write changed places; returns every thread that gained or lost something."""
    stored = {
        row.id: row
        for row in select_in(
            connection,
            lambda within: select(
                interaction.c.id, interaction.c.thread_id, interaction.c.parent_id, interaction.c.thread_basis
            ).where(within),
            interaction.c.id,
            [p.interaction_id for p in places],
        )
    }
    touched: set[str] = set()
    rows = []
    for place in places:
        old = stored[place.interaction_id]
        touched.add(place.thread_id)
        if old.thread_id:
            touched.add(old.thread_id)
        if (old.thread_id, old.parent_id, old.thread_basis) != (
            place.thread_id,
            place.parent_id,
            place.basis,
        ):
            rows.append(
                {
                    "i": place.interaction_id,
                    "t": place.thread_id,
                    "p": place.parent_id,
                    "b": place.basis,
                    "n": now,
                }
            )
    if rows:
        connection.execute(
            update(interaction)
            .where(interaction.c.id == bindparam("i"))
            .values(
                thread_id=bindparam("t"),
                parent_id=bindparam("p"),
                thread_basis=bindparam("b"),
                updated_at=bindparam("n"),
            ),
            rows,
        )
    return touched


def assign_threads(connection: Connection, ids: Mapping[bytes, str]) -> None:
    """Say which thread each copy belongs to."""
    if ids:
        connection.execute(
            update(message).where(message.c.key == bindparam("k")).values(thread_id=bindparam("t")),
            [{"k": key, "t": thread_id} for key, thread_id in ids.items()],
        )


def refresh_threads(
    connection: Connection, thread_ids: Iterable[str], successors: Mapping[str, str], now: datetime
) -> None:
    """Make the rows of these threads tell what their interactions say; empty ones go, with a redirect."""
    ids = set(thread_ids)
    spans = {
        row.thread_id: row
        for row in select_in(
            connection,
            lambda within: (
                select(
                    interaction.c.thread_id,
                    func.min(interaction.c.occurred_at).label("first_at"),
                    func.max(interaction.c.occurred_at).label("last_at"),
                    func.count().label("count"),
                )
                .where(within)
                .group_by(interaction.c.thread_id)
            ),
            interaction.c.thread_id,
            ids,
        )
    }
    firsts: dict[str, str] = {}
    for row in select_in(
        connection,
        lambda within: (
            select(interaction.c.thread_id, message.c.subject)
            .join(message, message.c.key == interaction.c.message_key)
            .where(within)
            .order_by(interaction.c.thread_id, interaction.c.occurred_at, interaction.c.id)
        ),
        interaction.c.thread_id,
        spans,
    ):
        firsts.setdefault(row.thread_id, row.subject)
    upsert(
        connection,
        thread,
        [
            {
                "id": thread_id,
                "subject": firsts[thread_id],
                "first_at": row.first_at,
                "last_at": row.last_at,
                "interaction_count": row.count,
            }
            for thread_id, row in sorted(spans.items())
        ],
        update=["subject", "first_at", "last_at", "interaction_count"],
    )
    gone = ids - set(spans)
    for part in chunks(sorted(gone)):
        connection.execute(delete(thread).where(thread.c.id.in_(part)))
    add_redirects(connection, "thread", {old: successors[old] for old in gone if old in successors}, now)
