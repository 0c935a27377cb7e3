"""keeptouch changes: what has changed in the views, as a reader of the feed sees it; one JSON object a line."""

from __future__ import annotations

import argparse
import sys
import threading

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.interrupts import stop_on_signals
from daemon.cli.opening import opened_store
from daemon.cli.output import instant, json_text, write_line
from daemon.problems import refuse
from store.engine import Store
from store.published import feed
from store.published.feed import Changed, Standing

#: Changes read in one query.
_AT_ONCE = 1_000
#: How often `--follow` looks, in seconds.
_EVERY = 0.5


def register(verbs: Verbs) -> None:
    """Add the command."""
    parser = add_verb(
        verbs,
        "changes",
        show,
        "what has changed in the views, one JSON object a line",
        "Tells what has changed in the views after a number, as v1_change does. Exit code 2: the feed no longer holds "
        "all of that, or begins another epoch; the views have to be read anew.",
    )
    parser.add_argument("--since", type=int, metavar="SEQ", help="after this number (else from the first that is kept)")
    parser.add_argument("--epoch", metavar="EPOCH", help="only if the feed is still of this epoch")
    parser.add_argument("--follow", action="store_true", help="go on with what changes from now on, until stopped")


def show(args: argparse.Namespace) -> int:
    """The command."""
    with opened_store(args) as store:
        now = _standing(store, args.epoch)
        since = now.first_seq - 1 if args.since is None else args.since
        since = _tell(store, since)
        if args.follow:
            with stop_on_signals() as stop:
                _follow(store, now.epoch, since, stop)
    return 0


def _standing(store: Store, epoch: str | None) -> Standing:
    with store.read() as transaction:
        now = feed.standing(transaction)
    if epoch is not None and epoch != now.epoch:
        hint = f"read the views anew, and follow from {now.last_seq}, as it was before that, under the new epoch"
        raise refuse("--epoch", f"the feed is of epoch {now.epoch} now: the store was rebuilt or restored", hint)
    return now


def _tell(store: Store, since: int) -> int:
    """Write what came after a number; returns the last one written."""
    while True:
        with store.read() as transaction:
            found = feed.changes(transaction, since, _AT_ONCE)
        for each in found:
            write_line(json_text(document(each)))
            since = each.seq
        if len(found) < _AT_ONCE:
            sys.stdout.flush()
            return since


def _follow(store: Store, epoch: str, since: int, stop: threading.Event) -> None:
    while not stop.wait(_EVERY):
        _standing(store, epoch)
        since = _tell(store, since)


def document(changed: Changed) -> dict[str, object]:
    """A change as v1_change has it."""
    return {
        "seq": changed.seq,
        "entity": changed.entity,
        "entity_id": changed.entity_id,
        "op": changed.op,
        "changed_at": instant(changed.changed_at),
    }
