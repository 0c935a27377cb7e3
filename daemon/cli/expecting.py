"""keeptouch tasks expect and forgo: a person sets the day by which an answer of a contact is expected."""

from __future__ import annotations

import argparse
from datetime import date

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_store
from daemon.cli.output import write_json, write_text
from daemon.cli.timeline import not_one
from daemon.deadlines import MAX_TITLE
from daemon.environment import utc_now
from daemon.problems import refuse
from matching.names import clean_name
from store.contacts.search import find_contacts
from store.derivation import engagement
from store.followups import deadlines

#: The source of days that the command line sets; other programs name themselves.
_SOURCE = "keeptouch"


def register(nouns: Verbs) -> None:
    """Add the commands."""
    parser = add_verb(nouns, "expect", expect, "set the day by which an answer of a contact is expected")
    parser.add_argument("who", metavar="WHO", help="the contact: an address, a name or an id")
    parser.add_argument("--by", metavar="DAY", required=True, help="the day, as in 2026-03-20; another one moves it")
    parser.add_argument("--title", metavar="TEXT", default="", help="the title of the task on that day")
    parser = add_verb(nouns, "forgo", forgo, "expect no answer of a contact any more")
    parser.add_argument("who", metavar="WHO", help="the contact: an address, a name or an id")


def expect(args: argparse.Namespace) -> int:
    """tasks expect"""
    try:
        due_on = date.fromisoformat(args.by)
    except ValueError:
        raise refuse("--by", f'"{args.by}" is no day', "write it as in 2026-03-20") from None
    title = clean_name(args.title)
    if len(title) > MAX_TITLE:
        raise refuse("--title", f"has {len(title)} characters", f"at most {MAX_TITLE} are possible")
    return _set(args, due_on, title)


def forgo(args: argparse.Namespace) -> int:
    """tasks forgo"""
    return _set(args, None, "")


def _set(args: argparse.Namespace, due_on: date | None, title: str) -> int:
    with opened_store(args) as store, store.write() as transaction:
        hits = find_contacts(transaction, args.who)
        if len(hits) != 1:
            return not_one(args, args.who, hits, {"ok": False})
        contact_id, identity, now = hits[0].id, (_SOURCE, hits[0].id), utc_now()
        if due_on is None:
            touched = deadlines.end(transaction, identity, now)
        else:
            touched = deadlines.put(transaction, store.key, identity, contact_id, None, due_on, title, None, now)
        engagement.mark_tasks(transaction, sorted(touched))
    told = due_on.isoformat() if due_on else None
    if args.json:
        write_json({"ok": True, "contact_id": contact_id, "due_on": told})
    else:
        write_text(f"{hits[0].display_name}: " + (f"an answer is expected by {told}" if told else "none is expected"))
    return 0
