"""Where webhooks stand in the feed, and the deliveries that wait to be taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from store.schema.core import account
from store.schema.feed import webhook, webhook_delivery
from store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way. It is sent with the same id and the same bytes until it is taken."""

    id: str
    webhook: str
    body: str
    attempts: int


@dataclass(frozen=True, slots=True)
class WebhookState:
    """How a webhook fares."""

    #: Up to here the feed is in deliveries; taken or waiting.
    seq: int
    #: Of the feed that `seq` belongs to; "": nothing was sent yet.
    epoch: str
    is_dead: bool
    #: What went wrong last; None: nothing.
    reason: str | None
    attempts: int
    next_try_at: datetime | None
    last_success_at: datetime | None


def state(connection: Connection, name: str) -> WebhookState | None:
    """How the webhook fares; None: it has not begun yet."""
    row = connection.execute(select(webhook).where(webhook.c.name == name)).one_or_none()
    if row is None:
        return None
    attempts = connection.scalar(select(func.max(webhook_delivery.c.attempts)).where(_of(name)))
    return WebhookState(
        seq=row.seq,
        epoch=row.epoch,
        is_dead=row.is_dead,
        reason=row.reason,
        attempts=attempts or 0,
        next_try_at=row.next_try_at,
        last_success_at=row.last_success_at,
    )


def may_begin(connection: Connection) -> bool:
    """Has every account been read down to its horizon? Before that, other tools would hear of half of everything."""
    query = select(account.c.id).where(account.c.ended_at.is_(None), account.c.horizon_reached_at.is_(None))
    return connection.execute(query.limit(1)).first() is None


def begin(connection: Connection, name: str) -> None:
    """Know the webhook from now on."""
    upsert(connection, webhook, [{"name": name, "seq": 0, "epoch": "", "is_dead": False}])


def lease(connection: Connection, name: str, now: datetime, length: timedelta) -> bool:
    """Is it this process's turn to send, until `length` has passed? Nobody else sends meanwhile."""
    here = and_(webhook.c.name == name, webhook.c.is_dead.is_(False))
    free = or_(webhook.c.leased_until_at.is_(None), webhook.c.leased_until_at <= now)
    due = or_(webhook.c.next_try_at.is_(None), webhook.c.next_try_at <= now)
    done = connection.execute(update(webhook).where(here, free, due).values(leased_until_at=now + length))
    return done.rowcount == 1


def release(connection: Connection, name: str) -> None:
    """Let others send."""
    _set(connection, name, leased_until_at=None)


def waiting(connection: Connection, name: str) -> Delivery | None:
    """The delivery to be sent next."""
    row = connection.execute(select(webhook_delivery).where(_of(name)).order_by(webhook_delivery.c.last_seq)).first()
    return None if row is None else Delivery(row.id, row.webhook, row.body, row.attempts)


def add(connection: Connection, delivery: Delivery, last_seq: int, epoch: str, now: datetime) -> None:
    """Put a delivery into the outbox; with it the webhook has come to `last_seq`."""
    row = {
        "id": delivery.id,
        "webhook": delivery.webhook,
        "last_seq": last_seq,
        "body": delivery.body,
        "attempts": 0,
        "created_at": now,
    }
    upsert(connection, webhook_delivery, [row])
    move(connection, delivery.webhook, last_seq, epoch)


def move(connection: Connection, name: str, seq: int, epoch: str) -> None:
    """The webhook has come so far."""
    _set(connection, name, seq=seq, epoch=epoch)


def taken(connection: Connection, delivery: Delivery, now: datetime) -> None:
    """The other side has it."""
    connection.execute(delete(webhook_delivery).where(webhook_delivery.c.id == delivery.id))
    _set(connection, delivery.webhook, last_success_at=now, next_try_at=None, reason=None)


def failed(connection: Connection, delivery: Delivery, reason: str, next_try_at: datetime | None) -> None:
    """It was not taken; `next_try_at` None: it is not tried any more, and the webhook is dead."""
    here = webhook_delivery.c.id == delivery.id
    connection.execute(update(webhook_delivery).where(here).values(attempts=delivery.attempts + 1))
    _set(connection, delivery.webhook, reason=reason, next_try_at=next_try_at, is_dead=next_try_at is None)


def revive(connection: Connection, name: str, since: int | None) -> bool:
    """Send at once what waits, or (with `since`) everything after that number; False: there is no such webhook."""
    values: dict[str, Any] = {"is_dead": False, "next_try_at": None, "reason": None, "leased_until_at": None}
    if since is not None:
        connection.execute(delete(webhook_delivery).where(_of(name)))
        values["seq"] = since
    else:
        connection.execute(update(webhook_delivery).where(_of(name)).values(attempts=0))
    return connection.execute(update(webhook).where(webhook.c.name == name).values(values)).rowcount == 1


def _of(name: str) -> ColumnElement[bool]:
    return webhook_delivery.c.webhook == name


def _set(connection: Connection, name: str, **values: Any) -> None:
    connection.execute(update(webhook).where(webhook.c.name == name).values(values))
