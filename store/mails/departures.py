"""How much left a folder lately: one that is emptied little by little is noticed as one that is emptied at once.

Little by little, only mail counts that is older than `WINDOW`: a person who deletes mails after reading them, a POP
client or a folder whose mail expires takes away what came not long before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Integer, PrimaryKeyConstraint, Row, Table, case, delete, func, select

from store.schema.core import metadata, placement, stream
from store.types import Instant
from store.upsert import upsert_rows

#: So far back is looked.
WINDOW = timedelta(days=7)
#: Fewer removals are everyday life, whatever the folder's size.
FEW = 20

#: Mails older than WINDOW that left a folder, by the hour.
departure = Table(
    "departure",
    metadata,
    Column("stream_id", Integer, nullable=False),
    Column("left_at", Instant, nullable=False),
    Column("lost", Integer, nullable=False),  # they lay in no other folder of the account
    Column("moved", Integer, nullable=False),
    PrimaryKeyConstraint("stream_id", "left_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinkage:
    """What a folder would lose, and what it lost and got within WINDOW. Numbers of mails."""

    #: Gone now, and in no other folder of the account.
    lost: int
    #: All that it held until now.
    held: int
    #: Of mail older than WINDOW: what was lost within WINDOW, with what is lost now.
    lost_lately: int = 0
    #: Of mail older than WINDOW: what the folder held when WINDOW began.
    held_before: int = 0
    #: Mail younger than WINDOW that stays.
    came: int = 0

    @property
    def is_too_much(self) -> bool:
        """Is this most of what it holds, or of what it held when WINDOW began?"""
        at_once = self.lost > FEW and 2 * self.lost > self.held
        shrunk = self.lost_lately - self.came
        return at_once or (shrunk > FEW and 2 * shrunk > self.held_before)


def shrinkage(
    connection: Connection, stream_id: int, leaving: Sequence[Row[Any]], lost: Sequence[Row[Any]], now: datetime
) -> Shrinkage:
    """What becomes of a folder when these placements leave it, of which some are lost; they are counted as there."""
    table, begin = placement, now - WINDOW
    is_young = case((table.c.received_at >= begin, 1), else_=0)
    there = (table.c.stream_id == stream_id, table.c.removed_at.is_(None))
    held, young = connection.execute(select(func.count(), func.coalesce(func.sum(is_young), 0)).where(*there)).one()
    # of a folder where something is held back all is remembered until a person has looked
    kept = select(func.coalesce(func.sum(departure.c.lost), 0), func.coalesce(func.sum(departure.c.moved), 0))
    is_held_back = select(stream.c.held_back).where(stream.c.id == stream_id).scalar_subquery() > 0
    lately = (departure.c.stream_id == stream_id, (departure.c.left_at >= begin) | is_held_back)
    lost_before, moved_before = connection.execute(kept.where(*lately)).one()
    return Shrinkage(
        lost=len(lost),
        held=held,
        lost_lately=_old(lost, now) + lost_before,
        held_before=held - young + lost_before + moved_before,
        came=young - (len(leaving) - _old(leaving, now)),
    )


def lost_lately(connection: Connection, stream_id: int) -> int:
    """How many old mails are known to be lost, beside what is held back."""
    query = select(func.coalesce(func.sum(departure.c.lost), 0)).where(departure.c.stream_id == stream_id)
    return connection.scalar(query) or 0


def note(
    connection: Connection, stream_id: int, lost: Sequence[Row[Any]], moved: Sequence[Row[Any]], now: datetime
) -> None:
    """These have left the folder."""
    old = (_old(lost, now), _old(moved, now))
    if any(old):
        hour = now.replace(minute=0, second=0, microsecond=0)
        add = {name: lambda stored, offered: stored + offered for name in ("lost", "moved")}
        upsert_rows(
            connection, departure, ("stream_id", "left_at", "lost", "moved"), [(stream_id, hour, *old)], update=add
        )


def forget(connection: Connection, stream_ids: Collection[int]) -> None:
    """A person has looked, or the folder is no more."""
    connection.execute(delete(departure).where(departure.c.stream_id.in_(stream_ids)))


def forget_old(connection: Connection, account_id: str, now: datetime) -> None:
    """What counts no more."""
    fine = select(stream.c.id).where(stream.c.account_id == account_id, stream.c.held_back == 0)
    connection.execute(delete(departure).where(departure.c.stream_id.in_(fine), departure.c.left_at < now - WINDOW))


def _old(rows: Iterable[Row[Any]], now: datetime) -> int:
    return sum(row.received_at is None or row.received_at < now - WINDOW for row in rows)
