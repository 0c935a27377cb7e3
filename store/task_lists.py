"""Tasks as people ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from matching.visibility import Level
from store.schema import contact, interaction, message, person
from store.task_schema import task
from store.tasks import history_of

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
    history: tuple[Step, ...] = ()


def listed(
    connection: Connection,
    *,
    states: tuple[str, ...],
    person_email: str | None = None,
    contact_id: str | None = None,
    due_by: date | None = None,
    limit: int = 1_000,
) -> list[ListedTask]:
    """The tasks in these states, the first due first, of equally due ones the most important."""
    names = ("id", "rule", "title", "state", "due_at", "due_on", "snoozed_until_at", "priority", "reason")
    more = ("settled_by", "settled_how", "interaction_id", "contact_id")
    query = (
        select(
            *(task.c[name] for name in (*names, *more)),
            contact.c.display_name.label("contact"),
            person.c.email.label("person"),
            message.c.subject,
            interaction.c.visibility,
        )
        .outerjoin(contact, contact.c.id == task.c.contact_id)
        .outerjoin(person, person.c.id == task.c.person_id)
        .outerjoin(interaction, interaction.c.id == task.c.interaction_id)
        .outerjoin(message, message.c.key == interaction.c.message_key)
        .where(task.c.state.in_(states))
    )
    if person_email is not None:
        query = query.where(person.c.email == person_email)
    if contact_id is not None:
        query = query.where(task.c.contact_id == contact_id)
    if due_by is not None:
        query = query.where(task.c.due_on <= due_by)
    rows = connection.execute(query.order_by(task.c.due_on, task.c.priority.desc(), task.c.id).limit(limit)).all()
    steps = history_of(connection, [row.id for row in rows])
    shown = (Level.FULL.value, Level.SUBJECT.value)
    return [
        ListedTask(
            **{name: getattr(row, name) for name in (*names, *more, "contact", "person")},
            subject=row.subject if row.visibility in shown else None,
            history=tuple(Step(s.state, s.changed_at, s.changed_by, s.note) for s in steps.get(row.id, ())),
        )
        for row in rows
    ]


def ids_like(connection: Connection, beginning: str) -> list[str]:
    """Ids of tasks that begin so, two at most."""
    if len(beginning) < SHORTEST or not all(each in "0123456789abcdef-" for each in beginning):
        return []
    query = select(task.c.id).where(task.c.id.startswith(beginning)).order_by(task.c.id)
    return list(connection.scalars(query.limit(2)))


def is_person(connection: Connection, email: str) -> bool:
    """Is it the main address of one of ours?"""
    return connection.execute(select(person.c.id).where(person.c.email == email)).first() is not None
