"""Items that have become wanted, and are to be fetched by reference."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, text

from store.schema.core import placement, removal

#: As the index has it: of the column itself SQLAlchemy makes "is_wanted = 1", for which SQLite reads all placements.
IS_WANTED = text("placement.is_wanted")


def is_wanted_there() -> ColumnElement[bool]:
    """Is it wanted, and has nothing been told of the placement being gone?"""
    is_told = exists().where(removal.c.stream_id == placement.c.stream_id, removal.c.ref == placement.c.ref)
    return and_(IS_WANTED, placement.c.removed_at.is_(None), ~is_told)
