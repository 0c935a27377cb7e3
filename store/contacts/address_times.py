"""Which contact holds an address when: what an entry claims, and how a contact's times of it fit together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from store.contacts.records import Address, Contact, EntryAddress, Period
from store.keys import IdentityKey

#: Before every `valid_from_at`.
_EVER = datetime.min.replace(tzinfo=UTC)


def address_id(key: IdentityKey, contact_id: str, normal: str, taken: Iterable[str]) -> str:
    """Id of a further time in which a contact holds an address; those of `taken` are others'."""
    ids = set(taken)
    number = 1
    while (found := key.id("contact_address", contact_id, normal, *([str(number)] if number > 1 else []))) in ids:
        number += 1
    return found


def by_time(rows: Iterable[Address]) -> tuple[dict[str, Address], tuple[Address, ...]]:
    """The latest time of each address, and the earlier ones."""
    latest: dict[str, Address] = {}
    earlier: list[Address] = []
    for each in sorted(rows, key=lambda each: (each.normal, each.valid_from_at or _EVER, each.id)):
        if each.normal in latest:
            earlier.append(latest[each.normal])
        latest[each.normal] = each
    return latest, tuple(earlier)


def having(contact: Contact, rows: Iterable[Address], primary: str | None = None) -> Contact:
    """The contact with exactly these addresses; `primary` as for `with_primary`."""
    latest, earlier = by_time(rows)
    addresses = with_primary(latest, primary)
    if addresses == contact.addresses and earlier == contact.earlier:
        return contact
    return replace(contact, addresses=addresses, earlier=earlier)


def claimed(entry: EntryAddress, latest: Address | None, let_go_at: datetime | None) -> Period:
    """The time that an entry claims for a contact whose latest time of the address is `latest`.

    What the entry leaves open: a time that ended goes on, unless others held the address since (the last of them until
    `let_go_at`); a new one begins where the last of the others ended, for their past is theirs.
    """
    since = entry.valid_from_at
    if since is None:
        ended = latest.valid_to_at if latest is not None else None
        is_new = latest is None or (ended is not None and let_go_at is not None and let_go_at > ended)
        since = let_go_at if is_new or latest is None else latest.valid_from_at
        if since is not None and entry.valid_to_at is not None and since >= entry.valid_to_at:
            since = None
    return since, entry.valid_to_at


def continues(latest: Address | None, period: Period) -> bool:
    """Is the period the latest time of the address, changed? Else it is another one."""
    if latest is None:
        return False
    since, ended = period[0], latest.valid_to_at
    return since is None or ended is None or since <= ended


def cut(row: Address, others: Iterable[Period]) -> Address | None:
    """What is left of a time beside others' times, from its beginning on; None: nothing."""
    for since, until in others:
        begins_before = row.valid_from_at is None or until is None or row.valid_from_at < until
        ends_after = row.valid_to_at is None or since is None or since < row.valid_to_at
        if not (begins_before and ends_after):
            continue
        if since is None or (row.valid_from_at is not None and row.valid_from_at >= since):
            return None
        row = replace(row, is_primary=False, valid_to_at=since)
    return row


def with_primary(addresses: Mapping[str, Address], wanted: str | None) -> dict[str, Address]:
    """The addresses with one primary among those in use: `wanted`, else the one that is, else the first."""
    used = [each for each in addresses.values() if each.valid_to_at is None]
    now = next((each.normal for each in used if each.is_primary), used[0].normal if used else None)
    chosen = wanted if any(each.normal == wanted for each in used) else now
    return {n: changed(each, is_primary=n == chosen) for n, each in addresses.items()}


def changed(address: Address, **values: Any) -> Address:
    """The address with these values; most have them already, and `replace` is slow."""
    if all(getattr(address, name) == value for name, value in values.items()):
        return address
    return replace(address, **values)
