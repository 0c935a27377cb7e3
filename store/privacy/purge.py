"""What is left of erased data in files, and how it goes: pages, write-ahead log, copies beside the store."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from store.engine import BUSY_SECONDS, Store, translated
from store.errors import StoreError
from store.schema.tables import metadata

#: The first bytes of a SQLite database (its file format, section 1.3.1).
_MAGIC = b"SQLite format 3\0"
#: Files that SQLite and we keep beside a database, which are no copies.
_OWN = ("-wal", "-shm", "-journal", ".lock")


@dataclass(frozen=True, slots=True)
class Purged:
    """What was done to the files, and what is left for people to do."""

    #: Automatic copies that were removed.
    removed: tuple[Path, ...]
    #: In words; empty where nothing is left.
    left: tuple[str, ...]


@contextlib.contextmanager
def thorough(store: Store) -> Iterator[None]:
    """While it lasts, SQLite overwrites with zeros what this store's connections delete."""
    if store.engine.dialect.name != "sqlite":
        yield
        return
    store.engine.dispose()
    event.listen(store.engine, "connect", _overwrite)
    try:
        yield
    finally:
        event.remove(store.engine, "connect", _overwrite)
        store.engine.dispose()


def _overwrite(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA secure_delete=ON")


def purge(store: Store) -> Purged:
    """Rewrite the database without what was deleted, empty its log, remove automatic copies; raises StoreError."""
    with translated(store.engine.url.render_as_string(hide_password=True)):
        if store.engine.dialect.name == "sqlite":
            return _purge_sqlite(store)
        return _purge_postgresql(store)


def _purge_sqlite(store: Store) -> Purged:
    # no connection of ours may hold a view of the database as it was
    store.engine.dispose()
    with contextlib.closing(store.engine.raw_connection()) as raw:
        cursor = raw.cursor()
        cursor.execute("PRAGMA temp_store=FILE")  # a copy of the whole database is no matter for memory
        cursor.execute("VACUUM")
        until = time.monotonic() + BUSY_SECONDS
        while cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > until:
                raise StoreError(
                    "another program keeps reading the store, so its write-ahead log can't be emptied",
                    "end that program and repeat the command",
                )
            time.sleep(0.05)
    store.engine.dispose()
    removed, left = [], []
    for copy in copies_beside(store):
        if is_automatic(copy, store):
            copy.unlink()
            removed.append(copy)
        else:
            left.append(f"{copy} is a copy of the store that still holds the data: delete it, or make it anew")
    return Purged(tuple(removed), tuple(left))


def copies_beside(store: Store) -> list[Path]:
    """Other SQLite databases beside a SQLite store that begin with its name."""
    database = store.engine.url.database
    if store.engine.dialect.name != "sqlite" or not database or database == ":memory:":
        return []
    path = Path(database)
    found = []
    for each in sorted(path.parent.iterdir()):
        is_own = each.name == path.name or each.name.removeprefix(path.name) in _OWN
        if each.name.startswith(path.name) and not is_own and each.is_file():
            with each.open("rb") as file:
                if file.read(len(_MAGIC)) == _MAGIC:
                    found.append(each)
    return found


def is_automatic(copy: Path, store: Store) -> bool:
    """Did we make the copy by ourselves, before an upgrade? Those are removed: the store goes on without them."""
    return copy.name.startswith(f"{Path(store.engine.url.database or '').name}.before-")


def _purge_postgresql(store: Store) -> Purged:
    """VACUUM lets the rows' room be used again; the server overwrites it in time, or at once with VACUUM FULL."""
    engine = store.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            connection.execute(text(f"VACUUM {table.name}"))
    return Purged(
        (),
        (
            "PostgreSQL keeps removed rows in its files until their room is used again; to remove them now, stop "
            "keeptouch and run: VACUUM FULL keeptouch.message, keeptouch.content, keeptouch.participant, "
            "keeptouch.placement_bcc, keeptouch.contact, keeptouch.contact_address, keeptouch.calendar_object, "
            "keeptouch.calendar_party, keeptouch.invitation, keeptouch.meeting, keeptouch.attendee",
            "replicas follow by themselves; WAL archives and base backups hold the data until they are deleted: "
            "make a new base backup (pg_basebackup) and delete the older ones with their WAL",
        ),
    )
