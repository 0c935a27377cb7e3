"""Bulk loading of a SQLite store: secondary indexes and triggers wait until all rows are there."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from store.engine import Store
from store.published import feed_triggers
from tests.bench.large.filling import COLUMNS
from tests.bench.large.mails import Row

#: Tables that lie in the order of their keys, with the keys. Rows that come in another order are put down
#: beside and sorted at the end, because each of them would otherwise be looked for in a tree that fits no cache.
_SORTED = {
    "placement": "stream_id, ref",
    "placement_bcc": "stream_id, ref, position",
    "participant": "message_key, position",
    "reference": "message_key, target_key",
    "link": "contact_id, occurred_at, interaction_id, role, address",
    "interaction_person": "interaction_id, person_id, account_id",
    "skipped_participant": "stream_id, ref, role, address_key",
}
#: KiB of cache while filling.
_CACHE = 3_000_000


class SQLiteSink:
    """Fills a store that is open and has no mail yet; nobody else may use it meanwhile."""

    def __init__(self, store: Store, file: Path, tell: Callable[[str], None]) -> None:
        self._store, self._tell = store, tell
        self._heap = file.with_suffix(".unsorted")
        self._file = file
        self._insert = {table: self._statement(table) for table in COLUMNS}

    def __enter__(self) -> Self:
        with self._store.engine.begin() as connection:
            feed_triggers.drop(connection)
        self._store.close()
        self._heap.unlink(missing_ok=True)
        self._raw = sqlite3.connect(self._file, isolation_level=None)
        for pragma in (
            *("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", f"cache_size=-{_CACHE}", "threads=2"),
            "locking_mode=EXCLUSIVE",
        ):
            self._raw.execute(f"PRAGMA {pragma}")
        found = self._raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        self._indexes = dict(found.fetchall())
        for name in self._indexes:
            self._raw.execute(f"DROP INDEX {name}")
        self._raw.execute("ATTACH ? AS heap", (str(self._heap),))
        self._raw.execute("PRAGMA heap.journal_mode=OFF")
        self._raw.execute("PRAGMA heap.synchronous=OFF")
        for table in _SORTED:
            self._raw.execute(f"CREATE TABLE heap.{table} ({', '.join(COLUMNS[table])})")
        # all in one transaction: each commit would write the pages of primary keys again, nearly all of them
        self._raw.execute("BEGIN")
        return self

    def add(self, table: str, rows: Sequence[Row]) -> None:
        """Rows of a table, with the columns that COLUMNS names."""
        self._raw.executemany(self._insert[table], rows)

    def finish(self, first_seq: int, last_seq: int) -> None:
        """Sort, index and watch what was added."""
        self._raw.execute("COMMIT")
        for table, keys in _SORTED.items():
            self._tell(f"SQLite: sorts {table}")
            listed = ", ".join(COLUMNS[table])
            ordered = f"SELECT {listed} FROM heap.{table} ORDER BY {keys}"  # noqa: S608 - names of ours
            self._raw.execute(f"INSERT INTO main.{table} ({listed}) {ordered}")
            self._raw.execute(f"DROP TABLE heap.{table}")
        for name, sql in self._indexes.items():
            self._tell(f"SQLite: makes {name}")
            self._raw.execute(sql)
        self._raw.execute("DELETE FROM change WHERE seq < ?", (first_seq,))
        self._raw.execute("UPDATE feed_state SET first_seq = ?, last_seq = ?", (first_seq, last_seq))
        self._leave()
        with self._store.engine.begin() as connection:
            feed_triggers.create(connection)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        with contextlib.closing(self._raw):
            self._heap.unlink(missing_ok=True)

    @staticmethod
    def _statement(table: str) -> str:
        columns = COLUMNS[table]
        place = f"{'heap' if table in _SORTED else 'main'}.{table}"
        return f"INSERT INTO {place} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - names of ours
