"""Which of the account's streams a listed folder is: by the server's own id, by what lies in it, by its name.

A folder that is renamed keeps its row, and with it its cursor and placements. One that is not listed is `missing`, or
`left_out` where the options leave it out: its placements stay, and it goes on from its cursor when it is listed again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from connectors.api import Outline, Stream
from store.accounts.company import forget_cursor
from store.schema.core import placement, stream

#: Placements that a folder is recognized by.
SAMPLE = 8
_KNOWN = select(
    *(stream.c[name] for name in ("id", "name", "purpose", "server_id", "state", "missing_since_at"))
).where(stream.c.account_id == bindparam("account"))


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A stream that no listed folder seems to be, and what some of its placements look like."""

    id: int
    name: str
    sample: Mapping[str, Outline]


def as_listed(connection: Connection, account_id: str, listed: Sequence[Stream]) -> dict[str, int] | None:
    """Name -> stream id where the list says no more than what is stored; None: it has to be saved."""
    known = _known(connection, account_id)
    matched = _matched(listed, known, {})
    there = {row.id for row in matched.values()}
    if len(matched) < len(listed) or any(row.state in ("ok", "missing") and row.id not in there for row in known):
        return None
    if any(_changes(matched[each.name], _values(each, matched[each.name])) for each in listed):
        return None
    return {name: row.id for name, row in matched.items()}


def save(
    connection: Connection,
    account_id: str,
    listed: Iterable[Stream],
    now: datetime,
    recognized: Mapping[str, int] | None = None,
    left_out: Collection[str] | None = None,
) -> dict[str, int]:
    """Note the account's streams; returns name -> stream id. Those not listed are `missing`, not empty.

    `recognized` (name -> stream id) are folders under a new name, told by what lies in them. `left_out`: names of
    folders that are there and that the options leave out; None: not known, so that none is ever taken for gone.
    """
    streams = list(listed)
    known = _known(connection, account_id)
    matched = _matched(streams, known, recognized or {})
    _miss(connection, known, {row.id for row in matched.values()}, left_out, now)
    # names are unique among those that are there: first they all go that lose theirs
    renamed = [row.id for name, row in matched.items() if row.name != name]
    if renamed:
        connection.execute(update(stream).where(stream.c.id.in_(renamed)).values(state="missing"))
    ids: dict[str, int] = {}
    for each in streams:
        row = matched.get(each.name)
        values = _values(each, row)
        if row is None:
            fresh = {"account_id": account_id, "kind": each.kind.value, "version": 0, "compared_at": now}
            made = connection.execute(stream.insert().values(**fresh, **values))
            assert made.inserted_primary_key is not None
            ids[each.name] = made.inserted_primary_key[0]
            continue
        ids[each.name] = row.id
        if row.state != "ok":
            # what was told meanwhile is looked at again
            connection.execute(update(stream).where(stream.c.id == row.id).values(compared_at=None))
        if row.id in renamed or _changes(row, values):
            connection.execute(update(stream).where(stream.c.id == row.id).values(values))
        if row.server_id and each.server_id not in (None, row.server_id):
            # another folder under the same name
            forget_cursor(connection, row.id)
    return ids


def _values(listed: Stream, row: Row[Any] | None) -> dict[str, Any]:
    """What the stream's row says of a folder that is there."""
    return {
        "name": listed.name,
        "purpose": listed.purpose.value,
        "server_id": listed.server_id or (row.server_id if row else None),
        "state": "ok",
        "missing_since_at": None,
    }


def _changes(row: Row[Any], values: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())


def _miss(
    connection: Connection,
    known: Iterable[Row[Any]],
    there: Collection[int],
    left_out: Collection[str] | None,
    now: datetime,
) -> None:
    """Note of the streams that are not there why. One that the options left out is not missed afterwards."""
    gone: list[int] = []
    hidden: list[int] = []
    for row in known:
        if row.id not in there and row.state in ("ok", "missing"):
            if left_out is not None and row.name in left_out:
                hidden.append(row.id)
            elif row.state == "ok" or (row.missing_since_at is None and left_out is not None):
                gone.append(row.id)
    for ids, state, since in ((hidden, "left_out", None), (gone, "missing", None if left_out is None else now)):
        if ids:
            values = {"state": state, "missing_since_at": since}
            connection.execute(update(stream).where(stream.c.id.in_(ids)).values(values))


def _known(connection: Connection, account_id: str) -> list[Row[Any]]:
    """Rows of streams, those that are there last."""
    rows: list[Row[Any]] = list(connection.execute(_KNOWN, {"account": account_id}))
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


def known(
    connection: Connection, account_id: str, listed: Sequence[Stream], recognized: Mapping[str, int]
) -> dict[str, int]:
    """Name -> stream id of the listed folders that the account has already."""
    return {name: row.id for name, row in _matched(listed, _known(connection, account_id), recognized).items()}


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
