"""Many rows in one statement on PostgreSQL: each column travels as an array, in the driver's binary format.

Measured beside COPY into a temporary table and the driver's executemany, this takes least of our time and needs no
table that is not ours. Rows are written in the order of their keys, so that two transactions that write the same ones
take their locks in one order, and never wait for each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    Connection,
    Dialect,
    String,
    TableValuedAlias,
    Text,
    bindparam,
    column,
    func,
    select,
)

#: What SQLAlchemy writes for a parameter; `b` in place of `s` asks psycopg for the binary format.
_PARAMETER = re.compile(r"%\((\w+)\)s")

Row = Sequence[Any]


def row_source(words: Sequence[str], columns: Sequence[Column[Any]]) -> TableValuedAlias:
    """The rows as a table of a statement: a parameter for each word, with the values of its column."""
    # text, because a cast to varchar(n) would cut off what is too long, and not tell
    types = [Text() if isinstance(each.type, String) else each.type for each in columns]
    values = [bindparam(word, type_=ARRAY(kind)) for word, kind in zip(words, types, strict=True)]
    names = [column(word, kind) for word, kind in zip(words, types, strict=True)]
    return func.unnest(*values).table_valued(*names, name="given").render_derived()


class ArrayStatement:
    """A statement over a row source, compiled once.

    `keys`: which of the words tell one row from another; none where each row gets a number. `is_merging`: the rows of
    one key are written one after another, in their order, for a statement changes a row once.
    """

    def __init__(
        self, statement: Any, words: Sequence[str], keys: Sequence[str], dialect: Dialect, *, is_merging: bool
    ) -> None:
        self._words = tuple(words)
        places = [self._words.index(key) for key in keys]
        self._key = itemgetter(*places) if places else _no_key
        self._is_merging = is_merging
        compiled = statement.compile(dialect=dialect)
        if set(compiled.params) != set(words):
            raise AssertionError(f"the statement binds {set(compiled.params)}, not {words}")
        self._sql = _PARAMETER.sub(r"%(\1)b", str(compiled))

    def execute(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Of rows whose values stand in the order of the words."""
        for part in self._rounds(sorted(rows, key=self._key)):
            arrays = map(list, zip(*part, strict=True))
            connection.exec_driver_sql(self._sql, dict(zip(self._words, arrays, strict=True)))

    def _rounds(self, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
        """The rows in parts that have each key once."""
        while self._is_merging and rows:
            now: list[Row] = []
            later: list[Row] = []
            last = None
            for row in rows:
                key = self._key(row)
                (later if now and key == last else now).append(row)
                last = key
            yield now
            rows = later
        if rows:
            yield rows


def _no_key(_row: Row) -> tuple[()]:
    return ()


def selected(source: TableValuedAlias, words: Sequence[str]) -> Any:
    """All rows of the source, values in the order of the words."""
    return select(*(source.c[word] for word in words))
