"""What time changes of meetings: those that are over, and occurrences that come into sight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from daemon.derive import derive
from matching.policy import Company
from store import calendars, meeting_rows
from store.engine import Store

#: UIDs that are marked at a time.
_BATCH = 100


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
    return total
