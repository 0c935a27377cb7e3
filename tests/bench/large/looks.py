"""What follow-ups cost in a filled store: after a page of mail, and when all contacts are looked at in one night.

All of it is undone at the end, so that the store stays what it is.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, select, update

from daemon import followups
from matching.policy import Company, Create
from matching.workdays import USUAL, WorkingTimes
from store import task_turns
from store.copies import mark_dirty
from store.engagement import TASKS
from store.engine import Store
from store.schema import account, contact, interaction, link
from store.task_schema import task, task_look, task_rule
from tests.bench.large import contacts
from tests.bench.large import shape as shapes
from tests.bench.large.shape import END, KEY, Shape
from tests.unit.daemon.company_mail import House
from tests.unit.matching.followups.relations import plan

#: Mails of a page.
PAGE = 500


class _Undo(Exception):
    """Ends a transaction as if it had not been."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Seconds of processor time."""

    contacts_of_page: int
    page: float
    #: To store and derive so many mails, without follow-ups, in a store of its own.
    ingest: float
    contacts: int
    night: float
    tasks: int


def measure(store: Store, shape: Shape) -> Looked:
    """Look at the contacts of the last mails, and at all."""
    company = replace(shapes.company(), followups=plan(USUAL), times=WorkingTimes(USUAL))
    found: list[Looked] = []
    ingest = _ingest(shape)
    try:
        with store.write() as transaction:
            _begin(transaction, company)
            latest = select(interaction.c.id).order_by(interaction.c.occurred_at.desc()).limit(PAGE)
            theirs = select(link.c.contact_id).distinct().where(link.c.interaction_id.in_(latest))
            ids = list(transaction.scalars(theirs))
            page = _seconds(transaction, company, ids)
            everybody = list(transaction.scalars(select(contact.c.id)))
            night = _seconds(transaction, company, everybody)
            many = len(transaction.scalars(select(task.c.id)).all())
            found.append(Looked(len(ids), page, ingest, len(everybody), night, many))
            raise _Undo
    except _Undo:
        return found[0]


def _begin(transaction: Connection, company: Company) -> None:
    """The rules have been on for a year, and all was read long ago."""
    long_ago = END - timedelta(days=365)
    transaction.execute(update(account).values(horizon_reached_at=long_ago, last_success_at=END))
    # those of the shape are of no rule
    transaction.execute(delete(task))
    followups.begin(company, END, transaction)
    task_turns.drop_marks(transaction)
    transaction.execute(update(task_rule).values(since_at=long_ago))


def _seconds(transaction: Connection, company: Company, ids: Sequence[str]) -> float:
    """What it takes when the tasks are there already, as they are on most days."""
    for _turn in range(2):
        transaction.execute(delete(task_look))
        mark_dirty(transaction, TASKS, ids)
        start = time.process_time()
        while followups.raise_tasks(KEY, company, END, transaction, with_held=False):
            pass
    return time.process_time() - start


def _ingest(shape: Shape) -> float:
    """The second of two pages: what the first one of a process makes is made."""
    of_each = min(4, shape.mails_of_stranger)
    many = PAGE // of_each
    policy = replace(shapes.company(), create=Create.ALL)
    taken = 0.0
    with tempfile.TemporaryDirectory() as folder, House(Path(folder), policy) as house:
        for turn in range(2):
            mails = [
                each
                for number in range(turn * many, (turn + 1) * many)
                for each in contacts.mails_of(shape, number)[:of_each]
            ]
            start = time.process_time()
            house.read("alice", "INBOX", mails)
            taken = time.process_time() - start
    return taken
