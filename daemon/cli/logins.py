"""Logins of commands that work without a session: they rest and are counted as those of the service."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog

from connectors.api import AuthFailed, ConnectorError
from daemon.apart import Opening
from daemon.config import Account, Config
from daemon.environment import open_store, tokens_of, utc_now
from daemon.problems import ConfigError
from daemon.report import Report
from daemon.standing import Standings
from store.engine import Store
from store.errors import StoreError

log = structlog.get_logger()

#: Accounts that are asked at a time.
_AT_ONCE = 8
Answer = TypeVar("Answer")


class Logins:
    """Of all accounts; without a store nothing is known of earlier ones."""

    def __init__(self, config: Config, store: Store | None, insisted: Iterable[Account] = ()) -> None:
        self._config = config
        self._store = store
        self._tokens = tokens_of(config, os.environ, store)
        self._standings = Standings(store, utc_now) if store is not None else None
        for account in insisted:
            if self._standings is not None:
                self._standings.insist(self._id(account))

    def opening(self, account: Account) -> Opening:
        """What opens the account; raises ConfigError, and Resting where it may not log in yet."""
        opening = account.opening(os.environ, self._config.folder, self._tokens)
        if self._standings is not None:
            self._standings.admit(self._id(account), account.name, opening, is_personal=account.is_personal)
        return opening

    def failed(self, account: Account, error: ConnectorError) -> None:
        """A refused login counts; anything else is the service's to find out."""
        if self._standings is not None and isinstance(error, AuthFailed):
            report = Report(account.name)
            report.fail(error)
            self._standings.note(self._id(account), report)

    def _id(self, account: Account) -> str:
        assert self._store is not None
        return self._store.key.id("account", account.kind, account.login)


def asked(logins: Logins, accounts: Iterable[Account], ask: Callable[[Logins, Account], Answer]) -> Iterator[Answer]:
    """What `ask` answers of each account, several at a time, in their order. Who is interrupted waits for none."""
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="account")
    try:
        yield from pool.map(lambda account: ask(logins, account), accounts)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@contextlib.contextmanager
def counted(config: Config, insisted: Iterable[Account] = ()) -> Iterator[Logins]:
    """For a command that needs no store: one that can't be opened is done without. `insisted` are tried at once."""
    try:
        store = open_store(config, os.environ, may_create=False)
    except (StoreError, ConfigError) as error:
        log.debug("refused logins are not counted", problem=str(error))
        yield Logins(config, None)
        return
    with store:
        yield Logins(config, store, insisted)
