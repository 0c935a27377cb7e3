"""What single mails tell, as rows: written with their content, read when signals of the history are derived."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, update

from connectors.api import Message, Participant, Role
from store import calendars, facts
from store.facts import Content, Told
from store.schema import content, message, participant, placement, reference
from store.signal_schema import mail_signal
from store.upsert import one_of, select_in, update_rows, upsert_rows


class Telling(NamedTuple):
    """One thing that a mail tells, as the rules read it."""

    kind: str
    #: Normal form, else as written.
    recipient: str | None
    status: str | None
    category: str | None
    is_hard: bool | None
    reason: str | None
    return_on: date | None
    original_id: str | None
    evidence: str
    confidence: float


_COLUMNS = ("message_key", "position", *Telling._fields)
_TELLING = select(mail_signal.c.message_key, *(mail_signal.c[name] for name in Telling._fields)).order_by(
    mail_signal.c.message_key, mail_signal.c.position
)


def write(connection: Connection, contents: Iterable[Content]) -> None:
    """Write what new contents tell; what is known of one stays."""
    rows = [(each.key, position, *row) for each in contents for position, row in enumerate(each.signal_rows)]
    upsert_rows(connection, mail_signal, _COLUMNS, rows)


def told_by(connection: Connection, message_keys: Iterable[bytes]) -> dict[bytes, list[Telling]]:
    """Content -> what it tells; most tell nothing."""
    found: dict[bytes, list[Telling]] = {}
    for key, *values in select_in(connection, _TELLING.where, mail_signal.c.message_key, message_keys):
        found.setdefault(key, []).append(Telling(*values))
    return found


def unread(connection: Connection, version: int, after: bytes, limit: int) -> list[tuple[bytes, Message]]:
    """The next contents, in order of their keys, that older rules have read, as records; without their places."""
    query = select(message, content.c.text, content.c.headers, content.c.reports)
    query = query.join(content, content.c.message_key == message.c.key)
    older = query.where(message.c.signals_version < version, message.c.key > after)
    rows = connection.execute(older.order_by(message.c.key).limit(limit)).all()
    keys = [row.key for row in rows]
    people: dict[bytes, list[Participant]] = {}
    parties = select(participant).order_by(participant.c.message_key, participant.c.position)
    for each in select_in(connection, parties.where, participant.c.message_key, keys):
        people.setdefault(each.message_key, []).append(Participant(Role(each.role), each.email, each.name))
    invitations = calendars.invitations_of(connection, keys)
    return [(row.key, facts.message_of(row, people.get(row.key, ()), invitations.get(row.key, ()))) for row in rows]


def replace(connection: Connection, told: Mapping[bytes, Told], targets: Sequence[tuple[bytes, bytes]]) -> None:
    """These contents tell exactly that; `targets`: (content, keyed hash of a Message-ID that it is about)."""
    connection.execute(delete(mail_signal).where(one_of(connection, mail_signal.c.message_key, list(told))))
    rows: list[tuple[Any, ...]] = [(k, at, *row) for k, each in told.items() for at, row in enumerate(each.rows)]
    upsert_rows(connection, mail_signal, _COLUMNS, rows)
    upsert_rows(connection, reference, facts.REFERENCE_COLUMNS, list(targets))
    update_rows(
        connection, content, ("message_key",), ("new_text",), [(each.new_text, key) for key, each in told.items()]
    )
    read = [(facts.ids_text(each.concerns), each.version, key) for key, each in told.items()]
    update_rows(connection, message, ("key",), ("concerns", "signals_version"), read)


def want_reports(connection: Connection, message_keys: Iterable[bytes]) -> None:
    """Reports that came before their parts were kept are fetched again, while the server has them."""
    bare = select(message.c.key).join(content, content.c.message_key == message.c.key)
    bare = bare.where(message.c.report_type != "", content.c.reports.is_(None), content.c.headers.is_not(None))
    found = [row.key for row in select_in(connection, bare.where, message.c.key, message_keys)]
    if found:
        here = one_of(connection, placement.c.message_key, found)
        connection.execute(update(placement).where(here, placement.c.removed_at.is_(None)).values(is_wanted=True))
