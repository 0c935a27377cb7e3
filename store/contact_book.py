"""The contacts that a batch of entries touches, in memory, and what the entries make of them. No SQL in here.

An entry is what a person or another tool says of one contact. Which contact it is: the one known by (source, id);
else the entered contact that holds one of its addresses, unless another source keeps that contact under an id of its
own; else a new one, whose id follows from its primary address, as the ids of the policy's contacts do. So a contact
has one id whether it is entered before or after its mail is read.

An entered contact has exactly the addresses that were entered. Contacts that the policy made of the same mailboxes
are merged into it; other spellings of a mailbox (tags, dots) need no rows, for links find them by the base form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import Any

from store.keys import IdentityKey

POLICY = "policy"
#: `name_rank` of a name that was entered: higher than any rank of a name found in mail.
ENTERED_NAME = "~"


@dataclass(frozen=True, slots=True)
class EntryAddress:
    """An address as it is shown, with its normal and base form."""

    text: str
    normal: str
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is said of one contact."""

    #: What tells this entry from the others of its batch: the line of the file, or a number.
    line: int
    #: import | w1
    origin: str
    source: str
    external_id: str | None
    #: "": not given.
    name: str
    #: Each normal form once.
    addresses: tuple[EntryAddress, ...]
    #: Normal form of the primary address; None leaves it as it is, else the first.
    primary: str | None = None
    #: Addresses that are not listed are removed.
    is_complete: bool = False
    #: Normal forms to remove.
    removed: frozenset[str] = frozenset()
    is_deleted: bool = False
    #: An entry without any address makes a contact too.
    may_lack_address: bool = False

    @property
    def identity(self) -> tuple[str, str] | None:
        """(source, id), where there is an id."""
        return (self.source, self.external_id) if self.external_id is not None else None


@dataclass(frozen=True, slots=True)
class Address:
    """An address that a contact holds, or held until `valid_to_at`."""

    text: str
    normal: str
    base: str
    is_primary: bool = False
    valid_from_at: datetime | None = None
    valid_to_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact with its addresses by normal form."""

    id: str
    origin: str
    display_name: str
    name_rank: str
    external_source: str | None = None
    external_id: str | None = None
    deleted_at: datetime | None = None
    addresses: Mapping[str, Address] = field(default_factory=dict)

    @property
    def is_entered(self) -> bool:
        return self.origin != POLICY

    @property
    def primary(self) -> Address | None:
        return next((each for each in self.addresses.values() if each.is_primary), None)

    @property
    def held(self) -> dict[str, tuple[datetime | None, datetime | None]]:
        """Normal form -> from when to when, as links see it; a deleted contact has no links."""
        living = self.addresses.values() if self.deleted_at is None else ()
        return {each.normal: (each.valid_from_at, each.valid_to_at) for each in living}

    def holds(self, normal: str) -> bool:
        """Was the address entered for this living contact, and not taken back?"""
        held = self.addresses.get(normal)
        return held is not None and held.valid_to_at is None and self.is_entered and self.deleted_at is None

    def __str__(self) -> str:
        number = f", id {self.external_id}" if self.external_id is not None else ""
        return f"{self.display_name} (from {self.external_source}{number})"


class Verdict(StrEnum):
    """What became of an entry."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry, and [(normal form, reason)] of addresses that were not taken."""

    entry: Entry
    verdict: Verdict
    refused: tuple[tuple[str, str], ...] = ()


class Book:
    """Takes entries one after another; what changes by them is in `contacts`, `merged` and `dirty`."""

    def __init__(
        self, key: IdentityKey, contacts: Iterable[Contact], now: datetime, is_taken: Callable[[str], bool]
    ) -> None:
        self._key = key
        self._now = now
        self._is_taken = is_taken
        self.contacts = {each.id: each for each in contacts}
        #: Contacts that went away -> those that took their place.
        self.merged: dict[str, str] = {}
        #: Addresses whose links may change.
        self.dirty: set[str] = set()
        #: Addresses that entered contacts let go.
        self.released: set[str] = set()
        self._by_identity: dict[tuple[str, str], str] = {}
        self._by_normal: dict[str, set[str]] = {}
        self._by_base: dict[str, set[str]] = {}
        for each in self.contacts.values():
            self._index(each)

    def release(self, entry: Entry) -> bool:
        """Only take away what the entry no longer says of a contact known by its id; returns whether that was much.

        Done for all entries before the first is entered, so that addresses can move among them in any order.
        """
        known = self._known(entry)
        if known is None:
            return False
        changed = self._without(known, entry)
        if entry.is_deleted and changed.deleted_at is None:
            changed = replace(changed, deleted_at=self._now)
        self._save(known, changed)
        return changed != known

    def enter(self, entry: Entry) -> Outcome:
        """Let the entry take effect."""
        before = self._known(entry) or self._holder(entry)
        refusals = self._refusals(entry, before)
        reasons = tuple(refusals.items())
        free = [each for each in entry.addresses if each.normal not in refusals]
        if before is None and not free:
            if entry.is_deleted:
                return Outcome(entry, Verdict.UNCHANGED, reasons)
            if not entry.may_lack_address:
                return Outcome(entry, Verdict.REJECTED, reasons)
        target = self._target(entry, before, free)
        known = before or self.contacts.get(target.id)
        is_merged = self._merge_policy_contacts(target, free)
        changed = self._identified(self._without(target, entry), entry)
        changed = self._with_addresses(changed, entry, free)
        changed = self._named(changed, entry)
        if entry.is_deleted != (changed.deleted_at is not None):
            changed = replace(changed, deleted_at=self._now if entry.is_deleted else None)
        self._save(known, changed)
        if is_merged or (known is not None and known != changed):
            return Outcome(entry, Verdict.UPDATED, reasons)
        return Outcome(entry, Verdict.UNCHANGED if known is not None else Verdict.CREATED, reasons)

    # -- which contact it is ------------------------------------------------------------------------------------------

    def _known(self, entry: Entry) -> Contact | None:
        found = self._by_identity.get(entry.identity) if entry.identity else None
        return self.contacts[found] if found else None

    def _holders(self, normal: str) -> list[Contact]:
        held = (self.contacts[each] for each in sorted(self._by_normal.get(normal, ())))
        return [each for each in held if each.holds(normal)]

    def _holder(self, entry: Entry) -> Contact | None:
        """The entered contact that holds one of the entry's addresses, and may be what it speaks of."""
        holders = (holder for each in entry.addresses for holder in self._holders(each.normal))
        return next((holder for holder in holders if _may_be(entry, holder)), None)

    def _refusals(self, entry: Entry, before: Contact | None) -> dict[str, str]:
        """Normal form -> reason, for addresses that belong to another entered contact."""
        refused: dict[str, str] = {}
        for each in entry.addresses:
            others = [holder for holder in self._holders(each.normal) if before is None or holder.id != before.id]
            if others:
                refused[each.normal] = f"{each.normal} already belongs to {others[0]}"
        return refused

    def _target(self, entry: Entry, before: Contact | None, free: list[EntryAddress]) -> Contact:
        """The contact that the entry changes, as it is or as it is to begin."""
        if before is not None and (before.addresses or not free or before.id != self._id_without_address(entry)):
            return before
        contact_id = next(each for each in self._ids(entry, free) if self._may_take(each, before))
        known = self.contacts.get(contact_id)
        if before is None:
            return known or Contact(id=contact_id, origin=POLICY, display_name="", name_rank="")
        if contact_id == before.id:
            return before
        # It was entered before its addresses were: as if they had come together.
        for each in (before, known):
            if each is not None:
                self._drop(each)
        self.merged[before.id] = contact_id
        return replace(before, id=contact_id)

    def _id_without_address(self, entry: Entry) -> str | None:
        return self._key.id("contact", *entry.identity) if entry.identity else None

    def _ids(self, entry: Entry, free: list[EntryAddress]) -> Iterator[str]:
        """The id of the primary mailbox; others where an entered contact has that already."""
        primary = next((each for each in free if each.normal == entry.primary), free[0] if free else None)
        if primary is not None:
            yield self._key.id("contact", primary.base)
        if entry.identity is not None:
            yield self._key.id("contact", *entry.identity)
        words = (primary.base, primary.normal) if primary is not None else entry.identity or ()
        yield from (self._key.id("contact", *words, str(n)) for n in count(2))

    def _may_take(self, contact_id: str, before: Contact | None) -> bool:
        known = self.contacts.get(contact_id)
        if known is None:
            return not self._is_taken(contact_id)
        return not known.is_entered or known.deleted_at is not None or known is before

    # -- what changes -------------------------------------------------------------------------------------------------

    def _merge_policy_contacts(self, target: Contact, free: list[EntryAddress]) -> bool:
        """Contacts that the policy made of the entry's mailboxes become this one."""
        ids = {contact_id for each in free for contact_id in self._by_base.get(each.base, ())}
        others = [self.contacts[each] for each in sorted(ids - {target.id}) if not self.contacts[each].is_entered]
        for other in others:
            self._drop(other)
            self.merged[other.id] = target.id
        return bool(others)

    def _without(self, contact: Contact, entry: Entry) -> Contact:
        """The contact without the addresses that the entry takes back; their history stays up to now."""
        if not contact.is_entered:
            return replace(contact, addresses={})
        listed = {each.normal for each in entry.addresses}
        removed = set(contact.addresses if entry.is_complete else entry.removed)
        if contact.deleted_at is not None:
            if (contact.external_source, contact.external_id) != (entry.source, entry.external_id):
                removed |= contact.addresses.keys()  # of the contact that was, only the id comes back
            passed_on = {normal for normal in contact.addresses if self._holders(normal)}
            removed, listed = removed | passed_on, listed - passed_on
        gone = {
            each.normal: replace(each, is_primary=False, valid_to_at=self._now)
            for each in contact.addresses.values()
            if each.normal in removed - listed and each.valid_to_at is None
        }
        return replace(contact, addresses=_with_primary({**contact.addresses, **gone}, None)) if gone else contact

    def _with_addresses(self, contact: Contact, entry: Entry, free: list[EntryAddress]) -> Contact:
        addresses = dict(contact.addresses)
        for each in free:
            held = addresses.get(each.normal)
            if held is None:
                since = self._let_go_at(each.normal, contact.id)
                held = Address(each.text, each.normal, each.base, valid_from_at=since)
            addresses[each.normal] = _set(held, text=each.text, base=each.base, valid_to_at=None)
        return replace(contact, addresses=_with_primary(addresses, entry.primary))

    def _let_go_at(self, normal: str, contact_id: str) -> datetime | None:
        """When another living contact let the address go: its past stays there."""
        others = (self.contacts[each] for each in self._by_normal.get(normal, ()) if each != contact_id)
        times = (each.addresses[normal].valid_to_at for each in others if each.is_entered and each.deleted_at is None)
        return max((each for each in times if each is not None), default=None)

    def _identified(self, contact: Contact, entry: Entry) -> Contact:
        """Whose contact it is: an id is taken on by a contact that has none, and by one that was deleted."""
        if contact.is_entered:
            is_kept = contact.external_id is not None or entry.external_id is None
            is_same = (contact.external_source, contact.external_id) == (entry.source, entry.external_id)
            if is_same or (is_kept and contact.deleted_at is None):
                return contact
        return replace(contact, origin=entry.origin, external_source=entry.source, external_id=entry.external_id)

    def _named(self, contact: Contact, entry: Entry) -> Contact:
        """The entered name; without one, what mail says or else the address."""
        if entry.name:
            return replace(contact, display_name=entry.name, name_rank=ENTERED_NAME)
        if contact.name_rank:
            return contact
        primary = contact.primary
        return replace(contact, display_name=primary.text if primary else contact.external_id or "")

    # -- the book -----------------------------------------------------------------------------------------------------

    def _save(self, known: Contact | None, changed: Contact) -> None:
        """Write the contact down, with the addresses whose links change by it."""
        if changed == known:
            return
        before, after = known.held if known else {}, changed.held
        self.dirty.update(normal for normal in before.keys() | after.keys() if before.get(normal) != after.get(normal))
        if known is not None:
            self.released.update(normal for normal in before if known.holds(normal) and not changed.holds(normal))
            if known.id in self.contacts:
                self._forget(known)
        self.contacts[changed.id] = changed
        self._index(changed)

    def _drop(self, contact: Contact) -> None:
        self._forget(contact)
        self.dirty.update(contact.addresses)

    def _index(self, contact: Contact) -> None:
        if contact.external_source is not None and contact.external_id is not None:
            self._by_identity[contact.external_source, contact.external_id] = contact.id
        for each in contact.addresses.values():
            self._by_normal.setdefault(each.normal, set()).add(contact.id)
            self._by_base.setdefault(each.base, set()).add(contact.id)

    def _forget(self, contact: Contact) -> None:
        del self.contacts[contact.id]
        if contact.external_source is not None and contact.external_id is not None:
            self._by_identity.pop((contact.external_source, contact.external_id), None)
        for each in contact.addresses.values():
            self._by_normal.get(each.normal, set()).discard(contact.id)
            self._by_base.get(each.base, set()).discard(contact.id)


def _may_be(entry: Entry, holder: Contact) -> bool:
    """Can an entry that is not known by its id be this contact, which holds one of its addresses?

    Whoever keeps a contact under an id of its own is not overruled; but a file has many names, and its ids are the
    same under each.
    """
    if holder.external_id is None:
        return True
    return entry.external_id == holder.external_id and entry.origin == holder.origin == "import"


def _with_primary(addresses: Mapping[str, Address], wanted: str | None) -> dict[str, Address]:
    """The addresses with one primary among those in use: `wanted`, else the one that is, else the first."""
    used = [each for each in addresses.values() if each.valid_to_at is None]
    now = next((each.normal for each in used if each.is_primary), used[0].normal if used else None)
    chosen = wanted if any(each.normal == wanted for each in used) else now
    return {n: _set(each, is_primary=n == chosen) for n, each in addresses.items()}


def _set(address: Address, **values: Any) -> Address:
    """The address with these values; most have them already, and `replace` is slow."""
    if all(getattr(address, name) == value for name, value in values.items()):
        return address
    return replace(address, **values)
