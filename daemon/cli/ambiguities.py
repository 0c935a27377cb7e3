"""keeptouch contacts ambiguities: what only people can decide about contacts, and how."""

from __future__ import annotations

import argparse
from collections import Counter

from daemon.cli.arguments import Verbs, add_verb
from daemon.cli.opening import opened_store
from daemon.cli.output import write_json, write_text
from daemon.cli.timeline import contact as document
from store.contacts.ambiguities import Ambiguity, ambiguities

#: Kind -> what is open, and what to do.
_WORDS = {
    "address": (
        "belongs to several contacts at the same time; its mail is linked to each",
        'one person: keeptouch contacts merge KEEP OTHER; else: keeptouch contacts move {what} "WHO" --with-past',
    ),
    "base_address": (
        "is one mailbox, whose spellings belong to several contacts; mail to any other spelling is linked to each",
        "one person: keeptouch contacts merge KEEP OTHER; people who share a mailbox may stay so",
    ),
    "name": (
        "is the name of several contacts, from different sources",
        "one person: keeptouch contacts merge KEEP OTHER; namesakes may stay so",
    ),
}
#: Of each kind, so many are shown to people.
_SHOWN = 50


def register(nouns: Verbs) -> None:
    """Add the command."""
    add_verb(
        nouns,
        "ambiguities",
        run_ambiguities,
        "list what is open about contacts: whose address, one person or two",
        "Lists addresses that several contacts hold, and contacts from different sources that may be one person, with "
        "what to do. Exit code 1: there is something.",
    )


def run_ambiguities(args: argparse.Namespace) -> int:
    """The command."""
    with opened_store(args) as store, store.read() as transaction:
        found = ambiguities(transaction)
    if args.json:
        write_json({"ambiguities": [_document(each) for each in found]})
    else:
        _show(found)
    return 1 if found else 0


def _document(each: Ambiguity) -> dict[str, object]:
    _open, hint = _WORDS[each.kind]
    contacts = [document(contact) for contact in each.contacts]
    return {"kind": each.kind, "what": each.what, "contacts": contacts, "hint": hint.format(what=each.what)}


def _show(found: list[Ambiguity]) -> None:
    shown: Counter[str] = Counter()
    for each in found:
        shown[each.kind] += 1
        if shown[each.kind] > _SHOWN:
            continue
        is_open, hint = _WORDS[each.kind]
        write_text(f"{each.what} {is_open}")
        for contact in each.contacts:
            write_text(f"    {contact.id}  {contact.display_name}  <{', '.join(contact.addresses)}>")
        write_text(f"    {hint.format(what=each.what)}")
    for kind, number in shown.items():
        if number > _SHOWN:
            write_text(f"{number - _SHOWN} more of the kind {kind}; --json tells all of them")
    if not found:
        write_text("nothing is open")
