"""What every new store and engine would do again, done once in a process: migrations run, statements compiled.

The program opens one store, so it would gain nothing; a run of the tests opens thousands.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache

from store import migrate, upgrading

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


#: What a migration of an empty SQLite file executes, by the migrations and the release.
_migrated: dict[tuple[Path, str, str], list[tuple[str, Any, bool]]] = {}


def share_statements() -> None:
    """Engines that are made from now on share their compiled statements."""
    make = Engine.__init__

    def make_sharing(engine: Engine, *args: Any, **named: Any) -> None:
        make(engine, *args, **named)
        engine._compiled_cache = _Compiled()

    Engine.__init__ = make_sharing  # type: ignore[assignment, method-assign]  # SQLAlchemy has no setting for it


def share_migrations() -> None:
    """From now on an empty SQLite store is migrated by executing what was executed for the first one."""
    migrate_to_newest = upgrading.migrate_to_newest

    def migrate_once(connection: Connection, oldest_program: str = "") -> None:
        raw: Any = connection.connection.driver_connection
        if connection.dialect.name != "sqlite" or raw.execute("SELECT 1 FROM sqlite_master").fetchone():
            migrate_to_newest(connection, oldest_program)
            return
        known = (migrate.MIGRATIONS, migrate.program(), migrate.OLDEST_PROGRAM)
        if known not in _migrated:
            executed: list[tuple[str, Any, bool]] = []

            def note(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, is_many: bool) -> None:
                executed.append((sql, values, is_many))

            event.listen(connection, "before_cursor_execute", note)
            migrate_to_newest(connection, oldest_program)
            event.remove(connection, "before_cursor_execute", note)
            _migrated[known] = executed
            return
        for sql, values, is_many in _migrated[known]:
            (raw.executemany if is_many else raw.execute)(sql, values)

    upgrading.migrate_to_newest = migrate_once


def keep_for_good() -> None:
    """Spare the garbage collector what lives as long as the process does: modules, tests, their parameters."""
    gc.collect()
    gc.freeze()
