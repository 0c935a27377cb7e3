"""The tables that other programs write contacts to: what waits there, and the answers.

A row waits while it has neither an answer in `applied_at` nor an `error`; triggers (store.writers.triggers) take the
answer away when a row changes. All rows of one (source, id) are applied together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, and_, bindparam, func, literal, select, text, type_coerce, update
from sqlalchemy.types import NullType

from matching.addresses import normalize
from store.schema.w1 import w1_contact, w1_contact_address
from store.upsert import select_in

#: (external_source, external_id)
Identity = tuple[str, str]

#: Columns whose length nothing bounds.
_LONG = ("display_name", "organization", "tracking_consent", "tracking_consent_source", "error")
#: Columns in which SQLite lets anything stand.
_LENIENT = ("is_primary", "is_deleted", "valid_from_at", "valid_to_at", "tracking_consent_at")
#: Characters of a text that are looked at: more are possible nowhere, and would have to be held.
LONGEST = 20_000
#: What bytes that are not UTF-8 become when they are read leniently.
_UNDECODED = re.compile("[\\ud800-\\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    """A row of w1_contact. `is_deleted` is None where it is neither true nor false."""

    #: "" where they are NULL; None where they are not text in UTF-8.
    display_name: str | None
    organization: str | None
    is_deleted: bool | None
    is_waiting: bool
    error: str | None
    #: "": nothing is said; None: not text in UTF-8.
    consent: str | None
    consent_at: datetime | None
    consent_source: str | None
    has_bad_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRow:
    """A row of w1_contact_address; flags are None where they are neither true nor false."""

    address: str
    is_primary: bool | None
    is_deleted: bool | None
    valid_from_at: datetime | None
    valid_to_at: datetime | None
    #: Is either time none?
    has_bad_time: bool
    is_waiting: bool
    error: str | None


@dataclass(frozen=True, slots=True)
class Unit:
    """What the tables say of one contact."""

    identity: Identity
    contact: ContactRow | None
    addresses: tuple[AddressRow, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a row: `address` None is the contact's own; `error` None means applied."""

    identity: Identity
    address: str | None
    error: str | None


def is_anything_waiting(connection: Connection) -> bool:
    """Does any row wait? Costs two look-ups in an index."""
    return any(
        connection.execute(select(literal(1)).select_from(table).where(_waiting(table)).limit(1)).first()
        for table in (w1_contact, w1_contact_address)
    )


def waiting(connection: Connection) -> list[Identity]:
    """The contacts of which a row waits."""
    found: set[Identity] = set()
    with lenient(connection):
        for table in (w1_contact, w1_contact_address):
            query = select(table.c.external_source, table.c.external_id).where(_waiting(table)).distinct()
            found.update((row[0], row[1]) for row in connection.execute(query) if is_text(row[0], row[1]))
    return sorted(found)


def waiting_addresses(connection: Connection) -> list[str]:
    """Addresses as they were written that wait to become contacts'."""
    table = w1_contact_address
    query = select(table.c.address).where(_waiting(table), table.c.is_deleted.is_(False))
    with lenient(connection):
        return sorted({row.address for row in connection.execute(query) if is_text(row.address)})


def units(connection: Connection, identities: Sequence[Identity]) -> list[Unit]:
    """All rows of these contacts, kept from changing until the transaction ends.

    Contacts of which another program has a row locked are left out; they wait for the next time.
    """
    contacts: dict[Identity, ContactRow] = {}
    addresses: dict[Identity, list[AddressRow]] = {}
    busy: set[Identity] = set()
    by_source: dict[str, list[str]] = {}
    for source, external_id in identities:
        by_source.setdefault(source, []).append(external_id)
    with lenient(connection):
        for source, ids in by_source.items():
            for row in _rows(connection, w1_contact, source, ids, busy):
                contacts[source, row.external_id] = _contact_row(row)
            for row in _rows(connection, w1_contact_address, source, ids, busy):
                addresses.setdefault((source, row.external_id), []).append(_address_row(row))
    return [
        Unit(each, contacts.get(each), tuple(sorted(addresses.get(each, ()), key=lambda row: row.address)))
        for each in identities
        if each not in busy
    ]


def answer(connection: Connection, answers: Iterable[Answer], now: datetime) -> None:
    """Tell the programs what became of their rows."""
    of_contacts: list[dict[str, Any]] = []
    of_addresses: list[dict[str, Any]] = []
    for each in answers:
        values = {"s": each.identity[0], "i": each.identity[1], "e": each.error, "t": now if not each.error else None}
        if each.address is None:
            of_contacts.append(values)
        else:
            of_addresses.append({**values, "a": each.address})
    for table, rows in ((w1_contact, of_contacts), (w1_contact_address, of_addresses)):
        if rows:
            key = [table.c.external_source == bindparam("s"), table.c.external_id == bindparam("i")]
            if table is w1_contact_address:
                key.append(table.c.address == bindparam("a"))
            connection.execute(update(table).where(*key).values(applied_at=bindparam("t"), error=bindparam("e")), rows)


def ask_again(connection: Connection, normals: set[str]) -> None:
    """Addresses were let go: rows that were refused wait again, for one of these may be why.

    Rows that another program has locked are left out, for it may keep them so for long.
    """
    if not normals:
        return
    table = w1_contact_address
    key = (table.c.external_source, table.c.external_id, table.c.address)
    query = select(*key).where(table.c.error.is_not(None)).with_for_update(skip_locked=True)
    with lenient(connection):
        refused = [row for row in connection.execute(query) if is_text(*row) and normalize(row.address) in normals]
    if refused:
        names = ("s", "i", "a")
        same = [column == bindparam(name) for column, name in zip(key, names, strict=True)]
        again = update(table).where(*same).values(error=None)
        connection.execute(again, [dict(zip(names, row, strict=True)) for row in refused])


def refuse_unreadable(connection: Connection) -> None:
    """Rows of SQLite whose keys are no text get their error; PostgreSQL lets no such row in."""
    if connection.dialect.name != "sqlite":
        return
    for table, names in (
        (w1_contact, ("external_source", "external_id")),
        (w1_contact_address, ("external_source", "external_id", "address")),
    ):
        query = select(text("rowid"), *(type_coerce(table.c[name], NullType()) for name in names))
        with lenient(connection):
            rows = connection.execute(query.where(_waiting(table))).all()
        for rowid, *values in rows:
            bad = next((name for name, value in zip(names, values, strict=True) if not is_text(value)), None)
            if bad:
                error = f"{bad} is not text in UTF-8"
                connection.execute(update(table).where(text("rowid = :r")).values(error=error), {"r": rowid})


def _waiting(table: Table) -> Any:
    return and_(table.c.applied_at.is_(None), table.c.error.is_(None))


def _rows(connection: Connection, table: Table, source: str, ids: list[str], busy: set[Identity]) -> Iterator[Row[Any]]:
    """The rows that nobody else has locked; contacts with one that somebody has are added to `busy`."""
    of_source = table.c.external_source == source
    flags = [name for name in _LENIENT if name in table.c]
    rest = [c for c in table.columns if c.name not in ("external_source", "applied_at", *flags)]
    query: Select[Any] = select(
        *(bounded(column).label(column.name) if column.name in _LONG else column for column in rest),
        *(type_coerce(table.c[name], NullType()).label(name) for name in flags),
        table.c.applied_at.is_(None).label("is_unapplied"),
    ).with_for_update(skip_locked=True)
    rows = select_in(connection, lambda within: query.where(of_source, within), table.c.external_id, ids)
    if connection.dialect.name == "postgresql":
        counts: dict[str, int] = {}
        for row in rows:
            counts[row.external_id] = counts.get(row.external_id, 0) + 1
        for row in select_in(connection, select(table.c.external_id).where(of_source).where, table.c.external_id, ids):
            counts[row.external_id] = counts.get(row.external_id, 0) - 1
        busy.update((source, external_id) for external_id, number in counts.items() if number)
    yield from (row for row in rows if table is w1_contact or is_text(row.address))


def _contact_row(row: Row[Any]) -> ContactRow:
    consent_at = instant(row.tracking_consent_at)
    return ContactRow(
        display_name=_text(row.display_name),
        organization=_text(row.organization),
        is_deleted=flag(row.is_deleted),
        is_waiting=row.is_unapplied and row.error is None,
        error=row.error,
        consent=_text(row.tracking_consent),
        consent_at=consent_at,
        consent_source=_text(row.tracking_consent_source),
        has_bad_time=row.tracking_consent_at is not None and consent_at is None,
    )


def _text(value: object) -> str | None:
    """ "": there is none; None: it is none in UTF-8."""
    if value is None:
        return ""
    return value if isinstance(value, str) and is_text(value) else None


def _address_row(row: Row[Any]) -> AddressRow:
    since, until = instant(row.valid_from_at), instant(row.valid_to_at)
    times_are_given = (row.valid_from_at is not None, row.valid_to_at is not None)
    return AddressRow(
        address=row.address,
        is_primary=flag(row.is_primary),
        is_deleted=flag(row.is_deleted),
        valid_from_at=since,
        valid_to_at=until,
        has_bad_time=times_are_given != (since is not None, until is not None),
        is_waiting=row.is_unapplied and row.error is None,
        error=row.error,
    )


def instant(value: object) -> datetime | None:
    """A time as a program wrote it; None where it is none."""
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        # an hour before the year 1, or after 9999, has no instant of UTC
        return None


def bounded(column: Any) -> Any:
    """As much of a text as is looked at, with one character more where there is more."""
    return func.substr(column, 1, LONGEST + 1)


def too_long(name: str, text: str | None, most: int) -> str | None:
    """What is answered to a text of more than `most` characters; None: it has no more."""
    if text is None or len(text) <= most:
        return None
    length = str(len(text)) if len(text) <= LONGEST else f"more than {LONGEST}"
    return f"{name} has {length} characters; at most {most} are possible"


def flag(value: object) -> bool | None:
    """A flag as a program wrote it; None where it is none."""
    return bool(value) if value in (0, 1) else None


def is_text(*values: object) -> bool:
    """Are they texts in UTF-8?"""
    return all(isinstance(each, str) and not _UNDECODED.search(each) for each in values)


@contextmanager
def lenient(connection: Connection) -> Iterator[None]:
    """Read texts of SQLite that are not UTF-8 without failing: every program writes what it likes there."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.driver_connection
    before = raw.text_factory
    raw.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = before
