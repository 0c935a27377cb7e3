"""Follow-up tasks as rows: what rules found becomes them, and what people say of them is kept beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select, update

from matching.followups import Decision, State, Task, state_of
from store.derivation.copies import mark_dirty
from store.keys import IdentityKey
from store.schema.core import interaction
from store.schema.tasks import TASKS, task, task_decision, task_history
from store.upsert import one_of, select_in, upsert_rows
from store.writers import w1_task_state

#: (rule, address, trigger)
Key = tuple[str, str, str]
#: States in which something may be left to do.
STANDING = (State.OPEN.value, State.SNOOZED.value)


class TaskRow(NamedTuple):
    """A row of `task` that a rule raised."""

    id: str
    rule: str
    title: str
    state: str
    due_at: datetime | None
    due_on: date | None
    snoozed_until_at: datetime | None
    person_id: str | None
    contact_id: str | None
    organization_id: str | None
    interaction_id: str | None
    priority: int
    reason: str
    settled_by: str | None
    settled_how: str | None
    address: str | None
    trigger_id: str | None
    triggered_at: datetime | None

    @property
    def key(self) -> Key:
        """What makes it one task however often it is raised: rule, address and trigger."""
        return self.rule, self.address or "", self.trigger_id or ""


_ANY_DECISION = select(task_decision.c.rule).limit(1)
_COLUMNS = [task.c[name] for name in TaskRow._fields]


def stored(connection: Connection, contact_ids: Iterable[str]) -> dict[str, list[TaskRow]]:
    """The tasks of these contacts."""
    found: dict[str, list[TaskRow]] = {}
    for row in select_in(connection, select(*_COLUMNS).where, task.c.contact_id, contact_ids):
        found.setdefault(row.contact_id, []).append(TaskRow._make(row))
    return found


def standing_of(connection: Connection, contact_ids: Iterable[str]) -> set[str]:
    """Those of the contacts that have a task that is not closed."""
    query = select(task.c.contact_id).distinct().where(task.c.state.in_(STANDING))
    return {row.contact_id for row in select_in(connection, query.where, task.c.contact_id, contact_ids)}


def oldest_standing(connection: Connection, contact_ids: Iterable[str]) -> datetime | None:
    """When the oldest trigger was of their tasks that are not closed."""
    column = func.min(task.c.triggered_at, type_=task.c.triggered_at.type)
    query = select(column.label("at")).where(task.c.state.in_(STANDING))
    rows = select_in(connection, query.where, task.c.contact_id, contact_ids)
    return rows[0].at if rows else None


def decisions(connection: Connection, keys: Iterable[Key]) -> dict[Key, Decision]:
    """What people said of these."""
    wanted = set(keys)
    if not wanted or connection.execute(_ANY_DECISION).first() is None:
        return {}
    rows = select_in(
        connection, select(task_decision).where, task_decision.c.trigger_id, sorted({key[2] for key in wanted})
    )
    found = {(row.rule, row.address, row.trigger_id): Decision(State(row.state), row.snoozed_until_at) for row in rows}
    return {key: each for key, each in found.items() if key in wanted}


def row_of(
    key: IdentityKey,
    found: Task,
    contact_id: str,
    organization_id: str | None,
    decision: Decision | None,
    now: datetime,
) -> TaskRow:
    """The row that a task is."""
    due, state = found.due, state_of(found, decision, now)
    settled = found.settled if state is State.SETTLED else None
    return TaskRow(
        id=key.id("task", *found.key),
        rule=due.rule,
        title=due.title,
        state=state.value,
        due_at=None if due.is_suggested else due.due_at,
        due_on=None if due.is_suggested else found.due_on,
        snoozed_until_at=decision.snoozed_until_at if decision and state is State.SNOOZED else None,
        person_id=due.person_id,
        contact_id=contact_id,
        organization_id=organization_id,
        interaction_id=due.interaction_id,
        priority=due.priority,
        reason=due.reason,
        settled_by=settled.by if settled else None,
        settled_how=settled.how.value if settled else None,
        address=due.address,
        trigger_id=due.trigger_id,
        triggered_at=due.triggered_at,
    )


def save(
    connection: Connection, before: Sequence[TaskRow], wanted: Sequence[TaskRow], since: datetime, now: datetime
) -> list[TaskRow]:
    """The tasks of some contacts become exactly `wanted`; closed ones that came of something before `since` stay as
    they are, as long as that is there. Returns those that are new, and to be done."""
    ids, known = {row.id for row in wanted}, {row.id: row for row in before}
    left = [row for row in before if row.id not in ids]
    old = [row for row in left if row.state not in STANDING and row.triggered_at and row.triggered_at < since]
    items = {row.interaction_id for row in old if row.interaction_id}
    there = {row.id for row in select_in(connection, select(interaction.c.id).where, interaction.c.id, items)}
    kept = {row.id for row in old if row.interaction_id in there}
    gone = [row for row in left if row.id not in kept]
    remove(connection, [(row.id, row.contact_id) for row in gone])
    # one that was another contact's may be gone by now, or may not: what it was is looked up by its id
    others = select_in(connection, select(*_COLUMNS).where, task.c.id, ids - known.keys())
    known.update((row.id, TaskRow._make(row)) for row in others)
    changed = sorted((row for row in wanted if known.get(row.id) != row), key=lambda row: row.id)
    names = (*TaskRow._fields, "created_at", "updated_at")
    rows = [(*row, now, now) for row in changed]
    upsert_rows(connection, task, names, rows, update=(*TaskRow._fields[1:], "updated_at"))
    turned = [row for row in changed if row.id not in known or known[row.id].state != row.state]
    note_states(connection, [(row.id, row.state) for row in turned], now)
    return [row for row in changed if row.id not in known and row.state in STANDING]


def remove(connection: Connection, rows: Sequence[tuple[str, str | None]]) -> None:
    """These tasks (id, contact) go, where they are that contact's, with their history."""
    if not rows:
        return
    here = (task.c.id == bindparam("i"), task.c.contact_id == bindparam("c"))
    connection.execute(delete(task).where(*here), [{"i": each, "c": contact_id} for each, contact_id in rows])
    ids = [each for each, _contact in rows]
    left = {row.id for row in select_in(connection, select(task.c.id).where, task.c.id, ids)}
    if gone := sorted(set(ids) - left):
        connection.execute(delete(task_history).where(one_of(connection, task_history.c.task_id, gone)))


def note_states(
    connection: Connection,
    rows: Sequence[tuple[str, str]],
    now: datetime,
    *,
    changed_by: str | None = None,
    note: str | None = None,
) -> None:
    """Add to the histories of tasks: (task, state). Of each there is the next."""
    last = select(task_history.c.task_id, func.max(task_history.c.position).label("position"))
    grouped = last.group_by(task_history.c.task_id)
    ids = [each for each, _state in rows]
    at = {r.task_id: r.position for r in select_in(connection, grouped.where, task_history.c.task_id, ids)}
    names = ("task_id", "position", "state", "changed_at", "changed_by", "note")
    added = [(each, at.get(each, -1) + 1, state, now, changed_by, note) for each, state in rows]
    upsert_rows(connection, task_history, names, added)


# -- what people say ----------------------------------------------------------------------------------------------


class NotPossible(Exception):
    """What somebody said of a task can't be; `problem` says why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def decide(
    connection: Connection,
    task_id: str,
    state: State,
    now: datetime,
    *,
    until: datetime | None = None,
    changed_by: str | None = None,
    note: str | None = None,
) -> TaskRow:
    """Close a task, put it off, or open it again; raises NotPossible. Returns it as it is now."""
    row = connection.execute(select(*_COLUMNS).where(task.c.id == task_id)).first()
    if row is None:
        raise NotPossible(f"there is no task {task_id}")
    found = TaskRow._make(row)
    if found.address is None or found.trigger_id is None:
        raise NotPossible(f"the task {task_id} is of no rule")
    if found.state == State.SETTLED.value:
        raise NotPossible(f"the task {task_id} is settled already, by {found.settled_how}")
    if state is State.SNOOZED and (until is None or until <= now):
        raise NotPossible("it can be put off to a time to come only")
    if state is State.SETTLED:
        raise NotPossible("what happens settles tasks, not people")
    snoozed_until_at = until if state is State.SNOOZED else None
    names = ("rule", "address", "trigger_id", "state", "snoozed_until_at", "changed_at", "changed_by", "note")
    values = (*found.key, state.value, snoozed_until_at, now, changed_by, note)
    upsert_rows(connection, task_decision, names, [values], update=names[3:])
    changed = found._replace(state=state.value, snoozed_until_at=snoozed_until_at)
    if changed != found:
        here = update(task).where(task.c.id == task_id)
        connection.execute(here.values(state=state.value, snoozed_until_at=snoozed_until_at, updated_at=now))
        note_states(connection, [(task_id, state.value)], now, changed_by=changed_by, note=note)
    if found.contact_id is not None:
        mark_dirty(connection, TASKS, [found.contact_id])
    return changed


def renamed(connection: Connection, ids: Mapping[str, str]) -> None:
    """What was said of what came of interactions that have another id now holds for that."""
    for old, new in ids.items():
        there = select(task_decision.c.rule, task_decision.c.address).where(task_decision.c.trigger_id == new)
        said = {(row.rule, row.address) for row in connection.execute(there)}
        rows = connection.execute(select(task_decision).where(task_decision.c.trigger_id == old)).all()
        for row in rows:
            here = (task_decision.c.rule == row.rule, task_decision.c.address == row.address)
            one = (*here, task_decision.c.trigger_id == old)
            if (row.rule, row.address) in said:
                connection.execute(delete(task_decision).where(*one))
            else:
                connection.execute(update(task_decision).where(*one).values(trigger_id=new))


def forget(connection: Connection, contact_ids: Sequence[str], addresses: Iterable[str]) -> None:
    """Nothing is left of tasks about these contacts and addresses, nor of what was said of them."""
    rows = select_in(connection, select(task.c.id).where, task.c.contact_id, contact_ids)
    if ids := [row.id for row in rows]:
        connection.execute(delete(task_history).where(one_of(connection, task_history.c.task_id, ids)))
        connection.execute(delete(task).where(one_of(connection, task.c.id, ids)))
        w1_task_state.forget(connection, ids)
    if named := sorted(addresses):
        connection.execute(delete(task_decision).where(one_of(connection, task_decision.c.address, named)))


def standing_keys(rows: Iterable[TaskRow]) -> list[Key]:
    """Of those that are there."""
    return [row.key for row in rows]


def of_rules(connection: Connection, contact_ids: Iterable[str]) -> list[tuple[str, str | None]]:
    """(id, contact) of the tasks that rules raised for these contacts."""
    query = select(task.c.id, task.c.contact_id).where(task.c.trigger_id.is_not(None))
    return [(row.id, row.contact_id) for row in select_in(connection, query.where, task.c.contact_id, contact_ids)]


def history_of(connection: Connection, task_ids: Iterable[str]) -> dict[str, list[Any]]:
    """Task -> its states, oldest first."""
    found: dict[str, list[Any]] = {}
    query = select(task_history).order_by(task_history.c.task_id, task_history.c.position)
    for row in select_in(connection, query.where, task_history.c.task_id, task_ids):
        found.setdefault(row.task_id, []).append(row)
    return found
