"""What every new store and engine would do again, done once in a process.

Tables are made, schemas compared and statements compiled.

The program opens one store, so it would gain nothing; a run of the tests opens thousands.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache

from store import making, migrate, migrating

#: More than all statements of the program on all databases.
_STATEMENTS = 10_000


class _Compiled(MutableMapping[Any, Any]):
    """SQLAlchemy's cache of an engine, which all engines share: its keys name a dialect object, ours the kind."""

    _kept: LRUCache[Any, Any] = LRUCache(_STATEMENTS)

    def __getitem__(self, key: tuple[Any, ...]) -> Any:
        return self._kept[type(key[0]), *key[1:]]

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return self._kept.get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        self._kept[type(key[0]), *key[1:]] = value

    def __delitem__(self, key: tuple[Any, ...]) -> None:
        del self._kept[type(key[0]), *key[1:]]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


#: What makes a store, by the kind of database and the newest revision.
_made: dict[tuple[str, str], list[tuple[str, Any, bool]]] = {}


def share_statements() -> None:
    """Engines that are made from now on share their compiled statements."""
    make = Engine.__init__

    # create_engine() looks at the names of arguments for what it may pass on, but for those that are keywords alone
    def make_sharing(engine: Engine, pool: Any, dialect: Any, url: Any, hide_parameters: bool = False) -> None:
        make(engine, pool, dialect, url, hide_parameters=hide_parameters)
        engine._compiled_cache = _Compiled()

    Engine.__init__ = make_sharing  # type: ignore[assignment, method-assign]  # SQLAlchemy has no setting for it


def share_making() -> None:
    """From now on a store is made by executing what was executed for the first one of its kind."""
    make = making.make

    def make_once(connection: Connection) -> None:
        kind = (connection.dialect.name, migrate.revisions()[-1])
        if kind not in _made:
            with _noted(connection) as executed:
                make(connection)
            _made[kind] = executed
            return
        for sql, values, is_many in _made[kind]:
            cursor = connection.connection.cursor()
            (cursor.executemany if is_many else cursor.execute)(sql, values)
            cursor.close()

    making.make = make_once


def share_comparisons() -> None:
    """From now on each schema of a SQLite store is compared with the program's once, by all that it consists of."""
    differences = migrating.differences
    known: dict[tuple[Any, ...], list[str]] = {}

    def differences_once(connection: Connection) -> list[str]:
        if connection.dialect.name != "sqlite":
            return differences(connection)
        schema = tuple(
            map(tuple, connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2"))
        )
        if schema not in known:
            known[schema] = differences(connection)
        return known[schema]

    migrating.differences = differences_once


@contextmanager
def _noted(connection: Connection) -> Iterator[list[tuple[str, Any, bool]]]:
    """What is executed on a connection meanwhile."""
    executed: list[tuple[str, Any, bool]] = []

    def note(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, is_many: bool) -> None:
        executed.append((sql, values, is_many))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        event.remove(connection, "before_cursor_execute", note)


@contextmanager
def kept_for_good() -> Iterator[None]:
    """Spare the garbage collector what is made meanwhile: modules, tests and parameters live as long as the process."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
