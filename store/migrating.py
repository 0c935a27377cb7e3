"""Alembic: the migrations that bring an older store to our tables, and what differs from them. Imported where that is
asked, because it takes a third of a second and ten megabytes."""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from store import migrate
from store.schema.tables import metadata


def alembic_config() -> Config:
    """Alembic's configuration without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS).replace("%", "%%"))
    return config


def run(connection: Connection) -> None:
    """Run the migrations that are missing, with the views and triggers made anew; the transaction is the caller's."""
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def differences(connection: Connection) -> list[str]:
    """How the tables of a store of our version differ from what our migrations make, for people."""
    found = compare_metadata(MigrationContext.configure(connection), metadata)
    return [_told(each) for each in found]


def _told(difference: Any) -> str:
    """One difference as Alembic gives it: (verb, thing, …), or a list of changes of one column."""
    verb, *things = difference[0] if isinstance(difference, list) else difference
    names = [str(getattr(thing, "name", thing)) for thing in things if thing is not None]
    return f"the tables are not as they were made: {verb.replace('_', ' ')} {'.'.join(names[:3])}"
