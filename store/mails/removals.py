"""What is believed of placements that are told to be gone, at the end of a turn and not before.

When all folders of the account have been read, what lies in another folder now was moved; what is gone keeps its
placement, with the instant, as long as it is history. Where a folder would lose most of what it holds, at once or
little by little, nothing is believed until a person says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, exists, func, or_, select, update

from connectors.api import Purpose
from matching.policy import Verdict
from store.accounts import missing
from store.mails import departures
from store.mails.departures import FEW
from store.meetings import calendars
from store.schema.core import message, placement, placement_bcc, removal, skipped_participant, stream
from store.schema.meetings import leave
from store.upsert import one_of, select_in

#: Folders that empty themselves, or are emptied; their mail never was history.
_TRANSIENT = (Purpose.TRASH, Purpose.JUNK, Purpose.DRAFTS)
#: Of these nothing is kept that would tell where else they lie.
_UNTRACEABLE = (Verdict.QUARANTINED, Verdict.SUPPRESSED, Verdict.EXPIRED)
_LIVE = placement.c.removed_at.is_(None)

# asked at each poll of each account: made once
_OF_ACCOUNT = stream.c.account_id == bindparam("account")
_TOLD = and_(stream.c.state == "ok", exists().where(removal.c.stream_id == stream.c.id))
_UNSETTLED = select(stream.c.id).where(_OF_ACCOUNT, or_(stream.c.state == "missing", stream.c.held_back > 0, _TOLD))
_HELD = select(func.count()).where(placement.c.stream_id == stream.c.id, _LIVE).scalar_subquery()
_HELD_BACK = (
    select(stream.c.id, stream.c.name, stream.c.state, stream.c.held_back, _HELD.label("held"))
    .where(_OF_ACCOUNT, stream.c.held_back > 0, stream.c.state.in_(("ok", "missing")))
    .order_by(stream.c.name)
)


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A folder that would lose most of what it holds. Numbers of placements."""

    stream: str
    #: What the server says is gone and nobody has believed.
    gone: int
    #: All that it holds, these included.
    held: int
    #: What was believed to be gone in the days before.
    lately: int = 0
    #: The folder itself is gone.
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class _Leaving:
    """What is told to be gone from a folder."""

    stream_id: int
    name: str
    rows: list[Row[Any]]
    #: Of these, what lies in no other folder of the account.
    lost: list[Row[Any]]

    @property
    def moved(self) -> list[Row[Any]]:
        lost = {row.ref for row in self.lost}
        return [row for row in self.rows if row.ref not in lost]


def settle(connection: Connection, account_id: str, now: datetime, *, is_accepted: bool = False) -> list[HeldBack]:
    """Believe what was told of the account's folders, but for those that would lose most of what they hold.

    `departures.Shrinkage` says what that is. Folders that were missing for long count as emptied; they are looked at
    together. Returns the folders where nothing was believed; with `is_accepted` there are none.
    """
    gone = missing.tell(connection, account_id, now if is_accepted else now - missing.PATIENCE, now)
    pending = _pending(connection, account_id, gone)
    traced = _traces(connection, account_id, pending) if pending else {}
    folders = list(_leaving(pending, traced))
    lost_with_folders = sum(len(each.lost) for each in folders if each.stream_id in gone)
    if folders:
        departures.forget_old(connection, account_id, now)
    held_back: dict[int, HeldBack] = {}
    for each in folders:
        is_missing = each.stream_id in gone
        refused = _refused(connection, each, lost_with_folders if is_missing else None, now)
        if refused is not None and not is_accepted:
            held_back[each.stream_id] = refused
        believed = each.moved if each.stream_id in held_back else each.rows
        if is_accepted:
            departures.forget(connection, [each.stream_id])
        elif not is_missing and each.rows[0].purpose not in _TRANSIENT:
            departures.note(connection, each.stream_id, each.lost if believed is each.rows else [], each.moved, now)
        _remove(connection, each.stream_id, believed, traced, now)
    missing.close(connection, gone - held_back.keys())
    _save_held_back(connection, account_id, held_back)
    return list(held_back.values())


def is_unsettled(connection: Connection, account_id: str) -> bool:
    """Is there anything that `settle` would look at?"""
    return connection.execute(_UNSETTLED, {"account": account_id}).first() is not None


def held_back(connection: Connection, account_id: str) -> list[HeldBack]:
    """The account's folders whose removals were not believed when they were settled last."""
    return [
        HeldBack(
            row.name,
            row.held_back,
            row.held,
            departures.lost_lately(connection, row.id),
            is_missing=row.state == "missing",
        )
        for row in connection.execute(_HELD_BACK, {"account": account_id}).all()
    ]


def unplaced_since(connection: Connection, interaction_ids: Iterable[str]) -> dict[str, datetime]:
    """Since when these items are at none of their places any more; those that lie somewhere are left out.

    A move that is seen from one side only may look so for the time of a turn. Whoever deletes because of it waits
    until each account that held the item has been read through 7 days later (`account.last_success_at`).
    """
    removed = placement.c.removed_at
    query = (
        select(message.c.interaction_id, func.max(removed).label("since"))
        .join(placement, placement.c.message_key == message.c.key)
        .group_by(message.c.interaction_id)
        .having(func.count() == func.count(removed))
    )
    rows = select_in(connection, query.where, message.c.interaction_id, interaction_ids)
    return {row.interaction_id: row.since for row in rows}


def _refused(
    connection: Connection, leaving: _Leaving, lost_with_folders: int | None, now: datetime
) -> HeldBack | None:
    """What is not to be believed without a person's word; `lost_with_folders`: of all folders that are gone."""
    if not leaving.lost:
        return None
    found = departures.shrinkage(connection, leaving.stream_id, leaving.rows, leaving.lost, now)
    is_missing = lost_with_folders is not None
    is_too_much = found.is_too_much if lost_with_folders is None else lost_with_folders > FEW
    if not is_too_much:
        return None
    lately = departures.lost_lately(connection, leaving.stream_id)
    return HeldBack(leaving.name, len(leaving.lost), found.held, lately, is_missing)


def _save_held_back(connection: Connection, account_id: str, refused: dict[int, HeldBack]) -> None:
    columns = select(stream.c.id, stream.c.held_back).where(stream.c.account_id == account_id)
    for row in connection.execute(columns).all():
        count = refused[row.id].gone if row.id in refused else 0
        if row.held_back != count:
            connection.execute(update(stream).where(stream.c.id == row.id).values(held_back=count))


def _pending(connection: Connection, account_id: str, gone: AbstractSet[int]) -> list[Row[Any]]:
    """What was told to be gone from folders that are there, and from those that are `gone`, by folder."""
    table = placement
    names = ("stream_id", "ref", "verdict", "message_key", "mid_key", "fingerprint", "received_at")
    return list(
        connection.execute(
            select(stream.c.name, stream.c.purpose, *(table.c[name] for name in names))
            .join(removal, and_(removal.c.stream_id == table.c.stream_id, removal.c.ref == table.c.ref))
            .join(stream, stream.c.id == table.c.stream_id)
            .where(stream.c.account_id == account_id, or_(stream.c.state == "ok", stream.c.id.in_(gone)))
            .order_by(table.c.stream_id, table.c.ref)
        )
    )


def _leaving(pending: Sequence[Row[Any]], traced: _Traces) -> Iterator[_Leaving]:
    for stream_id, group in groupby(pending, key=lambda row: row.stream_id):
        rows = list(group)
        yield _Leaving(stream_id, rows[0].name, rows, [row for row in rows if _is_lost(row, traced)])


#: By which of its keys a mail is found again in another folder: key -> the streams where it lies.
_Traces = dict[tuple[str, bytes], set[int]]


def _traces(connection: Connection, account_id: str, rows: Sequence[Row[Any]]) -> _Traces:
    """Where else in the account these mails lie."""
    found: _Traces = {}
    table = placement
    is_told = exists().where(removal.c.stream_id == table.c.stream_id, removal.c.ref == table.c.ref)
    for name in ("message_key", "mid_key", "fingerprint"):
        column = table.c[name]
        query = (
            select(table.c.stream_id, column.label("key"))
            .join(stream, stream.c.id == table.c.stream_id)
            .where(stream.c.account_id == account_id, _LIVE, ~is_told)
        )
        keys = {getattr(row, name) for row in rows} - {None}
        for row in select_in(connection, query.where, column, keys):
            found.setdefault((name, row.key), set()).add(row.stream_id)
    return found


def _is_lost(row: Row[Any], traced: _Traces) -> bool:
    if row.purpose in _TRANSIENT or row.verdict in _UNTRACEABLE:
        return False
    names = ("message_key", "mid_key", *(() if row.mid_key else ("fingerprint",)))
    return not any((name, getattr(row, name)) in traced for name in names)


def _remove(connection: Connection, stream_id: int, rows: Sequence[Row[Any]], traced: _Traces, now: datetime) -> None:
    """Take these from their places: history keeps a row of each, unless another place in the account tells as much."""
    blind = {
        row.ref
        for row in select_in(
            connection,
            select(placement_bcc.c.ref).where(placement_bcc.c.stream_id == stream_id).where,
            placement_bcc.c.ref,
            [row.ref for row in rows],
        )
    }
    objects = calendars.refs_kept(connection, stream_id, [row.ref for row in rows])
    kept: list[str] = []
    dropped: list[str] = []
    for row in rows:
        places = traced.get(("message_key", row.message_key), set()) if row.message_key else set()
        is_told_elsewhere = stream_id in places or (bool(places) and row.ref not in blind)
        is_history = row.ref in objects or (row.message_key and not is_told_elsewhere)
        (kept if is_history else dropped).append(row.ref)
    calendars.mark(connection, set(objects.values()))
    if kept:
        here = and_(placement.c.stream_id == stream_id, one_of(connection, placement.c.ref, kept))
        connection.execute(update(placement).where(here).values(removed_at=now, is_wanted=False))
    doomed = [(table, dropped) for table in (skipped_participant, placement_bcc, leave, placement)]
    for table, refs in (*doomed, (removal, [row.ref for row in rows])):
        if refs:
            here = one_of(connection, table.c.ref, refs)
            connection.execute(delete(table).where(table.c.stream_id == stream_id, here))
