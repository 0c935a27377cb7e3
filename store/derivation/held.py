"""Who holds the addresses of mails, before it is decided about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from store.contacts.records import POLICY, Period
from store.schema.core import contact, contact_address
from store.upsert import select_in

_UNKNOWN_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """When living contacts hold the addresses asked for, and of which bases the policy makes no contact."""

    normals: dict[str, list[Period]] = field(default_factory=dict)
    bases: dict[str, list[Period]] = field(default_factory=dict)
    #: Those of deleted and of entered contacts.
    tombstones: set[str] = field(default_factory=set)

    def holds(self, normal: str, base: str, when: datetime | None) -> bool:
        """Does a contact hold the address, else its base form, at that time? As links are found."""
        at = when or _UNKNOWN_TIME
        periods = self.normals.get(normal) or self.bases.get(base, [])
        return any((since is None or since <= at) and (to is None or at < to) for since, to in periods)

    def note(self, base: str, origin: str, is_deleted: bool, period: Period) -> None:
        """An address of a contact with this base form."""
        if not is_deleted:
            self.bases.setdefault(base, []).append(period)
        if is_deleted or origin != POLICY:
            self.tombstones.add(base)


_ADDRESSES = select(
    *(contact_address.c.normal, contact_address.c.base, contact_address.c.valid_from_at, contact_address.c.valid_to_at),
    *(contact.c.origin, contact.c.deleted_at),
).join(contact, contact.c.id == contact_address.c.contact_id)


def held_addresses(connection: Connection, normals: Iterable[str], bases: Iterable[str]) -> Held:
    """Ask for all addresses of a page at once."""
    held = Held()
    address = contact_address.c
    for row in select_in(connection, _ADDRESSES.where, address.normal, normals):
        if row.deleted_at is None:
            held.normals.setdefault(row.normal, []).append((row.valid_from_at, row.valid_to_at))
    for row in select_in(connection, _ADDRESSES.where, address.base, bases):
        held.note(row.base, row.origin, row.deleted_at is not None, (row.valid_from_at, row.valid_to_at))
    return held
