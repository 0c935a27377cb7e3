"""Which mail answers which: a pure arrangement of a set of mails into threads.

Sources of a mail's parent, the surest first; each position names the one it rests on:

1. Its own References and In-Reply-To. Ids of mails nobody has seen are ghosts: they keep the answers to a lost
   mail together. Where the two headers disagree, In-Reply-To tells the parent (in labelled mail it was right
   each time: some programs copy References badly) and References the way above.
2. References of later mails, for ghosts and for answers that lost their own: where an answer to B names "A B",
   B answers A. A contradiction is settled against these.
3. Thread-Index of Outlook and Exchange.
4. The subject, guarded: an answer by its mark that names no mail at all, to shared people or list, at most 30 days
   later. One that names a lost mail is not guessed at: whether it is lost depends on what was read so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from matching.forest import Trees, break_cycles, tops
from matching.lost_links import Directory, needs_subject
from matching.references import chain, testimony
from matching.thread_index import conversation
from matching.thread_nodes import LATEST, Node, merged, rank

__all__ = ["Basis", "Node", "Position", "arrange", "conversation", "needs_subject"]


class Basis(StrEnum):
    """What a position rests on."""

    ROOT = "root"
    REFERENCES = "references"
    IN_REPLY_TO = "in_reply_to"
    THREAD_INDEX = "thread_index"
    #: A guess by subject, people and time.
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a mail hangs: `parent` is the mail it answers, `root` the top of its thread; both may be ghosts.

    From a parent that is a mail one comes to the same root.
    """

    parent: str | None
    root: str
    basis: Basis


#: A parent, and what it rests on.
_Link = tuple[str, Basis]


def arrange(nodes: Iterable[Node]) -> dict[str, Position]:
    """The position of each key among `nodes`; nodes of one key are copies of one mail.

    Depends on the set of nodes alone, never on their order. A mail seen alone already names the root that its
    whole thread has, as long as its References begin there.
    """
    mails = merged(nodes)
    directory = Directory(mails.values())
    own, outside = _links(mails, directory)
    links = own | outside
    up = {member: parent for member, (parent, _) in links.items()}

    def weakness(member: str) -> tuple[object, ...]:
        return (member in own, rank(mails[member]) if member in mails else (LATEST, member))

    break_cycles(up, weakness)
    trees = Trees(up)
    links = {member: links[member] for member in up} | _guesses(mails, up, trees, directory)
    positions = {}
    for key in mails:
        parent, basis = links.get(key, (None, Basis.ROOT))
        positions[key] = Position(parent, trees.top(key), basis)
    return positions


def _links(mails: Mapping[str, Node], directory: Directory) -> tuple[dict[str, _Link], dict[str, _Link]]:
    """Links that mails name themselves, and those that others' References and the Thread-Index tell."""
    persons = {person for mail in mails.values() for person in (*mail.people, mail.sender)}
    chains = {key: chain(mail, mails, persons) for key, mail in mails.items()}
    own: dict[str, _Link] = {}
    for key, ids in chains.items():
        if ids:
            in_references = ids[-1] in mails[key].references
            own[key] = (ids[-1], Basis.REFERENCES if in_references else Basis.IN_REPLY_TO)
    outside = {child: (parent, Basis.REFERENCES) for child, parent in testimony(chains, mails)}
    for key, mail in mails.items():
        if mail.thread_index and key not in own and key not in outside:
            parent = next(directory.by_index(mail), None) or directory.ghost(mail)
            if parent:
                outside[key] = (parent, Basis.THREAD_INDEX)
    return own, outside


def _guesses(mails: Mapping[str, Node], up: Mapping[str, str], trees: Trees, directory: Directory) -> dict[str, _Link]:
    """Hangs trees together by their first mail without a known mail above it: one that names nothing by subject, one
    that names only ghosts by Thread-Index.
    """
    above_ghosts = tops({member: parent for member, parent in up.items() if member not in mails})
    firsts: dict[str, Node] = {}
    for mail in sorted(mails.values(), key=rank):
        parent = up.get(mail.key, "")
        if above_ghosts.get(parent, parent) not in mails:
            firsts.setdefault(trees.top(mail.key), mail)
    guesses: dict[str, _Link] = {}
    for top, mail in firsts.items():
        by_subject = needs_subject(mail)
        candidates = directory.by_subject(mail) if by_subject else directory.by_index(mail)
        answered = next((key for key in candidates if trees.top(key) != trees.top(top)), None)
        if answered is not None:
            trees.hang(top, answered)
            guesses[mail.key] = (answered, Basis.SUBJECT if by_subject else Basis.THREAD_INDEX)
    return guesses
