"""Who makes no contact under `corresponded`: those whom no mail of ours reached, and who have not written since.

Their mail is kept like that of a contact, so that nothing hangs on the order of mails and bounces, and a later mail
from there, or one of ours that does not come back, makes the contact after all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from connectors.api import Role
from matching import policy
from matching.policy import Company, Create, Direction, Party
from store import copies
from store.copies import StoredParty
from store.engine import Transaction
from store.unreached import Failures, failures


class Derived(Protocol):
    """A mail of the history, as far as this goes."""

    @property
    def id(self) -> str: ...
    @property
    def direction(self) -> Direction: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def is_unverified(self) -> bool: ...
    @property
    def parties(self) -> tuple[Party, ...]: ...
    @property
    def is_bulk(self) -> bool: ...


def unreached(mails: Iterable[Derived], company: Company, failed: Mapping[str, Failures]) -> set[str]:
    """Those of the addresses that `failed` speaks of; `mails`: at least all that concern them."""
    writing: dict[str, set[str]] = {}
    healed: set[str] = set()
    for mail in mails:
        for party in mail.parties:
            failure = failed.get(party.normal or "")
            if failure and party.role is Role.FROM and not mail.is_unverified and mail.occurred_at > failure.last_at:
                healed.add(party.normal or "")
        for party in policy.created_by(mail.parties, mail.is_bulk, company.create):
            if party.normal and party.normal in failed:
                writing.setdefault(party.normal, set()).add(mail.id)
    return {normal for normal, ids in writing.items() if ids <= failed[normal].interaction_ids} - healed


def written_to(transaction: Transaction, company: Company, normals: Iterable[str]) -> set[str]:
    """Base forms of those of these addresses that would be contacts, had mail of ours not come back from them."""
    if company.create is not Create.CORRESPONDED or not (failed := failures(transaction, normals)):
        return set()
    ids = {each for failure in failed.values() for each in failure.interaction_ids}
    found: set[str] = set()
    for copy in copies.copies_of_interactions(transaction, ids):
        parties = [party_of(each, company) for each in (*copy.parties, *copy.bcc)]
        made = policy.created_by(parties, bool(policy.bulk_reason(copy.row)), company.create)
        found.update(party.base for party in made if party.base and party.normal in failed)
    return found


def party_of(party: StoredParty, company: Company) -> Party:
    """A party of a stored copy under the company's rules."""
    is_own = party.normal is not None and company.own.owns(party.normal)
    base = company.rules.base(party.normal) if party.normal else None
    return Party(party.role, party.email, party.name, party.normal, base, is_own)
