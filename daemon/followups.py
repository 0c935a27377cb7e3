"""From what there was with a contact to tasks: what a batch of contacts is looked at for, and when again.

All of a contact's tasks follow from the committed facts, the plan and the time until which all is known, so that any
order of arrival gives the same. Nothing is looked at while anything else waits to be derived, and nothing is raised
while an account is read for the first time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from daemon.derived import Made
from matching.followups import Colleague, Desk, Judgement, Relation, Task, judge
from matching.policy import Company
from store.accounts import company as company_store
from store.derivation import copies
from store.engine import Transaction
from store.followups import past, relations, task_looks, task_turns, tasks
from store.followups.task_looks import AGAIN_WITHIN
from store.followups.tasks import TaskRow
from store.keys import IdentityKey
from store.schema.tasks import HELD, TASKS

#: Contacts that are looked at in one transaction.
BATCH = 100
#: Contacts whose tasks are removed in one transaction, where no rule is on.
BATCH_REMOVED = 2000
#: So far back is looked; a task that is open is looked at from its beginning.
WINDOW = task_looks.WINDOW
#: What is not known yet is looked for again after a part of the time that passed, within these bounds.
_SOON, _LATE = timedelta(minutes=1), AGAIN_WITHIN


def is_anything_to_do(transaction: Transaction, company: Company, now: datetime) -> bool:
    """Are there contacts to look at now?"""
    if task_turns.is_waiting(transaction, (TASKS,)):
        return True
    return task_turns.is_waiting(transaction, (HELD,)) and not task_turns.is_importing(transaction, now)


def raise_tasks(
    key: IdentityKey,
    company: Company,
    now: datetime,
    transaction: Transaction,
    *,
    with_held: bool,
    made: Made | None = None,
) -> bool:
    """Look at some contacts, `with_held` at those that have waited as well; is there more to do without these, or has
    something else to be derived before? `made` becomes what the transaction raises."""
    made = Made() if made is None else made
    made.clear()  # it may be repeated
    if copies.is_anything_dirty(transaction):
        return True
    people = begin(company, now, transaction)
    if not company.followups.rules:
        # who has tasks was marked when the rules were switched off
        tasks.remove(transaction, tasks.of_rules(transaction, task_turns.take_all(transaction, BATCH_REMOVED)))
        return task_turns.is_waiting(transaction, (TASKS,))
    is_importing = task_turns.is_importing(transaction, now)
    ids = task_turns.take(transaction, BATCH, is_importing=is_importing, with_held=with_held)
    if ids:
        look = _Look(transaction, key, company, Desk(company.followups, people), now, is_importing)
        made.update(("task", rule) for rule in look.at(ids))
    return task_turns.is_waiting(transaction, (TASKS,))


def mark(
    transaction: Transaction,
    company: Company,
    changed_at: Mapping[str, datetime],
    older: Set[str],
    now: datetime,
) -> None:
    """Have contacts looked at of whose mail some is new, or another: contact -> when the first of that mail was.

    None of them has a task that comes of it before the plan's least time is over. `older`: contacts all of whose
    changed mail lies before the WINDOW; only an open task, looked at from its beginning, can have to do with it.
    """
    least = company.followups.least
    until = {each: at + least for each, at in changed_at.items()}
    until |= dict.fromkeys(tasks.standing_of(transaction, older - until.keys()), now)
    task_looks.put_off(transaction, until, now)


def begin(company: Company, now: datetime, transaction: Transaction) -> dict[str, Colleague]:
    """Have all contacts looked at where the plan or the people are others than before; returns ours by id."""
    people = task_turns.colleagues(transaction)
    signature: list[object] = []
    if company.followups.rules:
        signature = [company.followups.signature, [repr(each) for _id, each in sorted(people.items())]]
    task_turns.begin(transaction, signature, sorted(company.followups.on()), now)
    return people


@dataclass(frozen=True, slots=True)
class _Judged:
    """What is to be done about a contact, and what is to be written of it."""

    judgement: Judgement
    due: list[Task]
    #: Until when all is known.
    until: datetime
    #: Or are those settled alone that are there?
    may_raise: bool
    #: Is the rhythm known, where it says something?
    is_rhythm_known: bool


class _Look:
    """A look at some contacts."""

    def __init__(
        self,
        transaction: Transaction,
        key: IdentityKey,
        company: Company,
        desk: Desk,
        now: datetime,
        is_importing: bool,
    ) -> None:
        self.transaction = transaction
        self.key = key
        self.company = company
        self.desk = desk
        self.now = now
        self.is_importing = is_importing
        self.rules_since = task_turns.rules_since(transaction)

    def at(self, contact_ids: Sequence[str]) -> list[str]:
        """Write their tasks, and when they are looked at again; returns the rules of those that were raised."""
        oldest = tasks.oldest_standing(self.transaction, contact_ids)
        since = self.now - WINDOW
        if oldest is not None:
            since = min(since, oldest - timedelta(days=1))
        people = company_store.people_by_address(self.transaction)
        found = relations.load(
            self.transaction,
            contact_ids,
            since,
            people,
            self.company.own.owns,
            knows_rhythms=past.is_read(self.transaction, self.now),
        )
        before = tasks.stored(self.transaction, contact_ids)
        accounts = {each for held in found.accounts.values() for each in held}
        known = task_turns.known_until(self.transaction, accounts, self.now)
        lacking = task_turns.lacking(self.transaction, self.key, found.relations)
        judged: dict[str, _Judged] = {}
        for contact_id, relation in found.relations.items():
            until = min([self.now, *(known[each] for each in found.accounts[contact_id] if each in known)])
            may_raise = not self.is_importing and contact_id not in lacking
            rows = before.get(contact_id, [])
            judgement, is_known = self._judged(relation, until, rows, found.former_gaps.get(contact_id))
            there = {row.key for row in rows}
            due = [each for each in judgement.tasks if may_raise or each.key in there]
            judged[contact_id] = _Judged(judgement, due, until, may_raise, is_known)
        said = tasks.decisions(self.transaction, [task.key for each in judged.values() for task in each.due])
        wanted: list[TaskRow] = []
        looks: dict[str, datetime | None] = dict.fromkeys(contact_ids)
        for contact_id, each in judged.items():
            whole = (contact_id, found.relations[contact_id].organization_id)
            rows = [tasks.row_of(self.key, task, *whole, said.get(task.key), self.now) for task in each.due]
            wanted += rows
            looks[contact_id] = self._look_at(each, rows)
        standing = [row for rows in before.values() for row in rows]
        raised = tasks.save(self.transaction, standing, wanted, self.now - WINDOW, self.now)
        task_looks.save_looks(self.transaction, looks)
        return [row.rule for row in raised]

    def _judged(
        self, relation: Relation, until: datetime, rows: Sequence[TaskRow], former_gap: timedelta | None
    ) -> tuple[Judgement, bool]:
        """(what is to be done, whether all that it rests on is known). Until the tick tells the rhythm anew, what is
        there goes on by the former one, and so does the time to look again; but nothing is raised by it."""
        standing = tasks.standing_keys(rows)
        judged = judge(relation, self.desk, until, self.rules_since, standing)
        if former_gap is None:
            return judged, True
        formerly = judge(replace(relation, gap=former_gap), self.desk, until, self.rules_since, standing)
        found, there = {each.key for each in judged.tasks}, {row.key for row in rows}
        others = [each for each in formerly.tasks if each.key not in found]
        kept = tuple(each for each in others if each.key in there)
        look_at = min(filter(None, (judged.look_at, formerly.look_at)), default=None)
        return replace(judged, tasks=judged.tasks + kept, look_at=look_at), len(kept) == len(others)

    def _look_at(self, judged: _Judged, rows: Sequence[TaskRow]) -> datetime | None:
        """When time alone changes something: one is due, is put off no more, or more is known."""
        times = [row.snoozed_until_at for row in rows if row.snoozed_until_at is not None]
        soon = self.now + min(max((self.now - judged.until) / 8, _SOON), _LATE)
        look_at = judged.judgement.look_at
        if look_at is not None:
            times.append(look_at if look_at > self.now else soon)
        if not (judged.may_raise and judged.is_rhythm_known) and not self.is_importing:
            times.append(soon)
        return min(times, default=None)
