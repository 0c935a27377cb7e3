"""What an audit asks the store about a stream, and where its result is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, collate, exists, select, update

from matching.policy import Verdict
from store.schema.core import account, interaction, message, placement
from store.schema.meetings import calendar_object

#: Rows taken from the database at a time, so that a million of them are never in memory together.
_AT_A_TIME = 5_000


def placed_refs(connection: Connection, stream_id: int) -> Iterator[str]:
    """The refs of all placements of a stream, whatever their verdict, in the order of their code points."""
    there = (placement.c.stream_id == stream_id, placement.c.removed_at.is_(None))
    yield from _refs(connection, select(placement.c.ref).where(*there))


def hollow_refs(connection: Connection, stream_id: int) -> Iterator[str]:
    """Refs whose placement says stored while the mail, its interaction or the calendar object is gone; same order."""
    whole = exists().where(message.c.key == placement.c.message_key, interaction.c.id == message.c.interaction_id)
    same = (calendar_object.c.stream_id == placement.c.stream_id, calendar_object.c.ref == placement.c.ref)
    is_kept = exists().where(*same)
    is_hollow = (placement.c.verdict == Verdict.STORED.value, placement.c.removed_at.is_(None), ~whole, ~is_kept)
    yield from _refs(connection, select(placement.c.ref).where(placement.c.stream_id == stream_id, *is_hollow))


def quarantined_refs(connection: Connection, stream_id: int) -> Iterator[str]:
    """Refs of what could not be read, in the same order."""
    is_quarantined = (placement.c.verdict == Verdict.QUARANTINED.value, placement.c.removed_at.is_(None))
    yield from _refs(connection, select(placement.c.ref).where(placement.c.stream_id == stream_id, *is_quarantined))


def save_audit(connection: Connection, account_id: str, coverage: float, now: datetime) -> None:
    """Keep the result of an audit: coverage in percent."""
    values: dict[str, Any] = {"coverage": coverage, "audited_at": now}
    connection.execute(update(account).where(account.c.id == account_id).values(values))


def _refs(connection: Connection, query: Select[Any]) -> Iterator[str]:
    ordered = query.order_by(_by_code_point(connection))
    yield from connection.execution_options(yield_per=_AT_A_TIME).scalars(ordered)


def _by_code_point(connection: Connection) -> ColumnElement[str]:
    """SQLite compares bytes; PostgreSQL by default as the language of the database does."""
    return collate(placement.c.ref, "C") if connection.dialect.name == "postgresql" else placement.c.ref
