"""keeptouch privacy block|unblock|blocks: what is kept out of the history."""

from __future__ import annotations

import argparse

from daemon import blocking
from daemon.cli.arguments import Verbs, add_account, add_verb
from daemon.cli.opening import opened_session, opened_store
from daemon.cli.output import write_json, write_table, write_text
from daemon.cli.progress import progress_shown
from daemon.problems import refuse
from daemon.session import Session
from matching.blocking import BlockRule
from store.privacy import blocks

_WHAT = "an address, a domain, a pattern of addresses, folder:NAME or subject:PATTERN"


def register(verbs: Verbs) -> None:
    """Add the commands to `privacy`."""
    parser = add_verb(
        verbs,
        "block",
        run_block,
        "keep mail out of the history",
        "Keeps out mail in which an address or domain takes part, that lies in a folder, or has a subject; what is "
        "there already goes. Its places stay known, so that `unblock` brings it back from the servers.",
    )
    parser.add_argument("what", metavar="WHAT", help=_WHAT)
    add_account(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    parser = add_verb(
        verbs,
        "unblock",
        run_unblock,
        "let mail in again",
        "Takes a block back. What it held back is fetched from the servers by the next sync.",
    )
    parser.add_argument("what", metavar="WHAT", help=_WHAT)
    add_account(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would come back")
    add_verb(verbs, "blocks", show, "what is kept out", "Lists what is kept out, and how many mails that holds back.")


def run_block(args: argparse.Namespace) -> int:
    """The command."""
    rule = _rule(args.what)
    with opened_session(args) as session, progress_shown(args.json) as progress:
        account_ids = _account_ids(session, args.account)
        store, company, clock = session.store, session.company, session.clock
        if args.dry_run:
            outcome = blocking.planned(store, company, clock, account_ids, rule)
        else:
            outcome = blocking.block(
                store, company, clock, account_ids, rule, lambda done: progress("block", "all mail", done)
            )
    if args.json:
        write_json(
            {
                "dry_run": args.dry_run,
                "block": str(rule),
                "account": args.account,
                "removed": outcome.removed,
                "kept": outcome.kept,
                "suppressed": outcome.suppressed,
                "lost": outcome.lost,
                "contacts": outcome.unmade,
                "examples": outcome.examples,
            }
        )
        return 0
    would = "would be " if args.dry_run else ""
    write_text(f"{outcome.removed} mails {would}taken out, {outcome.kept} {would}kept")
    if outcome.lost:
        write_text(f"{outcome.lost} of them lie on no server any more: `unblock` can't bring these back")
    for address in outcome.unmade:
        write_text(f"  no contact any more: {address}")
    for each in outcome.examples:
        write_text(f"  {each}")
    return 0


def run_unblock(args: argparse.Namespace) -> int:
    """The command."""
    rule = _rule(args.what)
    with opened_session(args) as session:
        account_ids = _account_ids(session, args.account)
        with session.store.read() as transaction:
            ids = blocks.ids_of(transaction, account_ids, rule, blocks.COMMAND)
            configured = blocks.ids_of(transaction, account_ids, rule, blocks.CONFIG)
            held = blocks.held(transaction, ids)
        if not ids:
            hint = (
                f"take it out of {session.config.path}"
                if configured
                else "keeptouch privacy blocks lists what there is"
            )
            raise refuse("WHAT", f"{rule} is not blocked by a command", hint)
        wanted = held if args.dry_run else blocking.unblock(session.store, session.company, ids)
    if args.json:
        write_json({"dry_run": args.dry_run, "block": str(rule), "account": args.account, "wanted": wanted})
    else:
        would = "would be " if args.dry_run else "are "
        write_text(f"{wanted} mails {would}fetched by the next sync")
    return 0


def show(args: argparse.Namespace) -> int:
    """The command."""
    with opened_store(args) as store, store.read() as transaction:
        found = blocks.listed(transaction)
    if args.json:
        rows = [
            {"block": str(each.rule), "account": each.account, "origin": each.origin, "held": each.held}
            for each in found
        ]
        write_json({"blocks": rows})
        return 0
    write_table(
        ("what", "account", "from", "mails held back"),
        [(str(each.rule), each.account or "all", each.origin, str(each.held)) for each in found],
    )
    return 0


def _rule(text: str) -> BlockRule:
    try:
        return BlockRule.parse(text)
    except ValueError as error:
        raise refuse("WHAT", str(error), _WHAT) from None


def _account_ids(session: Session, name: str | None) -> list[str]:
    if name is None:
        return [""]
    return [session.account_ids[account.name] for account in session.config.named(name)]
