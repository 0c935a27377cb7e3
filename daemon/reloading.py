"""The configuration read again while the service runs: all of it is right and taken over, or the one before stays."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from daemon.config import Account, Config, load
from daemon.environment import identity_of
from daemon.log import show_addresses
from daemon.problems import ConfigError, Problem
from daemon.session import Session
from store.accounts import company
from store.engine import Store, Transaction
from store.errors import StoreError
from store.keys import parse_key

log = structlog.get_logger()

_MARK = "reload_refused"
_RESTART = "restart the service for that, or put it back"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the service goes on with the configuration before."""

    at: datetime
    problems: tuple[Problem, ...]


def reloaded(session: Session) -> Session | None:
    """A session under the configuration as it is now; None: it is refused, which the store tells `status`.

    Raises StoreError where the store can't take it: then it is to be read again later, and nothing is lost.
    """
    problems: Sequence[Problem]
    try:
        config = load_again(session.config, session.store, session.environ, session.clock())
        fresh = session.under(config)
    except ConfigError as error:
        problems = error.problems
    except StoreError as error:
        problems = [Problem("store", error.problem, error.hint)]
    except Exception as error:  # a plug-in's bug must not end the service
        log.error("reload failed", frames=traceback.format_tb(error.__traceback__))
        problems = [Problem("configuration", f"reading it failed with {type(error).__name__}", "see the log")]
    else:
        forget_refusal(session.store)
        show_addresses(config.log.addresses)
        log.info("configuration reloaded", count=len(config.accounts))
        return fresh
    for each in problems:
        log.error("configuration refused", problem=str(each), hint=each.hint)
    _note(session.store, Refusal(session.clock(), tuple(problems)))
    return None


def load_again(running: Config, store: Store, environ: Mapping[str, str], now: datetime) -> Config:
    """The configuration, where it can take the place of the running one; raises ConfigError."""
    config = load(running.path, environ=environ, today=now.date())
    problems: list[Problem] = []
    if config.store.url != running.store.url:
        problems.append(Problem("store.url", "can't change while the service runs", _RESTART))
    if config.store.password != running.store.password:
        problems.append(Problem("store.password", "can't come from elsewhere while the service runs", _RESTART))
    if _is_another_key(config, running, store, environ):
        problems.append(Problem("store.key", "is another identity key than the store's", "put the store's own back"))
    if problems:
        raise ConfigError(problems, config.path)
    before = {account.name: account for account in running.accounts}
    accounts = (_carried(account, before.get(account.name)) for account in config.accounts)
    return replace(config, accounts=tuple(accounts))


def _is_another_key(config: Config, running: Config, store: Store, environ: Mapping[str, str]) -> bool:
    if config.store.key is None and running.store.key is None:
        return False  # beside the configuration, where it was found
    text, _file = identity_of(config, environ)
    try:
        return text is None or parse_key(text).reveal() != store.key.reveal()
    except StoreError:
        return True


def _carried(account: Account, before: Account | None) -> Account:
    """The account as it runs, where only days have passed: an assumed `since` does not move along."""
    if before is None or not (before.is_since_assumed and account.is_since_assumed):
        return account
    settings: Any = account.settings
    return replace(account, settings=replace(settings, since=before.settings.since))


def refusal(transaction: Transaction) -> Refusal | None:
    """What a running service was told to take over, and refused."""
    text = company.setting(transaction, _MARK)
    if text is None:
        return None
    noted = json.loads(text)
    return Refusal(datetime.fromisoformat(noted["at"]), tuple(Problem(*each) for each in noted["problems"]))


def _note(store: Store, refused: Refusal) -> None:
    problems = [(each.key, each.problem, each.hint) for each in refused.problems]
    noted = json.dumps({"at": refused.at.isoformat(), "problems": problems})
    with store.write() as transaction:
        company.save_setting(transaction, _MARK, noted)


def forget_refusal(store: Store) -> None:
    """The configuration in force is the one that lies there; a store that is away keeps what it says."""
    try:
        with store.read() as transaction:
            if company.setting(transaction, _MARK) is None:
                return
        with store.write() as transaction:
            company.forget_setting(transaction, _MARK)
    except StoreError as error:
        log.error("store problem", problem=error.problem, hint=error.hint)
