"""Opening a store: engine, pragmas; and the one way to a transaction. store.opening puts schema and key in order."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote

import structlog
from sqlalchemy import URL, Connection, Engine, FromClause, create_engine, event, make_url
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.pool import QueuePool
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_random

from store import checkpoints, migrate, postgresql
from store.errors import NoStoreError, StoreError
from store.keeping.backup import database_file
from store.lineage import Lineage, refuse_stale_wal
from store.opening import Opened, prepare
from store.published import feed

T = TypeVar("T")

log = structlog.get_logger()

#: What `read()`, `write()` and `transact()` give: the floors above pass it on and never look inside.
Transaction = Connection

#: How long a writer waits for another process's transaction, in seconds.
BUSY_SECONDS = 30


class Store:
    """An open store. `read()`, `write()` and `transact()` are the only ways in.

    On SQLite there is one writer at a time; on PostgreSQL there is too, but for those that share their turn.
    """

    def __init__(
        self,
        engine: Engine,
        opened: Opened,
        lineage: Lineage,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        may_write: bool = True,
    ) -> None:
        self.engine = engine
        self.key = opened.key
        #: What was done when it was opened.
        self.opened = opened
        self._lineage = lineage
        self._clock = clock
        self._may_write = may_write
        self._guard = migrate.Guard()
        is_postgresql = engine.dialect.name == "postgresql"
        file = database_file(engine)
        self._checkpoints = checkpoints.Checkpoints(file) if file is not None else None
        self._url = engine.url.render_as_string(hide_password=True)
        self._writer = engine.execution_options(**{migrate.WRITES: True})
        self._reader = engine.execution_options(**postgresql.READING) if is_postgresql else engine
        # in this process; between processes the database sees to it, on PostgreSQL within one too
        self._writing: AbstractContextManager[Any] = nullcontext() if is_postgresql else threading.Lock()

    @classmethod
    def open(
        cls,
        url: str,
        *,
        password: str | None = None,
        key_text: str | None = None,
        key_file: Path,
        may_create: bool = True,
        may_upgrade: bool = False,
        may_write: bool = True,
    ) -> Self:
        """Open the store at `url`, make its tables; raises StoreError.

        `key_text` (64 hexadecimal digits, from a credential) goes before `key_file`, which is made for a new store.
        With `may_create` False nothing is made: a store that is missing is a NoStoreError. An older store is upgraded
        where `may_upgrade` says so, and on SQLite, with a copy kept, by whoever may create. With `may_write` False
        `read` is all that can be done with it, and nothing is made either.
        """
        may_create, may_upgrade = may_create and may_write, may_upgrade and may_write
        engine = make_engine(url, password, may_create=may_create, may_write=may_write)
        lineage = Lineage(engine)
        try:
            with translated(url):
                # Going to WAL and back needs the file alone for a moment, and does not wait for it by itself.
                patience = Retrying(
                    retry=retry_if_exception(_is_locked),
                    stop=stop_after_delay(BUSY_SECONDS),
                    wait=wait_random(0.02, 0.2),
                    before_sleep=lambda _state: engine.dispose(),
                    reraise=True,
                )
                opened = patience(
                    prepare, engine, key_text, key_file, lineage, may_create=may_create, may_upgrade=may_upgrade
                )
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, opened, lineage, may_write=may_write)

    def close(self) -> None:
        """Let go of the database. On SQLite the last one to leave turns WAL off, so that a reader who may not write
        (in a folder where no WAL files can be made) can still open the file."""
        if self._checkpoints is not None:
            self._checkpoints.close()
        if self.engine.dialect.name == "sqlite":
            self.engine.dispose()
            # refused while another process works with it: that one leaves later
            with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(self.engine.raw_connection()) as raw:
                raw.cursor().execute("PRAGMA busy_timeout=0")
                raw.cursor().execute("PRAGMA journal_mode=DELETE")
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view: all statements see one state. Nothing is written."""
        with translated(self._url), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it or nothing, and what readers see of it is in their feed. No other process writes
        meanwhile. Never keep a network call inside. Raises StoreError."""
        with translated(self._url), self._turn(shared=False) as connection:
            yield connection

    def transact(self, work: Callable[[Connection], T], *, shared: bool = False) -> T:
        """Do `work` in one transaction as `write` gives it, and return what it returns; raises StoreError.

        Where PostgreSQL undid it because of another transaction (a deadlock), it is called again from its beginning:
        so it changes nothing but the store. With `shared` others that share may write beside it (PostgreSQL): for
        facts, whose rows come out the same in any order.
        """

        def once() -> T:
            with self._turn(shared=shared) as connection:
                return work(connection)

        with translated(self._url):
            return once() if self.engine.dialect.name == "sqlite" else _again()(once)

    @contextmanager
    def _turn(self, *, shared: bool) -> Iterator[Connection]:
        if not self._may_write:
            raise StoreError(f"{self._url} was opened for reading alone", "this is a bug; report it")
        with self._writing:
            with self._writer.begin() as connection:
                if connection.dialect.name == "postgresql":
                    postgresql.take_turn(connection, shared=shared)
                self._guard.check(connection)
                changes = self._lineage.changes(connection)
                yield connection
                if connection.dialect.name == "sqlite":
                    feed.number(connection, self._clock())
                number = self._lineage.advance(connection, changes)
                changed = self._lineage.changes(connection) - changes
            self._lineage.note(number)
            if self._checkpoints is not None:
                self._checkpoints.committed(changed)
            if self.engine.dialect.name == "postgresql":
                # what was written is committed: should this fail, the next transaction's numbers include it
                with contextlib.suppress(DBAPIError), self._writer.begin() as connection:
                    if feed.is_waiting(connection):
                        feed.number(connection, self._clock())


def _again() -> Retrying:
    """Does again what others have undone, for a while."""

    def tell(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        log.info("transaction repeated", attempts=state.attempt_number, problem=str(getattr(error, "orig", error)))

    return Retrying(
        retry=retry_if_exception(postgresql.is_undone),
        stop=stop_after_delay(BUSY_SECONDS),
        wait=wait_random(0.01, 0.2),
        before_sleep=tell,
        reraise=True,
    )


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection for reading, all of whose statements see one state."""
    is_postgresql = engine.dialect.name == "postgresql"
    with (engine.execution_options(**postgresql.READING) if is_postgresql else engine).connect() as connection:
        yield connection


def file_engine(path: Path) -> Engine:
    """An engine that reads a SQLite file and can't write to it; raises StoreError."""
    if not path.is_file():
        raise StoreError(f"there is no file {path}", "name a SQLite store or a backup of one")
    url = URL.create("sqlite", database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
    return _sqlite_engine(url)


def make_engine(url: str, password: str | None, *, may_create: bool = True, may_write: bool = True) -> Engine:
    """An engine with our settings for its database; raises StoreError for a URL that can't work.

    With `may_write` False SQLite opens the file for reading; on PostgreSQL it is the transactions that read.
    """
    parsed = make_url(url)
    if password is not None:
        parsed = parsed.set(password=password)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            folder = Path(parsed.database).parent
            if not folder.is_dir():
                raise StoreError(f"the folder {folder} of the store does not exist", "make it, or change store.url")
            if not may_create and not Path(parsed.database).exists():
                raise NoStoreError(f"there is no store at {parsed.database}", "run `keeptouch sync` once; it makes it")
            refuse_stale_wal(Path(parsed.database))
            if not may_write:
                return file_engine(Path(parsed.database))
            _make_private(Path(parsed.database))
        return _sqlite_engine(parsed)
    if parsed.get_backend_name() == "postgresql":
        return postgresql.make_engine(parsed)
    raise StoreError(
        f"store.url names the database {parsed.get_backend_name()!r}",
        "use sqlite:///FILE or postgresql://HOST/NAME",
    )


def _make_private(path: Path) -> None:
    """Make an empty file where there is none, which nobody else may read whatever the umask; SQLite gives its mode to
    what it makes beside it. `store grant` lets others in."""
    # where that can't be done SQLite says why
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


class _Compiler(SQLiteCompiler):
    """SQLAlchemy's, which also says by which index SQLite is to look (Select.with_hint)."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        """What stands behind the table's name."""
        return text


def _sqlite_engine(url: URL) -> Engine:
    # One connection serves one thread at a time, whichever: the pool sees to that.
    options = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    # Each keeps pages of its own (cache_size), so those that are warm are taken again before the others.
    pool = {"poolclass": QueuePool, "pool_size": 8, "pool_use_lifo": True}
    engine = create_engine(url, connect_args=options, hide_parameters=True, **pool)
    engine.dialect.statement_compiler = _Compiler
    event.listen(engine, "connect", _sqlite_settings)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_settings(connection: Any, _record: object) -> None:
    # The driver's own transactions begin too late for BEGIN IMMEDIATE; we begin them ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-3000",
        "temp_store=MEMORY",
        f"wal_autocheckpoint={checkpoints.PAGES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # IMMEDIATE: what a writer reads stays true until it commits, and a busy file is known at once.
    writes = connection.get_execution_options().get(migrate.WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def shown(url: str) -> str:
    """The URL without its password, for people."""
    return make_url(url).render_as_string(hide_password=True)


@contextmanager
def translated(url: str) -> Iterator[None]:
    """The database's errors become StoreError, once, here."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        diagnosis = _diagnose(error)
        if diagnosis is None:
            raise  # a bug of ours, not a problem of the machine: let it be seen whole
        raise StoreError(f"{shown(url)}: {diagnosis[0]}", diagnosis[1], may_pass=not _is_ruined(error)) from error
    except NoConnectionError as error:
        hint = "the database is slow, or this machine is; it is tried again"
        raise StoreError(f"{shown(url)}: no connection was free in time", hint, may_pass=True) from error


def _is_locked(error: BaseException) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, sqlite3.OperationalError) and "locked" in str(cause)


def _is_ruined(error: DBAPIError | sqlite3.Error) -> bool:
    """A file that no waiting makes a store."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, sqlite3.Error) and any(sign in str(cause) for sign in ("not a database", "malformed"))


_SQLITE_SIGNS = (
    ("locked", "another process writes to it; stop it, or try again"),
    ("full", "make room on the disk; nothing was half-written"),
    ("disk I/O", "look at the disk: it may be full or broken"),
    ("readonly", "give the service write permission on the file and its folder"),
    ("unable to open", "check the path in store.url and the permissions of its folder"),
    ("not a database", "store.url names a file that is no SQLite database"),
    ("malformed", "restore the store from a backup; keeptouch reads again what is newer"),
)


def _diagnose(error: DBAPIError | sqlite3.Error) -> tuple[str, str] | None:
    """(problem, hint) for what can go wrong with a machine; None for the rest."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        text = str(cause)
        return next(((text, hint) for sign, hint in _SQLITE_SIGNS if sign in text), None)
    return postgresql.diagnose(error) if isinstance(error, DBAPIError) else None
