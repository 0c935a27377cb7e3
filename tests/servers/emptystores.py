"""Empty stores on PostgreSQL: a database that a test gave back is emptied, which is quicker than making one."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg.sql import SQL, Identifier

from tests.servers.postgres import Postgres

#: Of table `meta`: what a new store has.
_MADE = ["key_check", "store_id", "feed_epoch"]
_TABLES = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'keeptouch' AND tablename NOT IN ('alembic_version', 'meta')"
)
_SEQUENCES = "SELECT setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences"


class EmptyStores:
    """Databases with an empty store; `make` makes one at a URL."""

    def __init__(self, postgres: Postgres, make: Callable[[str], object]) -> None:
        self._postgres = postgres
        self._make = make
        self._free: list[str] = []

    def take(self) -> str:
        """SQLAlchemy URL of an empty store that nobody else has."""
        if self._free:
            return self._free.pop()
        url = self._postgres.create_database()
        self._make(url)
        return url

    def give_back(self, url: str) -> None:
        """Nobody works with it any more."""
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            tables = [name for (name,) in connection.execute(_TABLES)]
            # neither triggers nor foreign keys, so that the order is of no importance
            connection.execute("SET session_replication_role = replica")
            for table in tables:
                connection.execute(SQL("DELETE FROM keeptouch.{}").format(Identifier(table)))
            connection.execute("DELETE FROM keeptouch.meta WHERE NOT name = ANY (%s)", (_MADE,))
            connection.execute(_SEQUENCES)
        self._free.append(url)
