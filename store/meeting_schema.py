"""Tables of meetings and of who takes part; they are filled with the calendars of a later version."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from store.schema import metadata
from store.types import Id, Instant

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
    Column("subject", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("conference_url", Text),
    Column("status", String(10), nullable=False),  # planned | held | cancelled
    Column("is_tentative", Boolean, nullable=False),
    Column("moved_count", Integer, nullable=False),
)
Index("ix_meeting_interaction_id", meeting.c.interaction_id)

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
    PrimaryKeyConstraint("meeting_id", "address"),
    sqlite_with_rowid=False,
)
Index("ix_attendee_contact_id", attendee.c.contact_id)
