"""When are two copies one mail? Design: stored once for the company, and no forger can swallow a genuine mail.

- Copies agree when Message-ID, Date (to the second) and sender agree; bytes, subject and text may differ.
- A copy from a mailing list (List-Id) whose From the list rewrote joins the mail with its Message-ID and Date.
- The same Message-ID with another Date or another sender is a second mail.
- A copy without Message-ID joins the mail of equal fingerprint (From, Date, normal subject, To and Cc).

The result is a pure function of the set of copies, so the order in which they arrive does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One distinct content of a mail, as far as identity goes."""

    key: bytes
    mid: str | None
    #: Date header, whole seconds count.
    sent_at: datetime | None
    sender: str
    fingerprint: bytes
    is_list: bool
    #: Reply-To addresses in normal form: where lists leave the author they rewrote.
    reply_to: frozenset[str]
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Mail:
    """Copies that are one mail; `name` tells it from every other and is what its id is made of."""

    name: tuple[str, ...]
    #: Best copy first: its content is what people see.
    copies: tuple[Copy, ...]
    is_message_id_reused: bool


def instant(value: datetime | None) -> str:
    """A Date as a word, to the second."""
    return value.isoformat(" ", "seconds")[:19] if value else ""


def group(copies: Iterable[Copy]) -> list[Mail]:
    """The mails that `copies` (all that share a Message-ID or a fingerprint with one another) make up."""
    named: dict[tuple[str, ...], list[Copy]] = {}
    anonymous: list[Copy] = []
    lists: list[Copy] = []
    for copy in copies:
        if copy.mid is None:
            anonymous.append(copy)
        elif copy.is_list:
            lists.append(copy)
        else:
            named.setdefault(_name(copy), []).append(copy)
    for name, members in _place_lists(lists, named):
        named.setdefault(name, []).extend(members)
    _place_anonymous(anonymous, named)
    senders: dict[str, int] = {}
    for name in named:
        if name[0] == "id":
            senders[name[1]] = senders.get(name[1], 0) + 1
    return [
        Mail(name, tuple(sorted(members, key=_rank)), name[0] == "id" and senders[name[1]] > 1)
        for name, members in sorted(named.items())
    ]


def _name(copy: Copy) -> tuple[str, ...]:
    return ("id", copy.mid or "", instant(copy.sent_at), copy.sender)


def _place_lists(
    lists: list[Copy], named: dict[tuple[str, ...], list[Copy]]
) -> list[tuple[tuple[str, ...], list[Copy]]]:
    """Where each list copy belongs, judged against the mails that came without a list only."""
    candidates: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for name in named:
        candidates.setdefault(name[:3], []).append(name)
    placed: list[tuple[tuple[str, ...], list[Copy]]] = []
    alone: dict[tuple[str, ...], list[Copy]] = {}
    for copy in lists:
        own = _name(copy)
        if own in named:
            placed.append((own, [copy]))
        elif own[:3] in candidates:
            # The author whom the list left in Reply-To, else the mail that was there first.
            best = min((name[3] not in copy.reply_to, _arrival(named[name]), name) for name in candidates[own[:3]])
            placed.append((best[2], [copy]))
        else:
            alone.setdefault(own[:3], []).append(copy)
    for start, members in alone.items():
        # Two lists that both rewrote the sender of one mail: still one mail.
        placed.append(((*start, min(copy.sender for copy in members)), members))
    return placed


def _place_anonymous(anonymous: list[Copy], named: dict[tuple[str, ...], list[Copy]]) -> None:
    by_fingerprint: dict[bytes, tuple[str, ...]] = {}
    for name in sorted(named, reverse=True):
        for copy in named[name]:
            by_fingerprint[copy.fingerprint] = name
    for copy in anonymous:
        name = by_fingerprint.get(copy.fingerprint, ("fingerprint", copy.fingerprint.hex()))
        named.setdefault(name, []).append(copy)


def _arrival(copies: list[Copy]) -> str:
    return min((c.arrived_at.isoformat() for c in copies if c.arrived_at), default="~")


def _rank(copy: Copy) -> tuple[bool, bool, str, bytes]:
    """Direct copies before a list's, complete ids before missing ones, then the earliest."""
    arrived = copy.arrived_at.isoformat() if copy.arrived_at else "~"
    return (copy.is_list, copy.mid is None, arrived, copy.key)
