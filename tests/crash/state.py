"""Everything that a store holds, but for what the clock and the order of arrival write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tests.integration.company import Company
from tests.integration.databases import TABLES

Row = tuple[object, ...]
State = Mapping[str, Counter[Row]]

#: Tables of the store's own keeping, tables whose rows say when or in which order, and what the views show better.
_LEFT_OUT = {"alembic_version", "meta", "redirect", "sqlite_sequence", "account", "person", "change", "feed_state"}
#: Columns that the clock writes, and counters of attempts.
_VOLATILE = {
    "applied_at",
    "changed_at",
    "compared_at",
    "computed_at",
    "created_at",
    "due_at",
    "first_seen_at",
    "last_success_at",
    "horizon_reached_at",
    "left_at",
    "look_at",
    "next_try_at",
    "name_rank",
    "removed_at",
    "seen_at",
    "settled_at",
    "since_at",
    "told_at",
    "updated_at",
    "version",
}
#: Of these it counts whether the clock has written them.
_MOMENTS = {"compared_at", "removed_at", "told_at"}
_STREAMS = "SELECT s.id, a.name || '/' || s.name FROM stream s JOIN account a ON a.id = s.account_id"


def state_of(company: Company) -> State:
    """Table or view -> its rows, each with how often it is there."""
    streams: dict[object, object] = dict(company.rows(_STREAMS))
    found = {view: Counter(rows) for view, rows in company.contract().items()}
    with company.reading() as database:
        for (table,) in database.execute(TABLES[database.kind]).fetchall():
            if table in _LEFT_OUT:
                continue
            cursor = database.execute(f"SELECT * FROM {table}")  # noqa: S608 - a name that the database gave
            names = [column[0] for column in cursor.description]
            moments = {at for at, name in enumerate(names) if name in _MOMENTS}
            rows = (tuple(v is not None if at in moments else v for at, v in enumerate(row)) for row in cursor)
            kept = [at for at, name in enumerate(names) if name not in _VOLATILE]
            placed = "stream_id" if table != "stream" else "id"
            found[table] = Counter(
                tuple(streams[row[at]] if names[at] == placed and placed in names else row[at] for at in kept)
                if table == "stream" or "stream_id" in names
                else tuple(row[at] for at in kept)
                for row in rows
            )
    return found


def differences(one: State, other: State) -> dict[str, tuple[list[Row], list[Row]]]:
    """Table -> (rows that the first has alone or more often, the second's), some of each."""
    assert one.keys() == other.keys()
    return {
        table: (list((one[table] - other[table]).elements())[:3], list((other[table] - one[table]).elements())[:3])
        for table in one
        if one[table] != other[table]
    }
