"""Entering contacts: a batch of entries is read into a book, takes effect there, and is written at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, literal, select

from matching.names import name_key
from store.contacts import consents, merging, organizations
from store.contacts.address_times import by_time
from store.contacts.book import Book
from store.contacts.records import POLICY, Address, Contact, Entry, Outcome
from store.derivation.copies import mark_dirty
from store.derivation.history import add_redirects
from store.keys import IdentityKey
from store.privacy.screening import screened
from store.schema.core import contact, contact_address, organization, redirect
from store.upsert import chunks, select_in, upsert
from store.writers import w1

_CONTACT = (
    contact.c.id,
    contact.c.origin,
    contact.c.display_name,
    contact.c.name_rank,
    contact.c.organization_name,
    contact.c.external_source,
    contact.c.external_id,
    contact.c.merged_into_id,
    contact.c.deleted_at,
)

_holds_now = (contact_address.c.contact_id == contact.c.id) & contact_address.c.valid_to_at.is_(None)


def release(connection: Connection, key: IdentityKey, entries: Sequence[Entry], now: datetime) -> set[int]:
    """Take away what known contacts' entries no longer say; returns the lines of those that changed something.

    To be done for all entries before `enter`, so that an address can pass from one of them to another.
    """
    known = [each for each in entries if each.identity]
    if not known:
        return set()
    merging.lock(connection)
    contacts = load(connection, set(_ids_by_identity(connection, known)))
    book = Book(key, contacts, now, lambda _id: True)
    changed = {each.line for each in known if book.release(each)}
    write(connection, key, contacts, book, now)
    return changed


def enter(connection: Connection, key: IdentityKey, entries: Sequence[Entry], now: datetime) -> list[Outcome]:
    """Let the entries take effect, one after another; what their addresses change is marked dirty."""
    merging.lock(connection)
    free, refused = screened(connection, key, entries, now)
    ids = _ids_concerned(connection, key, free)
    contacts = load(connection, ids)
    book = Book(key, contacts, now, _is_taken(connection, ids))
    outcomes = refused | {each.line: book.enter(each) for each in free}
    write(connection, key, contacts, book, now)
    return consents.enter(connection, [outcomes[each.line] for each in entries], now)


def preview(
    connection: Connection, key: IdentityKey, gone: Iterable[str], entries: Sequence[Entry], now: datetime
) -> tuple[set[int], list[Outcome]]:
    """What `remove`, `release` and `enter` would do, all in memory: no lock is taken, nothing is written."""
    ids = _ids_concerned(connection, key, entries)
    book = Book(key, load(connection, ids | set(gone)), now, _is_taken(connection, ids))
    for each in gone:
        book.remove(each)
    released = {each.line for each in entries if each.identity and book.release(each)}
    outcomes = [book.enter(each) for each in entries]
    return released, consents.enter(connection, outcomes, now, may_write=False)


def remove(connection: Connection, key: IdentityKey, ids: Sequence[str], now: datetime) -> None:
    """These contacts are none any more; tombstones stay."""
    merging.lock(connection)
    contacts = load(connection, ids)
    book = Book(key, contacts, now, lambda _id: True)
    for each in contacts:
        book.remove(each.id)
    write(connection, key, contacts, book, now)


def entered_ids(connection: Connection, source: str | None, *, with_policy: bool) -> list[str]:
    """Living contacts in the order of their names: those that were entered, of one source or all."""
    query = select(contact.c.id).where(contact.c.deleted_at.is_(None))
    if source is not None:
        query = query.where(contact.c.external_source == source)
    if not with_policy:
        query = query.where(contact.c.origin != POLICY)
    return list(connection.scalars(query.order_by(contact.c.name_key, contact.c.id)))


def has_entered(connection: Connection, source: str) -> bool:
    """Was any contact entered from this source?"""
    query = select(literal(1)).select_from(contact).where(contact.c.external_source == source)
    return connection.execute(query.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class Listed:
    """A living contact that a list entered."""

    id: str
    external_id: str | None
    #: Normal forms of the addresses that it holds.
    normals: frozenset[str]


def listed(connection: Connection, source: str) -> list[Listed]:
    """All living contacts of one source."""
    query = (
        select(contact.c.id, contact.c.external_id, contact_address.c.normal)
        .outerjoin(contact_address, _holds_now)
        .where(contact.c.external_source == source, contact.c.deleted_at.is_(None))
    )
    normals: dict[tuple[str, str | None], set[str]] = {}
    for row in connection.execute(query):
        normals.setdefault((row.id, row.external_id), set()).update([row.normal] if row.normal else [])
    return [Listed(*who, frozenset(held)) for who, held in sorted(normals.items(), key=lambda item: item[0][0])]


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


def load(connection: Connection, ids: Iterable[str]) -> list[Contact]:
    """The contacts with all their addresses."""
    ids = sorted(set(ids))
    rows: dict[str, list[Address]] = {}
    query = select(contact_address)
    for row in select_in(connection, query.where, contact_address.c.contact_id, ids):
        rows.setdefault(row.contact_id, []).append(
            Address(
                row.address,
                row.normal,
                row.base,
                bool(row.is_primary),
                row.valid_from_at,
                row.valid_to_at,
                row.decided_at,
                row.id,
            )
        )
    found = []
    for row in select_in(connection, select(*_CONTACT).where, contact.c.id, ids):
        latest, earlier = by_time(rows.get(row.id, ()))
        found.append(Contact(**row._mapping, addresses=latest, earlier=earlier))
    return found


def _is_taken(connection: Connection, loaded: set[str]) -> Callable[[str], bool]:
    """Asks whether a contact that the book does not have has an id; of `loaded` it has all there are."""
    query = select(literal(1)).where(contact.c.id == bindparam("i"))
    return lambda each: each not in loaded and connection.execute(query, {"i": each}).first() is not None


def write(connection: Connection, key: IdentityKey, before: Sequence[Contact], book: Book, now: datetime) -> None:
    """Write the difference between the contacts as they were and as the book has them."""
    old = {each.id: each for each in before}
    changed = [each for _id, each in sorted(book.contacts.items()) if old.get(each.id) != each]
    gone = sorted(each for each in book.merged if each not in book.contacts)
    if not changed and not gone:
        return
    touched = [*gone, *(each.id for each in changed)]
    before_them = organizations.of_contacts(connection, touched)
    _drop_addresses(connection, [old[each.id] for each in changed if each.id in old], book, gone)
    _write_contacts(connection, key, changed, now)
    upsert(
        connection,
        contact_address,
        [_address_row(each, held) for each in changed for held in each.rows()],
        update=("address", "base", "is_primary", "valid_from_at", "valid_to_at", "decided_at", "holder_id"),
    )
    organizations.drop_unused(connection, before_them)
    organizations.name(connection, before_them | organizations.of_contacts(connection, touched))
    add_redirects(connection, "contact", {each: book.merged[each] for each in gone}, now)
    for part in chunks(each.id for each in changed if each.id not in old):
        connection.execute(delete(redirect).where(redirect.c.entity == "contact", redirect.c.old_id.in_(part)))
    mark_dirty(connection, "address", book.dirty)
    merging.renamed(connection, {each: book.merged[each] for each in gone})
    merging.settle(connection, touched, now)
    consents.renamed(connection, {each: book.merged[each] for each in gone}, now)
    consents.settle(connection, touched, now)
    w1.ask_again(connection, book.released)


def _drop_addresses(connection: Connection, before: Iterable[Contact], book: Book, gone: Iterable[str]) -> None:
    """Remove contacts that went away, and addresses that a contact has no more."""
    doomed = [
        address_id
        for each in before
        for address_id in sorted({a.id for a in each.rows()} - {a.id for a in book.contacts[each.id].rows()})
    ]
    for part in chunks(doomed):
        connection.execute(delete(contact_address).where(contact_address.c.id.in_(part)))
    for part in chunks(gone):
        connection.execute(delete(contact_address).where(contact_address.c.contact_id.in_(part)))
        connection.execute(delete(contact).where(contact.c.id.in_(part)))


def _write_contacts(connection: Connection, key: IdentityKey, changed: Sequence[Contact], now: datetime) -> None:
    found: dict[str, dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []
    for each in changed:
        of = organizations.row(key, each.primary.normal if each.primary else None, each.organization_name)
        if of is not None:
            found[of["id"]] = of
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
    upsert(connection, organization, [found[each] for each in sorted(found)])
    upsert(
        connection,
        contact,
        rows,
        update=[*(column.name for column in _CONTACT[1:]), "name_key", "organization_id", "updated_at"],
    )


def _address_row(holder: Contact, held: Address) -> dict[str, Any]:
    return {
        "id": held.id,
        "contact_id": holder.id,
        "address": held.text,
        "normal": held.normal,
        "base": held.base,
        "is_primary": held.is_primary,
        "state": "active",
        "valid_from_at": held.valid_from_at,
        "valid_to_at": held.valid_to_at,
        "decided_at": held.decided_at,
        "holder_id": holder.root,
    }
