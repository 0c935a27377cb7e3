"""What became of what mails and calendars say of a meeting; for whoever asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, or_, select

from store.keys import IdentityKey
from store.meetings.meeting_facts import load, uid_key
from store.schema.core import placement
from store.schema.meetings import invitation, meeting
from store.upsert import select_in


@dataclass(frozen=True, slots=True)
class InvitationFacts:
    """What a mail says of a meeting, and what became of it."""

    method: str
    uid: str
    #: matching.itip.Outcome; None: not looked at yet.
    outcome: str | None
    meeting_id: str | None


def places_of(connection: Connection, key: IdentityKey, what: str) -> ColumnElement[bool]:
    """The placements that a meeting rests on: `what` is its id, that of its interaction, or a UID."""
    bare = what.lower()
    named = select(meeting.c.uid_key).where(or_(meeting.c.id == bare, meeting.c.interaction_id == bare))
    found = connection.scalars(named).first()
    uid = bytes(found) if found is not None else uid_key(key, what)
    mails = select(invitation.c.message_key).where(invitation.c.uid_key == uid)
    return or_(placement.c.mid_key == uid, placement.c.message_key.in_(mails))


def invitations(connection: Connection, message_keys: Iterable[bytes]) -> dict[bytes, tuple[InvitationFacts, ...]]:
    """Mail -> what it says of meetings."""
    query = select(invitation).order_by(invitation.c.message_key, invitation.c.position)
    found: dict[bytes, tuple[InvitationFacts, ...]] = {}
    for row in select_in(connection, query.where, invitation.c.message_key, message_keys):
        facts = InvitationFacts(row.method, load(row.data).uid, row.outcome, row.meeting_id)
        found[row.message_key] = (*found.get(row.message_key, ()), facts)
    return found
