"""Bulk writes that can be repeated, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
#: Below every database's limit of bound variables in one statement.
CHUNK = 900


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The distinct items in lists of at most `size`, in the order of their first appearance."""
    unique = list(dict.fromkeys(items))
    for start in range(0, len(unique), size):
        yield unique[start : start + size]


def select_in(
    connection: Connection,
    build: Callable[[ColumnElement[bool]], Select[Any]],
    column: ColumnElement[Any],
    values: Iterable[Any],
) -> list[Row[Any]]:
    """All rows of `build(column IN values)`, asked in chunks."""
    rows: list[Row[Any]] = []
    for part in chunks(values):
        rows.extend(connection.execute(build(column.in_(part))).all())
    return rows


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    update: Sequence[str] | Mapping[str, Callable[[Any, Any], Any]] | None = None,
) -> None:
    """Insert; where the primary key is there already, set the columns of `update`, or leave the row alone.

    `update` as a mapping gives an expression per column from (stored, offered).
    """
    if not rows:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    keys = list(table.primary_key.columns)
    if not update:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    elif isinstance(update, Mapping):
        statement = statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: made(table.c[name], statement.excluded[name]) for name, made in update.items()},
        )
    else:
        statement = statement.on_conflict_do_update(
            index_elements=keys, set_={name: statement.excluded[name] for name in update}
        )
    connection.execute(statement, list(rows))
