"""Mails whose opens and clicks are recorded: what was asked for them, whom they were to, and what was asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from matching.addresses import AddressRules
from matching.consent import Consent
from matching.opens.agents import AgentKind
from matching.opens.networks import Network
from matching.opens.verdicts import RULES_VERSION, Hit, TokenKind, bursts
from store.accounts import company
from store.contacts import consents
from store.derivation.copies import item_keys, mark_dirty
from store.opens import tracking_ending
from store.schema.core import message
from store.schema.tracking import tracked, tracked_recipient, tracking_hit, tracking_token
from store.upsert import chunks, select_in, upsert_rows

#: How long a hit's agent and address are kept.
RAW_FOR = timedelta(hours=24)
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A mail to be recorded."""

    id: str
    created_at: datetime
    #: command | api | relay
    created_by: str
    #: Keyed hash of its Message-ID, where that is known.
    mid_key: bytes | None
    #: (normal form, base form) of everybody whom it is to.
    recipients: tuple[tuple[str, str], ...]
    #: (hash of its token, where it leads) of each address: the first is the pixel's, which leads nowhere.
    tokens: tuple[tuple[bytes, str | None], ...]


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
    mark(connection, [mail.mid_key])


def name(connection: Connection, told: Iterable[tuple[str, bytes]]) -> None:
    """Mails that tell which tracked one they are: (its id, keyed hash of their Message-ID). The first one has it."""
    for tracked_id, mid_key in told:
        unnamed = update(tracked).where(tracked.c.id == tracked_id, tracked.c.mid_key.is_(None))
        connection.execute(unnamed.values(mid_key=mid_key))


def target_of(connection: Connection, token_key: bytes) -> str | None:
    """Where a link leads; None: it is none."""
    return connection.scalar(select(tracking_token.c.target).where(tracking_token.c.token_key == token_key))


def mark(connection: Connection, mid_keys: Iterable[bytes | None]) -> None:
    """Have the mails of these Message-IDs derived anew."""
    mark_dirty(connection, "item", items_of_mids(connection, mid_keys))


def items_of_mids(connection: Connection, mid_keys: Iterable[bytes | None]) -> set[str]:
    """The dirty keys of the mails of these Message-IDs."""
    wanted = [each for each in mid_keys if each is not None]
    return item_keys(connection, message.c.mid_key, wanted)


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


def is_created(connection: Connection, mid_key: bytes) -> bool:
    """Did a program ask for a pixel for the mail of this Message-ID, so that the mail bears it?"""
    asked = select(tracked.c.id).where(tracked.c.mid_key == mid_key, tracked.c.created_by != "relay")
    return connection.execute(asked.limit(1)).first() is not None


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
    rows: dict[str, list[Any]] = {}
    asked = select(tracking_hit).order_by(tracking_hit.c.seconds, tracking_hit.c.id)
    for row in select_in(connection, asked.where, tracking_hit.c.tracked_id, ids):
        rows.setdefault(row.tracked_id, []).append(row)
    hits = {each: tuple(_hits(found)) for each, found in rows.items()}
    found: dict[bytes, list[Watched]] = {}
    for row in mails:
        one = Watched(row.id, row.created_at, row.links, tuple(people.get(row.id, ())), hits.get(row.id, ()))
        found.setdefault(bytes(row.mid_key), []).append(one)
    return found


def _hits(rows: Sequence[Any]) -> Iterator[tuple[int, int, Hit]]:
    """Of one mail, in the order in which they came."""
    for row, burst in zip(rows, bursts([(row.seconds, row.position) for row in rows]), strict=True):
        yield (
            row.id,
            row.position,
            Hit(
                kind=TokenKind.LINK if row.position else TokenKind.PIXEL,
                agent_kind=AgentKind(row.agent_kind),
                agent_family=row.agent_family,
                network=Network(row.network),
                seconds=row.seconds,
                burst=burst,
            ),
        )


def judge_anew(connection: Connection) -> None:
    """Have all tracked mails derived anew where their verdicts are of other rules; costs a look where they are not."""
    now = str(RULES_VERSION)
    if company.setting(connection, _RULES) != now:
        mark(connection, connection.scalars(select(tracked.c.mid_key).where(tracked.c.mid_key.is_not(None))).all())
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
