"""Items that have become wanted, and are to be fetched by reference."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, text

from store.schema.core import placement, removal

#: As the index has it: of the column itself SQLAlchemy makes "is_wanted = 1", for which SQLite reads all placements.
IS_WANTED = text("placement.is_wanted")


def is_wanted_there() -> ColumnElement[bool]:
    """Is it wanted, and has nothing been told of the placement being gone?"""
    is_told = exists().where(removal.c.stream_id == placement.c.stream_id, removal.c.ref == placement.c.ref)
    return and_(IS_WANTED, placement.c.removed_at.is_(None), ~is_told)


def by_index(query: Select[Any]) -> Select[Any]:
    """A query of wanted placements, for which SQLite is to read the few and not all of a stream.

    Without statistics it takes the key of `placement` for as good as the index.
    """
    return query.with_hint(placement, "INDEXED BY ix_placement_wanted", "sqlite")
