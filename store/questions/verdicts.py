"""What became of the items that were seen, counted; for whoever asks why something is not in the history."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from store.schema.core import placement


def verdicts(connection: Connection) -> list[tuple[str, str, int]]:
    """(verdict, reason, placements), the most frequent first."""
    count = func.count().label("items")
    query = (
        select(placement.c.verdict, placement.c.reason, count)
        .group_by(placement.c.verdict, placement.c.reason)
        .order_by(count.desc(), placement.c.verdict, placement.c.reason)
    )
    return [(row.verdict, row.reason, row.items) for row in connection.execute(query)]
