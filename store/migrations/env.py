"""Alembic's environment: always online, on the connection that store.migrate hands over."""

from __future__ import annotations

from alembic import context

from store import (
    feed_schema,
    feed_triggers,
    meeting_schema,
    privacy_schema,
    schema,
    task_schema,
    triggers,
    views,
    w1_schema,
)

# imported for their tables, which belong to one metadata
others = (feed_schema, meeting_schema, privacy_schema, task_schema, w1_schema)
if {each.metadata for each in others} != {schema.metadata}:
    raise AssertionError("tables of another metadata would not be made")

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=schema.metadata,
    render_as_batch=True,
    transactional_ddl=False,  # store.migrate holds the transaction
)
triggers.drop(connection)
feed_triggers.drop(connection)
views.drop(connection)
context.run_migrations()
views.create(connection)
triggers.create(connection)
feed_triggers.create(connection)
