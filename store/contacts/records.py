"""What is entered and what is kept of contacts, as records: entries, contacts, addresses and when they are held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from matching.consent import Statement

POLICY = "policy"
#: Origin of contacts that the policy made and a person decided about: merged, or given an address.
HAND = "hand"
#: `name_rank` of a name that was entered: higher than any rank of a name found in mail.
ENTERED_NAME = "~"

#: From when (None: always) to when (None: until now).
Period = tuple[datetime | None, datetime | None]


def overlap(one: Period, other: Period) -> bool:
    """Is there an instant in both?"""
    return _begins_before_end(one, other) and _begins_before_end(other, one)


def _begins_before_end(one: Period, other: Period) -> bool:
    return one[0] is None or other[1] is None or one[0] < other[1]


@dataclass(frozen=True, slots=True)
class EntryAddress:
    """An address as it is shown, with its normal and base form."""

    text: str
    normal: str
    base: str
    #: Since and until when it is the contact's; None: nothing is said of it.
    valid_from_at: datetime | None = None
    valid_to_at: datetime | None = None


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
    #: Name of the organization; "": not given.
    organization: str = ""
    #: An entry without any address makes a contact too.
    may_lack_address: bool = False
    #: What it says of opens and clicks being recorded; None: nothing.
    consent: Statement | None = None

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
    #: When a person decided who holds it: what lists of contacts say does not change that.
    decided_at: datetime | None = None
    #: Of its row.
    id: str = ""

    @property
    def period(self) -> Period:
        """From when, and until when (exclusive), it is the contact's; None: without an end on that side."""
        return self.valid_from_at, self.valid_to_at

    @property
    def is_lost(self) -> bool:
        """Did a person decide that it is the contact's no more?"""
        return self.decided_at is not None and self.valid_to_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact with its addresses by normal form."""

    id: str
    origin: str
    display_name: str
    name_rank: str
    #: As it was entered; its row follows from the primary address's domain where that is an organization's.
    organization_name: str | None = None
    external_source: str | None = None
    external_id: str | None = None
    #: The contact that stands for this one, where they were merged.
    merged_into_id: str | None = None
    deleted_at: datetime | None = None
    addresses: Mapping[str, Address] = field(default_factory=dict)
    #: Earlier times of addresses that came back after others had held them.
    earlier: tuple[Address, ...] = ()
    #: What was said of it, for a file that is written; None: nothing, or it was not asked for.
    consent: Statement | None = None

    @property
    def is_entered(self) -> bool:
        """Did somebody enter it, rather than the policy make it?"""
        return self.origin != POLICY

    @property
    def root(self) -> str:
        """Whose history its mail belongs to."""
        return self.merged_into_id or self.id

    @property
    def primary(self) -> Address | None:
        """Its main address now; None where it has none."""
        return next((each for each in self.addresses.values() if each.is_primary), None)

    def rows(self) -> Iterator[Address]:
        """All addresses at all times."""
        yield from self.addresses.values()
        yield from self.earlier

    @property
    def held(self) -> dict[str, frozenset[Period]]:
        """Normal form -> from when to when, as links see it; a deleted contact has no links."""
        found: dict[str, set[Period]] = {}
        for each in self.rows() if self.deleted_at is None else ():
            found.setdefault(each.normal, set()).add(each.period)
        return {normal: frozenset(periods) for normal, periods in found.items()}

    def holds(self, normal: str, period: Period | None = None) -> bool:
        """Was the address entered for this living contact, and not taken back? Or is it, for some of `period`?"""
        if not self.is_entered or self.deleted_at is not None:
            return False
        if period is not None:
            return any(each.normal == normal and overlap(each.period, period) for each in self.rows())
        held = self.addresses.get(normal)
        return held is not None and held.valid_to_at is None

    def __str__(self) -> str:
        if self.external_source is None:
            return self.display_name
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
    #: None: it was rejected, or there was nothing to do.
    contact_id: str | None = None
