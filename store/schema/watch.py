"""Tables of what needs somebody: alerts as they were told, and since when an import has not come on."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, PrimaryKeyConstraint, String, Table, Text

from store.schema.core import metadata
from store.types import Id, Instant

#: What one channel (a recipient, the webhook) was told of one condition.
alert = Table(
    "alert",
    metadata,
    Column("channel", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("subject", Text, nullable=False),  # whom or what it is about, for people
    Column("problem", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),  # NULL: it is so now
    Column("told_at", Instant),  # when a message about it was taken last
    Column("is_told", Boolean, nullable=False),  # what the channel heard last is that it is so
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", Instant),
    PrimaryKeyConstraint("channel", "key"),
)

#: Accounts with something left of their past, and when that last changed.
progress = Table(
    "progress",
    metadata,
    Column("account_id", Id, primary_key=True),
    Column("pages", Integer, nullable=False),  # versions of its streams, summed
    Column("backlog", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
