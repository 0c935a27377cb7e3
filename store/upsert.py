"""Bulk reads and writes, the same on SQLite and PostgreSQL, and quick on both.

SQLAlchemy spends about 15 µs on each bound value of an IN list and on each row of an executemany; a page of 500 mails
has some 10,000 of the first and 6,000 of the second. So lists of values go through a temporary table (PostgreSQL: an
array), and inserts are compiled once: on SQLite handed to the driver as tuples, on PostgreSQL as arrays (store.arrays).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Table,
    any_,
    bindparam,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from store.arrays import ArrayStatement, row_source, selected
from store.types import Instant, instant_text

T = TypeVar("T")

#: Made in each connection to SQLite (store.engine).
SCRATCH_TABLE = "CREATE TEMP TABLE IF NOT EXISTS scratch (k)"
_SCRATCH: Select[Any] = select(literal_column("k")).select_from(text("temp.scratch"))

#: So many values are bound sooner than two statements fill the temporary table: for a mail that comes alone.
_FEW = 5

#: Below every database's limit of bound variables in one statement.
CHUNK = 900

#: An expression for a column from (stored, offered).
Merge = Callable[[Any, Any], Any]


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The distinct items in lists of at most `size`, in the order of their first appearance."""
    unique = list(dict.fromkeys(items))
    for start in range(0, len(unique), size):
        yield unique[start : start + size]


def one_of(connection: Connection, column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """`column IN values`, for the very next statement on this connection alone."""
    wanted = list(dict.fromkeys(values))
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, wanted, type_=ARRAY(column.type)))
    if len(wanted) <= _FEW:
        return column.in_(wanted)
    connection.exec_driver_sql("DELETE FROM temp.scratch")
    connection.exec_driver_sql("INSERT INTO temp.scratch VALUES (?)", [(value,) for value in wanted])
    return column.in_(_SCRATCH)


def select_in(
    connection: Connection,
    build: Callable[[ColumnElement[bool]], Select[Any]],
    column: ColumnElement[Any],
    values: Iterable[Any],
) -> list[Any]:
    """All rows of `build(column IN values)`; nothing is asked for no values."""
    wanted = list(values)
    if not wanted:
        return []
    return list(connection.execute(build(one_of(connection, column, wanted))).all())


def select_in_each(
    connection: Connection,
    queries: Sequence[tuple[Callable[[ColumnElement[bool]], Select[Any]], ColumnElement[Any]]],
    values: Iterable[Any],
) -> list[list[Any]]:
    """`select_in` of several queries, (build, column) each, with the same values, which are handed over once."""
    wanted = list(dict.fromkeys(values))
    if not wanted:
        return [[] for _each in queries]
    if connection.dialect.name == "postgresql" or len(wanted) <= _FEW:
        return [select_in(connection, build, column, wanted) for build, column in queries]
    found = []
    for place, (build, column) in enumerate(queries):
        within = column.in_(_SCRATCH) if place else one_of(connection, column, wanted)
        found.append(list(connection.execute(build(within)).all()))
    return found


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    update: Sequence[str] | Mapping[str, Merge] = (),
) -> None:
    """Insert; where the primary key is there already, set the columns of `update`, or leave the row alone.

    All rows have the same keys. `update` as a mapping gives an expression per column from (stored, offered).
    """
    if rows:
        names = tuple(rows[0])
        take = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
        upsert_rows(connection, table, names, list(map(take, rows)), update=update)


def upsert_rows(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    update: Sequence[str] | Mapping[str, Merge] = (),
) -> None:
    """As `upsert`, of rows whose values stand in the order of `names`."""
    if not rows:
        return
    mark = (connection.dialect.name, table.name, tuple(names), tuple(update), isinstance(update, Mapping))
    prepared = _PREPARED.get(mark)
    if prepared is None:
        make = _upsert_of_arrays if connection.dialect.name == "postgresql" else _upsert_of_tuples
        prepared = _PREPARED[mark] = make(table, names, update, connection.dialect)
    prepared.execute(connection, rows)


def _upsert_of_tuples(
    table: Table, names: Sequence[str], update: Sequence[str] | Mapping[str, Merge], dialect: Dialect
) -> _Prepared:
    statement = sqlite.insert(table).values({name: bindparam(name) for name in names})
    return _Prepared(_on_conflict(statement, table, update), names, [table.c[name] for name in names], dialect)


def _upsert_of_arrays(
    table: Table, names: Sequence[str], update: Sequence[str] | Mapping[str, Merge], dialect: Dialect
) -> ArrayStatement:
    source = row_source(names, [table.c[name] for name in names])
    statement = postgresql.insert(table).from_select(list(names), selected(source, names))
    keys = [column.name for column in table.primary_key.columns if column.name in names]
    statement = _on_conflict(statement, table, update)
    return ArrayStatement(statement, names, keys, dialect, is_merging=bool(update))


def update_rows(
    connection: Connection, table: Table, keys: Sequence[str], names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Set the columns `names` where the columns `keys` have these values: each row is the new values, then the keys."""
    if not rows:
        return
    mark = (connection.dialect.name, table.name, tuple(names), tuple(keys))
    prepared = _PREPARED.get(mark)
    if prepared is None:
        words = (*names, *(f"key_{name}" for name in keys))
        columns = [table.c[name] for name in (*names, *keys)]
        if connection.dialect.name == "postgresql":
            source = row_source(words, columns)
            same = [table.c[name] == source.c[f"key_{name}"] for name in keys]
            statement = update(table).where(*same).values({name: source.c[name] for name in names})
            prepared = ArrayStatement(
                statement, words, [f"key_{name}" for name in keys], connection.dialect, is_merging=True
            )
        else:
            same = [table.c[name] == bindparam(f"key_{name}", type_=table.c[name].type) for name in keys]
            statement = update(table).where(*same).values({name: bindparam(name) for name in names})
            prepared = _Prepared(statement, words, columns, connection.dialect)
        _PREPARED[mark] = prepared
    prepared.execute(connection, rows)


def _on_conflict(statement: Any, table: Table, update: Sequence[str] | Mapping[str, Merge]) -> Any:
    keys = list(table.primary_key.columns)
    if not update:
        return statement.on_conflict_do_nothing(index_elements=keys)
    offered = statement.excluded
    changes = (
        {name: merge(table.c[name], offered[name]) for name, merge in update.items()}
        if isinstance(update, Mapping)
        else {name: offered[name] for name in update}
    )
    return statement.on_conflict_do_update(index_elements=keys, set_=changes)


class _Prepared:
    """A statement compiled once, with what the values of a row have to go through on SQLite."""

    def __init__(self, statement: Any, words: Sequence[str], columns: Sequence[Column[Any]], dialect: Dialect) -> None:
        self.words = tuple(words)
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        places = [self.words.index(word) for word in compiled.positiontup or self.words]
        if sorted(places) != list(range(len(words))):
            raise AssertionError(f"the statement binds {compiled.positiontup}, not {words}")
        self._places = None if places == sorted(places) else itemgetter(*places)
        # The driver takes flags, texts, numbers and bytes as they are; only instants have to be written as text.
        self._instants = [at for at, place in enumerate(places) if isinstance(columns[place].type, Instant)]

    def execute(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Once for each row: values in the order of the words."""
        connection.exec_driver_sql(self.sql, self._tuples(rows))

    def _tuples(self, rows: Sequence[Sequence[Any]]) -> Sequence[Any]:
        if self._places is not None:
            rows = list(map(self._places, rows))
        if not self._instants:
            return rows
        made: list[Any] = []
        for row in rows:
            values = list(row)
            for at in self._instants:
                if values[at] is not None:
                    values[at] = instant_text(values[at])
            made.append(tuple(values))
        return made


_PREPARED: dict[tuple[Any, ...], _Prepared | ArrayStatement] = {}
