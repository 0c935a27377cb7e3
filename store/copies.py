"""Reading the facts that derivation works on: the copies of mails with their people and places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from connectors.api import Role
from matching.identity import Copy
from store import facts
from store.schema import account, dirty, message, participant, placement, placement_bcc, stream
from store.upsert import one_of, select_in


@dataclass(frozen=True, slots=True)
class StoredParty:
    """A participant as the store holds it."""

    role: Role
    email: str
    name: str
    normal: str | None
    base: str | None


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """Where a copy lies: whose mailbox, and what its server found about the sender."""

    account_id: str
    person_id: str
    auth: str


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """One distinct content of a mail with all that hangs on it."""

    row: Row[Any]
    parties: tuple[StoredParty, ...]
    bcc: tuple[StoredParty, ...]
    places: tuple[StoredPlace, ...]

    def copy(self) -> Copy:
        """The part that decides identity."""
        reply_to = frozenset(p.normal for p in self.parties if p.role is Role.REPLY_TO and p.normal)
        return facts.copy_of(self.row, reply_to)


#: What derivation needs of a message; text and headers stay where they are.
_COLUMNS = (
    message.c.key,
    message.c.mid,
    message.c.mid_key,
    message.c.fingerprint,
    message.c.sender,
    message.c.sent_at,
    message.c.arrived_at,
    message.c.is_sent_copy,
    message.c.subject,
    message.c.subject_key,
    message.c.in_reply_to,
    message.c.refs,
    message.c.thread_index,
    message.c.list_id,
    message.c.precedence,
    message.c.auto_submitted,
    message.c.has_unsubscribe,
    message.c.report_type,
    message.c.interaction_id,
    message.c.thread_id,
)


def take_dirty(connection: Connection, kind: str, limit: int) -> list[str]:
    """Up to `limit` keys to derive anew; gone from the table when the transaction commits."""
    picked = select(dirty.c.key).where(dirty.c.kind == kind).order_by(dirty.c.key).limit(limit)
    if connection.dialect.name == "postgresql":
        picked = picked.with_for_update(skip_locked=True)
    keys = [row.key for row in connection.execute(picked)]
    if keys:
        connection.execute(delete(dirty).where(dirty.c.kind == kind, one_of(connection, dirty.c.key, keys)))
    return keys


def copies_of_items(connection: Connection, item_keys: Iterable[str]) -> list[StoredCopy]:
    """All copies that share a Message-ID or a fingerprint with the dirty items (and so may be one mail with them)."""
    keys = list(item_keys)
    mids = {bytes.fromhex(key[2:]) for key in keys if key.startswith("m:")}
    prints = {bytes.fromhex(key[2:]) for key in keys if key.startswith("f:")}
    rows: dict[bytes, Row[Any]] = {}
    _gather(connection, rows, message.c.mid_key, mids)
    _gather(connection, rows, message.c.fingerprint, prints)
    found = {row.fingerprint for row in rows.values()}
    for row in select_in(
        connection,
        lambda within: select(*_COLUMNS).where(within, message.c.mid_key.is_(None)),
        message.c.fingerprint,
        found,
    ):
        rows[row.key] = row
    anonymous = {row.fingerprint for row in rows.values() if row.mid is None}
    if anonymous:
        _gather(connection, rows, message.c.fingerprint, anonymous)
        _gather(connection, rows, message.c.mid_key, {row.mid_key for row in rows.values() if row.mid_key})
    return with_people(connection, rows.values())


def copies_of_interactions(connection: Connection, interaction_ids: Iterable[str]) -> list[StoredCopy]:
    """All copies of these interactions."""
    rows: dict[bytes, Row[Any]] = {}
    _gather(connection, rows, message.c.interaction_id, interaction_ids)
    return with_people(connection, rows.values())


def _gather(connection: Connection, rows: dict[bytes, Row[Any]], column: Any, values: Iterable[Any]) -> None:
    for row in select_in(connection, lambda within: select(*_COLUMNS).where(within), column, values):
        rows[row.key] = row


def with_people(connection: Connection, rows: Iterable[Row[Any]]) -> list[StoredCopy]:
    """The rows with their participants and placements."""
    by_key = {row.key: row for row in rows}
    parties: dict[bytes, list[StoredParty]] = {}
    for row in select_in(
        connection,
        lambda within: select(participant).where(within).order_by(participant.c.message_key, participant.c.position),
        participant.c.message_key,
        by_key,
    ):
        party = StoredParty(Role(row.role), row.email, row.name, row.normal, row.base)
        parties.setdefault(row.message_key, []).append(party)
    blind: dict[bytes, list[StoredParty]] = {}
    for row in select_in(
        connection, lambda within: select(placement_bcc).where(within), placement_bcc.c.message_key, by_key
    ):
        party = StoredParty(Role.BCC, row.email, row.name, row.normal, row.base)
        blind.setdefault(row.message_key, []).append(party)
    places: dict[bytes, list[StoredPlace]] = {}
    held = (
        select(placement.c.message_key, placement.c.auth, stream.c.account_id, account.c.person_id)
        .join(stream, stream.c.id == placement.c.stream_id)
        .join(account, account.c.id == stream.c.account_id)
    )
    for row in select_in(connection, held.where, placement.c.message_key, by_key):
        place = StoredPlace(row.account_id, row.person_id, row.auth)
        places.setdefault(row.message_key, []).append(place)
    return [
        StoredCopy(
            row,
            tuple(parties.get(key, ())),
            tuple(sorted(blind.get(key, ()), key=lambda p: (p.normal or "", p.email))),
            tuple(places.get(key, ())),
        )
        for key, row in by_key.items()
    ]
