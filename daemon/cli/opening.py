"""How verbs that need the store open it: with the configuration, and brought up to the policy in force."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from daemon.cli.arguments import load_config
from daemon.config import Config
from daemon.environment import Environment, open_store, utc_now
from daemon.session import Session
from daemon.watchdog import Underway
from store.engine import Store


@contextmanager
def opened_session(args: argparse.Namespace, underway: Underway | None = None) -> Iterator[Session]:
    """A session to work in. A changed policy is applied first, so that nothing is read under two policies.

    `underway` is where its turns are noted, for a watchdog that looks already.
    """
    config = load_config(args)
    with session_of(config, underway=underway) as session:
        yield session


@contextmanager
def session_of(
    config: Config, clock: Callable[[], datetime] = utc_now, underway: Underway | None = None
) -> Iterator[Session]:
    """The session of a configuration that is loaded already; `clock`: aware UTC, instead of the machine's."""
    environment = Environment(os.environ, clock, Underway() if underway is None else underway)
    with Session(config, open_store(config, os.environ), environment) as session:
        session.apply_policy()
        yield session


@contextmanager
def opened_store(args: argparse.Namespace) -> Iterator[Store]:
    """The store as it is, for reading; nothing is made."""
    config = load_config(args)
    with open_store(config, os.environ, may_create=False) as store:
        yield store
