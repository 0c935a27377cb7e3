"""Contacts entered into a test's store, and the questions that tests ask of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from store.contacts import entered, merging
from store.contacts.records import Entry, EntryAddress, Outcome
from store.keeping.invariants import RULES
from tests.unit.daemon.company_mail import NOON, House

LINKS = (
    "SELECT i.message_id, c.display_name FROM v1_interaction_contact l"
    " JOIN v1_interaction i ON i.id = l.interaction_id JOIN v1_contact c ON c.id = l.contact_id"
)


def entry(house: House, *addresses: str, source: str = "crm", **more: Any) -> Entry:
    """What a list says of one contact."""
    fields: dict[str, Any] = {"line": 1, "origin": "import", "external_id": None, "name": "", **more}
    forms = tuple(EntryAddress(each, each, house.company.rules.base(each)) for each in addresses)
    return Entry(
        source=source,
        addresses=forms,
        primary=addresses[0] if addresses else None,
        is_complete=fields["external_id"] is not None,
        may_lack_address=not addresses,
        **fields,
    )


def enter(house: House, *entries: Entry, now: datetime = NOON) -> list[Outcome]:
    """Let them take effect, as an import does, and derive."""
    numbered = list(entries)
    with house.store.write() as transaction:
        entered.release(transaction, house.store.key, numbered, now)
    with house.store.write() as transaction:
        outcomes = entered.enter(transaction, house.store.key, numbered, now)
    house.derive()
    return outcomes


def id_of(house: House, address: str) -> str:
    """The id that a contact of this mailbox has by itself."""
    return house.store.key.id("contact", house.company.rules.base(address))


def merge(house: House, other: str, keep: str, now: datetime = NOON) -> bool:
    """Make the contact with the one id part of that with the other, and derive."""
    with house.store.write() as transaction:
        is_new = merging.merge(transaction, other, keep, now)
    house.derive()
    return is_new


def unmerge(house: House, contact_id: str, now: datetime = NOON) -> bool:
    with house.store.write() as transaction:
        was_merged = merging.unmerge(transaction, contact_id, now)
    house.derive()
    return was_merged


def misheld(house: House) -> list[tuple[str, ...]]:
    """Addresses that name another contact than the one that stands for theirs."""
    (sql,) = [rule.sql for rule in RULES if rule.name == "address_of_another_holder"]
    return house.rows(sql)


def without(rows: Iterable[tuple[Any, ...]], *columns: int) -> list[tuple[Any, ...]]:
    """Rows less some of their columns."""
    return [tuple(value for at, value in enumerate(row) if at not in columns) for row in rows]
