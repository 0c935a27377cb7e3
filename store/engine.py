"""Opening a store: engine, pragmas, schema version, identity key; and the one way to a transaction."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Self, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.pool import QueuePool
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_random

from store import migrate, postgresql, schema
from store.errors import StoreError
from store.keys import IdentityKey, parse_key, read_or_make_key
from store.upsert import SCRATCH_TABLE, upsert

T = TypeVar("T")

log = structlog.get_logger()

#: What `read()`, `transact()` and `write()` give: the floors above pass it on and never look inside.
Transaction = Connection

#: How long a writer waits for another process's transaction, in seconds.
BUSY_SECONDS = 30


class Store:
    """An open store. `read()`, `transact()` and `write()` are the only ways in.

    On SQLite one thread of this process writes at a time; PostgreSQL sees to it who writes beside whom.
    """

    def __init__(self, engine: Engine, key: IdentityKey) -> None:
        self.engine = engine
        self.key = key
        is_postgresql = engine.dialect.name == "postgresql"
        self._url = engine.url.render_as_string(hide_password=True)
        self._writing: AbstractContextManager[Any] = nullcontext() if is_postgresql else threading.Lock()
        self._writer = engine.execution_options(**{migrate.WRITES: True})
        self._reader = engine.execution_options(**postgresql.READING) if is_postgresql else engine
        self._patience = _again() if is_postgresql else None

    @classmethod
    def open(
        cls,
        url: str,
        *,
        password: str | None = None,
        key_text: str | None = None,
        key_file: Path,
        may_create: bool = True,
    ) -> Self:
        """Open the store at `url`, make or migrate its tables; raises StoreError.

        `key_text` (64 hexadecimal digits, from a credential) goes before `key_file`, which is made for a new store.
        With `may_create` False nothing is made: a store that is missing is an error.
        """
        engine = make_engine(url, password, may_create=may_create)
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
                key = patience(_prepare, engine, key_text, key_file, may_create=may_create)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, key)

    def close(self) -> None:
        """Let go of the database. On SQLite the last one to leave turns WAL off, so that a reader who may not write
        (in a folder where no WAL files can be made) can still open the file."""
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
        """A consistent view; nothing is written."""
        with translated(self._url), self._reader.connect() as connection:
            yield connection

    def transact(self, work: Callable[[Connection], T], *, alone: bool = False) -> T:
        """Do `work` in one transaction, all of it or nothing, and return what it returns.

        Where the database undid it because of another transaction (a deadlock), it is called again from its
        beginning: so it changes nothing but the store, and never makes a network call. With `alone` no other
        process writes meanwhile: for what follows from all that is there. Raises StoreError.
        """
        with translated(self._url):
            return self._patience(self._once, work, alone) if self._patience else self._once(work, alone)

    def _once(self, work: Callable[[Connection], T], alone: bool) -> T:
        with self._turn(alone) as connection:
            return work(connection)

    @contextmanager
    def write(self, *, alone: bool = False) -> Iterator[Connection]:
        """As `transact`, once: for what cannot be done again."""
        with translated(self._url), self._turn(alone) as connection:
            yield connection

    @contextmanager
    def _turn(self, alone: bool) -> Iterator[Connection]:
        with self._writing, self._writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                postgresql.take_turn(connection, alone=alone)
            yield connection


def _again() -> Retrying:
    """Transactions that others undid are done again, for a while."""

    def tell(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        log.info("transaction repeated", attempt=state.attempt_number, reason=str(getattr(error, "orig", error)))

    return Retrying(
        retry=retry_if_exception(postgresql.is_undone),
        stop=stop_after_delay(BUSY_SECONDS),
        wait=wait_random(0.01, 0.2),
        before_sleep=tell,
        reraise=True,
    )


def make_engine(url: str, password: str | None, *, may_create: bool = True) -> Engine:
    """An engine with our settings for its database; raises StoreError for a URL that can't work."""
    parsed = make_url(url)
    if password is not None:
        parsed = parsed.set(password=password)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            folder = Path(parsed.database).parent
            if not folder.is_dir():
                raise StoreError(f"the folder {folder} of the store does not exist", "make it, or change store.url")
            if not may_create and not Path(parsed.database).exists():
                raise StoreError(f"there is no store at {parsed.database}", "run `keeptouch sync` once; it makes it")
        # One connection serves one thread at a time, whichever: the pool sees to that.
        options = {"timeout": BUSY_SECONDS, "check_same_thread": False}
        engine = create_engine(parsed, poolclass=QueuePool, pool_size=8, connect_args=options)
        event.listen(engine, "connect", _sqlite_settings)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    if parsed.get_backend_name() == "postgresql":
        return postgresql.make_engine(parsed)
    raise StoreError(
        f"store.url names the database {parsed.get_backend_name()!r}",
        "use sqlite:///FILE or postgresql://HOST/NAME",
    )


def _sqlite_settings(connection: Any, _record: object) -> None:
    # The driver's own transactions begin too late for BEGIN IMMEDIATE; we begin them ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-16000",
        "temp_store=MEMORY",
        "wal_autocheckpoint=8000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.execute(SCRATCH_TABLE)
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # IMMEDIATE: what a writer reads stays true until it commits, and a busy file is known at once.
    writes = connection.get_execution_options().get(migrate.WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare(engine: Engine, key_text: str | None, key_file: Path, *, may_create: bool) -> IdentityKey:
    """Schema and identity key in order, whichever state the database is in."""
    with engine.connect() as connection:
        state = migrate.state_of(connection)
    if state is migrate.State.EMPTY and not may_create:
        raise StoreError("there is no store yet", "run `keeptouch sync` once; it makes it")
    migrate.refuse_foreign(state)
    key = parse_key(key_text) if key_text else read_or_make_key(key_file, may_make=state is migrate.State.EMPTY)
    if state is not migrate.State.CURRENT:
        migrate.upgrade(engine)
    with engine.connect() as connection:
        is_known = _knows_key(connection, key)
    if engine.dialect.name == "sqlite" and may_create:
        # Only now, because it changes the file; and not for those who only read, because it needs the file alone.
        with contextlib.closing(engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA journal_mode=WAL")
    if not is_known:
        with engine.execution_options(**{migrate.WRITES: True}).begin() as connection:
            migrate.be_alone(connection)
            if not _knows_key(connection, key):
                _take_key(connection, key)
    return key


def _take_key(connection: Connection, key: IdentityKey) -> None:
    upsert(
        connection,
        schema.meta,
        [
            {"name": "key_check", "value": key.check()},
            {"name": "store_id", "value": key.id("store")},
            {"name": "feed_epoch", "value": str(uuid.uuid4())},
        ],
    )


def _knows_key(connection: Connection, key: IdentityKey) -> bool:
    """False: the store was made just now. Raises StoreError for another key than the store's own."""
    kept = connection.scalar(select(schema.meta.c.value).where(schema.meta.c.name == "key_check"))
    if kept is not None and kept != key.check():
        raise StoreError(
            "the identity key is not the one this store was made with",
            "put the store's own key back (it lies in the backup of the configuration folder)",
        )
    return kept is not None


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
        raise StoreError(f"{shown(url)}: {diagnosis[0]}", diagnosis[1]) from error
    except NoConnectionError as error:
        hint = "the database is slow, or this machine is; it is tried again"
        raise StoreError(f"{shown(url)}: no connection was free in time", hint) from error


def _is_locked(error: BaseException) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, sqlite3.OperationalError) and "locked" in str(cause)


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
