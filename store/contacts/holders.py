"""Contacts: who holds an address, contacts that the policy makes, and what their arrival makes wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, or_, select, update

from matching.names import name_key
from matching.organizations import display_name, organization_domain
from store.contacts import consents
from store.contacts.records import ENTERED_NAME, POLICY
from store.keys import IdentityKey
from store.mails.write import FINAL_REASONS
from store.privacy import suppression
from store.schema.core import (
    contact,
    contact_address,
    message,
    organization,
    participant,
    placement,
    placement_bcc,
    skipped_participant,
)
from store.upsert import select_in, upsert


@dataclass(frozen=True, slots=True)
class Holding:
    """An address that a contact holds or held."""

    contact_id: str
    normal: str
    base: str
    valid_from_at: datetime | None
    valid_to_at: datetime | None

    def holds_at(self, when: datetime) -> bool:
        """Did the contact hold it at that time?"""
        return (self.valid_from_at is None or self.valid_from_at <= when) and (
            self.valid_to_at is None or when < self.valid_to_at
        )


_HOLDINGS = (
    select(
        *(contact_address.c.holder_id, contact_address.c.normal, contact_address.c.base),
        *(contact_address.c.valid_from_at, contact_address.c.valid_to_at),
    )
    .join(contact, contact.c.id == contact_address.c.contact_id)
    .where(contact.c.deleted_at.is_(None))
    .order_by(contact_address.c.contact_id, contact_address.c.normal)
)


class Directory:
    """The holders of the addresses that a batch speaks of."""

    def __init__(self, connection: Connection, normals: Iterable[str], bases: Iterable[str]) -> None:
        table = contact_address
        self._by_normal: dict[str, list[Holding]] = {}
        self._by_base: dict[str, list[Holding]] = {}
        for column, values, index in (
            (table.c.normal, normals, self._by_normal),
            (table.c.base, bases, self._by_base),
        ):
            for row in select_in(connection, _HOLDINGS.where, column, values):
                name = row.normal if index is self._by_normal else row.base
                index.setdefault(name, []).append(
                    Holding(row.holder_id, row.normal, row.base, row.valid_from_at, row.valid_to_at)
                )

    def find(self, normal: str, base: str, when: datetime) -> list[tuple[str, str]]:
        """[(contact id, reason)]: by the address itself, else by the address without tag and dots."""
        exact = [(h.contact_id, "address") for h in self._by_normal.get(normal, ()) if h.holds_at(when)]
        if exact or normal in self._by_normal:
            return list(dict.fromkeys(exact))
        near = [(h.contact_id, "base_address") for h in self._by_base.get(base, ()) if h.holds_at(when)]
        return list(dict.fromkeys(near))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An outside address that the policy makes a contact."""

    normal: str
    base: str
    email: str


def create_by_policy(
    connection: Connection, key: IdentityKey, candidates: Iterable[Candidate], now: datetime
) -> list[Candidate]:
    """Make contacts of addresses that nobody holds; returns the addresses that are new.

    Addresses that differ by tag and dots alone are one contact, whichever came first. A deleted contact's address
    stays without one.
    """
    erased = suppression.load(connection, key)
    candidates = [each for each in candidates if not erased.holds(each.normal, each.base)] if erased else candidates
    by_normal = {c.normal: c for c in sorted(candidates, key=lambda c: (c.normal, c.email), reverse=True)}
    known = _holders(connection, {c.base for c in by_normal.values()})
    new_contacts: dict[str, dict[str, Any]] = {}
    made: list[tuple[str, Candidate]] = []
    for item in sorted(by_normal.values(), key=lambda c: c.normal):
        contact_id = key.id("contact", item.base)
        held = known.get(item.base, [])
        if any(normal == item.normal for _id, normal, _origin, _deleted in held):
            continue
        if any(deleted for _id, _normal, _origin, deleted in held):
            continue  # a tombstone: the company did not want this contact
        if any(origin != POLICY for _id, _normal, origin, _deleted in held):
            continue  # an entered contact has the addresses that were entered; links find the others by the base form
        made.append((contact_id, item))
        new_contacts[contact_id] = {
            "id": contact_id,
            "origin": POLICY,
            "display_name": item.base,
            "name_key": name_key(item.base),
            "name_rank": "",
            "organization_id": ensure_organization(connection, key, item.normal),
            "tracking_consent": "unknown",
            "created_at": now,
            "updated_at": now,
        }
    upsert(connection, contact, [new_contacts[i] for i in sorted(new_contacts)])
    holders = standing_for(connection, new_contacts)  # a contact that was there may be part of another
    rows = [address_row(key, i, item, holders[i], is_primary=item.normal == item.base) for i, item in made]
    upsert(connection, contact_address, rows)
    ensure_primary(connection, sorted(new_contacts))
    if spoken := consents.said(connection, new_contacts):
        consents.settle(connection, spoken, now)
    return [item for _id, item in made]


def standing_for(connection: Connection, contact_ids: Iterable[str]) -> dict[str, str]:
    """contact_address.holder_id of the addresses of each of these contacts: who stands for it, else it itself."""
    found = {each: each for each in contact_ids}
    merged = select(contact.c.id, contact.c.merged_into_id).where(contact.c.merged_into_id.is_not(None))
    found |= {row.id: row.merged_into_id for row in select_in(connection, merged.where, contact.c.id, list(found))}
    return found


def _holders(connection: Connection, bases: Iterable[str]) -> dict[str, list[tuple[str, str, str, bool]]]:
    """base -> [(contact, normal, origin, is deleted)]"""
    found: dict[str, list[tuple[str, str, str, bool]]] = {}
    columns = (
        contact.c.id,
        contact_address.c.normal,
        contact_address.c.base,
        contact.c.origin,
        contact.c.deleted_at,
    )
    query = select(*columns).join(contact, contact.c.id == contact_address.c.contact_id)
    for row in select_in(connection, query.where, contact_address.c.base, bases):
        found.setdefault(row.base, []).append((row.id, row.normal, row.origin, row.deleted_at is not None))
    return found


def address_row(
    key: IdentityKey, contact_id: str, item: Candidate, holder_id: str, *, is_primary: bool
) -> dict[str, Any]:
    """The row of table `contact_address`."""
    return {
        "id": key.id("contact_address", contact_id, item.normal),
        "contact_id": contact_id,
        "address": item.email,
        "normal": item.normal,
        "base": item.base,
        "is_primary": is_primary,
        "state": "active",
        "holder_id": holder_id,
    }


def ensure_primary(connection: Connection, contact_ids: Sequence[str]) -> None:
    """Each of these contacts has one primary address: the shortest, so that the order of arrival does not matter."""
    by_contact: dict[str, list[tuple[int, str, str, bool]]] = {}
    for row in select_in(
        connection,
        lambda within: select(contact_address).where(within),
        contact_address.c.contact_id,
        contact_ids,
    ):
        by_contact.setdefault(row.contact_id, []).append((len(row.normal), row.normal, row.id, row.is_primary))
    for rows in by_contact.values():
        best = min(rows)[2]
        for _length, _normal, address_id, is_primary in rows:
            if is_primary != (address_id == best):
                connection.execute(
                    update(contact_address)
                    .where(contact_address.c.id == address_id)
                    .values(is_primary=address_id == best)
                )


def ensure_organization(connection: Connection, key: IdentityKey, normal: str) -> str | None:
    """The organization of an address's domain, made if need be; None for free mail."""
    domain = organization_domain(normal.rpartition("@")[2])
    if domain is None:
        return None
    organization_id = key.id("organization", domain)
    row = {"id": organization_id, "domain": domain, "display_name": display_name(domain)}
    upsert(connection, organization, [row])
    return organization_id


def offer_names(connection: Connection, names: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """Let contacts without an entered name take the best one seen: (contact, rank, name), in any order."""
    best: dict[str, tuple[str, str]] = {}
    for contact_id, rank, name in names:
        best[contact_id] = max(best.get(contact_id, ("", "")), (rank, name))
    rows = select_in(
        connection,
        lambda within: select(contact.c.id, contact.c.name_rank, contact.c.display_name).where(
            within, contact.c.name_rank != ENTERED_NAME
        ),
        contact.c.id,
        best,
    )
    changed = []
    for row in rows:
        rank, name = best[row.id]
        if (rank, name) > (row.name_rank, row.display_name if row.name_rank else ""):
            changed.append({"i": row.id, "r": rank, "n": name, "k": name_key(name), "t": now})
    if changed:
        connection.execute(
            update(contact)
            .where(contact.c.id == bindparam("i"))
            .values(
                name_rank=bindparam("r"),
                display_name=bindparam("n"),
                name_key=bindparam("k"),
                updated_at=bindparam("t"),
            ),
            changed,
        )


def reset_names(connection: Connection, names: Mapping[str, str]) -> None:
    """Policy contacts bear these plain names again, until mail offers a better one."""
    if names:
        connection.execute(
            update(contact)
            .where(contact.c.id == bindparam("i"))
            .values(display_name=bindparam("n"), name_key=bindparam("k"), name_rank=""),
            [{"i": contact_id, "n": name, "k": name_key(name)} for contact_id, name in names.items()],
        )


def want_skipped(connection: Connection, key: IdentityKey, addresses: Iterable[Candidate]) -> None:
    """Skipped mail of addresses that have a contact now is wanted: late linking."""
    items = list(addresses)
    table = skipped_participant
    places: set[tuple[int, str]] = set()
    for column, values in (
        (table.c.address_key, [key.digest("address", a.normal) for a in items]),
        (table.c.base_key, [key.digest("base", a.base) for a in items]),
    ):
        rows = select_in(connection, select(table.c.stream_id, table.c.ref).where, column, values)
        places.update((row.stream_id, row.ref) for row in rows)
    if places:
        connection.execute(
            update(placement)
            .where(
                placement.c.stream_id == bindparam("s"),
                placement.c.ref == bindparam("r"),
                placement.c.verdict == "skipped",
                *(placement.c.reason != reason for reason in FINAL_REASONS),
                or_(placement.c.is_bulk.is_(False), placement.c.direction == "outbound"),
            )
            .values(is_wanted=True),
            [{"s": stream_id, "r": ref} for stream_id, ref in sorted(places)],
        )


def interactions_of(connection: Connection, addresses: Iterable[Candidate]) -> set[str]:
    """The interactions in which these addresses take part."""
    items = list(addresses)
    found: set[str] = set()
    for table in (participant, placement_bcc):
        query: Select[Any] = (
            select(message.c.interaction_id)
            .join(table, table.c.message_key == message.c.key)
            .where(message.c.interaction_id.is_not(None))
            .distinct()
        )
        for column, values in ((table.c.normal, [a.normal for a in items]), (table.c.base, [a.base for a in items])):
            found.update(row[0] for row in select_in(connection, query.where, column, values))
    return found
