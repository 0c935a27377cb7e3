"""keeptouch webhooks list|replay: how the receivers of changes fare, and sending to them again."""

from __future__ import annotations

import argparse

from daemon.cli.arguments import Verbs, add_noun, add_verb, load_config
from daemon.cli.opening import opened_store
from daemon.cli.output import Trouble, instant, write_json, write_table, write_text, write_troubles
from daemon.config import Webhook
from daemon.problems import refuse, suggestion
from store.published import feed, webhooks
from store.published.feed import Standing
from store.published.webhooks import WebhookState


def register(verbs: Verbs) -> None:
    """Add the commands."""
    noun = add_noun(verbs, "webhooks", "the receivers of changes: list them, send to one again")
    add_verb(
        noun,
        "list",
        show,
        "how every webhook fares",
        "Shows how every webhook of the configuration fares. Exit code 1: one of them takes nothing any more.",
    )
    again = add_verb(
        noun,
        "replay",
        replay,
        "send again to a webhook that was given up, or from an earlier number on",
        "Has the service send again what the webhook has not taken, at once; with --since everything after a number of "
        "the feed.",
    )
    again.add_argument("name", metavar="NAME", help="the webhook's name in the configuration")
    again.add_argument("--since", type=int, metavar="SEQ", help="all changes after this number, taken before or not")


def show(args: argparse.Namespace) -> int:
    """The command."""
    configured = load_config(args).webhooks
    with opened_store(args) as store, store.read() as transaction:
        now = feed.standing(transaction)
        states = [(each, webhooks.state(transaction, each.name)) for each in configured]
    documents = [_document(each, state, now) for each, state in states]
    if args.json:
        write_json({"webhooks": documents})
    else:
        columns = ("webhook", "state", "url", "behind", "last_success_at", "next_try_at")
        write_table(
            ("webhook", "state", "url", "behind", "last success (UTC)", "next try (UTC)"),
            [["-" if document[name] is None else str(document[name]) for name in columns] for document in documents],
        )
    write_troubles(
        Trouble(None, f"webhook {each.name}", state.reason, f"keeptouch webhooks replay {each.name}" * state.is_dead)
        for each, state in states
        if state is not None and state.reason
    )
    return 1 if any(state is not None and state.is_dead for _each, state in states) else 0


def _document(each: Webhook, state: WebhookState | None, now: Standing) -> dict[str, object]:
    word = "new" if state is None else "dead" if state.is_dead else "backoff" if state.attempts else "ok"
    is_behind = state is not None and state.epoch == now.epoch
    return {
        "webhook": each.name,
        "url": each.url,
        "state": word,
        "reason": state.reason if state else None,
        "attempts": state.attempts if state else 0,
        "behind": max(0, now.last_seq - state.seq) if state and is_behind else None,
        "last_success_at": instant(state.last_success_at) if state else None,
        "next_try_at": instant(state.next_try_at) if state else None,
    }


def replay(args: argparse.Namespace) -> int:
    """The command."""
    configured = load_config(args).webhooks
    if args.name not in [each.name for each in configured]:
        raise refuse("NAME", f'there is no webhook "{args.name}"', suggestion(args.name, [w.name for w in configured]))
    with opened_store(args) as store, store.write() as transaction:
        if args.since is not None:
            feed.changes(transaction, args.since, 1)  # refuses a number that is not kept
        is_known = webhooks.revive(transaction, args.name, args.since)
    if args.json:
        write_json({"webhook": args.name, "is_known": is_known})
    else:
        write_text(
            "it is sent to again at once" if is_known else "nothing was sent to it yet; the service begins by itself"
        )
    return 0
