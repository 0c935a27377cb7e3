"""Who makes no contact under `corresponded`: those whom no mail of ours reached, and who have not written since.

Their mail is kept like that of a contact, so that nothing hangs on the order of mails and bounces, and a later mail
from there, or one of ours that does not come back, makes the contact after all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from connectors.api import Role
from matching import policy
from matching.policy import Company, Create, Direction, Party
from store.derivation import copies
from store.derivation.copies import StoredCopy, StoredParty
from store.derivation.unreached import Failures, failures, held, latest_mails
from store.engine import Transaction


class Derived(Protocol):
    """A mail of the history, as far as this goes."""

    @property
    def id(self) -> str:
        """Of the interaction."""
        ...

    @property
    def direction(self) -> Direction:
        """Whether it came in, went out, or stayed among ours."""
        ...

    @property
    def occurred_at(self) -> datetime:
        """Aware, UTC."""
        ...

    @property
    def is_unverified(self) -> bool:
        """Did its sender fail authentication?"""
        ...

    @property
    def parties(self) -> tuple[Party, ...]:
        """All who take part."""
        ...

    @property
    def is_bulk(self) -> bool:
        """Did it go to many?"""
        ...


def unreached(mails: Iterable[Derived], company: Company, failed: Mapping[str, Failures]) -> set[str]:
    """Those of the addresses that `failed` speaks of; `mails`: at least all that concern them."""
    mails = list(mails)
    found = {normal for mail in mails for normal in _reached_by(mail, company, failed)}
    written = {p.normal for mail in mails for p in policy.created_by(mail.parties, mail.is_bulk, company.create)}
    return {normal for normal in failed if normal in written} - found


def reached(
    transaction: Transaction,
    company: Company,
    failed: Mapping[str, Failures],
    batch: Mapping[str, Derived],
    shown: Iterable[Derived],
) -> set[str]:
    """Those of the contacts' addresses in `failed` that were reached, as a few mails tell: those of the batch that are
    `shown`, and the last ones of the history beside it. Of the other addresses all mails have to be looked at."""
    # who becomes a contact only now does so by a mail that may be any of them
    there = held(transaction, failed)
    found = {normal for mail in shown for normal in _reached_by(mail, company, failed)} & there
    asked: dict[str, set[str]] = {}
    for normal, mails in latest_mails(transaction, sorted(there - found)).items():
        for mail in mails:
            if mail.interaction_id in batch:
                continue
            if mail.role == Role.FROM and not mail.is_unverified and mail.occurred_at > failed[normal].last_at:
                found.add(normal)
            elif mail.direction == Direction.OUTBOUND and mail.interaction_id not in failed[normal].interaction_ids:
                asked.setdefault(mail.interaction_id, set()).add(normal)
    asked = {each: left for each, normals in asked.items() if (left := normals - found)}
    for copy in copies.copies_of_interactions(transaction, asked):
        made = {party.normal for party in _created(copy, company) if party.normal}
        found |= made & asked.get(copy.row.interaction_id or "", set())
    return found


def doubtful(
    transaction: Transaction,
    company: Company,
    bounced: Collection[str],
    batch: Mapping[str, Derived],
    shown: Iterable[Derived],
) -> set[str]:
    """Those of the `bounced` addresses that may be contacts no more by what is told of them now, or again.

    Most have had other mail, and stay what they are: nothing of theirs needs to be derived anew. As for `reached`.
    """
    failed = failures(transaction, bounced)
    return set(bounced) - (reached(transaction, company, failed, batch, shown) if failed else set())


def _reached_by(mail: Derived, company: Company, failed: Mapping[str, Failures]) -> Iterator[str]:
    """Whom the mail came from since, and whom it reached by itself."""
    for party in mail.parties:
        failure = failed.get(party.normal or "")
        if failure and party.role is Role.FROM and not mail.is_unverified and mail.occurred_at > failure.last_at:
            yield party.normal or ""
    for party in policy.created_by(mail.parties, mail.is_bulk, company.create):
        failure = failed.get(party.normal or "")
        if failure and mail.id not in failure.interaction_ids:
            yield party.normal or ""


def _created(copy: StoredCopy, company: Company) -> tuple[Party, ...]:
    """Whom a stored copy makes contacts."""
    parties = [party_of(each, company) for each in (*copy.parties, *copy.bcc)]
    return policy.created_by(parties, bool(policy.bulk_reason(copy.row)), company.create)


def written_to(transaction: Transaction, company: Company, normals: Iterable[str]) -> set[str]:
    """Base forms of those of these addresses that would be contacts, had mail of ours not come back from them."""
    if company.create is not Create.CORRESPONDED or not (failed := failures(transaction, normals)):
        return set()
    ids = {each for failure in failed.values() for each in failure.interaction_ids}
    found: set[str] = set()
    for copy in copies.copies_of_interactions(transaction, ids):
        found.update(party.base for party in _created(copy, company) if party.base and party.normal in failed)
    return found


def awaited(
    transaction: Transaction, company: Company, bases: Collection[str], told: Mapping[bytes, Collection[str]]
) -> set[str]:
    """Those of these base forms that become contacts when stored mail is derived that waits for it.

    Mail with them is kept at once: skipped, it would become wanted soon, and be fetched again. `told`: whom contents
    make contacts, of those that were written lately and need not be read again.
    """
    if company.create is Create.OFF or not bases:
        return set()
    keys = copies.underived(transaction)
    # others write pages meanwhile, and may forget what was told
    found = {base for key in keys for base in told.get(key, ())}
    if not keys <= told.keys():
        others = copies.underived_with(transaction, bases) - told.keys()
        for copy in copies.copies_of_contents(transaction, others):
            found.update(party.base for party in _created(copy, company) if party.base)
    return found.intersection(bases)


def party_of(party: StoredParty, company: Company) -> Party:
    """A party of a stored copy under the company's rules."""
    is_own = party.normal is not None and company.own.owns(party.normal)
    base = company.rules.base(party.normal) if party.normal else None
    return Party(party.role, party.email, party.name, party.normal, base, is_own)
