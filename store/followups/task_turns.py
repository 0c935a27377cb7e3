"""When tasks of which contacts are looked at: what changed, what time changes, and what waits for a first import."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, insert, literal, or_, select

from matching.followups import Colleague
from store.accounts.standings import FAILING
from store.derivation.copies import mark_dirty, take_dirty
from store.followups.past import PATIENCE, is_given_up
from store.followups.tasks import standing_of
from store.keys import IdentityKey
from store.mails.wanted import IS_WANTED
from store.meetings import leave
from store.schema.core import (
    account,
    contact,
    contact_address,
    dirty,
    meta,
    person,
    placement,
    skipped_participant,
    stream,
)
from store.schema.tasks import HELD, TASKS, task, task_look, task_rule
from store.upsert import one_of, select_in, upsert, upsert_rows

_SIGNATURE = "followups"


def is_waiting(connection: Connection, kinds: Collection[str]) -> bool:
    """Are there contacts of these dirty kinds?"""
    query = select(literal(1)).select_from(dirty).where(dirty.c.kind.in_(kinds)).limit(1)
    return connection.execute(query).first() is not None


def take_all(connection: Connection, limit: int) -> list[str]:
    """Contacts marked, at most so many, as `take`; those that wait are forgotten."""
    connection.execute(delete(dirty).where(dirty.c.kind == HELD))
    return take_dirty(connection, TASKS, limit)


def is_importing(connection: Connection, now: datetime) -> bool:
    """Is there an account that has not been read down to its horizon, and that is waited for?"""
    waiting = select(account.c.id).where(account.c.ended_at.is_(None), account.c.horizon_reached_at.is_(None))
    query = waiting.where(account.c.state != "disabled", ~is_given_up(now))
    return connection.execute(query.limit(1)).first() is not None


def take(connection: Connection, limit: int, *, is_importing: bool, with_held: bool) -> list[str]:
    """Contacts to look at, at most so many; gone from the table when the transaction commits.

    While an import goes on they all go on waiting, and those are given that have a task, which may be done by now.
    """
    ids = take_dirty(connection, TASKS, limit)
    if not is_importing:
        return ids + (take_dirty(connection, HELD, limit - len(ids)) if with_held and len(ids) < limit else [])
    mark_dirty(connection, HELD, ids)
    return sorted(standing_of(connection, ids))


def begin(connection: Connection, signature: object, rules: Collection[str], now: datetime) -> None:
    """Under another plan, or with other people, all contacts are looked at; rules note since when they are on."""
    told = hashlib.sha256(json.dumps(signature, default=str).encode()).hexdigest()
    if connection.scalar(select(meta.c.value).where(meta.c.name == _SIGNATURE)) == told:
        return
    upsert(connection, meta, [{"name": _SIGNATURE, "value": told}], update=["value"])
    connection.execute(delete(task_rule).where(task_rule.c.rule.not_in(list(rules))))
    upsert_rows(connection, task_rule, ("rule", "since_at"), [(each, now) for each in sorted(rules)])
    connection.execute(delete(dirty).where(dirty.c.kind == TASKS))
    connection.execute(delete(dirty).where(dirty.c.kind == HELD))
    columns = select(literal(HELD), contact.c.id).where(contact.c.deleted_at.is_(None))
    connection.execute(insert(dirty).from_select(["kind", "key"], columns))
    # of those that are no contacts any more too
    gone = connection.scalars(select(task.c.contact_id).where(task.c.contact_id.is_not(None)).distinct())
    mark_dirty(connection, TASKS, list(gone))


def rules_since(connection: Connection) -> dict[str, datetime]:
    """Rule -> since when it is on."""
    return {row.rule: row.since_at for row in connection.execute(select(task_rule))}


def colleagues(connection: Connection) -> dict[str, Colleague]:
    """All of ours by id; who has accounts is there as long as one of them goes on."""
    # the accounts are gone through once, not once for each of ours
    holders = select(account.c.person_id)
    is_kept = person.c.id.in_(holders.where(account.c.ended_at.is_(None)))
    is_active = and_(person.c.is_active, or_(is_kept, person.c.id.not_in(holders)))
    query = select(person.c.id, person.c.email, person.c.team, is_active)
    away = leave.of_people(connection)
    return {
        row[0]: Colleague(
            id=row[0], address=row[1], team=row[2] or "", is_active=bool(row[3]), leave=away.get(row[0], ())
        )
        for row in connection.execute(query)
    }


# -- what is known until when ----------------------------------------------------------------------------------------


def known_until(connection: Connection, account_ids: Iterable[str], now: datetime) -> dict[str, datetime]:
    """Account -> until when all is known that it holds, of those that are waited for."""
    names = ("id", "state", "state_since_at", "last_success_at", "horizon_reached_at")
    followed = select(*(account.c[name] for name in names)).where(
        account.c.ended_at.is_(None), account.c.state != "disabled"
    )
    found: dict[str, datetime] = {}
    for row in select_in(connection, followed.where, account.c.id, account_ids):
        is_failing = row.state in FAILING and row.state_since_at is not None
        if is_failing and row.state_since_at <= now - PATIENCE:
            continue
        # one that is read for the first time is waited for before anything is raised
        read_at = row.last_success_at or row.horizon_reached_at
        if read_at is not None:
            found[row.id] = min(read_at, now)
    return found


def lacking(connection: Connection, key: IdentityKey, contact_ids: Iterable[str]) -> set[str]:
    """Contacts of whom mail is yet to be fetched from accounts that can be read."""
    normals: dict[bytes, set[str]] = {}
    held = select(contact_address.c.contact_id, contact_address.c.normal)
    wanted = select(literal(1)).select_from(placement).where(IS_WANTED).limit(1)
    if connection.execute(wanted).first() is None:
        return set()
    for row in select_in(connection, held.where, contact_address.c.contact_id, contact_ids):
        normals.setdefault(key.digest("address", row.normal), set()).add(row.contact_id)
    query = (
        select(skipped_participant.c.address_key)
        .distinct()
        .join(
            placement,
            and_(
                placement.c.stream_id == skipped_participant.c.stream_id, placement.c.ref == skipped_participant.c.ref
            ),
        )
        .join(stream, stream.c.id == placement.c.stream_id)
        .join(account, account.c.id == stream.c.account_id)
        .where(IS_WANTED, account.c.ended_at.is_(None), account.c.state.in_(("ok", "new", "backoff")))
        .where(stream.c.state == "ok")
    )
    rows = select_in(connection, query.where, skipped_participant.c.address_key, normals)
    return {each for row in rows for each in normals[bytes(row.address_key)]}


def forget(connection: Connection, contact_ids: Collection[str]) -> None:
    """These contacts are looked at no more."""
    ids = sorted(contact_ids)
    connection.execute(delete(task_look).where(one_of(connection, task_look.c.contact_id, ids)))
    connection.execute(delete(dirty).where(dirty.c.kind.in_((TASKS, HELD)), one_of(connection, dirty.c.key, ids)))
