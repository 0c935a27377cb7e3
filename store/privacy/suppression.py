"""The suppression list: keyed hashes of erased addresses, asked before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select, update

from matching.addresses import AddressRules, domain_of
from matching.erasure import domain_forms
from store.keys import IdentityKey
from store.schema.privacy import suppression
from store.upsert import upsert

_PLAIN = AddressRules()


class Erased:
    """Asks whether an address, in normal form, was erased. False where nothing was erased at all."""

    def __init__(self, keys: Iterable[bytes], key: IdentityKey, rules: AddressRules) -> None:
        self._keys = frozenset(keys)
        self._key = key
        self._rules = rules
        self._known: dict[str, bool] = {}
        self._domains: dict[str, bool] = {}

    def __bool__(self) -> bool:
        return bool(self._keys)

    def __call__(self, normal: str) -> bool:
        """Was this normal form erased, or the base form of it?"""
        found = self._known.get(normal)
        if found is None:
            found = self._known[normal] = self.holds(normal, self._rules.base(normal))
        return found

    def holds(self, *forms: str) -> bool:
        """Is one of an address's forms (normal, base) on the list?"""
        return bool(self._keys) and any(address_key(self._key, form) in self._keys for form in dict.fromkeys(forms))

    def is_domain(self, written: str) -> bool:
        """May what stands behind an @ be the domain of an erased address?"""
        found = self._domains.get(written)
        if found is None:
            forms = domain_forms(written)
            found = any(domain_key(self._key, form) in self._keys for form in forms)
            self._domains[written] = found
        return found

    def holds_entry(self, identity: tuple[str, str] | None) -> bool:
        """Was a contact of this (source, id) erased?"""
        return bool(self._keys) and identity is not None and entry_key(self._key, *identity) in self._keys

    def pseudonym(self, message_id: str) -> str:
        """What stands for a Message-ID that is made of an erased address: always the same, and no way back."""
        return f"{self._key.digest('mid', message_id).hex()}@erased.invalid"


def address_key(key: IdentityKey, form: str) -> bytes:
    """The hash that stays of an address; in a domain of its own, so that nothing can be joined by it."""
    return key.digest("suppressed", form)


def domain_key(key: IdentityKey, domain: str) -> bytes:
    """The hash of the domain of an erased address: by it most mail is passed over quickly."""
    return key.digest("suppressed_domain", domain)


def keys_of(key: IdentityKey, forms: Iterable[str]) -> set[bytes]:
    """All that stays of addresses, given in normal and base form."""
    forms = set(forms)
    domains = {domain_of(form) for form in forms}
    # Gmail answers under two names
    domains |= {"gmail.com", "googlemail.com"} if domains & {"gmail.com", "googlemail.com"} else set()
    return {address_key(key, form) for form in forms} | {domain_key(key, domain) for domain in domains}


def entry_key(key: IdentityKey, source: str, external_id: str) -> bytes:
    """The hash that stays of what another program or a file calls an erased contact."""
    return key.digest("suppressed_entry", source, external_id)


def load(connection: Connection, key: IdentityKey, rules: AddressRules = _PLAIN) -> Erased:
    """The list as it is now; for the transaction in which it is asked."""
    return Erased(connection.scalars(select(suppression.c.address_key)), key, rules)


def add(connection: Connection, keys: Iterable[bytes], now: datetime, *, is_done: bool = False) -> None:
    """From now on what has these keys is not written any more."""
    done_at = now if is_done else None
    rows = [{"address_key": each, "erased_at": now, "done_at": done_at} for each in sorted(set(keys))]
    upsert(connection, suppression, rows, update=() if is_done else ["done_at"])


def finish(connection: Connection, now: datetime) -> None:
    """All that was to be erased is."""
    connection.execute(update(suppression).where(suppression.c.done_at.is_(None)).values(done_at=now))


def is_unfinished(connection: Connection) -> bool:
    """Was an erasure cut short?"""
    query = select(suppression.c.address_key).where(suppression.c.done_at.is_(None)).limit(1)
    return connection.execute(query).first() is not None
