"""What a session stands on: what the process was given, the store and its keys, and the policy that is configured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog

from daemon.config import Config
from daemon.config.records import Person
from daemon.config.working_time import working_times_of
from daemon.oauth.tokens import Tokens
from daemon.watchdog import Underway
from matching.addresses import AddressRules, OwnAddresses, normalize
from matching.blocking import BlockRule
from matching.policy import Company
from matching.visibility import Level
from store.engine import Store

log = structlog.get_logger()


def utc_now() -> datetime:
    """The clock of everything below that asks for one."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Environment:
    """What the process was given: variables for credentials, and the clock."""

    environ: Mapping[str, str]
    clock: Callable[[], datetime] = utc_now
    #: The turns that are being taken.
    underway: Underway = field(default_factory=Underway)


def company_of(config: Config) -> Company:
    """The policy that the configuration sets."""
    rules = AddressRules(plus_tags=config.contacts.plus_tags, gmail_dots=config.contacts.gmail_dots)
    addresses = [address for person in config.people for address in (person.email, *person.aliases)]
    return Company(
        OwnAddresses.of(config.company.domains, addresses, rules),
        rules,
        config.contacts.create,
        shows_widest=config.privacy.visibility == "widest",
        confidential=Level(config.privacy.confidential),
        followups=replace(config.followups, times=working_times_of(config)),
        times=working_times_of(config),
        signal_days=config.retention.signals,
        scoring=config.scoring,
    )


def addresses_of(person: Person) -> tuple[str, ...]:
    """One of ours -> its addresses in normal form, each once."""
    found = (normalize(each) for each in (person.email, *person.aliases))
    return tuple(dict.fromkeys(each for each in found if each))


def identity_of(config: Config, environ: Mapping[str, str]) -> tuple[str | None, Path]:
    """The identity key's text, where it is there, and the file it lies in or may be made in; raises ConfigError."""
    source = config.store.key
    if source is None:
        return None, config.folder / "identity.key"
    path = None if isinstance(source.value, tuple) else source.path(environ, config.folder)
    if path is not None and not path.exists():
        return None, path  # a new store may make it there
    return source.read(environ, config.folder).reveal(), path or config.folder / "identity.key"


def password_of(config: Config, environ: Mapping[str, str]) -> str | None:
    """The store's password, where it has one; raises ConfigError."""
    source = config.store.password
    return source.read(environ, config.folder).reveal() if source else None


def open_store(
    config: Config,
    environ: Mapping[str, str],
    *,
    may_create: bool = True,
    may_upgrade: bool = False,
    may_write: bool = True,
) -> Store:
    """The configuration's store; raises StoreError or ConfigError."""
    key_text, key_file = identity_of(config, environ)
    store = Store.open(
        config.store.url,
        password=password_of(config, environ),
        key_text=key_text,
        key_file=key_file,
        may_create=may_create,
        may_upgrade=may_upgrade,
        may_write=may_write,
    )
    if (upgraded := store.opened.upgraded) and upgraded.before:
        log.warning("store upgraded", before=upgraded.before, after=upgraded.after, copy=str(upgraded.copy or ""))
    if store.opened.put_back:
        effect = "readers of the store load it anew, and every folder is compared with its server"
        log.warning("store put back", reason=store.opened.put_back, effect=effect)
    return store


def tokens_of(
    config: Config,
    environ: Mapping[str, str],
    store: Store | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Tokens:
    """Tokens of OAuth for the configuration's accounts; without `store` it is opened where one has to be read."""
    opened = partial(open_store, config, environ, may_create=False)
    return Tokens(config, environ, opened, store=store, clock=clock)


def blocked_by(config: Config, account_ids: Mapping[str, str]) -> dict[str, Sequence[BlockRule]]:
    """Account id, or "" for all -> what the configuration blocks; `account_ids`: name -> id."""
    rules: dict[str, Sequence[BlockRule]] = {"": config.privacy.blocked}
    return rules | {account_ids[account.name]: account.blocked for account in config.accounts}
