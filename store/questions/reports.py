"""What reports tell: the weeks of people, and how contacts stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, Date, bindparam, func, select, text

from matching.followups import State
from store.published.view_columns import weeks_of_people
from store.schema.core import contact, organization, person
from store.schema.scores import contact_score, contact_stage
from store.schema.signals import engagement
from store.schema.tasks import task
from store.types import Instant

#: Columns of v1_rep_activity that are numbers.
COUNTS = (
    *("mails_out_count", "mails_in_count", "answer_count", "answer_seconds", "answer_working_seconds"),
    *("meeting_count", "task_count", "done_count", "settled_count", "open_count", "late_count"),
)
#: As the view has it, but of one time alone: the view looks through all interactions.
_WITHIN = " AND i.occurred_at >= :first_at AND i.occurred_at < :end_at"
_DUE_WITHIN = " AND t.due_on >= :first_on AND t.due_on < :end_on"


@dataclass(frozen=True, slots=True)
class Week:
    """A week of one of ours: the row of v1_rep_activity, but that tasks that are late today count as late too."""

    person: str
    display_name: str | None
    week_starts_on: date
    counts: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Stand:
    """How a contact stands."""

    id: str
    display_name: str
    organization: str | None
    score: float | None
    stage: str | None
    since_on: date | None
    last_at: datetime | None
    open_tasks: int


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def weeks(connection: Connection, first: date, last: date, today: date, person_email: str | None = None) -> list[Week]:
    """The weeks that begin from `first` to `last`, by person and time."""
    end = last + timedelta(weeks=1)
    source = weeks_of_people(connection.dialect.name, _WITHIN, _DUE_WITHIN)
    asked = text(f"SELECT person_id, week_starts_on, {', '.join(COUNTS)} FROM {source}").bindparams(  # noqa: S608 - words of ours
        bindparam("first_at", datetime.combine(first, time(), UTC), Instant()),
        bindparam("end_at", datetime.combine(end, time(), UTC), Instant()),
        bindparam("first_on", first, Date()),
        bindparam("end_on", end, Date()),
    )
    rows = connection.execute(asked.columns(week_starts_on=Date())).all()
    people = {row.id: row for row in connection.execute(select(person.c.id, person.c.email, person.c.display_name))}
    overdue = _overdue(connection, today)
    found = []
    for row in rows:
        whose = people[row.person_id]
        if person_email in (None, whose.email):
            counts = {name: getattr(row, name) for name in COUNTS}
            counts["late_count"] += overdue.get((row.person_id, row.week_starts_on), 0)
            found.append(Week(whose.email, whose.display_name, row.week_starts_on, counts))
    return sorted(found, key=lambda each: (each.person, each.week_starts_on))


def _overdue(connection: Connection, today: date) -> dict[tuple[str, date], int]:
    """(person, week) -> tasks that are open and were due before today."""
    many = func.count().label("many")
    query = select(task.c.person_id, task.c.due_on, many).where(task.c.state == State.OPEN.value, task.c.due_on < today)
    found: dict[tuple[str, date], int] = {}
    for row in connection.execute(query.group_by(task.c.person_id, task.c.due_on)):
        key = (row.person_id, week_of(row.due_on))
        found[key] = found.get(key, 0) + row.many
    return found


def contacts(connection: Connection, top: int) -> list[Stand]:
    """The contacts with the highest scores; those without a score come last."""
    tasks = select(func.count()).where(task.c.contact_id == contact.c.id, task.c.state == State.OPEN.value)
    query = (
        select(
            contact.c.id,
            contact.c.display_name,
            organization.c.display_name.label("organization"),
            contact_score.c.score,
            contact_stage.c.stage,
            contact_stage.c.since_on,
            engagement.c.last_at,
            tasks.scalar_subquery().label("open_tasks"),
        )
        .select_from(contact_score)
        .join(contact, contact.c.id == contact_score.c.contact_id)
        .outerjoin(organization, organization.c.id == contact.c.organization_id)
        .outerjoin(contact_stage, contact_stage.c.contact_id == contact.c.id)
        .outerjoin(engagement, engagement.c.contact_id == contact.c.id)
        .where(contact.c.deleted_at.is_(None))
        .order_by(contact_score.c.score.desc().nulls_last(), contact.c.display_name, contact.c.id)
        .limit(top)
    )
    return [Stand(**row._mapping) for row in connection.execute(query)]
