"""Names of zones, and zones that calendars bring along."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.windows_zones import OUTLOOK_LABELS, WINDOWS_ZONES
from connectors.zones import iana_name, own_zone, zone
from tests.unit.connectors.calendars import calendar, meeting, starts

OUTLOOK_IRAN = """BEGIN:VTIMEZONE
TZID:Iran Standard Time
BEGIN:STANDARD
DTSTART:16010101T235959
TZOFFSETFROM:+0430
TZOFFSETTO:+0330
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=3TU;BYMONTH=9
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T235959
TZOFFSETFROM:+0330
TZOFFSETTO:+0430
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=3SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""
OWN = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("/Europe/Stockholm", "Europe/Stockholm"),
        ("/mozilla.org/20050126_1/America/New_York", "America/New_York"),
        ("/freeassociation.sourceforge.net/Tzfile/America/Argentina/Salta", "America/Argentina/Salta"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("Asia/Choibalsan", "Asia/Choibalsan"),
        ("US/Pacific-New", "America/Los_Angeles"),
        ("Iran Standard Time", "Asia/Tehran"),
        ('"Iran Daylight Time"', "Asia/Tehran"),
        ("Ulaanbaatar Standard Time", "Asia/Ulaanbaatar"),
        ("Arab Standard Time", "Asia/Riyadh"),
        ("W. Europe Standard Time 1", "Europe/Berlin"),
        ("(UTC+03:30) Tehran", "Asia/Tehran"),
        ("(GMT-05.00) Eastern Time (US & Canada)", "America/New_York"),
        ("Canberra\\, Melbourne\\, Sydney", "Australia/Sydney"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("(UTC) Coordinated Universal Time", "UTC"),
        ("Etc/UTC", "UTC"),
        ("GMT+0300", "Etc/GMT-3"),
        ("UTC-5", "Etc/GMT+5"),
        ("GMT+0", "UTC"),
        ("Customized Time Zone", None),
        ("", None),
        ("/", None),
        ("../../etc/passwd", None),
        ("Middle/Of/Nowhere", None),
        ("UTC+99", None),
    ],
)
def test_names(name: str, expected: str | None) -> None:
    assert iana_name(name) == expected


def test_all_names_of_the_tables_are_there() -> None:
    for name in sorted({*WINDOWS_ZONES.values(), *OUTLOOK_LABELS.values()}):
        assert zone(name) is not None, name


def test_what_is_no_zone_is_not_looked_for_on_the_disk() -> None:
    with pytest.raises(LookupError):
        zone("../../../etc/passwd")


def test_outlooks_iran_still_has_summer_time_and_is_not_believed() -> None:
    raw = calendar("DTSTART;TZID=Iran Standard Time:20260720T100000\nRRULE:FREQ=WEEKLY;COUNT=1", head=OUTLOOK_IRAN)
    found = meeting(raw)
    assert found.events[0].start is not None
    assert found.events[0].start.zone == "Asia/Tehran"
    assert found.zones == ()
    assert starts(raw) == ["2026-07-20T06:30Z"]


def test_a_zone_without_a_known_name_has_the_rules_it_brings() -> None:
    raw = calendar("DTSTART;TZID=Customized Time Zone:20260328T100000\nRRULE:FREQ=DAILY;COUNT=2", head=OWN)
    assert [name for name, _text in meeting(raw).zones] == ["Customized Time Zone"]
    assert starts(raw) == ["2026-03-28T09:00Z", "2026-03-29T08:00Z"]


def test_a_name_may_stand_inside_the_zone() -> None:
    head = OWN.replace("TZID:Customized Time Zone", "TZID:mine\nX-LIC-LOCATION:Asia/Tehran")
    raw = calendar("DTSTART;TZID=mine:20260720T100000", head=head)
    assert starts(raw) == ["2026-07-20T06:30Z"]
    assert meeting(raw).zones == ()


@pytest.mark.parametrize("head", ["", "BEGIN:VTIMEZONE\nTZID:Nowhere\nEND:VTIMEZONE"])
def test_an_unknown_zone_is_that_of_the_calendar_else_of_who_looks(head: str) -> None:
    event = "DTSTART;TZID=Nowhere:20260328T100000"
    assert starts(calendar(event, head=head), zone="Asia/Tehran") == ["2026-03-28T06:30Z"]
    raw = calendar(event, head=f"{head}\nX-WR-TIMEZONE:Asia/Ulaanbaatar")
    assert starts(raw, zone="Asia/Tehran") == ["2026-03-28T02:00Z"]


def test_the_calendars_zone_is_that_of_times_without_one() -> None:
    raw = calendar("DTSTART:20260328T100000\nDTEND:20260328T103000Z", head="X-WR-TIMEZONE:America/New_York")
    assert starts(raw) == ["2026-03-28T14:00Z"]


def test_own_zones_change_clocks_as_the_database_does() -> None:
    own, berlin = own_zone(OWN), zone("Europe/Berlin")
    assert own is not None
    when = datetime(2025, 12, 31, tzinfo=UTC)
    while when.year < 2028:
        local = when.astimezone(berlin).replace(tzinfo=None)
        assert when.astimezone(own).replace(tzinfo=None, fold=0) == local.replace(fold=0), when
        assert when.astimezone(own).fold == local.fold, when
        for fold in (0, 1):
            wall = when.replace(tzinfo=None, fold=fold)
            assert wall.replace(tzinfo=own).utcoffset() == wall.replace(tzinfo=berlin).utcoffset(), wall
        # closely where something may happen
        when += timedelta(minutes=30) if local.month in (3, 10) else timedelta(hours=7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "BEGIN:VTIMEZONE",
        "BEGIN:VTIMEZONE\nBEGIN:STANDARD\nTZOFFSETTO:+9900\nEND:STANDARD",
        "BEGIN:VTIMEZONE\nBEGIN:STANDARD\nTZOFFSETTO:soon\nDTSTART:20260101T000000\nEND:STANDARD",
    ],
)
def test_what_describes_no_zone(text: str) -> None:
    assert own_zone(text) is None


def test_a_zone_of_one_offset() -> None:
    fixed = own_zone("BEGIN:STANDARD\nTZOFFSETFROM:+0345\nTZOFFSETTO:+0345\nEND:STANDARD")
    assert fixed is not None
    assert datetime(2026, 1, 1, tzinfo=fixed).utcoffset() == timedelta(hours=3, minutes=45)


def test_a_zone_of_every_second_is_bounded() -> None:
    lines = "DTSTART:20200101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=SECONDLY"
    made = own_zone(f"BEGIN:DAYLIGHT\n{lines}\nEND:DAYLIGHT")
    assert made is not None
    assert datetime(2026, 1, 1, tzinfo=made).utcoffset() == timedelta(hours=2)
