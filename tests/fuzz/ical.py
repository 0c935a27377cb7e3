"""Calendars: meetings within their limits or a reason; the same twice; occurrences in order, within their window."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from connectors.api import Meeting, Unreadable, instant_of, occurrences, parse_calendar
from connectors.ical import MAX_EVENTS
from connectors.occurrences import MAX_OCCURRENCES
from tests.fuzz.sound import check_sound
from tests.unit.connectors.calendars import calendar

SINCE, UNTIL = datetime(2021, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_OWN = (
    "BEGIN:VTIMEZONE\nTZID:own\nBEGIN:STANDARD\nDTSTART:20200101T000000\nTZOFFSETFROM:+0330\nTZOFFSETTO:+0430\n"
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:STANDARD\nEND:VTIMEZONE"
)
SEEDS = (
    calendar(
        "DTSTART:20260301T100000Z\nDTEND:20260301T110000Z\nSUMMARY:A\nATTENDEE;PARTSTAT=ACCEPTED:mailto:a@x.example"
    ),
    calendar("DTSTART;TZID=own:20260101T100000\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=30\nDURATION:PT1H", head=_OWN),
    calendar(
        "DTSTART;TZID=Asia/Tehran:20260320T100000\nRRULE:FREQ=DAILY;UNTIL=20260401T000000Z\nEXDATE:20260322T063000Z",
        "RECURRENCE-ID;TZID=Asia/Tehran:20260321T100000\nDTSTART:20260321T120000Z\nSTATUS:CANCELLED",
    ),
    calendar("DTSTART;VALUE=DATE:20260301\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1;INTERVAL=2\nRDATE;VALUE=DATE:20260305"),
    calendar(
        "DTSTART:20260301T100000Z\nRRULE:FREQ=HOURLY;COUNT=50\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260301T120000Z"
    ),
)
WORDS = (
    *(
        b"\r\n",
        b"\n ",
        b"BEGIN:VEVENT\n",
        b"END:VEVENT\n",
        b"BEGIN:VALARM\n",
        b"BEGIN:VTODO\n",
        b"END:VCALENDAR\n",
        b"UID:u",
    ),
    *(
        b"DTSTART",
        b"DTEND",
        b"DUE",
        b"DURATION:",
        b"RRULE:",
        b"RDATE",
        b"EXDATE",
        b"RECURRENCE-ID",
        b"DTSTAMP:",
        b"METHOD:REPLY",
    ),
    *(
        b";TZID=own",
        b";TZID=Asia/Tehran",
        b";VALUE=DATE",
        b";VALUE=PERIOD",
        b";RANGE=THISANDFUTURE",
        b';X="',
        b";TZID=\0",
    ),
    *(
        b":00010101T000000Z",
        b":99991231T235959",
        b":20260328T100000/PT1H",
        b"P1W",
        b"-P1D",
        b"PT99999999H",
        b"\xff",
        b"\\n",
    ),
    *(
        b"FREQ=SECONDLY",
        b"FREQ=YEARLY;BYWEEKNO=53",
        b"FREQ=DAILY",
        b";INTERVAL=99999999",
        b";BYSETPOS=-1",
        b";BYDAY=-5SU",
    ),
    *(
        b";UNTIL=99991231",
        b";COUNT=99999",
        b";BYYEARDAY=366",
        b";BYHOUR=25",
        b"TZOFFSETTO:-2359",
        b"TZOFFSETFROM:+9999",
    ),
    *(
        b"X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
        b"ATTENDEE:mailto:",
        b'ORGANIZER;CN="',
        b"SEQUENCE:",
        b"STATUS:CANCELLED",
        b"CLASS:",
    ),
)
FOUND: dict[str, bytes] = {}


def check(raw: bytes) -> None:
    """Raise AssertionError, or what a parser raises, where something is wrong."""
    found = parse_calendar(raw, ref="r", with_tasks=True)
    assert parse_calendar(raw, ref="r", with_tasks=True) == found
    check_sound(found)
    for each in found:
        if isinstance(each, Unreadable):
            assert each.reason
            continue
        assert each.uid
        assert 0 < len(each.events) <= MAX_EVENTS
        for zone in ("Asia/Tehran", "America/New_York"):
            _check_times(each, zone)


def _check_times(meeting: Meeting, zone: str) -> None:
    for event in meeting.events:
        if event.start is not None:
            check_sound(instant_of(event.start, meeting, zone))
    within = list(occurrences(meeting, SINCE, UNTIL, zone))
    assert within == list(occurrences(meeting, SINCE, UNTIL, zone))
    assert len(within) <= MAX_OCCURRENCES
    check_sound([(each.recurrence_id, each.starts, each.ends) for each in within])
    keys = [each.recurrence_id for each in within if each.recurrence_id]
    assert len(keys) == len(set(keys)), "an occurrence twice"
    for each in within:
        assert type(each.starts) is type(each.ends)
        assert each.starts <= each.ends
        assert _day(SINCE) <= _day(each.starts) <= _day(UNTIL) or not isinstance(each.starts, datetime)
    whole = list(occurrences(meeting, _FIRST, _LAST, zone, earliest=True))
    assert [_instant(each.starts) for each in whole if isinstance(each.starts, datetime)] == sorted(
        _instant(each.starts) for each in whole if isinstance(each.starts, datetime)
    )


def _day(when: date) -> date:
    return when.date() if isinstance(when, datetime) else when


def _instant(when: date) -> datetime:
    return when if isinstance(when, datetime) else datetime.combine(when, time(), tzinfo=UTC)
