"""What the company decided about privacy: whom it erased, what it keeps out, what of a thread others see."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text, UniqueConstraint

from store.schema.core import metadata
from store.types import Id, Instant, Key

#: Keyed hashes of erased addresses, in normal and in base form, of their domains, and of the ids that other programs
#: gave the person; all that is left of them.
suppression = Table(
    "suppression",
    metadata,
    Column("address_key", Key, primary_key=True),
    Column("erased_at", Instant, nullable=False),
    Column("done_at", Instant),  # NULL: the erasure was cut short and has to be repeated
)

#: Mail that is kept out.
block = Table(
    "block",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("account_id", String(36), nullable=False),  # "": of the whole company
    Column("kind", String(10), nullable=False),  # address | domain | folder | pattern | subject
    Column("what", Text, nullable=False),
    Column("origin", String(10), nullable=False),  # config | command
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("account_id", "kind", "what", "origin"),
)

#: How much of a thread others see at most, where somebody said so.
thread_visibility = Table(
    "thread_visibility",
    metadata,
    Column("thread_id", Id, primary_key=True),
    Column("level", String(8), nullable=False),  # full | subject | metadata | none
    Column("decided_at", Instant, nullable=False),
)
