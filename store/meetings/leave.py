"""When our people are away, by their own calendars: what was read there, and what answers and tasks count with.

A calendar marks an event as absence (out of office). What is derived counts with what `refresh` has laid down, so that
it is the same whatever the order in which calendars and mail came: who is away otherwise than before has answers timed
anew and contacts looked at anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, delete, select

from store.derivation.copies import item_key, mark_dirty
from store.followups.tasks import STANDING
from store.meetings.meeting_facts import Span
from store.schema.core import account, interaction, interaction_person, link, message, person, placement, stream
from store.schema.meetings import leave, person_leave
from store.schema.tasks import TASKS, task
from store.upsert import one_of, upsert_rows

#: Intervals, aware UTC: from, until; in order and apart.
Leave = tuple[tuple[datetime, datetime], ...]
_COLUMNS = ("stream_id", "ref", "position", "starts_at", "ends_at", "starts_on", "ends_on")


def write(connection: Connection, stream_id: int, found: Mapping[str, tuple[Span, ...]]) -> None:
    """What the calendar objects at these refs say of absence is exactly that."""
    forget(connection, stream_id, found)
    rows = []
    for ref, spans in sorted(found.items()):
        for position, (start, end) in enumerate(spans):
            is_time = isinstance(start, datetime) and isinstance(end, datetime)
            times, days = ((start, end), (None, None)) if is_time else ((None, None), (start, end))
            rows.append((stream_id, ref, position, *times, *days))
    upsert_rows(connection, leave, _COLUMNS, rows)


def forget(connection: Connection, stream_id: int, refs: Iterable[str]) -> None:
    """Nothing is kept of what lies there."""
    if named := list(refs):
        connection.execute(delete(leave).where(leave.c.stream_id == stream_id, one_of(connection, leave.c.ref, named)))


def of_people(connection: Connection) -> dict[str, Leave]:
    """Person -> when away, as was laid down last; of who never is there is nothing."""
    query = select(person_leave.c.person_id, person_leave.c.spans).where(person_leave.c.spans != "[]")
    return {row.person_id: _read(row.spans) for row in connection.execute(query)}


def _read(text: str) -> Leave:
    return tuple((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in json.loads(text))


def refresh(connection: Connection, zone_of: Callable[[str], str], since: datetime) -> int:
    """Lay down when each of ours is away, and mark what it changes; returns of how many people it changed.

    `zone_of`: main address -> the zone in which days are meant; contacts are looked at whom there was something with
    `since` then.
    """
    now = _told(connection, zone_of)
    before = of_people(connection)
    changed = [each for each in sorted(now.keys() | before.keys()) if now.get(each, ()) != before.get(each, ())]
    for each in changed:
        different = set(now.get(each, ())) ^ set(before.get(each, ()))
        first, last = min(start for start, _end in different), max(end for _start, end in different)
        _mark_answers(connection, each, first, last)
        if last >= since:
            _mark_tasks(connection, each, since)
    told = [[[start.isoformat(), end.isoformat()] for start, end in now.get(each, ())] for each in changed]
    rows = [(each, json.dumps(spans)) for each, spans in zip(changed, told, strict=True)]
    upsert_rows(connection, person_leave, ("person_id", "spans"), rows, update=("spans",))
    return len(changed)


def _told(connection: Connection, zone_of: Callable[[str], str]) -> dict[str, Leave]:
    """Person -> when away, by all calendars of accounts of the person's own, also of those that ended."""
    query = (
        select(person.c.id, person.c.email, *(leave.c[name] for name in _COLUMNS[3:]))
        .select_from(leave)
        .join(placement, and_(placement.c.stream_id == leave.c.stream_id, placement.c.ref == leave.c.ref))
        .join(stream, stream.c.id == leave.c.stream_id)
        .join(account, account.c.id == stream.c.account_id)
        .join(person, person.c.id == account.c.person_id)
        .where(placement.c.removed_at.is_(None))
    )
    found: dict[str, set[tuple[datetime, datetime]]] = {}
    for row in connection.execute(query):
        zone = ZoneInfo(zone_of(row.email))
        start = row.starts_at or _midnight(row.starts_on, zone)
        end = row.ends_at or _midnight(row.ends_on, zone)
        if start < end:
            found.setdefault(row.id, set()).add((start, end))
    return {each: _apart(spans) for each, spans in found.items()}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _apart(spans: Iterable[tuple[datetime, datetime]]) -> Leave:
    """Those that overlap or touch made one."""
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _mark_answers(connection: Connection, person_id: str, first: datetime, last: datetime) -> None:
    """Have the person's answers timed anew that were owed between two instants."""
    query = (
        select(message.c.mid_key, message.c.fingerprint, interaction.c.occurred_at, interaction.c.answer_seconds)
        .join(interaction, interaction.c.id == message.c.interaction_id)
        .where(interaction.c.answer_person_id == person_id, interaction.c.occurred_at > first)
    )
    keys = {
        item_key(row.mid_key, row.fingerprint)
        for row in connection.execute(query)
        if row.occurred_at - timedelta(seconds=row.answer_seconds or 0) < last
    }
    mark_dirty(connection, "item", sorted(keys))


def _mark_tasks(connection: Connection, person_id: str, since: datetime) -> None:
    """Have the contacts looked at whose tasks may be the person's."""
    lately = (
        select(link.c.contact_id)
        .distinct()
        .join(interaction_person, interaction_person.c.interaction_id == link.c.interaction_id)
        .where(interaction_person.c.person_id == person_id, link.c.occurred_at >= since)
    )
    standing = select(task.c.contact_id).where(
        task.c.person_id == person_id, task.c.state.in_(STANDING), task.c.contact_id.is_not(None)
    )
    mark_dirty(connection, TASKS, sorted({*connection.scalars(lately), *connection.scalars(standing)}))
