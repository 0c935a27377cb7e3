"""Tables of the readers' feed, and of the webhooks that are told of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from store.schema.core import metadata
from store.types import Id, Instant

#: Changes of what the views show, until they get their numbers (store.published.feed).
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("entity", String(24), nullable=False),
    Column("entity_id", Id, nullable=False),
    Column("op", String(8), nullable=False),  # upsert | delete | redirect | erase
)

change = Table(
    "change",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", String(24), nullable=False),
    Column("entity_id", Id, nullable=False),
    Column("op", String(8), nullable=False),
    Column("changed_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_change_changed_at", change.c.changed_at)

#: One row.
feed_state = Table(
    "feed_state",
    metadata,
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
)

#: Where a webhook stands in the feed.
webhook = Table(
    "webhook",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("is_dead", Boolean, nullable=False),
    Column("reason", Text),
    Column("next_try_at", Instant),
    Column("last_success_at", Instant),
    Column("leased_until_at", Instant),  # a process is sending
)

#: What webhooks have yet to take.
webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("webhook", ForeignKey("webhook.name"), nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
)
Index("ix_webhook_delivery_webhook", webhook_delivery.c.webhook)
