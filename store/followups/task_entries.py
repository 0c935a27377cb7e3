"""What is known of tasks' entries in lists on servers, and how it stands with each list."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from matching.followups import State
from store.followups import task_lists
from store.followups.task_lists import ListedTask
from store.schema.core import account, person
from store.schema.tasks import task, task_decision, task_entry, task_list
from store.upsert import chunks, one_of, select_in, upsert_rows

KEPT, MOVED, LEAVING, OVER = "kept", "moved", "leaving", "over"
#: Name of a field -> what stands for its value: itself where it is short, else a digest.
Snapshot = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of `task_entry`."""

    task_id: str
    list_id: str
    #: kept | moved (its person put it into this list) | leaving (it is to go from this list) | over (it is left alone)
    state: str = KEPT
    ref: str | None = None
    version: str | None = None
    #: What the entry was when it was last read or written; None: never seen.
    held: Snapshot | None = None
    #: What is being written; None: nothing.
    pending: Snapshot | None = None
    #: What the task asked for when the two were last brought together.
    wanted: Snapshot | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredTask:
    """A task with what an entry needs of it."""

    listed: ListedTask
    created_at: datetime
    updated_at: datetime
    #: Until when somebody put it off last, passed or not.
    put_off_until: datetime | None
    person_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How it stands with the list of an account. Times are aware UTC."""

    name: str
    problem: str | None = None
    hint: str | None = None
    failures: int = 0
    next_try_at: datetime | None = None
    synced_at: datetime | None = None
    account: str = field(default="", compare=False)


_ENTRY = ("task_id", "list_id", "state", "ref", "version", "held", "pending", "wanted", "changed_at")


def entries(connection: Connection, account_id: str) -> dict[str, Entry]:
    """Task -> its entry in a list of the account."""
    query = select(*(task_entry.c[name] for name in _ENTRY)).where(task_entry.c.account_id == account_id)
    return {row.task_id: _entry(row._asdict()) for row in connection.execute(query)}


def _entry(values: dict[str, Any]) -> Entry:
    for name in ("held", "pending", "wanted"):
        values[name] = json.loads(values[name]) if values[name] is not None else None
    return Entry(**values)


def save(connection: Connection, account_id: str, rows: Iterable[Entry], now: datetime) -> None:
    """Write these entries."""
    written = [
        (
            each.task_id,
            account_id,
            each.list_id,
            each.state,
            each.ref,
            each.version,
            *(None if said is None else json.dumps(dict(said)) for said in (each.held, each.pending, each.wanted)),
            now,
        )
        for each in rows
    ]
    names = ("task_id", "account_id", *_ENTRY[1:])
    upsert_rows(connection, task_entry, names, written, update=names[2:])


def drop(connection: Connection, account_id: str, task_ids: Collection[str]) -> None:
    """Nothing is known of these entries any more."""
    if task_ids:
        here = one_of(connection, task_entry.c.task_id, sorted(task_ids))
        connection.execute(delete(task_entry).where(task_entry.c.account_id == account_id, here))


def expire(connection: Connection, account_id: str, before: datetime) -> None:
    """Entries of closed tasks with which nothing has happened since are left alone."""
    closed = select(task.c.id).where(task.c.state.not_in((State.OPEN.value, State.SNOOZED.value)))
    here = (
        task_entry.c.account_id == account_id,
        task_entry.c.state.in_((KEPT, MOVED)),
        task_entry.c.changed_at < before,
    )
    connection.execute(update(task_entry).where(*here, task_entry.c.task_id.in_(closed)).values(state=OVER))


def standing_tasks(connection: Connection, account_id: str) -> list[str]:
    """Ids of the tasks, open or put off, of the person whose account it is."""
    query = (
        select(task.c.id)
        .join(account, account.c.person_id == task.c.person_id)
        .where(account.c.id == account_id, task.c.state.in_((State.OPEN.value, State.SNOOZED.value)))
    )
    return list(connection.scalars(query.order_by(task.c.id)))


def tasks(connection: Connection, ids: Collection[str]) -> dict[str, EnteredTask]:
    """These tasks, as far as they are there."""
    listed: dict[str, ListedTask] = {}
    for part in chunks(ids):
        found = task_lists.listed(connection, states=tuple(State), ids=part, limit=len(part))
        listed.update({each.id: each for each in found})
    said = and_(
        task_decision.c.address == task.c.address,
        task_decision.c.rule == task.c.rule,
        task_decision.c.trigger_id == task.c.trigger_id,
    )
    names = ("id", "person_id", "created_at", "updated_at")
    query = select(*(task.c[name] for name in names), task_decision.c.snoozed_until_at).outerjoin(task_decision, said)
    return {
        row.id: EnteredTask(
            listed=listed[row.id],
            created_at=row.created_at,
            updated_at=row.updated_at,
            put_off_until=row.snoozed_until_at,
            person_id=row.person_id,
        )
        for row in select_in(connection, query.where, task.c.id, ids)
        if row.id in listed
    }


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an account is."""

    id: str
    time_zone: str
    language: str


def owner(connection: Connection, account_id: str) -> Owner:
    """The person of an account."""
    query = select(person.c.id, person.c.time_zone, person.c.language).join(account, account.c.person_id == person.c.id)
    row = connection.execute(query.where(account.c.id == account_id)).one()
    return Owner(row.id, row.time_zone or "UTC", row.language or "")


# -- how it stands with lists -----------------------------------------------------------------------------------------

_STANDING = ("name", "problem", "hint", "failures", "next_try_at", "synced_at")


def standing(connection: Connection, account_id: str) -> Standing | None:
    """How it stands with the account's list; None: nothing was done with it yet."""
    query = select(*(task_list.c[name] for name in _STANDING)).where(task_list.c.account_id == account_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Standing(**row._mapping)


def note(connection: Connection, account_id: str, found: Standing) -> None:
    """Write how it stands with the account's list."""
    values = tuple(getattr(found, name) for name in _STANDING)
    upsert_rows(connection, task_list, ("account_id", *_STANDING), [(account_id, *values)], update=_STANDING)


def standings(connection: Connection, accounts: Sequence[str]) -> list[Standing]:
    """How it stands with the lists of these accounts, by name, as far as anything was done with them."""
    query = select(account.c.name.label("account"), *(task_list.c[name] for name in _STANDING)).join(
        task_list, task_list.c.account_id == account.c.id
    )
    rows = select_in(connection, query.where, account.c.name, accounts)
    return [Standing(**row._mapping) for row in sorted(rows, key=lambda row: str(row.account))]
