"""The command `keeptouch`: arguments in, exit code out.

0: fine. 1: an account failed, or problems were found. 2: usage, configuration, or a store that can't be opened.
130: interrupted. 141: nobody reads the output any more.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Protocol

import structlog

from daemon import log
from daemon.cli import (
    accounts,
    changes,
    check,
    contacts,
    decisions,
    demo,
    explain,
    keys,
    privacy,
    reprocess,
    run,
    status,
    store,
    sync,
    timeline,
    webhooks,
    why,
)
from daemon.cli.arguments import Verbs, add_common
from daemon.cli.output import Trouble, write_error, write_json, write_troubles
from daemon.problems import ConfigError
from store.errors import StoreError

FINE, PROBLEMS, UNUSABLE, INTERRUPTED, UNREAD = 0, 1, 2, 130, 141


class VerbModule(Protocol):
    """A module with commands."""

    def register(self, verbs: Verbs) -> None:
        """Add its commands."""


#: In the order of `keeptouch --help`.
MODULES: tuple[VerbModule, ...] = (
    demo,
    sync,
    run,
    check,
    status,
    timeline,
    why,
    explain,
    accounts,
    contacts,
    privacy,
    changes,
    webhooks,
    decisions,
    store,
    keys,
    reprocess,
)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = argparse.ArgumentParser(
        prog="keeptouch",
        description="Follows a company's mailboxes and keeps the history of its contacts in one SQL database.",
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"keeptouch {version('keeptouch')}")
    add_common(whole, before_verb=True)
    verbs = whole.add_subparsers(metavar="COMMAND", required=True)
    for module in MODULES:
        module.register(verbs)
    return whole


def entry() -> int:
    """The console script."""
    # A page of mails makes some 50,000 objects and lets go of them: looking through them, and through all that was
    # imported, every 700 objects costs a first import a tenth of its time.
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    log.guard()
    return main(sys.argv[1:])


def main(argv: Sequence[str]) -> int:
    """Carry out one command line and return its exit code."""
    try:
        args = parser().parse_args(argv)
    except SystemExit as ended:  # --help, --version and usage errors have written what there is to say
        return ended.code if isinstance(ended.code, int) else UNUSABLE
    log.configure(level=args.log_level)
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
            write_error(f"{error.path}: {count} {'problem' if count == 1 else 'problems'}")
        return _refuse(args, [Trouble.of(problem) for problem in error.problems])
    except StoreError as error:
        return _refuse(args, [Trouble(None, "store", error.problem, error.hint)])


def _refuse(args: argparse.Namespace, troubles: list[Trouble]) -> int:
    write_troubles(troubles)
    if args.json:
        write_json({"ok": False, "problems": [trouble.document() for trouble in troubles]})
    return UNUSABLE


def _drop_output() -> None:
    """Keep Python from writing the rest, and a complaint, when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
