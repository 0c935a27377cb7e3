"""keeptouch accounts accept-deletions: believe a server that says most of a folder is gone."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_session
from daemon.cli.output import write_json, write_text
from daemon.session import Session
from store import company, placements
from store.engine import Transaction
from store.placements import HeldBack


def register(verbs: Verbs) -> None:
    """Add the command to `accounts`."""
    parser = add_verb(
        verbs,
        "accept-deletions",
        accept,
        "believe a server that says most of a folder is gone",
        "Where most of a folder is gone from the server at once, nothing is believed until this is run: a server may "
        "have lost its disk, or have been restored. History stays: the mails are only no longer at their places.",
    )
    parser.add_argument("account", metavar="ACCOUNT", help="this account, or those of this entry")


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was held back for an account until now."""

    account: str
    folders: tuple[HeldBack, ...]


def accept(args: argparse.Namespace) -> int:
    """The command."""
    with opened_session(args) as session:
        accepted = [_accept(session, account.name) for account in session.config.chosen(args.account)]
    if args.json:
        write_json({"accounts": [_document(each) for each in accepted]})
        return 0
    for each in accepted:
        if not each.folders:
            write_text(f"{each.account}: no deletions are waiting")
        for folder in each.folders:
            write_text(f"{each.account}: {folder.gone} of {folder.held} mails are gone from {folder.stream}")
    return 0


def _accept(session: Session, name: str) -> Accepted:
    account_id = session.account_ids[name]

    def believe(transaction: Transaction) -> tuple[HeldBack, ...]:
        folders = tuple(placements.held_back(transaction, account_id))
        if folders:
            placements.settle(transaction, account_id, session.clock(), is_accepted=True)
            company.clear_reason(transaction, account_id)
        return folders

    return Accepted(name, session.store.transact(believe))


def _document(each: Accepted) -> dict[str, object]:
    folders = [{"stream": f.stream, "removed": f.gone, "held": f.held} for f in each.folders]
    return {"account": each.account, "streams": folders}
