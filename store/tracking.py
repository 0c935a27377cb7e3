"""Mails whose opens and clicks are recorded: what was asked for them, whom they were to, and what was asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from matching.addresses import AddressRules
from matching.consent import Consent
from matching.opens.agents import Agent, AgentKind
from matching.opens.networks import Network
from matching.opens.verdicts import BURST_SECONDS, RULES_VERSION, Hit, TokenKind, bursts
from store import company, consents, tracking_ending
from store.copies import item_key, mark_dirty
from store.schema import message
from store.tracking_schema import tracked, tracked_recipient, tracking_hit, tracking_token
from store.upsert import chunks, select_in, update_rows, upsert_rows

#: Hits of one mail that are kept; whoever asks for more is counted.
MAX_HITS = 300
#: Of what a hit's agent and address say in full, this much is kept for as long as it is.
_MAX_AGENT, _MAX_ADDRESS = 1_000, 45
#: How long that is.
RAW_FOR = timedelta(hours=24)
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A mail to be recorded."""

    id: str
    created_at: datetime
    #: command | api
    created_by: str
    #: Keyed hash of its Message-ID, where that is known.
    mid_key: bytes | None
    #: (normal form, base form) of everybody whom it is to.
    recipients: tuple[tuple[str, str], ...]
    #: (hash of its token, where it leads) of each address: the first is the pixel's, which leads nowhere.
    tokens: tuple[tuple[bytes, str | None], ...]


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


def refused(connection: Connection, rules: AddressRules, normals: Iterable[str]) -> dict[str, Consent]:
    """Of these addresses (normal forms), those whose holders have not all agreed -> what holds for them."""
    wanted = {each: rules.base(each) for each in normals}
    held = consents.of_addresses(connection, wanted, wanted.values())
    found: dict[str, Consent] = {}
    for normal, base in wanted.items():
        states = held.get(normal) or held.get(base) or [Consent.UNKNOWN]
        if any(each is not Consent.GRANTED for each in states):
            found[normal] = Consent.REFUSED if Consent.REFUSED in states else Consent.UNKNOWN
    return found


def create(connection: Connection, mail: Tracked) -> None:
    """Write it down."""
    names = ("id", "created_at", "created_by", "mid_key", "links")
    row = (mail.id, mail.created_at, mail.created_by, mail.mid_key, len(mail.tokens) - 1)
    upsert_rows(connection, tracked, names, [row])
    recipients = [(mail.id, normal, base) for normal, base in mail.recipients]
    upsert_rows(connection, tracked_recipient, ("tracked_id", "address", "base"), recipients)
    tokens = [(key, mail.id, position, target) for position, (key, target) in enumerate(mail.tokens)]
    upsert_rows(connection, tracking_token, ("token_key", "tracked_id", "position", "target"), tokens)
    _mark(connection, [mail.mid_key])


def name(connection: Connection, told: Iterable[tuple[str, bytes]]) -> None:
    """Mails that tell which tracked one they are: (its id, keyed hash of their Message-ID). The first one has it."""
    for tracked_id, mid_key in told:
        unnamed = update(tracked).where(tracked.c.id == tracked_id, tracked.c.mid_key.is_(None))
        connection.execute(unnamed.values(mid_key=mid_key))


def target_of(connection: Connection, token_key: bytes) -> str | None:
    """Where a link leads; None: it is none."""
    return connection.scalar(select(tracking_token.c.target).where(tracking_token.c.token_key == token_key))


def record(connection: Connection, rules: AddressRules, asked: Sequence[Asked]) -> int:
    """Write hits of tokens that are known, of mails all of whose recipients agree still; returns how many."""
    keys = {each.token_key for each in asked}
    columns = (
        tracking_token.c.token_key,
        tracking_token.c.position,
        *(tracked.c[n] for n in ("id", "created_at", "mid_key", "links")),
    )
    query = (
        select(*columns).join(tracked, tracked.c.id == tracking_token.c.tracked_id).where(tracked.c.ended_at.is_(None))
    )
    known = {bytes(row.token_key): row for row in select_in(connection, query.where, tracking_token.c.token_key, keys)}
    ids = {row.id for row in known.values()} - _unwilling(connection, rules, {row.id for row in known.values()})
    room = {each: MAX_HITS - count for each, count in _counts(connection, ids).items()}
    rows = []
    dropped: dict[str, int] = {}
    for each in asked:
        row = known.get(each.token_key)
        if row is None or row.id not in ids:
            continue
        if room[row.id] <= 0:
            dropped[row.id] = dropped.get(row.id, 0) + 1
            continue
        room[row.id] -= 1
        seconds = int((each.at - row.created_at).total_seconds())
        features = (each.agent.kind.value, each.agent.family[:30], each.network.value, 1, RULES_VERSION)
        raw = (each.raw_agent[:_MAX_AGENT], each.raw_address[:_MAX_ADDRESS])
        rows.append(dict(zip(_HIT, (row.id, row.position, seconds, *features, *raw), strict=True)))
    if rows:
        connection.execute(tracking_hit.insert(), rows)
    for tracked_id, count in dropped.items():
        mine = update(tracked).where(tracked.c.id == tracked_id)
        connection.execute(mine.values(dropped=tracked.c.dropped + count))
    touched = sorted({str(row["tracked_id"]) for row in rows})
    if rows:
        times = [each.at for each in asked]
        # a pixel alone makes no burst
        linked = sorted({row.id for row in known.values() if row.links} & set(touched))
        _count_bursts(connection, linked, int((max(times) - min(times)).total_seconds()))
    _mark(connection, [row.mid_key for row in known.values() if row.id in touched])
    return len(rows)


_HIT = (
    *("tracked_id", "position", "seconds", "agent_kind", "agent_family", "network", "burst", "rules_version"),
    *("agent", "address"),
)


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


def _count_bursts(connection: Connection, ids: Sequence[str], span: int) -> None:
    """How many tokens were asked for about the time of each hit: a hit may belong to those that came before.

    `span`: the seconds from the first to the last of the new ones; what lies further back has its number for good.
    """
    table = tracking_hit
    # the first new one is so long before the last one; about it are old ones, and about those are others
    back = span + 2 * BURST_SECONDS + 1
    others = table.alias("others")
    newest = select(func.max(others.c.seconds)).where(others.c.tracked_id == table.c.tracked_id).scalar_subquery()
    columns = select(*(table.c[n] for n in ("id", "tracked_id", "position", "seconds", "burst")))
    lately = columns.where(table.c.seconds >= newest - back)
    by_mail: dict[str, list[tuple[int, int, int, int]]] = {}
    for row in select_in(connection, lately.where, table.c.tracked_id, ids):
        by_mail.setdefault(row.tracked_id, []).append((row.id, row.seconds, row.position, row.burst))
    changed = []
    for hits in by_mail.values():
        found = bursts([(seconds, position) for _id, seconds, position, _burst in hits])
        # of the oldest ones it is not seen what was before them
        whole = max(hit[1] for hit in hits) - back + BURST_SECONDS
        changed += [(now, hit[0]) for now, hit in zip(found, hits, strict=True) if now != hit[3] and hit[1] >= whole]
    update_rows(connection, table, ("id",), ("burst",), changed)


def _mark(connection: Connection, mid_keys: Iterable[bytes | None]) -> None:
    """Have the mails of these Message-IDs derived anew."""
    wanted = [each for each in mid_keys if each is not None]
    rows = select_in(connection, select(message.c.mid_key, message.c.fingerprint).where, message.c.mid_key, wanted)
    mark_dirty(connection, "item", {item_key(row.mid_key, row.fingerprint) for row in rows})


@dataclass(frozen=True, slots=True)
class Watched:
    """A tracked mail, as its history is derived."""

    id: str
    created_at: datetime
    links: int
    #: Normal forms.
    recipients: tuple[str, ...]
    #: (id, position of what was asked for, hit), in the order in which they came.
    hits: tuple[tuple[int, int, Hit], ...]


def is_any(connection: Connection) -> bool:
    """Is any mail tracked?"""
    return connection.execute(select(tracked.c.id).limit(1)).first() is not None


def is_awaited(connection: Connection) -> bool:
    """Is there a tracked mail of which it is yet to be told which it is?"""
    return connection.execute(select(tracked.c.id).where(tracked.c.mid_key.is_(None)).limit(1)).first() is not None


def watched(connection: Connection, mid_keys: Iterable[bytes]) -> dict[bytes, list[Watched]]:
    """Keyed hash of a Message-ID -> what is recorded of that mail; most are not tracked."""
    names = ("id", "created_at", "links", "mid_key")
    query = select(*(tracked.c[n] for n in names)).order_by(tracked.c.id)
    mails = select_in(connection, query.where, tracked.c.mid_key, mid_keys)
    if not mails:
        return {}
    ids = [row.id for row in mails]
    people: dict[str, list[str]] = {}
    to = select(tracked_recipient).order_by(tracked_recipient.c.address)
    for row in select_in(connection, to.where, tracked_recipient.c.tracked_id, ids):
        people.setdefault(row.tracked_id, []).append(row.address)
    hits: dict[str, list[tuple[int, int, Hit]]] = {}
    asked = select(tracking_hit).order_by(tracking_hit.c.seconds, tracking_hit.c.id)
    for row in select_in(connection, asked.where, tracking_hit.c.tracked_id, ids):
        hits.setdefault(row.tracked_id, []).append((row.id, row.position, _hit(row)))
    found: dict[bytes, list[Watched]] = {}
    for row in mails:
        one = Watched(row.id, row.created_at, row.links, tuple(people.get(row.id, ())), tuple(hits.get(row.id, ())))
        found.setdefault(bytes(row.mid_key), []).append(one)
    return found


def _hit(row: Any) -> Hit:
    return Hit(
        kind=TokenKind.LINK if row.position else TokenKind.PIXEL,
        agent_kind=AgentKind(row.agent_kind),
        agent_family=row.agent_family,
        network=Network(row.network),
        seconds=row.seconds,
        burst=row.burst,
    )


def judge_anew(connection: Connection) -> None:
    """Have all tracked mails derived anew where their verdicts are of other rules; costs a look where they are not."""
    now = str(RULES_VERSION)
    if company.setting(connection, _RULES) != now:
        _mark(connection, connection.scalars(select(tracked.c.mid_key).where(tracked.c.mid_key.is_not(None))).all())
        company.save_setting(connection, _RULES, now)


#: The setting that tells which rules made the verdicts.
_RULES = "opens_rules"


def is_fine(connection: Connection) -> bool:
    """Does any hit say more than its coarse features?"""
    raw = select(tracking_hit.c.id).where(tracking_hit.c.agent.is_not(None))
    return connection.execute(raw.limit(1)).first() is not None


def coarsen(connection: Connection, now: datetime) -> int:
    """Agents and addresses of hits that are a day old go; returns of how many. In parts of some hundred."""
    table = tracking_hit
    query = select(table.c.id, table.c.seconds, tracked.c.created_at).join(tracked, tracked.c.id == table.c.tracked_id)
    rows = connection.execute(query.where(table.c.agent.is_not(None))).all()
    old = [row.id for row in rows if row.created_at + timedelta(seconds=row.seconds) <= now - RAW_FOR]
    for part in chunks(old, _BATCH):
        connection.execute(update(table).where(table.c.id.in_(part)).values(agent=None, address=None))
    return len(old)


def expire(connection: Connection, before: datetime) -> int:
    """Some tracked mails of before go, with all that was recorded of them; -1: there are none. Their links lead on."""
    ids = list(connection.scalars(select(tracked.c.id).where(tracked.c.created_at < before).limit(_BATCH)))
    if not ids:
        return -1
    tracking_ending.drop(connection, ids, keep_links=True)
    return len(ids)
