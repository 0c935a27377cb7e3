"""Indexes: of a contact's meetings among its mails, and of what mails tell by the address that it is about"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_meetings = sa.text("role IN ('organizer', 'attendee')")
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index(
            "ix_link_meetings",
            ["contact_id", "interaction_id"],
            unique=False,
            sqlite_where=of_meetings,
            postgresql_where=of_meetings,
        )
    with op.batch_alter_table("mail_signal", schema=None) as batch_op:
        batch_op.create_index("ix_mail_signal_kind_recipient", ["kind", "recipient"], unique=False)
        batch_op.drop_index("ix_mail_signal_kind")
