"""Folders that the server no longer lists. After a while what they held counts as gone, as if it had been told.

A folder may be hidden for a day, or a server may list some of its folders: so nothing is believed soon, and where much
would be lost nothing is believed until a person says so (`removals.settle`). A folder that comes back goes on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, func, insert, literal, select, update

from store.accounts.company import forget_cursor
from store.mails.departures import forget
from store.schema.core import account, placement, removal, stream

#: Missing in every list for so long, a folder is no more.
PATIENCE = timedelta(days=7)
_LIVE = placement.c.removed_at.is_(None)


@dataclass(frozen=True, slots=True)
class Missing:
    """A folder that is not listed, though it was and the options still choose it."""

    account: str
    stream: str
    since_at: datetime
    #: What it held.
    mails: int

    @property
    def gone_at(self) -> datetime:
        """From then on it is no more."""
        return self.since_at + PATIENCE


def missing(connection: Connection, account_id: str | None = None) -> list[Missing]:
    """The account's folders that are missing with mail in them, or those of all accounts."""
    query = (
        select(account.c.name.label("account"), stream.c.name, stream.c.missing_since_at, func.count().label("mails"))
        .join(stream, stream.c.account_id == account.c.id)
        .join(placement, placement.c.stream_id == stream.c.id)
        .where(account.c.ended_at.is_(None), stream.c.state == "missing", stream.c.missing_since_at.is_not(None), _LIVE)
        .group_by(account.c.name, stream.c.id, stream.c.name, stream.c.missing_since_at)
        .order_by(account.c.name, stream.c.name, stream.c.id)
    )
    if account_id is not None:
        query = query.where(account.c.id == account_id)
    return [Missing(row.account, row.name, row.missing_since_at, row.mails) for row in connection.execute(query)]


def tell(connection: Connection, account_id: str, before: datetime, now: datetime) -> set[int]:
    """Note that all is gone from the folders that were missed first at `before` or earlier; returns their ids."""
    since = stream.c.missing_since_at
    query = select(stream.c.id).where(stream.c.account_id == account_id, stream.c.state == "missing", since <= before)
    ids = set(connection.scalars(query))
    if ids:
        is_told = exists().where(removal.c.stream_id == placement.c.stream_id, removal.c.ref == placement.c.ref)
        untold = select(placement.c.stream_id, placement.c.ref, literal(now, removal.c.told_at.type)).where(
            placement.c.stream_id.in_(ids), _LIVE, ~is_told
        )
        connection.execute(insert(removal).from_select(["stream_id", "ref", "told_at"], untold))
    return ids


def close(connection: Connection, stream_ids: Collection[int]) -> None:
    """These folders are no more. One that comes back all the same is read from its beginning."""
    for stream_id in sorted(stream_ids):
        forget_cursor(connection, stream_id)
    connection.execute(update(stream).where(stream.c.id.in_(stream_ids)).values(state="gone"))
    forget(connection, stream_ids)
