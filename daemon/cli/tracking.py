"""keeptouch tracking create: a pixel and links for a mail that another program sends."""

from __future__ import annotations

import argparse

from daemon.cli.arguments import Verbs, add_noun, add_verb, load_config
from daemon.cli.opening import session_of
from daemon.cli.output import Trouble, write_json, write_table, write_text, write_troubles
from daemon.tracked_mails import HEADER
from daemon.tracking.creating import NotMade, Order, create, key_of


def register(verbs: Verbs) -> None:
    """Add the commands."""
    nouns = add_noun(verbs, "tracking", "pixels and links that tell of opens and clicks, for those who agreed")
    parser = add_verb(
        nouns,
        "create",
        run_create,
        "give out a pixel and links for a mail",
        "Gives a pixel and links for a mail that is to be sent. It is refused unless everybody whom the mail is to has "
        "agreed that opens and clicks are recorded. Exit code 1: somebody did not, and is named.",
    )
    for word in ("to", "cc", "bcc"):
        parser.add_argument(
            f"--{word}",
            metavar="ADDRESS",
            action="append",
            default=[],
            help=f"who stands in {word.title()} (repeatable)",
        )
    parser.add_argument("--link", metavar="URL", action="append", default=[], help="where a link leads (repeatable)")
    parser.add_argument(
        "--message-id", metavar="ID", help=f"the mail's Message-ID; without it, the mail bears {HEADER}"
    )


def run_create(args: argparse.Namespace) -> int:
    """The command."""
    config = load_config(args)
    order = Order(recipients=(*args.to, *args.cc, *args.bcc), links=tuple(args.link), message_id=args.message_id)
    with session_of(config) as session:
        try:
            key = key_of(config, session.environ)
            made = create(session.store, config, session.company.rules, key, order, "command", session.clock())
        except NotMade as error:
            write_troubles([Trouble(None, "tracking", error.problem, error.hint)])
            if args.json:
                against = [{"address": who, "consent": state} for who, state in sorted(error.against.items())]
                write_json({"ok": False, "problem": error.problem, "without_consent": against})
            return 1
    if args.json:
        write_json({"ok": True, **made.document()})
        return 0
    write_text(made.image)
    write_table(("link to", "instead of"), [(url, target) for target, url in made.links])
    if args.message_id is None:
        write_text(f"{HEADER}: {made.id}")
    return 0
