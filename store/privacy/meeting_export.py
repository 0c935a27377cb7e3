"""All that the store holds of a person's meetings, as plain records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from store.meetings.meeting_facts import load
from store.privacy.erasure import Person
from store.schema.core import account, stream
from store.schema.meetings import attendee, calendar_object, calendar_party, meeting
from store.types import instant_text
from store.upsert import select_in

_SHOWN = ("uid", "recurrence_id", "starts_at", "ends_at", "starts_on", "ends_on", "subject", "location", "status")
_ANSWER = ("address", "role", "response", "responded_at")


def meetings_of(connection: Connection, person: Person) -> Iterator[dict[str, Any]]:
    """The person's part in meetings, and the calendar objects that say so."""
    columns = [meeting.c[name] for name in _SHOWN] + [attendee.c[name] for name in _ANSWER]
    query = select(*columns).join(meeting, meeting.c.id == attendee.c.meeting_id)
    for row in select_in(connection, query.where, attendee.c.address, sorted(person.forms)):
        yield {"record": "meeting", **{name: _plain(row, name) for name in (*_SHOWN, *_ANSWER)}}
    same = and_(
        calendar_object.c.stream_id == calendar_party.c.stream_id, calendar_object.c.ref == calendar_party.c.ref
    )
    objects = (
        select(account.c.name.label("account"), stream.c.name.label("folder"), calendar_object.c.ref)
        .add_columns(calendar_object.c.data)
        .join(calendar_party, same)
        .join(stream, stream.c.id == calendar_object.c.stream_id)
        .join(account, account.c.id == stream.c.account_id)
        .distinct()
    )
    for row in select_in(connection, objects.where, calendar_party.c.normal, sorted(person.addresses)):
        held = load(row.data)
        subject = next((event.subject for event in held.events), "")
        place = {"account": row.account, "folder": row.folder, "ref": row.ref}
        yield {"record": "calendar_object", **place, "uid": held.uid, "subject": subject}


def _plain(row: Row[Any], name: str) -> Any:
    value = getattr(row, name)
    if hasattr(value, "astimezone"):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value
