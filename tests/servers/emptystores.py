"""Empty stores on PostgreSQL: a database that a test gave back is emptied, which is quicker than making one."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from tests.servers.postgres import Postgres

#: Tables in which a new store has rows.
_FILLED = ("alembic_version", "meta", "feed_state")
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'keeptouch'"
_SEQUENCES = SQL("SELECT setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences")


class EmptyStores:
    """Databases with an empty store; `make` makes one at a URL."""

    def __init__(self, postgres: Postgres, make: Callable[[str], object]) -> None:
        self._postgres = postgres
        self._make = make
        self._free: list[str] = []
        #: URL -> what makes the store there a new one again
        self._emptying: dict[str, Composed] = {}

    def take(self) -> str:
        """SQLAlchemy URL of an empty store that nobody else has."""
        if self._free:
            return self._free.pop()
        url = self._postgres.create_database()
        self._make(url)
        with _connected(url) as connection:
            self._emptying[url] = _emptying(connection)
        return url

    def give_back(self, url: str) -> None:
        """Nobody works with it any more."""
        with _connected(url) as connection:
            connection.execute(self._emptying[url])
        self._free.append(url)


def _emptying(connection: psycopg.Connection) -> Composed:
    """Statements that leave in a new store what is in it now; sent at once, since there is one for each table."""
    # neither triggers nor foreign keys, so that the order is of no importance
    found: list[Composable] = [SQL("SET session_replication_role = replica")]
    for (table,) in connection.execute(_TABLES).fetchall():
        name = Identifier(table)
        found.append(SQL("DELETE FROM {}").format(name))
        if table in _FILLED:
            for row in connection.execute(SQL("SELECT * FROM {}").format(name)).fetchall():
                values = SQL(", ").join(map(Literal, row))
                found.append(SQL("INSERT INTO {} VALUES ({})").format(name, values))
    found.append(_SEQUENCES)
    return SQL("; ").join(found)


def _connected(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), options="-c search_path=keeptouch")
