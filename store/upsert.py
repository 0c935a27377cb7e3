"""Bulk reads and writes, the same on SQLite and PostgreSQL, and quick on both.

SQLAlchemy spends about 15 µs on each bound value of an IN list and on each row of an executemany; a page of 500 mails
has some 10,000 of the first and 6,000 of the second. So a list of values travels as one: on PostgreSQL as an array, on
SQLite as a text that it takes apart, which takes half the time of a temporary table. A query that is made once is not
made again for each list. Inserts are compiled once: on SQLite handed to the driver as tuples, on PostgreSQL as arrays
(store.arrays).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

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
    column,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from store.arrays import ArrayStatement, row_source, selected
from store.types import Instant, instant_text

T = TypeVar("T")

#: Bytes in a key.
_KEY = 16
#: The values of a list on SQLite: texts and numbers as JSON, keys one after another.
_OF_JSON = text("SELECT value FROM json_each(:within)")
_OF_KEYS = text(
    "WITH RECURSIVE place (i) AS (VALUES (1) UNION ALL SELECT i + 16 FROM place WHERE i + 16 < length(:within))"
    " SELECT substr(:within, i, 16) FROM place"
)

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
    """`column IN values`."""
    wanted = _distinct(values)
    is_array = connection.dialect.name == "postgresql"
    given = wanted if is_array else _listed(wanted)
    return _within(column, "array" if is_array else type(given), given)


def select_in(
    connection: Connection,
    build: Callable[[ColumnElement[bool]], Select[Any]],
    column: ColumnElement[Any],
    values: Iterable[Any],
    others: Mapping[str, Any] | None = None,
) -> list[Any]:
    """All rows of `build(column IN values)`; nothing is asked for no values.

    Where `build` is the `where` of a query that was made once, that is done once too. `others`: its own parameters.
    """
    wanted = _distinct(values)
    if not wanted:
        return []
    is_array = connection.dialect.name == "postgresql"
    given = wanted if is_array else _listed(wanted)
    query = _built(build, column, "array" if is_array else type(given))
    return list(connection.execute(query, {**(others or {}), "within": given}).all())


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Each value once; NULL is equal to nothing."""
    wanted = dict.fromkeys(values)
    wanted.pop(None, None)
    return list(wanted)


def _listed(wanted: list[Any]) -> str | bytes:
    """The values as SQLite takes them apart."""
    if wanted and isinstance(wanted[0], bytes):
        keys = b"".join(wanted)
        if len(keys) != _KEY * len(wanted):
            raise ValueError(f"keys have {_KEY} bytes")
        return keys
    listed = json.dumps(wanted, ensure_ascii=False)
    if "\\u0000" in listed:
        # no text of ours has one, for PostgreSQL takes none; SQLite would read as far as there
        listed = json.dumps([each for each in wanted if "\0" not in str(each)], ensure_ascii=False)
    return listed


def _within(column_: ColumnElement[Any], form: object, given: Any = None) -> ColumnElement[bool]:
    """`given`: the values; without them the parameter `within` waits for its own."""
    kind = ARRAY(column_.type) if form == "array" else None
    value = bindparam("within", type_=kind) if given is None else bindparam("within", given, type_=kind, unique=True)
    if form == "array":
        return column_ == any_(value)
    listed = _OF_KEYS if form is bytes else _OF_JSON
    return column_.in_(listed.bindparams(value).columns(column("value")))


def _built(
    build: Callable[[ColumnElement[bool]], Select[Any]], column_: ColumnElement[Any], form: object
) -> Select[Any]:
    query = getattr(build, "__self__", None)
    if not isinstance(query, Select):
        return build(_within(column_, form))
    made = _BUILT.setdefault(query, {})
    if (column_, form) not in made:
        made[column_, form] = build(_within(column_, form))
    return made[column_, form]


#: What was made of a query, as long as it lasts: for (column, form of the values).
_BUILT: WeakKeyDictionary[Select[Any], dict[tuple[ColumnElement[Any], object], Select[Any]]] = WeakKeyDictionary()


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
