"""Putting the company's decisions into a store: contacts as they were, what readers were told, what programs wrote."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, select

from matching.consent import Consent, Statement, following
from matching.names import name_key
from store.contacts import consents, organizations
from store.contacts.holders import ensure_organization, standing_for
from store.contacts.merging import lock, settle
from store.derivation.copies import mark_dirty
from store.derivation.history import add_redirects
from store.keeping.decisions import (
    ADDRESS_COLUMNS,
    CONTACT_COLUMNS,
    DecidedConsent,
    DecidedContact,
    DecidedMerge,
    DecidedRedirect,
    WrittenRow,
    contacts_by_id,
)
from store.keys import IdentityKey
from store.privacy import suppression
from store.schema.contacts import contact_merge
from store.schema.core import contact, contact_address, interaction, metadata, person, redirect, thread
from store.schema.w1 import w1_deadline
from store.upsert import chunks, select_in, upsert

#: Where the ids of a redirect's entity live.
_LIVING = {"contact": contact.c.id, "interaction": interaction.c.id, "thread": thread.c.id}


class Restored(StrEnum):
    """What became of a contact that was to be put in."""

    RESTORED = "restored"
    UNCHANGED = "unchanged"
    KEPT = "it was entered here too, otherwise, and that stands"
    ID_TAKEN = "its external_id belongs to another contact here"
    ERASED = "it speaks of a person who was erased here"
    ADDRESS_TAKEN = "one of its addresses belongs to another entered contact here"

    @property
    def is_refusal(self) -> bool:
        """Was it left out, though it says something that is not here?"""
        return self not in (Restored.RESTORED, Restored.UNCHANGED)


def restore_contacts(
    connection: Connection,
    key: IdentityKey,
    decided: Sequence[DecidedContact],
    base_of: Callable[[str], str],
    now: datetime,
) -> list[Restored]:
    """Put contacts in as they were, and say what became of each; links follow from what is marked dirty.

    `base_of` gives the base form of an address under the rules in force. Contacts that the policy has made of the
    same mailboxes become part of them.
    """
    lock(connection)
    here = _Here(connection, decided, base_of)
    erased = suppression.load(connection, key)
    restored = [Restored.ERASED if _is_erased(each, erased, base_of) else here.verdict(each) for each in decided]
    taken = [each for each, verdict in zip(decided, restored, strict=True) if verdict is Restored.RESTORED]
    replaced = {each.id: here.policy_contacts(each) for each in taken}
    changed = sorted(set(replaced).union(*replaced.values()))
    before = select_in(connection, select(contact.c.organization_id).where, contact.c.id, changed)
    _remove_policy_contacts(connection, replaced, now)
    _write_contacts(connection, key, taken, here, now)
    organizations.drop_unused(connection, {row.organization_id for row in before if row.organization_id})
    _write_addresses(connection, key, taken, base_of)
    normals = {address.normal for each in taken for address in each.addresses}
    gone = {address.normal for ids in replaced.values() for each in ids for address in here.contacts[each].addresses}
    mark_dirty(connection, "address", normals | gone)
    return restored


def _is_erased(each: DecidedContact, erased: suppression.Erased, base_of: Callable[[str], str]) -> bool:
    """Does it speak of a person who was erased?"""
    if each.external_source and each.external_id and erased.holds_entry((each.external_source, each.external_id)):
        return True
    return any(erased.holds(address.normal, base_of(address.normal)) for address in each.addresses)


class _Here:
    """The contacts that are here already and touch those that are to be put in."""

    def __init__(
        self, connection: Connection, decided: Sequence[DecidedContact], base_of: Callable[[str], str]
    ) -> None:
        self._base_of = base_of
        normals = {address.normal for each in decided for address in each.addresses}
        ids = {each.id for each in decided}
        for column, values in (
            (contact_address.c.normal, normals),
            (contact_address.c.base, {base_of(normal) for normal in normals}),
        ):
            rows = select_in(connection, select(contact_address.c.contact_id).where, column, sorted(values))
            ids.update(row.contact_id for row in rows)
        external = {each.external_id for each in decided if each.external_id is not None}
        known = select_in(connection, select(contact.c.id).where, contact.c.external_id, sorted(external))
        ids.update(row.id for row in known)
        self.contacts = contacts_by_id(connection, sorted(ids))
        people = {each.person_id for each in decided if each.person_id is not None}
        self.people = {row.id for row in select_in(connection, select(person.c.id).where, person.c.id, sorted(people))}
        self._by_identity = {(c.external_source, c.external_id): c.id for c in self.contacts.values() if c.external_id}
        self._holders: dict[str, str] = {}
        for each in self.contacts.values():
            if each.is_entered and each.deleted_at is None:
                self._holders.update({a.normal: each.id for a in each.addresses if a.valid_to_at is None})

    def verdict(self, each: DecidedContact) -> Restored:
        """What is to become of it."""
        now = self.contacts.get(each.id)
        if now is not None and now.is_entered:
            return Restored.UNCHANGED if now.without_found_name() == each.without_found_name() else Restored.KEPT
        if each.external_id and self._by_identity.get((each.external_source, each.external_id), each.id) != each.id:
            return Restored.ID_TAKEN
        in_use = [a.normal for a in each.addresses if a.valid_to_at is None and each.deleted_at is None]
        if any(normal in self._holders for normal in in_use):
            return Restored.ADDRESS_TAKEN
        return Restored.RESTORED

    def policy_contacts(self, each: DecidedContact) -> list[str]:
        """Contacts that the policy has made of its mailboxes; it may be one of them itself."""
        bases = {self._base_of(address.normal) for address in each.addresses}
        return [
            other.id
            for other in self.contacts.values()
            if not other.is_entered
            and (other.id == each.id or any(self._base_of(address.normal) in bases for address in other.addresses))
        ]


def _remove_policy_contacts(connection: Connection, replaced: dict[str, list[str]], now: datetime) -> None:
    """Their addresses go, and so do they, but for those that keep their id."""
    ids = sorted({each for found in replaced.values() for each in found})
    gone = {each: new for new, found in replaced.items() for each in found if each != new and each not in replaced}
    for part in chunks(ids):
        connection.execute(delete(contact_address).where(contact_address.c.contact_id.in_(part)))
    for part in chunks(sorted(gone)):
        connection.execute(delete(contact).where(contact.c.id.in_(part)))
    add_redirects(connection, "contact", gone, now)


def _write_contacts(
    connection: Connection, key: IdentityKey, taken: Sequence[DecidedContact], here: _Here, now: datetime
) -> None:
    rows = []
    for each in taken:
        primary = next((address.normal for address in each.addresses if address.is_primary), None)
        rows.append(
            {
                **{name: getattr(each, name) for name in CONTACT_COLUMNS},
                "name_key": name_key(each.display_name),
                "organization_id": ensure_organization(connection, key, primary) if primary else None,
                "tracking_consent": Consent.UNKNOWN.value,
                "person_id": each.person_id if each.person_id in here.people else None,
                "updated_at": now,
            }
        )
    upsert(connection, contact, rows, update=[name for name in rows[0] if name != "id"] if rows else ())
    for part in chunks(each.id for each in taken):
        connection.execute(delete(redirect).where(redirect.c.entity == "contact", redirect.c.old_id.in_(part)))


def _write_addresses(
    connection: Connection, key: IdentityKey, taken: Sequence[DecidedContact], base_of: Callable[[str], str]
) -> None:
    holders = standing_for(connection, [each.id for each in taken])
    rows = [
        {
            **{name: getattr(address, name) for name in ADDRESS_COLUMNS},
            "id": key.id("contact_address", each.id, address.normal),
            "contact_id": each.id,
            "base": base_of(address.normal),
            "holder_id": holders[each.id],
        }
        for each in taken
        for address in each.addresses
    ]
    upsert(connection, contact_address, rows)


def restore_merges(connection: Connection, merges: Sequence[DecidedMerge], now: datetime) -> list[str | None]:
    """Make contacts one again; returns why not, for each that was not made."""
    lock(connection)
    ids = sorted({each for merge in merges for each in (merge.contact_id, merge.into_id)})
    there = {row.id for row in select_in(connection, select(contact.c.id).where, contact.c.id, ids)}
    known = select(contact_merge.c.contact_id, contact_merge.c.into_id).where
    decided = {row[0]: row[1] for row in select_in(connection, known, contact_merge.c.contact_id, ids)}
    reasons: list[str | None] = []
    taken: list[DecidedMerge] = []
    for each in merges:
        reason = None
        if not {each.contact_id, each.into_id} <= there:
            reason = "one of the two contacts is not here"
        elif decided.setdefault(each.contact_id, each.into_id) != each.into_id:
            reason = "the contact was merged into another one here, and that stands"
        else:
            taken.append(each)
        reasons.append(reason)
    upsert(connection, contact_merge, [asdict(each) for each in taken])
    settle(connection, [each.contact_id for each in taken], now)
    return reasons


def restore_consents(connection: Connection, decided: Sequence[DecidedConsent], now: datetime) -> list[DecidedConsent]:
    """What was said of contacts holds here, unless something later was; returns those whose contacts are not here."""
    ids = [each.contact_id for each in decided]
    there = {row.id for row in select_in(connection, select(contact.c.id).where, contact.c.id, ids)}
    known = consents.said(connection, ids)
    told = {each.contact_id: Statement(Consent(each.state), each.at, each.source) for each in decided}
    news = {each: found for each, said in told.items() if (found := following(known.get(each), said, now)) is not None}
    consents.state(connection, news, now)
    return [each for each in decided if each.contact_id not in there]


def restore_redirects(connection: Connection, redirects: Sequence[DecidedRedirect]) -> int:
    """Add redirects of ids that are no row's here, and have none; returns how many were put in."""
    living: set[tuple[str, str]] = set()
    for entity, column in _LIVING.items():
        old = [each.old_id for each in redirects if each.entity == entity]
        living.update((entity, row[0]) for row in select_in(connection, select(column).where, column, old))
    known = select_in(connection, select(redirect).where, redirect.c.old_id, [each.old_id for each in redirects])
    living.update((row.entity, row.old_id) for row in known)
    rows = [asdict(each) for each in redirects if (each.entity, each.old_id) not in living]
    upsert(connection, redirect, rows)
    return len(rows)


def restore_written(connection: Connection, rows: Iterable[WrittenRow], waiting: Container[tuple[str, str]]) -> None:
    """Add rows of other programs that are not here, with their answers.

    Those of contacts in `waiting` (source, id) wait for an answer again, because the contacts could not be put in.
    """
    by_table: dict[str, list[dict[str, Any]]] = {}
    for each in rows:
        values = dict(each.values)
        if (values.get("external_source"), values.get("external_id")) in waiting:
            values.update(applied_at=None, error=None)
        elif each.table == w1_deadline.name:
            # it is taken again, and what was answered since counts as before
            since_at = values["since_at"] or values["applied_at"]
            values.update(since_at=since_at, applied_at=None, error=None)
        by_table.setdefault(each.table, []).append(values)
    for name, found in sorted(by_table.items()):
        upsert(connection, metadata.tables[name], found)
