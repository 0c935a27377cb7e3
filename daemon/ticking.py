"""What time changes: meetings that are over, occurrences that come into sight, contacts that have gone quiet,
tasks that are due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from daemon import followups
from daemon.derive import derive
from matching.policy import Company
from store import calendars, engagement, meeting_rows, task_turns
from store.engine import Store

#: UIDs that are marked at a time.
_BATCH = 100
#: Contacts that are looked at in one transaction.
_CONTACTS = 200


def tick(
    store: Store, company: Company, clock: Callable[[], datetime], is_stopped: Callable[[], bool] = lambda: False
) -> int:
    """Write it, in slices; returns how many UIDs were looked at."""
    total = 0
    derive(store, company, clock)  # what has expired, and whatever else was left
    while not is_stopped():
        with store.read() as transaction:
            found = meeting_rows.due(transaction, clock(), _BATCH)
        if not found:
            break
        store.transact(partial(calendars.mark, uid_keys=found))
        derive(store, company, clock)
        total += len(found)
    _look_at_contacts(store, clock, is_stopped)
    _look_at_tasks(store, company, clock, is_stopped)
    return total


def _look_at_contacts(store: Store, clock: Callable[[], datetime], is_stopped: Callable[[], bool]) -> None:
    while not is_stopped():
        with store.read() as transaction:
            if not engagement.is_due(transaction, clock()):
                return
        store.transact(partial(engagement.refresh, now=clock(), limit=_CONTACTS))


def _look_at_tasks(
    store: Store, company: Company, clock: Callable[[], datetime], is_stopped: Callable[[], bool]
) -> None:
    store.transact(partial(followups.begin, company, clock()))
    while not is_stopped():
        found = store.transact(partial(task_turns.mark_due, now=clock(), limit=_CONTACTS))
        derive(store, company, clock)
        with store.read() as transaction:
            is_more = found == _CONTACTS or followups.is_anything_to_do(transaction, company, clock())
        if not is_more:
            return
