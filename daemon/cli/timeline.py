"""keeptouch timeline WHO: a contact's history, newest first."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from daemon.cli import task_lines
from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_store
from daemon.cli.output import Trouble, instant, write_json, write_table, write_text, write_troubles
from daemon.cli.signal_words import document as signal_document
from daemon.cli.signal_words import short
from daemon.cli.task_documents import document as task_document
from daemon.problems import refuse
from store.contacts.search import ContactHit, find_contacts
from store.followups.task_lists import ListedTask, of_contact
from store.questions.read import TimelineItem, timeline


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "timeline",
        show,
        "a contact's history, newest first",
        "Shows the history of a contact. WHO is an address, a name or a part of it, or an id.",
    )
    parser.add_argument("who", metavar="WHO", help="an address, a name or a part of it, or an id")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most N items (default 50)")
    parser.add_argument("--before", metavar="NEXT", help='older items: the "next" of the answer before')


def show(args: argparse.Namespace) -> int:
    """The command."""
    before = _parse_next(args.before) if args.before else None
    with opened_store(args) as store, store.read() as transaction:
        hits = find_contacts(transaction, args.who)
        if len(hits) != 1:
            return not_one(args, args.who, hits, {"contact": None, "items": [], "next": None})
        items = timeline(transaction, hits[0].id, max(1, args.limit) + 1, before)
        tasks = of_contact(transaction, hits[0].id, [each.id for each in items])
    page, rest = items[: args.limit], items[args.limit :]
    following = _next(page[-1]) if rest else None
    if args.json:
        write_json({"contact": contact(hits[0]), "items": [document(i, tasks) for i in page], "next": following})
        return 0
    write_text(f"{hits[0].display_name}  <{', '.join(hits[0].addresses)}>")
    write_table(
        ("when (UTC)", "what", "people", "subject"),
        [(f"{i.occurred_at:%Y-%m-%d %H:%M}", what(i, tasks), ", ".join(i.people), i.subject or "") for i in page],
    )
    if following:
        write_text(f"older: --before {following}")
    return 0


def what(item: TimelineItem, tasks: Sequence[ListedTask] = ()) -> str:
    """Which way a mail went or how a meeting stands, what is told of it, and what is to be done about it."""
    stands = f"meeting, {item.status}" if item.kind == "meeting" else item.direction
    told = dict.fromkeys(short(each) for each in item.signals if each.interaction_id == item.id)
    to_do = list(task_lines.short(tasks, item.id))
    if not told:
        # an absence note, a bounce: what it tells of another one
        told = dict.fromkeys(short(each) for each in item.signals if each.kind != "reply")
    return ", ".join((stands, *told, *to_do))


def contact(hit: ContactHit) -> dict[str, object]:
    """A contact as JSON answers have it."""
    return {"id": hit.id, "display_name": hit.display_name, "addresses": list(hit.addresses)}


def document(item: TimelineItem, tasks: Sequence[ListedTask] = ()) -> dict[str, object]:
    """An item as `timeline --json` has it."""
    return {
        "id": item.id,
        "kind": item.kind,
        "direction": item.direction,
        "occurred_at": instant(item.occurred_at),
        "subject": item.subject,
        "people": list(item.people),
        "thread_id": item.thread_id,
        "reason": item.reason,
        "status": item.status,
        "signals": [signal_document(each) for each in item.signals],
        "tasks": [task_document(each) for each in tasks if each.interaction_id == item.id],
        "settled_tasks": [each.id for each in tasks if each.settled_by == item.id],
    }


def not_one(args: argparse.Namespace, who: str, hits: list[ContactHit], nothing: dict[str, object]) -> int:
    """Tell that `who` is not one contact; `nothing` is the JSON answer without any. Returns the exit code."""
    problem = f'"{who}" may be any of {len(hits)} contacts' if hits else f'no contact is known as "{who}"'
    if args.json:
        write_json({**nothing, "candidates": [contact(hit) for hit in hits]})
    hint = "; ".join(f"{hit.display_name} <{', '.join(hit.addresses)}>" for hit in hits)
    write_troubles([Trouble(None, "timeline", problem, hint or "try an address, or `keeptouch why MESSAGE-ID`")])
    return 1


def _next(item: TimelineItem) -> str:
    return f"{item.occurred_at:%Y%m%dT%H%M%S.%f}_{item.id}"


def _parse_next(text: str) -> tuple[datetime, str]:
    when, _, item = text.partition("_")
    try:
        return datetime.strptime(when, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), item
    except ValueError:
        raise refuse("--before", 'is not the "next" of an earlier answer', "leave it out to begin anew") from None
