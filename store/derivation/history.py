"""Writing what derivation found: interactions, links, people, threads, and the redirects of ids that merged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, bindparam, delete, func, select

from connectors.api import Role
from matching.visibility import Level, shows_subject
from store.derivation import engagement, signals
from store.followups import tasks
from store.schema.core import interaction, interaction_person, link, message, redirect, thread
from store.upsert import chunks, select_in, update_rows, upsert, upsert_rows


class Interaction(NamedTuple):
    """One row of history, as derived from the copies of a mail and their thread."""

    id: str
    direction: str
    occurred_at: datetime
    #: The copy whose content is shown.
    message_key: bytes
    is_unverified: bool
    is_message_id_reused: bool
    #: Somebody of ours did, as the flags of a copy say, be it with another program.
    is_answered: bool
    is_forwarded: bool
    thread_id: str
    #: The interaction it answers.
    parent_id: str | None
    #: How long after that one, in seconds; None where it answers none, or the times contradict that.
    answer_seconds: int | None
    #: The same in working time, and who of ours answers or is answered; None also where it stays on one side.
    answer_working_seconds: int | None
    answer_person_id: str | None
    #: What its place in the thread rests on.
    thread_basis: str
    #: How much of it others see.
    visibility: str


class Link(NamedTuple):
    """An interaction's tie to a contact, with its reason."""

    contact_id: str
    occurred_at: datetime
    interaction_id: str
    role: str
    address: str
    reason: str


_INTERACTIONS = select(*(interaction.c[name] for name in Interaction._fields))
_LINKS = select(link.c.contact_id, link.c.interaction_id)
_ADDRESSED = select(link.c.interaction_id, link.c.contact_id, link.c.address).where(
    link.c.role.in_((Role.TO.value, Role.CC.value))
)


def stored_interactions(connection: Connection, ids: Iterable[str]) -> dict[str, Interaction]:
    """The rows as they are."""
    rows = select_in(connection, _INTERACTIONS.where, interaction.c.id, ids)
    return {row.id: Interaction._make(row) for row in rows}


def save_interactions(
    connection: Connection, items: Iterable[Interaction], stored: Mapping[str, Interaction], now: datetime
) -> None:
    """Insert or change; rows that stay the same are not touched."""
    changed = [("email", now, now, *item) for item in items if stored.get(item.id) != item]
    names = ("kind", "created_at", "updated_at", *Interaction._fields)
    upsert_rows(connection, interaction, names, changed, update=[*Interaction._fields[1:], "updated_at"])


def assign_messages(connection: Connection, rows: Sequence[tuple[str | None, str | None, bytes]]) -> None:
    """Say where each copy belongs: (interaction, thread, copy)."""
    update_rows(connection, message, ("key",), ("interaction_id", "thread_id"), rows)


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
    engagement.mark(connection, linked_contacts(connection, gone))
    for part in chunks(gone):
        connection.execute(delete(link).where(link.c.interaction_id.in_(part)))
        connection.execute(delete(interaction_person).where(interaction_person.c.interaction_id.in_(part)))
        connection.execute(delete(interaction).where(interaction.c.id.in_(part)))
    signals.forget(connection, gone)
    moved = {old: new for old in gone if (new := successors[old])}
    add_redirects(connection, "interaction", moved, now)
    tasks.renamed(connection, moved)
    return threads


def add_redirects(connection: Connection, entity: str, moved: Mapping[str, str], now: datetime) -> None:
    """Readers who kept an old id find the new one."""
    rows = [{"entity": entity, "old_id": old, "new_id": new, "at": now} for old, new in sorted(moved.items())]
    upsert(connection, redirect, rows, update=["new_id", "at"])


def replace_links(connection: Connection, known: Iterable[str], links: Iterable[Link]) -> None:
    """The links become exactly `links`; `known`: their interactions that may have some already."""
    changed = change_links(connection, known, links)
    engagement.mark_tasks(connection, {each.contact_id for each in changed})


def change_links(connection: Connection, known: Iterable[str], links: Iterable[Link]) -> list[Link]:
    """The same for a caller who has looked at what is to be done about the contacts of those that it returns: links
    that came or went."""
    changed = list(map(Link._make, _replace(connection, link, Link._fields, known, set(links))))
    engagement.mark_standing(connection, {each.contact_id for each in changed})
    return changed


def linked_contacts(connection: Connection, interaction_ids: Iterable[str]) -> set[str]:
    """The contacts that these interactions have links to."""
    rows = select_in(connection, select(link.c.contact_id).distinct().where, link.c.interaction_id, interaction_ids)
    return {row.contact_id for row in rows}


def links_to(connection: Connection, interaction_ids: Iterable[str]) -> list[tuple[str, str]]:
    """(contact, interaction) of the links of these."""
    rows = select_in(connection, _LINKS.where, link.c.interaction_id, interaction_ids)
    return [(row.contact_id, row.interaction_id) for row in rows]


def addressed(connection: Connection, interaction_ids: Iterable[str]) -> list[tuple[str, str, str]]:
    """(interaction, contact, address) of the contacts that these mails are to."""
    rows = select_in(connection, _ADDRESSED.where, link.c.interaction_id, interaction_ids)
    return [(row.interaction_id, row.contact_id, row.address) for row in rows]


def replace_people(connection: Connection, known: Iterable[str], people: Iterable[tuple[str, str, str]]) -> None:
    """Who of ours takes part: exactly these (interaction, person, account or ""); `known` as for links."""
    names = ("interaction_id", "person_id", "account_id")
    _replace(connection, interaction_person, names, known, set(people))


def _replace(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    known: Iterable[str],
    wanted: Collection[tuple[Any, ...]],
) -> list[tuple[Any, ...]]:
    """The rows become exactly `wanted`; rows that stay are not touched. Returns those that came or went."""
    columns = [table.c[name] for name in names]
    stored = {tuple(row) for row in select_in(connection, select(*columns).where, table.c.interaction_id, known)}
    gone, come = stored.difference(wanted), [each for each in wanted if each not in stored]
    _remove(connection, table, names, gone)
    upsert_rows(connection, table, names, sorted(come))
    return [*gone, *come]


def _remove(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    keys = [name for name in names if name in table.primary_key.columns]
    doomed = [dict(zip((f"k_{n}" for n in names), values, strict=True)) for values in rows]
    if doomed:
        statement = delete(table).where(*(table.c[name] == bindparam(f"k_{name}") for name in keys))
        connection.execute(statement, doomed)


def save_threads(connection: Connection, items: Iterable[Interaction], messages: Mapping[bytes, Row[Any]]) -> None:
    """The threads of `items`, which are all that they hold; `messages` knows their subjects.

    A thread tells of mails that others may see, and bears the subject of the first whose subject they may.
    """
    members: dict[str, list[Interaction]] = {}
    for item in items:
        members.setdefault(item.thread_id, []).append(item)
    rows = []
    hidden: list[str] = []
    for thread_id, everything in sorted(members.items()):
        found = [item for item in everything if item.visibility != Level.NONE]
        if not found:
            hidden.append(thread_id)
            continue
        first = min(found, key=_by_time)
        last_at = max([item.occurred_at for item in found])
        titled = (
            first
            if shows_subject(first.visibility)
            else min((item for item in found if shows_subject(item.visibility)), key=_by_time, default=None)
        )
        subject = messages[titled.message_key].subject if titled else None
        rows.append((thread_id, subject, first.occurred_at, last_at, len(found)))
    names = ("id", "subject", "first_at", "last_at", "interaction_count")
    upsert_rows(connection, thread, names, rows, update=names[1:])
    for part in chunks(hidden):
        connection.execute(delete(thread).where(thread.c.id.in_(part)))


def _by_time(item: Interaction) -> tuple[datetime, str]:
    return item.occurred_at, item.id


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
                .where(within, interaction.c.visibility != Level.NONE.value)
                .group_by(interaction.c.thread_id)
            ),
            interaction.c.thread_id,
            ids,
        )
    }
    firsts: dict[str, str | None] = {}
    for row in select_in(
        connection,
        lambda within: (
            select(interaction.c.thread_id, message.c.subject)
            .join(message, message.c.key == interaction.c.message_key)
            .where(within, interaction.c.visibility.in_((Level.FULL.value, Level.SUBJECT.value)))
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
                "subject": firsts.get(thread_id),
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
