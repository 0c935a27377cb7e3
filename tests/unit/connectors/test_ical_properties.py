"""Whatever stands in a calendar: no exception, no endless work, the same result each time and in any order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.api import occurrences
from connectors.zones import zone as zone_named
from tests.fuzz.ical import check
from tests.unit.connectors.calendars import calendar, meeting, text

SINCE = datetime(2021, 1, 1, tzinfo=UTC)
UNTIL = datetime(2028, 1, 1, tzinfo=UTC)
ZONES = ("America/New_York", "Asia/Tehran", "Asia/Ulaanbaatar", "Asia/Riyadh")
VALUES = st.sampled_from(
    ["20260328", "20260328T100000", "20260328T100000Z", "00010101T000000Z", "99991231T235959", "99991231", "x", "",
     "20260328T100000/PT1H", "20260328T100000Z/20260101T000000Z", "P1W", "PT99999999H", "-P1D", "FREQ=SECONDLY",
     "FREQ=DAILY", "FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2;COUNT=99999", "FREQ=WEEKLY;INTERVAL=99999999;BYDAY=MO",
     "FREQ=MONTHLY;BYDAY=-5SU;UNTIL=99991231", "FREQ=DAILY;UNTIL=00010101T000000Z", "mailto:a@x.example", "1", "TRUE"]
)  # fmt: skip
NAMES = st.sampled_from(
    ["DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "UID", "SEQUENCE", "DTSTAMP", "BEGIN",
     "END", "ATTENDEE", "X-MICROSOFT-CDO-ALLDAYEVENT"]
)  # fmt: skip
PARAMS = st.sampled_from(
    ["", ";TZID=Asia/Tehran", ";TZID=own", ";VALUE=DATE", ";RANGE=THISANDFUTURE", ';X="a', ";TZID=\x00"]
)
LINES = st.builds(lambda name, params, value: f"{name}{params}:{value}", NAMES, PARAMS, VALUES)
OWN = (
    "BEGIN:VTIMEZONE\nTZID:own\nBEGIN:STANDARD\nDTSTART:{}\nTZOFFSETFROM:+0{}00\nTZOFFSETTO:-0{}30\n{}\n"
    "END:STANDARD\nEND:VTIMEZONE"
)
OWNS = st.builds(OWN.format, VALUES, st.integers(0, 9), st.integers(0, 9), LINES)


@given(raw=st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes(raw: bytes) -> None:
    check(raw)
    check(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + raw + b"\nEND:VEVENT\n")


@given(events=st.lists(st.lists(LINES, max_size=9), max_size=3), own=OWNS)
@settings(deadline=None, max_examples=150)
def test_any_lines(events: list[list[str]], own: str) -> None:
    raw = calendar(
        *("DTSTART;TZID=own:20260101T100000\n" * (not lines) + "\n".join(lines) for lines in events), head=own
    )
    check(raw)


MOVES = st.dictionaries(st.integers(0, 39), st.integers(-50, 50), max_size=6)
SERIES = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(ZONES),
        # around clock changes, in Tehran the last of all
        "first": st.sampled_from([date(2022, 9, 15), date(2022, 3, 10), date(2026, 3, 1), date(2026, 10, 20)]),
        "hour": st.integers(0, 23),
        "step": st.sampled_from([1, 2, 7]),
        "count": st.integers(1, 40),
        "left_out": st.sets(st.integers(0, 39), max_size=5),
        "moved": MOVES,
        "looking": st.sampled_from(ZONES),
        "order": st.randoms(use_true_random=False),
    }
)


@given(series=SERIES)
@settings(deadline=None, max_examples=150)
def test_a_series_is_what_one_counts_by_hand(series: dict[str, Any]) -> None:
    zone, hour, count = series["zone"], series["hour"], series["count"]
    first, step, left_out, moved = series["first"], series["step"], series["left_out"], series["moved"]
    where = zone_named(zone)

    def local(number: int) -> datetime:
        return datetime.combine(first + timedelta(number * step), datetime.min.time()) + timedelta(hours=hour)

    def instant(number: int) -> datetime:
        return local(number).replace(tzinfo=where).astimezone(UTC)

    expected = {number: instant(number) for number in range(count) if number not in left_out}
    events = [
        f"DTSTART;TZID={zone}:{local(0):%Y%m%dT%H%M%S}\nRRULE:FREQ=DAILY;INTERVAL={step};COUNT={count}\n"
        + "\n".join(f"EXDATE:{instant(number):%Y%m%dT%H%M%SZ}" for number in sorted(left_out))
    ]
    for number, hours in moved.items():
        expected[number] = instant(number) + timedelta(hours=hours)
        events.append(
            f"RECURRENCE-ID;TZID={zone}:{local(number):%Y%m%dT%H%M%S}\nDTSTART:{expected[number]:%Y%m%dT%H%M%SZ}"
        )
    whole = meeting(calendar(*events))
    found = list(occurrences(whole, SINCE, UNTIL, series["looking"]))
    # two hours of a clock change may be one instant: no keys are lost by counting them so
    by_key = {f"{instant(number):%Y-%m-%dT%H:%M:%SZ}": text(when) for number, when in expected.items()}
    if count > 1 or moved:
        assert {each.recurrence_id: text(each.starts) for each in found} == by_key
    assert [each.starts for each in found] == sorted(expected.values())
    series["order"].shuffle(events)
    shuffled = meeting(calendar(*events))
    assert shuffled == whole
