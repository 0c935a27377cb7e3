"""A store's database as another tool opens it, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

#: Names of the readers' views, and of all tables.
VIEWS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'view' AND name LIKE 'v1~_%' ESCAPE '~' ORDER BY name",
    "postgresql": "SELECT viewname FROM pg_views WHERE schemaname = 'keeptouch' AND viewname LIKE 'v1~_%' ESCAPE '~'"
    " ORDER BY viewname",
}
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'keeptouch' ORDER BY tablename",
}


class Database:
    """A connection of another tool. Parameters of statements are `?`."""

    def __init__(self, kind: str, connection: Any) -> None:
        self.kind = kind
        self._connection = connection

    def execute(self, sql: str, values: Sequence[object] = ()) -> Any:
        """The cursor of one statement."""
        if self.kind == "sqlite":
            return self._connection.execute(sql, values)
        return self._connection.execute(sql.replace("%", "%%").replace("?", "%s"), list(values))


@contextlib.contextmanager
def opened(url: str, *, may_write: bool = False) -> Iterator[Database]:
    """The database at a URL of a configuration; what is written is committed at the end."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        mode = "rw" if may_write else "ro"
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True)) as connection, connection:
            yield Database("sqlite", connection)
    else:
        with psycopg.connect(url.replace("+psycopg", ""), options="-c search_path=keeptouch") as other:
            other.read_only = not may_write
            yield Database("postgresql", other)
