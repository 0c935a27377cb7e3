"""The company's people and accounts as the configuration names them, and the streams of each account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from connectors.api import Cursor, Purpose
from store.accounts.standings import switch
from store.derivation.copies import items_with, mark_dirty
from store.errors import StoreError
from store.keys import IdentityKey
from store.meetings import calendars
from store.schema.core import account, meta, person, person_address, stream
from store.schema.oauth import oauth_token
from store.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """One of ours. Addresses are normal forms; the first is the person's own."""

    addresses: tuple[str, ...]
    name: str = ""
    team: str | None = None
    time_zone: str | None = None
    language: str | None = None
    external_id: str | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """One login. `login` tells one mailbox from another, without secrets."""

    name: str
    owner: str
    kind: str
    login: str
    is_shared: bool
    #: How much of its mail others see: full | subject | metadata | none.
    visibility: str = "full"
    is_enabled: bool = True
    #: From then on its meetings are history, aware UTC; None: its options say nothing of it.
    since_at: datetime | None = None
    #: It is a year before the account was new, so it stays as it was.
    is_since_assumed: bool = False


@dataclass(frozen=True, slots=True)
class StreamState:
    """Where a stream stands."""

    id: int
    version: int
    cursor: Cursor | None
    #: What is known of it has to be compared with a full listing.
    is_uncompared: bool
    compared_at: datetime | None
    #: How many items of the past are known to be left; None: not known.
    backlog: int | None


def save_people(connection: Connection, key: IdentityKey, people: Iterable[PersonFacts]) -> None:
    """Insert or change; persons who are no longer named stay, inactive. Mail whose people are others now is dirty."""
    before = people_by_address(connection)
    rows: list[dict[str, Any]] = []
    owned: list[dict[str, Any]] = []
    for each in people:
        person_id = key.id("person", each.addresses[0])
        rows.append(
            {
                "id": person_id,
                "email": each.addresses[0],
                "display_name": each.name or each.addresses[0],
                "team": each.team,
                "time_zone": each.time_zone,
                "language": each.language,
                "external_id": each.external_id,
                "is_active": each.is_active,
            }
        )
        owned.extend({"address": a, "person_id": person_id} for a in dict.fromkeys(each.addresses))
    upsert(connection, person, rows, update=[c.name for c in person.columns if c.name not in ("id", "email")])
    named = [row["id"] for row in rows]
    connection.execute(update(person).where(person.c.id.not_in(named)).values(is_active=False))
    # Who left keeps the addresses that nobody took over: old mail stays that person's.
    connection.execute(delete(person_address).where(person_address.c.person_id.in_(named)))
    upsert(connection, person_address, owned, update=["person_id"])
    after = people_by_address(connection)
    changed = [each for each in before.keys() | after.keys() if before.get(each) != after.get(each)]
    mark_dirty(connection, "item", items_with(connection, changed))
    if changed and calendars.is_any(connection):
        # whose calendar is whose has changed as well
        calendars.mark(connection, calendars.all_uids(connection))


def people_by_address(connection: Connection) -> dict[str, str]:
    """Normal address -> person id."""
    return {row.address: row.person_id for row in connection.execute(select(person_address))}


def save_accounts(
    connection: Connection, key: IdentityKey, accounts: Sequence[AccountFacts], now: datetime
) -> dict[str, str]:
    """Insert or change; returns name -> id. Accounts that are no longer named end: they keep their
    history, and nobody is signed in to them any more.

    The id follows the login, not the name. Raises StoreError when a mailbox that was read comes with another login.
    """
    stored = {row.id: row for row in connection.execute(select(account))}
    by_name = {row.name: row for row in stored.values() if row.ended_at is None}
    ids: dict[str, str] = {}
    for each in accounts:
        account_id = key.id("account", each.kind, each.login)
        other = by_name.get(each.name)
        # One that was never read is a mistake that was put right, not another mailbox.
        if other and other.id != account_id and account_id not in stored and other.last_success_at:
            raise StoreError(
                f"account {each.name}: the store knows it as {other.kind} {other.login}, now it is {each.login}",
                "give it a new name: if it is the same mailbox, its mail is found to be known and nothing is doubled",
            )
        ids[each.name] = account_id
    _free_names(connection, stored, ids, now)
    rows = [_row(key, each, ids[each.name], _since(each, stored.get(ids[each.name])), now) for each in accounts]
    changing = ("name", "person_id", "kind", "login", "is_shared", "visibility", "since_at", "ended_at")
    upsert(connection, account, rows, update=changing)
    moved = {row["id"]: row["since_at"] for row in rows if row["id"] in stored}
    others = [key for key, since in moved.items() if since != stored[key].since_at]
    calendars.mark(connection, calendars.uids_of_accounts(connection, others))
    for each in accounts:
        known = stored.get(ids[each.name])
        if known is not None and (known.state == "disabled") == each.is_enabled:
            switch(connection, known.id, is_enabled=each.is_enabled, now=now)
    return ids


def _free_names(connection: Connection, stored: Mapping[str, Any], ids: Mapping[str, str], now: datetime) -> None:
    """End the accounts that nobody names any more, and take their names from those that are called otherwise now."""
    # names are unique: those that go or change hands are freed first, for names that nobody would choose
    named = set(ids.values())
    for row in stored.values():
        if row.id not in named and row.ended_at is None:
            ended = {"ended_at": now, "name": f"{row.name} (ended {now:%Y-%m-%d %H:%M:%S})"}
            connection.execute(update(account).where(account.c.id == row.id).values(ended))
            # nobody who comes back under this login finds the door open
            connection.execute(delete(oauth_token).where(oauth_token.c.account_id == row.id))
        elif row.id in named and ids.get(row.name) != row.id:
            connection.execute(update(account).where(account.c.id == row.id).values(name=f"(renamed) {row.id}"))


def _row(
    key: IdentityKey, each: AccountFacts, account_id: str, since_at: datetime | None, now: datetime
) -> dict[str, Any]:
    return {
        "id": account_id,
        "name": each.name,
        "person_id": key.id("person", each.owner),
        "kind": each.kind,
        "login": each.login,
        "is_shared": each.is_shared,
        "visibility": each.visibility,
        "state": "new" if each.is_enabled else "disabled",
        "state_since_at": now,
        "since_at": since_at,
        "ended_at": None,
    }


def _since(facts: AccountFacts, known: Any) -> datetime | None:
    """From when on meetings count; what is only assumed does not move with the days."""
    if facts.is_since_assumed and known is not None and known.since_at is not None:
        since: datetime = known.since_at
        return since
    return facts.since_at


def levels(connection: Connection) -> list[tuple[str, str]]:
    """(account id, level) of the accounts of which others may not see all."""
    query = select(account.c.id, account.c.visibility).where(account.c.visibility != "full")
    return [(row.id, row.visibility) for row in connection.execute(query.order_by(account.c.id))]


def read_accounts(connection: Connection) -> set[str]:
    """Ids of the accounts that were once read to their end."""
    return set(connection.scalars(select(account.c.id).where(account.c.last_success_at.is_not(None))))


def clear_reason(connection: Connection, account_id: str) -> None:
    """Nothing is to be told of the account any more, unless it fails."""
    is_fine = (account.c.id == account_id, account.c.state == "ok")
    connection.execute(update(account).where(*is_fine).values(reason=None))


#: Asked at each poll of each account: made once.
_STATES = select(
    *(stream.c[name] for name in ("id", "version", "cursor", "is_uncompared", "compared_at", "backlog"))
).where(stream.c.account_id == bindparam("account"))


def stream_states(connection: Connection, account_id: str) -> dict[int, StreamState]:
    """Stream id -> cursor and version, read together, of all streams of an account."""
    return {
        row.id: StreamState(
            row.id,
            row.version,
            Cursor(row.cursor) if row.cursor is not None else None,
            row.is_uncompared,
            row.compared_at,
            row.backlog,
        )
        for row in connection.execute(_STATES, {"account": account_id})
    }


def forget_cursor(connection: Connection, stream_id: int) -> None:
    """The stream has to be read anew; its placements stay until that is done."""
    anew = {"cursor": None, "is_uncompared": True, "complete_since_at": None, "backlog": None}
    connection.execute(update(stream).where(stream.c.id == stream_id).values(version=stream.c.version + 1, **anew))


def is_horizon_reached(connection: Connection, account_id: str) -> bool:
    """Had all streams of the account once been read down to the horizon?"""
    query = select(account.c.horizon_reached_at).where(account.c.id == account_id)
    return connection.scalar(query) is not None


def note_horizon(connection: Connection, account_id: str, horizon: datetime, now: datetime) -> bool:
    """Note that the horizon is reached, unless a stream has not come so far; tells whether it is."""
    is_left = and_(stream.c.complete_since_at > horizon, func.coalesce(stream.c.backlog, 1) > 0)
    is_behind = or_(stream.c.complete_since_at.is_(None), is_left)
    behind = select(stream.c.id).where(stream.c.account_id == account_id, stream.c.state == "ok", is_behind)
    if connection.execute(behind.limit(1)).first() is not None:
        return False
    waiting = (account.c.id == account_id, account.c.horizon_reached_at.is_(None))
    connection.execute(update(account).where(*waiting).values(horizon_reached_at=now))
    return True


def known_streams(connection: Connection, account_id: str) -> list[tuple[int, str, Purpose]]:
    """(id, name, purpose) of the account's streams that are not missing."""
    query = select(stream.c.id, stream.c.name, stream.c.purpose).where(
        stream.c.account_id == account_id, stream.c.state == "ok"
    )
    return [(row.id, row.name, Purpose(row.purpose)) for row in connection.execute(query.order_by(stream.c.id))]


def setting(connection: Connection, name: str) -> str | None:
    """A value of table `meta`."""
    return connection.scalar(select(meta.c.value).where(meta.c.name == name))


def save_setting(connection: Connection, name: str, value: str) -> None:
    """Write a value of table `meta`."""
    upsert(connection, meta, [{"name": name, "value": value}], update=["value"])


def forget_setting(connection: Connection, name: str) -> None:
    """Take a value out of table `meta`."""
    connection.execute(delete(meta).where(meta.c.name == name))
