"""The tables of what people and lists decide about contacts, beside the contacts themselves."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from store.schema import metadata
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
