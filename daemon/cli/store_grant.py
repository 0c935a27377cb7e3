"""keeptouch store grant: let other programs read the store, or write to its tables for them."""

from __future__ import annotations

import argparse
import os

from daemon.cli.arguments import Verbs, add_verb, load_config
from daemon.cli.output import Trouble, write_json, write_text, write_troubles
from daemon.environment import open_store
from store.keeping.backup import database_file
from store.published import file_modes, grants
from store.published.grants import Access


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "grant",
        grant,
        "let other programs read the store, or write to w1_*",
        "PostgreSQL: gives a role the views, and for write the tables w1_* besides, and sets its search_path. SQLite: "
        "gives a group of this machine the file, by its mode. Takes nothing away. Exit code 1: something is left "
        "that another user has to do; it is named.",
    )
    parser.add_argument("--role", required=True, metavar="ROLE", help="a role of the database; SQLite: a group")
    parser.add_argument("--access", required=True, choices=[each.value for each in Access], help="what it may do")


def grant(args: argparse.Namespace) -> int:
    """The command."""
    access = Access(args.access)
    with open_store(load_config(args), os.environ, may_create=False) as store:
        database = database_file(store.engine)
        if database is not None:
            granted = file_modes.grant(database, args.role, access)
        else:
            with store.write() as transaction:
                granted = grants.grant(transaction, args.role, access)
    if args.json:
        missing = [{"what": what, "remedy": remedy} for what, remedy in granted.missing]
        answer = {"role": args.role, "access": access.value, "done": granted.done, "missing": missing}
        write_json({"ok": not missing, **answer, "notes": granted.notes})
    else:
        for line in granted.done:
            write_text(line if database is not None else f"{args.role} {line}")
        for line in granted.notes:
            write_text(line)
        write_troubles(Trouble(None, "missing", what, remedy) for what, remedy in granted.missing)
    return 1 if granted.missing else 0
