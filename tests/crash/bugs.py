"""Bugs that are planted in a forked child, to see that the tests would find them."""

# ruff: noqa: B010 - mypy rightly refuses what these assignments do

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

import store.mails.write
import store.upsert
from connectors.api import Page, Purpose
from daemon.drafts import Prepared
from daemon.ingest import Ingest
from store.mails.write import Place
from store.schema.core import stream


def cursor_before_rows() -> None:
    """A page's cursor is committed first, its rows in a second transaction."""

    def page(self: Ingest, place: Place, purpose: Purpose, prepared: Prepared) -> Counter[str]:
        with self.store.write() as transaction:
            store.mails.write.advance(transaction, place, prepared.page)
        with self.store.write() as transaction:
            return self._write(transaction, place, purpose, prepared.changes)

    setattr(Ingest, "page", page)


def no_compare_and_swap() -> None:
    """A page is written whoever has moved the stream's cursor meanwhile."""
    usual = store.mails.write.advance

    def advance(transaction: Connection, place: Place, page: Page) -> None:
        found = transaction.scalar(select(stream.c.version).where(stream.c.id == place.stream_id))
        usual(transaction, replace(place, version=found or 0), page)

    setattr(store.mails.write, "advance", advance)


def no_unique_key() -> None:
    """Messages are inserted without asking whether a copy is there; `drop_key` takes the key away."""
    usual = store.upsert._on_conflict

    def on_conflict(statement: Any, table: Any, changes: Any) -> Any:
        return statement if table.name == "message" else usual(statement, table, changes)

    setattr(store.upsert, "_on_conflict", on_conflict)
    # this process has inherited statements that ask
    store.upsert._PREPARED.clear()


def drop_key(database: Path) -> None:
    """The table of messages without its key."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.executescript(
            "PRAGMA legacy_alter_table = ON; CREATE TABLE keyless AS SELECT * FROM message;"
            " DROP TABLE message; ALTER TABLE keyless RENAME TO message;"
        )


PLANTED: Mapping[str, Callable[[], None]] = {
    "cursor before rows": cursor_before_rows,
    "no compare-and-swap": no_compare_and_swap,
    "no unique key": no_unique_key,
}
