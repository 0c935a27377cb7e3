"""Digests that were sent to people, and what a digest tells of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, delete, func, literal, select, update

from matching.followups import State
from store.followups import task_lists
from store.followups.task_lists import ListedTask
from store.schema.core import person
from store.schema.tasks import digest_mail, task
from store.upsert import chunks, upsert_rows

WAITING, SENDING, SENT, UNKNOWN, REFUSED, EXPIRED = "waiting", "sending", "sent", "unknown", "refused", "expired"


@dataclass(frozen=True, slots=True)
class Reader:
    """One of ours."""

    id: str
    #: Normal form.
    email: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Mailing:
    """A row of `digest_mail`."""

    sent_on: date
    #: waiting | sending | sent | unknown (it may have arrived) | refused | expired (the day is over)
    state: str
    problem: str | None
    attempts: int
    next_try_at: datetime | None
    changed_at: datetime


_NAMES = ("sent_on", "state", "problem", "attempts", "next_try_at", "changed_at")
_COLUMNS = [digest_mail.c[name] for name in _NAMES]


def readers(connection: Connection) -> list[Reader]:
    """All of ours who are there."""
    query = select(person.c.id, person.c.email, person.c.display_name, person.c.language)
    rows = connection.execute(query.where(person.c.is_active).order_by(person.c.email))
    return [Reader(row.id, row.email, row.display_name, row.language or "") for row in rows]


def mailing(connection: Connection, person_id: str, sent_on: date) -> Mailing | None:
    """What became of a person's digest of a day; None: nothing yet."""
    query = select(*_COLUMNS).where(digest_mail.c.person_id == person_id, digest_mail.c.sent_on == sent_on)
    row = connection.execute(query).one_or_none()
    return None if row is None else Mailing(*row)


def last_sent_at(connection: Connection, person_id: str) -> datetime | None:
    """When what last went out to the person was composed."""
    query = select(digest_mail.c.changed_at).where(
        digest_mail.c.person_id == person_id, digest_mail.c.state.in_((SENT, UNKNOWN))
    )
    return connection.scalar(query.order_by(digest_mail.c.sent_on.desc()).limit(1))


def has_begun(connection: Connection) -> bool:
    """Was any digest ever sent?"""
    return connection.execute(select(literal(1)).select_from(digest_mail).limit(1)).first() is not None


def note(
    connection: Connection,
    person_id: str,
    sent_on: date,
    state: str,
    now: datetime,
    *,
    problem: str | None = None,
    attempts: int = 0,
    next_try_at: datetime | None = None,
) -> None:
    """Write what became of a person's digest of a day."""
    values = (person_id, sent_on, state, problem, attempts, next_try_at, now)
    upsert_rows(connection, digest_mail, ("person_id", *_NAMES), [values], update=_NAMES[1:])


def claim(connection: Connection, person_id: str, sent_on: date, attempts: int, now: datetime) -> bool:
    """Be the one who sends it, once and for all: False where somebody else is, or was."""
    here = (digest_mail.c.person_id == person_id, digest_mail.c.sent_on == sent_on)
    first = (person_id, sent_on, WAITING, None, attempts, None, now)
    upsert_rows(connection, digest_mail, ("person_id", *_NAMES), [first])
    change = update(digest_mail).where(*here, digest_mail.c.state == WAITING)
    return bool(connection.execute(change.values(state=SENDING, attempts=attempts, changed_at=now)).rowcount)


def abandoned(connection: Connection, before: datetime, now: datetime) -> int:
    """Of those whose sender was killed on the way nobody knows whether they arrived; they are not sent again."""
    here = (digest_mail.c.state == SENDING, digest_mail.c.changed_at < before)
    problem = "keeptouch ended while the server took it: it may have arrived, and is not sent again"
    found = connection.execute(update(digest_mail).where(*here).values(state=UNKNOWN, problem=problem, changed_at=now))
    return int(found.rowcount)


def expire(connection: Connection, today: date, person_id: str, now: datetime) -> None:
    """What waited and is of an earlier day is not sent any more."""
    here = (digest_mail.c.person_id == person_id, digest_mail.c.state == WAITING, digest_mail.c.sent_on < today)
    connection.execute(update(digest_mail).where(*here).values(state=EXPIRED, next_try_at=None, changed_at=now))


def forget_before(connection: Connection, day: date) -> None:
    """Days that nobody asks for any more."""
    connection.execute(delete(digest_mail).where(digest_mail.c.sent_on < day))


def open_tasks(connection: Connection, email: str) -> list[ListedTask]:
    """What the person has to do, the first due first."""
    return task_lists.listed(connection, states=(State.OPEN.value,), person_email=email)


def closed_tasks(connection: Connection, person_id: str, since: datetime) -> list[ListedTask]:
    """What was settled since then without the person, and had been there before."""
    query = select(task.c.id).where(
        task.c.person_id == person_id,
        task.c.state == State.SETTLED.value,
        task.c.updated_at >= since,
        task.c.created_at <= since,
    )
    ids = list(connection.scalars(query))
    found: list[ListedTask] = []
    for part in chunks(ids):
        found += task_lists.listed(connection, states=(State.SETTLED.value,), ids=part, limit=len(part))
    return found


@dataclass(frozen=True, slots=True)
class NotSent:
    """A digest that did not go out, or may not have."""

    #: The address.
    person: str
    sent_on: date
    #: waiting | unknown | refused | expired
    state: str
    problem: str
    next_try_at: datetime | None


@dataclass(frozen=True, slots=True)
class DigestStatus:
    """How it stands with the digests of late."""

    last_sent_at: datetime | None
    troubles: tuple[NotSent, ...]


def status(connection: Connection, since: date) -> DigestStatus:
    """Of the days from `since` on."""
    last = connection.scalar(
        select(func.max(digest_mail.c.changed_at, type_=digest_mail.c.changed_at.type)).where(
            digest_mail.c.state == SENT
        )
    )
    query = (
        select(person.c.email, *(digest_mail.c[name] for name in ("sent_on", "state", "problem", "next_try_at")))
        .join(person, person.c.id == digest_mail.c.person_id)
        .where(digest_mail.c.sent_on >= since, digest_mail.c.state.not_in((SENT, SENDING)))
        .order_by(digest_mail.c.sent_on, person.c.email)
    )
    rows = connection.execute(query).all()
    return DigestStatus(
        last, tuple(NotSent(row.email, row.sent_on, row.state, row.problem or "", row.next_try_at) for row in rows)
    )
