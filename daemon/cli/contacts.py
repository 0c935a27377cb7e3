"""keeptouch contacts import|export FILE: contacts that somebody has already, or takes elsewhere."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from daemon.cli import ambiguities, contact_consent, contact_decisions, sources
from daemon.cli.arguments import Verbs, add_noun, add_verb, load_config
from daemon.cli.opening import opened_session, opened_store
from daemon.cli.output import Trouble, write_json, write_refusal, write_text, write_troubles
from daemon.contacts.exporting import exported, write_csv, write_vcards
from daemon.contacts.files import FileContact, Rejected, UnknownFile
from daemon.contacts.importing import import_contacts, read_contacts
from daemon.contacts.reading import MAX_SOURCE, Imported
from daemon.derive import derive
from daemon.environment import company_of, open_store, utc_now

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
    parser.add_argument("--complete", action="store_true", help="contacts that the file leaves out are removed")
    parser.add_argument("--accept-removals", action="store_true", help="also where many would go at once")
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    parser = add_verb(
        nouns,
        "export",
        run_export,
        "write contacts to a vCard or CSV file",
        "Writes the contacts that were entered to a file, which `contacts import` reads back as they were.",
    )
    parser.add_argument("file", metavar="FILE", help="a file to be written: NAME.vcf or NAME.csv")
    parser.add_argument("--source", metavar="NAME", help="only those that come from there")
    parser.add_argument("--all", action="store_true", help="also those that the policy made")
    contact_decisions.register(nouns)
    contact_consent.register(nouns)
    sources.register(nouns)
    ambiguities.register(nouns)


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
        names = ("created", "updated", "unchanged", "removed", "held_back")
        rejected = [{"line": each.line, "reason": each.reason} for each in imported.rejected]
        write_json({**{name: getattr(imported, name) for name in names}, "rejected": rejected})
    else:
        _show(imported, path, args.dry_run)
    return 1 if imported.rejected or imported.held_back else 0


def run_export(args: argparse.Namespace) -> int:
    """The command."""
    path = Path(args.file)
    write = {".csv": write_csv, ".vcf": write_vcards}.get(path.suffix.lower())
    if write is None:
        return _refuse(args, f"{path}: its ending tells no format", "call it NAME.vcf or NAME.csv")
    encoding = "utf-8-sig" if write is write_csv else "utf-8"  # without the mark, spreadsheets guess wrong
    with opened_store(args) as store, store.read() as transaction:
        contacts = exported(transaction, args.source, with_policy=args.all)
        with path.open("w", encoding=encoding, newline="") as file:
            count = write(contacts, file)
    if args.json:
        write_json({"file": str(path), "contacts": count})
    else:
        write_text(f"{path}: {count} contacts")
    return 0


def _import(args: argparse.Namespace, found: Found, source: str) -> Imported:
    with opened_session(args) as session:
        imported = import_contacts(
            session.store,
            session.company,
            session.clock,
            found,
            source,
            complete=args.complete,
            accept_removals=args.accept_removals,
        )
        derive(session.store, session.company, session.clock)
    return imported


def _dry_run(args: argparse.Namespace, found: Found, source: str) -> Imported:
    config = load_config(args)
    with open_store(config, os.environ, may_create=False) as store:
        return import_contacts(
            store,
            company_of(config),
            utc_now,
            found,
            source,
            complete=args.complete,
            accept_removals=args.accept_removals,
            dry_run=True,
        )


def _refuse(args: argparse.Namespace, problem: str, hint: str) -> int:
    write_refusal([Trouble(None, "file", problem, hint)], as_json=args.json)
    return 2


def _show(imported: Imported, path: Path, is_dry_run: bool) -> None:
    what = "would be " if is_dry_run else ""
    write_text(
        f"{path.name}: {what}{imported.created} created, {imported.updated} updated, {imported.unchanged} unchanged"
    )
    if imported.removed:
        write_text(f"{what}{imported.removed} removed")
    if imported.held_back:
        write_troubles([_held_back(imported)])
    troubles = [Trouble(None, f"line {each.line}", each.reason) for each in imported.rejected]
    write_troubles(troubles[:_SHOWN])
    if len(troubles) > _SHOWN:
        write_troubles([Trouble(None, "", f"{len(troubles) - _SHOWN} more; --json tells all of them")])


def _held_back(imported: Imported) -> Trouble:
    if imported.is_unclear:
        problem = f"{imported.held_back} contacts seem to be left out, but what was rejected may be some of them"
        return Trouble(None, "removals", problem, "put right what is rejected below; nobody was removed")
    problem = f"the file leaves out {imported.held_back} contacts, so many at once that nobody was removed"
    return Trouble(None, "removals", problem, "if the file is whole, import it again with --accept-removals")
