"""What mails say in words, as facts of theirs: which mails are to be read for it, and what was found.

Words are looked for in mail that was written lately, and from one side: see daemon.words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, exists, func, select

from connectors.api import Message
from store.mails import facts
from store.mails.mail_signals import COLUMNS, COMPLAINT, PROMISE, SAID
from store.schema.core import content, interaction, message
from store.schema.signals import mail_signal
from store.upsert import one_of, select_in, update_rows, upsert_rows

#: Before all that a mail tells of others, which has places from 0 on.
_PLACES = {PROMISE: -1, COMPLAINT: -2}


def _is_unread(version: int) -> ColumnElement[bool]:
    """Was it not read by these rules, from the side that it is on now?"""
    sides = case(
        (interaction.c.direction == "outbound", _stamp(version, is_ours=True)), else_=_stamp(version, is_ours=False)
    )
    return message.c.said_version != sides


def _stamp(version: int, *, is_ours: bool) -> int:
    return 2 * version + is_ours


def unread(connection: Connection, message_keys: Collection[bytes], version: int) -> list[tuple[bytes, bool, Message]]:
    """(content, did we write it, its record with the new text alone) of those that people wrote, to be read.

    Left out is what these rules have read from the same side, and what has expired: of that the former facts stay.
    """
    told = exists().where(mail_signal.c.message_key == message.c.key, mail_signal.c.kind.not_in(SAID))
    query = (
        select(message, content.c.headers, content.c.reports, interaction.c.direction)
        .add_columns(func.coalesce(content.c.new_text, content.c.text).label("text"))
        .join(content, content.c.message_key == message.c.key)
        .join(interaction, interaction.c.id == message.c.interaction_id)
        .where(interaction.c.direction != "internal", content.c.text.is_not(None), _is_unread(version))
        .where(message.c.report_type == "", message.c.list_id == "", message.c.precedence == "", ~told)
        .where(message.c.auto_submitted.in_(("", "no")), ~message.c.has_unsubscribe)
    )
    rows = select_in(connection, query.where, message.c.key, message_keys)
    return [(row.key, row.direction == "outbound", facts.message_of(row, ())) for row in rows]


def replace(connection: Connection, said: Mapping[bytes, tuple[bool, Sequence[tuple[Any, ...]]]], version: int) -> None:
    """These contents say exactly that: (did we write it, rows of what it says), as `unread` gave them."""
    here = one_of(connection, mail_signal.c.message_key, list(said))
    connection.execute(delete(mail_signal).where(here, mail_signal.c.kind.in_(SAID)))
    upsert_rows(connection, mail_signal, COLUMNS, _placed(said))
    stamps = [(_stamp(version, is_ours=is_ours), key) for key, (is_ours, _rows) in said.items()]
    update_rows(connection, message, ("key",), ("said_version",), stamps)


def _placed(said: Mapping[bytes, tuple[bool, Iterable[tuple[Any, ...]]]]) -> list[tuple[Any, ...]]:
    return [(key, _PLACES[row[0]], *row) for key, (_is_ours, rows) in said.items() for row in rows]
