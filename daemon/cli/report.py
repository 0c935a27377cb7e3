"""keeptouch report: what the history says, in numbers."""

from __future__ import annotations

import argparse

from daemon.cli.arguments import Verbs, add_noun, add_verb
from daemon.cli.opening import opened_store
from daemon.cli.output import write_json, write_table
from daemon.cli.report_numbers import add_numbers
from store.questions.signal_facts import counts


def register(verbs: Verbs) -> None:
    """Add the commands."""
    own = add_noun(verbs, "report", "what the history says, in numbers")
    add_numbers(own)
    add_verb(
        own,
        "signals",
        signals,
        "how many signals there are, by kind and rule",
        "Counts replies, bounces, absences, receipts and the other signals of the history, by kind and by the rule "
        "that found them.",
    )


def signals(args: argparse.Namespace) -> int:
    """The command `report signals`."""
    with opened_store(args) as store, store.read() as transaction:
        found = counts(transaction)
    if args.json:
        write_json({"signals": [{"kind": kind, "rule": rule, "count": count} for kind, rule, count in found]})
    else:
        write_table(("kind", "rule", "signals"), [(kind, rule, str(count)) for kind, rule, count in found])
    return 0
