"""Which secrets a configuration names, and which of their files others can get at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from daemon.config import Account, Config
from daemon.credentials import SecretSource


class Named(NamedTuple):
    """A secret, and the account it belongs to; None: it is the company's."""

    account: str | None
    source: SecretSource


def secret_sources(config: Config, accounts: Iterable[Account]) -> Iterator[Named]:
    """All secrets of the configuration, and of these accounts; each place once."""
    sources: list[tuple[str | None, SecretSource | None]] = [
        (None, config.store.password),
        (None, config.store.key),
        (None, config.store.secrets_key),
        (None, config.mail_server.password if config.mail_server else None),
        (None, config.tracking.key),
        (None, config.tracking.api_key),
        *((None, source.secret) for source in config.sources),
        *((None, webhook.secret) for webhook in config.webhooks),
        (None, config.alerts.webhook_secret),
        *((account.name, source) for account in accounts for source in _secrets_of(account)),
    ]
    seen: set[object] = set()
    for account, source in sources:
        if source is not None and source.value not in seen:
            seen.add(source.value)
            yield Named(account, source)


def _secrets_of(account: Account) -> tuple[SecretSource | None, ...]:
    if account.oauth is None:
        return (account.secret,)
    settings = account.oauth.settings
    return settings.client_secret, settings.client_key, settings.service_account
