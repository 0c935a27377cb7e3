"""The company's decisions, which no server knows: contacts that were entered or deleted, consents, states of tasks,
ids that merged.

They are taken out of one store here, and put by store.keeping.deciding into another that was built anew from the same
servers under the same key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Date, Table, or_, select

from store.contacts.records import ENTERED_NAME, POLICY
from store.keeping.copying import fits, rows_of
from store.keeping.deciding_privacy import PrivacyDecision, privacy_decisions
from store.keeping.deciding_tasks import DecidedTask, task_decisions
from store.schema.contacts import contact_consent, contact_merge
from store.schema.core import contact, contact_address, redirect
from store.schema.tables import metadata
from store.types import Instant
from store.upsert import chunks, select_in

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedAddress:
    """An address of a contact, as table contact_address has it."""

    address: str
    normal: str
    is_primary: bool
    state: str
    valid_from_at: datetime | None
    valid_to_at: datetime | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedContact:
    """A contact, as table contact has it."""

    id: str
    origin: str
    display_name: str
    name_rank: str
    external_source: str | None
    external_id: str | None
    person_id: str | None
    deleted_at: datetime | None
    created_at: datetime
    #: By their normal forms.
    addresses: tuple[DecidedAddress, ...] = ()

    @property
    def is_entered(self) -> bool:
        """Did somebody decide about it, and not the policy alone?"""
        return self.origin != POLICY or self.deleted_at is not None

    def without_found_name(self) -> DecidedContact:
        """Without a name that mail told, which more mail may change."""
        return self if self.name_rank == ENTERED_NAME else replace(self, display_name="", name_rank="")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedMerge:
    """Somebody's word that two contacts are one, as table contact_merge has it."""

    contact_id: str
    into_id: str
    merged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedConsent:
    """What was said of opens and clicks of a contact being recorded, as table contact_consent has it."""

    contact_id: str
    state: str
    at: datetime
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedRedirect:
    """An id that readers were told, and what took its place."""

    entity: str
    old_id: str
    new_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRow:
    """A row of a table w1_*: what another program wrote, and keeptouch's answer."""

    table: str
    values: Mapping[str, Any]


def _python_type(column: Column[Any]) -> Any:
    known = ((Instant, datetime), (Date, date), (Boolean, bool))
    kind: Any = next((made for stored, made in known if isinstance(column.type, stored)), str)
    return kind | None if column.nullable else kind


Decision = PrivacyDecision | DecidedContact | DecidedMerge | DecidedConsent | DecidedTask | DecidedRedirect | WrittenRow

CONTACT_COLUMNS = tuple(each.name for each in fields(DecidedContact) if each.name != "addresses")
ADDRESS_COLUMNS = tuple(each.name for each in fields(DecidedAddress))


#: Table w1_* -> column -> type of its values, NULL included.
COLUMNS: Mapping[str, Mapping[str, Any]] = {
    name: {column.name: _python_type(column) for column in table.columns}
    for name, table in sorted(metadata.tables.items())
    if name.startswith("w1_")
}


def decisions(connection: Connection) -> Iterator[Decision]:
    """All of them, those about privacy first, then contacts. To be asked in one snapshot."""
    yield from privacy_decisions(connection)
    decided = or_(contact.c.origin != POLICY, contact.c.deleted_at.is_not(None))
    for part in chunks(connection.scalars(select(contact.c.id).where(decided).order_by(contact.c.id)), _BATCH):
        yield from contacts_by_id(connection, part).values()
    for row in connection.execute(select(contact_merge).order_by(contact_merge.c.contact_id)).all():
        yield DecidedMerge(**row._mapping)
    for row in connection.execute(select(contact_consent).order_by(contact_consent.c.contact_id)).all():
        yield DecidedConsent(**row._mapping)
    yield from task_decisions(connection)
    for row in connection.execute(select(redirect).order_by(redirect.c.entity, redirect.c.old_id)).all():
        yield DecidedRedirect(**row._mapping)
    for name in COLUMNS:
        yield from _written(connection, metadata.tables[name])


def contacts_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, DecidedContact]:
    """Contacts of whatever origin, in the order of their ids."""
    wanted = sorted(ids)
    addresses: dict[str, list[DecidedAddress]] = {}
    for row in select_in(connection, select(contact_address).where, contact_address.c.contact_id, wanted):
        held = DecidedAddress(**{name: getattr(row, name) for name in ADDRESS_COLUMNS})
        addresses.setdefault(row.contact_id, []).append(held)
    columns = [contact.c[name] for name in CONTACT_COLUMNS]
    rows = select_in(connection, select(*columns).where, contact.c.id, wanted)
    return {
        row.id: DecidedContact(
            **row._mapping, addresses=tuple(sorted(addresses.get(row.id, ()), key=lambda each: each.normal))
        )
        for row in sorted(rows, key=lambda row: str(row.id))
    }


def _written(connection: Connection, table: Table) -> Iterator[WrittenRow]:
    """Rows that are what they should be; SQLite lets others in, and they were refused."""
    for batch in rows_of(connection, table):
        for row in batch:
            if fits(table, row):
                values = zip(table.columns, row, strict=True)
                yield WrittenRow(table=table.name, values={c.name: _typed(c.type, value) for c, value in values})


def _typed(kind: object, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Instant):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(str(value))
    return bool(value) if isinstance(kind, Boolean) else value
