"""The command `keeptouch`: arguments in, exit code out.

0: fine. 1: an account failed, or problems were found. 2: usage, configuration, or a store that can't be opened.
130: interrupted. 141: nobody reads the output any more.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

import structlog

from daemon import heap, log
from daemon.cli.arguments import add_common
from daemon.cli.output import Trouble, write_error, write_refusal, write_troubles
from daemon.problems import ConfigError
from store.errors import StoreError

#: Exit codes of this module; 0 and 1 are the commands' own.
UNUSABLE, INTERRUPTED, UNREAD = 2, 130, 141


#: The commands in the order of `keeptouch --help`, each a module of this package.
COMMANDS = (
    "demo",
    "sync",
    "run",
    "check",
    "status",
    "doctor",
    "timeline",
    "tasks",
    "rules",
    "why",
    "explain",
    "accounts",
    "contacts",
    "privacy",
    "changes",
    "webhooks",
    "tracking",
    "decisions",
    "store",
    "keys",
    "report",
    "reprocess",
)


def parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The command line with some commands; only their modules are imported."""
    built = argparse.ArgumentParser(
        prog="keeptouch",
        description="Follows a company's mailboxes and keeps the history of its contacts in one SQL database.",
        allow_abbrev=False,
    )
    built.add_argument("--version", action="version", version=f"keeptouch {version('keeptouch')}")
    add_common(built, before_verb=True)
    verbs = built.add_subparsers(metavar="COMMAND", required=True)
    for command in commands:
        import_module(f"daemon.cli.{command}").register(verbs)
    return built


def asked_for(argv: Sequence[str]) -> Sequence[str]:
    """The command that a command line calls; all of them where it calls none: for help, and to say what is wrong."""
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    add_common(first, before_verb=True)
    first.add_argument("words", nargs=argparse.REMAINDER)
    try:
        common, unknown = first.parse_known_args(argv)
    except argparse.ArgumentError:
        return COMMANDS
    called = common.words[:1]
    return called if not unknown and called and called[0] in COMMANDS else COMMANDS


def entry() -> int:
    """The console script."""
    heap.look_seldom()
    log.guard()
    return main(sys.argv[1:])


def main(argv: Sequence[str]) -> int:
    """Carry out one command line and return its exit code."""
    try:
        args = parser(asked_for(argv)).parse_args(argv)
    except SystemExit as ended:  # --help, --version and usage errors have written what there is to say
        return ended.code if isinstance(ended.code, int) else UNUSABLE
    log.configure(level=args.log_level, journal=log.is_journal(os.environ))
    try:
        code = _carry_out(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return UNREAD
    except OSError as error:  # a full disk under our output, a file taken away meanwhile
        structlog.get_logger().debug("refused by the system", exc_info=error)
        _drop_output()
        write_troubles([Trouble(None, "system", f"{error.strerror or error}: {error.filename or 'output'}")])
        return UNUSABLE
    return code


def _carry_out(args: argparse.Namespace) -> int:
    try:
        code: int = args.handler(args)
        return code
    except ConfigError as error:
        if error.path:
            count = len(error.problems)
            found = f"{error.path}: {count} {'problem' if count == 1 else 'problems'}"
            write_error(log.for_journal(found, "error"))
        return _refuse(args, [Trouble.of(problem) for problem in error.problems])
    except StoreError as error:
        return _refuse(args, [Trouble(None, "store", error.problem, error.hint)])


def _refuse(args: argparse.Namespace, troubles: list[Trouble]) -> int:
    write_refusal(troubles, as_json=args.json)
    return UNUSABLE


def _drop_output() -> None:
    """Keep Python from writing the rest, and a complaint, when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
