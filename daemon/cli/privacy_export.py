"""keeptouch privacy export ADDRESS: all that the store holds about a person, one JSON object a line."""

from __future__ import annotations

import argparse

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_session
from daemon.cli.output import json_text, write_line
from daemon.cli.privacy_erase import outside_address
from store.privacy import erasure, export


def register(verbs: Verbs) -> None:
    """Add the command to `privacy`."""
    parser = add_verb(
        verbs,
        "export",
        run_export,
        "all that is held about a person",
        "Writes all that the store holds about the person who holds ADDRESS, one JSON object a line: contacts, "
        "addresses, what other programs entered, mails with their texts, and where mail lies that was not kept.",
    )
    parser.add_argument("address", metavar="ADDRESS", help="an address of the person")


def run_export(args: argparse.Namespace) -> int:
    """The command."""
    with opened_session(args) as session:
        normal = outside_address(session, args.address)
        with session.store.read() as transaction:
            person = erasure.find(transaction, session.company.rules, normal)
            found = {"record": "person", "addresses": sorted(person.addresses), "names": sorted(person.names)}
            write_line(json_text(found))
            for record in export.records(transaction, session.store.key, person, session.company.rules):
                write_line(json_text(record))
    return 0
