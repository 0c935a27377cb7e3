"""What becomes of placements after they were written: other flags, removals, moves. Every verb can be repeated.

A server's word that something is gone is first only noted. When all folders of the account have been read, `settle`
believes it: what lies in another folder now was moved; what is gone keeps its placement, with the instant, as long as
it is history. Where most of a folder would go at once nothing is believed until a person says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, exists, func, select, update

from connectors.api import MARKS, Purpose
from matching.policy import Verdict
from store.locks import keep_account
from store.schema import message, placement, placement_bcc, removal, skipped_participant, stream
from store.upsert import chunks, one_of, select_in, upsert_rows
from store.write import Placed, item_key, mark_dirty

#: Fewer removals at once are everyday life, whatever the folder's size.
FEW = 20
#: Folders that empty themselves, or are emptied; their mail never was history.
_TRANSIENT = (Purpose.TRASH, Purpose.JUNK, Purpose.DRAFTS)
_LIVE = placement.c.removed_at.is_(None)


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A folder most of which would have gone at once."""

    stream: str
    #: Placements that the server says are gone.
    gone: int
    #: All that it held.
    held: int


def reflag(connection: Connection, stream_id: int, flags: Mapping[str, frozenset[str]]) -> set[str]:
    """Write the flags of these refs; unknown ones are passed over. Returns the dirty keys of what depends on them."""
    table = placement
    columns = select(table.c.ref, table.c.flags, table.c.message_key).where(table.c.stream_id == stream_id)
    rows = select_in(connection, columns.where, table.c.ref, flags)
    changed = [(row, text) for row in rows if (text := " ".join(sorted(flags[row.ref]))) != row.flags]
    if not changed:
        return set()
    connection.execute(
        update(table).where(table.c.stream_id == stream_id, table.c.ref == bindparam("r")).values(flags=bindparam("f")),
        [{"r": row.ref, "f": text} for row, text in changed],
    )
    marked = [row.message_key for row, text in changed if row.message_key and _marks(row.flags) != _marks(text)]
    keys = select(message.c.mid_key, message.c.fingerprint)
    rows = select_in(connection, keys.where, message.c.key, marked)
    return {item_key(row.mid_key, row.fingerprint) for row in rows}


def _marks(flags: str) -> set[str]:
    return set(flags.split()) & set(MARKS)


def remark(connection: Connection, stream_id: int, marked: Mapping[str, frozenset[str]]) -> None:
    """Make the placements bear each flag of `marked` exactly where it says."""
    table = placement
    rows = connection.execute(select(table.c.ref, table.c.flags).where(table.c.stream_id == stream_id, _LIVE))
    wanted: dict[str, frozenset[str]] = {}
    for row in rows:
        held = frozenset(row.flags.split())
        there = frozenset(flag for flag, refs in marked.items() if row.ref in refs)
        if (now := (held - marked.keys()) | there) != held:
            wanted[row.ref] = now
    mark_dirty(connection, "item", reflag(connection, stream_id, wanted))


def displace(
    connection: Connection, stream_id: int, before: Mapping[str, Placed], now: Mapping[str, bytes | None], at: datetime
) -> None:
    """Keep what is known of mails whose refs mean other mails now (`now`: ref -> content): a backup was restored."""
    for ref, old in before.items():
        if old.message_key is None or now.get(ref) == old.message_key:
            continue
        former = f"{ref}~{old.message_key.hex()[:12]}"
        for table in (placement_bcc, placement):
            here = and_(table.c.stream_id == stream_id, table.c.ref == ref)
            connection.execute(delete(table).where(table.c.stream_id == stream_id, table.c.ref == former))
            connection.execute(update(table).where(here).values(ref=former))
        same = and_(placement.c.stream_id == stream_id, placement.c.ref == former)
        connection.execute(update(placement).where(same).values(removed_at=at, is_wanted=False))


def came_back(connection: Connection, stream_id: int, refs: Iterable[str]) -> None:
    """These are there, whatever was told of them before."""
    for part in chunks(refs):
        connection.execute(delete(removal).where(removal.c.stream_id == stream_id, removal.c.ref.in_(part)))
        here = and_(placement.c.stream_id == stream_id, placement.c.ref.in_(part), placement.c.removed_at.is_not(None))
        connection.execute(update(placement).where(here).values(removed_at=None))


def tell_removed(connection: Connection, stream_id: int, refs: Iterable[str], now: datetime) -> int:
    """Note that the server says these are gone; returns how many of them were known."""
    columns = select(placement.c.ref).where(placement.c.stream_id == stream_id, _LIVE)
    known = [row.ref for row in select_in(connection, columns.where, placement.c.ref, refs)]
    upsert_rows(connection, removal, ("stream_id", "ref", "told_at"), [(stream_id, ref, now) for ref in known])
    return len(known)


def doubted_refs(connection: Connection, stream_id: int) -> list[str]:
    """Refs of the stream that are gone, or said to be."""
    gone = select(placement.c.ref).where(placement.c.stream_id == stream_id, placement.c.removed_at.is_not(None))
    told = select(removal.c.ref).where(removal.c.stream_id == stream_id)
    return list(connection.scalars(gone.union(told)))


def compared(connection: Connection, stream_id: int, now: datetime) -> None:
    """Note that all that is known of the stream was compared with its full listing."""
    done = {"is_uncompared": False, "compared_at": now}
    connection.execute(update(stream).where(stream.c.id == stream_id).values(done))


def settle(connection: Connection, account_id: str, now: datetime, *, is_accepted: bool = False) -> list[HeldBack]:
    """Believe what was told of the account's folders, but for those that would lose most of what they hold.

    A folder loses most where more than half of its mails, and more than FEW, are gone and lie in no other folder of
    the account. Returns the folders where nothing was believed; with `is_accepted` there are none.
    """
    pending = _pending(connection, account_id)
    if pending:
        keep_account(connection, account_id)
        # what others wrote while we waited
        pending = _pending(connection, account_id)
    traced = _traces(connection, account_id, pending) if pending else {}
    held_back: list[HeldBack] = []
    for stream_id in dict.fromkeys(row.stream_id for row in pending):
        rows = [row for row in pending if row.stream_id == stream_id]
        lost = [row for row in rows if _is_lost(row, traced)]
        held = connection.scalar(
            select(func.count()).select_from(placement).where(placement.c.stream_id == stream_id, _LIVE)
        )
        if not is_accepted and len(lost) > FEW and 2 * len(lost) > (held or 0):
            held_back.append(HeldBack(rows[0].name, len(lost), held or 0))
            kept = {row.ref for row in lost}
            rows = [row for row in rows if row.ref not in kept]
        _remove(connection, stream_id, rows, traced, now)
    told = {each.stream: each.gone for each in held_back}
    columns = select(stream.c.id, stream.c.name, stream.c.held_back).where(stream.c.account_id == account_id)
    for row in connection.execute(columns).all():
        if row.held_back != told.get(row.name, 0):
            refused = {"held_back": told.get(row.name, 0)}
            connection.execute(update(stream).where(stream.c.id == row.id).values(refused))
    return held_back


def held_back(connection: Connection, account_id: str) -> list[HeldBack]:
    """The account's folders whose removals were not believed when they were settled last."""
    held = select(func.count()).where(placement.c.stream_id == stream.c.id, _LIVE).scalar_subquery()
    query = select(stream.c.name, stream.c.held_back, held.label("held")).where(
        stream.c.account_id == account_id, stream.c.held_back > 0, stream.c.state == "ok"
    )
    return [HeldBack(row.name, row.held_back, row.held) for row in connection.execute(query.order_by(stream.c.name))]


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


def _pending(connection: Connection, account_id: str) -> list[Row[Any]]:
    """What was told to be gone from folders that are there."""
    table = placement
    return list(
        connection.execute(
            select(
                stream.c.name,
                stream.c.purpose,
                *(table.c[n] for n in ("stream_id", "ref", "verdict", "message_key", "mid_key", "fingerprint")),
            )
            .join(removal, and_(removal.c.stream_id == table.c.stream_id, removal.c.ref == table.c.ref))
            .join(stream, stream.c.id == table.c.stream_id)
            .where(stream.c.account_id == account_id, stream.c.state == "ok")
            .order_by(table.c.stream_id, table.c.ref)
        )
    )


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
    if row.purpose in _TRANSIENT or row.verdict == Verdict.QUARANTINED:
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
    kept: list[str] = []
    dropped: list[str] = []
    for row in rows:
        places = traced.get(("message_key", row.message_key), set()) if row.message_key else set()
        is_told_elsewhere = stream_id in places or (bool(places) and row.ref not in blind)
        (kept if row.message_key and not is_told_elsewhere else dropped).append(row.ref)
    if kept:
        here = and_(placement.c.stream_id == stream_id, one_of(connection, placement.c.ref, kept))
        connection.execute(update(placement).where(here).values(removed_at=now, is_wanted=False))
    doomed = [(table, dropped) for table in (skipped_participant, placement_bcc, placement)]
    for table, refs in (*doomed, (removal, [row.ref for row in rows])):
        if refs:
            here = one_of(connection, table.c.ref, refs)
            connection.execute(delete(table).where(table.c.stream_id == stream_id, here))
