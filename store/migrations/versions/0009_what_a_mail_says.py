"""What mails say in words is looked for when they are derived, and only lately written ones are looked into"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

#: What was found so far stood among what the mail tells of others.
_PLACES = {"promise": -1, "complaint": -2}


def upgrade() -> None:
    op.add_column("message", sa.Column("said_version", sa.Integer(), server_default="0", nullable=False))
    for kind, place in _PLACES.items():
        op.execute(
            sa.text("UPDATE mail_signal SET position = :place WHERE kind = :kind").bindparams(place=place, kind=kind)
        )
