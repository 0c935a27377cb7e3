"""Contacts that somebody says are one. The decision is kept beside them, and nothing of either is lost.

A merged contact keeps its row, its id, its addresses and what lists say of it; `merged_into_id` names the one that
stands for it, and links lead there. So a merge can be undone, and mail that comes later finds the right one. Which
contact stands for another: the last living one on the way of decisions. One that was deleted stands for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, text, update

from store.contacts import consents
from store.contacts.holders import reset_names
from store.contacts.records import ENTERED_NAME, HAND, POLICY
from store.derivation.copies import mark_dirty
from store.derivation.history import add_redirects
from store.followups import deadlines
from store.schema.contacts import contact_merge
from store.schema.core import contact, contact_address, redirect
from store.schema.tasks import TASKS
from store.upsert import chunks, select_in, upsert

#: More redirects in a row than that are none.
_MAX_STEPS = 20


class MergeRefused(Exception):
    """Two contacts can't be merged or parted; `problem` says why, `hint` what to do."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


def lock(connection: Connection) -> None:
    """Be the one who changes contacts, until the transaction ends; SQLite has one writer anyway.

    Who locks rows of w1_* too comes here first.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE contact, contact_address IN SHARE ROW EXCLUSIVE MODE"))


def merge(connection: Connection, contact_id: str, into_id: str, now: datetime) -> bool:
    """Make one contact part of another; False: it is already. Raises MergeRefused."""
    lock(connection)
    given = known(connection, contact_id)
    source, target = _standing(connection, given), _standing(connection, known(connection, into_id))
    if source.id == target.id:
        if given.id == source.id:
            what = (
                "the two are the same contact" if contact_id == into_id else "the second is part of the first already"
            )
            raise MergeRefused(what, "to have the other one stay, part them first: keeptouch contacts unmerge")
        return False
    row = {"contact_id": source.id, "into_id": target.id, "merged_at": now}
    upsert(connection, contact_merge, [row], update=["into_id", "merged_at"])
    both = contact.c.id.in_([source.id, target.id])
    connection.execute(update(contact).where(both, contact.c.origin == POLICY).values(origin=HAND))
    settle(connection, [source.id], now)
    return True


def unmerge(connection: Connection, contact_id: str, now: datetime) -> bool:
    """Part a contact from the one it was merged into; False: it is not merged."""
    lock(connection)
    group = _group(connection, [contact_id])
    gone = connection.execute(delete(contact_merge).where(contact_merge.c.contact_id == contact_id))
    _settle(connection, group, now)
    return bool(gone.rowcount)


def known(connection: Connection, contact_id: str) -> Row[Any]:
    """The row of a contact that is one, or took the place of this id; raises MergeRefused."""
    followed = contact_id
    for _step in range(_MAX_STEPS):
        row = connection.execute(_contacts().where(contact.c.id == followed)).first()
        if row is not None:
            if row.deleted_at is not None:
                raise MergeRefused(f"the contact {contact_id} was deleted")
            return row
        step = select(redirect.c.new_id).where(redirect.c.entity == "contact", redirect.c.old_id == followed)
        following = connection.scalar(step)
        if following is None:
            break
        followed = following
    raise MergeRefused(f"there is no contact {contact_id}", "its id stands in v1_contact")


def renamed(connection: Connection, ids: Mapping[str, str]) -> None:
    """Decisions about contacts that got another id go with them."""
    deadlines.renamed(connection, ids)
    for old, new in ids.items():
        for column in (contact_merge.c.contact_id, contact_merge.c.into_id):
            connection.execute(update(contact_merge).where(column == old).values({column.name: new}))
    if ids:
        connection.execute(delete(contact_merge).where(contact_merge.c.contact_id == contact_merge.c.into_id))


def settle(connection: Connection, ids: Iterable[str], now: datetime) -> None:
    """Let decisions about these contacts take effect, after they were made, or a contact went or came back."""
    _settle(connection, _group(connection, ids), now)


def _contacts() -> Any:
    names = ("id", "deleted_at", "merged_into_id", "name_rank")
    return select(*(contact.c[name] for name in names))


def _standing(connection: Connection, row: Row[Any]) -> Row[Any]:
    if row.merged_into_id is None:
        return row
    return connection.execute(_contacts().where(contact.c.id == row.merged_into_id)).one()


def _group(connection: Connection, ids: Iterable[str]) -> set[str]:
    """The contacts that decisions tie to these, however many steps away; nothing for those that none speaks of."""
    found: set[str] = set()
    fresh = set(ids)
    query = select(contact_merge.c.contact_id, contact_merge.c.into_id)
    while fresh:
        pairs = [
            pair
            for column in (contact_merge.c.contact_id, contact_merge.c.into_id)
            for pair in select_in(connection, query.where, column, sorted(fresh))
        ]
        fresh = {each for pair in pairs for each in pair} - found
        found |= fresh
    return found


def _settle(connection: Connection, group: set[str], now: datetime) -> None:
    if not group:
        return
    rows = {row.id: row for row in select_in(connection, _contacts().where, contact.c.id, sorted(group))}
    decided = select(contact_merge.c.contact_id, contact_merge.c.into_id).where
    up = {row[0]: row[1] for row in select_in(connection, decided, contact_merge.c.contact_id, sorted(group))}
    roots = {each: _standing_for(each, up, rows) for each in rows}
    changed = {each: root for each, root in roots.items() if rows[each].merged_into_id != root}
    for each, root in changed.items():
        connection.execute(update(contact).where(contact.c.id == each).values(merged_into_id=root, updated_at=now))
        of_it = contact_address.c.contact_id == each
        connection.execute(update(contact_address).where(of_it).values(holder_id=root or each))
    for part in chunks(sorted(changed)):
        connection.execute(delete(redirect).where(redirect.c.entity == "contact", redirect.c.old_id.in_(part)))
    add_redirects(connection, "contact", {each: root for each, root in changed.items() if root}, now)
    consents.settle(connection, changed.keys() | {each for each in group if each in rows}, now)
    # who lost mail to another contact bears the name again that its own mail tells
    left = {rows[each].merged_into_id for each in changed} - {None}
    touched = changed.keys() | {each for each in rows if each in left or roots[each] in left}
    # what is set on them needs no mail
    mark_dirty(connection, TASKS, sorted(touched | {root for root in changed.values() if root}))
    _derive_anew(connection, touched, [rows[each] for each in left if each in rows])


def _standing_for(contact_id: str, up: Mapping[str, str], rows: Mapping[str, Row[Any]]) -> str | None:
    """The last living contact on the way of decisions; None: the contact itself."""
    found, seen, each = None, {contact_id}, up.get(contact_id)
    while each is not None and each not in seen:
        seen.add(each)
        if each in rows and rows[each].deleted_at is None:
            found = each
        each = up.get(each)
    return found


def _derive_anew(connection: Connection, ids: Iterable[str], unnamed: Iterable[Row[Any]]) -> None:
    """The links of these contacts' addresses, and the names of those that have none of their own."""
    names: dict[str, str] = {}
    normals: set[str] = set()
    renamed = {row.id for row in unnamed if row.name_rank != ENTERED_NAME}
    columns = select(contact_address.c.contact_id, contact_address.c.normal, contact_address.c.base)
    for row in select_in(connection, columns.where, contact_address.c.contact_id, sorted(ids)):
        normals.add(row.normal)
        if row.contact_id in renamed:
            names[row.contact_id] = min(names.get(row.contact_id, row.base), row.base)
    reset_names(connection, names)
    mark_dirty(connection, "address", normals)
