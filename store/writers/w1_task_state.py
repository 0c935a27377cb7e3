"""The table in which other programs say how it stands with tasks: what waits there, and the answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, literal, select, text, type_coerce, update
from sqlalchemy.types import NullType

from store.schema.w1 import w1_task_state
from store.upsert import one_of
from store.writers.w1 import bounded, instant, is_text, lenient

_WAITS = and_(w1_task_state.c.applied_at.is_(None), w1_task_state.c.error.is_(None))
#: Columns whose length nothing bounds.
_LONG = ("changed_by", "note")
_TEXTS = ("task_id", "state", "changed_by", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStateRow:
    """A row that waits. Texts are None where they are NULL."""

    #: Names the row for its answer.
    key: Any
    task_id: str | None
    state: str | None
    changed_by: str | None
    note: str | None
    snoozed_until_at: datetime | None
    #: Is the time that it names none?
    has_bad_time: bool
    #: Columns that hold no text in UTF-8; they are None.
    unreadable: tuple[str, ...]


def is_anything_waiting(connection: Connection) -> bool:
    """Does any row wait? Costs a look-up in an index."""
    return connection.execute(select(literal(1)).select_from(w1_task_state).where(_WAITS).limit(1)).first() is not None


def waiting(connection: Connection, limit: int) -> list[TaskStateRow]:
    """Rows that wait, kept from changing until the transaction ends; those that somebody has locked wait on."""
    table = w1_task_state.c
    key: Any = text("rowid AS key") if connection.dialect.name == "sqlite" else table.task_id.label("key")
    names = (*_TEXTS, "snoozed_until_at")
    given = (bounded(table[name]) if name in _LONG else table[name] for name in names)
    query = select(key, *(type_coerce(each, NullType()).label(name) for name, each in zip(names, given, strict=True)))
    query = query.where(_WAITS)
    with lenient(connection):
        rows = connection.execute(query.order_by(table.task_id).limit(limit).with_for_update(skip_locked=True)).all()
    return [_row(row) for row in rows]


def _row(row: Any) -> TaskStateRow:
    given = {name: getattr(row, name) for name in _TEXTS}
    until = instant(row.snoozed_until_at)
    return TaskStateRow(
        key=row.key,
        **{name: value if is_text(value) else None for name, value in given.items()},
        snoozed_until_at=until,
        has_bad_time=until is None and row.snoozed_until_at is not None,
        unreadable=tuple(name for name, value in given.items() if value is not None and not is_text(value)),
    )


def answer(connection: Connection, errors: Iterable[tuple[TaskStateRow, str | None]], now: datetime) -> None:
    """Tell the programs what became of their rows: (row, error or None)."""
    is_sqlite = connection.dialect.name == "sqlite"
    same = text("rowid = :k") if is_sqlite else w1_task_state.c.task_id == bindparam("k")
    values = {"applied_at": bindparam("t", type_=w1_task_state.c.applied_at.type), "error": bindparam("e")}
    rows = [{"k": row.key, "t": None if error else now, "e": error} for row, error in errors]
    if rows:
        connection.execute(update(w1_task_state).where(same).values(values), rows)


def forget(connection: Connection, task_ids: Sequence[str]) -> None:
    """Nothing is left of what was said of these tasks."""
    connection.execute(delete(w1_task_state).where(one_of(connection, w1_task_state.c.task_id, list(task_ids))))
