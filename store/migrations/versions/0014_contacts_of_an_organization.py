"""An index of contacts by their organisation: what becomes of its name was asked of all contacts there are"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index("ix_contact_organization_id", ["organization_id"], unique=False)
