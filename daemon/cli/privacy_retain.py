"""keeptouch privacy retain: let go what is older than the company keeps. `run` does it once a day."""

from __future__ import annotations

import argparse

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.interrupts import stop_on_signals
from daemon.cli.opening import opened_session
from daemon.cli.output import write_json, write_text
from store.privacy.retention import retain


def register(verbs: Verbs) -> None:
    """Add the command to `privacy`."""
    add_verb(
        verbs,
        "retain",
        run_retain,
        "let go what is older than the company keeps",
        "Lets go what is older than [privacy.retention] says, in small steps that disturb nobody; `run` does it once a "
        "day. There is no way back.",
    )


def run_retain(args: argparse.Namespace) -> int:
    """The command."""
    with opened_session(args) as session, stop_on_signals() as stop:
        done = retain(session.store, session.config.retention, session.clock(), stop.is_set)
    if args.json:
        write_json({"expired": done})
    elif not done:
        write_text("everything is kept: [privacy.retention] names no days")
    for name, count in () if args.json else done.items():
        write_text(f"{name}: {count} expired")
    return 0
