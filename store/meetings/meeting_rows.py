"""Meetings as they were derived: reading them, and writing what is different. What stays the same is not touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from store.derivation import engagement, history
from store.schema.core import interaction
from store.schema.meetings import attendee, meeting, series
from store.schema.tasks import signal
from store.upsert import one_of, select_in, upsert_rows

#: The kind of signals that meetings have.
ANSWER = "invitation_answer"


class MeetingRow(NamedTuple):
    """A row of `meeting`."""

    id: str
    interaction_id: str
    uid: str
    recurrence_id: str | None
    series_id: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    starts_on: date | None
    ends_on: date | None
    is_all_day: bool
    time_zone: str | None
    subject: str | None
    location: str | None
    conference_url: str | None
    status: str
    is_declined: bool
    is_tentative: bool
    moved_count: int
    uid_key: bytes
    over_at: datetime
    is_observed: bool
    is_frozen: bool


class AttendeeRow(NamedTuple):
    """A row of `attendee`."""

    meeting_id: str
    address: str
    contact_id: str | None
    person_id: str | None
    role: str
    response: str
    responded_at: datetime | None
    #: What told the answer: "calendar", "mail", or "" where there is none.
    source: str


class SignalRow(NamedTuple):
    """A row of `signal`."""

    id: str
    interaction_id: str
    contact_id: str | None
    kind: str
    occurred_at: datetime
    evidence: str
    confidence: float


class SeriesRow(NamedTuple):
    """A row of `series`."""

    uid_key: bytes
    first_seen_at: datetime
    settled_at: datetime
    due_at: datetime | None = None
    kept_from_at: datetime | None = None
    named_from_at: datetime | None = None


class Shown(NamedTuple):
    """An interaction of kind meeting, as far as it differs from one to the next."""

    id: str
    direction: str
    occurred_at: datetime
    visibility: str


def stored(connection: Connection, uid_keys: Iterable[bytes]) -> tuple[list[MeetingRow], dict[str, list[AttendeeRow]]]:
    """(the meetings of these UIDs, meeting -> who takes part)"""
    columns = [meeting.c[name] for name in MeetingRow._fields]
    rows = [MeetingRow._make(row) for row in select_in(connection, select(*columns).where, meeting.c.uid_key, uid_keys)]
    people: dict[str, list[AttendeeRow]] = {}
    named = select(*(attendee.c[name] for name in AttendeeRow._fields))
    for row in select_in(connection, named.where, attendee.c.meeting_id, [each.id for each in rows]):
        people.setdefault(row.meeting_id, []).append(AttendeeRow._make(row))
    return rows, people


def states(connection: Connection, uid_keys: Iterable[bytes]) -> dict[bytes, SeriesRow]:
    """UID -> how far it has been looked at."""
    columns = [series.c[name] for name in SeriesRow._fields]
    rows = select_in(connection, select(*columns).where, series.c.uid_key, uid_keys)
    return {row.uid_key: SeriesRow._make(row) for row in rows}


def save_states(connection: Connection, rows: Sequence[SeriesRow], gone: Iterable[bytes]) -> None:
    """Note how far these have been looked at; of those `gone` nothing is known any more."""
    upsert_rows(connection, series, SeriesRow._fields, rows, update=SeriesRow._fields[2:])
    if gone := list(gone):
        connection.execute(delete(series).where(one_of(connection, series.c.uid_key, gone)))


def due(connection: Connection, now: datetime, limit: int) -> list[bytes]:
    """The UIDs of which time has changed something."""
    query = select(series.c.uid_key).where(series.c.due_at <= now).order_by(series.c.due_at).limit(limit)
    return list(connection.scalars(query))


def save(
    connection: Connection,
    before: Sequence[MeetingRow],
    people_before: dict[str, list[AttendeeRow]],
    rows: Sequence[MeetingRow],
    people: Sequence[AttendeeRow],
    shown: Sequence[Shown],
    now: datetime,
) -> None:
    """The meetings of some UIDs become exactly `rows`, with these people, and one interaction each."""
    kept = {row.id for row in rows}
    drop(connection, [row for row in before if row.id not in kept])
    known = set(before)
    changed = sorted(row for row in rows if row not in known)
    upsert_rows(connection, meeting, MeetingRow._fields, changed, update=MeetingRow._fields[1:])
    _save_people(connection, [each for key in kept for each in people_before.get(key, ())], people)
    stored = {row.interaction_id for row in before if row.id in kept}
    _save_interactions(connection, shown, stored, {row.interaction_id for row in changed}, now)
    # their links stay, and what they mean does not
    others = [row.interaction_id for row in changed if row.interaction_id in stored]
    engagement.mark(connection, history.linked_contacts(connection, others))


def _save_people(connection: Connection, before: Iterable[AttendeeRow], people: Sequence[AttendeeRow]) -> None:
    stored = set(before)
    gone = {each[:2] for each in stored}
    gone.difference_update(each[:2] for each in people)
    for meeting_id, address in sorted(gone):
        here = (attendee.c.meeting_id == meeting_id, attendee.c.address == address)
        connection.execute(delete(attendee).where(*here))
    added = [each for each in people if each not in stored]
    added.sort(key=itemgetter(0, 1))
    upsert_rows(connection, attendee, AttendeeRow._fields, added, update=AttendeeRow._fields[2:])


def _save_interactions(
    connection: Connection, shown: Sequence[Shown], stored_ids: set[str], touched: set[str], now: datetime
) -> None:
    """`touched`: their meetings say something else, which readers see in the interaction too."""
    columns = [interaction.c[name] for name in Shown._fields]
    rows = select_in(connection, select(*columns).where, interaction.c.id, stored_ids)
    stored = {Shown._make(row) for row in rows}
    changed = [each for each in shown if each not in stored or each.id in touched]
    names = (*Shown._fields, "kind", "is_unverified", "is_message_id_reused", "is_answered", "is_forwarded")
    values = [(*each, "meeting", False, False, False, False, now, now) for each in changed]
    update = (*Shown._fields[1:], "updated_at")
    upsert_rows(connection, interaction, (*names, "created_at", "updated_at"), values, update=update)


def drop(connection: Connection, rows: Sequence[MeetingRow]) -> None:
    """Remove meetings and their interactions."""
    drop_by_id(connection, [row.id for row in rows])


def drop_by_id(connection: Connection, ids: Sequence[str]) -> None:
    """The same of meetings by their ids."""
    found = select_in(connection, select(meeting.c.interaction_id).where, meeting.c.id, ids)
    items = [row.interaction_id for row in found]
    if not items:
        return
    history.replace_links(connection, items, ())
    history.replace_people(connection, items, ())
    connection.execute(delete(signal).where(one_of(connection, signal.c.interaction_id, items)))
    connection.execute(delete(attendee).where(one_of(connection, attendee.c.meeting_id, ids)))
    connection.execute(delete(meeting).where(one_of(connection, meeting.c.id, ids)))
    connection.execute(delete(interaction).where(one_of(connection, interaction.c.id, items)))


def replace_signals(connection: Connection, interaction_ids: Sequence[str], wanted: Iterable[SignalRow]) -> None:
    """The answers to these meetings become exactly `wanted`."""
    columns = [signal.c[name] for name in SignalRow._fields]
    query = select(*columns).where(signal.c.kind == ANSWER)
    rows = select_in(connection, query.where, signal.c.interaction_id, interaction_ids)
    before, now = {SignalRow._make(row) for row in rows}, set(wanted)
    if gone := sorted({each.id for each in before} - {each.id for each in now}):
        connection.execute(delete(signal).where(one_of(connection, signal.c.id, gone)))
    upsert_rows(connection, signal, SignalRow._fields, sorted(now - before), update=SignalRow._fields[1:])
