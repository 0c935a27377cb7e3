"""What time changes: meetings that are over, occurrences that come into sight, contacts that have gone quiet,
people of ours who are away, tasks that are due, what hits say in full, scores and stages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from daemon import followups
from daemon.derive import derive, derive_these
from matching.policy import Company
from store.derivation import engagement, scores
from store.engine import Store, Transaction
from store.followups import past, task_looks
from store.meetings import calendars, leave, meeting_rows
from store.opens import tracking, tracking_hits

#: UIDs that are marked at a time.
_BATCH = 100
#: Contacts that are looked at in one transaction.
_CONTACTS = 200


def tick(
    store: Store, company: Company, clock: Callable[[], datetime], is_stopped: Callable[[], bool] = lambda: False
) -> int:
    """Write it, in slices; returns how many UIDs were looked at."""
    total = 0
    with store.read() as transaction:
        is_unsettled = tracking_hits.is_unsettled(transaction)
    if is_unsettled:
        # while opens are recorded, the rest is told by whoever records them
        derive_these(store, company, clock, tracking_hits.take_opened)
    # what has expired, and whatever else was left; contacts that can wait are looked at once their rhythm is told
    derive(store, company, clock, with_held=False)
    while not is_stopped():
        with store.read() as transaction:
            found = meeting_rows.due(transaction, clock(), _BATCH)
        if not found:
            break
        store.transact(partial(calendars.mark, uid_keys=found))
        derive(store, company, clock, with_held=False)
        total += len(found)
    with store.read() as transaction:
        is_tracking, is_fine = tracking.is_any(transaction), tracking.is_fine(transaction)
    if is_tracking:
        store.transact(tracking.judge_anew)
    if is_fine:
        store.transact(partial(tracking.coarsen, now=clock()))
    if store.transact(partial(leave.refresh, zone_of=_zone_of(company), since=clock() - followups.WINDOW)):
        derive(store, company, clock)
    _look_at_contacts(store, company, clock, is_stopped)
    _look_at_tasks(store, company, clock, is_stopped)
    _look_at_scores(store, company, clock, is_stopped)
    return total


def _zone_of(company: Company) -> Callable[[str], str]:
    return lambda address: company.times.of(address).zone


def _look_at_contacts(
    store: Store, company: Company, clock: Callable[[], datetime], is_stopped: Callable[[], bool]
) -> None:
    least = company.followups.least
    while not is_stopped():
        with store.read() as transaction:
            if not engagement.is_due(transaction, clock()):
                return
        store.transact(partial(engagement.refresh, now=clock(), limit=_CONTACTS, least=least))


def _look_at_scores(
    store: Store, company: Company, clock: Callable[[], datetime], is_stopped: Callable[[], bool]
) -> None:
    store.transact(partial(scores.begin, scoring=company.scoring))
    while not is_stopped():
        with store.read() as transaction:
            if not scores.is_due(transaction, clock()):
                return
        store.transact(partial(scores.refresh, scoring=company.scoring, now=clock(), limit=_CONTACTS))


def _begin_tasks(company: Company, now: datetime, transaction: Transaction) -> None:
    followups.begin(company, now, transaction)
    past.note(transaction, now)


def _look_at_tasks(
    store: Store, company: Company, clock: Callable[[], datetime], is_stopped: Callable[[], bool]
) -> None:
    store.transact(partial(_begin_tasks, company, clock()))
    while not is_stopped():
        found = store.transact(partial(task_looks.mark_due, now=clock(), limit=_CONTACTS))
        derive(store, company, clock)
        with store.read() as transaction:
            is_more = found == _CONTACTS or followups.is_anything_to_do(transaction, company, clock())
        if not is_more:
            return
