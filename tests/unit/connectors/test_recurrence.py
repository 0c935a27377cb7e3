"""Recurrence rules: what RFC 5545 has as examples, beside dateutil, and rules made to take long."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.recurrence import BadRule, expanded, is_fine, parse_rule

START = datetime(2024, 1, 31, 9, 30)  # noqa: DTZ001 - wall clock
LAST = datetime(2060, 1, 1)  # noqa: DTZ001 - wall clock


def times(text: str, start: datetime = START, most: int = 40, last: datetime = LAST) -> list[datetime]:
    return list(islice(expanded(parse_rule(text), start, start, last), most))


def days(text: str, start: str, most: int = 6) -> list[str]:
    return [f"{each:%Y-%m-%d}" for each in times(text, datetime.fromisoformat(start), most)]


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=MONTHLY;COUNT=3", "2024-01-31", ["2024-01-31", "2024-03-31", "2024-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "2024-01-31", ["2024-01-31", "2024-02-29", "2024-03-31"]),
        ("FREQ=YEARLY;COUNT=3", "2024-02-29", ["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=2", "2024-01-31", ["2024-09-13", "2024-12-13"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", "2024-01-01", ["2024-01-31", "2024-02-29"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05",
         ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05",
         ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]),
        ("FREQ=YEARLY;BYDAY=20MO;COUNT=2", "1997-05-19", ["1997-05-19", "1998-05-18"]),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=2", "1997-05-12", ["1997-05-12", "1998-05-11"]),
        ("FREQ=YEARLY;BYYEARDAY=1,-1;COUNT=3", "2024-01-01", ["2024-01-01", "2024-12-31", "2025-01-01"]),
        ("freq=weekly; count=2;", "2024-01-31", ["2024-01-31", "2024-02-07"]),
        ("FREQ=DAILY;COUNT=0", "2024-01-31", []),
    ],
)  # fmt: skip
def test_rules(rule: str, start: str, expected: list[str]) -> None:
    assert days(rule, start) == expected


@pytest.mark.parametrize(
    "text",
    ["", "COUNT=3", "FREQ=NEVER", "FREQ=DAILY;UNTIL=soon", "FREQ=DAILY;BYMONTH=13", "FREQ=DAILY;BYHOUR=-1",
     "FREQ=DAILY;COUNT=x", "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;BYDAY=0MO", "FREQ=YEARLY;RSCALE=CHINESE",
     "FREQ=DAILY;UNTIL=20269999", "FREQ=DAILY;BYMONTH=--1", "FREQ=DAILY;INTERVAL=99999999999"],
)  # fmt: skip
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(BadRule):
        parse_rule(text)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=999999999",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYHOUR=3;BYMINUTE=4;BYSECOND=5;BYMONTH=2;BYMONTHDAY=30;COUNT=9",
        "FREQ=MINUTELY;INTERVAL=2;BYMINUTE=1",
        "FREQ=WEEKLY;BYSETPOS=200",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
        "FREQ=SECONDLY;INTERVAL=999999999;BYSECOND=1",
    ],
)
def test_a_rule_that_never_comes_ends(text: str) -> None:
    start = datetime(1601, 1, 1)  # noqa: DTZ001 - wall clock
    assert times(text, start, last=datetime(9999, 12, 31)) == []  # noqa: DTZ001 - wall clock


def test_a_rule_of_all_seconds_with_positions_gives_nothing() -> None:
    every = ",".join(map(str, range(60)))
    hours = ",".join(map(str, range(24)))
    rule = f"FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={hours};BYMINUTE={every};BYSECOND={every}"
    assert times(f"{rule};BYSETPOS=1") == []
    assert len(times(rule, most=1000)) == 1000
    assert is_fine(parse_rule(rule))


def test_long_ago_costs_no_walk() -> None:
    start = datetime(1, 1, 1)  # noqa: DTZ001 - wall clock
    since = datetime(2026, 1, 1)  # noqa: DTZ001 - wall clock
    found = list(expanded(parse_rule("FREQ=DAILY;INTERVAL=3"), start, since, since + timedelta(6)))
    assert len(found) == 2
    assert (found[0] - start).days % 3 == 0


PARTS = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY"])},
    optional={
        "INTERVAL": st.integers(1, 6).map(str),
        "BYMONTH": st.lists(st.integers(1, 12), min_size=1, max_size=3).map(lambda each: ",".join(map(str, each))),
        "BYDAY": st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1).map(",".join),
        "BYHOUR": st.integers(0, 23).map(str),
        "COUNT": st.integers(1, 30).map(str),
        "WKST": st.sampled_from(["MO", "SU"]),
    },
)


@given(parts=PARTS, start=st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001 - wall clock
@settings(max_examples=300, deadline=None)
def test_rules_as_dateutil_reads_them(parts: dict[str, str], start: datetime) -> None:
    start = start.replace(microsecond=0)
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    theirs = rrulestr(text, dtstart=start)
    assert times(text, start, most=25) == [each for each in islice(theirs, 25) if each <= LAST]


@given(parts=PARTS, start=st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), skipped=st.integers(0, 9000))  # noqa: DTZ001 - wall clock
@settings(max_examples=200, deadline=None)
def test_a_window_shows_a_part_of_the_whole(parts: dict[str, str], start: datetime, skipped: int) -> None:
    start = start.replace(microsecond=0)
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    since = start + timedelta(skipped)
    until = since + timedelta(200)
    whole = [each for each in expanded(parse_rule(text), start, start, until) if each >= since]
    assert list(expanded(parse_rule(text), start, since, until)) == whole
