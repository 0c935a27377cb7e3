"""Records of calendars (RFC 5545, RFC 5546): what lies at one place of a calendar, or came with a mail.

Plug-in authors import all of this from :mod:`connectors.api`. A calendar object holds one meeting, or a series with its
exceptions: all events of one UID. Its times stay as they were planned, wall clock and zone, because a series keeps its
hour over clock changes; instants are made of them where occurrences are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class EventStatus(StrEnum):
    """STATUS of an event (RFC 5545, section 3.8.1.11)."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


class AttendeeRole(StrEnum):
    """ROLE (RFC 5545, section 3.2.16), and what is no person (CUTYPE, section 3.2.3)."""

    CHAIR = "chair"
    REQUIRED = "required"
    OPTIONAL = "optional"
    INFORMED = "informed"
    RESOURCE = "resource"


class Response(StrEnum):
    """PARTSTAT (RFC 5545, section 3.2.12)."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
    DELEGATED = "delegated"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as it was planned, or a day."""

    #: Without a zone; a date for whole days.
    local: datetime | date
    #: A name of the time zone database, "UTC", or a TZID of the own `zones`; "": of whoever looks at it (floating).
    #: Days seldom have one.
    zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """Who takes part."""

    #: Of the mailto: address, as written; "" where it is another one.
    email: str
    name: str = ""
    role: AttendeeRole = AttendeeRole.REQUIRED
    response: Response = Response.NEEDS_ACTION
    #: CUTYPE=GROUP.
    is_group: bool = False
    delegated_to: tuple[str, ...] = ()
    delegated_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One VEVENT: a meeting, a series, or an occurrence of it that differs."""

    uid: str
    #: Which occurrence it stands for: its start as the series has it; None: the meeting or the series itself.
    recurrence_id: Moment | None = None
    #: RANGE=THISANDFUTURE: it stands for all later ones too.
    is_this_and_future: bool = False
    start: Moment | None = None
    #: Exclusive, also of days; made of DURATION where that is given; None where neither is.
    end: Moment | None = None
    #: RRULE values as written.
    rules: tuple[str, ...] = ()
    #: RDATE: further starts, each with an end where a period was given.
    extra: tuple[tuple[Moment, Moment | None], ...] = ()
    #: EXDATE.
    left_out: tuple[Moment, ...] = ()
    sequence: int = 0
    #: DTSTAMP, UTC.
    stamped_at: datetime | None = None
    status: EventStatus = EventStatus.CONFIRMED
    #: TRANSP:TRANSPARENT: it takes nobody's time.
    is_free: bool = False
    #: Whose calendar it is is away then (Microsoft's busy status OOF); what another program calls a holiday is none.
    is_away: bool = False
    #: CLASS: "public", "private" or "confidential"; what is unknown counts as private (RFC 5545, section 3.8.1.3).
    classification: str = "public"
    subject: str = ""
    location: str = ""
    #: DESCRIPTION as plain text, bounded.
    text: str = ""
    #: Where one takes part from afar; "" where there is none.
    conference_url: str = ""
    organizer: Attendee | None = None
    attendees: tuple[Attendee, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One calendar object as one calendar holds it, or as a mail brought it."""

    #: Where it lies inside its stream; stable there, opaque elsewhere. CalDAV: the resource's path.
    ref: str
    uid: str
    #: METHOD of a mail's (RFC 5546), upper case; "" in a calendar.
    method: str = ""
    #: The meeting or series first, then its exceptions; an object may hold exceptions alone.
    events: tuple[Event, ...]
    #: TZID and VTIMEZONE text of zones that no name of the time zone database stands for.
    zones: tuple[tuple[str, str], ...] = ()
    #: Bytes of the object.
    size: int = 0
    #: Something was cut at a limit.
    is_truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A meeting that takes place, by itself or as one of a series."""

    #: Its original start as keys have it, "YYYY-MM-DDTHH:MM:SSZ" or "YYYY-MM-DD"; "" where it is no part of a series.
    recurrence_id: str
    #: Aware UTC instants, or days (`ends` exclusive).
    starts: datetime | date
    ends: datetime | date
    #: What holds for it, the series' own event or an exception.
    event: Event
