"""keeptouch status: how every account fares, from the store alone."""

from __future__ import annotations

import argparse
from datetime import datetime

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_store
from daemon.cli.output import write_json, write_table, write_text
from store.read import AccountStatus, account_statuses, totals

#: A stream that was read whole is complete since the beginning of time, as its connector counts it.
_FIRST_YEAR = 1970


def register(verbs: Verbs) -> None:
    """Add the command."""
    add_verb(
        verbs,
        "status",
        status,
        "how every account fares",
        "Tells from the store, without asking a server, how every account fares. Exit code 1: an account fails.",
    )


def status(args: argparse.Namespace) -> int:
    """The command."""
    with opened_store(args) as store, store.read() as transaction:
        accounts = account_statuses(transaction)
        held = totals(transaction)
    if args.json:
        write_json({"accounts": [_document(each) for each in accounts], "store": held})
    else:
        write_table(
            (
                *("account", "owner", "state", "last success", "complete since", "left"),
                *("stored", "skipped", "quarantined", "waiting", "reason"),
            ),
            [_row(each) for each in accounts],
        )
        write_text(", ".join(f"{count} {name}" for name, count in held.items()))
    return 1 if any(each.state not in ("ok", "new") for each in accounts) else 0


def instant(value: datetime | None) -> str | None:
    """A time as JSON answers have it: UTC with Z."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def _document(each: AccountStatus) -> dict[str, object]:
    return {
        "account": each.name,
        "id": each.id,
        "owner": each.owner,
        "kind": each.kind,
        "state": each.state,
        "reason": each.reason,
        "last_success_at": instant(each.last_success_at),
        "streams": each.streams,
        "missing_streams": each.missing_streams,
        "stored": each.placements.get("stored", 0),
        "skipped": each.placements.get("skipped", 0),
        "quarantined": each.placements.get("quarantined", 0),
        "suppressed": each.placements.get("suppressed", 0),
        "expired": each.placements.get("expired", 0),
        "wanted": each.wanted,
        "complete_since_at": instant(each.complete_since_at),
        "backlog": each.backlog,
        "coverage": each.coverage,
        "audited_at": instant(each.audited_at),
    }


def _row(each: AccountStatus) -> tuple[str, ...]:
    return (
        each.name,
        each.owner,
        each.state,
        instant(each.last_success_at) or "never",
        _complete(each),
        "?" if each.backlog is None else str(each.backlog),
        *(str(each.placements.get(verdict, 0)) for verdict in ("stored", "skipped", "quarantined")),
        str(each.wanted),
        each.reason or "",
    )


def _complete(each: AccountStatus) -> str:
    """The day from which on the account's mail was read without a gap."""
    if each.complete_since_at is None:
        return "not yet"
    # servers' own beginning of time, where everything was read
    return each.complete_since_at.strftime("%Y-%m-%d") if each.complete_since_at.year > _FIRST_YEAR else "ever"
