"""Who asks: Basic, NTLM and OAuth bearer, and whom an account may act for."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.servers.ews import ntlm
from tests.servers.scripted_http import Request

_BEARER = (
    'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", '
    'trusted_issuers="00000001-0000-0000-c000-000000000000@*", '
    'token_types="app_asserted_user_v1 service_asserted_app_v1", error="invalid_token"'
)


@dataclass(slots=True)
class Account:
    """A login; `address` is its own mailbox, where it has one."""

    username: str
    password: str
    address: str = ""
    #: Whom it may act for by ExchangeImpersonation (ApplicationImpersonation): addresses, or "*" for all.
    impersonates: set[str] = field(default_factory=set)
    is_locked: bool = False


@dataclass(slots=True)
class Refusal:
    """HTTP 401, with these challenges."""

    challenges: list[str]


class Doorkeeper:
    """Knows accounts, and which connection has shown that it is whose."""

    def __init__(self, schemes: tuple[str, ...]) -> None:
        self.schemes = schemes
        self.accounts: dict[str, Account] = {}
        #: Whose a bearer token is (a user name), or None.
        self.bearer: Callable[[str], str | None] = lambda _token: None
        #: Bearer tokens that are good, and whose they are.
        self.tokens: dict[str, str] = {}
        #: How often a password was wrong, by user name in lower case.
        self.refused: Counter[str] = Counter()
        self._connections: dict[int, Account] = {}

    def enter(self, request: Request) -> Account | Refusal:
        """Who asks this, or the refusal."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        scheme = scheme.lower()
        if not scheme:
            known = self._connections.get(request.connection)
            return known if known is not None and not known.is_locked else self._refusal()
        if scheme not in {one.lower() for one in self.schemes}:
            return self._refusal()
        if scheme == "basic":
            account = self._basic(token)
        elif scheme == "bearer":
            account = self.accounts.get((self.tokens.get(token) or self.bearer(token) or "").lower())
        elif ntlm.kind_of(token) == 1:
            self._connections.pop(request.connection, None)
            return Refusal([f"{'NTLM' if scheme == 'ntlm' else 'Negotiate'} {ntlm.challenge()}"])
        else:
            user = ntlm.user_of(token, self._password)
            account = None if user is None else self.accounts.get(user.lower())
            if account is not None:
                # IIS: the connection stays authenticated
                self._connections[request.connection] = account
        return self._refusal() if account is None or account.is_locked else account

    def forget(self) -> None:
        """No connection is known any more."""
        self._connections.clear()

    def _refusal(self) -> Refusal:
        told = {"basic": 'Basic realm="exchange.example.test"', "bearer": _BEARER}
        return Refusal([told.get(scheme.lower(), scheme) for scheme in self.schemes])

    def _password(self, user: str) -> str | None:
        account = self.accounts.get(user.lower())
        return None if account is None else account.password

    def _basic(self, token: str) -> Account | None:
        try:
            user, _, password = base64.b64decode(token).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        account = self.accounts.get(user.lower())
        if account is not None and account.password == password:
            return account
        self.refused[user.lower()] += 1
        return None
