"""What an administrator asks of a store beside its rows: is its file whole, what time has it, and take its WAL in."""

from __future__ import annotations

import contextlib
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.engine import Store, translated

#: Complaints of SQLite that are told.
_COMPLAINTS = 5
#: For others to end their transactions, in milliseconds.
_PATIENCE = 1_000


def damages(connection: Connection) -> list[str]:
    """What SQLite's quick check says of its file, pages but not indexes; nothing on PostgreSQL, whose pages have sums
    of their own."""
    if connection.dialect.name != "sqlite":
        return []
    said = connection.exec_driver_sql(f"PRAGMA quick_check({_COMPLAINTS})").scalars()
    return [str(each) for each in said if each != "ok"]


def server_time(connection: Connection) -> datetime | None:
    """What PostgreSQL's clock says, aware; None: SQLite has none of its own."""
    if connection.dialect.name != "postgresql":
        return None
    return connection.scalar(select(func.clock_timestamp()))


def take_in_wal(store: Store) -> bool:
    """Write what the WAL holds into the SQLite file and empty it; False: others read or write, and it was left."""
    with translated(str(store.engine.url)), contextlib.closing(store.engine.raw_connection()) as raw:
        cursor = raw.cursor()
        before = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        # who reads for long is not waited for
        cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE}")
        row = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {before}")
    return row is not None and row[0] == 0
