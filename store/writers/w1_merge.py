"""The table in which other programs say that two contacts are one: what waits there, and the answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, literal, select, text, type_coerce, update
from sqlalchemy.types import NullType

from store.schema.w1 import w1_merge
from store.writers.w1 import flag, is_text, lenient

_WAITS = and_(w1_merge.c.applied_at.is_(None), w1_merge.c.error.is_(None))


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A row that waits. `is_deleted` is None where it is neither true nor false; ids are "" where they are no text."""

    #: Names the row for its answer.
    key: Any
    contact_id: str
    merged_into_id: str
    is_deleted: bool | None


def is_anything_waiting(connection: Connection) -> bool:
    """Does any row wait? Costs a look-up in an index."""
    return connection.execute(select(literal(1)).select_from(w1_merge).where(_WAITS).limit(1)).first() is not None


def waiting(connection: Connection, limit: int) -> list[MergeRow]:
    """Rows that wait, kept from changing until the transaction ends; those that somebody has locked wait on."""
    key: Any = text("rowid AS key") if connection.dialect.name == "sqlite" else w1_merge.c.contact_id.label("key")
    ids = (w1_merge.c.contact_id, w1_merge.c.merged_into_id)
    flags = type_coerce(w1_merge.c.is_deleted, NullType()).label("is_deleted")
    query = select(key, *(type_coerce(each, NullType()).label(each.name) for each in ids), flags).where(_WAITS)
    with lenient(connection):
        rows = connection.execute(query.order_by(ids[0]).limit(limit).with_for_update(skip_locked=True)).all()
    return [MergeRow(row.key, _text(row.contact_id), _text(row.merged_into_id), flag(row.is_deleted)) for row in rows]


def _text(value: Any) -> str:
    return value if is_text(value) else ""


def answer(connection: Connection, errors: Iterable[tuple[MergeRow, str | None]], now: datetime) -> None:
    """Tell the programs what became of their rows: (row, error or None)."""
    same = text("rowid = :k") if connection.dialect.name == "sqlite" else w1_merge.c.contact_id == bindparam("k")
    values = {"applied_at": bindparam("t", type_=w1_merge.c.applied_at.type), "error": bindparam("e")}
    rows = [{"k": row.key, "t": None if error else now, "e": error} for row, error in errors]
    if rows:
        connection.execute(update(w1_merge).where(same).values(values), rows)
