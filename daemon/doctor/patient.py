"""What is looked at: a configuration and a store, as far as they can be had, and what was heard of servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from daemon.config import Config, ConfigError
from store.accounts.attention import Fares
from store.engine import Store


@dataclass(slots=True)
class Patient:
    """Filled by one check for those that come after it."""

    path: Path
    environ: Mapping[str, str]
    clock: Callable[[], datetime]
    config: Config | None = None
    #: Why the configuration is refused; then `config` knows the store alone, or is None.
    refused: ConfigError | None = None
    #: Open for reading.
    store: Store | None = None
    #: Of all accounts that are followed.
    fares: list[Fares] = field(default_factory=list)
    #: Server -> how far its clock is ahead of ours.
    skews: dict[str, timedelta] = field(default_factory=dict)

    @property
    def known(self) -> Config:
        """The configuration; to be asked for where it was read."""
        assert self.config is not None
        return self.config

    @property
    def opened(self) -> Store:
        """The store; to be asked for where it was opened."""
        assert self.store is not None
        return self.store
