"""An address names the contact that stands for it, so that readers find the addresses of a contact by an index"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact_address", sa.Column("holder_id", sa.String(length=36), nullable=True))
    op.execute(
        "UPDATE contact_address SET holder_id ="
        " COALESCE((SELECT c.merged_into_id FROM contact c WHERE c.id = contact_address.contact_id), contact_id)"
    )
    with op.batch_alter_table("contact_address", schema=None) as batch_op:
        batch_op.alter_column("holder_id", existing_type=sa.String(length=36), nullable=False)
        batch_op.create_index("ix_contact_address_holder_id", ["holder_id"], unique=False)
    merged = sa.text("merged_into_id IS NOT NULL")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contact_merged_into_id", ["merged_into_id"], unique=False, sqlite_where=merged, postgresql_where=merged
        )
