"""The table in which other programs set days on contacts and threads: what waits there, and the answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, literal, select, text, type_coerce, update
from sqlalchemy.types import NullType

from store.schema.w1 import w1_deadline
from store.writers.w1 import bounded, flag, instant, is_text, lenient

_WAITS = and_(w1_deadline.c.applied_at.is_(None), w1_deadline.c.error.is_(None))
#: Columns whose length nothing bounds.
_LONG = ("contact_id", "thread_id", "title")
_KEY = (w1_deadline.c.external_source, w1_deadline.c.external_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRow:
    """A row that waits. Texts are None where they are NULL, and "" where they are no text in UTF-8."""

    #: Names the row for its answer.
    key: Any
    external_source: str | None
    external_id: str | None
    contact_id: str | None
    thread_id: str | None
    #: None: it is no day.
    due_on: date | None
    title: str | None
    since_at: datetime | None
    #: Is that a time, or NULL?
    has_good_time: bool
    #: None: it is neither true nor false.
    is_deleted: bool | None


def is_anything_waiting(connection: Connection) -> bool:
    """Does any row wait? Costs a look-up in an index."""
    return connection.execute(select(literal(1)).select_from(w1_deadline).where(_WAITS).limit(1)).first() is not None


def waiting(connection: Connection, limit: int) -> list[DeadlineRow]:
    """Rows that wait, kept from changing until the transaction ends; those that somebody has locked wait on."""
    names = ("external_source", "external_id", "contact_id", "thread_id", "due_on", "title", "since_at", "is_deleted")
    given = (bounded(w1_deadline.c[name]) if name in _LONG else w1_deadline.c[name] for name in names)
    columns: list[Any] = [type_coerce(each, NullType()).label(name) for name, each in zip(names, given, strict=True)]
    if connection.dialect.name == "sqlite":
        columns.append(text("rowid AS row_number"))
    query = select(*columns).where(_WAITS).order_by(*_KEY).limit(limit).with_for_update(skip_locked=True)
    with lenient(connection):
        return [_read(connection, row) for row in connection.execute(query).all()]


def _read(connection: Connection, row: Row[Any]) -> DeadlineRow:
    is_file = connection.dialect.name == "sqlite"
    return DeadlineRow(
        key=row.row_number if is_file else (row.external_source, row.external_id),
        external_source=_text(row.external_source),
        external_id=_text(row.external_id),
        contact_id=_text(row.contact_id),
        thread_id=_text(row.thread_id),
        due_on=_day(row.due_on),
        title=_text(row.title),
        since_at=instant(row.since_at),
        has_good_time=row.since_at is None or instant(row.since_at) is not None,
        is_deleted=flag(row.is_deleted),
    )


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value if is_text(value) else ""


def _day(value: Any) -> date | None:
    """A day as a program wrote it; None where it is none."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def answer(connection: Connection, errors: Iterable[tuple[DeadlineRow, str | None]], now: datetime) -> None:
    """Tell the programs what became of their rows: (row, error or None)."""
    is_file = connection.dialect.name == "sqlite"
    same: Any = text("rowid = :k") if is_file else and_(_KEY[0] == bindparam("s"), _KEY[1] == bindparam("i"))
    values = {"applied_at": bindparam("t", type_=w1_deadline.c.applied_at.type), "error": bindparam("e")}
    rows = []
    for row, error in errors:
        key = {"k": row.key} if is_file else {"s": row.key[0], "i": row.key[1]}
        rows.append({**key, "t": None if error else now, "e": error})
    if rows:
        connection.execute(update(w1_deadline).where(same).values(values), rows)
