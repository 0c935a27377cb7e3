"""Meetings of the demo, as the mails that invite to them, move and cancel them (RFC 5546, RFC 6047)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from daemon.demo.clients import AHMED, MARYAM
from daemon.demo.company import BAT, DOMAIN, SARA, Address
from daemon.demo.letter import Letter
from daemon.demo.surroundings import Sent

_SUBJECT = "Pump trial: weekly review"
_AHEAD = "Visit to the farm"
_BOTH = (MARYAM.address, BAT.address)


def planned(end: datetime) -> Iterator[Sent]:
    """A weekly meeting with one that was moved and one that was cancelled, and one to come; up to `end` (aware)."""
    zone = ZoneInfo(SARA.time_zone)
    first = (end - timedelta(days=43)).astimezone(zone).replace(hour=10, minute=0, second=0, microsecond=0, tzinfo=None)
    moved, dropped = first + timedelta(days=14), first + timedelta(days=28)
    steps = (
        ("REQUEST", "", first, first, 0, "RRULE:FREQ=WEEKLY;COUNT=10\n"),
        ("REQUEST", "Moved: ", moved + timedelta(days=1, hours=4), moved, 1, ""),
        ("CANCEL", "Cancelled: ", dropped, dropped, 1, "STATUS:CANCELLED\n"),
    )
    for number, (method, prefix, start, occurrence, sequence, more) in enumerate(steps):
        sent_at = (occurrence - timedelta(days=3)).replace(tzinfo=zone)
        named = "" if not number else f"RECURRENCE-ID;TZID={SARA.time_zone}:{occurrence:%Y%m%dT%H%M%S}\n"
        yield from _sent(method, f"review@{DOMAIN}", prefix, _SUBJECT, sent_at, start, _BOTH, sequence, named + more)
    visit = first + timedelta(days=56)
    sent_at = (end - timedelta(days=4)).astimezone(zone)
    yield from _sent("REQUEST", f"visit@{DOMAIN}", "", _AHEAD, sent_at, visit, (AHMED.address,), 0, "LOCATION:Al Ain\n")


def _sent(
    method: str,
    uid: str,
    prefix: str,
    subject: str,
    sent_at: datetime,
    start: datetime,
    to: tuple[Address, ...],
    sequence: int,
    more: str,
) -> Iterator[Sent]:
    letter = Letter(
        sender=SARA.address,
        to=to,
        sent_at=sent_at,
        subject=prefix + subject,
        text=f"{subject}, {start:%Y-%m-%d %H:%M} {SARA.time_zone}",
        message_id=f"{method.lower()}-{sequence}-{uid}",
        calendar=_object(method, uid, subject, sent_at, start, to, sequence, more),
        method=method,
    )
    yield Sent(SARA.account, "Sent", letter)
    if BAT.address in to:
        yield Sent(BAT.account, "INBOX", letter)


def _object(
    method: str,
    uid: str,
    subject: str,
    sent_at: datetime,
    start: datetime,
    to: tuple[Address, ...],
    sequence: int,
    more: str,
) -> str:
    answers = "".join(f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{each.email}\n" for each in to)
    times = f"DTSTART;TZID={SARA.time_zone}:{start:%Y%m%dT%H%M%S}\nDURATION:PT1H\n"
    return (
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//{DOMAIN}//demo\nMETHOD:{method}\nBEGIN:VEVENT\nUID:{uid}\n"
        f"SEQUENCE:{sequence}\nDTSTAMP:{sent_at.astimezone(UTC):%Y%m%dT%H%M%SZ}\n{times}{more}SUMMARY:{subject}\n"
        f"ORGANIZER:mailto:{SARA.address.email}\n{answers}END:VEVENT\nEND:VCALENDAR\n"
    )
