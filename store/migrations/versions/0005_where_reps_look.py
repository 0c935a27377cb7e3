"""Reps are told of tasks: other programs change states, lists on servers hold entries, digests are sent"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "w1_task_state",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("snoozed_until_at", store.types.Instant(), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("applied_at", store.types.Instant(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("length(state) BETWEEN 1 AND 20", name=op.f("ck_w1_task_state_state")),
        sa.CheckConstraint("length(task_id) = 36", name=op.f("ck_w1_task_state_task_id")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_w1_task_state")),
    )
    waiting = sa.text("applied_at IS NULL AND error IS NULL")
    with op.batch_alter_table("w1_task_state", schema=None) as batch_op:
        batch_op.create_index(
            "ix_w1_task_state_waiting", ["task_id"], unique=False, sqlite_where=waiting, postgresql_where=waiting
        )
    op.create_table(
        "task_entry",
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("held", sa.Text(), nullable=True),
        sa.Column("pending", sa.Text(), nullable=True),
        sa.Column("wanted", sa.Text(), nullable=True),
        sa.Column("changed_at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "account_id", name=op.f("pk_task_entry")),
    )
    with op.batch_alter_table("task_entry", schema=None) as batch_op:
        batch_op.create_index("ix_task_entry_account_id", ["account_id", "state"], unique=False)
    op.create_table(
        "task_list",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("hint", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_try_at", store.types.Instant(), nullable=True),
        sa.Column("synced_at", store.types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_task_list")),
    )
    op.create_table(
        "digest_mail",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", store.types.Instant(), nullable=True),
        sa.Column("changed_at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "sent_on", name=op.f("pk_digest_mail")),
    )
