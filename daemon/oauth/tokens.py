"""An access token for each connection: from memory, from the store, or from the provider, in this order.

What a person signed in to is kept in the store, and of several processes one exchanges its refresh token at a time
(store.accounts.tokens). Tokens of clients and service accounts are had again at any time, so they are kept in memory
alone.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from connectors.api import AuthFailed, Bearer, ConnectorError, Misconfigured, Secret, Unavailable
from daemon.config import Account, Config
from daemon.oauth.client import Client, Granted
from daemon.oauth.http import STEP, TIME_LIMIT
from daemon.oauth.settings import Grant, OAuth
from daemon.observer import NOBODY, Observer
from daemon.problems import ConfigError
from daemon.sealing import sealing_keys
from store.accounts import standings, tokens
from store.accounts.tokens import Token
from store.engine import Store
from store.errors import NoStoreError, StoreError
from store.sealing import SealingKeys

#: A token that ends sooner than this is replaced before it is used, in seconds.
MARGIN = 60.0
#: A token that was got this lately is not replaced because a server refuses it, in seconds.
_NEW = 10.0
#: How long a process may take to fetch a token, before another one takes over, in seconds: endpoints, then the token.
LEASE = 2 * TIME_LIMIT + 15.0
#: Between two looks whether it is there, in seconds.
_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
#: How long others wait for it.
_PATIENCE = LEASE + 15.0


@dataclass(slots=True)
class _Held:
    """The token of an account or a client in memory; one thread at a time fetches it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    access: Secret | None = None
    #: By the monotonic clock.
    ends: float = 0.0
    got: float = 0.0

    def is_good(self, refused: str, now: float) -> bool:
        """May it be used?"""
        return self.access is not None and self.ends - MARGIN > now and self.access.reveal() != refused

    def is_new(self, now: float) -> bool:
        """Did the provider give it just now? Then the next would be no better, even if a server refuses this one."""
        return now - self.got < _NEW


class Tokens:
    """Tokens for all accounts of a configuration, for all threads of a process.

    `store`: the store that is open already; None: it is opened where a token has to be read, and made by nobody.
    """

    def __init__(
        self,
        config: Config,
        environ: Mapping[str, str],
        opened: Callable[[], Store],
        *,
        store: Store | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._config = config
        self._environ = environ
        self._opened = opened
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._clients: dict[str, Client] = {}
        self._held: dict[tuple[str, str], _Held] = {}
        #: Hears of each token that was asked for.
        self.observer: Observer = NOBODY
        #: Account -> the token that the store did not take: nobody else has it.
        self._unstored: dict[str, Token] = {}

    def bearer(self, account: Account) -> Bearer:
        """What a connector asks for the account's token."""
        return Bearer(partial(self.supply, account))

    def client(self, oauth: OAuth) -> Client:
        """The client of that name; one for all its accounts."""
        with self._lock:
            if oauth.name not in self._clients:
                self._clients[oauth.name] = Client(oauth, self._environ, self._config.folder)
            return self._clients[oauth.name]

    def supply(self, account: Account, refused: str = "") -> str:
        """A good token, another one than `refused` where that can be had; raises ConnectorError."""
        assert account.oauth is not None
        client, grant = self.client(account.oauth), account.oauth.settings.grant
        key = {
            # one token for all mailboxes
            Grant.CLIENT_CREDENTIALS: (client.name, ""),
            Grant.SERVICE_ACCOUNT: (client.name, account.mailbox),
        }.get(grant, ("", account.name))
        with self._lock:
            held = self._held.setdefault(key, _Held())
        try:
            with held.lock:
                if not held.is_good(refused, time.monotonic()):
                    self._fetch(account, client, held, refused, is_spared=held.is_new(time.monotonic()))
                assert held.access is not None
                return held.access.reveal()
        except ConfigError as error:
            first = error.problems[0]
            raise Misconfigured(str(first), step=STEP, hint=first.hint) from None
        except StoreError as error:
            raise Unavailable(f"the store: {error.problem}", step=STEP, hint=error.hint) from None

    def keep(self, account: Account, granted: Granted) -> None:
        """Store what a new sign-in gave; raises StoreError, ConfigError."""
        assert account.oauth is not None
        client, now = self.client(account.oauth), self._clock()
        token = Token(
            issuer=client.issuer,
            client_id=client.settings.client_id,
            access=granted.access,
            expires_at=now + timedelta(seconds=granted.lifetime),
            refresh=granted.refresh,
        )
        keys = sealing_keys(self._config, self._environ)
        with self._stored() as store, store.write() as transaction:
            tokens.replace(transaction, keys, _id_of(store, account), token, now)
            standings.pardon(transaction, _id_of(store, account))
        with self._lock:
            self._held.pop(("", account.name), None)

    def _fetch(self, account: Account, client: Client, held: _Held, refused: str, *, is_spared: bool) -> None:
        """Hold another token than `refused`; where the provider is spared, only what the store has: somebody may have
        signed in anew."""
        if client.settings.grant.is_personal:
            with self._stored(account) as store:
                token, is_new = self._personal(store, account, client, refused, is_spared=is_spared)
            assert token.access is not None
            assert token.expires_at is not None
            access, left = token.access, (token.expires_at - self._clock()).total_seconds()
        elif is_spared and held.is_good("", time.monotonic()):
            return
        else:
            with self._observed(client):
                granted = _impersonal(account, client)
            access, left, is_new = granted.access, granted.lifetime, True
        now = time.monotonic()
        if is_new or held.access is None or access.reveal() != held.access.reveal():
            held.got = now if is_new else -math.inf
        held.access, held.ends = access, now + left

    def _personal(
        self, store: Store, account: Account, client: Client, refused: str, *, is_spared: bool
    ) -> tuple[Token, bool]:
        """The stored token, or the one that follows it, and whether the provider gave it just now.

        No transaction is open while the provider is asked.
        """
        account_id = _id_of(store, account)
        deadline = time.monotonic() + _PATIENCE
        pause = _PAUSE
        while time.monotonic() < deadline:
            keys = sealing_keys(self._config, self._environ)
            self._store_late(store, keys, account)
            with store.read() as transaction:
                token = tokens.read(transaction, keys, account_id)
            now = self._clock()
            if token is None:
                raise _sign_in(account, "nobody has signed in yet")
            if (token.issuer, token.client_id) != (client.issuer, client.settings.client_id):
                raise _sign_in(account, f"its sign-in was for another client than [oauth.{client.name}] is now")
            if _is_good(token, "" if is_spared else refused, now):
                return token, False
            if token.refresh is None:
                raise _sign_in(account, "its sign-in has expired, and the provider gave no refresh token")
            until = now + timedelta(seconds=LEASE)
            take = partial(tokens.claim, account_id=account_id, version=token.version, now=now, until=until)
            is_claimed = token.claimed_until_at is not None and token.claimed_until_at > now
            if is_claimed or not store.transact(take):
                self._sleep(random.uniform(pause / 2, pause))
                pause = min(pause * 1.5, _LONGEST_PAUSE)
                continue
            following = self._exchanged(store, keys, account, client, token, until)
            if following is not None:
                return following, True
        raise Unavailable("another process fetches the account's token, and does not end", step=STEP)

    def _exchanged(
        self, store: Store, keys: SealingKeys, account: Account, client: Client, token: Token, until: datetime
    ) -> Token | None:
        """The token after this one, stored before anybody uses it; None: another process stored one meanwhile."""
        assert token.refresh is not None
        account_id = _id_of(store, account)
        try:
            with self._observed(client):
                granted = client.refresh(token.refresh)
        except ConnectorError as error:
            give_up = partial(tokens.release, account_id=account_id, version=token.version, until=until)
            store.transact(give_up)
            if not isinstance(error, AuthFailed):
                raise
            with store.read() as transaction:
                kept = tokens.read(transaction, keys, account_id)
            if kept is not None and kept.version != token.version:
                return None  # the claim had run out, and who took it over was first
            raise _sign_in(account, error.problem) from None
        now = self._clock()
        following = Token(
            issuer=token.issuer,
            client_id=token.client_id,
            access=granted.access,
            expires_at=now + timedelta(seconds=granted.lifetime),
            # a provider that does not rotate leaves it out (RFC 6749, section 6)
            refresh=granted.refresh or token.refresh,
            version=token.version,
        )
        self._unstored[account.name] = following
        return following if self._store_late(store, keys, account) else None

    @contextmanager
    def _observed(self, client: Client) -> Iterator[None]:
        provider = client.settings.provider.value
        try:
            yield
        except ConnectorError as error:
            self.observer.token_fetched(provider, error)
            raise
        self.observer.token_fetched(provider, None)

    def _store_late(self, store: Store, keys: SealingKeys, account: Account) -> bool:
        """Store what came of an exchange, also of one before, when the store was not to be had. False: there is
        nothing, or somebody was first. Raises StoreError, and it is tried again with the next question."""
        following = self._unstored.get(account.name)
        if following is None:
            return False
        advance = partial(tokens.advance, keys=keys, account_id=_id_of(store, account), token=following)
        is_stored = store.transact(partial(advance, now=self._clock()))
        self._unstored.pop(account.name, None)
        return is_stored

    @contextmanager
    def _stored(self, account: Account | None = None) -> Iterator[Store]:
        if self._store is not None:
            yield self._store
            return
        try:
            store = self._opened()
        except NoStoreError:
            if account is None:
                raise
            raise _sign_in(account, "nobody has signed in yet") from None
        with store:
            yield store


def _impersonal(account: Account, client: Client) -> Granted:
    """A token that no person signed in for; raises ConnectorError."""
    if client.settings.grant is Grant.CLIENT_CREDENTIALS:
        return client.own()
    try:
        return client.on_behalf_of(account.mailbox)
    except AuthFailed as error:
        hint = f"let the service account act for {account.mailbox} with these scopes (domain-wide delegation)"
        raise AuthFailed(error.problem, step=STEP, hint=hint) from None


def _is_good(token: Token, refused: str, now: datetime) -> bool:
    if token.access is None or token.expires_at is None or token.access.reveal() == refused:
        return False
    return token.expires_at - timedelta(seconds=MARGIN) > now


def _id_of(store: Store, account: Account) -> str:
    return store.key.id("account", account.kind, account.login)


def _sign_in(account: Account, problem: str) -> AuthFailed:
    return AuthFailed(problem, step=STEP, hint=f"keeptouch accounts login {account.name}")
