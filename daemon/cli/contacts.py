"""keeptouch contacts import FILE: contacts that somebody has already."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from daemon.cli import decisions
from daemon.cli.arguments import Verbs, add_noun, add_verb, load_config
from daemon.cli.opening import opened_session
from daemon.cli.output import Trouble, write_json, write_text, write_troubles
from daemon.contact_files import FileContact, Rejected, UnknownFile
from daemon.contact_import import MAX_SOURCE, Imported, import_contacts, read_contacts
from daemon.derive import derive
from daemon.session import company_of, open_store, utc_now

Found = Sequence[FileContact | Rejected]
#: Rejections that are shown to people; --json has all of them.
_SHOWN = 50


def register(verbs: Verbs) -> None:
    """Add the commands."""
    nouns = add_noun(verbs, "contacts", "enter contacts, and decide about them")
    parser = add_verb(
        nouns,
        "import",
        run_import,
        "enter the contacts of a vCard or CSV file",
        "Enters the contacts of a file (vCard 2.1 to 4.0, or CSV whose first line names the columns). Repeated, it "
        "changes only what the file says anew. Earlier mail of new contacts follows with the next sync. "
        "Exit code 1: some lines were rejected; the rest were entered.",
    )
    parser.add_argument("file", metavar="FILE", help="a vCard or CSV file")
    parser.add_argument("--source", metavar="NAME", help="where its ids come from (default: the file's name)")
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    decisions.register(nouns)


def run_import(args: argparse.Namespace) -> int:
    """The command."""
    path = Path(args.file)
    source = (path.stem if args.source is None else args.source).strip()
    if not source or len(source) > MAX_SOURCE or not source.isprintable():
        return _refuse(args, f"the source must be a name of at most {MAX_SOURCE} characters", "name it with --source")
    try:
        found = read_contacts(path)
    except UnknownFile as error:
        return _refuse(args, f"{path}: {error.problem}", error.hint)
    imported = _dry_run(args, found, source) if args.dry_run else _import(args, found, source)
    if args.json:
        rejected = [{"line": each.line, "reason": each.reason} for each in imported.rejected]
        counts = {"created": imported.created, "updated": imported.updated, "unchanged": imported.unchanged}
        write_json({**counts, "rejected": rejected})
    else:
        _show(imported, path, args.dry_run)
    return 1 if imported.rejected else 0


def _import(args: argparse.Namespace, found: Found, source: str) -> Imported:
    with opened_session(args) as session:
        imported = import_contacts(session.store, session.company, session.clock, found, source)
        derive(session.store, session.company, session.clock)
    return imported


def _dry_run(args: argparse.Namespace, found: Found, source: str) -> Imported:
    config = load_config(args)
    with open_store(config, os.environ, may_create=False) as store:
        return import_contacts(store, company_of(config), utc_now, found, source, dry_run=True)


def _refuse(args: argparse.Namespace, problem: str, hint: str) -> int:
    trouble = Trouble(None, "file", problem, hint)
    write_troubles([trouble])
    if args.json:
        write_json({"ok": False, "problems": [trouble.document()]})
    return 2


def _show(imported: Imported, path: Path, is_dry_run: bool) -> None:
    what = "would be " if is_dry_run else ""
    write_text(
        f"{path.name}: {what}{imported.created} created, {imported.updated} updated, {imported.unchanged} unchanged"
    )
    troubles = [Trouble(None, f"line {each.line}", each.reason) for each in imported.rejected]
    write_troubles(troubles[:_SHOWN])
    if len(troubles) > _SHOWN:
        write_troubles([Trouble(None, "", f"{len(troubles) - _SHOWN} more; --json tells all of them")])
