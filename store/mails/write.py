"""One transaction's verbs for facts: placements, messages, cursors. Every one of them can be repeated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    true,
    update,
)

from connectors.api import Page, Purpose
from matching.identity import instant
from matching.policy import Verdict
from store.derivation.copies import item_key
from store.errors import Fenced
from store.keys import IdentityKey
from store.mails import facts, mail_signals
from store.mails.facts import Content, Draft
from store.mails.wanted import by_index, is_wanted_there
from store.schema.core import (
    content,
    message,
    participant,
    placement,
    placement_bcc,
    reference,
    skipped_participant,
    stream,
)
from store.schema.meetings import invitation
from store.upsert import chunks, one_of, select_in, upsert_rows

#: Reasons that stand whatever else is known of a mail.
FINAL_REASONS = ("draft", "junk", "trash", "self")


@dataclass(frozen=True, slots=True)
class Place:
    """The stream a page belongs to."""

    stream_id: int
    #: Its version when the page's reading began.
    version: int
    is_sent: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """What is known of a ref from before."""

    verdict: Verdict
    seen_at: datetime
    #: The content that is stored of it.
    message_key: bytes | None


_PLACED = select(placement.c.ref, placement.c.verdict, placement.c.seen_at, placement.c.message_key).where(
    placement.c.stream_id == bindparam("stream")
)
_COPIES = select(message.c.mid, message.c.sent_at, message.c.sender, message.c.fingerprint, message.c.list_id)


def placed(connection: Connection, stream_id: int, refs: Iterable[str]) -> dict[str, Placed]:
    """The placements that exist already among `refs`."""
    rows = select_in(connection, _PLACED.where, placement.c.ref, refs, {"stream": stream_id})
    return {row.ref: Placed(Verdict(row.verdict), row.seen_at, row.message_key) for row in rows}


class Copies:
    """Which mails of a page have a copy in the store already."""

    def __init__(self, connection: Connection, drafts: Sequence[Draft]) -> None:
        self._by_mid: dict[tuple[str, str], list[tuple[str, bool]]] = {}
        self._anonymous: set[bytes] = set()
        self._all: set[bytes] = set()
        mids = [d.mid_key for d in drafts if d.mid_key is not None]
        for row in select_in(connection, _COPIES.where, message.c.mid_key, mids):
            self._note(row.mid, instant(row.sent_at), row.sender, bool(row.list_id), row.fingerprint)
        fingerprints = [d.fingerprint for d in drafts]
        for row in select_in(connection, _COPIES.where, message.c.fingerprint, fingerprints):
            self._note(row.mid, instant(row.sent_at), row.sender, bool(row.list_id), row.fingerprint)

    def has(self, item: Draft) -> bool:
        """Is a copy of this mail stored (or noted) already?"""
        if item.mid is None:
            return item.fingerprint in self._all
        if item.fingerprint in self._anonymous:
            return True
        known = self._by_mid.get((item.mid, item.sent), ())
        return any(item.is_list or other_is_list or sender == item.sender for sender, other_is_list in known)

    def note(self, item: Draft) -> None:
        """From now on this mail counts as stored."""
        self._note(item.mid, item.sent, item.sender, item.is_list, item.fingerprint)

    def _note(self, mid: str | None, sent: str, sender: str, is_list: bool, fingerprint: bytes) -> None:
        self._all.add(fingerprint)
        if mid is None:
            self._anonymous.add(fingerprint)
        else:
            self._by_mid.setdefault((mid, sent), []).append((sender, is_list))


class Kept(NamedTuple):
    """A mail worth keeping, and why."""

    draft: Draft
    content: Content
    reason: str


class Skipped(NamedTuple):
    """A mail that is not kept, and why."""

    draft: Draft
    reason: str
    #: Which of its outside parties may become contacts by themselves.
    creatable: Sequence[bool]
    #: It is to be kept after all, but its text was left out: it is fetched by reference.
    is_wanted: bool


class Denied(NamedTuple):
    """A mail of which nothing may be kept: suppressed or expired, and why."""

    ref: str
    verdict: Verdict
    reason: str


def write_stored(connection: Connection, place: Place, items: Sequence[Kept], now: datetime) -> set[str]:
    """Write mails worth keeping; returns the dirty keys of what has to be derived from them."""
    drafts = [item.draft for item in items]
    contents = [item.content for item in items]
    _forget_skipped(connection, place.stream_id, [d.ref for d in drafts])
    upsert_rows(
        connection,
        message,
        (*facts.MESSAGE_COLUMNS, "is_sent_copy"),
        [(*c.message_row, place.is_sent or d.purpose is Purpose.SENT) for d, c, _reason in items],
        update={
            "arrived_at": lambda stored, offered: func.coalesce(
                case((offered < stored, offered), else_=stored), stored, offered
            ),
            "is_sent_copy": or_,
        },
    )
    upsert_rows(connection, content, facts.CONTENT_COLUMNS, [c.content_row for c in contents])
    upsert_rows(connection, participant, facts.PARTICIPANT_COLUMNS, [r for c in contents for r in c.participant_rows])
    upsert_rows(connection, reference, facts.REFERENCE_COLUMNS, [r for c in contents for r in c.reference_rows])
    mail_signals.write(connection, contents)
    blind = [(*row, place.stream_id) for c in contents for row in c.bcc_rows]
    upsert_rows(connection, placement_bcc, (*facts.BCC_COLUMNS, "stream_id"), blind)
    _upsert_placements(
        connection,
        [(*_placement(d, place.stream_id, now), Verdict.STORED.value, reason, c.key, *_KEPT) for d, c, reason in items],
    )
    return {item_key(d.mid_key, d.fingerprint) for d in drafts}


def write_invitations(connection: Connection, items: Sequence[Kept]) -> set[str]:
    """Write what these mails say of meetings; returns the dirty keys of the UIDs that they speak of."""
    rows = [(item.content.key, *row) for item in items for row in item.content.invitation_rows]
    upsert_rows(connection, invitation, ("message_key", "position", "uid_key", "method", "data"), rows)
    return {row[2].hex() for row in rows}


def write_skipped(
    connection: Connection,
    key: IdentityKey,
    place: Place,
    items: Sequence[Skipped],
    now: datetime,
    policy_version: int,
) -> None:
    """Write mails that are not kept, as far as a later decision needs them."""
    _forget_skipped(connection, place.stream_id, [item.draft.ref for item in items])
    _upsert_placements(
        connection,
        [
            (
                *_placement(d, place.stream_id, now, is_wanted=is_wanted),
                Verdict.SKIPPED.value,
                reason,
                None,
                d.fingerprint,
                d.direction.value,
                d.occurred_at,
                d.recipient_count,
                d.is_bulk,
                policy_version,
            )
            for d, reason, _creatable, is_wanted in items
        ],
    )
    upsert_rows(
        connection,
        skipped_participant,
        ("stream_id", "ref", "role", "address_key", "base_key", "is_creatable"),
        [
            (
                place.stream_id,
                d.ref,
                party.role,
                key.digest("address", party.normal),
                key.digest("base", party.base),
                may,
            )
            for d, _reason, creatable, _is_wanted in items
            for party, may in zip(d.outside, creatable, strict=True)
        ],
    )


def write_quarantined(connection: Connection, place: Place, items: Sequence[tuple[str, str]], now: datetime) -> None:
    """Write items that can't be read: (ref, reason). No bytes are kept."""
    _upsert_placements(
        connection,
        [
            (
                *(place.stream_id, ref, None, "", 0, None, "unknown", now, False),
                Verdict.QUARANTINED.value,
                reason,
                None,
                *_KEPT,
            )
            for ref, reason in items
        ],
    )


def write_denied(connection: Connection, place: Place, items: Sequence[Denied], now: datetime) -> None:
    """Write items of which nothing is kept but that they are known: no text, no hash, no time."""
    refs = [item.ref for item in items]
    _forget_skipped(connection, place.stream_id, refs)
    if refs:
        blind = one_of(connection, placement_bcc.c.ref, refs)
        connection.execute(delete(placement_bcc).where(placement_bcc.c.stream_id == place.stream_id, blind))
    _upsert_placements(
        connection,
        [
            (*(place.stream_id, ref, None, "", 0, None, "unknown", now, False), verdict.value, reason, None, *_KEPT)
            for ref, verdict, reason in items
        ],
    )


def nothing_but(verdict: Verdict, reason: str) -> dict[str, Any]:
    """The values of a placement of which nothing may be kept but that it is known."""
    said = {"verdict": verdict.value, "reason": reason, "flags": "", "size": 0, "auth": "unknown", "is_wanted": False}
    return dict.fromkeys(("message_key", "mid_key", "received_at", *_SKIPPED_COLUMNS)) | said


def streams_wanting(connection: Connection, account_id: str) -> set[int]:
    """Ids of the account's streams with skipped items that have become wanted."""
    return set(connection.scalars(_WANTING, {"account": account_id}))


def wanted_refs(connection: Connection, stream_id: int, limit: int) -> list[str]:
    """Skipped items that have become wanted, to be fetched by reference."""
    query = select(placement.c.ref).where(placement.c.stream_id == stream_id, is_wanted_there())
    return [row[0] for row in connection.execute(by_index(query).order_by(placement.c.ref).limit(limit))]


def count_wanted(connection: Connection, account_id: str) -> int:
    """How many items of the account wait to be fetched by reference, from streams that are there."""
    query = select(func.count()).select_from(placement.join(stream, stream.c.id == placement.c.stream_id))
    there = (stream.c.account_id == account_id, stream.c.state == "ok")
    return connection.scalar(by_index(query).where(*there, is_wanted_there())) or 0


#: Asked at each poll of each account: made once.
_WANTING = select(stream.c.id).where(
    stream.c.account_id == bindparam("account"),
    by_index(select(placement.c.ref).where(placement.c.stream_id == stream.c.id, is_wanted_there())).exists(),
)


def accounts_wanting(connection: Connection) -> list[str]:
    """Ids of the accounts that have items to be fetched by reference, in streams that are there."""
    query = select(stream.c.account_id).distinct().select_from(placement.join(stream))
    return list(connection.scalars(by_index(query).where(is_wanted_there(), stream.c.state == "ok")))


def count_all_wanted(connection: Connection) -> int:
    """How many items of all accounts wait to be fetched by reference."""
    return connection.scalar(select(func.count()).select_from(placement).where(is_wanted_there())) or 0


def settle_wanted(connection: Connection, stream_id: int, refs: Iterable[str]) -> None:
    """These were asked for; whatever came of it, do not ask again for the same reason."""
    for part in chunks(refs):
        connection.execute(
            update(placement)
            .where(placement.c.stream_id == stream_id, placement.c.ref.in_(part))
            .values(is_wanted=False)
        )


def advance(connection: Connection, place: Place, page: Page) -> None:
    """Move the stream's cursor with the rows it covers; raises Fenced when another process has moved it."""
    values: dict[str, Any] = {"version": place.version + 1, "backlog": page.backlog}
    if page.cursor is not None:
        values["cursor"] = page.cursor
    if page.complete_since is not None:
        values["complete_since_at"] = page.complete_since
    if page.asks_comparison:
        values["is_uncompared"] = True
    done = connection.execute(
        update(stream).where(stream.c.id == place.stream_id, stream.c.version == place.version).values(values)
    )
    if done.rowcount != 1:
        raise Fenced


def keep_stream(connection: Connection, stream_id: int) -> None:
    """Write alone what lies in this stream, until the transaction ends. `advance` does as much."""
    if connection.dialect.name == "postgresql":
        row = select(stream.c.id).where(stream.c.id == stream_id)
        connection.execute(row.with_for_update(key_share=True)).all()


def want(connection: Connection, stream_id: int, refs: Sequence[str]) -> None:
    """Have these fetched by reference, whatever is known of them."""
    if refs:
        here = and_(placement.c.stream_id == stream_id, one_of(connection, placement.c.ref, refs))
        connection.execute(update(placement).where(here).values(is_wanted=True))


def want_copies(connection: Connection, mails: Sequence[Row[Any]]) -> None:
    """Skipped copies of mails that were stored are wanted too, so that the order of reading does not matter."""
    is_skipped = and_(
        placement.c.verdict == Verdict.SKIPPED.value,
        *(placement.c.reason != reason for reason in FINAL_REASONS),
    )
    anonymous = [m.fingerprint for m in mails if m.mid_key is None]
    for column, values, further in (
        (placement.c.mid_key, [m.mid_key for m in mails if m.mid_key is not None], true()),
        (placement.c.fingerprint, anonymous, true()),
        (placement.c.fingerprint, [m.fingerprint for m in mails], placement.c.mid_key.is_(None)),
    ):
        if values:
            same = one_of(connection, column, values)
            connection.execute(update(placement).where(same, further, is_skipped).values(is_wanted=True))


_PLACE_COLUMNS = ("stream_id", "ref", "mid_key", "flags", "size", "received_at", "auth", "seen_at", "is_wanted")
_SKIPPED_COLUMNS = ("fingerprint", "direction", "occurred_at", "recipient_count", "is_bulk", "policy_version")
_PLACEMENT_COLUMNS = (*_PLACE_COLUMNS, "verdict", "reason", "message_key", *_SKIPPED_COLUMNS)
#: What is not told of items that are kept, or can't be read.
_KEPT = (None,) * len(_SKIPPED_COLUMNS)


def _placement(item: Draft, stream_id: int, now: datetime, *, is_wanted: bool = False) -> tuple[Any, ...]:
    """The values of _PLACE_COLUMNS."""
    return (stream_id, item.ref, item.mid_key, item.flags, item.size, item.received_at, item.auth, now, is_wanted)


def _upsert_placements(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    kept = [name for name in _PLACEMENT_COLUMNS if name not in ("stream_id", "ref", "seen_at")]
    upsert_rows(connection, placement, _PLACEMENT_COLUMNS, rows, update=kept)


def _forget_skipped(connection: Connection, stream_id: int, refs: Iterable[str]) -> None:
    table = skipped_participant
    if refs := list(refs):
        same = one_of(connection, table.c.ref, refs)
        connection.execute(delete(table).where(table.c.stream_id == stream_id, same))
