"""Reading stored contents again, for what newer rules read in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select, update

from connectors.api import Message, Participant, Role
from store.mails import facts
from store.mails.facts import Told
from store.mails.mail_signals import COLUMNS, SAID
from store.meetings import calendars
from store.schema.core import content, message, participant, placement, reference
from store.schema.signals import mail_signal
from store.upsert import one_of, select_in, update_rows, upsert_rows


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
    """These contents tell exactly that; `targets`: (content, keyed hash of a Message-ID that it is about).

    What they say in words is looked for anew by whoever derives them; of those where nobody does it stays.
    """
    here = one_of(connection, mail_signal.c.message_key, list(told))
    connection.execute(delete(mail_signal).where(here, mail_signal.c.kind.not_in(SAID)))
    rows: list[tuple[Any, ...]] = [(k, at, *row) for k, each in told.items() for at, row in enumerate(each.rows)]
    upsert_rows(connection, mail_signal, COLUMNS, rows)
    upsert_rows(connection, reference, facts.REFERENCE_COLUMNS, list(targets))
    update_rows(
        connection, content, ("message_key",), ("new_text",), [(each.new_text, key) for key, each in told.items()]
    )
    names = ("concerns", "signals_version", "said_version", "asks", "is_brief")
    read = [
        (facts.ids_text(each.concerns), each.version, 0, each.asks, each.is_brief, key) for key, each in told.items()
    ]
    update_rows(connection, message, ("key",), names, read)
    # of a text that has expired nothing is known, though it is read as an empty one
    expired = select(content.c.message_key).where(content.c.text.is_(None))
    if gone := [row.message_key for row in select_in(connection, expired.where, content.c.message_key, told)]:
        connection.execute(
            update(message).where(one_of(connection, message.c.key, gone)).values(asks=None, is_brief=None)
        )


def want_reports(connection: Connection, message_keys: Iterable[bytes]) -> None:
    """Reports that came before their parts were kept are fetched again, while the server has them."""
    bare = select(message.c.key).join(content, content.c.message_key == message.c.key)
    bare = bare.where(message.c.report_type != "", content.c.reports.is_(None), content.c.headers.is_not(None))
    found = [row.key for row in select_in(connection, bare.where, message.c.key, message_keys)]
    if found:
        here = one_of(connection, placement.c.message_key, found)
        connection.execute(update(placement).where(here, placement.c.removed_at.is_(None)).values(is_wanted=True))
