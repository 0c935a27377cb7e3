"""keeptouch tasks: what is to be done, and what people say of it."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from daemon.cli import expecting
from daemon.cli.arguments import Verbs, add_noun, add_verb, load_config
from daemon.cli.opening import opened_store
from daemon.cli.output import Trouble, instant, write_json, write_table, write_text, write_troubles
from daemon.cli.task_documents import document
from daemon.cli.timeline import not_one
from daemon.environment import utc_now
from daemon.problems import refuse
from matching.addresses import normalize
from matching.followups import State
from store.contacts.search import find_contacts
from store.engine import Transaction
from store.followups import tasks
from store.followups.task_lists import ListedTask, ids_like, is_person, listed

_BY = "command line"


def register(verbs: Verbs) -> None:
    """Add the commands."""
    nouns = add_noun(verbs, "tasks", "what is to be done about contacts")
    parser = add_verb(nouns, "list", show, "list open tasks, the first due first")
    parser.add_argument("--person", metavar="EMAIL", help="only those of this person of ours")
    parser.add_argument("--contact", metavar="WHO", help="only those about this contact: an address, a name or an id")
    parser.add_argument("--due", metavar="DAY", help="only what is due by this day, as in 2026-03-02")
    parser.add_argument("--all", action="store_true", help="those that are put off, done, dismissed and settled too")
    expecting.register(nouns)
    for name, handler, summary in (
        ("done", done, "close a task: it is done"),
        ("dismiss", dismiss, "close a task: nothing is to be done; it never comes back for the same reason"),
        ("snooze", snooze, "put a task off"),
    ):
        parser = add_verb(nouns, name, handler, summary)
        parser.add_argument("task", metavar="ID", help="the task's id, or its beginning")
        parser.add_argument("--note", metavar="TEXT", help="why; it stands in the task's history")
        if name == "snooze":
            parser.add_argument(
                "--until", metavar="WHEN", required=True, help='a day or a time of the company: "2026-03-02 09:00"'
            )


def show(args: argparse.Namespace) -> int:
    """tasks list"""
    due_by = _day(args.due) if args.due else None
    states = tuple(State) if args.all else (State.OPEN,)
    with opened_store(args) as store, store.read() as transaction:
        email = person_named(transaction, args.person) if args.person else None
        contact_id = None
        if args.contact:
            hits = find_contacts(transaction, args.contact)
            if len(hits) != 1:
                return not_one(args, args.contact, hits, {"tasks": []})
            contact_id = hits[0].id
        wanted = tuple(each.value for each in states)
        found = listed(transaction, states=wanted, person_email=email, contact_id=contact_id, due_by=due_by)
    if args.json:
        write_json({"tasks": [document(each) for each in found]})
        return 0
    if not found:
        write_text("nothing is to be done")
        return 0
    write_table(
        ("id", "due", "what", "contact", "whose", "why"),
        [
            (
                each.id[:8],
                str(each.due_on or "suggested"),
                _what(each),
                each.contact or "",
                each.person or "nobody's",
                _why(each),
            )
            for each in found
        ],
    )
    return 0


def done(args: argparse.Namespace) -> int:
    """tasks done"""
    return _decide(args, State.DONE)


def dismiss(args: argparse.Namespace) -> int:
    """tasks dismiss"""
    return _decide(args, State.DISMISSED)


def snooze(args: argparse.Namespace) -> int:
    """tasks snooze"""
    return _decide(args, State.SNOOZED, _when(args.until, load_config(args).company.timezone))


def _decide(args: argparse.Namespace, state: State, until: datetime | None = None) -> int:
    with opened_store(args) as store, store.write() as transaction:
        ids = ids_like(transaction, args.task.strip().lower())
        try:
            if len(ids) != 1:
                problem = "several tasks begin" if ids else "no task begins"
                raise tasks.NotPossible(f'{problem} with "{args.task}"')
            row = tasks.decide(transaction, ids[0], state, utc_now(), until=until, changed_by=_BY, note=args.note)
        except tasks.NotPossible as error:
            if args.json:
                write_json({"ok": False, "problem": error.problem})
            write_troubles([Trouble(None, "tasks", error.problem, "keeptouch tasks list --all shows the ids")])
            return 1
    if args.json:
        write_json({"ok": True, "id": row.id, "state": row.state, "snoozed_until_at": instant(row.snoozed_until_at)})
    else:
        write_text(f"{row.id}: {row.state}" + (f" until {row.snoozed_until_at:%Y-%m-%d %H:%M} UTC" if until else ""))
    return 0


def _what(each: ListedTask) -> str:
    if each.state == State.OPEN:
        return each.title
    how = each.settled_how or (f"until {each.snoozed_until_at:%Y-%m-%d %H:%M} UTC" if each.snoozed_until_at else "")
    return f"{each.title} ({each.state}{', ' if how else ''}{how.replace('_', ' ')})"


def _why(each: ListedTask) -> str:
    return f"{each.reason}: {each.subject}" if each.subject else each.reason


def person_named(transaction: Transaction, text: str) -> str:
    """The address of a person of ours that `--person` names; raises ConfigError where it names nobody."""
    email = normalize(text)
    if email is None or not is_person(transaction, email):
        raise refuse("--person", f"{text} is nobody of ours", "the main address of a person, as [[people]] has it")
    return email


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refuse("--due", f'"{text}" is no day', "write it as in 2026-03-02") from None


def _when(text: str, zone: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise refuse("--until", f'"{text}" is no time', 'write it as in 2026-03-02 or "2026-03-02 09:00"') from None
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
