"""The tables that other programs write, for the daemon to apply."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, PrimaryKeyConstraint, Table, Text, false, text

from store.schema.core import metadata
from store.types import Instant

w1_contact = Table(
    "w1_contact",
    metadata,
    Column("external_source", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("display_name", Text),
    Column("organization", Text),
    Column("is_deleted", Boolean, nullable=False, server_default=false()),
    Column("applied_at", Instant),
    Column("error", Text),
    Column("tracking_consent", Text),
    Column("tracking_consent_at", Instant),
    Column("tracking_consent_source", Text),
    PrimaryKeyConstraint("external_source", "external_id"),
    CheckConstraint("length(external_source) BETWEEN 1 AND 100", name="source"),
    CheckConstraint("length(external_id) BETWEEN 1 AND 200", name="external_id"),
)

w1_contact_address = Table(
    "w1_contact_address",
    metadata,
    Column("external_source", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("is_primary", Boolean, nullable=False, server_default=false()),
    Column("valid_from_at", Instant),
    Column("valid_to_at", Instant),
    Column("is_deleted", Boolean, nullable=False, server_default=false()),
    Column("applied_at", Instant),
    Column("error", Text),
    PrimaryKeyConstraint("external_source", "external_id", "address"),
    CheckConstraint("length(address) BETWEEN 3 AND 320", name="address"),
)

w1_merge = Table(
    "w1_merge",
    metadata,
    Column("contact_id", Text, primary_key=True),
    Column("merged_into_id", Text, nullable=False),
    Column("is_deleted", Boolean, nullable=False, server_default=false()),
    Column("applied_at", Instant),
    Column("error", Text),
    CheckConstraint("length(contact_id) = 36", name="contact_id"),
    CheckConstraint("length(merged_into_id) = 36", name="merged_into_id"),
)

w1_deadline = Table(
    "w1_deadline",
    metadata,
    Column("external_source", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("contact_id", Text),
    Column("thread_id", Text),
    Column("due_on", Date, nullable=False),
    Column("title", Text),
    Column("since_at", Instant),
    Column("is_deleted", Boolean, nullable=False, server_default=false()),
    Column("applied_at", Instant),
    Column("error", Text),
    PrimaryKeyConstraint("external_source", "external_id"),
    CheckConstraint("length(external_source) BETWEEN 1 AND 100", name="source"),
    CheckConstraint("length(external_id) BETWEEN 1 AND 200", name="external_id"),
)

w1_task_state = Table(
    "w1_task_state",
    metadata,
    Column("task_id", Text, primary_key=True),
    Column("state", Text, nullable=False),  # open | snoozed | done | dismissed
    Column("snoozed_until_at", Instant),
    Column("changed_by", Text),
    Column("note", Text),
    Column("applied_at", Instant),
    Column("error", Text),
    CheckConstraint("length(task_id) = 36", name="task_id"),
    CheckConstraint("length(state) BETWEEN 1 AND 20", name="state"),
)

#: What the daemon has not answered yet is found without looking at the rest.
for _table, _key in (
    (w1_contact, ("external_source", "external_id")),
    (w1_contact_address, ("external_source", "external_id")),
    (w1_merge, ("contact_id",)),
    (w1_deadline, ("external_source", "external_id")),
    (w1_task_state, ("task_id",)),
):
    Index(
        f"ix_{_table.name}_waiting",
        *(_table.c[_name] for _name in _key),
        sqlite_where=text("applied_at IS NULL AND error IS NULL"),
        postgresql_where=text("applied_at IS NULL AND error IS NULL"),
    )
