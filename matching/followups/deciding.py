"""What people decide about tasks, and the state that follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from matching.followups.judging import Task


class State(StrEnum):
    """Of a task."""

    OPEN = "open"
    SNOOZED = "snoozed"
    DONE = "done"
    DISMISSED = "dismissed"
    #: done by what happened
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word about a task; it holds for its trigger for good, until another word."""

    #: Never SETTLED.
    state: State
    snoozed_until_at: datetime | None = None


def state_of(task: Task, decision: Decision | None, now: datetime) -> State:
    """What a person has closed stays closed; what is put off comes back, unless it was settled meanwhile."""
    if decision is not None and decision.state in (State.DONE, State.DISMISSED):
        return decision.state
    if task.settled is not None:
        return State.SETTLED
    is_put_off = decision is not None and decision.snoozed_until_at is not None and decision.snoozed_until_at > now
    return State.SNOOZED if is_put_off else State.OPEN
