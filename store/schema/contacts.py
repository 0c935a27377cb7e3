"""The tables of what is known about contacts beside themselves: decisions, and the lists that are followed."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text, text

from store.schema.core import contact, metadata
from store.types import Id, Instant

#: A person's or a program's word that two contacts are one; contact.merged_into_id follows from it.
contact_merge = Table(
    "contact_merge",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("into_id", Id, nullable=False),
    Column("merged_at", Instant, nullable=False),
)
Index("ix_contact_merge_into_id", contact_merge.c.into_id)
_MERGED = text("merged_into_id IS NOT NULL")
Index("ix_contact_merged_into_id", contact.c.merged_into_id, sqlite_where=_MERGED, postgresql_where=_MERGED)
Index("ix_contact_organization_id", contact.c.organization_id)

#: What was said of a contact by itself; contact.tracking_consent follows, of all that are one with it.
contact_consent = Table(
    "contact_consent",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("state", String(10), nullable=False),  # unknown | granted | refused
    Column("at", Instant, nullable=False),
    Column("source", Text, nullable=False),
)

#: A list of contacts that the configuration names, and how it fares.
contact_source = Table(
    "contact_source",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", String(20), nullable=False),  # ok | failed
    Column("reason", Text),
    Column("tried_at", Instant, nullable=False),
    Column("last_success_at", Instant),
    Column("contacts", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("held_back", Integer, nullable=False),  # removals that were not believed
    Column("digest", Text),  # of all that it said when it last took effect without a remainder
    Column("digest_at", Instant),
    Column("cursors", Text, nullable=False),  # JSON {book: cursor}
)

#: The cards of an address book, so that one that is gone tells whose it was.
contact_card = Table(
    "contact_card",
    metadata,
    Column("source", Text, nullable=False),
    Column("book", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("version", Text, nullable=False),  # as the server names its state (ETag)
    Column("external_id", Text),
    Column("reason", Text),  # why it can't be taken
    PrimaryKeyConstraint("source", "book", "ref"),
)
