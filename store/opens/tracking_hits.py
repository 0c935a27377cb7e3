"""Hits as they come in: whether each is to be kept is found before the store is kept from others, so that it is for a
moment only, however many come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from matching.addresses import AddressRules
from matching.opens.agents import Agent
from matching.opens.networks import Network
from matching.opens.verdicts import RULES_VERSION
from store.derivation.copies import mark_dirty, take_dirty
from store.opens.tracking import items_of_mids, refused
from store.schema.core import dirty
from store.schema.tracking import tracked, tracked_recipient, tracking_hit, tracking_token
from store.upsert import select_in

#: Hits of one mail that are kept; whoever asks for more is counted.
MAX_HITS = 300
#: Of what a hit's agent and address say in full, this much is kept for as long as it is.
_MAX_AGENT, _MAX_ADDRESS = 1_000, 45
#: The kind of dirty keys that wait for `take_opened`: keyed hashes of Message-IDs.
OPENED = "opened"
#: Mails that are derived anew at a time.
_MARKS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody asked for a pixel or a link."""

    token_key: bytes
    at: datetime
    agent: Agent
    network: Network
    #: As they came, for a day.
    raw_agent: str
    raw_address: str


@dataclass(frozen=True, slots=True)
class Sifted:
    """Hits that are worth it."""

    #: Rows of `tracking_hit`.
    rows: list[dict[str, Any]]
    #: Tracked mail -> hits beyond those that are kept of it.
    dropped: Counter[str]


_HIT = (
    *("tracked_id", "position", "seconds", "agent_kind", "agent_family", "network", "rules_version"),
    *("agent", "address"),
)


def sift(connection: Connection, rules: AddressRules, asked: Sequence[Asked]) -> Sifted:
    """Those of tokens that are known, of mails all of whose recipients agree. Writes nothing."""
    keys = {each.token_key for each in asked}
    columns = select(tracking_token.c.token_key, tracking_token.c.position, tracked.c.id, tracked.c.created_at)
    query = columns.join(tracked, tracked.c.id == tracking_token.c.tracked_id).where(tracked.c.ended_at.is_(None))
    known = {bytes(row.token_key): row for row in select_in(connection, query.where, tracking_token.c.token_key, keys)}
    ids = {row.id for row in known.values()}
    ids -= _unwilling(connection, rules, ids)
    room = {each: MAX_HITS - count for each, count in _counts(connection, ids).items()}
    found = Sifted([], Counter())
    for each in asked:
        row = known.get(each.token_key)
        if row is None or row.id not in ids:
            continue
        if room[row.id] <= 0:
            found.dropped[row.id] += 1
            continue
        room[row.id] -= 1
        seconds = int((each.at - row.created_at).total_seconds())
        features = (each.agent.kind.value, each.agent.family[:30], each.network.value, RULES_VERSION)
        raw = (each.raw_agent[:_MAX_AGENT], each.raw_address[:_MAX_ADDRESS])
        found.rows.append(dict(zip(_HIT, (row.id, row.position, seconds, *features, *raw), strict=True)))
    return found


def record(connection: Connection, sifted: Sifted) -> int:
    """Write them, but for those of mails that somebody has withdrawn from since; returns how many."""
    ids = {*(row["tracked_id"] for row in sifted.rows), *sifted.dropped}
    living = select(tracked.c.id, tracked.c.mid_key).where(tracked.c.ended_at.is_(None))
    still = {row.id: row.mid_key for row in select_in(connection, living.where, tracked.c.id, sorted(ids))}
    rows = [row for row in sifted.rows if row["tracked_id"] in still]
    if rows:
        connection.execute(tracking_hit.insert(), rows)
    dropped = [{"which": each, "more": count} for each, count in sorted(sifted.dropped.items()) if each in still]
    if dropped:
        more = tracked.c.dropped + bindparam("more")
        connection.execute(update(tracked).where(tracked.c.id == bindparam("which")).values(dropped=more), dropped)
    opened = {still[each] for each in {row["tracked_id"] for row in rows}} - {None}
    mark_dirty(connection, OPENED, [each.hex() for each in opened])
    return len(rows)


def is_unsettled(connection: Connection) -> bool:
    """Were mails asked for whose history does not tell it yet?"""
    return connection.execute(select(dirty.c.key).where(dirty.c.kind == OPENED).limit(1)).first() is not None


def take_opened(connection: Connection) -> set[str]:
    """Items to derive anew: a part of the mails that were asked for, which are not waiting for it any more.

    While many ask, this is to be done rarely: each takes all that was asked of a mail.
    """
    return items_of_mids(connection, map(bytes.fromhex, take_dirty(connection, OPENED, _MARKS)))


def _unwilling(connection: Connection, rules: AddressRules, ids: Iterable[str]) -> set[str]:
    """Tracked mails to somebody who does not agree any more, or to nobody who is known."""
    table = tracked_recipient
    columns = select(table.c.tracked_id, table.c.address).where
    wanted = sorted(ids)
    rows = select_in(connection, columns, table.c.tracked_id, wanted)
    against = refused(connection, rules, {row.address for row in rows})
    unwilling = {row.tracked_id for row in rows if row.address in against}
    return unwilling | (set(wanted) - {row.tracked_id for row in rows})


def _counts(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    table = tracking_hit
    wanted = sorted(ids)
    counted = select(table.c.tracked_id, func.count().label("n")).group_by(table.c.tracked_id).where
    return dict.fromkeys(wanted, 0) | {
        row.tracked_id: row.n for row in select_in(connection, counted, table.c.tracked_id, wanted)
    }
