"""A reader that keeps a copy of the views by the feed, as docs/store.md tells to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from store.engine import Store

#: Entity -> (view, the column that holds what the feed names).
VIEWS = {
    "person": ("v1_person", "id"),
    "contact": ("v1_contact", "id"),
    "contact_address": ("v1_contact_address", "id"),
    "organization": ("v1_organization", "id"),
    "interaction": ("v1_interaction", "id"),
    "interaction_contact": ("v1_interaction_contact", "interaction_id"),
    "interaction_person": ("v1_interaction_person", "interaction_id"),
    "thread": ("v1_thread", "id"),
    "meeting": ("v1_meeting", "id"),
    "attendee": ("v1_attendee", "meeting_id"),
    "signal": ("v1_signal", "id"),
    "engagement": ("v1_engagement", "contact_id"),
    "score": ("v1_score", "contact_id"),
    "stage": ("v1_stage", "contact_id"),
    "task": ("v1_task", "id"),
    "account_status": ("v1_account_status", "id"),
}
#: Moved by every poll or every writing of a row, so no change by themselves.
UNTOLD = {"last_success_at", "next_try_at", "failures", "backlog", "complete_since_at", "updated_at", "computed_at"}

Row = tuple[tuple[str, Any], ...]
#: (view, key) -> its rows.
Rows = dict[tuple[str, str], list[Row]]


class FeedReader:
    """First reads everything, then follows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.read() as connection:
            self.seq: int = connection.execute(text("SELECT last_seq FROM v1_store")).scalar_one()
        self.rows = self.everything()
        #: Of each change that was read: (entity, op).
        self.read: list[tuple[str, str]] = []

    def follow(self) -> list[int]:
        """Take in what changed; returns the numbers that were read."""
        numbers = []
        with self._store.read() as connection:
            query = text("SELECT seq, entity, entity_id, op FROM v1_change WHERE seq > :seq ORDER BY seq")
            for seq, entity, entity_id, op in connection.execute(query, {"seq": self.seq}).all():
                numbers.append(seq)
                self.seq = seq
                self.read.append((entity, op))
                view, column = VIEWS[entity]
                self.rows.pop((view, entity_id), None)
                if op == "upsert":
                    self.rows |= _rows(connection, view, column, f"WHERE {column} = :id", id=entity_id)
        return numbers

    def everything(self) -> Rows:
        """What the views say now."""
        found: Rows = {}
        with self._store.read() as connection:
            for view, column in VIEWS.values():
                found |= _rows(connection, view, column)
        return found


def _rows(connection: Connection, view: str, column: str, where: str = "", **values: str) -> Rows:
    found: Rows = {}
    query = text(f"SELECT * FROM {view} {where}")  # noqa: S608 - words of ours
    for row in connection.execute(query, values).mappings():
        told = tuple((name, value) for name, value in row.items() if name not in UNTOLD)
        found.setdefault((view, row[column]), []).append(told)
    return {key: sorted(rows, key=repr) for key, rows in found.items()}
