"""The schema's version: making, upgrading, and refusing what this program doesn't know.

Alembic does the work, and takes longer to import than all the rest of a command that finds the schema as it should be;
so what it notes in the database is read here without it.
"""

from __future__ import annotations

from enum import Enum
from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, Engine, column, inspect, select, table

from store import postgresql
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


#: What Alembic notes.
_VERSION = table("alembic_version", column("version_num"))


def revisions() -> list[str]:
    """The revisions that this program knows, in order: its migrations' files begin with them."""
    files = (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*_*.py")
    return sorted(file.name.partition("_")[0] for file in files)


def state_of(connection: Connection) -> State:
    """Compare the database's revision with the newest one we know."""
    seen = inspect(connection)
    revision = connection.scalar(select(_VERSION.c.version_num)) if seen.has_table(_VERSION.name) else None
    if revision is None:
        return State.FOREIGN if seen.get_table_names() else State.EMPTY
    known = revisions()
    if revision == known[-1]:
        return State.CURRENT
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
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        be_alone(connection)
        if state_of(connection) is not State.CURRENT:  # else another process was quicker
            import_module("store.upgrading").upgrade(connection)


def be_alone(connection: Connection) -> None:
    """No other process makes or changes the schema, or writes, until this transaction ends."""
    if connection.dialect.name == "postgresql":
        postgresql.take_turn(connection, alone=True)
        postgresql.make_schema(connection)
