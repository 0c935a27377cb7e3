"""What single mails tell, as rows: written with their content, read when signals of the history are derived."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from store.mails.facts import Content
from store.schema.signals import mail_signal
from store.upsert import select_in, upsert_rows

#: What a mail says in words, beside what it tells of others: it hangs on the mail, and makes no signal of the history
#: (store.mails.said).
PROMISE = "promise"
COMPLAINT = "complaint"
SAID = (PROMISE, COMPLAINT)

#: Content -> what it says in words: kind -> the day that it names.
Said = dict[bytes, dict[str, date | None]]


class Telling(NamedTuple):
    """One thing that a mail tells, as the rules read it."""

    kind: str
    #: Normal form, else as written.
    recipient: str | None
    status: str | None
    category: str | None
    is_hard: bool | None
    reason: str | None
    #: The day that it names: of a return, or by which something is promised.
    return_on: date | None
    original_id: str | None
    evidence: str
    confidence: float


COLUMNS = ("message_key", "position", *Telling._fields)
_TELLING = (
    select(mail_signal.c.message_key, *(mail_signal.c[name] for name in Telling._fields))
    .where(mail_signal.c.kind.not_in(SAID))
    .order_by(mail_signal.c.message_key, mail_signal.c.position)
)

_SAID = select(mail_signal.c.message_key, mail_signal.c.kind, mail_signal.c.return_on).where(
    mail_signal.c.kind.in_(SAID)
)


def write(connection: Connection, contents: Iterable[Content]) -> None:
    """Write what new contents tell; what is known of one stays."""
    rows = [(each.key, position, *row) for each in contents for position, row in enumerate(each.signal_rows)]
    upsert_rows(connection, mail_signal, COLUMNS, rows)


def told_by(connection: Connection, message_keys: Iterable[bytes]) -> dict[bytes, list[Telling]]:
    """Content -> what it tells; most tell nothing."""
    found: dict[bytes, list[Telling]] = {}
    for key, *values in select_in(connection, _TELLING.where, mail_signal.c.message_key, message_keys):
        found.setdefault(key, []).append(Telling(*values))
    return found


def said_by(connection: Connection, message_keys: Iterable[bytes]) -> Said:
    """What these contents say."""
    found: Said = {}
    for row in select_in(connection, _SAID.where, mail_signal.c.message_key, message_keys):
        found.setdefault(row.message_key, {})[row.kind] = row.return_on
    return found
