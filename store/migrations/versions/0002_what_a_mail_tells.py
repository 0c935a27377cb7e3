"""What a mail tells of others: its reports are kept, and what follows from them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_signal",
        sa.Column("message_key", store.types.Key(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=True),
        sa.Column("category", sa.String(length=12), nullable=True),
        sa.Column("is_hard", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("return_on", sa.Date(), nullable=True),
        sa.Column("original_id", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("message_key", "position", name=op.f("pk_mail_signal")),
    )
    with op.batch_alter_table("mail_signal", schema=None) as batch_op:
        batch_op.create_index("ix_mail_signal_kind", ["kind"], unique=False)
    op.create_table(
        "engagement",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("last_in_at", store.types.Instant(), nullable=True),
        sa.Column("last_out_at", store.types.Instant(), nullable=True),
        sa.Column("last_at", store.types.Instant(), nullable=True),
        sa.Column("reply_count", sa.Integer(), nullable=False),
        sa.Column("their_answer_seconds", sa.Integer(), nullable=True),
        sa.Column("our_answer_seconds", sa.Integer(), nullable=True),
        sa.Column("usual_gap_seconds", sa.Integer(), nullable=True),
        sa.Column("quiet_from_at", store.types.Instant(), nullable=True),
        sa.Column("is_quiet", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_engagement")),
    )
    with op.batch_alter_table("engagement", schema=None) as batch_op:
        batch_op.create_index("ix_engagement_quiet_from_at", ["quiet_from_at"], unique=False)
    op.add_column("message", sa.Column("concerns", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("message", sa.Column("signals_version", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("content", sa.Column("reports", sa.LargeBinary(), nullable=True))
    op.add_column("content", sa.Column("new_text", sa.Text(), nullable=True))
    with op.batch_alter_table("signal", schema=None) as batch_op:
        batch_op.alter_column("interaction_id", existing_type=sa.String(length=36), nullable=True)
        batch_op.add_column(sa.Column("source_interaction_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("recipient", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("status", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("category", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("is_hard", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("return_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("answer_seconds", sa.Integer(), nullable=True))
        batch_op.create_index("ix_signal_source_interaction_id", ["source_interaction_id"], unique=False)
        batch_op.create_index("ix_signal_recipient", ["recipient", "kind"], unique=False)
