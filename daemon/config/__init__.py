"""The configuration: TOML with drop-ins beside it, read and checked as a whole, all problems at once.

What the keys mean is in docs/configuration.md. Reading asks no server, runs no command and changes nothing.
"""

from daemon.config.files import find_config
from daemon.config.loading import DROP_IN_SECTIONS, SECTIONS, load, load_store
from daemon.config.privacy import PrivacyConfig
from daemon.config.records import (
    Account,
    Company,
    Config,
    ContactsConfig,
    ContactSource,
    Person,
    StoreConfig,
    WorkingTimeConfig,
)
from daemon.config.webhooks import Webhook
from daemon.problems import ConfigError, Problem

__all__ = [
    "DROP_IN_SECTIONS",
    "SECTIONS",
    "Account",
    "Company",
    "Config",
    "ConfigError",
    "ContactSource",
    "ContactsConfig",
    "Person",
    "PrivacyConfig",
    "Problem",
    "StoreConfig",
    "Webhook",
    "WorkingTimeConfig",
    "find_config",
    "load",
    "load_store",
]
