"""keeptouch accounts accept-deletions: believe a server that says a folder, or most of it, is gone."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_session
from daemon.cli.output import write_json, write_text
from daemon.deletions import loss
from daemon.session import Session
from store.accounts import company, missing
from store.mails import removals
from store.mails.removals import HeldBack


def register(verbs: Verbs) -> None:
    """Add the command to `accounts`."""
    parser = add_verb(
        verbs,
        "accept-deletions",
        accept,
        "believe a server that says a folder, or most of it, is gone",
        "Where most of a folder is gone from the server, nothing is believed until this is run: a server may have lost "
        "its disk, or have been restored. A folder that is missing is believed to be gone at once. History stays: the "
        "mails are only no longer at their places.",
    )
    parser.add_argument("account", metavar="ACCOUNT", help="this account, or those of this entry")


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was not believed of an account until now."""

    account: str
    folders: tuple[HeldBack, ...]


def accept(args: argparse.Namespace) -> int:
    """The command."""
    with opened_session(args) as session:
        accepted = [_accept(session, account.name) for account in session.config.named(args.account)]
    if args.json:
        write_json({"accounts": [_document(each) for each in accepted]})
        return 0
    for each in accepted:
        if not each.folders:
            write_text(f"{each.account}: no deletions are waiting")
        for folder in each.folders:
            write_text(f"{each.account}: {loss(folder)}")
    return 0


def _accept(session: Session, name: str) -> Accepted:
    account_id = session.account_ids[name]
    with session.store.write() as transaction:
        folders = removals.held_back(transaction, account_id)
        known = {each.stream for each in folders if each.is_missing}
        for each in missing.missing(transaction, account_id):
            if each.stream not in known:
                folders.append(HeldBack(each.stream, each.mails, each.mails, is_missing=True))
        if folders:
            removals.settle(transaction, account_id, session.clock(), is_accepted=True)
            company.clear_reason(transaction, account_id)
    return Accepted(name, tuple(folders))


def _document(each: Accepted) -> dict[str, object]:
    folders = [{"stream": f.stream, "removed": f.gone, "held": f.held, "missing": f.is_missing} for f in each.folders]
    return {"account": each.account, "streams": folders}
