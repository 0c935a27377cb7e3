"""An address passes from whoever holds it to another contact, because a person says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from store.contacts import entered, merging
from store.contacts.address_times import address_id, having
from store.contacts.book import Book
from store.contacts.merging import MergeRefused
from store.contacts.records import HAND, POLICY, Address, Contact, EntryAddress
from store.keys import IdentityKey
from store.schema.core import contact_address


def move(
    connection: Connection,
    key: IdentityKey,
    address: EntryAddress,
    contact_id: str,
    since: datetime,
    now: datetime,
    *,
    with_past: bool = False,
) -> list[Contact]:
    """Mail of the address from `since` on is the contact's; returns who held it, as they were.

    `with_past`: that from before as well; the others never held it. Lists of contacts do not undo it. Raises
    MergeRefused where there is no such contact, or nothing would change.
    """
    merging.lock(connection)
    target_id = merging.known(connection, contact_id).id
    query = select(contact_address.c.contact_id).where(contact_address.c.normal == address.normal)
    contacts = entered.load(connection, {*connection.scalars(query), target_id})
    book = Book(key, contacts, now, lambda _id: True)
    target = book.contacts[target_id]
    others = [each for each in contacts if each.id != target_id and each.deleted_at is None]
    holders = [each for each in others if any(row.normal == address.normal for row in each.rows())]
    kept = target.addresses.get(address.normal)
    if kept is not None and kept.valid_to_at is None and not _hold_after(holders, address.normal, since):
        is_all_its = kept.valid_from_at is None and not holders
        if is_all_its or (not with_past and kept.valid_from_at is not None and kept.valid_from_at == since):
            raise MergeRefused(f"{address.normal} belongs to {target} already")
    for each in holders:
        book.save(each, _without(each, address.normal, None if with_past else since, now))
    book.save(target, _with(key, target, address, None if with_past else since, now))
    entered.write(connection, key, contacts, book, now)
    return holders


def _hold_after(contacts: Iterable[Contact], normal: str, since: datetime) -> bool:
    rows = (row for each in contacts for row in each.rows() if row.normal == normal)
    return any(row.valid_to_at is None or row.valid_to_at > since for row in rows)


def _without(contact: Contact, normal: str, since: datetime | None, now: datetime) -> Contact:
    """The contact as one that does not hold the address from then on; None: that never did."""

    def cut(row: Address) -> Address | None:
        if row.normal != normal:
            return row
        if since is None or (row.valid_from_at is not None and row.valid_from_at >= since):
            return None
        if row.valid_to_at is not None and row.valid_to_at <= since:
            return row
        return replace(row, valid_to_at=since, is_primary=False, decided_at=now)

    rows = [row for each in contact.rows() if (row := cut(each)) is not None]
    return _having(contact, rows, None)


def _with(key: IdentityKey, contact: Contact, address: EntryAddress, since: datetime | None, now: datetime) -> Contact:
    """The contact as one that holds the address from then on; None: that always did."""
    mine = [row for row in contact.rows() if row.normal == address.normal]
    rest = [row for row in contact.rows() if row.normal != address.normal]
    earlier = [] if since is None else [row for row in mine if row.valid_to_at is not None and row.valid_to_at < since]
    spare = [row.id for row in mine if row not in earlier]
    row_id = spare[0] if spare else address_id(key, contact.id, address.normal, [row.id for row in earlier])
    held = Address(address.text, address.normal, address.base, valid_from_at=since, decided_at=now, id=row_id)
    was_primary = any(row.is_primary for row in mine)
    return _having(contact, [*rest, *earlier, held], address.normal if was_primary else None)


def _having(contact: Contact, rows: list[Address], primary: str | None) -> Contact:
    """The contact with exactly these addresses. A person has decided about it: the policy does not unmake it."""
    origin = HAND if contact.origin == POLICY else contact.origin
    return replace(having(contact, rows, primary), origin=origin)
