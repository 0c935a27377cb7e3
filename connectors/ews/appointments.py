"""Calendar items of Exchange ([MS-OXWSMTGS] 2.2.4, t:CalendarItem) -> meetings.

Exchange holds a series as its master, which names the occurrences that were deleted, and those that differ: each of
these is an item of its own. Times come as instants; what they are by the wall clock says the item's own zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from xml.etree import ElementTree as ET

from connectors.bodies import MAX_TEXT
from connectors.conferences import conference_url
from connectors.events import LONGEST_LINE, MAX_DATES
from connectors.ews import zones
from connectors.ews.recurrences import BadRecurrence, rule_of
from connectors.ews.soap import T, instant, text_of
from connectors.ews.zones import Zone
from connectors.globalobjectid import plain_uid
from connectors.mailboxes import MAX_MAILBOXES
from connectors.meetings import Attendee, AttendeeRole, Event, EventStatus, Meeting, Moment, Response
from connectors.records import Unreadable
from connectors.zones import zone_of as zone_by_name

#: What is asked for of each item.
FIELDS = (
    "calendar:AppointmentSequenceNumber",
    "calendar:CalendarItemType",
    "calendar:DateTimeStamp",
    "calendar:DeletedOccurrences",
    "calendar:End",
    "calendar:EndTimeZone",
    "calendar:IsAllDayEvent",
    "calendar:IsCancelled",
    "calendar:IsMeeting",
    "calendar:LegacyFreeBusyStatus",
    "calendar:Location",
    "calendar:ModifiedOccurrences",
    "calendar:MyResponseType",
    "calendar:OptionalAttendees",
    "calendar:Organizer",
    "calendar:OriginalStart",
    "calendar:Recurrence",
    "calendar:RecurrenceId",
    "calendar:RequiredAttendees",
    "calendar:Resources",
    "calendar:Start",
    "calendar:StartTimeZone",
    "calendar:UID",
    "item:Body",
    "item:LastModifiedTime",
    "item:Sensitivity",
    "item:Size",
    "item:Subject",
)
#: And of servers that know it.
LINK = "calendar:JoinOnlineMeetingUrl"
_RESPONSES = {
    "Accept": Response.ACCEPTED,
    "Decline": Response.DECLINED,
    "Organizer": Response.ACCEPTED,
    "Tentative": Response.TENTATIVE,
}
_ROLES = (
    ("RequiredAttendees", AttendeeRole.REQUIRED),
    ("OptionalAttendees", AttendeeRole.OPTIONAL),
    ("Resources", AttendeeRole.RESOURCE),
)
_GROUPS = {"PublicDL", "PrivateDL", "GroupMailbox"}
_CLASSES = {"": "public", "Normal": "public", "Confidential": "confidential"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HALF_DAY = timedelta(hours=12)


class BadAppointment(ValueError):
    """No meeting can be made of the item; says why."""


def exceptions_of(master: ET.Element) -> dict[str, ET.Element]:
    """Id of the item that stands for an occurrence which differs -> what the series knows of it (t:Occurrence)."""
    found = {}
    for each in master.iterfind(f"{T}ModifiedOccurrences/{T}Occurrence"):
        own = each.find(f"{T}ItemId")
        if own is not None and own.get("Id"):
            found[own.get("Id", "")] = each
    return found


def stand_in(master: ET.Element, occurrence: ET.Element) -> ET.Element:
    """An exception whose item can't be read: as the series is, at the time that the series knows of it."""
    made = ET.Element(master.tag)
    own = {f"{T}{name}" for name in ("Start", "End", "OriginalStart")}
    made.extend(each for each in master if each.tag not in own)
    made.extend(each for each in occurrence if each.tag in own)
    return made


def meeting_of(
    ref: str, item: ET.Element, exceptions: Iterable[ET.Element], mailbox: Iterable[str]
) -> Meeting | Unreadable:
    """The meeting or series of a calendar item, with the items of its exceptions.

    `mailbox` are the addresses of the calendar's owner, whose own answer the item tells apart.
    """
    try:
        return _meeting(ref, item, list(exceptions), frozenset(map(str.casefold, mailbox)))
    except (BadAppointment, BadRecurrence) as error:
        return Unreadable(ref, str(error))
    except OverflowError:
        return Unreadable(ref, "one of its times lies before the year 1 or after 9999")


def _meeting(ref: str, item: ET.Element, exceptions: Sequence[ET.Element], mailbox: frozenset[str]) -> Meeting:
    # one without a name is known by where it lies
    uid = plain_uid(text_of(item, f"{T}UID").strip()[:LONGEST_LINE]) or ref
    reader = _Reader(uid, item, mailbox)
    # who was asked to one occurrence alone has no series
    is_alone = item.find(f"{T}Recurrence") is None and bool(text_of(item, f"{T}RecurrenceId").strip())
    events = [reader.event(item, is_exception=is_alone)]
    is_truncated = reader.is_truncated
    for each in exceptions:
        reader_of_one = _Reader(uid, each, mailbox, reader)
        events.append(reader_of_one.event(each, is_exception=True))
        is_truncated |= reader_of_one.is_truncated
        reader.own |= reader_of_one.own
    size = text_of(item, f"{T}Size").strip()
    return Meeting(
        ref=ref,
        uid=uid,
        events=tuple(events),
        zones=tuple(sorted(reader.own.items())),
        size=int(size) if size.isascii() and size.isdigit() and len(size) < 12 else 0,
        is_truncated=is_truncated,
    )


class _Reader:
    """Reads one item; an exception without a zone has that of its `series`."""

    def __init__(self, uid: str, item: ET.Element, mailbox: frozenset[str], series: _Reader | None = None) -> None:
        self._uid = uid
        self._mailbox = mailbox
        self._series = series
        self.own: dict[str, str] = {}
        self.is_truncated = False
        self._is_day = _is_true(item, "IsAllDayEvent")
        inherited: Zone | None = series.zone if series is not None else None
        self.zone: Zone | None = zones.zone_of(item.find(f"{T}StartTimeZone")) or inherited
        self._end_zone = zones.zone_of(item.find(f"{T}EndTimeZone")) or self.zone
        for zone in (self.zone, self._end_zone):
            if zone is not None and zone.vtimezone:
                self.own[zone.name] = zone.vtimezone

    def event(self, item: ET.Element, *, is_exception: bool = False) -> Event:
        start, end = self._time(item, "Start"), self._time(item, "End")
        if start is None:
            raise BadAppointment("the meeting has no start")
        first = self.moment(start, self.zone)
        text, is_cut = _bounded(text_of(item, f"{T}Body").replace("\r\n", "\n").strip(), MAX_TEXT)
        self.is_truncated |= is_cut
        subject, location = (_line(text_of(item, f"{T}{name}")) for name in ("Subject", "Location"))
        recurrence = item.find(f"{T}Recurrence")
        is_meeting = _is_true(item, "IsMeeting") or item.find(f"{T}RequiredAttendees") is not None
        return Event(
            uid=self._uid,
            recurrence_id=self._stands_for(item) if is_exception else None,
            start=first,
            end=None if end is None else self._until(first, self.moment(end, self._end_zone)),
            rules=(rule_of(recurrence),) if recurrence is not None and not is_exception else (),
            left_out=() if is_exception else self._left_out(item),
            sequence=_whole(text_of(item, f"{T}AppointmentSequenceNumber")),
            stamped_at=self._time(item, "DateTimeStamp") or self._time(item, "LastModifiedTime"),
            status=_status(item),
            is_free=text_of(item, f"{T}LegacyFreeBusyStatus").strip() == "Free",
            is_away=text_of(item, f"{T}LegacyFreeBusyStatus").strip() == "OOF",
            classification=_CLASSES.get(text_of(item, f"{T}Sensitivity").strip(), "private"),
            subject=subject,
            location=location,
            text=text,
            conference_url=conference_url((text_of(item, f"{T}JoinOnlineMeetingUrl"),), (location, text)),
            # whoever enters a date for himself alone organizes nothing
            organizer=self._organizer(item) if is_meeting else None,
            attendees=tuple(self._attendees(item)) if is_meeting else (),
        )

    def moment(self, when: datetime, zone: Zone | None) -> Moment:
        """An instant by the wall clock of the zone; a day, where the item is one of days."""
        if zone is None:
            # a day of nobody knows where: Exchange tells when it began, and midnight was less than half a day away
            return Moment((when + _HALF_DAY).date()) if self._is_day else Moment(when.replace(tzinfo=None), "UTC")
        local = when.astimezone(self._where(zone)).replace(tzinfo=None)
        if self._is_day:
            return Moment(local.date())
        # of the hour that comes twice a wall clock shows the first
        return Moment(when.replace(tzinfo=None), "UTC") if local.fold else Moment(local, zone.name)

    def _where(self, zone: Zone) -> tzinfo:
        own = ((zone.name, zone.vtimezone),) if zone.vtimezone else ()
        try:
            return zone_by_name(zone.name, own, UTC)
        except LookupError:
            return UTC

    def _until(self, first: Moment, last: Moment) -> Moment:
        if not self._is_day or isinstance(first.local, datetime) or isinstance(last.local, datetime):
            return last
        # the end of a day, at whatever hour somebody's clock called that midnight
        return last if last.local > first.local else Moment(first.local + timedelta(days=1))

    def _stands_for(self, item: ET.Element) -> Moment:
        """The start that the series would have had; in the kind and the zone of the series."""
        names = ("RecurrenceId", "OriginalStart") if self._series is None else ("OriginalStart", "RecurrenceId")
        when = self._time(item, names[0]) or self._time(item, names[1])
        if when is None:
            raise BadAppointment("an exception does not say what it stands for")
        reader = self._series or self
        return reader.moment(when, reader.zone)

    def _left_out(self, item: ET.Element) -> tuple[Moment, ...]:
        found = []
        for deleted in item.iterfind(f"{T}DeletedOccurrences/{T}DeletedOccurrence/{T}Start"):
            when = instant(deleted.text or "")
            if when is not None:
                found.append(self.moment(when, self.zone))
        self.is_truncated |= len(found) > MAX_DATES
        return tuple(found[:MAX_DATES])

    def _organizer(self, item: ET.Element) -> Attendee | None:
        mailbox = item.find(f"{T}Organizer/{T}Mailbox")
        if mailbox is None:
            return None
        email, name, _is_group = _mailbox(mailbox)
        return Attendee(email=email, name=name, response=Response.ACCEPTED) if email or name else None

    def _attendees(self, item: ET.Element) -> Iterator[Attendee]:
        mine = text_of(item, f"{T}MyResponseType").strip()
        count = 0
        for kind, role in _ROLES:
            for attendee in item.iterfind(f"{T}{kind}/{T}Attendee"):
                mailbox = attendee.find(f"{T}Mailbox")
                if mailbox is None:
                    continue
                if count == MAX_MAILBOXES:
                    self.is_truncated = True
                    return
                count += 1
                email, name, is_group = _mailbox(mailbox)
                said = text_of(attendee, f"{T}ResponseType").strip()
                if email.casefold() in self._mailbox and mine in _RESPONSES:
                    # the copies of attendees know their own answer alone
                    said = mine
                response = _RESPONSES.get(said, Response.NEEDS_ACTION)
                yield Attendee(email=email, name=name, role=role, response=response, is_group=is_group)

    @staticmethod
    def _time(item: ET.Element, name: str) -> datetime | None:
        return instant(text_of(item, T + name))


def _mailbox(mailbox: ET.Element) -> tuple[str, str, bool]:
    """(address, name, is it a group); Exchange's own names of its users are no addresses."""
    email = text_of(mailbox, f"{T}EmailAddress").strip()
    routing = text_of(mailbox, f"{T}RoutingType").strip() or "SMTP"
    is_address = routing.upper() == "SMTP" and "@" in email and len(email) <= LONGEST_LINE
    name = _line(text_of(mailbox, f"{T}Name"))
    is_group = text_of(mailbox, f"{T}MailboxType").strip() in _GROUPS
    return email if is_address else "", "" if name == email else name, is_group


def _status(item: ET.Element) -> EventStatus:
    """As Exchange writes it into iCalendar ([MS-OXCICAL] 2.1.3.1.1.20.19)."""
    if _is_true(item, "IsCancelled"):
        return EventStatus.CANCELLED
    is_tentative = text_of(item, f"{T}LegacyFreeBusyStatus").strip() == "Tentative"
    return EventStatus.TENTATIVE if is_tentative else EventStatus.CONFIRMED


def _is_true(item: ET.Element, name: str) -> bool:
    return text_of(item, T + name).strip() in ("true", "1")


def _whole(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _line(text: str) -> str:
    return _CONTROL.sub(" ", text.strip())[:LONGEST_LINE]


def _bounded(text: str, most: int) -> tuple[str, bool]:
    return text[:most], len(text) > most
