"""Copies of a SQLite store: whole and consistent while others write, in one file that needs no WAL.

A copy is made by VACUUM INTO, which reads one state of the database in little memory and takes nothing along that was
deleted. It bears a mark, by which a store that is put back from it is known (store.lineage).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Engine

from store import migrate
from store.errors import StoreError

#: The name in table `meta` of a copy's mark.
MARK = "copied"
#: So many copies from before upgrades are kept.
KEPT = 3
#: Steps of SQLite's machine after which progress is told: several times a second.
_TICK = 200_000


def database_file(engine: Engine) -> Path | None:
    """The file of a SQLite store; None for PostgreSQL."""
    name = engine.url.database
    if name and "uri" in engine.url.query:  # of an engine that only reads: a URI, not a path
        name = unquote(name.removeprefix("file:"))
    return Path(name) if engine.dialect.name == "sqlite" and name and name != ":memory:" else None


def write_copy(
    engine: Engine, target: Path, mark: str, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> None:
    """Copy the store of `engine` to the file `target`, with the mode of the store's file; raises StoreError.

    The file is there whole or not at all. `mark` says what it is, for people: "backup of …". `progress` hears how many
    bytes of about how many are written.
    """
    database = database_file(engine)
    assert database is not None
    with claimed(target) as part:
        try:
            with contextlib.closing(engine.raw_connection()) as pooled:
                _vacuum(pooled.driver_connection, part, lambda: progress(part.stat().st_size, database.stat().st_size))
            _put_mark(part, mark)
            make_like(part, database)
            finish(part, target)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{target} can't be written: {error}", _hint(str(error))) from error


def _vacuum(connection: Any, part: Path, tick: Callable[[], None]) -> None:
    """VACUUM INTO; an exception in `tick`, such as that of Ctrl-C, ends it and goes up."""
    ended: list[BaseException] = []

    def watch() -> bool:
        try:
            tick()
        except BaseException as error:
            ended.append(error)
        return bool(ended)

    connection.set_progress_handler(watch, _TICK)
    try:
        connection.execute("VACUUM INTO ?", (str(part),))
    except sqlite3.OperationalError:
        if ended:
            raise ended[0] from None
        raise
    finally:
        connection.set_progress_handler(None, 0)


def finish(part: Path, target: Path) -> None:
    """Give a file that is whole its name, for good; raises OSError."""
    _sync(part)
    part.rename(target)
    _sync(target.parent)


def make_like(path: Path, model: Path) -> None:
    """Give a file the mode of another and, as far as we may, its owner and group."""
    wanted = model.stat()
    path.chmod(wanted.st_mode & 0o666)
    with contextlib.suppress(PermissionError):
        os.chown(path, wanted.st_uid, wanted.st_gid)


@contextmanager
def claimed(target: Path) -> Iterator[Path]:
    """An empty file beside `target` that is ours alone, and gone afterwards unless it was renamed."""
    for left in target.parent.glob(f"{_escaped(target.name)}.*.part"):
        if _is_orphan(left):
            left.unlink(missing_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
    except OSError as error:
        raise StoreError(f"{target} can't be written: {error.strerror}", _hint(str(error))) from error
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _is_orphan(part: Path) -> bool:
    """Was whoever wrote this killed?"""
    number = part.name.split(".")[-2]
    try:
        os.kill(int(number), 0)
    except ValueError:
        return False
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _put_mark(path: Path, mark: str) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (MARK, mark))


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _hint(problem: str) -> str:
    if "full" in problem or "No space" in problem:
        return "make room there: a copy is as large as the store"
    return "name a file in a folder that is there and that this user may write to"


# -- before an upgrade --------------------------------------------------------------------------------------------


def copy_before(engine: Engine, revision: str) -> Path | None:
    """Keep the store as it is before the upgrade to `revision`, beside its file; older copies go but for a few."""
    database = database_file(engine)
    if database is None:
        return None
    target = _beside(database, revision)
    write_copy(engine, target, f"copy from before the upgrade to {revision}")
    for old in upgrade_copies(database)[:-KEPT]:
        old.unlink(missing_ok=True)
    return target


def upgrade_copies(database: Path) -> list[Path]:
    """The copies that upgrades have left beside a store, oldest first."""
    found = database.parent.glob(f"{_escaped(database.name)}.before-*")
    return sorted(path for path in found if not path.name.endswith(".part"))


def copy_for_us(database: Path) -> Path | None:
    """Of a store that is newer than this program: the copy that this program could read."""
    ours = _beside(database, migrate.revisions()[-1])
    return next((path for path in upgrade_copies(database) if path > ours), None)


def _beside(database: Path, revision: str) -> Path:
    return database.with_name(f"{database.name}.before-{revision}")


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
