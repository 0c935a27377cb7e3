"""Bulk loading of a PostgreSQL store by COPY: indexes are made when all rows are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import psycopg
from sqlalchemy import make_url

from store.engine import Store
from tests.bench.large.filling import COLUMNS
from tests.bench.large.mails import Row

#: Tables of which the primary key, too, is made at the end. No other table refers to them.
_LARGE = (
    *("message", "content", "participant", "reference", "placement", "interaction", "link", "interaction_person"),
    "thread",
)
#: Neither feed nor references are looked after: the rows are as they have to be, which `store verify` tells.
_OPTIONS = "-c search_path=keeptouch -c session_replication_role=replica -c maintenance_work_mem=1GB"
_INDEXES = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relnamespace = 'keeptouch'::regnamespace AND c.relname = ANY(%s)
        AND NOT EXISTS (SELECT 1 FROM pg_constraint o WHERE o.conindid = i.indexrelid)
    ORDER BY 1
"""
_KEYS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'p' AND connamespace = 'keeptouch'::regnamespace AND conrelid::regclass::text = ANY(%s)
    ORDER BY 2
"""


class PostgresSink:
    """Fills a store that is open and has no mail yet. The role has to be a superuser."""

    def __init__(self, store: Store, tell: Callable[[str], None]) -> None:
        self._tell = tell
        url = make_url(store.engine.url).set(drivername="postgresql")
        self._dsn = url.render_as_string(hide_password=False)
        self._open = ExitStack()
        self._copies: dict[str, psycopg.Copy] = {}

    def __enter__(self) -> Self:
        with self._connect() as connection:
            self._indexes = connection.execute(_INDEXES, (list(COLUMNS),)).fetchall()
            self._keys = connection.execute(_KEYS, (list(_LARGE),)).fetchall()
            for name, _sql in self._indexes:
                connection.execute(f"DROP INDEX {name}".encode())
            for table, name, _sql in self._keys:
                connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'.encode())
        return self

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self._dsn, options=_OPTIONS)

    def add(self, table: str, rows: Sequence[Row]) -> None:
        """Rows of a table, with the columns that COLUMNS names."""
        if table not in self._copies:
            self._copies[table] = self._begin(table)
        write = self._copies[table].write_row
        for row in rows:
            write(row)

    def _begin(self, table: str) -> psycopg.Copy:
        connection = self._open.enter_context(self._connect())
        columns, how = ", ".join(COLUMNS[table]), ""
        if table in _LARGE:
            # made in the transaction that fills it, it needs no log, and no later look at whether rows are visible
            connection.execute(f"TRUNCATE {table}".encode())
            how = "WITH (FREEZE)"
        cursor = self._open.enter_context(connection.cursor())
        return self._open.enter_context(cursor.copy(f"COPY {table} ({columns}) FROM STDIN {how}".encode()))

    def finish(self, first_seq: int, last_seq: int) -> None:
        """Index what was added."""
        self._open.close()
        with self._connect() as connection:
            connection.autocommit = True
            for table, name, sql in self._keys:
                self._tell(f"PostgreSQL: makes {name}")
                connection.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {sql}'.encode())
            for name, sql in self._indexes:
                self._tell(f"PostgreSQL: makes {name}")
                connection.execute(sql.encode())
            connection.execute("DELETE FROM change WHERE seq < %s", (first_seq,))
            connection.execute("UPDATE feed_state SET first_seq = %s, last_seq = %s", (first_seq, last_seq))
            self._tell("PostgreSQL: analyzes")
            connection.execute("VACUUM ANALYZE")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)
