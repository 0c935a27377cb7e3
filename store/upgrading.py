"""A store is made, or brought to our version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from store import making, migrate, postgresql
from store.errors import StoreError
from store.keeping.backup import copy_before
from store.migrate import State, condition_of
from store.schema.core import meta
from store.upsert import upsert

#: How long an upgrade waits for others on PostgreSQL, who wait for it meanwhile.
_PATIENCE = "30s"
_LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did."""

    #: Revisions of the schema; None: there was none.
    before: str | None
    after: str
    #: The store as it was, beside its file; None on PostgreSQL.
    copy: Path | None


def upgrade(engine: Engine) -> Upgraded | None:
    """Bring a store to our version, or make it; None where another process was quicker.

    All in one transaction: killed at any moment, the store is what it was. Raises StoreError.
    """
    with _alone(engine) as connection:
        before = condition_of(connection)
        if before.state is State.CURRENT:
            return None
        migrate.refuse_unfit(before)
        after = migrate.revisions()[-1]
        copy = copy_before(engine, after) if before.state is State.OLDER else None
        if before.state is State.EMPTY:
            make(connection)
        else:
            import_module("store.migrating").run(connection)
            _note_programs(connection, before.oldest_program)
        return Upgraded(before.revision, after, copy)


def make(connection: Connection, oldest_program: str = "") -> None:
    """Make a store in an empty database, and note whose it is; the transaction is the caller's."""
    if connection.dialect.name == "postgresql":
        postgresql.make_schema(connection)
    making.make(connection)
    _note_programs(connection, oldest_program)


def _note_programs(connection: Connection, oldest_program: str) -> None:
    """Say in the store which program made or upgraded it, and which is the oldest it allows."""
    allowed = max((oldest_program, migrate.OLDEST_PROGRAM), key=migrate.release_numbers)
    noted = {"program": migrate.program(), "oldest_program": allowed}
    upsert(connection, meta, [{"name": n, "value": v} for n, v in noted.items()], update=["value"])


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction that nobody else writes beside."""
    with engine.execution_options(**{migrate.WRITES: True}).connect() as connection:
        if engine.dialect.name == "sqlite":
            with _unchecked(connection), connection.begin():
                yield connection
                if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                    raise StoreError("the upgraded store would not be whole", "nothing was changed; please report it")
        else:
            with connection.begin(), _impatient(connection):
                yield connection


@contextmanager
def _unchecked(connection: Connection) -> Iterator[None]:
    """Without foreign keys: a table that others refer to is changed by making it anew (sqlite.org/lang_altertable)."""
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


@contextmanager
def _impatient(connection: Connection) -> Iterator[None]:
    """Wait for programs that write, but not for ever for one that keeps a transaction open."""
    try:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({migrate.ADVISORY_LOCK})")
        if connection.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar() is not None:
            connection.exec_driver_sql("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise StoreError(
            f"other sessions have kept the store's tables or views in use for {_PATIENCE}",
            "stop every keeptouch and end idle transactions of readers (pg_stat_activity names them), then try again",
        ) from error
