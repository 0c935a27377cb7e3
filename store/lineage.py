"""Whether a store is still the one it was, or was put back from a copy: then readers and cursors begin anew.

Three signs tell: the mark of a backup (store.keeping.backup); the place, which is another where a file was copied or a
database restored; and, for a SQLite file that was overwritten in its place, the number of its transactions, which a
small file beside it knows as well. What none of them shows is a whole machine that was set back.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, text, update
from sqlalchemy.exc import DBAPIError

from store.errors import StoreError
from store.keeping.backup import MARK, database_file, make_like
from store.schema.core import meta, stream
from store.upsert import upsert

_DIGITS = 20
_NEXT = "UPDATE meta SET value = value + 1 WHERE name = 'generation' RETURNING value"
#: Cluster, its history (another after a recovery to a point in time or a failover), database, table.
_PLACE = text(
    "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),"
    " substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),"
    " (SELECT oid FROM pg_database WHERE datname = current_database()), 'meta'::regclass::oid)"
)
_PLAIN_PLACE = text(
    "SELECT concat_ws('/', (SELECT oid FROM pg_database WHERE datname = current_database()), 'meta'::regclass::oid)"
)


class Lineage:
    """What the world outside knows of the store of an engine."""

    def __init__(self, engine: Engine) -> None:
        self._database = database_file(engine)
        self._file = self._database.with_name(f"{self._database.name}.generation") if self._database else None

    def settle(self, connection: Connection) -> str | None:
        """Begin anew in a store that was put back; returns why, or None. In a transaction that writes."""
        kept = _kept(connection)
        place, counted = self._place(connection), self._counted()
        reason = _reason(kept, place, counted)
        if reason is not None:
            begin_anew(connection)
        rows = {"place": place}
        if self._file is not None:
            rows["generation"] = str(max(counted, _number(kept.get("generation", ""))) + 1)
        upsert(connection, meta, [{"name": n, "value": v} for n, v in sorted(rows.items())], update=["value"])
        return reason

    def is_settled(self, connection: Connection) -> bool:
        """Is the store where it was, as far as it had come, and no copy?"""
        kept = _kept(connection)
        place = self._place(connection)
        return kept.get("place") == place and _reason(kept, place, self._counted()) is None

    def changes(self, connection: Connection) -> int:
        """How many rows this connection has changed so far; 0 where nobody counts."""
        return int(_raw(connection).total_changes) if self._file is not None else 0

    def advance(self, connection: Connection, changes: int) -> int | None:
        """Count a transaction in which more than `changes` rows have changed; returns its number."""
        if self._file is None or self.changes(connection) == changes:
            return None
        # past SQLAlchemy, which would take ten times as long for a statement of each transaction
        row = _raw(connection).execute(_NEXT).fetchone()
        return None if row is None else int(row[0])

    def note(self, number: int | None) -> None:
        """Write down the number of a transaction that is committed."""
        if number is None or self._file is None or self._database is None:
            return
        # a file that can't be written makes a restore harder to notice, and nothing else
        with contextlib.suppress(OSError):
            _write_greater(str(self._file), number, self._database)

    def _counted(self) -> int:
        try:
            return _number(self._file.read_text("ascii")) if self._file is not None else 0
        except (OSError, UnicodeDecodeError):
            return 0

    def _place(self, connection: Connection) -> str:
        if self._database is not None:
            return str(self._database.stat().st_ino)
        try:
            with connection.begin_nested():
                return str(connection.scalar(_PLACE))
        except DBAPIError:  # a host of databases that keeps its functions to itself
            return str(connection.scalar(_PLAIN_PLACE))


def refuse_stale_wal(database: Path) -> None:
    """Raise StoreError where a backup was put in place of a store that was killed, and its WAL still lies there.

    SQLite would write that into the backup. Nothing of ours leaves a WAL with content beside a file whose header
    (sqlite.org/fileformat2, offset 18) says that it has none, as our backups do.
    """
    wal = database.with_name(f"{database.name}-wal")
    try:
        before = wal.stat()
        with database.open("rb") as file:
            is_without = file.read(20)[18:] == b"\x01\x01"
        now = wal.stat()
    except OSError:
        return
    # the same file at both looks: nobody has come or gone in between
    if before.st_size and is_without and now.st_size and before.st_ino == now.st_ino:
        raise StoreError(
            f"{database} was put back, and {wal.name} beside it belongs to the store that was there before",
            f"take {wal.name} and {database.name}-shm away; nothing that is in the backup gets lost by it",
        )


def begin_anew(connection: Connection) -> None:
    """Give the feed a new epoch, and have every stream compared with its server's full listing."""
    upsert(connection, meta, [{"name": "feed_epoch", "value": str(uuid.uuid4())}], update=["value"])
    connection.execute(update(stream).values(compared_at=None))
    connection.execute(delete(meta).where(meta.c.name == MARK))


def _kept(connection: Connection) -> dict[str, str]:
    names = (MARK, "place", "generation")
    return dict(connection.execute(select(meta.c.name, meta.c.value).where(meta.c.name.in_(names))).all())


def _reason(kept: dict[str, str], place: str, counted: int) -> str | None:
    if MARK in kept:
        return f"it is a {kept[MARK]}"
    if kept.get("place", place) != place:
        return "it lies in another place than before"
    if "generation" in kept and _number(kept["generation"]) < counted:
        return "it is older than what was written here last"
    return None


def _number(text: str) -> int:
    """The number of a transaction; 0 for what is none, and for more than there can be."""
    digits = text.strip()
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS else 0
    return number if number < 2**62 else 0


def _raw(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _write_greater(path: str, number: int, model: Path) -> None:
    """Write the number in its place, unless a greater one stands there: another process was quicker."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        make_like(Path(path), model)
    try:
        before = _number(os.pread(file, _DIGITS, 0).decode("ascii", "replace"))
        if before == 0:
            os.ftruncate(file, 0)  # it is new, or nonsense of whatever length
        if before < number:
            os.pwrite(file, b"%0*d\n" % (_DIGITS, number), 0)
    finally:
        os.close(file)
