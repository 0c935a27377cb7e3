"""The contacts that a batch of entries touches, in memory, and what the entries make of them. No SQL in here.

An entry is what a person or another tool says of one contact. Which contact it is: the one known by (source, id);
else the entered contact that holds one of its addresses, unless another source keeps that contact under an id of its
own; else a new one, whose id follows from its primary address, as the ids of the policy's contacts do. So a contact
has one id whether it is entered before or after its mail is read.

An entered contact has exactly the addresses that were entered. Contacts that the policy made of the same mailboxes
are merged into it; other spellings of a mailbox (tags, dots) need no rows, for links find them by the base form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import count

from store.contacts.address_times import address_id, changed, claimed, continues, cut, having
from store.contacts.records import (
    ENTERED_NAME,
    POLICY,
    Address,
    Contact,
    Entry,
    EntryAddress,
    Outcome,
    Verdict,
    overlap,
)
from store.keys import IdentityKey


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
        self.save(known, changed)
        return changed != known

    def enter(self, entry: Entry) -> Outcome:
        """Let the entry take effect."""
        original = before = self._known(entry) or self._holder(entry)
        if before is not None and not entry.is_deleted:
            before = self._yielding(before)
        refusals = self._refusals(entry, before)
        reasons = tuple(refusals.items())
        free = [each for each in entry.addresses if each.normal not in refusals and not _is_lost(before, each)]
        if before is None and not free and (entry.is_deleted or not entry.may_lack_address):
            return Outcome(entry, Verdict.UNCHANGED if entry.is_deleted else Verdict.REJECTED, reasons)
        target = self._target(entry, before, free)
        known = original or self.contacts.get(target.id)
        is_merged = self._merge_policy_contacts(target, free)
        changed = self._identified(self._without(target, entry), entry)
        changed = self._with_addresses(changed, entry, free)
        changed = self._named(changed, entry)
        if entry.is_deleted != (changed.deleted_at is not None):
            changed = replace(changed, deleted_at=self._now if entry.is_deleted else None)
        self.save(known, changed)
        verdict = Verdict.UNCHANGED if known is not None else Verdict.CREATED
        if is_merged or (known is not None and known != changed):
            verdict = Verdict.UPDATED
        return Outcome(entry, verdict, reasons, changed.id)

    def remove(self, contact_id: str) -> None:
        """The contact is one no more: a tombstone stays, so that the policy does not make it again."""
        known = self.contacts[contact_id]
        self.save(known, known if known.deleted_at else replace(known, deleted_at=self._now))

    # -- which contact it is ------------------------------------------------------------------------------------------

    def _known(self, entry: Entry) -> Contact | None:
        found = self._by_identity.get(entry.identity) if entry.identity else None
        return self.contacts[found] if found else None

    def _rivals(self, address: EntryAddress, before: Contact | None) -> list[Contact]:
        """The entered contacts that hold the address in the time that the entry claims for `before`."""
        latest = before.addresses.get(address.normal) if before is not None else None
        period = claimed(address, latest, self._let_go_at(address.normal, before.id if before is not None else ""))
        known = (self.contacts[each] for each in sorted(self._by_normal.get(address.normal, ())))
        return [each for each in known if each.holds(address.normal, period)]

    def _holder(self, entry: Entry) -> Contact | None:
        """The entered contact that holds one of the entry's addresses, and may be what it speaks of."""
        holders = (holder for each in entry.addresses for holder in self._rivals(each, None))
        return next((holder for holder in holders if _may_be(entry, holder)), None)

    def _refusals(self, entry: Entry, before: Contact | None) -> dict[str, str]:
        """Normal form -> reason, for addresses that belong to another entered contact, not one with it by a merge."""
        refused: dict[str, str] = {}
        for each in entry.addresses:
            others = [other for other in self._rivals(each, before) if before is None or other.root != before.root]
            if others and not _is_lost(before, each):
                refused[each.normal] = f"{each.normal} already belongs to {others[0]}"
        return refused

    def _target(self, entry: Entry, before: Contact | None, free: list[EntryAddress]) -> Contact:
        """The contact that the entry changes, as it is or as it is to begin."""
        if before is not None and not (free and self._lacks_address(before, entry)):
            return before
        contact_id = next(each for each in self._ids(entry, free) if self._may_take(each, before))
        known = self.contacts.get(contact_id)
        if before is None:
            return self._yielding(known or Contact(id=contact_id, origin=POLICY, display_name="", name_rank=""))
        if contact_id == before.id:
            return before
        # It was entered before its addresses were: as if they had come together.
        for each in (self.contacts[before.id], known):
            if each is not None:
                self._drop(each)
        self.merged[before.id] = contact_id
        return replace(before, id=contact_id)

    def _lacks_address(self, contact: Contact, entry: Entry) -> bool:
        """Has it the id of a contact that was entered without any address?"""
        without = self._key.id("contact", *entry.identity) if entry.identity else None
        return contact.id == without and not contact.addresses and contact.merged_into_id is None

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
            return replace(contact, addresses={}, earlier=())
        removed = set(contact.addresses if entry.is_complete else entry.removed)
        removed -= {each.normal for each in entry.addresses}
        if contact.deleted_at is not None:
            if (contact.external_source, contact.external_id) != (entry.source, entry.external_id):
                removed |= contact.addresses.keys()  # of the contact that was, only the id comes back
        else:
            # a list that lacks it does not undo what a person decided
            decided = {each.normal for each in contact.addresses.values() if each.decided_at is not None}
            removed -= decided - entry.removed
        if not removed:
            return contact
        ended = (self._ended(each) if each.normal in removed else each for each in contact.rows())
        return having(contact, [each for each in ended if each is not None])

    def _ended(self, row: Address) -> Address | None:
        """An address that is let go now; None: its time was yet to begin."""
        if row.valid_to_at is not None:
            return row
        if row.valid_from_at is not None and row.valid_from_at >= self._now:
            return None
        return replace(row, is_primary=False, valid_to_at=self._now)

    def _yielding(self, contact: Contact) -> Contact:
        """A deleted contact on its way back: what living ones hold, and held, is theirs."""
        if contact.deleted_at is None or not contact.is_entered:
            return contact
        rows: list[Address] = []
        for row in contact.rows():
            others = (self.contacts[each] for each in self._by_normal.get(row.normal, ()) if each != contact.id)
            living = (each for each in others if each.is_entered and each.deleted_at is None)
            left = cut(row, [each.period for other in living for each in other.rows() if each.normal == row.normal])
            if left is not None:
                rows.append(left)
        return having(contact, rows)

    def _with_addresses(self, contact: Contact, entry: Entry, free: list[EntryAddress]) -> Contact:
        before = {each.id: each for each in contact.rows()}
        rows = dict(before)
        for each in free:
            latest = contact.addresses.get(each.normal)
            period = claimed(each, latest, self._let_go_at(each.normal, contact.id))
            if latest is None or not continues(latest, period):
                new_id = address_id(self._key, contact.id, each.normal, rows)
                latest = Address(each.text, each.normal, each.base, id=new_id)
            since, until = period
            others = [row for row in rows.values() if row.normal == each.normal and row.id != latest.id]
            for row in others:
                if overlap(row.period, period):
                    del rows[row.id]
            rows[latest.id] = changed(latest, text=each.text, base=each.base, valid_from_at=since, valid_to_at=until)
        # of two lines without an id, each about one address of the contact, the second would undo the first
        is_settled = contact.is_entered and contact.primary is not None and entry.external_id is None
        wanted = None if is_settled else entry.primary
        is_primary = wanted is None or (contact.primary is not None and contact.primary.normal == wanted)
        return contact if rows == before and is_primary else having(contact, rows.values(), wanted)

    def _let_go_at(self, normal: str, contact_id: str) -> datetime | None:
        """When another living contact let the address go: its past stays there."""
        others = (self.contacts[each] for each in self._by_normal.get(normal, ()) if each != contact_id)
        living = (each for each in others if each.is_entered and each.deleted_at is None)
        times = (held.valid_to_at for each in living for held in each.rows() if held.normal == normal)
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
        """The entered name; without one, what mail says or else the address. And the organization, as entered."""
        if entry.organization and contact.organization_name != entry.organization:
            contact = replace(contact, organization_name=entry.organization)
        if entry.name:
            if (contact.display_name, contact.name_rank) == (entry.name, ENTERED_NAME):
                return contact
            return replace(contact, display_name=entry.name, name_rank=ENTERED_NAME)
        if contact.name_rank:
            return contact
        shown = contact.primary or next(iter(contact.addresses.values()), None)
        return replace(contact, display_name=shown.text if shown else contact.external_id or "")

    # -- the book -----------------------------------------------------------------------------------------------------

    def save(self, known: Contact | None, changed: Contact) -> None:
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
        self.dirty.update(each.normal for each in contact.rows())

    def _index(self, contact: Contact) -> None:
        if contact.external_source is not None and contact.external_id is not None:
            self._by_identity[contact.external_source, contact.external_id] = contact.id
        for each in contact.rows():
            self._by_normal.setdefault(each.normal, set()).add(contact.id)
            self._by_base.setdefault(each.base, set()).add(contact.id)

    def _forget(self, contact: Contact) -> None:
        del self.contacts[contact.id]
        if contact.external_source is not None and contact.external_id is not None:
            self._by_identity.pop((contact.external_source, contact.external_id), None)
        for each in contact.rows():
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


def _is_lost(contact: Contact | None, address: EntryAddress) -> bool:
    held = contact.addresses.get(address.normal) if contact is not None else None
    return held is not None and held.is_lost
