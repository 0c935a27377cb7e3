"""Tables of mails whose opens and clicks are recorded. Nothing in them is public; signals follow from them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text, text

from store.schema.core import metadata
from store.types import Id, Instant, Key

#: A mail that somebody asked a pixel or links for.
tracked = Table(
    "tracked",
    metadata,
    Column("id", Id, primary_key=True),
    Column("created_at", Instant, nullable=False),  # seconds of hits count from then
    Column("created_by", Text, nullable=False),  # command | api | relay
    Column("mid_key", Key),  # keyed hash of the Message-ID; NULL: not known yet
    Column("links", Integer, nullable=False),  # how many of them
    Column("dropped", Integer, nullable=False, server_default=text("0")),  # hits beyond what is kept of one mail
    Column("ended_at", Instant),  # somebody withdrew: nothing is recorded from then on
)
Index("ix_tracked_mid_key", tracked.c.mid_key)

#: Whom it was to, when it was asked for: each of them had agreed.
tracked_recipient = Table(
    "tracked_recipient",
    metadata,
    Column("tracked_id", Id, nullable=False),
    Column("address", Text, nullable=False),  # normal form
    Column("base", Text, nullable=False),
    PrimaryKeyConstraint("tracked_id", "address"),
)
Index("ix_tracked_recipient_address", tracked_recipient.c.address)
Index("ix_tracked_recipient_base", tracked_recipient.c.base)

#: What may be asked for: a pixel is in position 0, links follow.
tracking_token = Table(
    "tracking_token",
    metadata,
    Column("token_key", Key, primary_key=True),  # keyed hash of the token, which nobody can make of it
    Column("tracked_id", Id, nullable=False),
    Column("position", Integer, nullable=False),
    Column("target", Text),  # where a link leads; NULL: a pixel
)
Index("ix_tracking_token_tracked_id", tracking_token.c.tracked_id)

#: That it was asked for, coarsely; agent and address go after a day.
tracking_hit = Table(
    "tracking_hit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tracked_id", Id, nullable=False),
    Column("position", Integer, nullable=False),
    Column("seconds", Integer, nullable=False),  # since tracked.created_at
    Column("agent_kind", String(12), nullable=False),
    Column("agent_family", String(30), nullable=False),
    Column("network", String(12), nullable=False),
    Column("rules_version", Integer, nullable=False),  # of the rules that made these of agent and address
    Column("agent", Text),  # NULL: gone
    Column("address", Text),  # NULL: gone
)
Index("ix_tracking_hit_tracked_id_seconds", tracking_hit.c.tracked_id, tracking_hit.c.seconds)
_RAW = text("agent IS NOT NULL")
Index("ix_tracking_hit_raw", tracking_hit.c.id, sqlite_where=_RAW, postgresql_where=_RAW)
