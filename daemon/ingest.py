"""One page becomes rows: assess, decide, write facts and cursor in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.api import Change, Deleted, Flagged, Message, Purpose, Unreadable
from daemon import calendar_pages
from daemon.admission import Admission
from daemon.drafts import Drafting, Prepared, Ready
from daemon.tracked_mails import told_by_headers
from daemon.unreached import awaited, written_to
from matching import policy
from matching.policy import Company, Verdict
from store.derivation import copies
from store.derivation.held import held_addresses
from store.engine import Store, Transaction
from store.mails import placements, write
from store.mails.facts import Draft
from store.mails.write import Copies, Denied, Kept, Place, Placed, Skipped
from store.meetings.meeting_facts import MeetingDraft
from store.opens import tracking
from store.privacy.retention import NO_LIMITS, Limits

#: Contents of which it is remembered whom they make contacts.
_MADE = 10_000


@dataclass(slots=True)
class Tally:
    """What became of the items that one stream showed: seen is the sum of the other four."""

    stored: int = 0
    known: int = 0
    skipped: int = 0
    quarantined: int = 0

    @property
    def seen(self) -> int:
        """How many items were looked at."""
        return self.stored + self.known + self.skipped + self.quarantined

    def add(self, counts: Counter[str]) -> None:
        """Add the items of a page, counted by verdict."""
        self.stored += counts["stored"]
        self.known += counts["known"]
        self.skipped += sum(counts[word] for word in ("skipped", "suppressed", "expired"))
        self.quarantined += counts["quarantined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """Writes pages into a store under one policy."""

    store: Store
    company: Company
    policy_version: int
    clock: Callable[[], datetime]
    #: Items first seen after this instant count once, however often a run reads them.
    started_at: datetime
    #: How long what is kept.
    limits: Limits = NO_LIMITS
    #: Another policy is in force by now: nothing is written under this one any more.
    is_over: Callable[[], bool] = lambda: False
    #: Whom the contents that were written lately make contacts (base forms): until they are derived, each page asks.
    _made: dict[bytes, tuple[str, ...]] = field(default_factory=dict)

    def page(self, place: Place, purpose: Purpose, prepared: Prepared) -> Counter[str]:
        """Write a page and move the cursor; raises Fenced when another process was quicker."""

        def work(transaction: Transaction) -> Counter[str]:
            # first, because it keeps others from the stream, and tells at once that another was quicker
            write.advance(transaction, place, prepared.page)
            return self._write(transaction, place, purpose, prepared.changes)

        return self.store.transact(work, shared=True)

    def batch(self, place: Place, purpose: Purpose, changes: Sequence[Change]) -> Counter[str]:
        """Write items that were fetched again by reference; no cursor moves."""
        ready = self.drafting.changes(changes)

        def work(transaction: Transaction) -> Counter[str]:
            write.keep_stream(transaction, place.stream_id)
            return self._write(transaction, place, purpose, ready)

        return self.store.transact(work, shared=True)

    @property
    def drafting(self) -> Drafting:
        """What this policy and this store make drafts with."""
        return Drafting(self.company, self.store.key)

    def again(self, transaction: Transaction, place: Place, purpose: Purpose, messages: Iterable[Message]) -> None:
        """Decide anew about mails that lie where they lay and are the same, but for what was erased of them."""
        admission = self.admission(transaction, place.stream_id)
        drafts, denied = admission.screened(self.drafting.drafts(messages))
        decided = self._decide(transaction, place, purpose, admission, drafts, denied)
        copies.mark_dirty(transaction, "item", decided.dirty)
        copies.mark_dirty(transaction, "meeting", decided.dirty_meetings)

    def admission(self, transaction: Transaction, stream_id: int) -> Admission:
        """What may enter a stream now."""
        return Admission.of_stream(
            transaction,
            self.store.key,
            self.company,
            stream_id,
            drafted=self.drafting.draft,
            limits=self.limits,
            now=self.clock(),
        )

    def _write(
        self,
        transaction: Transaction,
        place: Place,
        purpose: Purpose,
        changes: Sequence[Ready],
    ) -> Counter[str]:
        now = self.clock()
        admission = self.admission(transaction, place.stream_id)
        drafts, denied = admission.screened(c for c in changes if isinstance(c, Draft))
        unreadable = [(c.ref, c.reason) for c in changes if isinstance(c, Unreadable)]
        planned = [c for c in changes if isinstance(c, MeetingDraft)]
        refs = [d.ref for d in drafts] + [d.ref for d in denied] + [ref for ref, _reason in unreadable]
        refs += [d.ref for d in planned]
        before = write.placed(transaction, place.stream_id, refs)
        if before:
            drafts = self._undecided(transaction, place, drafts, before, now)
        decided = self._decide(transaction, place, purpose, admission, drafts, denied)
        if before or planned:
            lost = [ref for ref, _reason in unreadable if ref in before]
            self._write_meetings(transaction, place, admission, planned, lost, before, decided)
        write.write_quarantined(transaction, place, unreadable, now)
        if before:
            placements.came_back(transaction, place.stream_id, before)
        flags = {c.ref: c.flags for c in changes if isinstance(c, Flagged)}
        reflagged = placements.reflag(transaction, place.stream_id, flags)
        gone = [c.ref for c in changes if isinstance(c, Deleted)]
        placements.tell_removed(transaction, place.stream_id, gone, now)
        # all at once and last: two pages that mark the same items never wait for each other
        copies.mark_dirty(transaction, "item", decided.dirty | reflagged)
        copies.mark_dirty(transaction, "meeting", decided.dirty_meetings)
        outcomes = decided.outcomes | {ref: "quarantined" for ref, _reason in unreadable}
        return self._count(outcomes, before)

    def _decide(
        self,
        transaction: Transaction,
        place: Place,
        purpose: Purpose,
        admission: Admission,
        drafts: Sequence[Draft],
        denied: Iterable[Denied],
    ) -> _Decided:
        """Decide about mails and write what becomes of them, but for the marks of what is to be derived."""
        now = self.clock()
        contacts = Contacts(transaction, drafts, admission, self.company, self._made)
        decided = _Decided(drafts, purpose, Copies(transaction, drafts), contacts, admission)
        decided.deny(denied)
        decided.dirty = write.write_stored(transaction, place, decided.stored, now)
        self._note_made(decided.stored, admission)
        if tracking.is_awaited(transaction):
            tracking.name(transaction, told_by_headers(decided.stored))
        decided.dirty_meetings = write.write_invitations(transaction, decided.stored)
        write.write_skipped(transaction, self.store.key, place, decided.skipped, now, self.policy_version)
        write.write_denied(transaction, place, decided.denied, now)
        return decided

    def _note_made(self, stored: Iterable[Kept], admission: Admission) -> None:
        if len(self._made) > _MADE:
            self._made.clear()
        for each in stored:
            # of what was changed on its way in, the store tells
            if each.content is each.draft.content:
                made = each.draft.made
                self._made[each.content.key] = made if made and admission.makes_contacts(each.draft) else ()

    def _write_meetings(
        self,
        transaction: Transaction,
        place: Place,
        admission: Admission,
        planned: Sequence[MeetingDraft],
        unreadable: Sequence[str],
        before: Container[str],
        decided: _Decided,
    ) -> None:
        """Decide about calendar objects and write what becomes of them, but for the marks."""
        key = self.store.key
        found = calendar_pages.decide(transaction, self.company, key, admission, planned)
        dirty = calendar_pages.write_decided(transaction, key, place, found, before, self.clock(), self.policy_version)
        decided.dirty_meetings |= dirty | calendar_pages.unread(transaction, place, unreadable)
        decided.outcomes |= found.outcomes

    @staticmethod
    def _undecided(
        transaction: Transaction, place: Place, drafts: list[Draft], before: dict[str, Placed], now: datetime
    ) -> list[Draft]:
        """The mails that can be decided about, when those at some of their refs were known."""
        unclear = {d.ref for d in drafts if d.content is None and d.ref in before and before[d.ref].message_key}
        # whether what is stored there is this mail, its content has to tell
        write.want(transaction, place.stream_id, sorted(unclear))
        drafts = [d for d in drafts if d.ref not in unclear]
        keys = {d.ref: d.content.key if d.content else None for d in drafts}
        told = {ref: placed for ref, placed in before.items() if ref not in unclear}
        others = {
            d.ref: (d.mid_key, d.fingerprint)
            for d in drafts
            if d.ref in told and keys[d.ref] != told[d.ref].message_key
        }
        same = placements.told_anew(transaction, told, others)
        placements.release(transaction, place.stream_id, same)
        placements.displace(transaction, place.stream_id, {r: p for r, p in told.items() if r not in same}, keys, now)
        return drafts

    def _count(self, outcomes: dict[str, str], before: dict[str, Placed]) -> Counter[str]:
        counts: Counter[str] = Counter()
        for ref, outcome in outcomes.items():
            old = before.get(ref)
            if old is not None and old.verdict == ("stored" if outcome == "known" else outcome):
                continue  # a replay
            counts[outcome] += 1
            if old is not None and old.seen_at >= self.started_at:
                counts[old.verdict.value] -= 1
        return counts


class Contacts:
    """Asks whether an address belongs to a contact, to one that this very page makes, or one before it that waits to be
    derived, or to one that is none for now, because mail to it came back."""

    def __init__(
        self,
        transaction: Transaction,
        drafts: Sequence[Draft],
        admission: Admission,
        company: Company,
        told: Mapping[bytes, Collection[str]],
    ) -> None:
        outside = [p for d in drafts for p in d.outside]
        self._held = held_addresses(transaction, (p.normal for p in outside), (p.base for p in outside if p.base))
        making = (item for item in drafts if item.made and admission.makes_contacts(item))
        unknown = {p.normal for p in outside if p.normal not in self._held.normals}
        made = {base for item in making for base in item.made} | written_to(transaction, company, unknown)
        bases = {p.base for p in outside if p.base and p.normal in unknown}
        made |= awaited(transaction, company, bases - made, told)
        self._made = made - self._held.tombstones

    @property
    def tombstones(self) -> frozenset[str]:
        """Base forms of addresses that are made contacts by nobody but people."""
        return frozenset(self._held.tombstones)

    def concerned(self, item: Draft) -> bool:
        """Does the mail concern one of them?"""
        return any(self(p.normal, p.base or p.normal, item.occurred_at) for p in item.outside)

    def __call__(self, normal: str, base: str, when: datetime | None) -> bool:
        """Is the address (normal and base form) a contact's at that time?"""
        return base in self._made or self._held.holds(normal, base, when)


@dataclass(slots=True)
class _Decided:
    """The page's mails, sorted by what becomes of them."""

    drafts: Sequence[Draft]
    purpose: Purpose
    copies: Copies
    is_contact: Contacts
    admission: Admission
    stored: list[Kept] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    denied: list[Denied] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    #: Dirty keys of what was stored.
    dirty: set[str] = field(default_factory=set)
    dirty_meetings: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for item in self.drafts:
            is_copy = self.copies.has(item)
            verdict, reason = self._decide(item, is_copy=is_copy)
            held_back = self.admission.hold_back(item) if policy.is_worth_keeping(verdict, reason) else None
            if held_back is not None:
                self.deny([Denied(item.ref, Verdict.SUPPRESSED, held_back)])
            elif self.admission.is_expired(item):
                self.deny([Denied(item.ref, Verdict.EXPIRED, "age")])
            elif verdict is Verdict.STORED and item.content is not None:
                self.copies.note(item)
                self.stored.append(Kept(item, self.admission.content(item, item.content), reason))
                self.outcomes[item.ref] = "known" if is_copy else "stored"
            else:
                self._skip(item, verdict, reason)

    def deny(self, items: Iterable[Denied]) -> None:
        """Of these nothing is kept."""
        for each in items:
            self.denied.append(each)
            self.outcomes[each.ref] = each.verdict.value

    def _skip(self, item: Draft, verdict: Verdict, reason: str) -> None:
        is_wanted = verdict is Verdict.STORED
        if is_wanted:
            _, reason = self._decide(item, is_copy=False)
        creatable = [policy.is_creatable(p.normal) for p in item.outside]
        self.skipped.append(Skipped(item, reason, creatable, is_wanted))
        self.outcomes[item.ref] = "skipped"

    def _decide(self, item: Draft, *, is_copy: bool) -> tuple[Verdict, str]:
        return policy.decide(
            item.direction,
            item.is_bulk,
            item.purpose or self.purpose,
            concerns_contact=self.is_contact.concerned(item),
            is_copy=is_copy,
            is_self=item.is_self,
        )
