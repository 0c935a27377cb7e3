"""A task as it stands in a person's list: in that person's language, with as much as others may see of the mail."""

from __future__ import annotations

from datetime import datetime

from connectors.api import TaskState, WantedTask
from daemon import task_words
from matching.followups import State
from store.followups.task_entries import EnteredTask

#: What our entries are marked with.
CATEGORY = "keeptouch"
_STATES = {State.DONE: TaskState.DONE, State.SETTLED: TaskState.DONE, State.DISMISSED: TaskState.CANCELLED}


def wanted_of(task_id: str, task: EnteredTask | None, language: str, now: datetime) -> WantedTask:
    """The entry that a task asks for. Where there is no task any more, one that only bears its id."""
    if task is None:
        return WantedTask(uid=task_id, summary="", created_at=now, changed_at=now)
    listed, state = task.listed, State(task.listed.state)
    chosen = task_words.language_of(language)
    lines = [task_words.reason(chosen, listed.reason), listed.subject or ""]
    if listed.settled_how:
        lines.append(f"✓ {task_words.settled(chosen, listed.settled_how)}")
    return WantedTask(
        uid=listed.id,
        summary=" – ".join(filter(None, (task_words.title(chosen, listed.title), listed.contact))),
        description="\n".join(filter(None, lines)),
        due=_to_the_second(task.put_off_until or listed.due_at) or listed.due_on,
        state=_STATES.get(state, TaskState.OPEN),
        completed_at=task.updated_at if _STATES.get(state) is TaskState.DONE else None,
        priority=priority(listed.priority),
        categories=(CATEGORY,),
        created_at=task.created_at,
        changed_at=now,
    )


def _to_the_second(at: datetime | None) -> datetime | None:
    """As lists keep instants: a fraction that is lost there would look like somebody's change."""
    return at.replace(microsecond=0) if at else None


def priority(ours: int) -> int:
    """0 to 100, higher is sooner, as 9 to 1 (RFC 5545, section 3.8.1.9)."""
    return 9 - round(max(0, min(ours, 100)) * 8 / 100)
