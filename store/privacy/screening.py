"""Entries of contacts that name an erased address: refused before they are written, whoever enters them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, update

from store.contacts.records import Entry, Outcome, Verdict
from store.keys import IdentityKey
from store.privacy import suppression
from store.schema.w1 import w1_contact, w1_contact_address
from store.writers.w1 import Identity

#: What whoever enters an erased address is told.
REASON = "it was erased for good at the person's wish, and is not taken again"


def screened(
    connection: Connection, key: IdentityKey, entries: Sequence[Entry], now: datetime
) -> tuple[Sequence[Entry], dict[int, Outcome]]:
    """(entries that may be entered, line -> what becomes of the others).

    An entry that names an erased address speaks of the erased person: it is refused as a whole, name and all, and so
    is from then on whatever comes under its id.
    """
    erased = suppression.load(connection, key)
    if not erased:
        return entries, {}
    refused: dict[int, Outcome] = {}
    for each in entries:
        hit = [address for address in each.addresses if erased.holds(address.normal, address.base)]
        if hit or erased.holds_entry(each.identity):
            normals = [address.normal for address in hit or each.addresses] or [""]
            refused[each.line] = Outcome(each, Verdict.REJECTED, tuple((normal, REASON) for normal in normals))
            if each.identity is not None:
                suppression.add(connection, [suppression.entry_key(key, *each.identity)], now, is_done=True)
    return [each for each in entries if each.line not in refused], refused


def is_erased(outcome: Outcome) -> bool:
    """Was the entry refused because it speaks of an erased person?"""
    return any(reason == REASON for _normal, reason in outcome.refused)


def withdraw(connection: Connection, identities: Iterable[Identity]) -> None:
    """Take the erased person out of rows that another program wrote: of them stays the id, with its error."""
    for source, external_id in identities:
        of_addresses = w1_contact_address.c
        connection.execute(
            delete(w1_contact_address).where(
                of_addresses.external_source == source, of_addresses.external_id == external_id
            )
        )
        here = (w1_contact.c.external_source == source, w1_contact.c.external_id == external_id)
        connection.execute(update(w1_contact).where(*here).values(display_name=None))
