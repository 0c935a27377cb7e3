"""The mails that one transaction derives, and what follows from them: interactions, contacts, links, people, threads,
signals, and which contacts are to be looked at for tasks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from connectors.api import Auth, Role
from daemon import conversations, followups, words
from daemon.answer_times import with_answer_times
from daemon.shown import ShownMail
from daemon.signals import Thread, derive_signals
from daemon.unreached import doubtful, party_of, reached, unreached
from matching import policy
from matching.followups import LONGEST
from matching.identity import Mail, group
from matching.names import clean_name
from matching.policy import Company, Create, Direction, Party
from matching.visibility import Level, narrowest, widest
from store.accounts.company import people_by_address
from store.contacts import holders
from store.contacts.holders import Candidate
from store.derivation import copies, history, thread_levels
from store.derivation.copies import StoredCopy, StoredPlace
from store.derivation.history import Interaction, Link
from store.derivation.idle_contacts import drop_idle_contacts
from store.derivation.unreached import drop_contacts, failures
from store.engine import Store, Transaction
from store.mails import mail_signals
from store.meetings import calendars, leave

_THREAD_ROLES = (Role.FROM, Role.TO, Role.CC)
_UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class MailBatch:
    """The mails that one transaction derives."""

    def __init__(self, store: Store, transaction: Transaction, company: Company, now: datetime) -> None:
        self.key = store.key
        self.transaction = transaction
        self.company = company
        self.now = now
        self.mails: dict[str, ShownMail] = {}
        self.thread_levels = thread_levels.decisions(transaction)
        #: Of these nothing may be seen: they make no contacts, no links, and tell no names.
        self.hidden: set[str] = set()
        #: Interactions that were not there before.
        self.new = 0
        #: Contacts that the policy made in this batch.
        self.made: list[str] = []
        #: Threads that are others than before -> the time of the first mail by which they are.
        self.changed_since: dict[str, datetime] = {}

    def add(self, found: list[StoredCopy]) -> None:
        """Group copies into mails."""
        by_key = {c.row.key: c for c in found}
        for mail in group([c.copy() for c in found]):
            derived = self._derive_mail(mail, tuple([by_key[c.key] for c in mail.copies]))
            self.mails[derived.id] = derived

    def make_contacts(self, entered: list[Candidate], met: list[Candidate], meetings: Iterable[str]) -> bool:
        """Contacts that the policy makes of these mails, and all that touches their addresses or the `entered` ones.

        Meetings with them are marked; are there any? Those whose dirty keys are `meetings` are derived already, with
        the contacts that they made themselves: those `met`.
        """
        avoided = self._unreached(entered)
        candidates = [
            Candidate(party.normal, party.base or party.normal, party.email)
            for d in self.mails.values()
            if not self._is_hidden(d)
            for party in policy.created_by(d.parties, d.is_bulk, self.company.create)
            if party.normal and party.normal not in avoided
        ]
        lost = [self._candidate(each) for each in drop_contacts(self.transaction, avoided)] if avoided else []
        added = holders.create_by_policy(self.transaction, self.key, candidates, self.now)
        self.made = [self.key.id("contact", each.base) for each in added]
        added += entered
        touched = [*added, *met]
        if touched:
            holders.want_skipped(self.transaction, self.key, touched)
            others = holders.interactions_of(self.transaction, touched) - set(self.mails)
            self.add(copies.copies_of_interactions(self.transaction, others))
        is_more = calendars.mark_with(self.transaction, [*added, *lost])
        return calendars.mark_with(self.transaction, met, but=meetings) or is_more

    def _candidate(self, normal: str) -> Candidate:
        return Candidate(normal, self.company.rules.base(normal), normal)

    def _unreached(self, entered: list[Candidate]) -> set[str]:
        """Addresses of this batch that mail of ours never reached; all that concerns them is in the batch then."""
        if self.company.create is not Create.CORRESPONDED:
            return set()
        asked = {each.normal for each in entered}
        asked |= {p.normal for d in self.mails.values() for p in d.parties if p.is_outside and p.normal}
        failed = failures(self.transaction, asked)
        shown = [each for each in self.mails.values() if not self._is_hidden(each)]
        known = reached(self.transaction, self.company, failed, self.mails, shown) if failed else ()
        failed = {normal: each for normal, each in failed.items() if normal not in known}
        if failed:
            others = holders.interactions_of(self.transaction, [self._candidate(each) for each in failed])
            self.add(copies.copies_of_interactions(self.transaction, others - set(self.mails)))
        shown = [each for each in self.mails.values() if not self._is_hidden(each)]
        return unreached(shown, self.company, failed) if failed else set()

    def save(self) -> bool:
        """Write what follows; may there be more to derive by it?"""
        known = {old for d in self.mails.values() for c in d.copies if (old := c.row.interaction_id)}
        people = people_by_address(self.transaction)
        thread = self._save_history(known, people)
        changed = self._save_links(known & self.mails.keys())
        bounced = derive_signals(self.transaction, self.key, self.company, thread, self.now)
        words.read(self.transaction, thread.items.values(), self.now)
        if self.company.create is Create.CORRESPONDED:
            # whether they are contacts hangs on it
            shown = [each for each in self.mails.values() if each.id not in self.hidden]
            bounced = doubtful(self.transaction, self.company, bounced, self.mails, shown)
            copies.mark_dirty(self.transaction, "address", bounced)
        else:
            bounced = set()
        if self.company.followups.rules:
            self._mark_tasks(thread, changed)
        if self.hidden:
            # a mail may have turned out to belong to a hidden thread
            drop_idle_contacts(self.transaction, self.made)
        rows = (row for d in self.mails.values() if d.id not in self.hidden for row in _people(d, people))
        history.replace_people(self.transaction, known & self.mails.keys(), rows)
        return bool(bounced)

    def _mark_tasks(self, thread: Thread, changed: Iterable[Link]) -> None:
        """What one says in a thread is to be done no more about the others: have all of them looked at.

        Mail from before all that rules look back to can have to do with what is open alone.
        """
        found: dict[str, datetime] = {}
        older: set[str] = set()
        since = self.now - followups.WINDOW
        for link in changed:
            if link.occurred_at < since:
                older.add(link.contact_id)
            else:
                found[link.contact_id] = min(link.occurred_at, found.get(link.contact_id, link.occurred_at))
        lately = [each for each in thread.items.values() if each.occurred_at >= since]
        fresh = {each.message_key: each for each in lately if each.occurred_at > self.now - LONGEST}
        for key in mail_signals.said_by(self.transaction, fresh):
            # something may be due at once
            self.changed_since[fresh[key].thread_id] = _LONG_AGO
        for contact_id, item in history.links_to(self.transaction, [each.id for each in lately]):
            at = self.changed_since.get(thread.items[item].thread_id)
            if at is not None:
                found[contact_id] = min(at, found.get(contact_id, at))
        followups.mark(self.transaction, self.company, found, older, self.now)

    def _note_changes(self, wanted: Collection[Interaction], stored: Mapping[str, Interaction]) -> None:
        """Since when the threads of these are others than before: by mails of the batch, and by what moved or went."""
        changed = [stored[each] for each in stored.keys() - {item.id for item in wanted}]
        for each in wanted:
            before = stored.get(each.id)
            if each.id in self.mails or before != each:
                changed += [each, before or each]
        for one in changed:
            at = self.changed_since.get(one.thread_id, one.occurred_at)
            self.changed_since[one.thread_id] = min(at, one.occurred_at)

    def _save_history(self, known: set[str], people: Mapping[str, str]) -> Thread:
        """Interactions and threads, of these mails and of those whose place changes by them; returns them all."""
        copies_of_batch = [(c, d) for d in self.mails.values() for c in d.copies]
        found = conversations.arranged(
            self.transaction,
            self.key,
            {c.row.key: c.row for c, _mail in copies_of_batch},
            {c.row.key: mail.id for c, mail in copies_of_batch},
            {c.row.key: _thread_people(c) for c, _mail in copies_of_batch},
        )
        # what was said of a thread holds for the one that it becomes part of now
        for old, new in found.successors.items():
            if old in self.thread_levels:
                both = (self.thread_levels[old], self.thread_levels.get(new, Level.FULL))
                self.thread_levels[new] = narrowest(both)
        others = found.places.keys() - self.mails.keys()
        stored = history.stored_interactions(self.transaction, others | known)
        wanted = [d.interaction(found.places[d.id], self.thread_levels) for d in self.mails.values()]
        moved_threads: set[str] = set()
        for other in others:
            place = found.places[other]
            moved = stored[other]._replace(thread_id=place.thread_id, parent_id=place.parent_id)
            wanted.append(moved._replace(thread_basis=place.basis))
            if self.thread_levels and place.thread_id != stored[other].thread_id:
                moved_threads.add(place.thread_id)
        thread_levels.mark_threads(self.transaction, moved_threads)
        self._note_changes(wanted, stored)
        self.hidden = {each.id for each in wanted if each.visibility == Level.NONE}
        thread = Thread(wanted, found.rows, mail_signals.told_by(self.transaction, [i.message_key for i in wanted]))
        leaves = leave.of_people(self.transaction)
        wanted = with_answer_times(wanted, self.hidden, thread, self.company.times, people, leaves)
        history.save_interactions(self.transaction, wanted, stored, self.now)
        self.new = sum(each.id not in stored for each in wanted)
        assigned = []
        for key, interaction_id in found.interaction_of.items():
            row, thread_id = found.rows[key], found.places[interaction_id].thread_id
            if row.interaction_id != interaction_id or row.thread_id != thread_id:
                assigned.append((interaction_id, thread_id, key))
        history.assign_messages(self.transaction, assigned)
        history.save_threads(self.transaction, wanted, {i.message_key: found.rows[i.message_key] for i in wanted})
        successors = {old: d.id for d in self.mails.values() for old in d.old_ids}
        lost = history.drop_orphans(self.transaction, successors, self.now) if successors else set()
        emptied = (lost | found.successors.keys()) - {i.thread_id for i in wanted}
        if emptied:
            history.refresh_threads(self.transaction, emptied, found.successors, self.now)
        return thread

    def _save_links(self, known: set[str]) -> list[Link]:
        """Links of all mails of the batch, and the names that they offer; returns the links that came or went."""
        outside = [p for d in self.mails.values() for p in d.parties if p.is_outside]
        directory = holders.Directory(
            self.transaction, {p.normal for p in outside if p.normal}, {p.base for p in outside if p.base}
        )
        links: list[Link] = []
        names: list[tuple[str, str, str]] = []
        for derived in self.mails.values():
            if derived.id in self.hidden:
                continue
            for link, party in _links(derived, directory):
                links.append(link)
                name = clean_name(party.name, party.email) if party.name else ""
                if name:
                    is_own_word = "1" if party.role is Role.FROM else "0"
                    names.append((link.contact_id, f"{is_own_word} {derived.occurred_at.isoformat()}", name))
        changed = history.change_links(self.transaction, known, links)
        holders.offer_names(self.transaction, names, self.now)
        return changed

    def _is_hidden(self, derived: ShownMail) -> bool:
        """By its copies, or by what was said of the thread it is in until now."""
        if not self.thread_levels:
            return derived.level is Level.NONE
        threads = {copy.row.thread_id for copy in derived.copies}
        return Level.NONE in (derived.level, *(self.thread_levels.get(each or "") for each in threads))

    def _level(self, members: tuple[StoredCopy, ...], places: Iterable[StoredPlace]) -> Level:
        """The narrowest of the accounts that hold a copy, or the widest; less where the sender asks for confidence."""
        choose = widest if self.company.shows_widest else narrowest
        levels = [choose(Level(place.visibility) for place in places)]
        if any(copy.row.sensitivity for copy in members):
            levels.append(self.company.confidential)
        return narrowest(levels)

    def _derive_mail(self, mail: Mail, members: tuple[StoredCopy, ...]) -> ShownMail:
        parties = self._parties(members)
        direction = policy.direction_of(parties)
        best = members[0].row
        arrived = min((c.row.arrived_at for c in members if c.row.arrived_at), default=None)
        is_sent = any(c.row.is_sent_copy for c in members) and direction is not Direction.INBOUND
        when = policy.occurred_at(best.sent_at, arrived, is_sent_copy=is_sent)
        places = [place for c in members for place in c.places]
        failed = any(place.auth == Auth.FAIL for place in places)
        flags = [place.flags for place in places if place.flags]
        interaction_id = self.key.id("interaction", *mail.name)
        return ShownMail(
            id=interaction_id,
            direction=direction,
            occurred_at=when or _UNKNOWN_TIME,
            is_unverified=failed and direction is Direction.INBOUND,
            is_message_id_reused=mail.is_message_id_reused,
            is_answered=any("\\Answered" in each for each in flags),
            is_forwarded=any("$Forwarded" in each for each in flags),
            level=self._level(members, places),
            copies=members,
            parties=parties,
            is_bulk=bool(policy.bulk_reason(best)),
            old_ids={c.row.interaction_id for c in members if c.row.interaction_id} - {interaction_id},
        )

    def _parties(self, members: Iterable[StoredCopy]) -> tuple[Party, ...]:
        """All who take part in any copy, each role and address once, the best copy's spelling first."""
        found: dict[tuple[Role, str], Party] = {}
        for member in members:
            for party in (*member.parties, *member.bcc):
                found.setdefault((party.role, party.normal or f"\0{party.email}"), party_of(party, self.company))
        return tuple(found.values())


def _links(derived: ShownMail, directory: holders.Directory) -> Iterable[tuple[Link, Party]]:
    for party in derived.parties:
        if not party.is_outside or party.normal is None:
            continue
        for contact_id, reason in directory.find(party.normal, party.base or party.normal, derived.occurred_at):
            link = Link(
                contact_id=contact_id,
                occurred_at=derived.occurred_at,
                interaction_id=derived.id,
                role=party.role.value,
                address=party.normal,
                reason=reason,
            )
            yield link, party


def _people(derived: ShownMail, by_address: dict[str, str]) -> Iterable[tuple[str, str, str]]:
    """(interaction, person, account that holds a copy or "")."""
    item = derived.id
    holders = {(place.person_id, place.account_id) for c in derived.copies for place in c.places}
    yield from ((item, person_id, account_id) for person_id, account_id in holders)
    having = {person_id for person_id, _account in holders}
    for party in derived.parties:
        person_id = by_address.get(party.normal or "")
        if person_id and person_id not in having:
            yield item, person_id, ""


def _thread_people(copy: StoredCopy) -> frozenset[str]:
    """The normal addresses in From, To and Cc."""
    return frozenset([p.normal for p in copy.parties if p.normal and p.role in _THREAD_ROLES])
