"""Reading the facts that derivation works on: the copies of mails with their people and places."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, exists, literal, select

from connectors.api import Role
from matching.identity import Copy
from matching.visibility import Level
from store.mails import facts
from store.schema.core import account, dirty, message, participant, placement, placement_bcc, stream
from store.upsert import one_of, select_in, upsert_rows


class StoredParty(NamedTuple):
    """A participant as the store holds it."""

    role: Role
    email: str
    name: str
    normal: str | None
    base: str | None


class StoredPlace(NamedTuple):
    """Where a copy lies: whose mailbox, and what its server found about the sender."""

    account_id: str
    person_id: str
    auth: str
    #: As the server writes them, parted by spaces.
    flags: str
    #: How much of the account's mail others see.
    visibility: str


@dataclass(slots=True)
class StoredCopy:
    """One distinct content of a mail with all that hangs on it."""

    row: Row[Any]
    parties: list[StoredParty]
    bcc: list[StoredParty]
    places: list[StoredPlace]

    def copy(self) -> Copy:
        """The part that decides identity."""
        reply_to = frozenset([p.normal for p in self.parties if p.role is Role.REPLY_TO and p.normal])
        return facts.copy_of(self.row, reply_to)


#: What derivation needs of a message: all that decides which mail it is, and where in which thread.
MESSAGE_COLUMNS = (
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
    message.c.conversation_key,
    message.c.list_id,
    message.c.precedence,
    message.c.auto_submitted,
    message.c.has_unsubscribe,
    message.c.report_type,
    message.c.sensitivity,
    message.c.concerns,
    message.c.interaction_id,
    message.c.thread_id,
)
_MESSAGES = select(*MESSAGE_COLUMNS)
_WITHOUT_ID = _MESSAGES.where(message.c.mid_key.is_(None))
_IS_UNDERIVED = message.c.interaction_id.is_(None)
_UNDERIVED = select(message.c.key).where(_IS_UNDERIVED)
_IS_SEEN = exists().where(
    placement.c.message_key == message.c.key,
    stream.c.id == placement.c.stream_id,
    account.c.id == stream.c.account_id,
    account.c.visibility != Level.NONE.value,
)
_PEOPLE = select(
    *(participant.c.message_key, participant.c.role, participant.c.email, participant.c.name),
    *(participant.c.normal, participant.c.base),
).order_by(participant.c.message_key, participant.c.position)
_BLIND = select(
    *(placement_bcc.c.message_key, placement_bcc.c.email, placement_bcc.c.name),
    *(placement_bcc.c.normal, placement_bcc.c.base),
)
_HELD = (
    select(
        placement.c.message_key,
        stream.c.account_id,
        account.c.person_id,
        placement.c.auth,
        placement.c.flags,
        account.c.visibility,
    )
    .join(stream, stream.c.id == placement.c.stream_id)
    .join(account, account.c.id == stream.c.account_id)
)
_ROLES = {role.value: role for role in Role}


def is_anything_dirty(connection: Connection) -> bool:
    """Does anything wait to be derived anew? What the tick does (kind "contact") does not count."""
    waiting = select(literal(1)).select_from(dirty).where(dirty.c.kind.in_(("item", "address", "meeting")))
    return connection.execute(waiting.limit(1)).first() is not None


def take_dirty(connection: Connection, kind: str, limit: int) -> list[str]:
    """Up to `limit` keys to derive anew; gone from the table when the transaction commits.

    For a transaction that writes alone: who marks one of these keys comes before it, or after.
    """
    picked = select(dirty.c.key).where(dirty.c.kind == kind).order_by(dirty.c.key).limit(limit)
    keys = [row.key for row in connection.execute(picked)]
    if keys:
        connection.execute(delete(dirty).where(dirty.c.kind == kind, one_of(connection, dirty.c.key, keys)))
    return keys


def mark_dirty(connection: Connection, kind: str, keys: Iterable[str]) -> None:
    """Have these derived anew."""
    upsert_rows(connection, dirty, ("kind", "key"), [(kind, key) for key in sorted(set(keys))])


def item_key(mid_key: bytes | None, fingerprint: bytes) -> str:
    """The dirty key of a mail's identity."""
    return f"m:{mid_key.hex()}" if mid_key else f"f:{fingerprint.hex()}"


def item_keys(connection: Connection, column: Any, values: Iterable[Any]) -> set[str]:
    """The dirty keys of the stored mails with one of these values."""
    keys = select(message.c.mid_key, message.c.fingerprint)
    rows = select_in(connection, keys.where, column, values)
    return {item_key(row.mid_key, row.fingerprint) for row in rows}


def items_of(connection: Connection, message_keys: Iterable[bytes]) -> set[str]:
    """The dirty keys of the mails with these contents."""
    return item_keys(connection, message.c.key, message_keys)


def items_with(connection: Connection, normals: Collection[str]) -> set[str]:
    """The dirty keys of the stored mails that name one of these addresses."""
    keys: set[bytes] = set()
    for table in (participant, placement_bcc):
        found = select_in(connection, select(table.c.message_key).where, table.c.normal, normals)
        keys.update(row.message_key for row in found)
    return item_keys(connection, message.c.key, keys)


def gather(connection: Connection, rows: dict[bytes, Row[Any]], column: Any, values: Iterable[Any]) -> None:
    """Add the messages with one of these values to `rows`."""
    for row in select_in(connection, _MESSAGES.where, column, values):
        rows[row.key] = row


def copies_of_items(connection: Connection, item_keys: Iterable[str]) -> list[StoredCopy]:
    """All copies that share a Message-ID or a fingerprint with the dirty items (and so may be one mail with them)."""
    keys = list(item_keys)
    mids = {bytes.fromhex(key[2:]) for key in keys if key.startswith("m:")}
    prints = {bytes.fromhex(key[2:]) for key in keys if key.startswith("f:")}
    rows: dict[bytes, Row[Any]] = {}
    gather(connection, rows, message.c.mid_key, mids)
    gather(connection, rows, message.c.fingerprint, prints)
    found = {row.fingerprint for row in rows.values()}
    for row in select_in(connection, _WITHOUT_ID.where, message.c.fingerprint, found):
        rows[row.key] = row
    anonymous = {row.fingerprint for row in rows.values() if row.mid is None}
    if anonymous:
        gather(connection, rows, message.c.fingerprint, anonymous)
        gather(connection, rows, message.c.mid_key, {row.mid_key for row in rows.values() if row.mid_key})
    return _with_people(connection, rows)


def copies_of_interactions(connection: Connection, interaction_ids: Iterable[str]) -> list[StoredCopy]:
    """All copies of these interactions."""
    rows: dict[bytes, Row[Any]] = {}
    gather(connection, rows, message.c.interaction_id, interaction_ids)
    return _with_people(connection, rows)


def underived(connection: Connection) -> set[bytes]:
    """The contents that wait to be derived."""
    return set(connection.execute(_UNDERIVED).scalars())


def underived_with(connection: Connection, bases: Collection[str]) -> set[bytes]:
    """Those of them that name one of these base forms and are seen by others than their owners."""
    keys: set[bytes] = set()
    for table in (participant, placement_bcc):
        # few wait: what names the addresses, which may be very many, is looked for among them
        named = exists().where(table.c.message_key == message.c.key, one_of(connection, table.c.base, sorted(bases)))
        keys.update(connection.execute(_UNDERIVED.where(named, _IS_SEEN)).scalars())
    return keys


def copies_of_contents(connection: Connection, keys: Iterable[bytes]) -> list[StoredCopy]:
    """The copies with these contents."""
    rows: dict[bytes, Row[Any]] = {}
    gather(connection, rows, message.c.key, keys)
    return _with_people(connection, rows)


def _with_people(connection: Connection, rows: dict[bytes, Row[Any]]) -> list[StoredCopy]:
    """The rows with their participants and placements."""
    found = {key: StoredCopy(row, [], [], []) for key, row in rows.items()}
    for key, role, email, name, normal, base in select_in(connection, _PEOPLE.where, participant.c.message_key, found):
        found[key].parties.append(StoredParty(_ROLES[role], email, name, normal, base))
    for key, email, name, normal, base in select_in(connection, _BLIND.where, placement_bcc.c.message_key, found):
        found[key].bcc.append(StoredParty(Role.BCC, email, name, normal, base))
    for key, *place in select_in(connection, _HELD.where, placement.c.message_key, found):
        found[key].places.append(StoredPlace(*place))
    for copy in found.values():
        if len(copy.bcc) > 1:
            copy.bcc.sort(key=lambda p: (p.normal or "", p.email))
    return list(found.values())
