"""When meetings take place: series, exceptions, clock changes, days, and what programs make of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.api import EventStatus, occurrences
from tests.unit.connectors.calendars import calendar, meeting, seen, starts, text

WEEKLY = """DTSTART;TZID=Europe/Berlin:20260105T100000
DTEND;TZID=Europe/Berlin:20260105T110000
SUMMARY:weekly"""


def test_a_single_meeting_is_no_part_of_a_series() -> None:
    (only,) = seen(calendar("DTSTART:20260105T100000Z\nDTEND:20260105T113000Z"))
    assert only.recurrence_id == ""
    assert only.starts == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert only.ends == datetime(2026, 1, 5, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "first", "rule", "expected"),
    [
        # New York, 8 March and 1 November 2026
        ("America/New_York", "20260301T090000", "WEEKLY;COUNT=3", ["03-01T14:00", "03-08T13:00", "03-15T13:00"]),
        ("America/New_York", "20261025T090000", "WEEKLY;COUNT=3", ["10-25T13:00", "11-01T14:00", "11-08T14:00"]),
        # the hour that is left out, and the one that comes twice
        ("America/New_York", "20260307T023000", "DAILY;COUNT=3", ["03-07T07:30", "03-08T07:30", "03-09T06:30"]),
        ("America/New_York", "20261031T013000", "DAILY;COUNT=3", ["10-31T05:30", "11-01T05:30", "11-02T06:30"]),
        ("Europe/Berlin", "20260328T100000", "DAILY;COUNT=2", ["03-28T09:00", "03-29T08:00"]),
        ("Asia/Ulaanbaatar", "20260328T100000", "DAILY;COUNT=2", ["03-28T02:00", "03-29T02:00"]),
        ("Asia/Riyadh", "20260328T100000", "DAILY;COUNT=2", ["03-28T07:00", "03-29T07:00"]),
        # Iran gave up its summer time: 2023 begins with the hour of winter and keeps it
        ("Asia/Tehran", "20260320T100000", "DAILY;COUNT=3", ["03-20T06:30", "03-21T06:30", "03-22T06:30"]),
    ],
)
def test_a_series_keeps_its_hour(zone: str, first: str, rule: str, expected: list[str]) -> None:
    raw = calendar(f"DTSTART;TZID={zone}:{first}\nRRULE:FREQ={rule}")
    assert starts(raw) == [f"2026-{each}Z" for each in expected]


def test_a_series_in_tehran_goes_on_after_its_last_summer_time() -> None:
    raw = calendar("DTSTART;TZID=Asia/Tehran:20220920T100000\nRRULE:FREQ=DAILY;COUNT=4")
    expected = ["2022-09-20T05:30Z", "2022-09-21T05:30Z", "2022-09-22T06:30Z", "2022-09-23T06:30Z"]
    assert starts(raw) == expected
    raw = calendar("DTSTART;TZID=Asia/Tehran:20220920T100000\nRRULE:FREQ=MONTHLY;BYMONTHDAY=20", head="")
    assert starts(raw, since=datetime(2023, 6, 1, tzinfo=UTC), until=datetime(2023, 7, 1, tzinfo=UTC)) == [
        "2023-06-20T06:30Z"
    ]


def test_ulaanbaatar_had_summer_time_until_2016() -> None:
    raw = calendar("DTSTART;TZID=Asia/Ulaanbaatar:20160320T100000\nRRULE:FREQ=MONTHLY;COUNT=2")
    assert starts(raw) == ["2016-03-20T02:00Z", "2016-04-20T01:00Z"]
    raw = calendar("DTSTART;TZID=Asia/Ulaanbaatar:20170320T100000\nRRULE:FREQ=MONTHLY;COUNT=2")
    assert starts(raw) == ["2017-03-20T02:00Z", "2017-04-20T02:00Z"]


def test_exceptions_stand_for_their_occurrences() -> None:
    raw = calendar(
        WEEKLY + "\nRRULE:FREQ=WEEKLY;COUNT=4",
        "RECURRENCE-ID;TZID=Europe/Berlin:20260112T100000\nDTSTART:20260113T080000Z\nDTEND:20260113T090000Z",
        "RECURRENCE-ID:20260119T090000Z\nDTSTART;TZID=Europe/Berlin:20260119T100000\nSTATUS:CANCELLED",
    )
    found = seen(raw)
    assert [(each.recurrence_id, text(each.starts)) for each in found] == [
        ("2026-01-05T09:00:00Z", "2026-01-05T09:00Z"),
        ("2026-01-12T09:00:00Z", "2026-01-13T08:00Z"),
        ("2026-01-19T09:00:00Z", "2026-01-19T09:00Z"),
        ("2026-01-26T09:00:00Z", "2026-01-26T09:00Z"),
    ]
    assert [each.event.status for each in found][2] is EventStatus.CANCELLED


def test_an_exception_moves_in_and_out_of_the_window() -> None:
    raw = calendar(
        WEEKLY + "\nRRULE:FREQ=WEEKLY;COUNT=4",
        "RECURRENCE-ID;TZID=Europe/Berlin:20260112T100000\nDTSTART:20260301T080000Z",
    )
    assert starts(raw, until=datetime(2026, 1, 20, tzinfo=UTC)) == ["2026-01-05T09:00Z", "2026-01-19T09:00Z"]
    assert starts(raw, since=datetime(2026, 2, 1, tzinfo=UTC)) == ["2026-03-01T08:00Z"]


def test_exceptions_alone_take_place() -> None:
    raw = calendar("RECURRENCE-ID:20260112T090000Z\nDTSTART:20260112T100000Z")
    assert [each.recurrence_id for each in seen(raw)] == ["2026-01-12T09:00:00Z"]


def test_further_times_and_those_left_out() -> None:
    raw = calendar(
        WEEKLY + "\nRRULE:FREQ=WEEKLY;COUNT=3"
        "\nRDATE;TZID=Europe/Berlin:20260107T150000,20260105T100000"
        "\nRDATE;VALUE=PERIOD:20260108T100000Z/PT3H,20260109T100000Z/20260109T120000Z"
        "\nEXDATE:20260112T090000Z\nEXDATE;TZID=Europe/Berlin:20260120T100000"
    )
    found = seen(raw)
    assert [text(each.starts) for each in found] == [
        "2026-01-05T09:00Z",
        "2026-01-07T14:00Z",
        "2026-01-08T10:00Z",
        "2026-01-09T10:00Z",
        "2026-01-19T09:00Z",
    ]
    assert [text(each.ends)[11:16] for each in found] == ["10:00", "15:00", "13:00", "12:00", "10:00"]


@pytest.mark.parametrize("left_out", ["EXDATE;VALUE=DATE:20260112", "EXDATE:20260112T100000", "EXDATE:20260112"])
def test_what_is_left_out_may_be_told_as_a_day_or_without_a_zone(left_out: str) -> None:
    raw = calendar(f"{WEEKLY}\nRRULE:FREQ=WEEKLY;COUNT=3\n{left_out}")
    assert starts(raw) == ["2026-01-05T09:00Z", "2026-01-19T09:00Z"]


def test_this_and_future_moves_and_renames_what_follows() -> None:
    raw = calendar(
        WEEKLY + "\nRRULE:FREQ=WEEKLY;COUNT=5",
        """RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260119T100000
        DTSTART;TZID=Europe/Berlin:20260120T140000
        DTEND;TZID=Europe/Berlin:20260120T160000
        SUMMARY:later""",
        "RECURRENCE-ID;TZID=Europe/Berlin:20260202T100000\nDTSTART:20260202T200000Z\nSUMMARY:once",
    )
    found = seen(raw)
    assert [(text(each.starts), each.event.subject) for each in found] == [
        ("2026-01-05T09:00Z", "weekly"),
        ("2026-01-12T09:00Z", "weekly"),
        ("2026-01-20T13:00Z", "later"),
        ("2026-01-27T13:00Z", "later"),
        ("2026-02-02T20:00Z", "once"),
    ]
    assert isinstance(found[3].ends, datetime)
    assert found[3].ends == datetime(2026, 1, 27, 15, tzinfo=UTC)
    assert found[3].recurrence_id == "2026-01-26T09:00:00Z"


def test_a_series_that_was_moved_keeps_its_new_hour_over_clock_changes() -> None:
    raw = calendar(
        "DTSTART;TZID=Europe/Berlin:20260316T100000\nRRULE:FREQ=WEEKLY;COUNT=4",
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260323T100000\nDTSTART;TZID=Europe/Berlin:20260323T120000",
    )
    assert starts(raw) == ["2026-03-16T09:00Z", "2026-03-23T11:00Z", "2026-03-30T10:00Z", "2026-04-06T10:00Z"]


def test_at_the_end_of_time_nothing_is_moved_beyond_it() -> None:
    raw = calendar(
        "DTSTART;VALUE=DATE:99971230\nDTEND;VALUE=DATE:99990101\nRRULE:FREQ=YEARLY\nRDATE;VALUE=DATE:99991231",
        "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:99971230\nDTSTART;VALUE=DATE:99981230",
    )
    assert starts(raw, until=datetime.max.replace(tzinfo=UTC))[-1] == "9999-12-31"


def test_days_are_days() -> None:
    raw = calendar("DTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260330\nRRULE:FREQ=DAILY;COUNT=2")
    found = seen(raw, zone="America/New_York")
    assert [(each.recurrence_id, each.starts, each.ends) for each in found] == [
        ("2026-03-28", date(2026, 3, 28), date(2026, 3, 30)),
        ("2026-03-29", date(2026, 3, 29), date(2026, 3, 31)),
    ]


def test_a_day_begins_at_the_midnight_of_who_looks() -> None:
    raw = calendar("DTSTART;VALUE=DATE:20260328")
    midnight = datetime(2026, 3, 28, tzinfo=UTC)
    assert starts(raw, zone="Asia/Tehran", until=midnight) == ["2026-03-28"]
    assert starts(raw, zone="America/New_York", until=midnight) == []
    assert starts(raw, zone="America/New_York", since=midnight + timedelta(hours=4)) == ["2026-03-28"]


def test_a_day_of_a_zone_begins_there() -> None:
    raw = calendar("DTSTART;TZID=Asia/Tokyo;VALUE=DATE:20260328")
    assert starts(raw, until=datetime(2026, 3, 27, 15, tzinfo=UTC)) == ["2026-03-28"]
    assert starts(raw, until=datetime(2026, 3, 27, 14, tzinfo=UTC)) == []


def test_a_time_without_a_zone_is_of_who_looks() -> None:
    raw = calendar("DTSTART:20260328T100000\nDURATION:PT30M")
    assert starts(raw, zone="Asia/Tehran") == ["2026-03-28T06:30Z"]
    assert starts(raw, zone="America/New_York") == ["2026-03-28T14:00Z"]
    assert starts(raw, zone="No/Where") == ["2026-03-28T10:00Z"]


@pytest.mark.parametrize(
    ("lines", "ends"),
    [
        ("DTSTART:20260328T100000Z", "2026-03-28T10:00Z"),
        ("DTSTART:20260328T100000Z\nDTEND:20260328T090000Z", "2026-03-28T10:00Z"),
        ("DTSTART:20260328T100000Z\nDTEND;TZID=Asia/Tehran:20260328T100000", "2026-03-28T10:00Z"),
        ("DTSTART:20260328T100000Z\nDURATION:-PT1H", "2026-03-28T10:00Z"),
        ("DTSTART;VALUE=DATE:20260328", "2026-03-29"),
        ("DTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260328", "2026-03-29"),
        ("DTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260320", "2026-03-29"),
        ("DTSTART;VALUE=DATE:20260328\nDURATION:P3D", "2026-03-31"),
        ("DTSTART;VALUE=DATE:20260328\nDTEND:20260329T120000Z", "2026-03-30"),
        # a day and an hour over a clock change: the day is one of the calendar, the hour exact
        ("DTSTART;TZID=Europe/Berlin:20260328T100000\nDURATION:P1DT1H", "2026-03-29T09:00Z"),
        ("DTSTART;TZID=Europe/Berlin:20260329T010000\nDURATION:PT2H", "2026-03-29T02:00Z"),
        ("DTSTART:99991231T100000Z\nDURATION:P9W", "9999-12-31T10:00Z"),
    ],
)
def test_ends(lines: str, ends: str) -> None:
    (only,) = seen(calendar(lines), until=datetime.max.replace(tzinfo=UTC))
    assert text(only.ends) == ends


@pytest.mark.parametrize(
    ("start", "until", "count"),
    [
        (":20260105T100000Z", "20260107T100000Z", 3),
        (":20260105T100000Z", "20260107T095959Z", 2),
        (";TZID=Asia/Tehran:20260105T100000", "20260107T063000Z", 3),
        (";TZID=Asia/Tehran:20260105T100000", "20260107T062959Z", 2),
        (";TZID=Asia/Tehran:20260105T100000", "20260107", 3),
        (":20260105T100000", "20260107T100000Z", 3),
        (";VALUE=DATE:20260105", "20260107", 3),
        (";VALUE=DATE:20260105", "20260107T000000Z", 3),
    ],
)
def test_until_is_the_last(start: str, until: str, count: int) -> None:
    raw = calendar(f"DTSTART{start}\nRRULE:FREQ=DAILY;UNTIL={until}")
    assert len(starts(raw, zone="America/New_York")) == count


def test_of_too_many_the_last_are_given() -> None:
    daily = meeting(calendar("DTSTART:20000101T100000Z\nRRULE:FREQ=DAILY"))
    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    found = list(occurrences(daily, since, until, "UTC"))
    assert len(found) == 1_000
    assert found[-1].starts == datetime(2025, 12, 31, 10, tzinfo=UTC)
    first = list(occurrences(daily, since, until, "UTC", earliest=True))
    assert len(first) == 1_000
    assert first[0].starts == datetime(2020, 1, 1, 10, tzinfo=UTC)


def test_a_rule_of_seconds_gives_its_first_hundred_times() -> None:
    raw = calendar("DTSTART:20260101T100000Z\nRRULE:FREQ=SECONDLY")
    assert len(seen(raw)) == 100
    assert seen(raw, since=datetime(2026, 1, 2, tzinfo=UTC)) == []
    assert len(seen(calendar("DTSTART:20260101T100000Z\nRRULE:FREQ=HOURLY;COUNT=50"))) == 50


_TEHRAN = "DTSTART;TZID=Asia/Tehran:20260105T100000\nDTEND;TZID=Asia/Tehran:20260105T110000\nRRULE:FREQ=DAILY;COUNT=2"


@pytest.mark.parametrize(
    ("series", "exception", "expected"),
    [
        # Cyrus writes the second of them
        (
            _TEHRAN,
            "RECURRENCE-ID:20260106T100000\nDTSTART:20260106T120000\nDTEND:20260106T130000",
            ["2026-01-05T06:30Z", "2026-01-06T08:30Z"],
        ),
        (
            _TEHRAN.replace(";TZID=Asia/Tehran", ""),
            "RECURRENCE-ID:20260106T100000\nDTSTART:20260106T120000\nDTEND:20260106T130000",
            ["2026-01-05T15:00Z", "2026-01-06T17:00Z"],
        ),
        (
            _TEHRAN,
            "RECURRENCE-ID;TZID=Asia/Tehran:20260106T100000\nDTSTART:20260106T120000",
            ["2026-01-05T06:30Z", "2026-01-06T08:30Z"],
        ),
        # a zone of its own counts, and days are days
        (
            _TEHRAN,
            "RECURRENCE-ID:20260106T100000\nDTSTART;TZID=Asia/Riyadh:20260106T120000",
            ["2026-01-05T06:30Z", "2026-01-06T09:00Z"],
        ),
        (
            _TEHRAN,
            "RECURRENCE-ID:20260106T100000\nDTSTART;VALUE=DATE:20260107",
            ["2026-01-05T06:30Z", "2026-01-07"],
        ),
    ],
)
def test_an_exception_that_lost_its_zone_is_in_that_of_the_series(
    series: str, exception: str, expected: list[str]
) -> None:
    assert starts(calendar(series, exception), zone="America/New_York") == expected


def test_of_an_exception_with_and_without_its_zone_the_newer_counts() -> None:
    lost = "RECURRENCE-ID:20260106T100000\nDTSTART:20260106T120000\nSEQUENCE:2"
    whole = "RECURRENCE-ID;TZID=Asia/Tehran:20260106T100000\nDTSTART;TZID=Asia/Tehran:20260106T150000\nSEQUENCE:1"
    for events in ((lost, whole), (whole, lost)):
        assert starts(calendar(_TEHRAN, *events)) == ["2026-01-05T06:30Z", "2026-01-06T08:30Z"]
    newer = whole.replace("SEQUENCE:1", "SEQUENCE:3")
    assert starts(calendar(_TEHRAN, lost, newer)) == ["2026-01-05T06:30Z", "2026-01-06T11:30Z"]
