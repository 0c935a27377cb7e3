"""keeptouch contacts merge|unmerge|move: what a person decides about contacts, which no list of contacts undoes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_session
from daemon.cli.output import Trouble, instant, write_json, write_text, write_troubles
from daemon.cli.timeline import contact as document
from daemon.derive import derive
from daemon.entered import address_of
from daemon.problems import refuse
from daemon.session import Session
from store.contacts import merging, moving
from store.contacts.merging import MergeRefused
from store.contacts.search import ContactHit, find_contacts, find_merged, merged_contacts
from store.engine import Transaction


def register(nouns: Verbs) -> None:
    """Add the commands."""
    whom = "an address, a name or a part of it, or an id"
    parser = add_verb(
        nouns,
        "merge",
        run_merge,
        "make two contacts one",
        "Makes the contact OTHER part of KEEP: its addresses and its history count as KEEP's, also those to come. "
        "Nothing of it is lost; `contacts unmerge` parts them again.",
    )
    parser.add_argument("keep", metavar="KEEP", help=whom)
    parser.add_argument("other", metavar="OTHER", help=whom)
    parser = add_verb(
        nouns,
        "unmerge",
        run_unmerge,
        "part a contact from the one it was merged into",
        "Undoes a merge: both contacts are what they were, each with the mail of its own addresses.",
    )
    parser.add_argument("who", metavar="WHO", help="the merged contact: an id, an address or a name of it")
    parser = add_verb(
        nouns,
        "move",
        run_move,
        "let an address pass to another contact",
        "From a day on, mail of ADDRESS belongs to the contact WHO. Earlier mail stays where it is, unless the past is "
        "said to go along.",
    )
    parser.add_argument("address", metavar="ADDRESS", help="an e-mail address")
    parser.add_argument("who", metavar="WHO", help=whom)
    parser.add_argument("--on", metavar="DAY", help="the first day, such as 2026-03-01 (default: from now on)")
    parser.add_argument("--with-past", action="store_true", help="earlier mail goes along")


class _Unclear(Exception):
    """The words of the command name no contact, or several."""

    def __init__(self, problem: str, hint: str, candidates: list[ContactHit]) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.candidates = candidates


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided: of which contact, more for --json, and a sentence for people."""

    contact_id: str
    sentence: str
    more: Mapping[str, object]


Decision = Callable[[argparse.Namespace, Session, Transaction], Decided]


def run_merge(args: argparse.Namespace) -> int:
    """The command."""
    return decide(args, _merge)


def run_unmerge(args: argparse.Namespace) -> int:
    """The command."""
    return decide(args, _unmerge)


def run_move(args: argparse.Namespace) -> int:
    """The command."""
    return decide(args, _move)


def decide(args: argparse.Namespace, decision: Decision) -> int:
    """Make a decision in one transaction and tell of it; returns the exit code."""
    with opened_session(args) as session:
        try:
            with session.store.write() as transaction:
                decided = decision(args, session, transaction)
                (found,) = find_contacts(transaction, decided.contact_id)
        except (MergeRefused, _Unclear) as refused:
            candidates = refused.candidates if isinstance(refused, _Unclear) else []
            write_troubles([Trouble(None, "contacts", refused.problem, refused.hint)])
            if args.json:
                listed = [document(each) for each in candidates]
                write_json({"ok": False, "problem": refused.problem, "candidates": listed})
            return 1
        derive(session.store, session.company, session.clock)
    if args.json:
        write_json({"ok": True, "contact": document(found), **decided.more})
    else:
        write_text(decided.sentence)
    return 0


def _merge(args: argparse.Namespace, session: Session, transaction: Transaction) -> Decided:
    keep = only(args.keep, find_contacts(transaction, args.keep))
    other = only(args.other, find_contacts(transaction, args.other))
    merging.merge(transaction, other.id, keep.id, session.clock())
    sentence = f"{other.display_name} is part of {keep.display_name} now"
    return Decided(keep.id, sentence, {"merged": document(other)})


def _unmerge(args: argparse.Namespace, session: Session, transaction: Transaction) -> Decided:
    hits = find_merged(transaction, args.who)
    if not hits:
        standing = only(args.who, find_contacts(transaction, args.who))
        hits = merged_contacts(transaction, standing.id)
        if not hits:
            raise MergeRefused(f"nobody was merged into {standing.display_name}", "there is nothing to undo")
    merged = only(args.who, hits)
    if not merging.unmerge(transaction, merged.id, session.clock()):
        raise AssertionError(f"no decision made {merged.id} part of another contact")
    return Decided(merged.id, f"{merged.display_name} is a contact of its own again", {})


def _move(args: argparse.Namespace, session: Session, transaction: Transaction) -> Decided:
    address = address_of(args.address, session.company)
    if isinstance(address, str):
        raise MergeRefused(address, "write it as in name@client.example")
    first = since(args.on, session)
    target = only(args.who, find_contacts(transaction, args.who))
    key, now = session.store.key, session.clock()
    before = moving.move(transaction, key, address, target.id, first, now, with_past=args.with_past)
    whose = ", ".join(each.display_name for each in before) or "nobody's"
    when = "with its past" if args.with_past else f"from {first:%Y-%m-%d %H:%M} UTC on"
    return Decided(
        target.id,
        f"{address.normal} is of {target.display_name} {when}; it was of {whose}",
        {
            "address": address.normal,
            "since": None if args.with_past else instant(first),
            "held_by": [{"id": each.id, "display_name": each.display_name} for each in before],
        },
    )


def only(who: str, hits: list[ContactHit]) -> ContactHit:
    """The one contact that is meant; else what there is is told."""
    if len(hits) == 1:
        return hits[0]
    problem = f'"{who}" may be any of {len(hits)} contacts' if hits else f'no contact is known as "{who}"'
    listed = "; ".join(f"{hit.display_name} <{', '.join(hit.addresses)}> {hit.id}" for hit in hits)
    raise _Unclear(problem, listed or "try an address; `keeptouch timeline WHO` looks for it", hits)


def since(day: str | None, session: Session) -> datetime:
    """Where the day begins in the company's time zone."""
    if day is None:
        return session.clock()
    try:
        first = date.fromisoformat(day)
    except ValueError:
        raise refuse("--on", f'"{day}" is no day', "write it as in 2026-03-01") from None
    zone = ZoneInfo(session.config.company.timezone)
    return datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
