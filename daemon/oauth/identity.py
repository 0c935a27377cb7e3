"""Whose token it is: another person's must not become an account's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.api import AuthFailed
from daemon.config import Account, Config
from daemon.oauth.client import Client, Granted
from daemon.printable import printable
from matching.addresses import normalize

#: Where providers name the mailbox; the first ones are addresses.
_CLAIMS = ("email", "preferred_username", "upn", "username")


def signed_in(client: Client, granted: Granted) -> tuple[str, ...]:
    """Who signed in, by all names that the provider tells; empty where it tells none. Raises Unavailable."""
    return _names(granted.claims) or _names(client.userinfo(granted.access))


def refuse_others(config: Config, account: Account, names: tuple[str, ...]) -> None:
    """Raise AuthFailed where it was somebody else than the account's owner or its mailbox."""
    owner = next((person for person in config.people if person.email == account.owner), None)
    own = {account.owner, account.mailbox, str(getattr(account.settings, "username", "") or "")}
    own |= {owner.email, *owner.aliases} if owner is not None else set()
    if names and not {_folded(name) for name in names} & {_folded(name) for name in own if name}:
        who = printable(names[0])[:100]
        problem = (
            f"{who} signed in, but the account is the mailbox {account.mailbox or account.login} of {account.owner}"
        )
        hint = f"sign in there as {account.mailbox or account.owner}, in a window where nobody else is signed in"
        raise AuthFailed(problem, step="login", hint=hint)


def _names(claims: Mapping[str, Any]) -> tuple[str, ...]:
    is_proven = claims.get("email_verified", True) not in (False, "false")
    told = (claims.get(name) for name in _CLAIMS if name != "email" or is_proven)
    return tuple(value for value in told if isinstance(value, str) and value)


def _folded(name: str) -> str:
    return normalize(name) or name.casefold()
