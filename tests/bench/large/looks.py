"""What follow-ups cost in a filled store: by a page of mail, and when contacts are looked at in one night.

All of it is undone at the end, so that the store stays what it is.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import Connection, delete, func, insert, select, update

from daemon import followups
from matching.policy import Company, Create
from matching.workdays import USUAL, WorkingTimes
from store.derivation.copies import mark_dirty
from store.engine import Store
from store.schema.core import account, contact, dirty, interaction, link
from store.schema.tasks import HELD, TASKS, task, task_look, task_rule
from tests.bench.large import contacts
from tests.bench.large import shape as shapes
from tests.bench.large.shape import END, KEY, Shape
from tests.unit.daemon.company_mail import House
from tests.unit.matching.followups.relations import plan

#: Mails of a page.
PAGE = 500
#: Of which the median is told.
_TURNS = 6
#: Contacts of a night.
NIGHT = 50_000


class _Undo(Exception):
    """Ends a transaction as if it had not been."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Seconds of processor time."""

    contacts_of_page: int
    #: What the page itself costs, which looks at those alone of whom something is open.
    page: float
    #: How many were put off, and what it costs to look at them later.
    put_off: int
    later: float
    #: To store and derive so many mails, without follow-ups, in a store of its own.
    ingest: float
    contacts: int
    night: float
    tasks: int


def measure(store: Store, shape: Shape) -> Looked:
    """Look at the contacts of the last mails, as if these came now, and at many contacts."""
    company = replace(shapes.company(), followups=plan(USUAL), times=WorkingTimes(USUAL))
    found: list[Looked] = []
    ingest = _ingest(shape)
    try:
        with store.write() as transaction:
            _begin(transaction, company)
            many = list(transaction.scalars(select(contact.c.id).order_by(contact.c.id).limit(NIGHT)))
            latest = select(interaction.c.id).order_by(interaction.c.occurred_at.desc()).limit(PAGE)
            mails = list(transaction.scalars(latest))
            ids = list(
                transaction.scalars(select(link.c.contact_id).distinct().where(link.c.interaction_id.in_(mails)))
            )
            _look(transaction, company, many)
            pages = [_page(transaction, company, mails, ids) for _turn in range(_TURNS)]
            page, put_off = median(seconds for seconds, _put_off in pages[1:]), pages[0][1]
            later = _look(transaction, company, put_off)
            night = _look(transaction, company, many)
            raised = transaction.scalar(select(func.count()).select_from(task)) or 0
            found.append(Looked(len(ids), page, len(put_off), later, ingest, len(many), night, raised))
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
    transaction.execute(delete(dirty).where(dirty.c.kind.in_((TASKS, HELD))))
    transaction.execute(update(task_rule).values(since_at=long_ago))


def _page(
    transaction: Connection, company: Company, mails: Sequence[str], ids: Sequence[str]
) -> tuple[float, list[str]]:
    """(what it takes when these mails, to or of these contacts, come; who of them is put off)"""
    with _without(transaction, mails):
        _look(transaction, company, ids)
    start = time.process_time()
    followups.mark(transaction, company, dict.fromkeys(ids, END), frozenset(), END)
    taken = time.process_time() - start
    at_once = set(transaction.scalars(select(dirty.c.key).where(dirty.c.kind == TASKS)))
    return taken + _raise(transaction, company), [each for each in ids if each not in at_once]


@contextmanager
def _without(transaction: Connection, mails: Sequence[str]) -> Iterator[None]:
    """As long as these have not come."""
    columns = (link.c.interaction_id, interaction.c.id)
    rows = [transaction.execute(select(each.table).where(each.in_(mails))).mappings().all() for each in columns]
    for each in columns:
        transaction.execute(delete(each.table).where(each.in_(mails)))
    yield
    for each, found in reversed(list(zip(columns, rows, strict=True))):
        transaction.execute(insert(each.table), [dict(row) for row in found])


def _look(transaction: Connection, company: Company, ids: Iterable[str]) -> float:
    """What a look at these takes."""
    transaction.execute(delete(task_look))
    mark_dirty(transaction, TASKS, ids)
    return _raise(transaction, company)


def _raise(transaction: Connection, company: Company) -> float:
    start = time.process_time()
    while followups.raise_tasks(KEY, company, END, transaction, with_held=False):
        pass
    return time.process_time() - start


def _ingest(shape: Shape) -> float:
    """The median of some pages, but for the first one: what that makes in a process is made."""
    of_each = min(4, shape.mails_of_stranger)
    many = PAGE // of_each
    policy = replace(shapes.company(), create=Create.ALL)
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder, House(Path(folder), policy) as house:
        for turn in range(_TURNS):
            mails = [
                each
                for number in range(turn * many, (turn + 1) * many)
                for each in contacts.mails_of(shape, number)[:of_each]
            ]
            start = time.process_time()
            house.read("alice", "INBOX", mails)
            taken.append(time.process_time() - start)
    return median(taken[1:])
