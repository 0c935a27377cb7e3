"""Alembic's environment: always online, on the connection that store.migrate hands over."""

from __future__ import annotations

from alembic import context

import store.privacy_schema
import store.w1_schema  # noqa: F401 - its tables belong to the metadata
from store import feed_triggers, schema, triggers, views

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
