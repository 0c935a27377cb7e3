"""keeptouch reprocess: derive the whole store anew from its facts."""

from __future__ import annotations

import argparse
import os
import threading

from daemon.cli.arguments import Verbs, add_verb, load_config
from daemon.cli.output import write_json, write_text
from daemon.cli.progress import progress_shown
from daemon.environment import Environment, open_store
from daemon.reprocess import reprocess as derive_anew
from daemon.session import Session


def register(verbs: Verbs) -> None:
    """Add the command."""
    add_verb(
        verbs,
        "reprocess",
        reprocess,
        "decide and derive everything anew",
        "Decides anew what is kept and derives the history from the stored facts, as a fresh store would hold it. "
        "Mail that becomes wanted is fetched by the next sync. A changed policy is applied by `sync` and `run` too.",
    )


def reprocess(args: argparse.Namespace) -> int:
    """The command."""
    config = load_config(args)
    store = open_store(config, os.environ, may_create=False)
    with Session(config, store, Environment(os.environ)) as session, progress_shown(args.json) as progress:
        outcome = derive_anew(
            store, session.company, session.clock, lambda done: progress("reprocess", "all mail", done)
        )
        session.tick(threading.Event())
    if args.json:
        write_json({"kept": outcome.kept, "removed": outcome.removed, "wanted": outcome.wanted})
    else:
        write_text(f"{outcome.kept} kept, {outcome.removed} taken out, {outcome.wanted} to be fetched by the next sync")
    return 0
