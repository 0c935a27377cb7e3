"""Answers are timed in working time too, and told of who owed them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("interaction", sa.Column("answer_working_seconds", sa.Integer(), nullable=True))
    op.add_column("interaction", sa.Column("answer_person_id", sa.String(length=36), nullable=True))
    answered = sa.text("answer_person_id IS NOT NULL")
    with op.batch_alter_table("interaction", schema=None) as batch_op:
        batch_op.create_index(
            "ix_interaction_answer_person_id",
            ["answer_person_id", "occurred_at"],
            unique=False,
            sqlite_where=answered,
            postgresql_where=answered,
        )
    op.add_column("signal", sa.Column("answer_working_seconds", sa.Integer(), nullable=True))
    op.add_column("engagement", sa.Column("their_answer_working_seconds", sa.Integer(), nullable=True))
    op.add_column("engagement", sa.Column("our_answer_working_seconds", sa.Integer(), nullable=True))
