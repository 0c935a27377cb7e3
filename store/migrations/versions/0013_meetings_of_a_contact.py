"""Meetings of a contact are found among its mails by an index of their own"""

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
