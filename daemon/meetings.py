"""From what calendars and mails say of meetings to rows.

All of a UID is derived at once, in a pure function of the facts, the policy and the time; but what had ended while it
was known stays as it was known then. Occurrences are rows from when on the calendar has been read until 90 days ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.api import Meeting
from daemon.derived import Made
from daemon.meeting_plans import Held, Plan, Planner
from matching.calendar_events import key_of
from matching.itip import Outcome
from matching.names import clean_name
from matching.policy import Company
from store.accounts.company import people_by_address
from store.contacts import holders
from store.contacts.holders import Candidate, Directory
from store.derivation import engagement, history
from store.derivation.history import Link
from store.derivation.idle_contacts import drop_idle_contacts
from store.engine import Transaction
from store.keys import IdentityKey
from store.meetings import calendars, meeting_rows
from store.meetings.meeting_rows import ANSWER, AttendeeRow, MeetingRow, Shown, SignalRow

#: UIDs derived in one transaction.
BATCH = 500
_LINKED = (Outcome.APPLIED, Outcome.CALENDAR, Outcome.OUTDATED, Outcome.PROPOSAL)


def derive_meetings(
    key: IdentityKey, company: Company, now: datetime, transaction: Transaction, keys: Sequence[str], made: Made
) -> list[Candidate]:
    """Derive these dirty keys; returns the addresses that became contacts by it, to which these meetings are linked.

    New interactions are added to `made`.
    """
    if not keys:
        return []
    batch = _Batch(transaction, key, company, now)
    found = batch.run([bytes.fromhex(key) for key in keys])
    made["interaction", "meeting"] += batch.new
    return found


def made_by(
    transaction: Transaction, key: IdentityKey, company: Company, now: datetime, uids: Sequence[bytes]
) -> set[str]:
    """Normal forms of the addresses that these meetings make contacts."""
    batch = Planner(transaction, key, company, now)
    return {each.normal for plan in batch.plans(uids) for each in batch.made(plan)}


class _Batch(Planner):
    """The UIDs that one transaction derives."""

    #: Interactions that were not there before.
    new = 0

    def run(self, uids: Sequence[bytes]) -> list[Candidate]:
        """Write what follows from them."""
        plans = self.plans(uids)
        # one is met again and again
        made = {(each.normal, each.email) for plan in plans for each in self.made(plan)}
        candidates = [Candidate(normal, self.company.rules.base(normal), email) for normal, email in made]
        added = holders.create_by_policy(self.transaction, self.key, candidates, self.now)
        self._publish(plans)
        return added

    # -- rows ------------------------------------------------------------------------------------------------------

    def _publish(self, plans: Sequence[Plan]) -> None:
        """Meetings that concern a contact are rows; of others nothing is told."""
        outside = {p.normal for plan in plans for each in plan.held for p in each.people if p.is_outside}
        bases = {normal: self.company.rules.base(normal) for normal in outside}
        directory = Directory(self.transaction, outside, bases.values())
        persons = people_by_address(self.transaction)
        written = _Written()
        former = history.linked_contacts(self.transaction, [row.interaction_id for row in self.before])
        for plan in plans:
            linked = [self._links(each, directory, bases) for each in plan.held]
            plan.is_published = any(linked)
            if plan.is_published:
                written.add(plan, linked, persons)
            written.signals += self._signals(plan)
        meeting_rows.save(
            self.transaction,
            self.before,
            self.people_before,
            written.rows,
            written.people,
            written.shown,
            self.now,
        )
        kept = {row.interaction_id for row in written.rows} & {row.interaction_id for row in self.before}
        self.new = len({row.interaction_id for row in written.rows} - kept)
        history.replace_links(self.transaction, kept, written.links)
        history.replace_people(self.transaction, kept, written.holders)
        meeting_rows.replace_signals(self.transaction, sorted(kept), written.signals)
        now_linked = {link.contact_id for link in written.links}
        engagement.mark_tasks(self.transaction, former | now_linked)
        drop_idle_contacts(self.transaction, sorted(former - now_linked))
        holders.offer_names(self.transaction, written.names, self.now)
        self._save_states(plans)

    def _links(self, each: Held, directory: Directory, bases: dict[str, str]) -> list[Link]:
        interaction_id, when = each.row.interaction_id, each.occurred_at
        return [
            Link(
                *(contact_id, when, interaction_id, "organizer" if person.role == "organizer" else "attendee"),
                *(person.normal, reason),
            )
            for person in each.people
            if person.is_outside
            for contact_id, reason in directory.find(person.normal, bases[person.normal], when)
        ]

    def _signals(self, plan: Plan) -> list[SignalRow]:
        """Each answer once, at the first occurrence that it holds for."""
        found: dict[tuple[str, str, datetime | None], SignalRow] = {}
        for each in plan.held if plan.is_published else ():
            for person in each.people:
                answer = (person.normal, person.response, person.responded_at)
                if not person.source or person.responded_at is None or answer in found:
                    continue
                contact_id = each.contacts.get(person.normal)
                if contact_id is None:
                    continue
                words = (each.row.uid, person.normal, person.response, person.responded_at.isoformat())
                found[answer] = SignalRow(
                    id=self.key.id("signal", ANSWER, *words),
                    interaction_id=each.row.interaction_id,
                    contact_id=contact_id,
                    kind=ANSWER,
                    occurred_at=person.responded_at,
                    evidence=f"{person.response} ({person.source})",
                    confidence=1.0,
                )
        return [row for row in found.values() if self.company.keeps_signal(row.occurred_at, self.now)]

    def _save_states(self, plans: Sequence[Plan]) -> None:
        kept = [p for p in plans if p.sources.copies or p.sources.mails or p.is_published]
        states = [p.state for p in kept]
        gone = {p.uid_key for p in plans} - {p.uid_key for p in kept}
        meeting_rows.save_states(self.transaction, states, gone)
        outcomes = []
        for plan in plans:
            rows = [each.row for each in plan.held] if plan.is_published else []
            for mail in plan.sources.mails:
                outcome = plan.resolved.outcomes.get(mail.name)
                meeting_id = _about(mail.meeting, rows) if outcome in _LINKED else None
                outcomes.append((*plan.sources.rows[mail.name], outcome.value if outcome else None, meeting_id))
        calendars.save_outcomes(self.transaction, outcomes)


@dataclass(slots=True)
class _Written:
    """The rows of a batch."""

    rows: list[MeetingRow] = field(default_factory=list)
    people: list[AttendeeRow] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    holders: list[tuple[str, str, str]] = field(default_factory=list)
    signals: list[SignalRow] = field(default_factory=list)
    names: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, plan: Plan, linked: Iterable[Sequence[Link]], persons: dict[str, str]) -> None:
        """The rows of a UID; `linked`: the links of each occurrence, `persons`: ours by address."""
        holders = {(place.person_id, place.account_id) for place in plan.sources.places}
        owners = {person_id for person_id, _account in holders}
        for each, links in zip(plan.held, linked, strict=True):
            row = each.row
            self.rows.append(row)
            self.links += links
            for link in links:
                each.contacts.setdefault(link.address, link.contact_id)
            self.shown.append(Shown(row.interaction_id, each.direction, each.occurred_at, plan.level.value))
            self.holders += [(row.interaction_id, *holder) for holder in holders]
            self._add_people(each, owners, persons)

    def _add_people(self, each: Held, owners: set[str], persons: dict[str, str]) -> None:
        """Who takes part; `owners` have it in their calendars."""
        row, having = each.row, set(owners)
        rank = f"0 {each.occurred_at.isoformat()}"
        for person in each.people:
            contact_id, person_id = each.contacts.get(person.normal), persons.get(person.normal)
            self.people.append(
                AttendeeRow(
                    *(row.id, person.normal, contact_id, person_id, person.role, person.response),
                    *(person.responded_at, person.source),
                )
            )
            if person_id is not None and person_id not in having:
                having.add(person_id)
                self.holders.append((row.interaction_id, person_id, ""))
            name = clean_name(person.name, person.email) if contact_id and person.name else ""
            if contact_id and name:
                self.names.append((contact_id, rank, name))


def _about(meeting: Meeting, rows: Sequence[MeetingRow]) -> str | None:
    """The meeting that a mail is about: the occurrence it names, else the first."""
    named = {key_of(event.recurrence_id) for event in meeting.events}
    return next((row.id for row in rows if row.recurrence_id in named), next((row.id for row in rows), None))
