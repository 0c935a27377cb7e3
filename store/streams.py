"""Which of the account's streams a listed folder is: by the server's own id, by what lies in it, by its name.

A folder that is renamed keeps its row, and with it its cursor and placements. One that is not listed is `missing`: its
placements stay, and it goes on from its cursor when it is listed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from connectors.api import Outline, Stream
from store.company import forget_cursor
from store.locks import keep_stream_list
from store.schema import placement, stream

#: Placements that a folder is recognized by.
SAMPLE = 8


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A stream that no listed folder seems to be, and what some of its placements look like."""

    id: int
    name: str
    sample: Mapping[str, Outline]


def save(
    connection: Connection,
    account_id: str,
    listed: Iterable[Stream],
    now: datetime,
    recognized: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Note the account's streams; returns name -> stream id. Those not listed are `missing`, not empty.

    `recognized` (name -> stream id) are folders under a new name, told by what lies in them.
    """
    streams = list(listed)
    keep_stream_list(connection, account_id)
    known = _known(connection, account_id)
    matched = _matched(streams, known, recognized or {})
    rest = [row.id for row in known if row.id not in {m.id for m in matched.values()} and row.state != "missing"]
    # names are unique among those that are there: first they all go that lose theirs
    renamed = [row.id for name, row in matched.items() if row.name != name]
    if rest or renamed:
        connection.execute(update(stream).where(stream.c.id.in_([*rest, *renamed])).values(state="missing"))
    ids: dict[str, int] = {}
    for each in streams:
        values = {
            "name": each.name,
            "purpose": each.purpose.value,
            "server_id": each.server_id or (matched[each.name].server_id if each.name in matched else None),
            "state": "ok",
        }
        row = matched.get(each.name)
        if row is None:
            fresh = {"account_id": account_id, "kind": each.kind.value, "version": 0, "compared_at": now}
            made = connection.execute(stream.insert().values(**fresh, **values))
            assert made.inserted_primary_key is not None
            ids[each.name] = made.inserted_primary_key[0]
            continue
        ids[each.name] = row.id
        if row.id in renamed or any(getattr(row, name) != value for name, value in values.items()):
            connection.execute(update(stream).where(stream.c.id == row.id).values(values))
        if row.server_id and each.server_id not in (None, row.server_id):
            # another folder under the same name
            forget_cursor(connection, row.id)
    return ids


def _known(connection: Connection, account_id: str) -> list[Row[Any]]:
    """Rows of streams, those that are there last."""
    columns = (stream.c.id, stream.c.name, stream.c.purpose, stream.c.server_id, stream.c.state)
    query = select(*columns).where(stream.c.account_id == account_id)
    rows: list[Row[Any]] = list(connection.execute(query))
    return sorted(rows, key=lambda row: (row.state == "ok", row.id))


def _matched(
    streams: Sequence[Stream], known: Sequence[Row[Any]], recognized: Mapping[str, int]
) -> dict[str, Row[Any]]:
    """Name -> the row it goes on with, each row once: the server's id says most, the name least."""
    by_server_id = {row.server_id: row for row in known if row.server_id}
    found = {s.name: by_server_id[s.server_id] for s in streams if s.server_id in by_server_id}
    taken = {row.id for row in found.values()}
    by_id = {row.id: row for row in known}
    for name, stream_id in recognized.items():
        if name not in found and stream_id in by_id and stream_id not in taken:
            found[name] = by_id[stream_id]
            taken.add(stream_id)
    by_name = {row.name: row for row in known if row.id not in taken}
    for each in streams:
        if each.name not in found and each.name in by_name:
            found[each.name] = by_name[each.name]
    return found


def unlisted(connection: Connection, account_id: str, listed: Sequence[Stream]) -> tuple[list[Stream], list[Unlisted]]:
    """(folders that no stream seems to be, streams that no folder seems to be, of which something is known)"""
    known = _known(connection, account_id)
    matched = _matched(listed, known, {})
    fresh = [each for each in listed if each.name not in matched]
    taken = {row.id for row in matched.values()}
    left = [row for row in known if row.id not in taken] if fresh else []
    candidates = [Unlisted(row.id, row.name, sample(connection, row.id)) for row in left]
    return fresh, [each for each in candidates if each.sample]


def sample(connection: Connection, stream_id: int) -> dict[str, Outline]:
    """What some of the stream's newest mails look like, by ref."""
    columns = select(placement.c.ref, placement.c.size, placement.c.received_at)
    there = (placement.c.stream_id == stream_id, placement.c.removed_at.is_(None), placement.c.received_at.is_not(None))
    newest = columns.where(*there).order_by(placement.c.received_at.desc(), placement.c.ref).limit(SAMPLE)
    return {row.ref: Outline(row.size, row.received_at) for row in connection.execute(newest)}


def agree(sample: Mapping[str, Outline], found: Mapping[str, Outline]) -> bool:
    """Are these the mails of the sample? At least half of them have to be there, and none may be another mail."""
    there = sample.keys() & found.keys()
    return 2 * len(there) >= max(1, len(sample)) and not contradict(sample, found)


def contradict(sample: Mapping[str, Outline], found: Mapping[str, Outline]) -> bool:
    """Does a ref of the sample mean another mail now?"""
    return any(sample[ref] != found[ref] for ref in sample.keys() & found.keys())
