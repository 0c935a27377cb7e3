"""Consent to opens and clicks being recorded: what was said of each contact, and what holds for those that are one.

`contact_consent` holds what was said; the columns of `contact` follow from it: the strictest word on any contact that
was merged with this one counts for all of them, so that two who are one by mistake never lend each other a consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, delete, func, or_, select, update

from matching.consent import Consent, Statement, following, strictest
from store.contacts.records import Outcome, Verdict
from store.opens import tracking_ending
from store.schema.contacts import contact_consent
from store.schema.core import contact, contact_address
from store.upsert import select_in, upsert

#: The contact that stands for one.
_ROOT = func.coalesce(contact.c.merged_into_id, contact.c.id)
_EFFECTIVE = (contact.c.tracking_consent, contact.c.tracking_consent_at, contact.c.tracking_consent_source)


def said(connection: Connection, ids: Iterable[str]) -> dict[str, Statement]:
    """What was said of these contacts by themselves."""
    rows = select_in(connection, select(contact_consent).where, contact_consent.c.contact_id, sorted(set(ids)))
    return {row.contact_id: Statement(Consent(row.state), row.at, row.source) for row in rows}


def enter(
    connection: Connection, outcomes: Sequence[Outcome], now: datetime, *, may_write: bool = True
) -> list[Outcome]:
    """Let what entries say of consent take effect; an outcome that changes nothing else is an update by it."""
    spoken = {each.contact_id: each.entry.consent for each in outcomes if each.contact_id and each.entry.consent}
    known = said(connection, spoken)
    changed: dict[str, Statement] = {}
    for contact_id, statement in spoken.items():
        found = following(known.get(contact_id), statement, now)
        if found is not None and found != known.get(contact_id):
            changed[contact_id] = found
    if may_write:
        state(connection, changed, now)
    is_news = [each.contact_id in changed and each.verdict is Verdict.UNCHANGED for each in outcomes]
    return [
        replace(each, verdict=Verdict.UPDATED) if is_new else each
        for each, is_new in zip(outcomes, is_news, strict=True)
    ]


def state(connection: Connection, statements: Mapping[str, Statement], now: datetime) -> None:
    """Write down what is said of these contacts from now on, whatever was said before."""
    rows = [
        {"contact_id": each, "state": found.state.value, "at": found.at or now, "source": found.source}
        for each, found in sorted(statements.items())
    ]
    upsert(connection, contact_consent, rows, update=("state", "at", "source"))
    settle(connection, statements, now)


def renamed(connection: Connection, ids: Mapping[str, str], now: datetime) -> None:
    """Contacts became part of others for good (old id -> new id): of what was said of both, the stricter stays."""
    known = said(connection, [*ids, *ids.values()])
    moved: dict[str, Statement] = {}
    for old, new in ids.items():
        if old in known:
            others = [each for each in (moved.get(new), known.get(new)) if each is not None]
            moved[new] = strictest([known[old], *others]) or known[old]
            connection.execute(delete(contact_consent).where(contact_consent.c.contact_id == old))
    if moved:
        state(connection, moved, now)


def group(connection: Connection, contact_id: str) -> list[str]:
    """All contacts that are one with this one, itself among them."""
    root = connection.scalar(select(_ROOT).where(contact.c.id == contact_id))
    return sorted(connection.scalars(one_with(root))) if root else []


def one_with(root: str) -> Select[tuple[str]]:
    """The contacts that this one stands for, itself among them, by two indexes."""
    return select(contact.c.id).where(or_(contact.c.id == root, contact.c.merged_into_id == root))


def settle(connection: Connection, ids: Iterable[str], now: datetime) -> None:
    """Have these contacts, and those that are one with them, show what holds for them."""
    roots = {row[0] for row in select_in(connection, select(_ROOT).where, contact.c.id, sorted(set(ids)))}
    columns = select(contact.c.id, contact.c.deleted_at, _ROOT.label("root"), *_EFFECTIVE)
    rows = {
        row.id: row
        for column in (contact.c.id, contact.c.merged_into_id)
        for row in select_in(connection, columns.where, column, sorted(roots))
    }
    statements = said(connection, rows)
    told: dict[str, list[Statement | None]] = {}
    for row in rows.values():
        if row.deleted_at is None or row.id in statements or row.id == row.root:
            told.setdefault(row.root, []).append(statements.get(row.id))
    changed = []
    withdrawn = []
    for row in rows.values():
        holds = strictest(told.get(row.root, ()))
        values = (holds.state.value, holds.at, holds.source) if holds else (Consent.UNKNOWN.value, None, None)
        if row.tracking_consent == Consent.GRANTED and values[0] != Consent.GRANTED:
            withdrawn.append(row.id)
        if values != (row.tracking_consent, row.tracking_consent_at, row.tracking_consent_source):
            changed.append({"c": row.id, "state": values[0], "at": values[1], "source": values[2], "now": now})
    if changed:
        connection.execute(_SHOW, changed)
    tracking_ending.end(connection, withdrawn, now)


_SHOW = (
    update(contact)
    .where(contact.c.id == bindparam("c"))
    .values(
        tracking_consent=bindparam("state"),
        tracking_consent_at=bindparam("at"),
        tracking_consent_source=bindparam("source"),
        updated_at=bindparam("now"),
    )
)


def forget(connection: Connection, ids: Sequence[str]) -> None:
    """Nothing is known of these contacts any more."""
    connection.execute(delete(contact_consent).where(contact_consent.c.contact_id.in_(ids)))


def of_addresses(connection: Connection, normals: Iterable[str], bases: Iterable[str]) -> dict[str, list[Consent]]:
    """Normal form, and base form, of an address -> what holds for each living contact that holds it now."""
    found: dict[str, list[Consent]] = {}
    query = (
        select(contact_address.c.normal, contact_address.c.base, contact.c.tracking_consent)
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .where(contact.c.deleted_at.is_(None), contact_address.c.valid_to_at.is_(None))
    )
    for column, values in ((contact_address.c.normal, normals), (contact_address.c.base, bases)):
        for row in select_in(connection, query.where, column, sorted(set(values))):
            for form in {row.normal, row.base}:
                found.setdefault(form, []).append(Consent(row.tracking_consent))
    return found
