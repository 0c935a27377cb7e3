"""keeptouch privacy erase ADDRESS: a person goes from every table and file, and does not come back."""

from __future__ import annotations

import argparse

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_session
from daemon.cli.output import Trouble, instant, write_json, write_text, write_troubles
from daemon.cli.progress import progress_shown
from daemon.erasing import Erasure, erase, planned
from daemon.problems import refuse
from daemon.session import Session
from matching.addresses import normalize

#: Interactions that are listed for people; --json has all of them.
_SHOWN = 20


def register(verbs: Verbs) -> None:
    """Add the command to `privacy`."""
    parser = add_verb(
        verbs,
        "erase",
        run_erase,
        "erase a person for good",
        "Erases the person who holds ADDRESS: contact, all addresses, names, mail that concerns nobody else outside, "
        "and the address in the text of other mail. Only a keyed hash stays, so that the address never comes back. "
        "There is no way back. Exit code 1: something is left that people have to do.",
    )
    parser.add_argument("address", metavar="ADDRESS", help="an address of the person")
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")


def run_erase(args: argparse.Namespace) -> int:
    """The command."""
    with opened_session(args) as session, progress_shown(args.json) as progress:
        normal = outside_address(session, args.address)
        step = planned if args.dry_run else erase
        done = step(session.ingest(), normal, lambda count: progress("erase", "all mail", count))
        left = _left(session, done)
    if args.json:
        write_json(_document(done, left, is_dry_run=args.dry_run))
    else:
        _tell(done, is_dry_run=args.dry_run)
        write_troubles(Trouble(None, "left", each) for each in left)
    return 1 if left and not args.dry_run else 0


def outside_address(session: Session, text: str) -> str:
    """The normal form of an address that is not ours; raises ConfigError."""
    normal = normalize(text)
    if normal is None:
        raise refuse("ADDRESS", f'"{text}" is no address', "write it as name@domain")
    if session.company.own.owns(normal):
        raise refuse("ADDRESS", f"{normal} is an address of our own", "people of ours are changed in the configuration")
    return normal


def _left(session: Session, done: Erasure) -> list[str]:
    """What people have to do themselves, in words."""
    left = list(done.purged.left) if done.purged else []
    named = [str(rule) for rule in session.config.privacy.blocked if rule.what in done.person.forms]
    if named:
        left.append(f"{session.config.path} names the address in privacy.block; take it out there: {', '.join(named)}")
    return left


def _document(done: Erasure, left: list[str], *, is_dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": is_dry_run,
        "addresses": sorted(done.person.addresses),
        "contacts": sorted(done.person.contact_ids),
        "mails_removed": done.removed,
        "mails_changed": done.changed,
        "hashes": done.hashes,
        "naming": [{"id": each, "occurred_at": instant(when)} for each, when in done.naming],
        "copies_removed": [str(path) for path in done.purged.removed] if done.purged else [],
        "left": left,
    }


def _tell(done: Erasure, *, is_dry_run: bool) -> None:
    would = "would be " if is_dry_run else ""
    write_text(f"{would}erased: {', '.join(sorted(done.person.addresses))}")
    write_text(f"{len(done.person.contact_ids)} contacts and {done.removed} mails {would}removed")
    write_text(f"{done.changed} mails of other people {would}cleaned of the address")
    if done.naming:
        write_text(f"{len(done.naming)} mails still quote the name, which no program can tell from other people's:")
        for each, when in done.naming[:_SHOWN]:
            write_text(f"  {when:%Y-%m-%d %H:%M}  {each}")
        if len(done.naming) > _SHOWN:
            write_text(f"  and {len(done.naming) - _SHOWN} more; --json tells all of them")
    for path in done.purged.removed if done.purged else ():
        write_text(f"removed {path}, a copy of the store that held the data")
    if not is_dry_run:
        write_text("backups that you keep elsewhere still hold the data: make a new one and delete the older ones")
