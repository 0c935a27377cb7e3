"""Whether all of the past is read: before it is, nobody knows how often somebody writes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from store.accounts.standings import FAILING
from store.derivation.copies import mark_dirty
from store.schema.core import account, meta, stream
from store.schema.signals import engagement
from store.schema.tasks import HELD
from store.types import instant_text
from store.upsert import upsert

#: An account that fails for so long is not waited for.
PATIENCE = timedelta(days=2)
#: A service that was away for so long may find at once that mail is left to be read, and who went quiet meanwhile.
_AWAY = timedelta(days=30)
_SINCE = "past_unread_since"


def is_given_up(now: datetime) -> ColumnElement[bool]:
    """Is an account not waited for any more?"""
    return and_(account.c.state.in_(FAILING), account.c.state_since_at <= now - PATIENCE)


def is_read(connection: Connection, now: datetime) -> bool:
    """Has all been read of accounts that are waited for?"""
    left = select(stream.c.id).join(account, account.c.id == stream.c.account_id)
    reading = left.where(stream.c.state == "ok", stream.c.backlog > 0, account.c.ended_at.is_(None))
    waited_for = reading.where(account.c.state != "disabled", ~is_given_up(now))
    return connection.execute(waited_for.limit(1)).first() is None


def note(connection: Connection, now: datetime) -> None:
    """Once all is read, have those contacts looked at whose silence became long while it was not."""
    since = connection.scalar(select(meta.c.value).where(meta.c.name == _SINCE))
    if not is_read(connection, now):
        if since is None:
            upsert(connection, meta, [{"name": _SINCE, "value": instant_text(now - _AWAY)}], update=["value"])
    elif since is not None:
        connection.execute(delete(meta).where(meta.c.name == _SINCE))
        quiet = select(engagement.c.contact_id).where(
            engagement.c.quiet_from_at >= datetime.fromisoformat(since), engagement.c.quiet_from_at <= now
        )
        mark_dirty(connection, HELD, list(connection.scalars(quiet)))
