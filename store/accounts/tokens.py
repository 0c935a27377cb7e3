"""Tokens of OAuth, kept sealed; one process at a time exchanges a refresh token for the next one.

A row is claimed for a while, the network is asked outside of any transaction, and what came is stored where the row is
still of the version that was read. A process that dies leaves a claim that runs out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from connectors.api import Secret
from store.schema.oauth import oauth_token
from store.sealing import SealingKeys, place_of
from store.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is kept of a sign-in. Secrets do not show themselves."""

    #: Whose tokens they are, and to which client they were given: nobody else is sent them.
    issuer: str
    client_id: str
    access: Secret | None
    #: Of the access token, aware UTC.
    expires_at: datetime | None
    refresh: Secret | None
    version: int = 0
    #: A process fetches the next token until then, unless it dies.
    claimed_until_at: datetime | None = None


def read(connection: Connection, keys: SealingKeys, account_id: str) -> Token | None:
    """The account's token; None: nobody has signed in. Raises StoreError where it does not open."""
    row = connection.execute(select(oauth_token).where(oauth_token.c.account_id == account_id)).one_or_none()
    if row is None:
        return None
    return Token(
        issuer=row.issuer,
        client_id=row.client_id,
        access=_opened(keys, account_id, "access_token", row.access_token),
        expires_at=row.expires_at,
        refresh=_opened(keys, account_id, "refresh_token", row.refresh_token),
        version=row.version,
        claimed_until_at=row.claimed_until_at,
    )


def claim(connection: Connection, account_id: str, version: int, *, now: datetime, until: datetime) -> bool:
    """Take it upon us to fetch the next token; False: another process does, or has done so since."""
    is_free = or_(oauth_token.c.claimed_until_at.is_(None), oauth_token.c.claimed_until_at <= now)
    claimed = _of(account_id, version).where(is_free).values(claimed_until_at=until)
    return connection.execute(claimed).rowcount == 1


def release(connection: Connection, account_id: str, version: int, until: datetime) -> None:
    """Give up a claim; one that was taken over meanwhile is left."""
    ours = _of(account_id, version).where(oauth_token.c.claimed_until_at == until)
    connection.execute(ours.values(claimed_until_at=None))


def advance(connection: Connection, keys: SealingKeys, account_id: str, token: Token, now: datetime) -> bool:
    """Store what followed the token of `token.version`; False: another process was first, and nothing is changed."""
    values = _values(keys, account_id, token, now)
    return connection.execute(_of(account_id, token.version).values(values)).rowcount == 1


def replace(connection: Connection, keys: SealingKeys, account_id: str, token: Token, now: datetime) -> None:
    """Store the token of a new sign-in, whatever was there; who fetches a next one for the old finds it gone."""
    kept = connection.scalar(select(oauth_token.c.version).where(oauth_token.c.account_id == account_id)) or 0
    values = _values(keys, account_id, token, now) | {"account_id": account_id, "version": kept + 1}
    upsert(connection, oauth_token, [values], update=[name for name in values if name != "account_id"])


def _of(account_id: str, version: int) -> Any:
    return update(oauth_token).where(oauth_token.c.account_id == account_id, oauth_token.c.version == version)


def _values(keys: SealingKeys, account_id: str, token: Token, now: datetime) -> dict[str, Any]:
    return {
        "issuer": token.issuer,
        "client_id": token.client_id,
        "access_token": _sealed(keys, account_id, "access_token", token.access),
        "expires_at": token.expires_at,
        "refresh_token": _sealed(keys, account_id, "refresh_token", token.refresh),
        "version": token.version + 1,
        "claimed_until_at": None,
        "stored_at": now,
    }


def _sealed(keys: SealingKeys, account_id: str, column: str, secret: Secret | None) -> str | None:
    return None if secret is None else keys.seal(secret.reveal(), place_of(oauth_token.c[column], account_id))


def _opened(keys: SealingKeys, account_id: str, column: str, stored: str | None) -> Secret | None:
    return None if stored is None else Secret(keys.open(stored, place_of(oauth_token.c[column], account_id)))
