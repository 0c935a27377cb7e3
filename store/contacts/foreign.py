"""Reading another program's own database: the answer of one query, in a transaction that can write nothing.

Nothing is ever committed there. PostgreSQL, MySQL and MariaDB are told that the transaction is read-only, SQLite files
are opened for reading alone; elsewhere the login should have no right to write.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

#: More rows than that are a query that joins too much.
MAX_ROWS = 2_000_000
_PART = 1_000
#: What a URL that names no driver means here.
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "mysql": "mysql+pymysql"}
#: Steps of SQLite's machine between two looks at the time.
_STEPS = 100_000


class ForeignError(Exception):
    """The other database can't be read; `hint` says what to do. No text of it holds a password."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked of which database."""

    #: Without a password.
    url: str
    sql: str
    #: Seconds for connecting and for the whole answer.
    timeout_seconds: float


@contextmanager
def answer(query: Query, password: str | None) -> Iterator[tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    """(names of the columns, rows) of the query, while the context lasts; raises ForeignError."""
    deadline = time.monotonic() + query.timeout_seconds
    with _translated(query):
        engine = _engine(query, password, deadline)
        try:
            with engine.connect() as connection:
                _forbid_writing(connection)
                options = {"stream_results": True, "no_parameters": True, "max_row_buffer": _PART}
                result = connection.execution_options(**options).exec_driver_sql(query.sql)
                with closing(result):
                    if not result.returns_rows:
                        raise ForeignError("the query gives no rows", "it must be a SELECT")
                    yield tuple(result.keys()), _rows(result, deadline)
                connection.rollback()
        finally:
            engine.dispose()


def url_problem(url: str) -> tuple[str, str] | None:
    """(problem, hint) of a URL that names no database that can be read here; None: it may do. Connects to nothing."""
    try:
        parsed = _parsed(url)
        parsed.get_dialect().import_dbapi()
    except ArgumentError:
        return "is no URL of a database", "such as postgresql://reader@crm.acme.example/crm"
    except NoSuchModuleError:
        return f"names a database that is not known here: {url.partition(':')[0]}", "postgresql, mysql or sqlite"
    except ImportError as error:
        return f"needs a package that is not installed: {error.name}", f"pip install {error.name}"
    return None


def _parsed(url: str) -> URL:
    parsed = make_url(url)
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def _engine(query: Query, password: str | None, deadline: float) -> Engine:
    url = _parsed(query.url)
    if password is not None:
        url = url.set(password=password)
    backend, seconds = url.get_backend_name(), max(1, int(query.timeout_seconds))
    if backend == "sqlite":
        return create_engine(url, poolclass=NullPool, creator=lambda: _sqlite(url.database or "", seconds, deadline))
    arguments: dict[str, Any] = {}
    if backend == "postgresql":
        read_only = f"-c default_transaction_read_only=on -c statement_timeout={seconds * 1000}"
        arguments = {"connect_timeout": seconds, "options": read_only, "tcp_user_timeout": seconds * 1000}
    elif backend in ("mysql", "mariadb"):
        arguments = {"connect_timeout": seconds, "read_timeout": seconds}
    return create_engine(url, poolclass=NullPool, connect_args=arguments)


def _sqlite(path: str, seconds: int, deadline: float) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=seconds, check_same_thread=False)
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    return connection


def _forbid_writing(connection: Connection) -> None:
    backend = connection.dialect.name
    if backend == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = on")
    elif backend == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
    elif backend in ("mysql", "mariadb"):
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.rollback()  # the next transaction is the first that is read-only


def _rows(result: Any, deadline: float) -> Iterator[tuple[Any, ...]]:
    count = 0
    for part in result.partitions(_PART):
        count += len(part)
        if count > MAX_ROWS:
            raise ForeignError(f"the query gives more than {MAX_ROWS:,} rows", "let it give one for each address")
        if time.monotonic() > deadline:
            raise ForeignError("the query takes too long", "make it quicker, or raise timeout_seconds")
        for row in part:
            yield tuple(row)


@contextmanager
def _translated(query: Query) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise ForeignError(*_diagnosis(error, query)) from None
    except SQLAlchemyError as error:
        raise ForeignError(f"the answer can't be read: {type(error).__name__}") from None


def _diagnosis(error: DBAPIError | sqlite3.Error, query: Query) -> tuple[str, str]:
    """(problem, hint): the first line of what the database says, which quotes the query but no password."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    lines = str(cause).strip().splitlines()
    said = lines[0] if lines else type(cause).__name__
    if "interrupted" in said or "statement timeout" in said:
        return f"no answer within {query.timeout_seconds:g} s", "make the query quicker, or raise timeout_seconds"
    if "unable to open" in said:
        return f"{make_url(query.url).database} can't be opened", "check the path and its permissions"
    return said, "run the query by hand with the same login"
