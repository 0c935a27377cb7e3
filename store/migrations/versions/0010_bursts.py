"""How large a burst is follows from the hits that are kept, and is no column of theirs"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("tracking_hit", "burst")
