"""Tables of meetings: what calendars and mails say of them, and the meetings and attendees that follow from it."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from store.schema.core import link, metadata
from store.types import Id, Instant, Key

# -- facts --------------------------------------------------------------------------------------------------------

#: What a calendar holds at a place; the place itself is a row of `placement`.
calendar_object = Table(
    "calendar_object",
    metadata,
    Column("stream_id", Integer, nullable=False),
    Column("ref", Text, nullable=False),
    Column("uid_key", Key, nullable=False),  # keyed hash of the UID
    Column("data", LargeBinary, nullable=False),  # zlib, JSON (store.meetings.meeting_facts)
    Column("former", Text, nullable=False),  # JSON: how it was before, "" where it was not otherwise
    Column("is_private", Boolean, nullable=False),
    PrimaryKeyConstraint("stream_id", "ref"),
)
Index("ix_calendar_object_uid_key", calendar_object.c.uid_key)

calendar_party = Table(
    "calendar_party",
    metadata,
    Column("stream_id", Integer, nullable=False),
    Column("ref", Text, nullable=False),
    Column("normal", Text, nullable=False),
    Column("base", Text, nullable=False),
    PrimaryKeyConstraint("stream_id", "ref", "normal"),
    sqlite_with_rowid=False,
)
Index("ix_calendar_party_normal", calendar_party.c.normal)
Index("ix_calendar_party_base", calendar_party.c.base)

#: When whose calendar it is is away, by an object that is marked so: also of one that is not kept otherwise.
leave = Table(
    "leave",
    metadata,
    Column("stream_id", Integer, nullable=False),
    Column("ref", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    Column("starts_on", Date),  # whole days
    Column("ends_on", Date),  # exclusive
    PrimaryKeyConstraint("stream_id", "ref", "position"),
)

#: What a mail says of a meeting.
invitation = Table(
    "invitation",
    metadata,
    Column("message_key", Key, nullable=False),
    Column("position", Integer, nullable=False),
    Column("uid_key", Key, nullable=False),
    Column("method", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    # derived
    Column("outcome", String(12)),  # matching.meetings.Outcome
    Column("meeting_id", Id),
    PrimaryKeyConstraint("message_key", "position"),
)
Index("ix_invitation_uid_key", invitation.c.uid_key)

# -- derived ------------------------------------------------------------------------------------------------------

#: How far each UID has been looked at.
series = Table(
    "series",
    metadata,
    Column("uid_key", Key, primary_key=True),
    Column("first_seen_at", Instant, nullable=False),
    Column("settled_at", Instant, nullable=False),  # what had ended by then does not change any more
    Column("due_at", Instant),  # when time changes something; NULL: it does not
    Column("kept_from_at", Instant),  # what had ended before has expired
    Column("named_from_at", Instant),  # of what had ended before the subject has expired
    sqlite_with_rowid=False,
)
Index("ix_series_due_at", series.c.due_at)

meeting = Table(
    "meeting",
    metadata,
    Column("id", Id, primary_key=True),
    Column("interaction_id", Id, nullable=False),
    Column("uid", Text, nullable=False),
    Column("recurrence_id", Text),  # UTC, or a date
    Column("series_id", Id),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    Column("starts_on", Date),  # whole days
    Column("ends_on", Date),
    Column("is_all_day", Boolean, nullable=False),
    Column("time_zone", Text),
    Column("subject", Text),  # NULL: nobody else may see it, or it expired
    Column("location", Text),
    Column("conference_url", Text),
    Column("status", String(10), nullable=False),  # planned | held | cancelled
    Column("is_declined", Boolean, nullable=False),  # cancelled because all of ours declined
    Column("is_tentative", Boolean, nullable=False),
    Column("moved_count", Integer, nullable=False),
    Column("uid_key", Key, nullable=False),
    Column("over_at", Instant, nullable=False),  # when it has ended, also of whole days
    Column("is_observed", Boolean, nullable=False),  # it was known before it ended
    Column("is_frozen", Boolean, nullable=False),  # observed, ended, and what came later changes it no more
)
Index("ix_meeting_interaction_id", meeting.c.interaction_id)
Index("ix_meeting_uid_key", meeting.c.uid_key)
#: Of a contact's links those to meetings, which are few among its mails.
_OF_MEETINGS = text("role IN ('organizer', 'attendee')")
Index(
    "ix_link_meetings",
    link.c.contact_id,
    link.c.interaction_id,
    sqlite_where=_OF_MEETINGS,
    postgresql_where=_OF_MEETINGS,
)

attendee = Table(
    "attendee",
    metadata,
    Column("meeting_id", Id, nullable=False),
    Column("address", Text, nullable=False),  # normal form
    Column("contact_id", Id),
    Column("person_id", Id),
    Column("role", String(12), nullable=False),
    Column("response", String(12), nullable=False),
    Column("responded_at", Instant),
    Column("source", String(8), nullable=False),  # what told the answer: calendar | mail; "" where there is none
    PrimaryKeyConstraint("meeting_id", "address"),
    sqlite_with_rowid=False,
)
Index("ix_attendee_contact_id", attendee.c.contact_id)
Index("ix_attendee_address", attendee.c.address)

#: When our people are away, as all that is derived counts with it (store.meetings.leave).
person_leave = Table(
    "person_leave",
    metadata,
    Column("person_id", Id, primary_key=True),
    Column("spans", Text, nullable=False),  # JSON [[from, until]…], in order and apart
)
