"""How accounts fare, for those who look after them; asked of accounts and folders, never of mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, delete, func, select

from store.schema.core import account, stream
from store.schema.watch import progress
from store.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Fares:
    """One account that is followed. Times are aware UTC."""

    id: str
    name: str
    #: new | ok | backoff | auth_failed | missing_rights
    state: str
    since_at: datetime
    reason: str | None
    last_success_at: datetime | None
    #: Logins refused since it was last read through.
    refusals: int
    #: Percent; None: never audited.
    coverage: float | None
    audited_at: datetime | None
    #: When it had first been read down to the horizon; None: not yet.
    read_since_at: datetime | None
    #: Items of its past known to be left.
    backlog: int
    #: Grows with each page that is written.
    pages: int
    #: Since when it has a backlog that does not change; None: it has none, or nobody has looked yet.
    still_since_at: datetime | None


def fares(connection: Connection) -> list[Fares]:
    """All accounts that are followed, by name."""
    there = stream.c.state == "ok"
    left = func.coalesce(func.sum(case((there, stream.c.backlog))), 0).label("backlog")
    pages = func.coalesce(func.sum(stream.c.version), 0).label("pages")
    sums = select(stream.c.account_id, left, pages).group_by(stream.c.account_id).subquery("sums")
    same = and_(
        progress.c.account_id == account.c.id,
        progress.c.pages == sums.c.pages,
        progress.c.backlog == sums.c.backlog,
    )
    query = (
        select(
            *(account.c[name] for name in ("id", "name", "state", "reason", "last_success_at", "refusals", "coverage")),
            account.c.state_since_at.label("since_at"),
            account.c.audited_at,
            account.c.horizon_reached_at.label("read_since_at"),
            func.coalesce(sums.c.backlog, 0).label("backlog"),
            func.coalesce(sums.c.pages, 0).label("pages"),
            progress.c.changed_at.label("still_since_at"),
        )
        .outerjoin(sums, sums.c.account_id == account.c.id)
        .outerjoin(progress, same)
        .where(account.c.ended_at.is_(None), account.c.state != "disabled")
        .order_by(account.c.name)
    )
    return [Fares(**row._mapping) for row in connection.execute(query)]


def has_moved(connection: Connection, found: list[Fares]) -> bool:
    """Is there anything for `note_progress` to write? Asked often."""
    known = set(connection.scalars(select(progress.c.account_id)))
    left = {each.id for each in found if each.backlog}
    return known != left or any(each.backlog and each.still_since_at is None for each in found)


def note_progress(connection: Connection, found: list[Fares], now: datetime) -> None:
    """Remember where imports stand, for those that have come on since, and forget those that are over."""
    left = {each.id for each in found if each.backlog}
    known = set(connection.scalars(select(progress.c.account_id)))
    for gone in known - left:
        connection.execute(delete(progress).where(progress.c.account_id == gone))
    rows = [
        {"account_id": each.id, "pages": each.pages, "backlog": each.backlog, "changed_at": now}
        for each in found
        if each.backlog and each.still_since_at is None
    ]
    if rows:
        upsert(connection, progress, rows, update=["pages", "backlog", "changed_at"])
