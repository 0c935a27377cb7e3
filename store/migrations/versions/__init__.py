"""Alembic steps of the store, newest last."""
