"""keeptouch privacy visibility [THREAD LEVEL]: how much of a thread others see."""

from __future__ import annotations

import argparse

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_session, opened_store
from daemon.cli.output import write_json, write_table, write_text
from daemon.derive import derive
from daemon.problems import refuse
from daemon.reprocess import note_applied, reprocess
from daemon.session import Session
from matching.visibility import Level
from store.derivation import thread_levels


def register(verbs: Verbs) -> None:
    """Add the command to `privacy`."""
    parser = add_verb(
        verbs,
        "visibility",
        visibility,
        "how much of a thread others see",
        "Says how much of a thread the shared views show at most: full (what the accounts allow), subject, metadata or "
        "none. Without arguments it lists what was said.",
    )
    parser.add_argument("thread", metavar="THREAD", nargs="?", help="the id of a thread, or of a mail in it")
    parser.add_argument("level", metavar="LEVEL", nargs="?", choices=[*Level], help="full, subject, metadata or none")


def visibility(args: argparse.Namespace) -> int:
    """The command."""
    if args.thread is None:
        return _list(args)
    if args.level is None:
        raise refuse("LEVEL", "is missing", f"one of {', '.join(Level)}")
    with opened_session(args) as session:
        thread_id = _decide(session, args.thread.lower(), Level(args.level))
    if args.json:
        write_json({"threads": [{"thread_id": thread_id, "level": args.level}]})
    else:
        write_text(f"{thread_id}: {args.level}")
    return 0


def _decide(session: Session, what: str, level: Level) -> str:
    with session.store.write() as transaction:
        thread_id = thread_levels.thread_of(transaction, what)
        if thread_id is None:
            raise refuse("THREAD", f"there is no thread or mail with the id {what}", "`keeptouch timeline` shows ids")
        before = thread_levels.decide(transaction, thread_id, None if level is Level.FULL else level, session.clock())
        is_seen = Level.NONE not in (level, before)
        if is_seen:
            note_applied(transaction, session.company)
    if is_seen:
        derive(session.store, session.company, session.clock)
    else:  # contacts that are known from hidden mail alone go, or come back
        reprocess(session.store, session.company, session.clock)
    return thread_id


def _list(args: argparse.Namespace) -> int:
    with opened_store(args) as store, store.read() as transaction:
        found = sorted(thread_levels.decisions(transaction).items())
    if args.json:
        write_json({"threads": [{"thread_id": thread_id, "level": level.value} for thread_id, level in found]})
    else:
        write_table(("thread", "level"), [(thread_id, level.value) for thread_id, level in found])
    return 0
