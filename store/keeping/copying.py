"""A whole store copied into an empty database of the other kind, or of the same: same rows, same ids, a new epoch.

All of it is one transaction (of a SQLite file: a file that gets its name at the end). So a copy that is killed leaves
nothing, and is simply begun again. Rows travel as SQLite has them: instants as text, flags as 0 and 1; PostgreSQL
reads both. In that form they are counted and summed on both sides before the copy is committed.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Connection, Date, Table, Text, delete, func, insert, make_url, select

from store import migrate, upgrading
from store.engine import Store, make_engine, shown, translated
from store.errors import StoreError
from store.keeping.backup import MARK, claimed, database_file, finish, make_like
from store.migrate import State, condition_of
from store.published import feed_triggers
from store.schema.core import meta
from store.schema.feed import feed_state
from store.schema.tables import metadata
from store.types import Instant, instant_text

#: Rows that are in memory at a time.
BATCH = 1_000
#: What a copy says of itself.
_OWN_META = frozenset({MARK, "feed_epoch", "place", "generation", "program", "oldest_program", "reload_refused"})
_DAY = re.compile(r"\d{4}-(?:0\d|1[0-2])-[0-3]\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
#: No text of PostgreSQL's: NUL, and what bytes that are not UTF-8 become when they are read leniently.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")

Row = tuple[Any, ...]
#: Hears of each batch: table, rows, and whether they are read again to be compared.
Progress = Callable[[str, int, bool], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """A table that arrived as it was sent."""

    table: str
    rows: int
    #: Of all its rows in any order, in hexadecimal digits.
    checksum: str
    #: Rows of w1_* that no database but SQLite takes; they had been refused.
    left_out: int


class _Sum:
    """Number and sum of rows, whatever their order."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, rows: Sequence[Row]) -> None:
        self.rows += len(rows)
        for row in rows:
            digest = blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=16).digest()
            self._sum = (self._sum + int.from_bytes(digest, "big")) % 2**128

    @property
    def text(self) -> str:
        return f"{self._sum:032x}"


def copy_store(source: Store, url: str, password: str | None, progress: Progress) -> list[Copied]:
    """Copy all that the store holds to the empty database at `url`; raises StoreError, and then nothing was copied."""
    copied: list[Copied] = []
    with source.read() as reading:
        oldest = condition_of(reading).oldest_program
        with _target(url, password, database_file(source.engine), oldest) as writing:
            # what is copied is no change
            feed_triggers.drop(writing)
            writing.execute(delete(feed_state))
            for table in metadata.sorted_tables:
                copied.append(_copy(reading, writing, table, progress))
            feed_triggers.create(writing)
            epoch = {"name": "feed_epoch", "value": str(uuid.uuid4())}
            writing.execute(insert(meta), [epoch])
            for table in metadata.sorted_tables:
                _set_sequence(writing, table)
            for each in copied:
                _compare(writing, each, progress)
    return copied


@contextmanager
def _target(url: str, password: str | None, model: Path | None, oldest: str) -> Iterator[Connection]:
    """A transaction in the empty database, with its tables made."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with _new_file(Path(parsed.database or ""), model) as connection, connection.begin():
            upgrading.make(connection, oldest)
            yield connection
        return
    engine = make_engine(url, password)
    try:
        with translated(url), engine.execution_options(**{migrate.WRITES: True}).begin() as connection:
            if not connection.scalar(select(func.pg_try_advisory_xact_lock(migrate.ADVISORY_LOCK))):
                hint = "wait until it has ended; one that was killed is noticed by the database in a while"
                raise StoreError(f"another keeptouch makes tables in {shown(url)}", hint)
            if condition_of(connection).state is not State.EMPTY:
                raise StoreError(f"{shown(url)} is not empty", "name a new database: CREATE DATABASE … OWNER …")
            upgrading.make(connection, oldest)
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _new_file(file: Path, model: Path | None) -> Iterator[Connection]:
    """A connection to a SQLite file that gets its name when all is written."""
    if file.exists():
        raise StoreError(f"{file} is there already", "name a new file, or take that one away")
    with claimed(file) as part:
        engine = make_engine(f"sqlite:///{part}", None)
        try:
            with translated(str(engine.url)), engine.execution_options(**{migrate.WRITES: True}).connect() as made:
                for setting in ("journal_mode=OFF", "synchronous=OFF"):  # whoever is killed begins again
                    _raw(made).execute(f"PRAGMA {setting}")
                yield made
        finally:
            engine.dispose()
        try:
            if model is not None:
                make_like(part, model)
            finish(part, file)
        except OSError as error:
            raise StoreError(f"{file} can't be written: {error.strerror}", "look at its folder") from error


def _copy(reading: Connection, writing: Connection, table: Table, progress: Progress) -> Copied:
    total, left_out = _Sum(), 0
    columns = [column.name for column in table.columns]
    with _writer(writing, table, columns) as write:
        for batch in rows_of(reading, table):
            good = [row for row in batch if fits(table, row)]
            left_out += len(batch) - len(good)
            total.add(good)
            write(good)
            progress(table.name, len(batch), False)
    return Copied(table.name, total.rows, total.text, left_out)


def _compare(writing: Connection, sent: Copied, progress: Progress) -> None:
    arrived = _Sum()
    for batch in rows_of(writing, metadata.tables[sent.table]):
        arrived.add(batch)
        progress(sent.table, len(batch), True)
    if (arrived.rows, arrived.text) != (sent.rows, sent.checksum):
        how = f"{sent.rows} rows were sent, {arrived.rows} arrived" if arrived.rows != sent.rows else "rows differ"
        raise StoreError(f"the copy of the table {sent.table} is not the same: {how}", "nothing was copied; report it")


def rows_of(connection: Connection, table: Table) -> Iterator[list[Row]]:
    """The rows in batches, as SQLite has them; of table `meta` without what each store says of itself."""
    batches = _rows_of_sqlite if connection.dialect.name == "sqlite" else _rows_of_postgresql
    for batch in batches(connection, table):
        yield batch if table is not meta else [row for row in batch if row[0] not in _OWN_META]


def _rows_of_sqlite(connection: Connection, table: Table) -> Iterator[list[Row]]:
    connection.execute(select(1)).close()  # the transaction has begun, whoever is first
    raw = _raw(connection)
    before = raw.text_factory
    raw.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        found = raw.execute(str(select(table)))
        while batch := found.fetchmany(BATCH):
            yield batch
    finally:
        raw.text_factory = before


def _rows_of_postgresql(connection: Connection, table: Table) -> Iterator[list[Row]]:
    with connection.execute(select(table), execution_options={"yield_per": BATCH}) as found:
        for batch in found.partitions():
            yield [tuple(map(_as_on_sqlite, row)) for row in batch]


def _as_on_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    return int(value) if isinstance(value, bool) else value


@contextmanager
def _writer(connection: Connection, table: Table, columns: Sequence[str]) -> Iterator[Callable[[list[Row]], None]]:
    """Takes batches of rows for the table."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in columns)
    raw = _raw(connection)
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {quote(table.name)} ({names}) VALUES ({places})"  # noqa: S608 - names of ours
        yield lambda rows: raw.executemany(statement, rows)
        return
    try:
        with raw.cursor() as cursor, cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as copy:

            def write(rows: list[Row]) -> None:
                for row in rows:
                    copy.write_row(row)

            yield write
    except connection.dialect.loaded_dbapi.Error as error:
        problem = str(error).partition("\n")[0]
        raise StoreError(f"the table {table.name} can't be copied: {problem}", "nothing was copied") from error


def fits(table: Table, row: Row) -> bool:
    """Can every database hold the row? Other programs write what they like into w1_* of SQLite; raises StoreError."""
    is_theirs = table.name.startswith("w1_")
    for column, value in zip(table.columns, row, strict=True):
        if isinstance(value, str) and _NO_TEXT.search(value):
            if not is_theirs:
                problem = f"a row of {table.name} holds text that PostgreSQL does not take, in {column.name}"
                raise StoreError(problem, "nothing was copied; report it")
            return False
        if is_theirs and value is not None and not _is_of(column.type, value):
            return False
    return True


def _is_of(kind: object, value: Any) -> bool:
    if isinstance(kind, Boolean):
        return value in (0, 1) and isinstance(value, int)
    if isinstance(kind, Instant):
        return isinstance(value, str) and _INSTANT.fullmatch(value) is not None
    if isinstance(kind, Date):
        return _DAY.fullmatch(str(value)) is not None
    return not isinstance(kind, Text) or isinstance(value, str)


def _set_sequence(connection: Connection, table: Table) -> None:
    """The next row that PostgreSQL numbers comes after those that were copied with their numbers."""
    column = table.autoincrement_column
    if connection.dialect.name == "postgresql" and column is not None:
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(select(func.setval(sequence, func.max(column))).having(func.max(column).is_not(None)))


def _raw(connection: Connection) -> Any:
    return connection.connection.driver_connection
