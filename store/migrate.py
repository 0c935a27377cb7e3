"""The schema's version: making, upgrading, and refusing what this program doesn't know (Alembic)."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from store.errors import StoreError

#: Execution option of a connection that will write.
WRITES = "keeptouch_writes"


class State(Enum):
    """How a database's schema stands to this program."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"


def alembic_config() -> Config:
    """Alembic's configuration without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def state_of(connection: Connection) -> State:
    """Compare the database's revision with the newest one we know."""
    scripts = ScriptDirectory.from_config(alembic_config())
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        return State.FOREIGN if inspect(connection).get_table_names() else State.EMPTY
    if revision == scripts.get_current_head():
        return State.CURRENT
    known = {script.revision for script in scripts.walk_revisions()}
    return State.OLDER if revision in known else State.NEWER


def refuse_foreign(state: State) -> None:
    """Raise StoreError for a database that is newer than this program, or not ours."""
    if state is State.NEWER:
        raise StoreError(
            "the store was written by a newer keeptouch",
            "install that version again; this one leaves the store alone",
        )
    if state is State.FOREIGN:
        raise StoreError("the database holds tables that are not keeptouch's", "name an empty database in store.url")


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest version and put the views in place, in one transaction."""
    config = alembic_config()
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        if state_of(connection) is State.CURRENT:  # another process was quicker
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
