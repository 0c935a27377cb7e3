"""What other programs say of tasks (table w1_task_state): each row takes effect and is answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from daemon.w1_rows import apply_rows
from matching.followups import State
from store.engine import Store, Transaction
from store.followups import tasks
from store.writers import w1_task_state
from store.writers.w1 import too_long
from store.writers.w1_task_state import TaskStateRow

log = structlog.get_logger()

#: Who changed a task where the row does not tell.
_BY = "w1_task_state"
#: What can be said of a task.
_STATES = {each.value: each for each in State if each is not State.SETTLED}
#: Longer words of a program are a mistake.
_MAX_BY, _MAX_NOTE = 200, 10_000


def apply_task_states(store: Store, clock: Callable[[], datetime]) -> int:
    """Let what waits in w1_task_state take effect; returns how many rows were looked at.

    To be called once a poll. A row that can't be applied gets its error, and the rest go on; one that says what is so
    already is applied and changes nothing.
    """
    done = apply_rows(store, clock, w1_task_state, _apply)
    if done.rows:
        log.info("task states applied", count=done.rows, refused=done.refused)
    return done.rows


def _apply(transaction: Transaction, row: TaskStateRow, now: datetime) -> str | None:
    """Carry it out; returns why it can't be."""
    if row.unreadable:
        return f"{row.unreadable[0]} is not text in UTF-8"
    if row.state not in _STATES:
        return f'state "{row.state}" is none of {", ".join(_STATES)}'
    if row.has_bad_time:
        return "snoozed_until_at is no instant such as 2026-03-01T08:00:00Z"
    for name, value, most in (("changed_by", row.changed_by, _MAX_BY), ("note", row.note, _MAX_NOTE)):
        if problem := too_long(name, value, most):
            return problem
    try:
        tasks.decide(
            transaction,
            row.task_id or "",
            _STATES[row.state],
            now,
            until=row.snoozed_until_at,
            changed_by=row.changed_by or _BY,
            note=row.note,
        )
    except tasks.NotPossible as refused:
        return refused.problem
    return None
