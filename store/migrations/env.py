"""Alembic's environment: always online, on the connection that store.migrate hands over."""

from __future__ import annotations

from alembic import context

from store.published import feed_triggers, grants, views
from store.schema import tables
from store.writers import triggers

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.metadata,
    render_as_batch=True,
    transactional_ddl=False,  # store.migrate holds the transaction
)
with grants.kept(connection):
    triggers.drop(connection)
    feed_triggers.drop(connection)
    views.drop(connection)
    context.run_migrations()
    views.create(connection)
    triggers.create(connection)
    feed_triggers.create(connection)
