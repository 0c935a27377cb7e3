"""Alerts as they were told, and since when an import has not come on"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("began_at", store.types.Instant(), nullable=False),
        sa.Column("ended_at", store.types.Instant(), nullable=True),
        sa.Column("told_at", store.types.Instant(), nullable=True),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", store.types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "key", name=op.f("pk_alert")),
    )
    op.create_table(
        "progress",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("backlog", sa.Integer(), nullable=False),
        sa.Column("changed_at", store.types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_progress")),
    )
