"""What a sync would make of the mail and the meetings that it would read. Nothing is written, and no cursor moves.

A mail that is skipped when it is read may be wanted in the end, because of a contact that a later mail makes or of
a copy that is kept, and a meeting likewise. So what is not kept at once is remembered in short, and decided when all
accounts have been read.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.api import Connector, ConnectorError, Purpose, Stream, Unreadable
from daemon import calendar_pages
from daemon.admission import Admission
from daemon.apart import Opening
from daemon.drafts import Drafting, Prepared
from daemon.entered import address_of
from daemon.following import recognize
from daemon.ingest import Contacts, Tally
from daemon.order import RECENT, Found, Lost, Reading, Refused, Standing
from daemon.rehearsal_meetings import Calendars, Meetings
from daemon.report import Report
from daemon.slices import Slice
from daemon.source import Source
from matching import policy
from matching.blocking import BlockRule, Blocks
from matching.policy import Company, Verdict
from matching.visibility import Level
from store.accounts import company as company_store
from store.accounts import streams
from store.derivation.held import held_addresses
from store.engine import Store
from store.mails import rehearsal, write
from store.mails.facts import Draft
from store.mails.write import FINAL_REASONS, Copies
from store.meetings.meeting_facts import MeetingDraft, Party
from store.privacy import blocks, suppression
from store.privacy.blocks import Setting
from store.privacy.retention import NO_LIMITS, Limits
from store.writers import w1


@dataclass(slots=True)
class Expected:
    """What would become of a folder's mail."""

    tally: Tally = field(default_factory=Tally)
    #: Reason -> mails that would be skipped for it.
    reasons: Counter[str] = field(default_factory=Counter)
    #: Skipped before; they would be fetched again and decided anew.
    wanted: int = 0


@dataclass(slots=True)
class _OpenMeeting:
    """A calendar object that is skipped so far."""

    expected: Expected
    outside: tuple[Party, ...]


@dataclass(slots=True)
class _Open:
    """A mail that is skipped so far."""

    expected: Expected
    reason: str
    item: Draft


class Rehearsal:
    """Of all accounts; each is read in a thread of its own, perhaps."""

    def __init__(
        self,
        store: Store,
        company: Company,
        clock: Callable[[], datetime],
        *,
        configured: Mapping[str, Sequence[BlockRule]] | None = None,
        limits: Limits = NO_LIMITS,
    ) -> None:
        """`configured`: account id, or "" for all -> what the configuration blocks."""
        self._store = store
        self._limits = limits
        self._company = company
        self._clock = clock
        self._drafting = Drafting(company, store.key)
        self._deciding = threading.Lock()
        self._open: list[_Open] = []
        self._open_meetings: list[_OpenMeeting] = []
        self._meetings = Meetings()
        #: (account id, folder) -> what would become of its mail.
        self._expected: dict[tuple[str, str], Expected] = {}
        with store.read() as transaction:
            #: What is kept of the mails read by now.
            self._kept = Copies(transaction, ())
            self._blocks = blocks.foreseen(transaction, configured or {})
            self._erased = suppression.load(transaction, store.key, company.rules)
            waiting = [address_of(text, company) for text in w1.waiting_addresses(transaction)]
        #: Addresses of contacts that a sync would make, in normal form and without tag and dots.
        self._normals = {each.normal for each in waiting if not isinstance(each, str)}
        self._bases = {each.base for each in waiting if not isinstance(each, str)}

    def read(
        self,
        calendars: Calendars,
        opening: Opening,
        report: Report,
        *,
        stop: threading.Event,
        progress: Callable[[str, int], None] = lambda _name, _seen: None,
    ) -> dict[str, Expected]:
        """Read what is new in all folders of an account; returns folder -> what would become of its mail.

        What it says is right when `conclude` was called. Problems are in the report. `calendars`: of the account.
        """
        account_id = calendars.account_id
        found: dict[str, Expected] = {}
        try:
            with opening.open() as connector:
                listed, ids, standings = self._begin(account_id, connector)
                for stream in listed:
                    found[stream.name] = self._expected[account_id, stream.name] = Expected()
                with Source(connector, self._drafting, None) as source:
                    reading = Reading(source, listed, standings, self._clock() - RECENT, Slice(seconds=math.inf))
                    for step in reading.steps():
                        if isinstance(step, Found):
                            stream = step.stream
                            admission = self._admission(account_id, stream.name, calendars.level)
                            expected, stream_id = found[stream.name], ids.get(stream.name)
                            self._take(expected, stream_id, stream, step.prepared, admission)
                            self._take_meetings(expected, stream_id, calendars, step.prepared, admission)
                            progress(step.stream.name, len(step.prepared.changes))
                        elif isinstance(step, Refused):
                            report.refuse(step.stream, step.error)
                        elif isinstance(step, Lost):
                            # read anew: what is known stays as it is
                            continue
                        if stop.is_set():
                            report.is_stopped = True
                            break
        except ConnectorError as error:
            report.fail(error)
        return found

    def conclude(self) -> None:
        """Decide what waited for the rest."""
        self._bases |= self._met()
        is_news = True
        while is_news:
            is_news = False
            left: list[_Open] = []
            for each in self._open:
                if self._is_wanted(each):
                    self._keep(each.expected, each.item)
                    is_news = True
                else:
                    left.append(each)
            self._open = left
        for each in self._open:
            self._skip(each.expected, each.reason)
        self._open = []
        for meeting in self._open_meetings:
            if any(p.normal in self._normals or p.base in self._bases for p in meeting.outside):
                meeting.expected.tally.stored += 1
            else:
                self._skip(meeting.expected, "no_contact")
        self._open_meetings = []
        with self._store.read() as transaction:
            wanted = rehearsal.would_be_wanted(transaction, self._store.key, self._normals, self._bases)
        for place, count in wanted.items():
            if place in self._expected:
                self._expected[place].wanted = count

    def _begin(
        self, account_id: str, connector: Connector
    ) -> tuple[Sequence[Stream], dict[str, int], dict[str, Standing]]:
        """(the folders, name -> stream id of those that are known, where each stands)"""
        listed, recognized = recognize(self._store, account_id, connector, connector.streams())
        with self._store.read() as transaction:
            ids = streams.known(transaction, account_id, listed, recognized)
            states = company_store.stream_states(transaction, account_id)
        fresh = Standing(None, None)
        standings = {stream.name: fresh for stream in listed}
        for name, stream_id in ids.items():
            standings[name] = Standing(states[stream_id].cursor, states[stream_id].backlog)
        return listed, ids, standings

    def _admission(self, account_id: str, folder: str, level: Level) -> Admission:
        found = Blocks((each for each in self._blocks if each.account_id in ("", account_id)), self._company.rules)
        return Admission(
            self._company,
            self._erased,
            Setting(found, folder, level),
            drafted=self._drafting.draft,
            limits=self._limits,
            now=self._clock(),
        )

    def _take(
        self, expected: Expected, stream_id: int | None, stream: Stream, page: Prepared, admission: Admission
    ) -> None:
        """A page, as `Ingest` takes it."""
        drafts = [change for change in page.changes if isinstance(change, Draft)]
        unreadable = [change.ref for change in page.changes if isinstance(change, Unreadable)]
        with self._store.read() as transaction:
            refs = [*(draft.ref for draft in drafts), *unreadable]
            before = {} if stream_id is None else write.placed(transaction, stream_id, refs)
            drafts = [d for d in drafts if d.ref not in before or before[d.ref].verdict is Verdict.QUARANTINED]
            drafts, denied = admission.screened(drafts)
            known = Contacts(transaction, drafts, admission, self._company, {})
            copies = Copies(transaction, drafts)
        with self._deciding:
            spoiled = [ref for ref in unreadable if ref not in before or before[ref].verdict is not Verdict.QUARANTINED]
            expected.tally.quarantined += len(spoiled)
            for each in denied:
                self._skip(expected, each.reason)
            for draft in drafts:
                self._decide(expected, draft, draft.purpose or stream.purpose, known, copies, admission)

    def _take_meetings(
        self,
        expected: Expected,
        stream_id: int | None,
        calendars: Calendars,
        page: Prepared,
        admission: Admission,
    ) -> None:
        """A page's calendar objects, as `Ingest` takes them: of those that were there only another verdict counts."""
        items = [change for change in page.changes if isinstance(change, MeetingDraft)]
        if not items:
            return
        with self._store.read() as transaction:
            before = {} if stream_id is None else write.placed(transaction, stream_id, [item.ref for item in items])
            decided = calendar_pages.decide(transaction, self._company, self._store.key, admission, items)
        was = {ref: placed.verdict for ref, placed in before.items()}
        with self._deciding:
            for denied in decided.denied:
                if was.get(denied.ref) is not denied.verdict:
                    self._skip(expected, _in_a_word(denied.reason))
            for item, reason in decided.stored:
                expected.tally.stored += was.get(item.ref) is not Verdict.STORED
                if reason == "may_meet":
                    self._meetings.note(calendars, item)
            for item, reason in decided.skipped:
                if was.get(item.ref) is Verdict.SKIPPED:
                    continue
                if reason == "no_contact":
                    self._open_meetings.append(_OpenMeeting(expected, item.outside))
                else:
                    self._skip(expected, reason)

    def _met(self) -> set[str]:
        """Base forms of the addresses that meetings would make contacts."""
        with self._store.read() as transaction:
            made = self._meetings.made(transaction, self._store.key, self._company, self._clock())
            bases = {self._company.rules.base(each.normal) for each in made}
            return bases - held_addresses(transaction, (), bases).tombstones

    def _decide(
        self, expected: Expected, item: Draft, purpose: Purpose, known: Contacts, copies: Copies, admission: Admission
    ) -> None:
        is_copy = copies.has(item) or self._kept.has(item)
        made = set(item.made) - known.tombstones if admission.makes_contacts(item) else set()
        is_contact = bool(made) or known.concerned(item) or self._concerns(item)
        verdict, reason = policy.decide(
            item.direction,
            item.is_bulk,
            purpose,
            concerns_contact=is_contact,
            is_copy=is_copy,
            is_self=item.is_self,
        )
        if reason in FINAL_REASONS:
            self._skip(expected, "age" if admission.is_expired(item) else reason)
            return
        kept_out = _kept_out(admission, item)
        if kept_out is not None:
            self._skip(expected, kept_out)
            return
        self._bases |= made
        if verdict is Verdict.STORED:
            self._keep(expected, item, is_copy=is_copy)
        else:
            self._open.append(_Open(expected, reason, _in_short(item)))

    def _is_wanted(self, each: _Open) -> bool:
        return self._kept.has(each.item) or (each.reason == "no_contact" and self._concerns(each.item))

    def _concerns(self, item: Draft) -> bool:
        """Does it concern a contact that the sync would make?"""
        return any(party.normal in self._normals or party.base in self._bases for party in item.outside)

    def _keep(self, expected: Expected, item: Draft, *, is_copy: bool | None = None) -> None:
        if self._kept.has(item) if is_copy is None else is_copy:
            expected.tally.known += 1
        else:
            expected.tally.stored += 1
        self._kept.note(item)

    @staticmethod
    def _skip(expected: Expected, reason: str) -> None:
        expected.tally.skipped += 1
        expected.reasons[reason] += 1


def _kept_out(admission: Admission, item: Draft) -> str | None:
    """Why the mail would be kept out, whomever it concerns; None: it would not."""
    reason = admission.hold_back(item)
    if reason is None:
        return "age" if admission.is_expired(item) else None
    return _in_a_word(reason)


def _in_a_word(reason: str) -> str:
    """Without the rule that a block is of."""
    return "blocked" if reason.startswith("block ") else reason


def _in_short(item: Draft) -> Draft:
    """The draft without its rows, which nobody is going to write."""
    item.content = None
    return item
