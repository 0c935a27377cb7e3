"""Bulk reads and writes, the same on SQLite and PostgreSQL, and quick on both.

SQLAlchemy spends about 15 µs on each bound value of an IN list and on each row of an executemany; a page of 500 mails
has some 10,000 of the first and 6,000 of the second. So lists of values go through a temporary table (PostgreSQL: an
array), and inserts on SQLite are compiled once and handed to the driver as tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Row,
    Select,
    Table,
    any_,
    bindparam,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

#: Made in each connection to SQLite (store.engine).
SCRATCH_TABLE = "CREATE TEMP TABLE IF NOT EXISTS scratch (k)"
_SCRATCH: Select[Any] = select(literal_column("k")).select_from(text("temp.scratch"))

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
    connection.exec_driver_sql("DELETE FROM temp.scratch")
    if wanted:
        connection.exec_driver_sql("INSERT INTO temp.scratch VALUES (?)", [(value,) for value in wanted])
    return column.in_(_SCRATCH)


def select_in(
    connection: Connection,
    build: Callable[[ColumnElement[bool]], Select[Any]],
    column: ColumnElement[Any],
    values: Iterable[Any],
) -> list[Row[Any]]:
    """All rows of `build(column IN values)`; nothing is asked for no values."""
    wanted = list(values)
    if not wanted:
        return []
    return list(connection.execute(build(one_of(connection, column, wanted))).all())


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
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        connection.execute(_statement(postgresql.insert, table, update), list(rows))
        return
    mark = (table.name, names, tuple(update), isinstance(update, Mapping))
    prepared = _PREPARED.get(mark)
    if prepared is None:
        statement = _statement(sqlite.insert, table, update).values({name: bindparam(name) for name in names})
        prepared = _PREPARED[mark] = _Prepared(statement, table, names, connection.dialect)
    connection.exec_driver_sql(prepared.sql, prepared.tuples(rows))


def _statement(insert: Any, table: Table, update: Sequence[str] | Mapping[str, Merge]) -> Any:
    statement = insert(table)
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
    """An insert compiled for SQLite, with what each value has to go through."""

    def __init__(self, statement: Any, table: Table, names: Sequence[str], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        order = list(compiled.positiontup)
        if sorted(order) != sorted(names):
            raise AssertionError(f"{table.name}: the statement binds {order}, not {names}")
        self._take = itemgetter(*order) if len(order) > 1 else lambda row: (row[order[0]],)
        # The driver takes flags, texts, numbers and bytes as they are; only instants have to be written as text.
        self._processed = [
            (at, process)
            for at, name in enumerate(order)
            if not isinstance(table.c[name].type, Boolean)
            and (process := table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) is not None
        ]

    def tuples(self, rows: Iterable[Mapping[str, Any]]) -> list[Sequence[Any]]:
        if not self._processed:
            return list(map(self._take, rows))
        made: list[Sequence[Any]] = []
        for row in rows:
            values = list(self._take(row))
            for at, process in self._processed:
                values[at] = process(values[at])
            made.append(tuple(values))
        return made


_PREPARED: dict[tuple[Any, ...], _Prepared] = {}
