"""The options that every command has, and how a module adds its commands."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from daemon.config import Config, find_config, load
from daemon.log import LEVELS, show_addresses

#: Where commands are added: what `add_subparsers` gives.
Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
#: Carries out a command and returns its exit code. It may raise ConfigError and StoreError.
Handler: TypeAlias = Callable[[argparse.Namespace], int]


def add_common(parser: argparse.ArgumentParser, *, before_verb: bool) -> None:
    """--config, --json and --log-level, which stand before or after the verb alike."""

    def default(value: object) -> object:
        # a verb's own default would undo what was said before the verb
        return value if before_verb else argparse.SUPPRESS

    parser.add_argument(
        "--config",
        metavar="FILE",
        default=default(None),
        help="the configuration (else $KEEPTOUCH_CONFIG, ./config.toml, /etc/keeptouch/config.toml)",
    )
    parser.add_argument("--json", action="store_true", default=default(False), help="answer as one JSON object")
    parser.add_argument(
        "--log-level", choices=LEVELS, default=default(None), help="what of the log is written to stderr"
    )


def add_verb(verbs: Verbs, name: str, handler: Handler, summary: str, description: str = "") -> argparse.ArgumentParser:
    """A command; options of its own are added to what is returned."""
    parser = verbs.add_parser(name, help=summary, description=description or summary, allow_abbrev=False)
    add_common(parser, before_verb=False)
    parser.set_defaults(handler=handler)
    return parser


def add_noun(verbs: Verbs, name: str, summary: str) -> Verbs:
    """A word that verbs follow: `accounts list`."""
    parser = verbs.add_parser(name, help=summary, description=summary, allow_abbrev=False)
    add_common(parser, before_verb=False)
    return parser.add_subparsers(metavar="VERB", required=True)


def add_account(parser: argparse.ArgumentParser) -> None:
    """--account, as `Config.chosen` takes it."""
    parser.add_argument("--account", metavar="NAME", help="only this account, or those of this entry")


def load_config(args: argparse.Namespace) -> Config:
    """The configuration that the arguments and the environment name, heeded by the log; raises ConfigError."""
    path = find_config(args.config, os.environ)
    config = load(path, environ=os.environ, today=datetime.now(UTC).date())
    show_addresses(config.log.addresses)
    return config
