"""How long what is kept of meetings: as of mails, by the day on which they ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, or_, select, update

from connectors.api import Meeting, occurrences
from matching.policy import Verdict
from store.mails.write import nothing_but
from store.meetings import calendars
from store.meetings.meeting_facts import bare, dump
from store.schema.core import placement
from store.schema.meetings import calendar_object, meeting, series
from store.upsert import one_of

_BATCH = 500
#: No meeting of people lasts longer; a series without one for so long is over.
_LONGEST, _AHEAD = timedelta(days=31), timedelta(days=400)

#: One batch: takes the instant before which things go; returns how many went, -1 when there is nothing left.
Step = Callable[[Connection, datetime], int]


def whole_meetings() -> Step:
    """Meetings go as a whole; of a series those that are old. Derivation does it, by what is noted here."""
    return _of_old("kept_from_at", _forget)


def subjects_of_meetings() -> Step:
    """Meetings lose what they were about, and where they took place."""
    return _of_old("named_from_at", _strip)


def _of_old(name: str, change: Callable[[Connection, int, str, Meeting], int]) -> Step:
    """First notes it of the meetings, then takes the calendars' objects by batches; `change` says how many went."""
    after = (-1, "")
    is_begun = False

    def step(connection: Connection, before: datetime) -> int:
        nonlocal after, is_begun
        if not is_begun:
            is_begun = True
            return _note(connection, name, before)
        rows = calendars.objects_after(connection, after, _BATCH)
        if not rows:
            return -1
        after = rows[-1][:2]
        return sum(change(connection, *row) for row in rows if _is_over(row[2], before))

    return step


def _forget(connection: Connection, stream_id: int, ref: str, _held: Meeting) -> int:
    calendars.mark(connection, calendars.uids_at(connection, stream_id, [ref]))
    calendars.forget(connection, stream_id, [ref])
    here = (placement.c.stream_id == stream_id, placement.c.ref == ref)
    connection.execute(update(placement).where(*here).values(nothing_but(Verdict.EXPIRED, "age")))
    return 1


def _strip(connection: Connection, stream_id: int, ref: str, held: Meeting) -> int:
    here = (calendar_object.c.stream_id == stream_id, calendar_object.c.ref == ref)
    connection.execute(update(calendar_object).where(*here).values(data=bare(dump(held))))
    return 0


def _note(connection: Connection, name: str, before: datetime) -> int:
    """The meetings that ended before lose something when they are derived; returns how many UIDs that are."""
    old = select(meeting.c.uid_key).where(meeting.c.over_at < before)
    if name == "named_from_at":
        old = old.where(meeting.c.subject.is_not(None))
    uids = list(connection.scalars(old.distinct()))
    if uids:
        is_earlier = or_(series.c[name].is_(None), series.c[name] < before)
        here = one_of(connection, series.c.uid_key, uids)
        connection.execute(update(series).where(here, is_earlier).values({name: before}))
        calendars.mark(connection, uids)
    return len(uids)


def _is_over(held: Meeting, before: datetime) -> bool:
    """Has all of it ended before, wherever the clock hangs?"""
    earliest = before - timedelta(days=1)
    if any(event.rules or event.extra for event in held.events):
        window = occurrences(held, before - _LONGEST, before + _AHEAD, "UTC")
        return all(_ended(each.ends) < earliest for each in window)
    ends = [event.end or event.start for event in held.events]
    days = [each.local for each in ends if each is not None]
    return bool(days) and all(_ended(each) < earliest for each in days)


def _ended(value: datetime | date) -> datetime:
    """As a clock of UTC shows it."""
    latest = value if isinstance(value, datetime) else datetime.combine(value, time())
    return latest.replace(tzinfo=UTC)
