"""Tasks in words for people, where a command tells of what they came of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from matching.followups import State
from store.followups.task_lists import ListedTask


def short(tasks: Iterable[ListedTask], interaction_id: str) -> Iterator[str]:
    """What an interaction raised and settled, each in a few words."""
    for each in tasks:
        if each.interaction_id == interaction_id:
            yield f"to do: {each.title} ({stands(each)})"
        elif each.settled_by == interaction_id:
            yield f"done by it: {each.title}"


def stands(task: ListedTask) -> str:
    """Its state, and since or until when."""
    if task.state == State.OPEN:
        return f"open, due {task.due_on}" if task.due_on else "open"
    if task.state == State.SNOOZED and task.snoozed_until_at is not None:
        return f"put off until {task.snoozed_until_at:%Y-%m-%d %H:%M} UTC"
    if task.state == State.SETTLED and task.settled_how:
        return f"settled: {task.settled_how.replace('_', ' ')}"
    return task.state


def long(task: ListedTask, interaction_id: str | None = None) -> Iterator[str]:
    """Lines: what raised it, with what it was settled, its history; as seen from an interaction, or from nowhere."""
    whose = task.person or "nobody's"
    verb = "it settled" if interaction_id is not None and task.settled_by == interaction_id else "raised"
    yield f"{verb} by {task.rule}: {task.title}" if verb == "raised" else f"{verb}: {task.title}"
    yield f"  task {task.id} of {whose}, {stands(task)}: {task.reason}"
    if interaction_id is None:
        yield f"  about {task.contact or 'a contact that is gone'}, came of {_named(task.subject, task.interaction_id)}"
    if task.settled_by and task.settled_by != interaction_id:
        yield f"  settled by {_named(task.settled_subject, task.settled_by)}"
    for step in task.history:
        by = f", by {step.changed_by}" if step.changed_by else ""
        note = f": {step.note}" if step.note else ""
        yield f"  {step.changed_at:%Y-%m-%d %H:%M} UTC {step.state}{by}{note}"


def _named(subject: str | None, interaction_id: str | None) -> str:
    """An interaction, by its subject where others may see it."""
    return f"{subject} ({interaction_id})" if subject else str(interaction_id)
