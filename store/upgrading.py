"""Making and upgrading the schema with Alembic; imported when there is something to do, because that takes a while."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def alembic_config() -> Config:
    """Alembic's configuration without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def upgrade(connection: Connection) -> None:
    """Bring the schema to the newest version and put the views in place; the transaction is the caller's."""
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
