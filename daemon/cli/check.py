"""keeptouch check: is the configuration right, can every secret be read, does every server let us in?"""

from __future__ import annotations

import argparse
import os
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

import structlog

from connectors.api import ConnectorError, TaskWriter
from daemon.cli import sources
from daemon.cli.arguments import Verbs, add_account, add_verb, load_config
from daemon.cli.logins import Logins, asked, counted
from daemon.cli.output import Trouble, write_json, write_text, write_troubles
from daemon.cli.probing import probe
from daemon.config import Account, Config
from daemon.exposure import secret_sources
from daemon.problems import ConfigError
from daemon.relay.certificate import certificate_troubles
from daemon.relay.checking import server_trouble
from daemon.sealing import sealing_keys
from daemon.smtp import Relay
from daemon.task_lists import chosen as chosen_list

log = structlog.get_logger()


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "check",
        check,
        "check the configuration, read every secret, log in to every account",
        "Checks the configuration, reads every secret, logs in to every account, opens its folders and reads one item, "
        "and names the first step that fails. Nothing is changed anywhere. Exit code 1: something is wrong with an "
        "account; 2: with the configuration.",
    )
    add_account(parser)
    parser.add_argument("--config-only", action="store_true", help="ask no server and run no command")


@runtime_checkable
class ChoosesByPattern(Protocol):
    """A connector that knows which patterns of its options fitted nothing, after `streams()`."""

    unmatched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """How it went with one account."""

    account: str
    streams: int
    problem: Trouble | None = None
    warnings: tuple[Trouble, ...] = ()


def check(args: argparse.Namespace) -> int:
    """The command."""
    config = load_config(args)
    chosen = config.named(args.account) if args.account else config.followed
    problems: list[Trouble] = []
    warnings = list(_exposed(config, chosen))
    if args.account is None:
        for trouble, is_warning in _certificate(config):
            (warnings if is_warning else problems).append(trouble)
    found: list[Found] = []
    lists: list[sources.Asked] = []
    if not args.config_only:
        problems += _store_secrets(config)
        with counted(config, insisted=chosen if args.account else ()) as logins:
            for each in asked(logins, chosen, _ask):
                found.append(each)
                problems += [each.problem] if each.problem else []
                warnings += each.warnings
                if not args.json:
                    _tell(each)
        lists += sources.ask(config) if args.account is None else []
        problems += [each.problem for each in lists if each.problem]
        problems += (*_digest(config), *_relay(config)) if args.account is None else ()
        if not args.json:
            for each_list in lists:
                sources.tell(each_list)
    if args.json:
        write_json(
            {
                "ok": not problems,
                "problems": [trouble.document() for trouble in problems],
                "warnings": [trouble.document() for trouble in warnings],
                "accounts": [
                    {"account": each.account, "ok": not each.problem, "streams": each.streams} for each in found
                ],
                "sources": [{"source": each.name, "ok": not each.problem} for each in lists],
            }
        )
    else:
        told = {each.problem for each in lists}
        write_troubles([*(each for each in problems if each.account is None and each not in told), *warnings])
        _sum_up(config, len(chosen), len(problems))
    return 1 if problems else 0


def _ask(logins: Logins, account: Account) -> Found:
    """Log in, list the folders, open them, read one item, and look for the list of tasks."""
    try:
        with logins.opening(account).open() as connector:
            streams = connector.streams()
            refused = probe(account.name, connector, streams)
            unmatched = connector.unmatched if isinstance(connector, ChoosesByPattern) else ()
            if account.tasks is not None and isinstance(connector, TaskWriter):
                chosen_list(connector.task_lists(), account.tasks.list)
    except ConfigError as error:
        first = error.problems[0]
        return Found(account.name, 0, Trouble(account.name, "secret", str(first), first.hint))
    except ConnectorError as error:
        logins.failed(account, error)
        hint = error.hint or "the log of the server tells why: ask who runs it"
        return Found(account.name, 0, Trouble(account.name, error.step or "connect", error.problem, hint))
    except Exception as error:  # a bug of a connector must not hide what is wrong with the other accounts
        # its frames alone: what it says may quote a password
        log.debug("connector failed", account=account.name, frames=traceback.format_tb(error.__traceback__))
        fault = f"the connector {account.kind} failed with {type(error).__name__}"
        return Found(account.name, 0, Trouble(account.name, "connector", fault, "tell its author: --log-level debug"))
    word = "calendar" if hasattr(account.settings, "calendars") else "folder"
    warnings = tuple(
        Trouble(
            account.name, "folders", f'no {word} is called "{pattern}"', f"keeptouch accounts folders {account.name}"
        )
        for pattern in unmatched
    )
    if not streams and account.tasks is None:
        problem = Trouble(account.name, "folders", f"there is no {word} to follow", f"look at options.{word}s")
        return Found(account.name, 0, problem, warnings)
    return Found(account.name, len(streams), refused, warnings)


def _digest(config: Config) -> Iterator[Trouble]:
    """Does the server let us in that takes the daily mails and alerts? Nothing is sent."""
    server = config.mail_server
    if server is None or not config.sends_mail:
        return
    try:
        with Relay(server, server.read_secret(os.environ, config.folder)):
            pass
    except ConfigError as error:
        yield from (Trouble.of(problem, "secret") for problem in error.problems)
    except ConnectorError as error:
        yield Trouble(None, "digest", error.problem, error.hint)


def _certificate(config: Config) -> Iterator[tuple[Trouble, bool]]:
    """What is wrong with the relay's certificate, and whether that is a warning yet."""
    if config.relay.enabled:
        for error, is_warning in certificate_troubles(config.relay, datetime.now(UTC)):
            yield Trouble(None, "relay", error.problem, error.hint), is_warning


def _relay(config: Config) -> Iterator[Trouble]:
    """Can the server be reached that the relay passes mails on to? Nothing is sent, and nobody logs in."""
    error = server_trouble(config.relay) if config.relay.enabled else None
    if error is not None:
        yield Trouble(None, "relay", error.problem, error.hint)


def _store_secrets(config: Config) -> Iterator[Trouble]:
    """The store's password, its keys and tracking's, as far as a command gives them, and what its secrets are sealed
    under; files were read with the configuration."""
    for source in (config.store.password, config.store.key, config.tracking.key, config.tracking.api_key):
        if source is not None and isinstance(source.value, tuple):
            try:
                source.read(os.environ, config.folder)
            except ConfigError as error:
                yield from (Trouble.of(problem, "secret") for problem in error.problems)
    if config.store.secrets_key is not None:
        try:
            sealing_keys(config, os.environ)
        except ConfigError as error:
            yield from (Trouble.of(problem, "secret") for problem in error.problems)


def _exposed(config: Config, accounts: Iterable[Account]) -> Iterator[Trouble]:
    for account, source in secret_sources(config, accounts):
        if exposure := source.exposure(config.folder):
            yield Trouble(account, "secret", f"{source.key}: {exposure}", "chmod 0600, and change the password")


def _tell(found: Found) -> None:
    if found.problem:
        write_text(f"{found.account}  failed")
        write_troubles([found.problem])
    else:
        write_text(f"{found.account}  ok, {found.streams} folders")


def _sum_up(config: Config, accounts: int, problems: int) -> None:
    if problems:
        write_text(f"{problems} {'problem' if problems == 1 else 'problems'}")
    elif accounts:
        write_text(f"{config.path}: fine, {accounts} {'account' if accounts == 1 else 'accounts'}")
    else:
        write_text(f"{config.path}: fine, but there is no account yet")
