"""From what there was with a contact to tasks: what a batch of contacts is looked at for, and when again.

All of a contact's tasks follow from the committed facts, the plan and the time until which all is known, so that any
order of arrival gives the same. Nothing is looked at while anything else waits to be derived, and nothing is raised
while an account is read for the first time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from matching.followups import Colleague, Desk, Judgement, Relation, judge
from matching.policy import Company
from store import company as company_store
from store import copies, relations, task_turns, tasks
from store.engagement import TASKS
from store.engine import Transaction
from store.keys import IdentityKey
from store.task_turns import HELD
from store.tasks import TaskRow

#: Contacts that are looked at in one transaction.
BATCH = 100
#: So far back is looked; a task that is open is looked at from its beginning.
WINDOW = timedelta(days=200)
#: What is not known yet is looked for again after a part of the time that passed, within these bounds.
_SOON, _LATE = timedelta(minutes=1), timedelta(hours=1)


def is_anything_to_do(transaction: Transaction, company: Company, now: datetime) -> bool:
    """Are there contacts to look at now?"""
    if task_turns.is_waiting(transaction, (TASKS,)):
        return True
    return task_turns.is_waiting(transaction, (HELD,)) and not task_turns.is_importing(transaction, now)


def raise_tasks(
    key: IdentityKey, company: Company, now: datetime, transaction: Transaction, *, with_held: bool
) -> bool:
    """Look at some contacts, `with_held` at those that have waited as well; is there more to do without these, or has
    something else to be derived before?"""
    if copies.is_anything_dirty(transaction):
        return True
    people = begin(company, now, transaction)
    if not company.followups.rules:
        task_turns.drop_marks(transaction)
        gone = tasks.all_ids(transaction, BATCH)
        tasks.remove(transaction, gone)
        return len(gone) == BATCH
    is_importing = task_turns.is_importing(transaction, now)
    ids = task_turns.take(transaction, BATCH, is_importing=is_importing, with_held=with_held)
    if ids:
        _Look(transaction, key, company, Desk(company.followups, people), now, is_importing).at(ids)
    return task_turns.is_waiting(transaction, (TASKS,))


def begin(company: Company, now: datetime, transaction: Transaction) -> dict[str, Colleague]:
    """Have all contacts looked at where the plan or the people are others than before; returns ours by id."""
    people = task_turns.colleagues(transaction)
    signature: list[object] = []
    if company.followups.rules:
        signature = [company.followups.signature, [repr(each) for _id, each in sorted(people.items())]]
    task_turns.begin(transaction, signature, sorted(company.followups.on()), now)
    return people


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

    def at(self, contact_ids: Sequence[str]) -> None:
        """Write their tasks, and when they are looked at again."""
        oldest = tasks.oldest_standing(self.transaction, contact_ids)
        since = self.now - WINDOW
        if oldest is not None:
            since = min(since, oldest - timedelta(days=1))
        people = company_store.people_by_address(self.transaction)
        found = relations.load(self.transaction, contact_ids, since, people, self.company.own.owns)
        before = tasks.stored(self.transaction, contact_ids)
        accounts = {each for held in found.accounts.values() for each in held}
        known = task_turns.known_until(self.transaction, accounts, self.now)
        lacking = task_turns.lacking(self.transaction, self.key, found.relations)
        wanted: list[TaskRow] = []
        looks: dict[str, datetime | None] = dict.fromkeys(contact_ids)
        for contact_id, relation in found.relations.items():
            until = min([self.now, *(known[each] for each in found.accounts[contact_id] if each in known)])
            may_raise = not self.is_importing and contact_id not in lacking
            rows = before.get(contact_id, [])
            judged = judge(relation, self.desk, until, self.rules_since, tasks.standing_keys(rows))
            kept = self._rows(relation, judged, rows, may_raise=may_raise)
            wanted += kept
            looks[contact_id] = self._look_at(judged, kept, until, may_raise=may_raise)
        tasks.save(
            self.transaction, [row for rows in before.values() for row in rows], wanted, self.now - WINDOW, self.now
        )
        task_turns.save_looks(self.transaction, looks)

    def _rows(
        self, relation: Relation, judged: Judgement, before: Sequence[TaskRow], *, may_raise: bool
    ) -> list[TaskRow]:
        there = {row.key for row in before}
        due = [each for each in judged.tasks if may_raise or each.key in there]
        said = tasks.decisions(self.transaction, [each.key for each in due])
        whole = (relation.contact_id, relation.organization_id)
        return [tasks.row_of(self.key, each, *whole, said.get(each.key), self.now) for each in due]

    def _look_at(
        self, judged: Judgement, rows: Sequence[TaskRow], until: datetime, *, may_raise: bool
    ) -> datetime | None:
        """When time alone changes something: one is due, is put off no more, or more is known."""
        times = [row.snoozed_until_at for row in rows if row.snoozed_until_at is not None]
        soon = self.now + min(max((self.now - until) / 8, _SOON), _LATE)
        if judged.look_at is not None:
            times.append(judged.look_at if judged.look_at > self.now else soon)
        if not may_raise and not self.is_importing:
            times.append(soon)
        return min(times, default=None)
