"""Calendars for tests, made of lines, and what is read of them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from connectors.api import Meeting, Occurrence, occurrences, parse_calendar

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, tzinfo=UTC)


def calendar(*events: str, head: str = "", uid: str = "u@x.example") -> bytes:
    """A VCALENDAR; each event is given by its lines, without BEGIN, END and UID."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *head.split("\n")]
    for event in events:
        lines += ["BEGIN:VEVENT", f"UID:{uid}", *(line.strip() for line in event.strip().split("\n")), "END:VEVENT"]
    return "\r\n".join([*filter(None, lines), "END:VCALENDAR", ""]).encode("utf-8")


def meeting(raw: bytes) -> Meeting:
    """The one meeting in it."""
    (found,) = parse_calendar(raw, ref="1")
    assert isinstance(found, Meeting), found
    return found


def seen(raw: bytes, *, zone: str = "UTC", since: datetime = FIRST, until: datetime = LAST) -> list[Occurrence]:
    """Its occurrences, the first thousand."""
    return list(occurrences(meeting(raw), since, until, zone, earliest=True))


def starts(raw: bytes, *, zone: str = "UTC", since: datetime = FIRST, until: datetime = LAST) -> list[str]:
    """When they begin."""
    return [text(each.starts) for each in seen(raw, zone=zone, since=since, until=until)]


def text(when: datetime | date) -> str:
    """As keys have it, without seconds."""
    return when.strftime("%Y-%m-%dT%H:%MZ") if isinstance(when, datetime) else when.isoformat()
