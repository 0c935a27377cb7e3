"""keeptouch contacts consent: whether opens and clicks of a contact may be recorded, as a person says it."""

from __future__ import annotations

import argparse

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.contact_decisions import Decided, decide, only, since
from daemon.cli.output import instant
from daemon.session import Session
from matching.consent import MAX_SOURCE, Consent, Statement, read_statement
from store.contacts import consents
from store.contacts.merging import MergeRefused, lock
from store.contacts.search import find_contacts
from store.engine import Transaction


def register(nouns: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        nouns,
        "consent",
        run_consent,
        "write down whether opens and clicks of a contact may be recorded",
        "Writes down what the contact WHO said, also for those merged with it: granted, refused or unknown. Of who did "
        "not grant it nothing is recorded from then on, also of mails sent before, and what was recorded is forgotten.",
    )
    parser.add_argument("who", metavar="WHO", help="an address, a name or a part of it, or an id")
    parser.add_argument("state", metavar="STATE", choices=[each.value for each in Consent], help="what was said")
    parser.add_argument("--on", metavar="DAY", help="the day, such as 2026-03-01 (default: now)")
    parser.add_argument("--source", metavar="TEXT", default="", help="where it was said: a form, a talk")


def run_consent(args: argparse.Namespace) -> int:
    """The command."""
    return decide(args, _consent)


def _consent(args: argparse.Namespace, session: Session, transaction: Transaction) -> Decided:
    now = session.clock()
    said = read_statement(args.state, since(args.on, session), args.source or "command", now)
    if not isinstance(said, Statement):
        raise MergeRefused(said or "nothing is said", f"a past day, and a source of at most {MAX_SOURCE} characters")
    hit = only(args.who, find_contacts(transaction, args.who))
    lock(transaction)
    ids = consents.group(transaction, hit.id)
    consents.state(transaction, dict.fromkeys(ids, said), now)
    told = {"state": said.state.value, "at": instant(said.at), "source": said.source}
    return Decided(
        hit.id, f"{hit.display_name}: {said.state}, as of {said.at:%Y-%m-%d} ({said.source})", {"consent": told}
    )
