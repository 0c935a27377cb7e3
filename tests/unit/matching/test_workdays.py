"""Working time against a model that looks at every minute, and by examples of four cities."""

from __future__ import annotations

import time as clock
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.holiday_dates import country_problem, holidays_of
from matching.workdays import (
    WorkingTime,
    after_working_days,
    after_working_seconds,
    working_seconds,
)
from matching.workweeks import read_week

TEHRAN = WorkingTime(zone="Asia/Tehran", week=read_week(["sat-wed 08:30-17:00"]), country="IR")
RIYADH = WorkingTime(zone="Asia/Riyadh", week=read_week(["sun-thu 09:00-17:00"]), country="SA")
ULAANBAATAR = WorkingTime(zone="Asia/Ulaanbaatar", week=read_week(["mon-fri 09:00-18:00"]), country="MN")
NEW_YORK = WorkingTime(zone="America/New_York", week=read_week(["mon-fri 09:00-17:00"]), country="US")
NIGHTS = WorkingTime(zone="America/New_York", week=read_week(["sat-sun 00:00-06:00", "fri-sat 22:00-24:00"]))
HOUR, MINUTE = 3600, timedelta(minutes=1)


def at(time: WorkingTime, text: str) -> datetime:
    """An instant by the clock of the place."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(time.zone))


def shown(time: WorkingTime, instant: datetime | None) -> str:
    assert instant is not None
    return f"{instant.astimezone(ZoneInfo(time.zone)):%a %Y-%m-%d %H:%M}"


# -- the model ---------------------------------------------------------------------------------------------------

Free = Sequence[tuple[datetime, datetime]]


@lru_cache(maxsize=10_000)
def hours_of(time: WorkingTime, day: date) -> tuple[tuple[int, int], ...]:
    is_free = day in time.days_off or day in holidays_of(time.country, time.region, day.year)
    return () if is_free else time.week[day.weekday()]


def works(time: WorkingTime, instant: datetime, leave: Free) -> bool:
    local = instant.astimezone(ZoneInfo(time.zone))
    minute = local.hour * 60 + local.minute
    hours = hours_of(time, local.date())
    return any(start <= minute < end for start, end in hours) and not any(a <= instant < b for a, b in leave)


ZONES = ("Asia/Tehran", "Asia/Riyadh", "Asia/Ulaanbaatar", "America/New_York", "Pacific/Apia", "Africa/Casablanca")
#: Around these something happens: clocks change (Tehran at midnight), a day is skipped, years turn, holidays.
MOMENTS = (
    datetime(2022, 3, 21, 20, tzinfo=UTC),
    datetime(2022, 9, 21, 19, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
    datetime(2025, 12, 31, 22, tzinfo=UTC),
    datetime(2026, 2, 15, 2, tzinfo=UTC),
)
_hours = st.tuples(st.integers(0, 95), st.integers(1, 48)).map(lambda t: (t[0] * 15, min(t[0] * 15 + t[1] * 15, 1440)))


@st.composite
def _weeks(draw: st.DrawFn) -> tuple[tuple[tuple[int, int], ...], ...]:
    week = []
    for _day in range(7):
        found: list[tuple[int, int]] = []
        for start, end in sorted(draw(st.lists(_hours, max_size=2))):
            if not found or found[-1][1] <= start:
                found.append((start, end))
        week.append(tuple(found))
    week[draw(st.integers(0, 6))] = ((draw(st.integers(0, 12)) * 60, 1020),)
    return tuple(week)


_times = st.builds(
    WorkingTime,
    zone=st.sampled_from(ZONES),
    week=_weeks(),
    country=st.sampled_from(("", "IR", "SA", "MN", "US")),
    days_off=st.frozensets(st.dates(date(2026, 2, 28), date(2026, 3, 12)), max_size=3),
)
_instants = st.tuples(st.sampled_from(MOMENTS), st.integers(-4 * 1440, 4 * 1440)).map(lambda t: t[0] + t[1] * MINUTE)


@st.composite
def _leaves(draw: st.DrawFn, around: datetime) -> list[tuple[datetime, datetime]]:
    pairs = draw(st.lists(st.tuples(st.integers(-2000, 6000), st.integers(0, 4000)), max_size=3))
    return [(around + start * MINUTE, around + (start + length) * MINUTE) for start, length in pairs]


@settings(max_examples=80, deadline=None)
@given(_times, _instants, st.integers(0, 9 * 1440), st.data())
def test_the_time_between_is_that_of_all_working_minutes(
    time: WorkingTime, start: datetime, minutes: int, data: st.DataObject
) -> None:
    leave = data.draw(_leaves(start))
    expected = sum(works(time, start + each * MINUTE, leave) for each in range(minutes))
    assert working_seconds(time, start, start + minutes * MINUTE, leave) == expected * 60


@settings(max_examples=60, deadline=None)
@given(_times, _instants, st.integers(1, 40), st.data())
def test_so_much_later_is_where_the_model_has_counted_so_many_minutes(
    time: WorkingTime, start: datetime, quarters: int, data: st.DataObject
) -> None:
    leave = data.draw(_leaves(start))
    found = after_working_seconds(time, start, quarters * 900, leave)
    assert found is not None
    instant, counted = start, 0
    while counted < quarters * 15:
        counted += works(time, instant, leave)
        instant += MINUTE
        assert instant < start + timedelta(days=60)
    assert found == instant
    assert working_seconds(time, start, found, leave) == quarters * 900


@settings(max_examples=80, deadline=None)
@given(_times, _instants, st.integers(0, 3), st.data())
def test_so_many_days_later_is_where_the_model_has_seen_so_many_days(
    time: WorkingTime, start: datetime, days: int, data: st.DataObject
) -> None:
    leave = data.draw(_leaves(start))
    zone = ZoneInfo(time.zone)

    def first(instant: datetime, after: datetime) -> datetime:
        """The first working minute from there on that the wall shows at that time or later."""
        for minute in range(90 * 1440):
            then = instant + minute * MINUTE
            if then.astimezone(zone).replace(tzinfo=None) >= after and works(time, then, leave):
                return then
        raise AssertionError("no working minute")

    begin = found = first(start, datetime.combine(date.min, datetime.min.time()))
    for _day in range(days):
        following = found.astimezone(zone).date() + timedelta(days=1)
        found = first(found, datetime.combine(following, datetime.min.time()))
    wall = begin.astimezone(zone).replace(tzinfo=None)
    after = datetime.combine(found.astimezone(zone).date(), wall.time())
    assert after_working_days(time, start, days, leave) == first(found, after)


# -- examples ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "start", "end", "hours"),
    [
        # the weekend of each week
        (TEHRAN, "2026-11-18 16:00", "2026-11-21 09:30", 2.0),
        (RIYADH, "2026-11-19 16:00", "2026-11-22 10:00", 2.0),
        (ULAANBAATAR, "2026-11-20 17:00", "2026-11-23 10:00", 2.0),
        (NEW_YORK, "2026-11-20 16:00", "2026-11-23 10:00", 2.0),
        # Nowruz: 21 to 24 March and a Wednesday and Thursday at its end
        (TEHRAN, "2026-03-18 16:00", "2026-03-25 09:30", 2.0),
        # Eid al-Fitr and what stands in for its weekend
        (RIYADH, "2026-03-18 16:00", "2026-03-25 10:00", 2.0),
        # Tsagaan Sar
        (ULAANBAATAR, "2026-02-17 17:00", "2026-02-23 10:00", 2.0),
        # Thanksgiving
        (NEW_YORK, "2026-11-25 16:00", "2026-11-27 10:00", 2.0),
        # office hours know no clock change, a night does
        (NEW_YORK, "2026-03-06 16:00", "2026-03-09 10:00", 2.0),
        (NIGHTS, "2026-03-07 22:00", "2026-03-08 06:00", 7.0),
        (NIGHTS, "2026-10-31 22:00", "2026-11-01 06:00", 9.0),
        # Tehran put its clocks forward at midnight until 2022
        (TEHRAN, "2022-04-05 16:00", "2022-04-06 09:30", 2.0),
        (NEW_YORK, "2026-11-23 10:00", "2026-11-23 09:00", 0.0),
    ],
)
def test_hours_between(time: WorkingTime, start: str, end: str, hours: float) -> None:
    assert working_seconds(time, at(time, start), at(time, end)) == hours * HOUR


@pytest.mark.parametrize(
    ("time", "start", "days", "expected"),
    [
        (TEHRAN, "2026-11-18 16:00", 1, "Sat 2026-11-21 16:00"),
        (RIYADH, "2026-11-19 16:00", 1, "Sun 2026-11-22 16:00"),
        (ULAANBAATAR, "2026-11-20 17:00", 1, "Mon 2026-11-23 17:00"),
        (NEW_YORK, "2026-11-25 16:00", 1, "Fri 2026-11-27 16:00"),
        (NEW_YORK, "2026-03-06 10:00", 3, "Wed 2026-03-11 10:00"),
        (NEW_YORK, "2026-12-24 10:00", 5, "Mon 2027-01-04 10:00"),
        # in the evening and on a Friday they count from the next morning
        (TEHRAN, "2026-11-18 22:00", 1, "Sun 2026-11-22 08:30"),
        (TEHRAN, "2026-11-20 12:00", 3, "Tue 2026-11-24 08:30"),
        (TEHRAN, "2026-11-20 12:00", 0, "Sat 2026-11-21 08:30"),
    ],
)
def test_days_later(time: WorkingTime, start: str, days: int, expected: str) -> None:
    assert shown(time, after_working_days(time, at(time, start), days)) == expected


def test_the_time_of_a_long_day_is_no_time_of_a_short_one() -> None:
    short = WorkingTime(zone="Asia/Tehran", week=read_week(["sat-wed 08:30-17:00", "thu 08:30-13:00"]))
    assert shown(short, after_working_days(short, at(short, "2026-11-18 16:00"), 1)) == "Sat 2026-11-21 08:30"
    assert shown(short, after_working_days(short, at(short, "2026-11-18 10:00"), 1)) == "Thu 2026-11-19 10:00"


def test_leave_is_free_and_a_day_of_leave_does_not_count() -> None:
    start = at(ULAANBAATAR, "2026-11-16 10:00")
    leave = [
        (at(ULAANBAATAR, "2026-11-17 00:00"), at(ULAANBAATAR, "2026-11-19 00:00")),
        (at(ULAANBAATAR, "2026-11-18 12:00"), at(ULAANBAATAR, "2026-11-19 12:00")),
    ]
    assert shown(ULAANBAATAR, after_working_days(ULAANBAATAR, start, 1, leave)) == "Thu 2026-11-19 12:00"
    assert shown(ULAANBAATAR, after_working_days(ULAANBAATAR, start, 2, leave)) == "Fri 2026-11-20 10:00"
    assert shown(ULAANBAATAR, after_working_seconds(ULAANBAATAR, start, 9 * HOUR, leave)) == "Thu 2026-11-19 13:00"


def test_no_work_until_the_end_of_time_is_said() -> None:
    start = at(RIYADH, "2026-11-22 10:00")
    forever = [(start, datetime.max.replace(tzinfo=UTC))]
    assert after_working_seconds(RIYADH, start, 1, forever) is None
    assert after_working_days(RIYADH, start, 1, forever) is None
    assert after_working_days(RIYADH, start, 100_000) is None
    assert after_working_seconds(RIYADH, start, 10**15) is None
    assert working_seconds(RIYADH, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)) > 0


def test_twenty_years_are_searched_not_counted() -> None:
    start, end = datetime(2006, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    first = working_seconds(TEHRAN, start, end)
    before = clock.process_time()
    for _each in range(1000):
        assert working_seconds(TEHRAN, start, end) == first
    assert clock.process_time() - before < 2  # .05 s where nothing else runs; minutes are 10 million each time
    assert after_working_seconds(TEHRAN, start, first) is not None


# -- hours and countries as people write them --------------------------------------------------------------------


def test_a_week_is_read() -> None:
    week = read_week(["sat-wed 8:30-12:00", " Sat-Wed 13:00–17:00", "thu 08:30-24:00"])
    assert week[0] == week[5] == week[6] == ((510, 720), (780, 1020))
    assert week[3] == ((510, 1440),)
    assert week[4] == ()


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([], "there are no hours"),
        (["9-5"], "is no working time such as"),
        (["mon-fri 09:00"], "is no working time such as"),
        (["mon-fry 09:00-17:00"], '"fry" in "mon-fry 09:00-17:00" is none of mon, tue'),
        (["mon 09:60-17:00"], "names a time that no day has"),
        (["mon 09:00-24:01"], "names a time that no day has"),
        (["mon 22:00-06:00"], "ends before it begins"),
        (["mon-fri 09:00-17:00", "fri 12:00-13:00"], "hours of fri overlap"),
    ],
)
def test_a_week_that_is_none_is_refused(lines: list[str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_week(lines)


def test_countries_are_known_by_their_letters() -> None:
    assert country_problem("", "") is None
    assert country_problem("IR", "") is None
    assert country_problem("US", "CA") is None
    assert country_problem("", "CA") == ("names a region and no country", "")
    assert country_problem("ir", "") == ('"ir" is no country whose holidays are known', 'did you mean "IR"?')
    assert country_problem("US", "XX") == ('"XX" is no part of US whose holidays are known', 'such as "AK"')
    assert holidays_of("XX", "", 2026) == frozenset()
