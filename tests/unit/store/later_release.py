"""A later release of this program, made for tests: one more migration, another number."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from store import migrate

VERSION = "9.1.0"
REVISION = "9001"
#: Adds a column, and makes a table anew that others refer to.
_MIGRATION = f'''"""A later release's"""

import sqlalchemy as sa
from alembic import op

revision = "{REVISION}"
down_revision = "{{before}}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("nickname", sa.Text()))
    with op.batch_alter_table("stream", recreate="auto") as batch:
        batch.add_column(sa.Column("colour", sa.Text(), nullable=False, server_default="blue"))
    how = "always" if op.get_bind().dialect.name == "sqlite" else "auto"
    with op.batch_alter_table("account", recreate=how) as batch:
        batch.add_column(sa.Column("shape", sa.Text()))
{{more}}
'''


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, *, more: str = "") -> None:
    """From now on this process is the later release; `more` is done at the end of its migration."""
    migrations = folder / "later" / "migrations"
    shutil.copytree(migrate.MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    text = _MIGRATION.format(before=migrate.revisions()[-1], more=f"    {more}" if more else "")
    (migrations / "versions" / f"{REVISION}_later.py").write_text(text)
    monkeypatch.setattr(migrate, "MIGRATIONS", migrations)
    monkeypatch.setattr(migrate, "program", lambda: VERSION)
