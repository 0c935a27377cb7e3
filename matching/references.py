"""A mail's way to the top, as References and In-Reply-To tell it (RFC 5322 section 3.6.4)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

from matching.subjects import is_reply_subject
from matching.thread_nodes import LATEST, Node

#: Longer References are cut in the middle: the first id names the thread, the last are the nearest.
_MAX_IDS = 100
#: `name@host.tld` without the numbers that programs put into ids.
_LIKE_ADDRESS = re.compile(r"[^\W\d][^\W\d]*(?:[.'_+-][^\W\d]+)*\d{0,4}@(?:[\w-]+\.)+[^\W\d]{2,}")


def chain(node: Node, known: Collection[str], persons: Collection[str]) -> tuple[str, ...]:
    """The ids above the mail, topmost first, parent last, each once; neither its own nor a person's address.

    In-Reply-To tells the parent, References the way above it. An In-Reply-To that leads to no known mail gives
    way to References that do.
    """
    ids = [name for name in node.references if _leads_up(name, node, persons)]
    parent = _answered([name for name in node.in_reply_to if _leads_up(name, node, persons)], known, ids)
    if parent and ids and parent not in known and ids[-1] in known:
        parent = ""
    parent = parent or (ids[-1] if ids else "")
    if not parent:
        return ()
    above = [name for name in dict.fromkeys(ids) if name != parent]
    if len(above) >= _MAX_IDS:
        above[1 : 2 - _MAX_IDS] = []
    return (*above, parent)


def _leads_up(name: str, node: Node, persons: Collection[str]) -> bool:
    return bool(name) and name != node.key and name not in persons and name.lower() not in persons


def _answered(candidates: list[str], known: Collection[str], references: list[str]) -> str:
    """The one id of In-Reply-To to go by: old programs put the author's address or several mails there."""
    if len(candidates) < 2:
        return candidates[0] if candidates else ""
    for choice in (
        [name for name in candidates if name in known],
        [name for name in candidates if not _LIKE_ADDRESS.fullmatch(name)],
        candidates,
    ):
        if choice:
            return references[-1] if references and references[-1] in choice else choice[-1]
    return ""


def testimony(chains: Mapping[str, tuple[str, ...]], mails: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    """(child, parent) for ids that say nothing themselves, as most References of others have it.

    For ghosts, and for mails that are answers by their subject but lost their References on the way.
    """
    votes: dict[str, Counter[str]] = {}
    for ids in chains.values():
        for parent, child in pairwise(ids):
            if not chains.get(child):
                votes.setdefault(child, Counter())[parent] += 1
    for child, parents in votes.items():
        parent = min(parents, key=lambda name: (-parents[name], name))
        mail = mails.get(child)
        if mail is None or (is_reply_subject(mail.subject) and _may_precede(mails.get(parent), mail)):
            yield child, parent


def _may_precede(parent: Node | None, child: Node) -> bool:
    return parent is None or parent.sent_at is None or parent.sent_at <= (child.sent_at or LATEST)
