"""Was it a person? The hits of one mail, judged together. Pure.

In this order, since each rule would misread what those before it take:

1. **self**: from the company's own network.
2. **scanner**: a service that checks mail asks, or somebody asks for several links of a mail within seconds, or for
   anything sooner after delivery than a person can.
3. **prefetch**: a mailbox loads images before anybody opened the mail, and whether or not anybody will.
4. **bot**: a program that says that it is one, or follows a link as a mailbox's proxy.
5. **proxy_open**: a mailbox's proxy loads the image because somebody opened the mail.
6. **confirmed**: a person answered, sent a receipt, or followed a link some seconds after opening; all their opens and
   clicks are sure then.
7. **probable_human**: what is left, a browser or mail client at a time at which people are there.

Only features are looked at that are kept for good, so that verdicts can be computed again at any time, by these rules
or by later ones: `RULES_VERSION` counts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from matching.opens.agents import AgentKind
from matching.opens.networks import Network

RULES_VERSION = 1
#: Hits on different tokens of a mail, this close together, are one burst.
BURST_SECONDS = 10
#: That many tokens in one burst are no person's.
BURST_TOKENS = 3
#: Nobody reads a mail this soon after it was delivered, or follows a link in it.
SOON_SECONDS = {"pixel": 2, "link": 5}
#: From an open to a click, of somebody who reads.
DWELL_SECONDS = 2


class Verdict(StrEnum):
    """Who it was, as far as can be told."""

    SELF = "self"
    PREFETCH = "prefetch"
    PROXY_OPEN = "proxy_open"
    SCANNER = "scanner"
    BOT = "bot"
    PROBABLE_HUMAN = "probable_human"
    CONFIRMED = "confirmed"


#: These alone ever count as a person's.
HUMAN = frozenset((Verdict.PROXY_OPEN, Verdict.PROBABLE_HUMAN, Verdict.CONFIRMED))


class TokenKind(StrEnum):
    """What was asked for."""

    PIXEL = "pixel"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What is kept of a hit: coarse features, of which none names anybody."""

    kind: TokenKind
    agent_kind: AgentKind
    agent_family: str
    network: Network
    #: Since the mail was handed over; less than 0 where clocks differ.
    seconds: int
    #: Distinct tokens of the mail that were asked for within `BURST_SECONDS`, this one among them (`bursts`).
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict and its ground, in words for people."""

    verdict: Verdict
    reason: str


def bursts(hits: Sequence[tuple[float, int]]) -> list[int]:
    """Of hits of one mail, each (seconds, token): how many distinct tokens were asked for about the time of each."""
    order = sorted(range(len(hits)), key=lambda at: hits[at][0])
    found = [1] * len(hits)
    counts: dict[int, int] = {}
    low = high = 0
    for at in order:
        now = hits[at][0]
        while high < len(order) and hits[order[high]][0] <= now + BURST_SECONDS:
            token = hits[order[high]][1]
            counts[token] = counts.get(token, 0) + 1
            high += 1
        while hits[order[low]][0] < now - BURST_SECONDS:
            token = hits[order[low]][1]
            counts[token] -= 1
            if not counts[token]:
                del counts[token]
            low += 1
        found[at] = len(counts)
    return found


def judge(hits: Sequence[Hit], *, links: int, is_confirmed: bool = False) -> list[Judged]:
    """The verdict on each hit of one mail, in their order.

    `links`: how many links of the mail are tracked. `is_confirmed`: somebody whom it was to answered it or sent a
    receipt.
    """
    judged = [_first_look(hit, links) for hit in hits]
    opened = [
        hit.seconds
        for hit, each in zip(hits, judged, strict=True)
        if hit.kind is TokenKind.PIXEL and each.verdict in HUMAN
    ]
    first = min(opened, default=None)
    for at, (hit, each) in enumerate(zip(hits, judged, strict=True)):
        if each.verdict not in HUMAN:
            continue
        if is_confirmed:
            judged[at] = Judged(
                verdict=Verdict.CONFIRMED, reason=f"{each.reason}; the mail was answered or its receipt came"
            )
        elif hit.kind is TokenKind.LINK and first is not None and hit.seconds - first >= DWELL_SECONDS:
            dwell = f"a click {hit.seconds - first} s after the mail was opened"
            judged[at] = Judged(verdict=Verdict.CONFIRMED, reason=f"{each.reason}; {dwell}")
    return judged


def _first_look(hit: Hit, links: int) -> Judged:
    """By the hit alone."""
    if hit.network is Network.OWN:
        return Judged(verdict=Verdict.SELF, reason="asked from the company's own network")
    if scanned := _scanned(hit, links):
        return Judged(verdict=Verdict.SCANNER, reason=scanned)
    is_pixel = hit.kind is TokenKind.PIXEL
    if hit.agent_kind is AgentKind.PREFETCH and is_pixel:
        return Judged(
            verdict=Verdict.PREFETCH, reason=f"{hit.agent_family}: loaded whether or not somebody opens the mail"
        )
    if hit.agent_kind is AgentKind.BOT or (
        not is_pixel and hit.agent_kind in (AgentKind.PREFETCH, AgentKind.IMAGE_PROXY)
    ):
        return Judged(verdict=Verdict.BOT, reason=f"the agent is a machine's ({hit.agent_family})")
    if hit.agent_kind is AgentKind.IMAGE_PROXY:
        return Judged(verdict=Verdict.PROXY_OPEN, reason=f"{hit.agent_family}: loaded as somebody opened the mail")
    if hit.network is Network.APPLE and is_pixel:
        return Judged(verdict=Verdict.PREFETCH, reason="Apple's network loads images ahead of people")
    return Judged(verdict=Verdict.PROBABLE_HUMAN, reason=f"{hit.agent_family}, {_after(hit.seconds)}")


def _scanned(hit: Hit, links: int) -> str:
    """Why somebody checks the mail; "": nobody does."""
    if hit.network is Network.GATEWAY:
        return "asked from a service that checks mail"
    if hit.network is Network.MICROSOFT and hit.kind is TokenKind.LINK:
        return "Microsoft's mail servers follow links to check them"
    all_links = links >= 2 and hit.burst >= links and hit.kind is TokenKind.LINK
    if hit.burst >= BURST_TOKENS or all_links:
        return f"{hit.burst} of the mail's {links + 1} addresses asked for within {BURST_SECONDS} s"
    is_person = hit.agent_kind in (AgentKind.BROWSER, AgentKind.MAIL_CLIENT)
    if is_person and hit.seconds < SOON_SECONDS[hit.kind.value]:
        return f"{_after(hit.seconds)}, sooner than a person can"
    return ""


def _after(seconds: int) -> str:
    return f"{max(seconds, 0)} s after the mail was sent"
