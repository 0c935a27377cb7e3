"""Rows that a transaction keeps to itself until it ends, where several may write beside one another (PostgreSQL).

Always in one order, so that no two transactions wait for each other: an account, its streams by id, and then what they
write, sorted by key. What lies in a stream is written by whoever keeps its row, so a page never meets another of the
same stream, a comparison or a belief about removals halfway. SQLite has one writer, who keeps everything.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from store.schema import account, stream


def keep_stream(connection: Connection, stream_id: int) -> None:
    """Write alone what lies in this stream. Moving its cursor (`write.advance`) does as much."""
    if connection.dialect.name == "postgresql":
        row = select(stream.c.id).where(stream.c.id == stream_id)
        connection.execute(row.with_for_update(key_share=True)).all()


def keep_stream_list(connection: Connection, account_id: str) -> None:
    """Decide alone which streams this account has."""
    if connection.dialect.name == "postgresql":
        owner = select(account.c.id).where(account.c.id == account_id)
        connection.execute(owner.with_for_update(key_share=True)).all()


def keep_account(connection: Connection, account_id: str) -> None:
    """Write alone what lies in any stream of this account."""
    if connection.dialect.name == "postgresql":
        keep_stream_list(connection, account_id)
        rows = select(stream.c.id).where(stream.c.account_id == account_id).order_by(stream.c.id)
        connection.execute(rows.with_for_update(key_share=True)).all()
