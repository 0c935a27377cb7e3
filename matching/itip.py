"""A meeting as its organizer's mails have it (RFC 5546). Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from connectors.api import Event, EventStatus, Meeting
from matching.addresses import normalize
from matching.calendar_events import cancelled_at, key_of, master_of, normals_of, order_of, organizer_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MailObject:
    """A meeting as a mail brought it."""

    name: str
    meeting: Meeting
    #: From, normal form; "" where there is none.
    sender: str
    #: The receiving server vouches for the sender, or it is our own word from a Sent folder.
    is_trusted: bool
    arrived_at: datetime


class Outcome(StrEnum):
    """What became of a mail's word on a meeting."""

    APPLIED = "applied"
    #: A calendar of ours holds the meeting, and has the word.
    CALENDAR = "calendar"
    #: Something newer was said.
    OUTDATED = "outdated"
    #: Not applied: a proposal of another time, which only the organizer can take up.
    PROPOSAL = "proposal"
    #: Not applied: its sender is neither the organizer nor the one who answers.
    STRANGER = "stranger"
    #: Not applied: nobody vouches for its sender.
    UNVERIFIED = "unverified"
    #: Not applied: it speaks of a meeting that is not known.
    UNKNOWN = "unknown"


#: Methods that change a meeting.
CHANGING = ("REQUEST", "CANCEL", "ADD")


@dataclass(frozen=True, slots=True)
class Taken:
    """What the organizer's mails come to."""

    organizer: str
    meeting: Meeting | None
    #: Names of the mails that had a word in it.
    names: frozenset[str]


def by_mail(mails: Sequence[MailObject]) -> Taken:
    """The meeting as its organizer's mails have it; `mails` in the order of their arrival.

    The organizer is the first who invites and whom somebody vouches for.
    """
    first = next((m for m in mails if m.meeting.method == "REQUEST" and m.is_trusted and is_from_organizer(m)), None)
    if first is None:
        return Taken("", None, frozenset())
    organizer = first.sender
    taken = [m for m in mails if m.meeting.method in CHANGING and m.is_trusted and m.sender == organizer]
    taken = [m for m in taken if organizer_of(m.meeting) in ("", organizer)]
    events: dict[str, Event] = {}
    zones: dict[str, str] = {}
    for mail in sorted(taken, key=lambda m: (*order_of(m.meeting.events), m.arrived_at, m.name)):
        _APPLY[mail.meeting.method](events, mail.meeting)
        zones.update(mail.meeting.zones)
    meeting = replace(first.meeting, method="", events=tuple(events.values()), zones=tuple(zones.items()))
    return Taken(organizer, meeting if events else None, frozenset(mail.name for mail in taken))


def is_from_organizer(mail: MailObject) -> bool:
    """Did the organizer write it?"""
    return bool(mail.sender) and organizer_of(mail.meeting) == mail.sender


def _request(events: dict[str, Event], meeting: Meeting) -> None:
    if master_of(meeting.events) is not None:
        events.clear()
    events.update({key_of(each.recurrence_id): each for each in meeting.events})


def _add(events: dict[str, Event], meeting: Meeting) -> None:
    """Further occurrences (RFC 5546, section 3.2.4)."""
    for each in meeting.events:
        master = events.get("")
        if master is not None and each.start is not None and each.recurrence_id is None:
            events[""] = replace(master, extra=(*master.extra, (each.start, each.end)))
        elif each.recurrence_id is not None:
            events[key_of(each.recurrence_id)] = each


def _cancel(events: dict[str, Event], meeting: Meeting) -> None:
    for each in meeting.events:
        name = key_of(each.recurrence_id)
        if _uninvites(events.get(name) or events.get(""), each):
            gone = set(normals_of(each)) - {organizer_of(meeting)}
            for other in [name] if name else list(events):
                events[other] = _without(events.get(other) or _at(events, each), gone)
        elif each.recurrence_id is None:
            events.update({other: replace(event, status=EventStatus.CANCELLED) for other, event in events.items()})
        else:
            known = events.get(name) or _at(events, each)
            events[name] = replace(
                known,
                status=EventStatus.CANCELLED,
                is_this_and_future=each.is_this_and_future,
                sequence=each.sequence,
                stamped_at=each.stamped_at,
            )


def _at(events: dict[str, Event], each: Event) -> Event:
    """The occurrence of the series that an event stands for."""
    master = events.get("")
    if master is None or each.recurrence_id is None:
        return each
    return replace(cancelled_at(master, each.recurrence_id), status=master.status)


def _uninvites(known: Event | None, each: Event) -> bool:
    """It cancels for some alone: without STATUS, and it does not name all (RFC 5546, section 3.2.5)."""
    if known is None or each.status is EventStatus.CANCELLED or not each.attendees:
        return False
    return bool(set(normals_of(known)) - set(normals_of(each)))


def _without(event: Event, gone: set[str]) -> Event:
    return replace(event, attendees=tuple(a for a in event.attendees if normalize(a.email) not in gone))


_APPLY: dict[str, Callable[[dict[str, Event], Meeting], None]] = {"REQUEST": _request, "ADD": _add, "CANCEL": _cancel}
