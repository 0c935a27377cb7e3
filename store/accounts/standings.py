"""How accounts fare, as all processes that log in to them share it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from store.schema.accounts import STANDING
from store.schema.core import account
from store.upsert import select_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an account stands. Times are aware UTC."""

    #: new | ok | backoff | auth_failed | missing_rights | disabled
    state: str
    state_since_at: datetime
    #: For people.
    reason: str | None = None
    last_success_at: datetime | None = None
    next_try_at: datetime | None = None
    #: In a row.
    failures: int = 0
    #: Logins refused since a turn last read through, whoever tried.
    refusals: int = 0
    #: Keyed hash of the settings and the secret that were refused last.
    refused_key: bytes | None = None


#: States of accounts that do not fare well.
FAILING = ("backoff", "auth_failed", "missing_rights")
_NAMES = [column.name for column in STANDING]
_STANDING = select(*(account.c[name] for name in _NAMES)).where(account.c.id == bindparam("account"))


def standing(connection: Connection, account_id: str) -> Standing | None:
    """Where the account stands; None where the store does not know it."""
    row = connection.execute(_STANDING, {"account": account_id}).one_or_none()
    return None if row is None else Standing(**row._mapping)


def save(connection: Connection, account_id: str, standing: Standing) -> None:
    """Note where the account stands."""
    values = {name: getattr(standing, name) for name in _NAMES}
    connection.execute(update(account).where(account.c.id == account_id).values(values))


def pardon(connection: Connection, account_id: str) -> None:
    """Somebody signed in anew: the account may log in, whatever was refused before."""
    connection.execute(update(account).where(account.c.id == account_id).values(refused_key=None))


def switch(connection: Connection, account_id: str, *, is_enabled: bool, now: datetime) -> None:
    """The configuration lets the account be followed again, or no more; its history and its refusals stay."""
    state = "new" if is_enabled else "disabled"
    values = {"state": state, "state_since_at": now, "reason": None, "next_try_at": None, "failures": 0}
    connection.execute(update(account).where(account.c.id == account_id).values(values))


def failing(connection: Connection) -> set[str]:
    """Ids of the accounts that do not fare well."""
    return {row.id for row in connection.execute(select(account.c.id).where(account.c.state.in_(FAILING)))}


class Reading(NamedTuple):
    """How far an account has been read; times are aware UTC."""

    #: When all its streams had been read to their end last; None: never.
    read_at: datetime | None
    #: None: it does not fail.
    failing_since: datetime | None


def readings(connection: Connection, account_ids: Iterable[str]) -> dict[str, Reading]:
    """Account -> how far it has been read, of those of these that are followed."""
    columns = (account.c.id, account.c.state, account.c.state_since_at, account.c.last_success_at)
    rows = select_in(connection, select(*columns).where(account.c.state != "disabled").where, account.c.id, account_ids)
    return {row.id: Reading(row.last_success_at, row.state_since_at if row.state in FAILING else None) for row in rows}
