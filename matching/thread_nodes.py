"""What threads need to know of a mail, and how several copies of one make one node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime

#: Stands where a mail has no date: after all others.
LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What threads need to know of a mail. Ids are written without brackets."""

    #: The mail's own id: its Message-ID, or a stand-in that no other mail has.
    key: str
    #: References, oldest first.
    references: tuple[str, ...] = ()
    in_reply_to: tuple[str, ...] = ()
    #: Thread-Index, base64 text as written.
    thread_index: str = ""
    subject: str = ""
    sent_at: datetime | None = None
    #: Normal address of the author.
    sender: str = ""
    #: Normal addresses taking part (From, To, Cc), ours included.
    people: frozenset[str] = frozenset()
    #: List-Id: on one list an answer need not name the author it answers.
    list_id: str = ""


def rank(node: Node) -> tuple[datetime, str]:
    """Orders nodes by time, those without date last."""
    return (node.sent_at or LATEST, node.key)


def merged(nodes: Iterable[Node]) -> dict[str, Node]:
    """One node for each key. Of differing copies the longest References count, and everybody takes part."""
    copies: dict[str, list[Node]] = {}
    for node in nodes:
        copies.setdefault(node.key, []).append(node)
    return {key: same[0] if len(same) == 1 else _merge(same) for key, same in copies.items()}


def _merge(copies: list[Node]) -> Node:
    values = {field.name: [getattr(copy, field.name) for copy in copies] for field in fields(Node)}
    return Node(
        key=copies[0].key,
        references=max(values["references"], key=lambda ids: (len(ids), ids)),
        in_reply_to=max(values["in_reply_to"], key=lambda ids: (len(ids), ids)),
        thread_index=max(values["thread_index"], key=lambda text: (len(text), text)),
        subject=min(filter(None, values["subject"]), key=lambda text: (len(text), text), default=""),
        sent_at=min(filter(None, values["sent_at"]), default=None),
        sender=min(filter(None, values["sender"]), default=""),
        people=frozenset().union(*values["people"]),
        list_id=min(filter(None, values["list_id"]), default=""),
    )
