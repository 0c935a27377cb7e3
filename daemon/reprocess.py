"""After a change of policy, rules or own addresses: make the store what a fresh one would hold.

Facts of kept mails are decided anew from the store; skipped mails are judged by what was kept of them, and only those
that become wanted are fetched from the servers, at their accounts' next turn. A kill at any point is harmless: the
new policy counts as applied when all of it is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from daemon.derive import derive
from daemon.drafts import Drafting
from matching import policy
from matching.policy import Company, Create, Verdict
from store import company as company_store
from store import contacts, rebuild, write
from store.contacts import Candidate
from store.engine import Store, Transaction
from store.facts import Draft
from store.write import Place

log = structlog.get_logger()

#: Raised when the rules change what they make of the same facts.
RULES_VERSION = 1
_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Applied:
    """The policy a store was last derived under, in the parts that need different work."""

    identity: str
    rules: str

    @classmethod
    def of(cls, company: Company) -> _Applied:
        identity = [
            sorted(company.own.domains),
            sorted(company.own.addresses),
            company.rules.plus_tags,
            company.rules.gmail_dots,
        ]
        return cls(json.dumps(identity), json.dumps([RULES_VERSION, company.create.value]))


def is_due(store: Store, company: Company) -> bool:
    """Was the store derived under another policy? A store without mail takes the policy over as it is."""
    applied = _Applied.of(company)

    def look(transaction: Transaction) -> bool:
        if _stored(transaction) == applied:
            return False
        if rebuild.has_interactions(transaction):
            return True
        _save(transaction, applied)
        return False

    return store.transact(look, alone=True)


@dataclass(slots=True)
class Outcome:
    """What a reprocess changed."""

    kept: int = 0
    removed: int = 0
    wanted: int = 0


def reprocess(
    store: Store,
    company: Company,
    clock: Callable[[], datetime],
    progress: Callable[[int], None] = lambda _done: None,
) -> Outcome:
    """Decide and derive everything anew under `company`; `progress` hears how many mails were looked at."""
    applied = _Applied.of(company)
    with store.read() as transaction:
        stored = _stored(transaction)
    identity_changed = stored is None or stored.identity != applied.identity
    if identity_changed:
        store.transact(partial(_save_bases, company), alone=True)
    walk = _Walk(store, company, clock)
    walk.find_contacts()
    outcome = walk.decide(progress)

    def begin_anew(transaction: Transaction) -> None:
        _want(transaction, company, is_all=identity_changed)
        addresses = [Candidate(*row) for row in rebuild.contact_addresses(transaction)]
        contacts.want_skipped(transaction, store.key, addresses)
        rebuild.mark_all_dirty(transaction)

    store.transact(begin_anew, alone=True)
    derive(store, company, clock)
    store.transact(partial(_save, applied=applied), alone=True)
    with store.read() as transaction:
        outcome.wanted = write.count_all_wanted(transaction)
    log.info("reprocessed", kept=outcome.kept, removed=outcome.removed, wanted=outcome.wanted)
    return outcome


def _save_bases(company: Company, transaction: Transaction) -> None:
    """The base forms under the company's rules."""
    normals = rebuild.all_normals(transaction)
    rebuild.save_bases(transaction, {normal: company.rules.base(normal) for normal in normals})


def _want(transaction: Transaction, company: Company, *, is_all: bool) -> None:
    """Skipped mails that the policy may keep are wanted: all, or those that would make contacts."""
    if is_all:
        rebuild.want_all_skipped(transaction)
    elif company.create is not Create.OFF:
        any_direction = company.create is Create.ALL
        rebuild.want_creating(transaction, any_direction=any_direction, max_recipients=policy.MAX_RECIPIENTS)


class _Walk:
    """Passes over all interactions, a batch in each transaction."""

    def __init__(self, store: Store, company: Company, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._company = company
        self._clock = clock
        self._drafting = Drafting(company, store.key)
        self._contacts: set[str] = set()

    def find_contacts(self) -> None:
        """Which addresses the policy makes contacts; contacts of its own that it no longer makes go."""
        made: set[str] = set()
        after = ""
        while True:
            with self._store.read() as transaction:
                ids = rebuild.interaction_ids(transaction, after, _BATCH)
                found = rebuild.placed_copies(transaction, ids)
            for copies in found.values():
                for copy in copies:
                    assessment = policy.assess(copy.message, self._company)
                    parties = policy.created_by(assessment.parties, bool(assessment.bulk), self._company.create)
                    made.update(p.normal for p in parties if p.normal)
            if not ids:
                break
            after = ids[-1]
        self._store.transact(partial(rebuild.keep_policy_contacts, normals=made), alone=True)
        with self._store.read() as transaction:
            for normal, base, _address in rebuild.contact_addresses(transaction):
                self._contacts.update((normal, base))
            tombstones = rebuild.tombstones(transaction)
        self._contacts.update({self._company.rules.base(normal) for normal in made} - tombstones)

    def decide(self, progress: Callable[[int], None]) -> Outcome:
        """Keep what is wanted; what is not becomes skipped."""
        outcome = Outcome()
        after = ""
        while True:
            ids, removed = self._store.transact(partial(self._decide_batch, after), alone=True)
            outcome.kept += len(ids) - removed
            outcome.removed += removed
            progress(len(ids))
            if not ids:
                return outcome
            after = ids[-1]

    def _decide_batch(self, after: str, transaction: Transaction) -> tuple[list[str], int]:
        """(the next ids, how many of these were removed)"""
        ids = rebuild.interaction_ids(transaction, after, _BATCH)
        found = rebuild.placed_copies(transaction, ids)
        doomed = []
        for interaction_id in ids:
            decided = [self._decide(c) for c in found.get(interaction_id, [])]
            # An item that lies on no server any more is history, and stays.
            if not decided or any(verdict is Verdict.STORED for _c, _d, verdict, _r in decided):
                continue
            doomed.append(interaction_id)
            for copy, item, _verdict, reason in decided:
                creatable = [policy.is_creatable(p.normal) for p in item.outside]
                write.write_skipped(
                    transaction,
                    self._store.key,
                    Place(copy.stream_id, 0, False),
                    [write.Skipped(item, reason, creatable, is_wanted=False)],
                    self._clock(),
                    RULES_VERSION,
                )
        rebuild.remove_interactions(transaction, doomed, self._clock())
        return ids, len(doomed)

    def _decide(self, copy: rebuild.PlacedCopy) -> tuple[rebuild.PlacedCopy, Draft, Verdict, str]:
        item = self._drafting.draft(copy.message)
        verdict, reason = policy.decide(
            item.direction,
            item.is_bulk,
            copy.purpose,
            concerns_contact=any(p.normal in self._contacts or p.base in self._contacts for p in item.outside),
            is_copy=False,
        )
        return copy, item, verdict, reason


def _stored(transaction: Transaction) -> _Applied | None:
    identity = company_store.setting(transaction, "policy_identity")
    rules = company_store.setting(transaction, "policy_rules")
    return _Applied(identity, rules) if identity is not None and rules is not None else None


def _save(transaction: Transaction, applied: _Applied) -> None:
    company_store.save_setting(transaction, "policy_identity", applied.identity)
    company_store.save_setting(transaction, "policy_rules", applied.rules)
