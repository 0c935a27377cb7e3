"""One meeting for all: what calendars and mails say of a UID, made into one (RFC 5545, RFC 5546, RFC 6638). Pure.

- Calendars outrank mail. Of calendars the organizer's own has the word on time and title, else the copy with the
  highest SEQUENCE, then the latest DTSTAMP; each attendee's own copy has the word on that one's answer.
- A mail changes a meeting only where no calendar of ours holds it, its sender is the organizer, and it is trusted. A
  REPLY sets the answer of its sender. All else is a proposal, and nothing follows from it.
- A copy that was deleted is the organizer's cancellation, or its owner's refusal (RFC 6638, section 3.2).

The result is a function of the set of copies and mails, so the order in which they arrive does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from connectors.api import Attendee, Event, Meeting, Moment, Response
from matching.addresses import normalize
from matching.calendar_events import LONG_AGO, cancelled_at, key_of, master_of, normals_of, order_of, organizer_of
from matching.itip import CHANGING, MailObject, Outcome, by_mail, is_from_organizer

#: So much is remembered of how an object was before.
_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Former:
    """How a calendar object was before, as far as its last version does not tell."""

    #: (occurrence or "", start) of times that were given up.
    starts: tuple[tuple[str, str], ...] = ()
    #: Occurrences that were taken out of the series later on.
    left_out: tuple[Moment, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.starts or self.left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarCopy:
    """A meeting as one calendar holds it."""

    #: Orders copies that are alike in all else.
    name: str
    meeting: Meeting
    #: The owner's addresses, normal forms.
    owners: frozenset[str]
    #: When it was found to be deleted.
    removed_at: datetime | None = None
    former: Former = Former()


class Status(StrEnum):
    """How a meeting stands."""

    PLANNED = "planned"
    #: It has ended, was not cancelled, and one of ours at least did not decline.
    HELD = "held"
    #: It was called off, or all of ours have declined: for us it does not take place.
    CANCELLED = "cancelled"


def status_of(*, is_cancelled: bool, is_over: bool, ours: Iterable[Response]) -> Status:
    """`ours`: the answers of our people."""
    if is_cancelled or is_declined(ours):
        return Status.CANCELLED
    return Status.HELD if is_over else Status.PLANNED


def is_declined(ours: Iterable[Response]) -> bool:
    """Have all of our people declined?"""
    return all(each is Response.DECLINED for each in ours)


class Answer(NamedTuple):
    """What an attendee said."""

    response: Response
    #: When, as far as that is known.
    at: datetime | None
    #: "calendar" or "mail"; "" where nothing was said.
    source: str


_UNANSWERED = Answer(Response.NEEDS_ACTION, None, "")


@dataclass(frozen=True, slots=True)
class _Reply:
    sequence: int
    stamped_at: datetime
    arrived_at: datetime
    name: str
    recurrence: str
    response: Response

    @property
    def order(self) -> tuple[int, datetime, datetime, str]:
        return self.sequence, self.stamped_at, self.arrived_at, self.name


@dataclass(slots=True)
class Resolved:
    """All that is known of one UID."""

    #: None: nothing that may be believed.
    meeting: Meeting | None = None
    #: The copy it was taken from; None: it is known by mail alone.
    base: CalendarCopy | None = None
    #: Normal form; "" where there is none.
    organizer: str = ""
    #: Mail's name -> what became of it.
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    copies: tuple[CalendarCopy, ...] = ()
    _replies: dict[str, list[_Reply]] = field(default_factory=dict)
    #: Number of an event's object -> normal form -> who takes part in it.
    _people: dict[int, dict[str, Attendee]] = field(default_factory=dict)
    #: Copy's name -> (occurrence or "" -> event, occurrences left out).
    _indexes: dict[str, tuple[dict[str, Event], set[str]]] = field(default_factory=dict)

    @property
    def is_alike(self) -> bool:
        """Do attendees answer all occurrences of an event alike? Not where own copies or replies tell more."""
        return not self._replies and all(copy.owners <= {self.organizer} for copy in self.copies)

    @property
    def deleted_at(self) -> datetime | None:
        """What had not ended by then does not take place: the organizer's own copy was deleted."""
        base = self.base
        return base.removed_at if base is not None and _is_organizers(base) else None

    def answer(self, address: str, recurrence: str, event: Event, ends_at: datetime) -> Answer:
        """Of an address (normal form) to an occurrence, for which `event` holds."""
        if event.recurrence_id is not None and event.recurrence_id.zone == "":
            recurrence = key_of(event.recurrence_id)
        for copy in self.copies:
            if address in copy.owners and address != self.organizer:
                return self._own_answer(copy, address, recurrence, ends_at)
        told = self._told(event, address)
        replies = [r for r in self._replies.get(address, ()) if r.recurrence in ("", recurrence)]
        if replies:
            last = max(replies, key=lambda r: (r.recurrence != "", r.order))
            is_open = told.response is Response.NEEDS_ACTION or self.base is None
            if last.sequence >= event.sequence and (is_open or last.stamped_at >= (event.stamped_at or LONG_AGO)):
                return Answer(last.response, last.arrived_at, "mail")
        return told

    def _own_answer(self, copy: CalendarCopy, address: str, recurrence: str, ends_at: datetime) -> Answer:
        """What somebody's own copy says of the one's answer."""
        if copy.removed_at is not None and copy.removed_at < ends_at:
            return Answer(Response.DECLINED, copy.removed_at, "calendar")
        if copy.name not in self._indexes:
            events = {key_of(each.recurrence_id): each for each in copy.meeting.events}
            left_out = {key_of(each) for each in events[""].left_out} if "" in events else set()
            self._indexes[copy.name] = events, left_out
        events, left_out = self._indexes[copy.name]
        master = events.get("")
        if master is not None and recurrence in left_out:
            return Answer(Response.DECLINED, master.stamped_at, "calendar")
        event = events.get(recurrence) or master
        return _UNANSWERED if event is None else self._told(event, address)

    def _told(self, event: Event, address: str) -> Answer:
        """What an event says of an attendee, at the first place where it has the one."""
        people = self._people.get(id(event))
        if people is None:
            people = self._people[id(event)] = {}
            for each in event.attendees:
                people.setdefault(normalize(each.email) or "", each)
        said = people.get(address)
        if said is None or said.response is Response.NEEDS_ACTION:
            return _UNANSWERED
        return Answer(said.response, event.stamped_at, "calendar")

    def moves(self, event: Event) -> int:
        """How often the start of an occurrence was changed."""
        times = self.base.former.starts if self.base is not None else ()
        if not times and event.recurrence_id is None:
            return 0
        own = key_of(event.recurrence_id)
        count = len([start for rid, start in times if rid == own])
        return max(count, int(not _is_in_place(event)))


def _is_in_place(event: Event) -> bool:
    """Does the occurrence begin when its series has it?"""
    return event.recurrence_id is None or event.start is None or key_of(event.start) == key_of(event.recurrence_id)


def changed(before: Meeting, former: Former, now: Meeting) -> Former:
    """What has to be remembered of an object when another version takes its place."""
    starts, left_out = list(former.starts), list(former.left_out)
    were = {key_of(each.recurrence_id): each for each in before.events}
    for event in now.events:
        old = were.get(key_of(event.recurrence_id))
        if old is not None and old.start is not None and event.start is not None and old.start != event.start:
            entry = (key_of(event.recurrence_id), key_of(old.start))
            starts += [entry] if entry not in starts else []
    old_master, new_master = master_of(before.events), master_of(now.events)
    if old_master is not None and new_master is not None and old_master.start == new_master.start:
        gone = set(new_master.left_out) - set(old_master.left_out)
        left_out += sorted(gone - set(left_out), key=key_of)
        left_out = [each for each in left_out if each in new_master.left_out]
    else:
        left_out = []
    return Former(tuple(starts[-_REMEMBERED:]), tuple(left_out[-_REMEMBERED:]))


def resolve(copies: Iterable[CalendarCopy], mails: Iterable[MailObject]) -> Resolved:
    """What all copies and mails of one UID come to."""
    ranked = tuple(copies)
    if len(ranked) > 1:
        ranked = tuple(sorted(ranked, key=_rank, reverse=True))
    found = Resolved(copies=ranked)
    others = sorted(mails, key=lambda mail: (mail.arrived_at, mail.name))
    if ranked:
        found.base = ranked[0]
        found.meeting = _of_copies(ranked)
        found.organizer = organizer_of(found.meeting) or _owner(found.base)
    else:
        taken = by_mail(others)
        found.organizer, found.meeting = taken.organizer, taken.meeting
        found.outcomes = dict.fromkeys(taken.names, Outcome.APPLIED)
    for mail in others:
        if mail.meeting.method == "REPLY":
            _take_reply(found, mail)
        elif mail.name not in found.outcomes:
            found.outcomes[mail.name] = _not_taken(found, mail)
    return found


def _rank(copy: CalendarCopy) -> tuple[bool, bool, bool, int, datetime, str]:
    """The best has the highest."""
    sequence, stamped_at = order_of(copy.meeting.events)
    has_master = master_of(copy.meeting.events) is not None
    return copy.removed_at is None, _is_organizers(copy), has_master, sequence, stamped_at, copy.name


def _owner(copy: CalendarCopy) -> str:
    """Whose meeting it is that names no organizer."""
    return min(copy.owners, default="")


def _is_organizers(copy: CalendarCopy) -> bool:
    organizer = organizer_of(copy.meeting)
    return not organizer or organizer in copy.owners


def _of_copies(ranked: Sequence[CalendarCopy]) -> Meeting:
    """The best copy, with the exceptions that only others hold and that are no older."""
    base = ranked[0]
    events = {key_of(each.recurrence_id): each for each in base.meeting.events}
    master = events.get("")
    zones = dict(base.meeting.zones)
    if not _is_organizers(base):
        floor = order_of([master]) if master is not None else (0, LONG_AGO)
        for copy in ranked[1:]:
            if copy.removed_at is not None:
                continue
            for each in copy.meeting.events:
                name = key_of(each.recurrence_id)
                known = events.get(name)
                if name and order_of([each]) >= floor and (known is None or order_of([each]) > order_of([known])):
                    events[name] = each
                    zones = dict(copy.meeting.zones) | zones
    if master is not None and base.former.left_out:
        # taken out later on: the organizer cancelled them, an attendee refused them
        left_out = tuple(each for each in master.left_out if each not in base.former.left_out)
        events[""] = master = replace(master, left_out=left_out)
        for moment in base.former.left_out if _is_organizers(base) else ():
            events.setdefault(key_of(moment), cancelled_at(master, moment))
    elif len(ranked) == 1 and len(events) == len(base.meeting.events):
        return base.meeting
    return replace(base.meeting, events=tuple(events.values()), zones=tuple(zones.items()))


def _not_taken(found: Resolved, mail: MailObject) -> Outcome:
    if mail.meeting.method not in CHANGING:
        return Outcome.PROPOSAL
    if not mail.is_trusted:
        return Outcome.UNVERIFIED
    if found.meeting is None:
        return Outcome.UNKNOWN if is_from_organizer(mail) else Outcome.STRANGER
    return Outcome.CALENDAR if mail.sender == found.organizer and found.base is not None else Outcome.STRANGER


def _take_reply(found: Resolved, mail: MailObject) -> None:
    """The answers of its sender, who was invited."""
    if not mail.is_trusted:
        found.outcomes[mail.name] = Outcome.UNVERIFIED
        return
    if found.meeting is None:
        found.outcomes[mail.name] = Outcome.UNKNOWN
        return
    invited = {normal for event in found.meeting.events for normal in normals_of(event)} - {found.organizer}
    outcome = Outcome.STRANGER
    for event in mail.meeting.events:
        said = next((a for a in event.attendees if normalize(a.email) == mail.sender), None)
        if said is None or mail.sender not in invited:
            continue
        outcome = Outcome.APPLIED
        stamped_at = event.stamped_at or mail.arrived_at
        reply = _Reply(
            event.sequence, stamped_at, mail.arrived_at, mail.name, key_of(event.recurrence_id), said.response
        )
        found._replies.setdefault(mail.sender, []).append(reply)
    found.outcomes[mail.name] = outcome
