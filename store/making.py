"""A new store: the tables as the code has them, in one go.

The migrations lead to the same, which tests compare; but a store has no need to go through its own past, and none of
them is imported.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert

from store import migrate
from store.published import feed_triggers, views
from store.schema.feed import feed_state
from store.schema.tables import metadata
from store.writers import triggers


def make(connection: Connection) -> None:
    """Make tables, views and triggers in an empty database or schema; the transaction is the caller's."""
    metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(feed_state).values(first_seq=1, last_seq=0))
    views.create(connection)
    triggers.create(connection)
    feed_triggers.create(connection)
    migrate.VERSION.create(connection)
    connection.execute(insert(migrate.VERSION).values(version_num=migrate.revisions()[-1]))
