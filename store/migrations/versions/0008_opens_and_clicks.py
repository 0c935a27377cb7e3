"""Consent of contacts, and opens and clicks of mails to those who gave it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COUNTS = (
    *("open_count", "click_count", "confirmed_count", "probable_human_count", "proxy_open_count"),
    *("prefetch_count", "scanner_count", "bot_count", "self_count"),
)


def upgrade() -> None:
    _consent()
    op.add_column("signal", sa.Column("verdict", sa.String(length=16), nullable=True))
    for name in _COUNTS:
        op.add_column("engagement", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("engagement", sa.Column("last_open_at", store.types.Instant(), nullable=True))
    _tracking()


def _consent() -> None:
    op.add_column("contact", sa.Column("tracking_consent_at", store.types.Instant(), nullable=True))
    op.add_column("contact", sa.Column("tracking_consent_source", sa.Text(), nullable=True))
    op.add_column("w1_contact", sa.Column("tracking_consent", sa.Text(), nullable=True))
    op.add_column("w1_contact", sa.Column("tracking_consent_at", store.types.Instant(), nullable=True))
    op.add_column("w1_contact", sa.Column("tracking_consent_source", sa.Text(), nullable=True))
    op.create_table(
        "contact_consent",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", store.types.Instant(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact_consent")),
    )


def _tracking() -> None:
    op.create_table(
        "tracked",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", store.types.Instant(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("mid_key", store.types.Key(), nullable=True),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("dropped", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended_at", store.types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracked")),
    )
    op.create_index("ix_tracked_mid_key", "tracked", ["mid_key"], unique=False)
    op.create_table(
        "tracked_recipient",
        sa.Column("tracked_id", sa.String(length=36), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tracked_id", "address", name=op.f("pk_tracked_recipient")),
    )
    op.create_index("ix_tracked_recipient_address", "tracked_recipient", ["address"], unique=False)
    op.create_index("ix_tracked_recipient_base", "tracked_recipient", ["base"], unique=False)
    op.create_table(
        "tracking_token",
        sa.Column("token_key", store.types.Key(), nullable=False),
        sa.Column("tracked_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("token_key", name=op.f("pk_tracking_token")),
    )
    op.create_index("ix_tracking_token_tracked_id", "tracking_token", ["tracked_id"], unique=False)
    op.create_table(
        "tracking_hit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("tracked_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("agent_kind", sa.String(length=12), nullable=False),
        sa.Column("agent_family", sa.String(length=30), nullable=False),
        sa.Column("network", sa.String(length=12), nullable=False),
        sa.Column("burst", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_hit")),
    )
    op.create_index("ix_tracking_hit_tracked_id_seconds", "tracking_hit", ["tracked_id", "seconds"], unique=False)
    raw = sa.text("agent IS NOT NULL")
    op.create_index("ix_tracking_hit_raw", "tracking_hit", ["id"], unique=False, sqlite_where=raw, postgresql_where=raw)
