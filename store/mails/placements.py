"""What becomes of placements after they were written: other flags, removals, moves. Every verb can be repeated.

A server's word that something is gone is only noted here; `removals.settle` believes it, or does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, select, update

from connectors.api import MARKS
from matching.policy import Verdict
from store.derivation.copies import item_keys, mark_dirty
from store.derivation.rebuild import drop_placeless
from store.mails.write import Placed
from store.meetings import calendars
from store.schema.core import message, placement, placement_bcc, removal, stream
from store.upsert import chunks, select_in, upsert_rows

_LIVE = placement.c.removed_at.is_(None)


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
    return item_keys(connection, message.c.key, marked)


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


def told_anew(
    connection: Connection, before: Mapping[str, Placed], now: Mapping[str, tuple[bytes | None, bytes]]
) -> dict[str, bytes]:
    """Ref -> the content that is stored of it, where what lies there (`now`: hash of its Message-ID, fingerprint) is
    the same mail: another release of this program makes another content of it."""
    keys = {old.message_key: ref for ref, old in before.items() if old.message_key is not None and ref in now}
    names = select(message.c.key, message.c.mid_key, message.c.fingerprint).where(message.c.mid_key.is_not(None))
    found = select_in(connection, names.where, message.c.key, keys)
    return {keys[row.key]: row.key for row in found if now[keys[row.key]] == (row.mid_key, row.fingerprint)}


def release(connection: Connection, stream_id: int, contents: Mapping[str, bytes]) -> None:
    """These refs (ref -> content) are about to be told anew; contents that no other place holds go."""
    for part in chunks(contents):
        for table in (placement_bcc, placement):
            here = and_(table.c.stream_id == stream_id, table.c.ref.in_(part))
            gone = delete(table) if table is placement_bcc else update(table).values(message_key=None)
            connection.execute(gone.where(here))
    if contents:
        drop_placeless(connection, contents.values())


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
        if connection.execute(update(placement).where(here).values(removed_at=None)).rowcount:
            calendars.mark(connection, calendars.uids_at(connection, stream_id, part))


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


def want_quarantined(connection: Connection, stream_id: int, seen_since: datetime) -> None:
    """Have what could not be read asked for again, where it was seen first since then."""
    is_fresh = (placement.c.seen_at >= seen_since, placement.c.verdict == Verdict.QUARANTINED.value, _LIVE)
    connection.execute(update(placement).where(placement.c.stream_id == stream_id, *is_fresh).values(is_wanted=True))
