"""Tasks as people ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from matching.followups import State
from matching.visibility import Level
from store.followups.tasks import history_of
from store.schema.core import contact, interaction, message, person
from store.schema.tasks import task
from store.upsert import chunks

#: Fewer characters of an id name no task.
SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Step:
    """A state that a task had."""

    state: str
    changed_at: datetime
    changed_by: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A task with the names of whom it is about and whose it is."""

    id: str
    rule: str
    title: str
    state: str
    due_at: datetime | None
    due_on: date | None
    snoozed_until_at: datetime | None
    priority: int
    reason: str
    settled_by: str | None
    settled_how: str | None
    interaction_id: str | None
    contact_id: str | None
    contact: str | None
    #: Address of whose it is.
    person: str | None
    #: Of what it came of, where others may see it.
    subject: str | None
    #: Of the interaction that settled it, likewise.
    settled_subject: str | None = None
    history: tuple[Step, ...] = ()


_NAMES = (
    *("id", "rule", "title", "state", "due_at", "due_on", "snoozed_until_at", "priority", "reason"),
    *("settled_by", "settled_how", "interaction_id", "contact_id"),
)
_SETTLING, _ANSWER = interaction.alias("settling"), message.alias("answer")
_LISTED = (
    select(
        *(task.c[name] for name in _NAMES),
        contact.c.display_name.label("contact"),
        person.c.email.label("person"),
        message.c.subject,
        interaction.c.visibility,
        _ANSWER.c.subject.label("settled_subject"),
        _SETTLING.c.visibility.label("settled_visibility"),
    )
    .outerjoin(contact, contact.c.id == task.c.contact_id)
    .outerjoin(person, person.c.id == task.c.person_id)
    .outerjoin(interaction, interaction.c.id == task.c.interaction_id)
    .outerjoin(message, message.c.key == interaction.c.message_key)
    .outerjoin(_SETTLING, _SETTLING.c.id == task.c.settled_by)
    .outerjoin(_ANSWER, _ANSWER.c.key == _SETTLING.c.message_key)
)


def listed(
    connection: Connection,
    *,
    states: tuple[str, ...],
    person_email: str | None = None,
    contact_id: str | None = None,
    due_by: date | None = None,
    ids: Sequence[str] | None = None,
    interaction_ids: Sequence[str] | None = None,
    limit: int = 1_000,
) -> list[ListedTask]:
    """The tasks in these states, the first due first, of equally due ones the most important; suggested ones last.

    `interaction_ids`: those that came of these, or were settled by them.
    """
    query = _LISTED.where(task.c.state.in_(states))
    if person_email is not None:
        query = query.where(person.c.email == person_email)
    if contact_id is not None:
        query = query.where(task.c.contact_id == contact_id)
    if due_by is not None:
        query = query.where(task.c.due_on <= due_by)
    if ids is not None:
        query = query.where(task.c.id.in_(ids))
    if interaction_ids is not None:
        query = query.where(task.c.interaction_id.in_(interaction_ids) | task.c.settled_by.in_(interaction_ids))
    rows = connection.execute(
        query.order_by(task.c.due_on.is_(None), task.c.due_on, task.c.priority.desc(), task.c.id).limit(limit)
    ).all()
    steps = history_of(connection, [row.id for row in rows])
    shown = (Level.FULL.value, Level.SUBJECT.value)
    return [
        ListedTask(
            **{name: getattr(row, name) for name in (*_NAMES, "contact", "person")},
            subject=row.subject if row.visibility in shown else None,
            settled_subject=row.settled_subject if row.settled_visibility in shown else None,
            history=tuple(Step(s.state, s.changed_at, s.changed_by, s.note) for s in steps.get(row.id, ())),
        )
        for row in rows
    ]


def of_contact(connection: Connection, contact_id: str, interaction_ids: Sequence[str]) -> list[ListedTask]:
    """A contact's tasks, whatever their state, that these interactions raised or settled."""
    states = tuple(each.value for each in State)
    return [
        each
        for part in chunks(interaction_ids)
        for each in listed(connection, states=states, contact_id=contact_id, interaction_ids=part)
    ]


def of_interaction(connection: Connection, interaction_id: str) -> list[ListedTask]:
    """The tasks, whatever their state, that an interaction raised or settled."""
    return listed(connection, states=tuple(each.value for each in State), interaction_ids=[interaction_id])


def by_id(connection: Connection, task_id: str) -> ListedTask | None:
    """One task, whatever its state."""
    return next(iter(listed(connection, states=tuple(each.value for each in State), ids=[task_id])), None)


def ids_like(connection: Connection, beginning: str) -> list[str]:
    """Ids of tasks that begin so, two at most."""
    if len(beginning) < SHORTEST or not all(each in "0123456789abcdef-" for each in beginning):
        return []
    query = select(task.c.id).where(task.c.id.startswith(beginning)).order_by(task.c.id)
    return list(connection.scalars(query.limit(2)))


def is_person(connection: Connection, email: str) -> bool:
    """Is it the main address of one of ours?"""
    return connection.execute(select(person.c.id).where(person.c.email == email)).first() is not None
