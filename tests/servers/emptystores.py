"""Empty stores on PostgreSQL: a database that a test gave back is emptied, which is quicker than making one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from tests.servers.postgres import Postgres

#: Tables in which a new store has rows.
_FILLED = ("alembic_version", "meta", "feed_state")
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'keeptouch'"
_SEQUENCES = "SELECT setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences"


class EmptyStores:
    """Databases with an empty store; `make` makes one at a URL."""

    def __init__(self, postgres: Postgres, make: Callable[[str], object]) -> None:
        self._postgres = postgres
        self._make = make
        self._free: list[str] = []
        #: URL -> table -> its rows in the new store
        self._new: dict[str, dict[str, list[Any]]] = {}

    def take(self) -> str:
        """SQLAlchemy URL of an empty store that nobody else has."""
        if self._free:
            return self._free.pop()
        url = self._postgres.create_database()
        self._make(url)
        with _connected(url) as connection:
            self._new[url] = {
                table: connection.execute(SQL("SELECT * FROM {}").format(Identifier(table))).fetchall()
                for table in _FILLED
            }
        return url

    def give_back(self, url: str) -> None:
        """Nobody works with it any more."""
        with _connected(url) as connection:
            # neither triggers nor foreign keys, so that the order is of no importance
            connection.execute("SET session_replication_role = replica")
            for (table,) in connection.execute(_TABLES).fetchall():
                connection.execute(SQL("DELETE FROM {}").format(Identifier(table)))
                for row in self._new[url].get(table, []):
                    places = SQL(", ").join([SQL("%s")] * len(row))
                    connection.execute(SQL("INSERT INTO {} VALUES ({})").format(Identifier(table), places), row)
            connection.execute(_SEQUENCES)
        self._free.append(url)


def _connected(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), options="-c search_path=keeptouch")
