"""A query that is asked for each of many values: the last mail of each contact, and the like.

PostgreSQL answers for all of them at once. SQLite has no LATERAL, but a question costs it hardly more than its answer:
there it is compiled once and put by the driver, without the some 50 µs that SQLAlchemy takes for each.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Dialect, Select, literal_column, select, true

from store.arrays import row_source
from store.types import Instant, instant_text

#: What makes the query of the columns of what is given, by name.
Build = Callable[[Mapping[str, ColumnElement[Any]]], Select[Any]]


class ForEach:
    """The query that `build` makes of what is given: values of `given`, in this order; the first tells answers apart.

    The rows are in no order on which to rely: one for each is had by LIMIT, what is newest of many by looking.
    """

    def __init__(self, build: Build, *given: Column[Any]) -> None:
        self._build = build
        self._given = {column.name: column for column in given}
        self._asked: dict[str, _Asked | _Joined] = {}

    def rows(self, connection: Connection, given: Iterable[Sequence[Any]]) -> dict[Any, list[Any]]:
        """First value -> its rows, whose columns are attributes."""
        wanted = list(given)
        name = connection.dialect.name
        if name not in self._asked:
            make = _Joined if name == "postgresql" else _Asked
            self._asked[name] = make(self._build, self._given, connection.dialect)
        return self._asked[name].rows(connection, wanted) if wanted else {}


class _Joined:
    """On PostgreSQL."""

    def __init__(self, build: Build, given: Mapping[str, Column[Any]], _dialect: Dialect) -> None:
        self._words = tuple(given)
        source = row_source(self._words, list(given.values()))
        found = build(dict(source.c)).lateral("found")
        self._statement = select(source.c[self._words[0]].label("given"), *found.c).join(found, true())
        self._make = _row_of(found.c.keys())

    def rows(self, connection: Connection, given: Sequence[Sequence[Any]]) -> dict[Any, list[Any]]:
        arrays = dict(zip(self._words, map(list, zip(*given, strict=True)), strict=True))
        found: dict[Any, list[Any]] = {each[0]: [] for each in given}
        for key, *row in connection.execute(self._statement, arrays):
            found[key].append(self._make(row))
        return found


class _Asked:
    """On SQLite."""

    def __init__(self, build: Build, given: Mapping[str, Column[Any]], dialect: Dialect) -> None:
        query = build({word: literal_column(f":{word}", column.type) for word, column in given.items()})
        self._words = tuple(given)
        self._sql = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        self._instants = [at for at, column in enumerate(given.values()) if isinstance(column.type, Instant)]
        readers = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in query.selected_columns
        ]
        self._readers = [(at, read) for at, read in enumerate(readers) if read is not None]
        self._make = _row_of(query.selected_columns.keys())

    def rows(self, connection: Connection, given: Sequence[Sequence[Any]]) -> dict[Any, list[Any]]:
        cursor = connection.connection.cursor()
        try:
            return {
                each[0]: [self._row(row) for row in cursor.execute(self._sql, self._values(each))] for each in given
            }
        finally:
            cursor.close()

    def _values(self, given: Sequence[Any]) -> dict[str, Any]:
        values = list(given)
        for at in self._instants:
            values[at] = instant_text(values[at])
        return dict(zip(self._words, values, strict=True))

    def _row(self, values: Sequence[Any]) -> Any:
        row = list(values)
        for at, read in self._readers:
            row[at] = read(row[at])
        return self._make(row)


#: The checker of types wants to see the names, which are known when the query is made.
_namedtuple: Any = namedtuple


def _row_of(names: Sequence[str]) -> Callable[[Iterable[Any]], Any]:
    make: Callable[[Iterable[Any]], Any] = _namedtuple("Row", names)._make
    return make
