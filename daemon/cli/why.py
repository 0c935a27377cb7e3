"""keeptouch why ITEM: what became of a mail or meeting, where its copies lie, why it is linked or was skipped."""

from __future__ import annotations

import argparse

from daemon.cli import task_lines
from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_store
from daemon.cli.output import Trouble, instant, write_json, write_text, write_troubles
from daemon.cli.signal_words import document as signal_document
from daemon.cli.signal_words import long
from daemon.cli.task_documents import document as task_document
from store.engine import Transaction
from store.followups.task_lists import ListedTask, by_id, ids_like, of_interaction
from store.questions.read import Why, why

#: What the reasons of the store mean, for people.
MEANINGS = {
    "contact": "it concerns a contact",
    "may_meet": "who takes part is a contact, or becomes one once it has been held",
    "copy": "another copy of it concerns a contact",
    "no_contact": "nobody outside who takes part is a contact",
    "self": "keeptouch wrote it",
    "internal": "only our own people take part",
    "bulk": "it went to many (a list, a newsletter or an automatic mail)",
    "draft": "it lies among the drafts",
    "junk": "it lies in the junk folder",
    "trash": "it lies in the trash",
    "erased": "it concerns a person who was erased",
    "confidential": "its sender asked for confidence, and the configuration keeps nothing of such mail",
    "age": "it is older than what is kept",
    "address": "the contact holds this address",
    "base_address": "the contact holds this address without its tag or dots",
}

#: What became of a mail's word on a meeting.
OUTCOMES = {
    "applied": "applied",
    "calendar": "not needed: a calendar of ours holds the meeting and has the word",
    "outdated": "not applied: something newer was said",
    "proposal": "not applied: it only proposes",
    "stranger": "not applied: its sender is neither the organizer nor was invited",
    "unverified": "not applied: the receiving server does not vouch for its sender",
    "unknown": "not applied: the meeting is not known",
}


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "why",
        explain,
        "what became of a mail or a meeting, and why",
        "Tells for every mail and meeting that was seen what became of it: stored or skipped, in which folders its "
        "copies lie, why it is linked to a contact, and which tasks it raised or settled; and for a task what raised "
        "it, what settled it, and its history. Exit code 1: nothing is known of it.",
    )
    parser.add_argument("item", metavar="ITEM", help="a Message-ID, an id, a UID, a task's id, or ACCOUNT/FOLDER/UID")


def explain(args: argparse.Namespace) -> int:
    """The command."""
    with opened_store(args) as store, store.read() as transaction:
        items = why(transaction, store.key, args.item)
        ids = [] if items else ids_like(transaction, args.item.strip().lower())
        task = by_id(transaction, ids[0]) if len(ids) == 1 else None
        tasks = {each.interaction_id: _tasks(transaction, each) for each in items}
    if args.json:
        told = [{**document(each), "tasks": _documents(tasks[each.interaction_id])} for each in items]
        write_json({"items": told, "tasks": _documents([task] if task else [])})
    else:
        for item in items:
            tell(item)
            for each in tasks[item.interaction_id]:
                _tell_task(each, item.interaction_id)
        if task:
            _tell_task(task, None)
    if not items and task is None:
        hint = "has its account been read since it arrived? (keeptouch sync)"
        write_troubles([Trouble(None, "why", f"nothing is known of {args.item}", hint)])
        return 1
    return 0


def _tasks(transaction: Transaction, item: Why) -> list[ListedTask]:
    return of_interaction(transaction, item.interaction_id) if item.interaction_id else []


def _documents(tasks: list[ListedTask]) -> list[dict[str, object]]:
    return [task_document(each) for each in tasks]


def _tell_task(task: ListedTask, interaction_id: str | None) -> None:
    indent = "  " if interaction_id else ""
    for line in task_lines.long(task, interaction_id):
        write_text(indent + line)


def document(item: Why) -> dict[str, object]:
    """An item as `why --json` has it."""
    return {
        "id": item.interaction_id,
        "verdict": item.verdict,
        "reason": item.reason,
        "subject": item.subject,
        "unplaced_at": instant(item.unplaced_at),
        "links": [
            {
                "contact_id": link.contact_id,
                "contact": link.contact,
                "address": link.address,
                "role": link.role,
                "reason": link.reason,
            }
            for link in item.links
        ],
        "invitations": [
            {"method": said.method, "uid": said.uid, "outcome": said.outcome, "meeting_id": said.meeting_id}
            for said in item.invitations
        ],
        "signals": [signal_document(each) for each in item.signals],
        "placements": [
            {
                "account": place.account,
                "stream": place.stream,
                "ref": place.ref,
                "verdict": place.verdict,
                "reason": place.reason,
                "removed_at": instant(place.removed_at),
            }
            for place in item.placements
        ],
    }


def meaning(reason: str) -> str:
    """A reason in words."""
    if reason.startswith("block "):
        return "the blocklist keeps it out (`keeptouch privacy blocks`)"
    return MEANINGS.get(reason, reason)


def tell(item: Why) -> None:
    """The same in words."""
    subject = f" ({item.subject})" if item.subject else ""
    write_text(f"{item.verdict}{subject}: {meaning(item.reason)}")
    for link in item.links:
        write_text(f"  linked to {link.contact}: {link.role} {link.address}, {meaning(link.reason)}")
    for said in item.invitations:
        write_text(
            f"  {said.method} of the meeting {said.uid}: {OUTCOMES.get(said.outcome or '', 'not looked at yet')}"
        )
    for signal in item.signals:
        verb = "it tells" if signal.source_interaction_id == item.interaction_id else "told of it"
        write_text(f"  {verb}: {long(signal)}")
    for place in item.placements:
        gone = f"; it is no longer there since {instant(place.removed_at)}" if place.removed_at else ""
        write_text(
            f"  in {place.account}/{place.stream} at {place.ref}: {place.verdict}, {meaning(place.reason)}{gone}"
        )
