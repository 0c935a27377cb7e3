"""How the service fares as a whole, in numbers: a few questions whose cost does not grow with what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, literal, select

from store import migrate
from store.accounts.standings import FAILING
from store.schema.core import account, dirty, stream
from store.schema.feed import webhook, webhook_delivery
from store.schema.tasks import task

#: What waits to be derived is counted up to here.
DIRTY_COUNTED = 10_000
_OPEN = ("open", "snoozed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one moment. Times are aware UTC."""

    #: Is the schema the one that this program knows?
    is_current: bool
    #: (kind, state) -> accounts.
    accounts: dict[tuple[str, str], int]
    #: Of the accounts that are followed: the one whose last success is longest ago, and how many never had one.
    oldest_success_at: datetime | None
    never_read: int
    #: Since when the account has failed that has for longest; None: none fails.
    failing_since_at: datetime | None
    #: Accounts by what their last audit found, and the lowest coverage, in percent; None: none was audited.
    audited: int
    incomplete: int
    lowest_coverage: float | None
    #: Items of the past known to be left, of all folders.
    backlog: int
    #: Folders that their servers list no more.
    missing_streams: int
    #: Keys that wait to be derived, at most DIRTY_COUNTED.
    dirty: int
    #: open | snoozed -> tasks.
    tasks: dict[str, int]
    #: Webhooks that are not tried any more, and messages that wait to be taken.
    dead_webhooks: int
    waiting_deliveries: int


def figures(connection: Connection) -> Figures:
    """Ask for them."""
    there = account.c.ended_at.is_(None)
    followed = (there, account.c.state != "disabled")
    counted = connection.execute(
        select(account.c.kind, account.c.state, func.count()).where(there).group_by(account.c.kind, account.c.state)
    )
    last, failing = account.c.last_success_at, case((account.c.state.in_(FAILING), account.c.state_since_at))
    seen = connection.execute(
        select(
            func.min(last, type_=last.type).label("oldest"),
            (func.count() - func.count(last)).label("never"),
            func.min(failing, type_=last.type).label("failing_since"),
            func.count(account.c.coverage).label("audited"),
            func.count(case((account.c.coverage < 100, 1))).label("incomplete"),
            func.min(account.c.coverage).label("lowest"),
        ).where(*followed)
    ).one()
    left = connection.execute(
        select(
            func.coalesce(func.sum(case((stream.c.state == "ok", stream.c.backlog))), 0).label("backlog"),
            func.count(case((stream.c.state == "missing", 1))).label("missing"),
        )
        .join(account, account.c.id == stream.c.account_id)
        .where(*followed)
    ).one()
    some = select(literal(1)).select_from(dirty).limit(DIRTY_COUNTED).subquery()
    tasks = connection.execute(
        select(task.c.state, func.count().label("items")).where(task.c.state.in_(_OPEN)).group_by(task.c.state)
    )
    return Figures(
        is_current=migrate.condition_of(connection).state is migrate.State.CURRENT,
        accounts={(kind, state): count for kind, state, count in counted},
        oldest_success_at=seen.oldest,
        never_read=seen.never,
        failing_since_at=seen.failing_since,
        audited=seen.audited,
        incomplete=seen.incomplete,
        lowest_coverage=seen.lowest,
        backlog=int(left.backlog),
        missing_streams=left.missing,
        dirty=connection.scalar(select(func.count()).select_from(some)) or 0,
        tasks=dict.fromkeys(_OPEN, 0) | {row.state: row.items for row in tasks},
        dead_webhooks=connection.scalar(select(func.count()).select_from(webhook).where(webhook.c.is_dead)) or 0,
        waiting_deliveries=connection.scalar(select(func.count()).select_from(webhook_delivery)) or 0,
    )
