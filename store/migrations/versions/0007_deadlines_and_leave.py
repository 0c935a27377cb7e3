"""Days that other programs set on contacts and threads; when our people are away, by their calendars"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "w1_deadline",
        sa.Column("external_source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=True),
        sa.Column("thread_id", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("since_at", store.types.Instant(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("applied_at", store.types.Instant(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("length(external_source) BETWEEN 1 AND 100", name=op.f("ck_w1_deadline_source")),
        sa.CheckConstraint("length(external_id) BETWEEN 1 AND 200", name=op.f("ck_w1_deadline_external_id")),
        sa.PrimaryKeyConstraint("external_source", "external_id", name=op.f("pk_w1_deadline")),
    )
    with op.batch_alter_table("w1_deadline", schema=None) as batch_op:
        batch_op.create_index(
            "ix_w1_deadline_waiting",
            ["external_source", "external_id"],
            unique=False,
            sqlite_where=sa.text("applied_at IS NULL AND error IS NULL"),
            postgresql_where=sa.text("applied_at IS NULL AND error IS NULL"),
        )
    op.create_table(
        "deadline",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("external_source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("interaction_id", sa.String(length=36), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("set_at", store.types.Instant(), nullable=False),
        sa.Column("ended_at", store.types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.create_index("ix_deadline_contact_id", ["contact_id"], unique=False)
        batch_op.create_index("ix_deadline_external_id", ["external_source", "external_id"], unique=False)
    op.create_table(
        "leave",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("starts_at", store.types.Instant(), nullable=True),
        sa.Column("ends_at", store.types.Instant(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("stream_id", "ref", "position", name=op.f("pk_leave")),
    )
    op.create_table(
        "person_leave",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("spans", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_leave")),
    )
    op.add_column("message", sa.Column("asks", sa.Boolean(), nullable=True))
    op.add_column("message", sa.Column("is_brief", sa.Boolean(), nullable=True))
    # what was read before said nothing of absence: calendars are read once more
    op.execute("UPDATE stream SET cursor = NULL, is_uncompared = true WHERE kind = 'calendar' AND cursor IS NOT NULL")
