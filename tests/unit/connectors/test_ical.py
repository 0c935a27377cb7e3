"""iCalendar to records: what an event says, and what is not one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from connectors.api import AttendeeRole, EventStatus, Meeting, Moment, Response, Unreadable, parse_calendar
from connectors.events import MAX_DATES
from connectors.ical import MAX_ALL, MAX_EVENTS
from tests.unit.connectors.calendars import calendar, meeting, seen, starts

DAY = "DTSTART;VALUE=DATE:20260328"
GUARDED = (
    "https://eur01.safelinks.protection.outlook.com/ap/t-1/"
    "?url=https%3A%2F%2Fteams.microsoft.com%2Fl%2Fmeetup-join%2F2&data=5"
)


def reasons(raw: bytes) -> list[str]:
    return [each.reason for each in parse_calendar(raw, ref="r") if isinstance(each, Unreadable)]


def test_an_event_as_a_whole() -> None:
    raw = calendar(
        """DTSTAMP:20260101T120000Z
        SEQUENCE:3
        DTSTART;TZID=Asia/Tehran:20260328T100000
        DTEND;TZID=Asia/Tehran:20260328T110000
        RRULE:FREQ=DAILY;COUNT=2
        SUMMARY:جلسه\\, دوم\\nخط
        LOCATION:Room 5
        DESCRIPTION:one\\ntwo\\;
        STATUS:TENTATIVE
        TRANSP:TRANSPARENT
        X-MICROSOFT-CDO-BUSYSTATUS:OOF
        CLASS:PRIVATE
        ORGANIZER;CN="Smith, Ann":MAILTO:Ann@x.example
        ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED;ROLE=OPT-PARTICIPANT:mailto:bob@y.example
        ATTENDEE;CUTYPE=GROUP;DELEGATED-TO="mailto:a@x.example","mailto:b@x.example":mailto:team@y.example
        ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-FROM="mailto:c@x.example";ROLE=NON-PARTICIPANT:mailto:d%2Be@y.example
        ATTENDEE;CUTYPE=ROOM;PARTSTAT=X-ODD:urn:uuid:1
        ATTENDEE;EMAIL=f@x.example;ROLE=CHAIR;PARTSTAT=DECLINED:/principals/f
        ATTENDEE;PARTSTAT=TENTATIVE:g@x.example""",
        head="METHOD:request",
    )
    found = meeting(raw)
    (event,) = found.events
    assert (found.method, found.uid, found.size, found.is_truncated) == ("REQUEST", "u@x.example", len(raw), False)
    assert event.start == Moment(datetime(2026, 3, 28, 10), "Asia/Tehran")  # noqa: DTZ001 - wall clock
    assert event.rules == ("FREQ=DAILY;COUNT=2",)
    assert (event.sequence, event.stamped_at) == (3, datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert (event.subject, event.location, event.text) == ("جلسه, دوم خط", "Room 5", "one\ntwo;")
    assert (event.status, event.is_free, event.classification) == (EventStatus.TENTATIVE, True, "private")
    assert event.is_away
    assert event.organizer is not None
    assert (event.organizer.email, event.organizer.name) == ("Ann@x.example", "Smith, Ann")
    assert [(each.email, each.role, each.response) for each in event.attendees] == [
        ("bob@y.example", AttendeeRole.OPTIONAL, Response.ACCEPTED),
        ("team@y.example", AttendeeRole.REQUIRED, Response.NEEDS_ACTION),
        ("d+e@y.example", AttendeeRole.INFORMED, Response.DELEGATED),
        ("", AttendeeRole.RESOURCE, Response.NEEDS_ACTION),
        ("f@x.example", AttendeeRole.CHAIR, Response.DECLINED),
        ("g@x.example", AttendeeRole.REQUIRED, Response.TENTATIVE),
    ]
    assert [each.is_group for each in event.attendees] == [False, True, False, False, False, False]
    assert event.attendees[1].delegated_to == ("a@x.example", "b@x.example")
    assert event.attendees[2].delegated_from == ("c@x.example",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", "public"), ("PUBLIC", "public"), ("confidential", "confidential"), ("PRIVATE", "private"), ("X", "private")],
)
def test_an_unknown_class_is_private(value: str, expected: str) -> None:
    lines = f"{DAY}\nCLASS:{value}" if value else DAY
    assert meeting(calendar(lines)).events[0].classification == expected


@pytest.mark.parametrize(
    ("lines", "url"),
    [
        ("CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://video.example/1", "https://video.example/1"),
        ("X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij", "https://meet.google.com/abc-defg-hij"),
        ("X-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.microsoft.com/l/meetup-join/1", "https://teams.microsoft.com/l/meetup-join/1"),
        ("DESCRIPTION:Join <https://teams.microsoft.com/l/meetup-join/19%3a/0?context=%7b%7d> or", "https://teams.microsoft.com/l/meetup-join/19%3a/0?context=%7b%7d"),
        ("DESCRIPTION:here: https://us02web.zoom.us/j/123?pwd=x\\nand", "https://us02web.zoom.us/j/123?pwd=x"),
        ("LOCATION:https://acme.zoom.us/my/ann", "https://acme.zoom.us/my/ann"),
        ("DESCRIPTION:see https://meet.google.com/abc-defg-hij.", "https://meet.google.com/abc-defg-hij"),
        ("URL:https://acme.webex.com/meet/ann", "https://acme.webex.com/meet/ann"),
        ("X-ALT-DESC;FMTTYPE=text/html:<p>https://meet.jit.si/room</p>", "https://meet.jit.si/room"),
        (f"DESCRIPTION:{GUARDED}", "https://teams.microsoft.com/l/meetup-join/2"),
        ("DESCRIPTION:https://evil.example/teams.microsoft.com/l/meetup-join/1", ""),
        ("DESCRIPTION:https://notzoom.us/j/1 http://acme.zoom.us/j/1", ""),
        ("LOCATION:https://room.example", ""),
    ],
)  # fmt: skip
def test_conference_links(lines: str, url: str) -> None:
    assert meeting(calendar(f"{DAY}\n{lines}")).events[0].conference_url == url


def test_a_file_of_many_is_a_meeting_for_each_uid() -> None:
    raw = calendar(DAY, uid="a") + calendar(DAY, "RECURRENCE-ID;VALUE=DATE:20260329\n" + DAY, uid="b")
    found = parse_calendar(raw, ref="r")
    assert [(each.uid, len(each.events)) for each in found if isinstance(each, Meeting)] == [("a", 1), ("b", 2)]


def test_messages_of_one_stream_stay_apart() -> None:
    raw = calendar(DAY, head="METHOD:REQUEST") + calendar(DAY + "\nSEQUENCE:1", head="METHOD:REQUEST")
    found = [each for each in parse_calendar(raw, ref="r") if isinstance(each, Meeting)]
    assert [each.events[0].sequence for each in found] == [0, 1]


def test_of_two_that_say_they_are_the_same_the_newer_counts() -> None:
    old = f"{DAY}\nSEQUENCE:1\nDTSTAMP:20260101T000000Z\nSUMMARY:old"
    new = f"{DAY}\nSEQUENCE:2\nDTSTAMP:20250101T000000Z\nSUMMARY:new"
    for events in ((old, new), (new, old)):
        assert [each.subject for each in meeting(calendar(*events)).events] == ["new"]


def test_an_event_without_uid_is_named_by_its_content() -> None:
    raw = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260328\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20260329\nEND:VEVENT\n"
    first, second = parse_calendar(raw, ref="r")
    assert isinstance(first, Meeting)
    assert isinstance(second, Meeting)
    assert first.uid != second.uid
    assert first.events[0].uid == first.uid
    assert parse_calendar(raw, ref="r") == (first, second)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it is no calendar"),
        (b"\x00\xff\xfe", "it is no calendar"),
        (b"<html>login</html>", "it is no calendar"),
        (calendar("DTSTART:soon"), "its start is no time"),
        (calendar("DTSTART:20260230"), "its start is no time"),
        (calendar("DTSTART:20260228T250000Z"), "its start is no time"),
        (calendar("SUMMARY:x"), "the meeting has no start"),
        (calendar("DTSTART:20260228\nRECURRENCE-ID:x"), "an exception's RECURRENCE-ID is no time"),
        (calendar(DAY)[:-40], "it is cut off"),
        (calendar(DAY).replace(b"END:VEVENT\r\n", b""), "it is cut off"),
    ],
)
def test_what_cannot_be_read_says_why(raw: bytes, reason: str) -> None:
    assert reasons(raw) == [reason]


def test_a_broken_event_spoils_no_other() -> None:
    raw = calendar("DTSTART:x", uid="a") + calendar(DAY, uid="b")
    assert [type(each) for each in parse_calendar(raw, ref="r")] == [Unreadable, Meeting]


def test_a_calendar_without_events_has_no_meetings() -> None:
    assert parse_calendar(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", ref="r") == ()
    todo = b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:t\r\nDUE:20260328T100000Z\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
    assert parse_calendar(todo, ref="r") == ()
    (task,) = parse_calendar(todo, ref="r", with_tasks=True)
    assert isinstance(task, Meeting)
    assert task.events[0].start == Moment(datetime(2026, 3, 28, 10), "UTC")  # noqa: DTZ001 - wall clock


def test_alarms_and_unknown_parts_are_passed_over() -> None:
    raw = calendar(f"{DAY}\nBEGIN:VALARM\nDESCRIPTION:wake\nDURATION:PT5M\nEND:VALARM\nSUMMARY:right")
    assert meeting(raw).events[0].subject == "right"
    assert meeting(raw).events[0].text == ""


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\r\n"])
def test_line_ends_and_folds(end: str) -> None:
    text = b"SUMMARY:" + "ж".encode()[:1] + b"\n " + "ж".encode()[1:] + b"\n\tz"
    raw = calendar(DAY + "\nX-HERE:1").replace(b"X-HERE:1", text).replace(b"\r\n", b"\n").replace(b"\n", end.encode())
    assert meeting(raw).events[0].subject == "жz"


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "cp1251"])
def test_charsets(charset: str) -> None:
    raw = calendar(
        f"{DAY}\nSUMMARY:Уулзалт маргааш өглөө" if charset != "cp1251" else f"{DAY}\nSUMMARY:Встреча завтра утром"
    )
    found = meeting(raw.decode("utf-8").encode(charset)).events[0].subject
    assert found in ("Уулзалт маргааш өглөө", "Встреча завтра утром")


def test_outlooks_whole_days_are_days() -> None:
    lines = "DTSTART:20260328T000000Z\nDTEND:20260329T000000Z\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE"
    (only,) = seen(calendar(lines))
    assert (only.starts, only.ends) == (date(2026, 3, 28), date(2026, 3, 29))
    assert starts(calendar(lines.replace("T000000Z\nDTEND", "T010000Z\nDTEND"))) == ["2026-03-28T01:00Z"]


def test_a_day_that_ends_with_the_calendar_of_the_language_is_read() -> None:
    lines = "DTSTART;VALUE=DATE:99991230\nDTEND:99991231T235959Z"
    (event,) = meeting(calendar(lines)).events
    assert event.end == Moment(date(9999, 12, 31))


@pytest.mark.parametrize("rule", ["FREQ=NEVER", "FREQ=DAILY;BYMONTH=13", "x"])
def test_a_broken_rule_leaves_the_first_occurrence_and_says_so(rule: str) -> None:
    raw = calendar(f"{DAY}\nRRULE:{rule}")
    assert meeting(raw).is_truncated
    assert starts(raw) == ["2026-03-28"]


def test_limits() -> None:
    many = [f"RECURRENCE-ID;VALUE=DATE:{1000 + n}0101\n{DAY}" for n in range(MAX_EVENTS)]
    assert reasons(calendar(DAY, *many)) == ["the meeting has more than 5,000 exceptions"]
    begun = b"BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n" * (MAX_ALL + 1)
    assert reasons(b"BEGIN:VCALENDAR\r\n" + begun) == ["it holds more than 100,000 events"]
    attendees = "\n".join(f"ATTENDEE:mailto:p{n}@x.example" for n in range(1_001))
    crowded = meeting(calendar(f"{DAY}\n{attendees}"))
    assert (len(crowded.events[0].attendees), crowded.is_truncated) == (1_000, True)
    days = ",".join(["20260328"] * (MAX_DATES + 1))
    assert meeting(calendar(f"{DAY}\nEXDATE;VALUE=DATE:{days}")).is_truncated
    long = meeting(calendar(f"{DAY}\nDESCRIPTION:{'x' * 300_000}"))
    assert (len(long.events[0].text), long.is_truncated) == (256 * 1024, True)
