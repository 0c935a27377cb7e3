"""Days that are set on contacts and threads: what was taken of w1_deadline, until it is moved or taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update

from connectors.api import Role
from matching.followups import Deadline
from store.keys import IdentityKey
from store.schema.core import contact, interaction, link, redirect
from store.schema.tasks import deadline, task_decision
from store.schema.w1 import w1_deadline
from store.upsert import one_of, select_in, upsert_rows

#: (external_source, external_id)
Identity = tuple[str, str]
_COLUMNS = ("id", "external_source", "external_id", "contact_id", "interaction_id", "due_on", "title")
#: Whom a mail is to comes before whom it is from, and these before whoever sees it beside.
_ROLES = (Role.TO.value, Role.FROM.value, Role.CC.value, Role.BCC.value)


def put(
    connection: Connection,
    key: IdentityKey,
    identity: Identity,
    contact_id: str,
    interaction_id: str | None,
    due_on: date,
    title: str,
    since_at: datetime | None,
    now: datetime,
) -> set[str]:
    """This day holds, and no other of the same key any more; returns the contacts whose tasks are touched.

    `since_at`: answers count from then on; None: from now on, and of what stands already from when it was set.
    """
    own = key.id("deadline", *identity, contact_id, interaction_id or "", due_on.isoformat())
    before = {row.id: row for row in _of(connection, identity)}
    touched = end(connection, identity, now, but=own)
    same = before.get(own)
    if same is not None and same.ended_at is None:
        changed = {"title": title, "set_at": since_at or same.set_at}
        connection.execute(update(deadline).where(deadline.c.id == own).values(changed))
    else:
        values = (own, *identity, contact_id, interaction_id, due_on, title, since_at or now, None)
        names = (*_COLUMNS, "set_at", "ended_at")
        upsert_rows(connection, deadline, names, [values], update=names[1:])
    return touched | {contact_id}


def end(connection: Connection, identity: Identity, now: datetime, but: str = "") -> set[str]:
    """The days of a key hold no more, but for one; returns the contacts whose tasks are touched."""
    going = [row for row in _of(connection, identity) if row.id != but and row.ended_at is None]
    for row in going:
        connection.execute(update(deadline).where(deadline.c.id == row.id).values(ended_at=now))
    return {row.contact_id for row in going}


def _of(connection: Connection, identity: Identity) -> Sequence[Row[Any]]:
    here = (deadline.c.external_source == identity[0], deadline.c.external_id == identity[1])
    return connection.execute(select(deadline).where(*here)).all()


def of_contacts(connection: Connection, contact_ids: Iterable[str], since: datetime) -> dict[str, list[Deadline]]:
    """Contact -> the days that are set on it, and those that were until `since`; of merged ones with whom they are."""
    whose = func.coalesce(contact.c.merged_into_id, contact.c.id)
    query = select(deadline, whose.label("whose")).join(contact, contact.c.id == deadline.c.contact_id)
    lately = or_(deadline.c.ended_at.is_(None), deadline.c.ended_at >= since)
    found: dict[str, list[Deadline]] = {}
    ids = sorted(set(contact_ids))
    for column in (contact.c.id, contact.c.merged_into_id):
        for row in select_in(connection, lambda within: query.where(lately, within), column, ids):
            if row.whose in ids:
                found.setdefault(row.whose, []).append(
                    Deadline(
                        id=row.id,
                        due_on=row.due_on,
                        set_at=row.set_at,
                        ended_at=row.ended_at,
                        title=row.title,
                        mail_id=row.interaction_id,
                    )
                )
    return {each: sorted(rows, key=lambda row: (row.due_on, row.id)) for each, rows in found.items()}


def thread_now(connection: Connection, thread_id: str) -> str:
    """The thread that took the place of one, or the thread itself."""
    moved = select(redirect.c.new_id).where(redirect.c.entity == "thread", redirect.c.old_id == thread_id)
    return connection.scalar(moved) or thread_id


def last_of_thread(connection: Connection, thread_id: str, contact_id: str | None) -> tuple[str, str] | None:
    """(contact, mail) of the last mail in a thread that has to do with a contact, or with that one; None: none has."""
    query = (
        select(link.c.contact_id, link.c.interaction_id, link.c.role, link.c.address)
        .join(interaction, interaction.c.id == link.c.interaction_id)
        .where(interaction.c.thread_id == thread_id)
    )
    if contact_id is not None:
        query = query.where(link.c.contact_id == contact_id)
    rows = connection.execute(query.order_by(interaction.c.occurred_at.desc(), interaction.c.id.desc())).all()
    last = [row for row in rows if row.interaction_id == rows[0].interaction_id]
    named = min(last, key=lambda row: (_rank(row.role), row.address), default=None)
    return (named.contact_id, named.interaction_id) if named is not None else None


def _rank(role: str) -> int:
    return _ROLES.index(role) if role in _ROLES else len(_ROLES)


def renamed(connection: Connection, ids: Mapping[str, str]) -> None:
    """What is set on contacts that got another id goes with them."""
    for old, new in ids.items():
        connection.execute(update(deadline).where(deadline.c.contact_id == old).values(contact_id=new))


def forget(connection: Connection, contact_ids: Iterable[str]) -> None:
    """Nothing is left of what was set on these contacts, nor of what other programs wrote of it."""
    ids = sorted(contact_ids)
    rows = select_in(connection, select(deadline).where, deadline.c.contact_id, ids)
    for row in rows:
        source, external_id = w1_deadline.c.external_source, w1_deadline.c.external_id
        here = and_(source == row.external_source, external_id == row.external_id)
        connection.execute(delete(w1_deadline).where(here))
    connection.execute(delete(w1_deadline).where(one_of(connection, w1_deadline.c.contact_id, ids)))
    if named := sorted(row.id for row in rows):
        connection.execute(delete(task_decision).where(one_of(connection, task_decision.c.trigger_id, named)))
        connection.execute(delete(deadline).where(one_of(connection, deadline.c.id, named)))
