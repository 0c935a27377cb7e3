"""Follow-ups are raised: what names a task, its states, what people said of it, and when time changes it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("settled_how", sa.String(length=16), nullable=True))
    op.add_column("task", sa.Column("address", sa.Text(), nullable=True))
    op.add_column("task", sa.Column("trigger_id", sa.String(length=36), nullable=True))
    op.add_column("task", sa.Column("triggered_at", store.types.Instant(), nullable=True))
    op.create_table(
        "task_history",
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("changed_at", store.types.Instant(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("task_id", "position", name=op.f("pk_task_history")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "task_decision",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("trigger_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("snoozed_until_at", store.types.Instant(), nullable=True),
        sa.Column("changed_at", store.types.Instant(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("address", "rule", "trigger_id", name=op.f("pk_task_decision")),
    )
    with op.batch_alter_table("task_decision", schema=None) as batch_op:
        batch_op.create_index("ix_task_decision_trigger_id", ["trigger_id"], unique=False)
    op.create_table(
        "task_look",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("look_at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_task_look")),
    )
    with op.batch_alter_table("task_look", schema=None) as batch_op:
        batch_op.create_index("ix_task_look_look_at", ["look_at"], unique=False)
    op.create_table(
        "task_rule",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("since_at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_task_rule")),
    )
