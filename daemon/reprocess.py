"""After a change of policy, rules or own addresses: make the store what a fresh one would hold.

Facts of kept mails are decided anew from the store; skipped mails are judged by what was kept of them, and only those
that become wanted are fetched from the servers, at their accounts' next turn. A kill at any point is harmless: the
new policy counts as applied when all of it is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from daemon import reading
from daemon.admission import Admission
from daemon.calendar_reprocess import decide_objects, made_by_meetings
from daemon.derive import derive
from daemon.drafts import Drafting
from daemon.rereading import read_anew
from matching import policy
from matching.blocking import Block
from matching.policy import Company, Create, Verdict
from matching.visibility import Level, narrowest, widest
from store.accounts import company as company_store
from store.contacts import holders, merging
from store.contacts.holders import Candidate
from store.derivation import engagement, rebuild, thread_levels
from store.derivation.held import Held
from store.derivation.rebuild import PlacedCopy
from store.engine import Store, Transaction
from store.mails import write
from store.mails.facts import Draft
from store.mails.write import Denied, Place
from store.privacy import blocks
from store.privacy.retention import NO_LIMITS

log = structlog.get_logger()

#: Raised when the rules change what they make of the same facts.
RULES_VERSION = 1
_BATCH = 500
#: Mails that are named where a difference is told.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Applied:
    """The policy a store was last derived under, in the parts that need different work."""

    identity: str
    rules: str
    #: When who works.
    times: str

    @classmethod
    def of(cls, company: Company, transaction: Transaction) -> _Applied:
        identity = [
            sorted(company.own.domains),
            sorted(company.own.addresses),
            company.rules.plus_tags,
            company.rules.gmail_dots,
        ]
        privacy = [
            [(b.id, b.account_id, b.rule.kind.value, b.rule.what) for b in blocks.all_blocks(transaction)],
            company_store.levels(transaction),
            thread_levels.signature(transaction),
            company.shows_widest,
            company.confidential.value,
        ]
        rules = [RULES_VERSION, reading.VERSION, company.create.value, *privacy]
        return cls(json.dumps(identity), json.dumps(rules), json.dumps(company.times.signature))


def is_pending(store: Store, company: Company) -> bool:
    """As `is_due`, for who only asks."""
    with store.read() as transaction:
        return _stored(transaction) != _Applied.of(company, transaction) and rebuild.has_interactions(transaction)


def is_due(store: Store, company: Company) -> bool:
    """Was the store derived under another policy? A store without mail takes the policy over as it is."""
    with store.write() as transaction:
        applied = _Applied.of(company, transaction)
        stored = _stored(transaction)
        if stored == applied:
            return False
        if rebuild.has_interactions(transaction):
            return True
        _save(transaction, applied)
        return False


def apply(store: Store, company: Company, clock: Callable[[], datetime]) -> None:
    """What `is_due` found: all is decided anew, or, where only working time has changed, answers are timed anew."""
    with store.read() as transaction:
        applied = _Applied.of(company, transaction)
        stored = _stored(transaction)
    if stored is None or replace(stored, times=applied.times) != applied:
        reprocess(store, company, clock)
        return
    with store.write() as transaction:
        rebuild.mark_answers_dirty(transaction)
    derive(store, company, clock)
    with store.write() as transaction:
        engagement.mark_all(transaction)
        _save(transaction, applied)
    log.info("answers timed anew")


@dataclass(slots=True)
class Outcome:
    """What a reprocess changed."""

    kept: int = 0
    removed: int = 0
    wanted: int = 0
    #: Places of mail that the blocklist holds back, beyond those that it held back before.
    suppressed: int = 0
    #: Of the mails removed, those that no server holds any more: nothing brings them back.
    lost: int = 0
    #: Normal forms of the addresses that are no contact's any more.
    unmade: list[str] = field(default_factory=list)
    #: The first of the mails removed, up to SHOWN.
    examples: list[str] = field(default_factory=list)


def difference(store: Store, company: Company, clock: Callable[[], datetime], found: Sequence[Block]) -> Outcome:
    """What would go from the history under these blocks, instead of those in force. Writes nothing."""
    walk = _Walk(store, company, clock, found)
    walk.find_contacts()
    return walk.decide(lambda _done: None)


def note_applied(transaction: Transaction, company: Company) -> None:
    """What was changed needs no work on what is stored."""
    _save(transaction, _Applied.of(company, transaction))


def reprocess(
    store: Store,
    company: Company,
    clock: Callable[[], datetime],
    progress: Callable[[int], None] = lambda _done: None,
) -> Outcome:
    """Decide and derive everything anew under `company`; `progress` hears how many mails were looked at."""
    with store.read() as transaction:
        applied = _Applied.of(company, transaction)
        stored = _stored(transaction)
    identity_changed = stored is None or stored.identity != applied.identity
    if identity_changed:
        with store.write() as transaction:
            normals = rebuild.all_normals(transaction)
            rebuild.save_bases(transaction, {normal: company.rules.base(normal) for normal in normals})
    with store.write() as transaction:
        merging.lock(transaction)
        rebuild.name_holders(transaction)
    read_anew(store, progress)
    walk = _Walk(store, company, clock)
    walk.find_contacts()
    outcome = walk.decide(progress)
    with store.write() as transaction:
        if identity_changed:
            rebuild.want_all_skipped(transaction)
        elif company.create is not Create.OFF:
            rebuild.want_creating(
                transaction,
                any_direction=company.create is Create.ALL,
                max_recipients=policy.MAX_RECIPIENTS,
            )
        addresses = [Candidate(*row) for row in rebuild.contact_addresses(transaction)]
        holders.want_skipped(transaction, store.key, addresses)
        if company.confidential is Level.METADATA:
            rebuild.blank_confidential(transaction)
        rebuild.mark_all_dirty(transaction)
    derive(store, company, clock)
    with store.write() as transaction:
        _save(transaction, applied)
        outcome.wanted = write.count_all_wanted(transaction)
    log.info("reprocessed", kept=outcome.kept, removed=outcome.removed, wanted=outcome.wanted)
    return outcome


#: A copy, its draft, its verdict and the reason.
_Decided = tuple[PlacedCopy, Draft, Verdict, str]


class _Walk:
    """Passes over all interactions, a batch in each transaction. With `found` instead of the blocks in force it writes
    nothing, and only tells what it would do."""

    def __init__(
        self, store: Store, company: Company, clock: Callable[[], datetime], found: Sequence[Block] | None = None
    ) -> None:
        self._store = store
        self._company = company
        self._clock = clock
        self._found = found
        self._drafting = Drafting(company, store.key)
        self._held = Held()
        self._made: set[str] = set()
        #: Threads of which others may see nothing.
        self._hidden: set[str] = set()
        self.unmade: set[str] = set()

    def find_contacts(self) -> None:
        """Which addresses the policy makes contacts; contacts of its own that it no longer makes go."""
        # those of meetings that are kept out by now make none
        self.decide_objects()
        made = made_by_meetings(self._store, self._company, self._clock())
        after = ""
        while True:
            with self._store.read() as transaction:
                ids = rebuild.interaction_ids(transaction, after, _BATCH)
                found = rebuild.placed_copies(transaction, ids)
                admissions = self._admissions(transaction)
                levels = thread_levels.decisions(transaction)
                self._hidden = {each for each, level in levels.items() if level is Level.NONE}
                for copies in found.values():
                    made |= self._made_by(copies, admissions)
            if not ids:
                break
            after = ids[-1]
        with self._store.read() if self._found is not None else self._store.write() as transaction:
            self.unmade = set(rebuild.unmade(transaction, made).values())
            if self._found is None:
                rebuild.keep_policy_contacts(transaction, made)
            self._held = rebuild.all_held(transaction)
            for normal in self.unmade:
                self._held.normals.pop(normal, None)
                self._held.bases.pop(self._company.rules.base(normal), None)
        self._made = {self._company.rules.base(normal) for normal in made} - self._held.tombstones

    def decide_objects(self) -> tuple[int, int]:
        """Decide about all calendar objects; (how many go, how many of them are kept out)."""
        is_dry = self._found is not None
        now = self._clock()
        return decide_objects(self._store, self._company, now, self._admissions, RULES_VERSION, is_dry=is_dry)

    def _made_by(self, copies: Sequence[PlacedCopy], admissions: Callable[[int], Admission]) -> set[str]:
        """Normal forms that the copies of one mail make contacts; none where others may not see it."""
        drafts = [(copy, self._drafting.draft(copy.message)) for copy in copies]
        allowed = [admissions(copy.stream_id).makes_contacts(draft) for copy, draft in drafts]
        levels = [admissions(copy.stream_id).level for copy in copies]
        choose = widest if self._company.shows_widest else narrowest
        if choose(levels) is Level.NONE or self._hidden.intersection(copy.thread_id or "" for copy in copies):
            return set()
        made: set[str] = set()
        for (copy, _draft), is_allowed in zip(drafts, allowed, strict=True):
            assessment = policy.assess(copy.message, self._company)
            parties = policy.created_by(assessment.parties, bool(assessment.bulk), self._company.create)
            made.update(p.normal for p in parties if p.normal and is_allowed)
        return made

    def _admissions(self, transaction: Transaction) -> Callable[[int], Admission]:
        """Stream id -> what may enter it, looked up once in a transaction."""
        known: dict[int, Admission] = {}

        def of(stream_id: int) -> Admission:
            if stream_id not in known:
                known[stream_id] = Admission.of_stream(
                    transaction,
                    self._store.key,
                    self._company,
                    stream_id,
                    drafted=self._drafting.draft,
                    limits=NO_LIMITS,
                    now=self._clock(),
                    found=self._found,
                )
            return known[stream_id]

        return of

    def decide(self, progress: Callable[[int], None]) -> Outcome:
        """Keep what is wanted; what is not becomes skipped, what is kept out becomes suppressed."""
        outcome = Outcome()
        outcome.removed, outcome.suppressed = self.decide_objects()
        after = ""
        while True:
            with self._store.read() if self._found is not None else self._store.write() as transaction:
                ids = rebuild.interaction_ids(transaction, after, _BATCH)
                found = rebuild.placed_copies(transaction, ids)
                admissions = self._admissions(transaction)
                doomed = [
                    each for each in ids if self._decide_mail(transaction, found.get(each, []), admissions, outcome)
                ]
                if self._found is None:
                    rebuild.remove_interactions(transaction, doomed, self._clock())
            outcome.kept += len(ids) - len(doomed)
            outcome.removed += len(doomed)
            outcome.examples = (outcome.examples + doomed)[:SHOWN]
            progress(len(ids))
            if not ids:
                outcome.unmade = sorted(self.unmade)
                return outcome
            after = ids[-1]

    def _decide_mail(
        self,
        transaction: Transaction,
        copies: Sequence[PlacedCopy],
        admissions: Callable[[int], Admission],
        outcome: Outcome,
    ) -> bool:
        """Does a mail go? Its placements are then written as skipped or suppressed."""
        decided = [(copy, *self._decide(copy)) for copy in copies]
        if not decided:
            return True  # what no place holds is left over from something
        held_back = {
            id(copy): reason
            for copy, item, verdict, why in decided
            if policy.is_worth_keeping(verdict, why)
            and (reason := admissions(copy.stream_id).hold_back(item)) is not None
        }
        goes = all(id(copy) in held_back for copy, _item, verdict, _reason in decided if verdict is Verdict.STORED)
        outcome.suppressed += len(held_back)
        outcome.lost += goes and all(copy.is_gone for copy in copies)
        if self._found is None:
            self._write(transaction, decided, held_back, goes=goes)
        return goes

    def _write(
        self, transaction: Transaction, decided: Sequence[_Decided], held_back: dict[int, str], *, goes: bool
    ) -> None:
        now = self._clock()
        for copy, item, _verdict, reason in decided:
            place = Place(copy.stream_id, 0, False)
            if id(copy) in held_back:
                denied = Denied(item.ref, Verdict.SUPPRESSED, held_back[id(copy)])
                write.write_denied(transaction, place, [denied], now)
            elif goes:
                creatable = [policy.is_creatable(p.normal) for p in item.outside]
                skipped = write.Skipped(item, reason, creatable, is_wanted=False)
                write.write_skipped(transaction, self._store.key, place, [skipped], now, RULES_VERSION)
        if held_back and not goes:
            rebuild.drop_placeless(transaction, {copy.key for copy, *_rest in decided})

    def _decide(self, copy: PlacedCopy) -> tuple[Draft, Verdict, str]:
        item = replace(self._drafting.draft(copy.message), fingerprint=copy.fingerprint)
        verdict, reason = policy.decide(
            item.direction,
            item.is_bulk,
            copy.purpose,
            concerns_contact=any(
                p.base in self._made or self._held.holds(p.normal, p.base or p.normal, item.occurred_at)
                for p in item.outside
            ),
            is_copy=False,
            is_self=item.is_self,
        )
        if copy.thread_id in self._hidden and policy.is_worth_keeping(verdict, reason):
            # it may have made its own contact; hidden it stays, until somebody shows the thread again
            verdict = Verdict.STORED
        return item, verdict, reason


def _stored(transaction: Transaction) -> _Applied | None:
    identity = company_store.setting(transaction, "policy_identity")
    rules = company_store.setting(transaction, "policy_rules")
    # a store of before answers were timed in working time says nothing of it
    times = company_store.setting(transaction, "policy_times") or ""
    return _Applied(identity, rules, times) if identity is not None and rules is not None else None


def _save(transaction: Transaction, applied: _Applied) -> None:
    company_store.save_setting(transaction, "policy_identity", applied.identity)
    company_store.save_setting(transaction, "policy_rules", applied.rules)
    company_store.save_setting(transaction, "policy_times", applied.times)
