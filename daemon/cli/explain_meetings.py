"""keeptouch explain: the meetings in a calendar file or a mail, and when they take place."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from connectors.api import Attendee, AttendeeRole, Event, Meeting, Moment, Occurrence, instant_of, occurrences
from daemon.problems import refuse
from daemon.timezones import timezone_problem

#: The zones of the world lie so far behind and before UTC.
_BEHIND = timedelta(hours=12)
_BEFORE = timedelta(hours=14)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ROLES = {
    AttendeeRole.CHAIR: "CHAIR",
    AttendeeRole.REQUIRED: "REQ-PARTICIPANT",
    AttendeeRole.OPTIONAL: "OPT-PARTICIPANT",
    AttendeeRole.INFORMED: "NON-PARTICIPANT",
    AttendeeRole.RESOURCE: "NON-PARTICIPANT",
}


@dataclass(frozen=True, slots=True)
class Window:
    """Which occurrences are shown, and for whom."""

    #: UTC, inclusive; None: no bound.
    since: datetime | None
    until: datetime | None
    #: Of floating times and days; "": not known, they stay as written.
    zone: str


def add_window(parser: argparse.ArgumentParser) -> None:
    """The options of a Window."""
    parser.add_argument("--from", metavar="DATE", dest="since", help="occurrences from this day or instant on")
    parser.add_argument("--to", metavar="DATE", dest="until", help="occurrences until this day or instant, inclusive")
    parser.add_argument(
        "--time-zone", metavar="ZONE", help="of days and of times without a zone (else TZ, else they stay as written)"
    )


def window_of(args: argparse.Namespace) -> Window:
    """The options; raises ConfigError where one can't be used."""
    if args.time_zone and (problem := timezone_problem(args.time_zone)):
        raise refuse("--time-zone", f'"{args.time_zone}" {problem[0]}', problem[1])
    zone = args.time_zone or os.environ.get("TZ", "").removeprefix(":")
    if zone and timezone_problem(zone):
        zone = ""
    return Window(_bound("--from", args.since, zone), _bound("--to", args.until, zone, is_last=True), zone)


def _bound(option: str, text: str | None, zone: str, *, is_last: bool = False) -> datetime | None:
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
        if _DAY.fullmatch(text):
            when = datetime.combine(when, time.max if is_last else time.min)
        if when.tzinfo is not None:
            return when.astimezone(UTC)
    except (ValueError, OverflowError):
        raise refuse(option, f'"{text}" is no day and no instant', "2026-11-28 or 2026-11-28T09:00:00Z") from None
    moment = instant_of(Moment(when, ""), None, zone or "UTC")
    assert isinstance(moment, datetime)
    return moment


def explain_meetings(meetings: Iterable[Meeting], window: Window) -> list[dict[str, object]]:
    """One object for each event: the meeting or series itself, and its exceptions."""
    return [document for meeting in meetings for document in _documents(meeting, window)]


def _documents(meeting: Meeting, window: Window) -> list[dict[str, object]]:
    found: dict[int, list[dict[str, str]]] = {id(event): [] for event in meeting.events}
    for each in _shown(meeting, window):
        is_floating = each.event.start is not None and not each.event.start.zone
        ends = {"starts_at": _text(each.starts, is_floating, window), "ends_at": _text(each.ends, is_floating, window)}
        found[id(each.event)].append(ends)
    return [_event(meeting, event, window) | {"occurrences": found[id(event)]} for event in meeting.events]


def _shown(meeting: Meeting, window: Window) -> Iterable[Occurrence]:
    """What begins in the window. Without a zone, floating times and days count that do so anywhere on Earth."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    since, until = window.since or first, window.until or last
    if window.zone:
        yield from occurrences(meeting, since, until, window.zone, earliest=True)
        return
    low = since - _BEHIND if window.since else first
    high = until + _BEFORE if window.until else last
    for each in occurrences(meeting, low, high, "UTC", earliest=True):
        is_floating = each.event.start is None or not each.event.start.zone
        if is_floating or not isinstance(each.starts, datetime) or since <= each.starts <= until:
            yield each


def _event(meeting: Meeting, event: Event, window: Window) -> dict[str, object]:
    start = event.start
    return {
        "method": meeting.method or None,
        "uid": meeting.uid,
        "recurrence_id": _moment(event.recurrence_id, meeting, window),
        "sequence": event.sequence,
        "status": event.status.name,
        "title": event.subject,
        "starts_at": _moment(start, meeting, window),
        "ends_at": _moment(event.end, meeting, window),
        "is_all_day": start is not None and not isinstance(start.local, datetime),
        "time_zone": start.zone or None if start is not None else None,
        "organizer": _address(event.organizer),
        "attendees": [
            {
                "address": _address(each),
                "partstat": each.response.name.replace("_", "-"),
                "role": _ROLES[each.role],
            }
            for each in event.attendees
        ],
    }


def _address(attendee: Attendee | None) -> str | None:
    return attendee.email.lower() or None if attendee is not None else None


def _moment(moment: Moment | None, meeting: Meeting, window: Window) -> str | None:
    if moment is None:
        return None
    return _text(instant_of(moment, meeting, window.zone or "UTC"), not moment.zone, window)


def _text(when: datetime | date, is_floating: bool, window: Window) -> str:
    if not isinstance(when, datetime):
        return when.isoformat()
    text = when.replace(tzinfo=None).isoformat(timespec="seconds")
    return text if is_floating and not window.zone else f"{text}Z"
