"""Entering contacts: a batch of entries is read into a book, takes effect there, and is written at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, literal, select, text

from matching.addresses import domain_of
from matching.names import name_key
from matching.organizations import display_name, organization_domain
from store import w1
from store.contact_book import Address, Book, Contact, Entry, Outcome
from store.history import add_redirects
from store.keys import IdentityKey
from store.schema import contact, contact_address, organization, redirect
from store.screening import screened
from store.upsert import chunks, select_in, upsert
from store.write import mark_dirty

_CONTACT = (
    contact.c.id,
    contact.c.origin,
    contact.c.display_name,
    contact.c.name_rank,
    contact.c.external_source,
    contact.c.external_id,
    contact.c.deleted_at,
)


def release(connection: Connection, key: IdentityKey, entries: Sequence[Entry], now: datetime) -> set[int]:
    """Take away what known contacts' entries no longer say; returns the lines of those that changed something.

    To be done for all entries before `enter`, so that an address can pass from one of them to another.
    """
    known = [each for each in entries if each.identity]
    if not known:
        return set()
    lock(connection)
    contacts = _load(connection, set(_ids_by_identity(connection, known)))
    book = Book(key, contacts, now, lambda _id: True)
    changed = {each.line for each in known if book.release(each)}
    _write(connection, key, contacts, book, now)
    return changed


def enter(connection: Connection, key: IdentityKey, entries: Sequence[Entry], now: datetime) -> list[Outcome]:
    """Let the entries take effect, one after another; what their addresses change is marked dirty."""
    lock(connection)
    free, refused = screened(connection, key, entries, now)
    ids = _ids_concerned(connection, key, free)
    contacts = _load(connection, ids)
    book = Book(key, contacts, now, _is_taken(connection, ids))
    outcomes = refused | {each.line: book.enter(each) for each in free}
    _write(connection, key, contacts, book, now)
    return [outcomes[each.line] for each in entries]


def lock(connection: Connection) -> None:
    """Be the one who enters contacts, until the transaction ends; SQLite has one writer anyway.

    What a book was read from stays true until it is written. Who locks rows of w1_* too comes here first.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE contact, contact_address IN SHARE ROW EXCLUSIVE MODE"))


def _ids_by_identity(connection: Connection, entries: Iterable[Entry]) -> Iterator[str]:
    by_source: dict[str, list[str]] = {}
    for each in entries:
        if each.external_id is not None:
            by_source.setdefault(each.source, []).append(each.external_id)
    for source, ids in by_source.items():
        query = select(contact.c.id).where(contact.c.external_source == source)
        yield from (row.id for row in select_in(connection, query.where, contact.c.external_id, ids))


def _ids_concerned(connection: Connection, key: IdentityKey, entries: Sequence[Entry]) -> set[str]:
    """Contacts that are known by an id, hold an address or its base form, or have the id of a mailbox."""
    ids = set(_ids_by_identity(connection, entries))
    ids.update(key.id("contact", *each.identity) for each in entries if each.identity)
    addresses = [address for each in entries for address in each.addresses]
    ids.update(key.id("contact", each.base) for each in addresses)
    query = select(contact_address.c.contact_id)
    for column, values in (
        (contact_address.c.normal, [each.normal for each in addresses]),
        (contact_address.c.base, [each.base for each in addresses]),
    ):
        ids.update(row.contact_id for row in select_in(connection, query.where, column, values))
    return ids


def _load(connection: Connection, ids: set[str]) -> list[Contact]:
    addresses: dict[str, dict[str, Address]] = {}
    query = select(contact_address)
    for row in sorted(
        select_in(connection, query.where, contact_address.c.contact_id, sorted(ids)), key=lambda row: str(row.normal)
    ):
        addresses.setdefault(row.contact_id, {})[row.normal] = Address(
            row.address, row.normal, row.base, bool(row.is_primary), row.valid_from_at, row.valid_to_at
        )
    rows = select_in(connection, select(*_CONTACT).where, contact.c.id, sorted(ids))
    return [Contact(**row._mapping, addresses=addresses.get(row.id, {})) for row in rows]


def _is_taken(connection: Connection, loaded: set[str]) -> Callable[[str], bool]:
    """Asks whether a contact that the book does not have has an id; of `loaded` it has all there are."""
    query = select(literal(1)).where(contact.c.id == bindparam("i"))
    return lambda each: each not in loaded and connection.execute(query, {"i": each}).first() is not None


def _write(connection: Connection, key: IdentityKey, before: Sequence[Contact], book: Book, now: datetime) -> None:
    """Write the difference between the contacts as they were and as the book has them."""
    old = {each.id: each for each in before}
    changed = [each for _id, each in sorted(book.contacts.items()) if old.get(each.id) != each]
    gone = sorted(each for each in book.merged if each not in book.contacts)
    if not changed and not gone:
        return
    touched = [*gone, *(each.id for each in changed)]
    organizations = {
        row.organization_id
        for row in select_in(connection, select(contact.c.organization_id).where, contact.c.id, touched)
        if row.organization_id
    }
    _drop_addresses(connection, key, [old[each.id] for each in changed if each.id in old], book, gone)
    _write_contacts(connection, key, changed, now)
    upsert(
        connection,
        contact_address,
        [_address_row(key, each.id, held) for each in changed for held in each.addresses.values()],
        update=("address", "base", "is_primary", "valid_from_at", "valid_to_at"),
    )
    drop_unused_organizations(connection, organizations)
    add_redirects(connection, "contact", {each: book.merged[each] for each in gone}, now)
    for part in chunks(each.id for each in changed if each.id not in old):
        connection.execute(delete(redirect).where(redirect.c.entity == "contact", redirect.c.old_id.in_(part)))
    mark_dirty(connection, "address", book.dirty)
    w1.ask_again(connection, book.released)


def _drop_addresses(
    connection: Connection, key: IdentityKey, before: Iterable[Contact], book: Book, gone: Iterable[str]
) -> None:
    """Remove contacts that went away, and addresses that a contact has no more."""
    doomed = [
        key.id("contact_address", each.id, normal)
        for each in before
        for normal in each.addresses.keys() - book.contacts[each.id].addresses.keys()
    ]
    for part in chunks(doomed):
        connection.execute(delete(contact_address).where(contact_address.c.id.in_(part)))
    for part in chunks(gone):
        connection.execute(delete(contact_address).where(contact_address.c.contact_id.in_(part)))
        connection.execute(delete(contact).where(contact.c.id.in_(part)))


def _write_contacts(connection: Connection, key: IdentityKey, changed: Sequence[Contact], now: datetime) -> None:
    organizations: dict[str, dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []
    for each in changed:
        of = _organization_row(key, each.primary.normal) if each.primary else None
        if of is not None:
            organizations[of["id"]] = of
        rows.append(
            {
                **{column.name: getattr(each, column.name) for column in _CONTACT},
                "name_key": name_key(each.display_name),
                "organization_id": of["id"] if of else None,
                "tracking_consent": "unknown",
                "created_at": now,
                "updated_at": now,
            }
        )
    upsert(connection, organization, [organizations[each] for each in sorted(organizations)])
    upsert(
        connection,
        contact,
        rows,
        update=[*(column.name for column in _CONTACT[1:]), "name_key", "organization_id", "updated_at"],
    )


def _organization_row(key: IdentityKey, normal: str) -> dict[str, Any] | None:
    domain = organization_domain(domain_of(normal))
    if domain is None:
        return None
    return {"id": key.id("organization", domain), "domain": domain, "display_name": display_name(domain)}


def _address_row(key: IdentityKey, contact_id: str, held: Address) -> dict[str, Any]:
    return {
        "id": key.id("contact_address", contact_id, held.normal),
        "contact_id": contact_id,
        "address": held.text,
        "normal": held.normal,
        "base": held.base,
        "is_primary": held.is_primary,
        "state": "active",
        "valid_from_at": held.valid_from_at,
        "valid_to_at": held.valid_to_at,
    }


def drop_unused_organizations(connection: Connection, organizations: Iterable[str]) -> None:
    """Organizations that were there only for a contact that left them."""
    used = exists().where(contact.c.organization_id == organization.c.id)
    for part in chunks(sorted(organizations)):
        unused = organization.c.id.in_(part) & organization.c.external_id.is_(None) & ~used
        connection.execute(delete(organization).where(unused))
