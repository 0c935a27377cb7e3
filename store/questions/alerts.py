"""What each channel was told of each condition that needs somebody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from store.schema.watch import alert
from store.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One condition, for one channel. Times are aware UTC."""

    #: mail:ADDRESS | webhook
    channel: str
    #: Names the condition, whatever its text.
    key: str
    #: parked | no_success | coverage | disk
    kind: str
    #: The account or folder that it is about.
    subject: str
    problem: str
    hint: str
    began_at: datetime
    #: None: it is so now.
    ended_at: datetime | None = None
    #: When the channel took a message about it last.
    told_at: datetime | None = None
    #: Is what the channel heard last that it is so?
    is_told: bool = False
    #: Messages about it that were not taken, one after another.
    attempts: int = 0
    #: Not told before: somebody tells it now, or it was not taken.
    next_try_at: datetime | None = None


_COLUMNS = tuple(Alert.__dataclass_fields__)


def alerts(connection: Connection) -> list[Alert]:
    """Of all channels, by when they began."""
    query = select(*(alert.c[name] for name in _COLUMNS)).order_by(alert.c.began_at, alert.c.channel, alert.c.key)
    return [Alert(**row._mapping) for row in connection.execute(query)]


def save(connection: Connection, changed: Iterable[Alert]) -> None:
    """Write them, whether or not they are there."""
    rows = [asdict(each) for each in changed]
    if rows:
        upsert(connection, alert, rows, update=[name for name in _COLUMNS if name not in ("channel", "key")])


def forget(connection: Connection, gone: Iterable[Alert]) -> None:
    """Remove them."""
    for each in gone:
        connection.execute(delete(alert).where(alert.c.channel == each.channel, alert.c.key == each.key))
