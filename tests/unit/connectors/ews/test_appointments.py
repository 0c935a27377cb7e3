"""What Exchange tells of a meeting, as a calendar of any other kind tells it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.ews.appointments import exceptions_of, meeting_of, stand_in
from connectors.ews.zones import zone_of
from connectors.meetings import Attendee, AttendeeRole, Event, EventStatus, Meeting, Moment, Response
from connectors.occurrences import occurrences
from connectors.records import Unreadable
from connectors.zones import own_zone
from tests.unit.connectors.ews.calendar_items import TEHRAN, element, item, person, repeated, uid

WEEKLY = "<t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek></t:WeeklyRecurrence>"
DAILY = "<t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence>"
SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)


#: A time without a zone.
wall = datetime.fromisoformat


def deleted(start: str) -> str:
    inside = f"<t:DeletedOccurrence><t:Start>{start}</t:Start></t:DeletedOccurrence>"
    return f"<t:DeletedOccurrences>{inside}</t:DeletedOccurrences>"


def read(found: Meeting | Unreadable) -> Meeting:
    assert isinstance(found, Meeting)
    return found


def event(*more: str, **times: str) -> Event:
    """Of a meeting of its own."""
    (found,) = read(meeting_of("ref", item(uid("m"), *more, **times), (), ["Rep@acme.example"])).events
    return found


def starts(meeting: Meeting, zone: str = "UTC") -> list[datetime | date]:
    return [each.starts for each in occurrences(meeting, SINCE, UNTIL, zone)]


def test_a_meeting_is_told_as_it_was_planned() -> None:
    found = read(
        meeting_of(
            "AAMk=",
            item(
                uid("m"),
                *("<t:Subject>  Offer\n2</t:Subject>", "<t:Location>Room ۳</t:Location>", "<t:Size>1234</t:Size>"),
                "<t:Body>Join: https://teams.microsoft.com/l/meetup-join/19%3a1\r\nsee you</t:Body>",
                "<t:AppointmentSequenceNumber>3</t:AppointmentSequenceNumber>",
                "<t:DateTimeStamp>2026-10-01T12:00:00.1234567Z</t:DateTimeStamp>",
                "<t:Sensitivity>Confidential</t:Sensitivity>",
                "<t:LegacyFreeBusyStatus>OOF</t:LegacyFreeBusyStatus>",
            ),
            (),
            (),
        )
    )
    assert (found.ref, found.uid, found.size) == ("AAMk=", "m", 1234)
    (told,) = found.events
    assert told.start == Moment(wall("2026-11-02T09:00"), "Europe/Berlin")
    assert told.end == Moment(wall("2026-11-02T10:00"), "Europe/Berlin")
    assert (told.subject, told.location, told.sequence) == ("Offer 2", "Room ۳", 3)
    assert told.text == "Join: https://teams.microsoft.com/l/meetup-join/19%3a1\nsee you"
    assert told.conference_url == "https://teams.microsoft.com/l/meetup-join/19%3a1"
    assert told.stamped_at == datetime(2026, 10, 1, 12, tzinfo=UTC)
    assert (told.classification, told.is_away) == ("confidential", True)
    assert (told.organizer, told.attendees, told.status, told.is_free) == (None, (), EventStatus.CONFIRMED, False)


def test_without_a_uid_it_is_known_by_its_place_and_without_a_start_it_is_none() -> None:
    assert read(meeting_of("ref", item(), (), ())).uid == "ref"
    assert meeting_of("ref", element("<t:CalendarItem/>"), (), ()) == Unreadable("ref", "the meeting has no start")
    strange = meeting_of("ref", item(repeated("<t:LunarRecurrence/>")), (), ())
    assert strange == Unreadable("ref", "nobody knows a LunarRecurrence")


@pytest.mark.parametrize(
    ("start", "more", "zone"),
    [
        ("0001-01-01T00:10:00Z", "", '<t:StartTimeZone Id="Pacific Standard Time"/>'),
        ("9999-12-31T23:30:00Z", "", TEHRAN),
        ("9999-12-31T20:30:00Z", "<t:IsAllDayEvent>true</t:IsAllDayEvent>", ""),
    ],
)
def test_a_time_that_no_clock_shows_is_told(start: str, more: str, zone: str) -> None:
    found = meeting_of("ref", item(more, start=start, end=start, zone=zone), (), ())
    assert found == Unreadable("ref", "one of its times lies before the year 1 or after 9999")


@pytest.mark.parametrize(
    ("said", "status", "is_free"),
    [
        ("<t:LegacyFreeBusyStatus>Busy</t:LegacyFreeBusyStatus>", EventStatus.CONFIRMED, False),
        ("<t:LegacyFreeBusyStatus>Free</t:LegacyFreeBusyStatus>", EventStatus.CONFIRMED, True),
        ("<t:LegacyFreeBusyStatus>Tentative</t:LegacyFreeBusyStatus>", EventStatus.TENTATIVE, False),
        ("<t:IsCancelled>true</t:IsCancelled>", EventStatus.CANCELLED, False),
        ("<t:IsCancelled>false</t:IsCancelled>", EventStatus.CONFIRMED, False),
    ],
)
def test_status(said: str, status: EventStatus, is_free: bool) -> None:
    told = event(said)
    assert (told.status, told.is_free) == (status, is_free)


@pytest.mark.parametrize(
    ("said", "classification"),
    [
        ("Normal", "public"),
        ("Personal", "private"),
        ("Private", "private"),
        ("Confidential", "confidential"),
        ("?", "private"),
    ],
)
def test_sensitivity(said: str, classification: str) -> None:
    assert event(f"<t:Sensitivity>{said}</t:Sensitivity>").classification == classification


def test_who_takes_part() -> None:
    organizer = (
        "<t:Organizer><t:Mailbox><t:Name>Ann Li</t:Name><t:EmailAddress>ann@client.example</t:EmailAddress>"
        "<t:RoutingType>SMTP</t:RoutingType></t:Mailbox></t:Organizer>"
    )
    required = person("rep@ACME.example", name="Rep") + person("bob@client.example", "Accept")
    group = person("team@client.example", "NoResponseReceived", kind="PublicDL")
    directory = person("/O=ACME/OU=X/CN=CARL", "Decline", name="Carl").replace(">SMTP<", ">EX<")
    told = event(
        "<t:IsMeeting>true</t:IsMeeting><t:MyResponseType>Tentative</t:MyResponseType>" + organizer,
        f"<t:RequiredAttendees>{required}{directory}</t:RequiredAttendees>",
        f"<t:OptionalAttendees>{group}</t:OptionalAttendees>",
        f"<t:Resources>{person('room@acme.example', 'Accept')}</t:Resources>",
    )
    assert told.organizer == Attendee(email="ann@client.example", name="Ann Li", response=Response.ACCEPTED)
    assert told.attendees == (
        Attendee(email="rep@ACME.example", name="Rep", response=Response.TENTATIVE),
        Attendee(email="bob@client.example", response=Response.ACCEPTED),
        Attendee(email="", name="Carl", response=Response.DECLINED),
        Attendee(email="team@client.example", role=AttendeeRole.OPTIONAL, is_group=True),
        Attendee(email="room@acme.example", role=AttendeeRole.RESOURCE, response=Response.ACCEPTED),
    )


def test_days_are_days_wherever_they_were_entered() -> None:
    whole = "<t:IsAllDayEvent>true</t:IsAllDayEvent>"
    for zone, start, end in (
        (TEHRAN, "2026-11-01T20:30:00Z", "2026-11-03T20:30:00Z"),
        ('<t:StartTimeZone Id="Pacific Standard Time"/>', "2026-11-02T08:00:00Z", "2026-11-04T08:00:00Z"),
        ("", "2026-11-01T23:00:00Z", "2026-11-03T23:00:00Z"),
        ("", "2026-11-02T05:00:00Z", "2026-11-04T05:00:00Z"),
    ):
        told = event(whole, start=start, end=end, zone=zone)
        assert (told.start, told.end) == (Moment(date(2026, 11, 2)), Moment(date(2026, 11, 4)))


def test_a_time_without_a_zone_and_one_of_the_hour_that_comes_twice_are_utc() -> None:
    assert event(zone="").start == Moment(wall("2026-11-02T08:00"), "UTC")
    twice = event(start="2026-10-25T01:30:00Z", end="2026-10-25T02:30:00Z")
    assert twice.start == Moment(wall("2026-10-25T01:30"), "UTC")


def test_a_series_keeps_its_hour_over_the_change_of_clocks_and_leaves_out_what_was_deleted() -> None:
    count = "<t:StartDate>2026-10-12</t:StartDate><t:NumberOfOccurrences>5</t:NumberOfOccurrences>"
    end = f"<t:NumberedRecurrence>{count}</t:NumberedRecurrence>"
    series = item(
        uid("s"),
        repeated(WEEKLY, end),
        deleted("2026-10-26T08:00:00Z"),
        start="2026-10-12T07:00:00Z",
        end="2026-10-12T08:00:00Z",
    )
    found = read(meeting_of("ref", series, (), ()))
    days = (wall("2026-10-12T07:00"), wall("2026-10-19T07:00"), wall("2026-11-02T08:00"), wall("2026-11-09T08:00"))
    assert starts(found) == [day.replace(tzinfo=UTC) for day in days]


def test_an_occurrence_that_was_moved_stands_for_the_one_it_was() -> None:
    ids = "".join(
        f"<t:Occurrence><t:ItemId Id='{name}'/><t:Start>2026-11-10T08:00:00Z</t:Start>"
        "<t:End>2026-11-10T09:00:00Z</t:End>"
        "<t:OriginalStart>2026-11-09T08:00:00Z</t:OriginalStart></t:Occurrence>"
        for name in ("a", "a", "b")
    )
    series = item(uid("s"), repeated(WEEKLY), f"<t:ModifiedOccurrences>{ids}</t:ModifiedOccurrences>")
    assert list(exceptions_of(series)) == ["a", "b"]
    moved = item(
        "<t:OriginalStart>2026-11-09T08:00:00Z</t:OriginalStart><t:Subject>moved</t:Subject>",
        start="2026-11-10T12:00:00Z",
        end="2026-11-10T13:00:00Z",
        zone="",
    )
    found = read(meeting_of("ref", series, [moved], ()))
    assert found.events[1].recurrence_id == Moment(wall("2026-11-09T09:00"), "Europe/Berlin")
    assert found.events[1].start == Moment(wall("2026-11-10T13:00"), "Europe/Berlin")
    told = [(each.recurrence_id, each.event.subject) for each in occurrences(found, SINCE, UNTIL, "UTC")][:3]
    assert told == [("2026-11-02T08:00:00Z", ""), ("2026-11-09T08:00:00Z", "moved"), ("2026-11-16T08:00:00Z", "")]
    unread = stand_in(series, exceptions_of(series)["b"])
    (_master, known) = read(meeting_of("ref", series, [unread], ())).events
    assert known.recurrence_id == found.events[1].recurrence_id
    assert (known.start, known.rules) == (Moment(wall("2026-11-10T09:00"), "Europe/Berlin"), ())
    nameless = meeting_of("ref", series, [item()], ())
    assert nameless == Unreadable("ref", "an exception does not say what it stands for")


def test_who_was_asked_to_one_occurrence_alone_has_that_one() -> None:
    alone = (
        "<t:RecurrenceId>2026-11-09T08:00:00Z</t:RecurrenceId><t:OriginalStart>2026-11-10T12:00:00Z</t:OriginalStart>"
    )
    (told,) = read(meeting_of("ref", item(uid("s"), alone), (), ())).events
    assert told.recurrence_id == Moment(wall("2026-11-09T09:00"), "Europe/Berlin")


def test_a_series_of_days_is_left_out_and_moved_by_days() -> None:
    whole = "<t:IsAllDayEvent>true</t:IsAllDayEvent>"
    days = "<t:StartDate>2026-11-02</t:StartDate><t:EndDate>2026-11-05</t:EndDate>"
    end = f"<t:EndDateRecurrence>{days}</t:EndDateRecurrence>"
    times = {"start": "2026-11-01T20:30:00Z", "end": "2026-11-02T20:30:00Z", "zone": TEHRAN}
    series = item(uid("s"), whole, repeated(DAILY, end), deleted("2026-11-02T20:30:00Z"), **times)
    timed = item(
        "<t:OriginalStart>2026-11-03T20:30:00Z</t:OriginalStart>",
        start="2026-11-04T06:00:00Z",
        end="2026-11-04T07:00:00Z",
        zone=TEHRAN,
    )
    found = read(meeting_of("ref", series, [timed], ()))
    assert found.events[1].recurrence_id == Moment(date(2026, 11, 4))
    assert starts(found, "Asia/Tehran") == [date(2026, 11, 2), datetime(2026, 11, 4, 6, tzinfo=UTC), date(2026, 11, 5)]


CUSTOM = """
<t:StartTimeZone Id="tzone://Microsoft/Custom" Name="Berlin as a program wrote it">
  <t:Periods>
    <t:Period Bias="-PT60M" Name="Standard" Id="std"/><t:Period Bias="-PT120M" Name="Daylight" Id="dlt"/>
  </t:Periods>
  <t:TransitionsGroups><t:TransitionsGroup Id="0">
    <t:RecurringDayTransition><t:To Kind="Period">dlt</t:To><t:TimeOffset>PT2H</t:TimeOffset><t:Month>3</t:Month>
      <t:DayOfWeek>Sunday</t:DayOfWeek><t:Occurrence>-1</t:Occurrence></t:RecurringDayTransition>
    <t:RecurringDayTransition><t:To Kind="Period">std</t:To><t:TimeOffset>PT3H</t:TimeOffset><t:Month>10</t:Month>
      <t:DayOfWeek>Sunday</t:DayOfWeek><t:Occurrence>-1</t:Occurrence></t:RecurringDayTransition>
  </t:TransitionsGroup></t:TransitionsGroups>
  <t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition></t:Transitions>
</t:StartTimeZone>
"""


def test_a_zone_that_a_program_made_up_is_explained_by_its_changes() -> None:
    found = zone_of(element(CUSTOM))
    assert found is not None
    where = own_zone(found.vtimezone)
    assert where is not None
    berlin = ZoneInfo("Europe/Berlin")
    for hours in range(0, 24 * 366 * 20, 7):
        when = datetime(2010, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        assert when.astimezone(where).utcoffset() == when.astimezone(berlin).utcoffset(), when


def test_a_series_in_such_a_zone_keeps_its_hour() -> None:
    series = item(uid("s"), repeated(WEEKLY), start="2026-10-12T07:00:00Z", end="2026-10-12T08:00:00Z", zone=CUSTOM)
    found = read(meeting_of("ref", series, (), ()))
    ((name, _text),) = found.zones
    assert found.events[0].start == Moment(wall("2026-10-12T09:00"), name)
    days = (wall("2026-10-12T07:00"), wall("2026-10-19T07:00"), wall("2026-10-26T08:00"))
    assert starts(found)[:3] == [day.replace(tzinfo=UTC) for day in days]


FIXED = '<t:StartTimeZone Id="x"><t:Periods><t:Period Bias="{bias}" Name="p" Id="p"/></t:Periods></t:StartTimeZone>'


def test_a_zone_of_one_offset() -> None:
    found = zone_of(element(FIXED.format(bias="-PT3H30M")))
    assert found is not None
    where = own_zone(found.vtimezone)
    assert where is not None
    assert datetime(2026, 7, 1, tzinfo=UTC).astimezone(where).utcoffset() == timedelta(hours=3, minutes=30)


@pytest.mark.parametrize("bias", ["", "-PT25H", "an hour", "-PT٣H"])
def test_a_zone_that_makes_no_sense_is_none(bias: str) -> None:
    assert zone_of(element(FIXED.format(bias=bias))) is None
    assert zone_of(element(CUSTOM.replace("<t:Month>3<", "<t:Month>13<"))) is None
    assert zone_of(None) is None
