"""A few lines say who wrote what when, who met, who is away, and what there is to do at which time.

    Asia/Tehran sat-wed 09:00-17:00; IR
    2026-02-21 10:00 alice > ann Offer            a mail; the same word is the same conversation
    2026-02-21 10:05 ann away Offer 2026-02-28     a note of being away, until that day
    2026-02-21 10:05 ann lost Offer                it came back: the address is wrong
    2026-02-22 11:00 meet alice ann 60             minutes; planned until they are over
    2026-02-23 11:00 expect ann 2026-03-01 Offer   an answer by that day, set again or moved; within a conversation
    2026-02-24 11:00 forgo ann                     or not any more
    2026-02-23 09:00 leave alice 2026-02-24 2026-02-26   one of ours is away from that day until the other
    2026-02-25 10:01 = no_reply open               what there is, here of Ann; "bo:" before it means another contact
    2026-02-25 11:00 snooze no_reply 2026-02-26 09:00
    2026-02-26 09:01 = nothing

Words after the conversation: thanks (a brief answer that asks nothing), asks, bulk, auto, forged, fwd, invite, fresh
(begins a conversation, whatever the word), direct (answers the first mail of the conversation), cc=NAME, promises and
promises=DAY, complains, files (are attached). After the minutes of a meeting: cancelled, declined, unanswered,
organizer=NAME, series=WORD, open=NAME (one of ours has not answered). Of ours are Alice, Bob and Carol; Ann, Ben and
Bea are of one organization, Eve and Bo of two others. Times are those of the place in the first line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from matching.workdays import WorkingTime
from matching.workweeks import read_week

OURS = ("alice", "bob", "carol")
VERBS = (">", "away", "lost", "meet", "expect", "forgo", "=", "snooze", "done", "dismiss", "leave")
AHEAD = timedelta(days=7)
CLIENT = ("ann", "ben", "bea")
DOMAINS = dict.fromkeys(OURS, "acme.example") | dict.fromkeys(CLIENT, "client.example")
DOMAINS |= {"eve": "other.example", "bo": "elsewhere.example"}


def address(name: str) -> str:
    """Whose it is."""
    return f"{name}@{DOMAINS[name]}"


@dataclass(frozen=True)
class Line:
    """What happened, or what is to be done, at a time."""

    at: datetime
    verb: str
    words: tuple[str, ...]
    number: int

    @property
    def who(self) -> str:
        return self.words[0]


@dataclass
class Scenario:
    """The lines in their order, and where they happen."""

    working: WorkingTime
    lines: list[Line] = field(default_factory=list)

    def until(self, at: datetime) -> Iterator[Line]:
        """What has happened by then; meetings are known a week before."""
        known = dict.fromkeys((">", "away", "lost", "expect", "forgo", "leave"), at) | {"meet": at + AHEAD}
        return (each for each in self.lines if each.verb in known and each.at <= known[each.verb])


def read(text: str) -> Scenario:
    """The scenario that a text writes."""
    head, *rest = [line.strip() for line in text.strip().splitlines()]
    place, _, country = head.partition(";")
    zone, _, hours = place.partition(" ")
    week = read_week(each.strip() for each in hours.split(","))
    found = Scenario(WorkingTime(zone=zone, week=week, country=country.strip()))
    for number, line in enumerate(rest):
        day, clock, *words = line.split()
        at = instant(f"{day} {clock}", zone)
        verb = next(each for each in VERBS if each in words)
        words.remove(verb)
        found.lines.append(Line(at, verb, tuple(words), number))
    return found


def instant(text: str, zone: str) -> datetime:
    """A time on the wall there."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def day(text: str) -> date:
    """As it is written."""
    return date.fromisoformat(text)


def expected(words: Iterable[str]) -> list[str]:
    """ "no_reply open, bo:unanswered reply" as sorted texts, "ann:" in front where nobody is named."""
    text = " ".join(words)
    each = [part.strip() for part in text.split(",")] if text != "nothing" else []
    return sorted(part if ":" in part else f"ann:{part}" for part in each)


def promised(flags: Iterable[str]) -> tuple[bool, date | None]:
    """Does a mail promise something, and by which day?"""
    found = [each.partition("=")[2] for each in flags if each.partition("=")[0] == "promises"]
    return bool(found), next((day(each) for each in found if each), None)
