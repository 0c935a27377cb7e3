"""keeptouch decisions: what a rebuild from the servers can't know, out of one store and into another."""

from __future__ import annotations

import argparse
import os
from importlib.metadata import version
from pathlib import Path

from daemon.cli.arguments import Verbs, add_noun, add_verb, load_config
from daemon.cli.opening import opened_session
from daemon.cli.output import Trouble, write_json, write_refusal, write_text, write_troubles
from daemon.decisions import BadFile, import_decisions
from daemon.decisions import export as export_decisions
from daemon.derive import derive
from daemon.environment import open_store, utc_now

#: Refusals that are shown to people; --json has all of them.
_SHOWN = 50


def register(verbs: Verbs) -> None:
    """Add the commands."""
    own = add_noun(verbs, "decisions", "the company's decisions, for a store that is built anew")
    parser = add_verb(
        own,
        "export",
        run_export,
        "write the company's decisions to a file",
        "Writes what no server knows to a new file: contacts that were entered or deleted, consents, ids that "
        "merged, and the rows that other programs wrote. A store that is built anew from the same servers under the "
        "same identity key takes them in with `decisions import`.",
    )
    parser.add_argument("file", metavar="FILE", help="a file that is not there yet")
    parser = add_verb(
        own,
        "import",
        run_import,
        "take such a file's decisions in",
        "Takes in the decisions of a file that `decisions export` wrote, best before the first sync. What was entered "
        "here since goes before them. Can be repeated. Exit code 1: some were refused; the rest were taken in.",
    )
    parser.add_argument("file", metavar="FILE", help="what `decisions export` wrote")


def run_export(args: argparse.Namespace) -> int:
    """The command `decisions export`."""
    path = Path(args.file).absolute()
    if path.exists():
        return _refuse(args, f"{path} is there already", "name a file that is not; nothing is overwritten")
    with open_store(load_config(args), os.environ, may_create=False) as store:
        count = export_decisions(store, path, utc_now(), version("keeptouch"))
    if args.json:
        write_json({"file": str(path), "records": count})
    else:
        write_text(f"{path}: {count:,} records, for a store under the same identity key")
    return 0


def run_import(args: argparse.Namespace) -> int:
    """The command `decisions import`."""
    path = Path(args.file).absolute()
    if not path.is_file():
        return _refuse(args, f"there is no file {path}", "name what `decisions export` wrote")
    try:
        with opened_session(args) as session:
            imported = import_decisions(session.store, session.company, session.clock, path)
            derive(session.store, session.company, session.clock)
    except BadFile as error:
        return _refuse(args, f"{path}: {error.problem}", "nothing was taken in; copy or export it again")
    counts = {"restored": imported.restored, "unchanged": imported.unchanged, "waiting": imported.waiting}
    if args.json:
        write_json({**counts, "refused": [{"line": line, "reason": reason} for line, reason in imported.refused]})
    else:
        write_text(f"{path.name}: {imported.restored:,} restored, {imported.unchanged:,} unchanged")
        if imported.waiting:
            write_text(f"{imported.waiting:,} consents of contacts that are not there yet: repeat it after a sync")
        troubles = [Trouble(None, f"line {line}", reason) for line, reason in imported.refused]
        write_troubles(troubles[:_SHOWN])
        if len(troubles) > _SHOWN:
            write_troubles([Trouble(None, "", f"{len(troubles) - _SHOWN} more; --json tells all of them")])
    return 1 if imported.refused else 0


def _refuse(args: argparse.Namespace, problem: str, hint: str) -> int:
    write_refusal([Trouble(None, "file", problem, hint)], as_json=args.json)
    return 2
