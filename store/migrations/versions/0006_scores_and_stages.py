"""How contacts stand is told in numbers: a score with its measures, and a stage"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COUNTED = (
    *("mails_in_30", "mails_in_90", "mails_out_30", "mails_out_90", "answers_in_90", "answers_out_90"),
    *("meetings_held_90", "bounces_90", "days_since_contact", "days_since_in", "days_since_out"),
)
_HOURS = ("their_answer_hours", "our_answer_hours", "their_answer_working_hours", "our_answer_working_hours")


def upgrade() -> None:
    op.create_table(
        "contact_score",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("formula_version", sa.String(length=12), nullable=False),
        sa.Column("computed_at", store.types.Instant(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in _COUNTED),
        *(sa.Column(name, sa.Float(), nullable=True) for name in _HOURS),
        sa.Column("look_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact_score")),
    )
    with op.batch_alter_table("contact_score", schema=None) as batch_op:
        batch_op.create_index("ix_contact_score_look_on", ["look_on"], unique=False)
    op.create_table(
        "contact_stage",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=True),
        sa.Column("previous_stage", sa.String(length=10), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact_stage")),
    )
