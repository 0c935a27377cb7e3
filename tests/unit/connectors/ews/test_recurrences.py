"""A series of Exchange takes place on the days on which Outlook shows it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from connectors.ews.appointments import meeting_of
from connectors.ews.recurrences import BadRecurrence, rule_of
from connectors.meetings import Meeting
from connectors.occurrences import occurrences
from tests.unit.connectors.ews.calendar_items import element, item, repeated, uid

WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = [date(2026, n, 1).strftime("%B") for n in range(1, 13)]
POSITIONS = ("First", "Second", "Third", "Fourth", "Last")
MEANT = {
    **{name: {n} for n, name in enumerate(WEEK)},
    "Day": set(range(7)),
    "Weekday": set(range(5)),
    "WeekendDay": {5, 6},
}


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("<t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence>", "FREQ=DAILY"),
        ("<t:DailyRecurrence><t:Interval>3</t:Interval></t:DailyRecurrence>", "FREQ=DAILY;INTERVAL=3"),
        (
            "<t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Saturday Sunday</t:DaysOfWeek>"
            "<t:FirstDayOfWeek>Saturday</t:FirstDayOfWeek></t:WeeklyRecurrence>",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU;WKST=SA",
        ),
        (
            "<t:RelativeMonthlyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Weekday</t:DaysOfWeek>"
            "<t:DayOfWeekIndex>Last</t:DayOfWeekIndex></t:RelativeMonthlyRecurrence>",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        ),
        (
            "<t:AbsoluteYearlyRecurrence><t:DayOfMonth>29</t:DayOfMonth><t:Month>February</t:Month>"
            "</t:AbsoluteYearlyRecurrence>",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1",
        ),
    ],
)
def test_a_pattern_is_a_rule(pattern: str, rule: str) -> None:
    assert rule_of(element(repeated(pattern))) == rule


@pytest.mark.parametrize(
    ("recurrence", "said"),
    [
        ("", "how often"),
        ("<t:NoEndRecurrence/>", "how often"),
        ("<t:LunarRecurrence/>", "LunarRecurrence"),
        ("<t:DailyRecurrence/>", "Interval"),
        ("<t:DailyRecurrence><t:Interval>-1</t:Interval></t:DailyRecurrence>", "Interval"),
        ("<t:DailyRecurrence><t:Interval>٣</t:Interval></t:DailyRecurrence>", "Interval"),
        ("<t:WeeklyRecurrence><t:Interval>1</t:Interval></t:WeeklyRecurrence>", "days of the week"),
        (
            "<t:AbsoluteMonthlyRecurrence><t:Interval>1</t:Interval><t:DayOfMonth>32</t:DayOfMonth>"
            "</t:AbsoluteMonthlyRecurrence>",
            "32",
        ),
        (
            "<t:AbsoluteYearlyRecurrence><t:DayOfMonth>1</t:DayOfMonth><t:Month>Farvardin</t:Month>"
            "</t:AbsoluteYearlyRecurrence>",
            "Farvardin",
        ),
        (
            "<t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:EndDateRecurrence/>",
            "last day",
        ),
    ],
)
def test_what_nobody_can_repeat_is_told(recurrence: str, said: str) -> None:
    with pytest.raises(BadRecurrence, match=said):
        rule_of(element(f"<t:Recurrence>{recurrence}</t:Recurrence>"))


class Pattern:
    """A pattern, as XML and as one finds its days by hand."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.kind = draw(st.sampled_from(("daily", "weekly", "monthly", "monthly by day", "yearly", "yearly by day")))
        self.interval = draw(st.integers(1, 5))
        self.days = draw(st.lists(st.sampled_from(WEEK), min_size=1, max_size=4, unique=True))
        self.named = draw(st.sampled_from(list(MEANT)))
        self.position = draw(st.sampled_from(POSITIONS))
        self.day = draw(st.integers(1, 31))
        self.month = draw(st.integers(1, 12))
        self.week_start = draw(st.sampled_from(WEEK))
        if self.kind == "yearly":
            # no February has more
            self.day = min(self.day, 29 if self.month == 2 else monthrange(2026, self.month)[1])

    @property
    def xml(self) -> str:
        interval = f"<t:Interval>{self.interval}</t:Interval>"
        weekday = f"<t:DaysOfWeek>{self.named}</t:DaysOfWeek><t:DayOfWeekIndex>{self.position}</t:DayOfWeekIndex>"
        month = f"<t:Month>{MONTHS[self.month - 1]}</t:Month>"
        day = f"<t:DayOfMonth>{self.day}</t:DayOfMonth>"
        days = f"<t:DaysOfWeek>{' '.join(self.days)}</t:DaysOfWeek>"
        start = f"<t:FirstDayOfWeek>{self.week_start}</t:FirstDayOfWeek>"
        name, content = {
            "daily": ("Daily", interval),
            "weekly": ("Weekly", interval + days + start),
            "monthly": ("AbsoluteMonthly", interval + day),
            "monthly by day": ("RelativeMonthly", interval + weekday),
            "yearly": ("AbsoluteYearly", day + month),
            "yearly by day": ("RelativeYearly", weekday + month),
        }[self.kind]
        return f"<t:{name}Recurrence>{content}</t:{name}Recurrence>"

    def takes_place(self, day: date, first: date) -> bool:
        """Is it on this day, when its first day is that one?"""
        if self.kind == "daily":
            return (day - first).days % self.interval == 0
        if self.kind == "weekly":
            starts = [each - timedelta((each.weekday() - WEEK.index(self.week_start)) % 7) for each in (day, first)]
            weeks = (starts[0] - starts[1]).days // 7
            return WEEK[day.weekday()] in self.days and weeks % self.interval == 0
        months = (day.year - first.year) * 12 + day.month - first.month
        is_month = day.month == self.month if self.kind.startswith("yearly") else months % self.interval == 0
        if not is_month:
            return False
        last = monthrange(day.year, day.month)[1]
        if self.kind in ("monthly", "yearly"):
            return day.day == min(self.day, last)
        fitting = [n for n in range(1, last + 1) if day.replace(day=n).weekday() in MEANT[self.named]]
        return day.day == fitting[POSITIONS.index(self.position) if self.position != "Last" else -1]


@st.composite
def patterns(draw: st.DrawFn) -> Pattern:
    return Pattern(draw)


@settings(max_examples=150, deadline=None)
@given(
    pattern=patterns(),
    ends=st.sampled_from(("counted", "dated")),
    begin=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    count=st.integers(1, 12),
)
def test_a_series_is_on_the_days_that_one_counts_by_hand(pattern: Pattern, ends: str, begin: date, count: int) -> None:
    def days() -> Iterator[date]:
        # Exchange begins a series on the first day of its pattern
        first = next((d for d in _days_from(begin) if pattern.takes_place(d, d)), None)
        assume(first is not None)
        assert first is not None
        yield from (d for d in _days_from(first) if pattern.takes_place(d, first))

    expected = list(islice(days(), count))
    first, last = expected[0], expected[-1]
    end = (
        f"<t:NumberedRecurrence><t:StartDate>{first}Z</t:StartDate><t:NumberOfOccurrences>{count}"
        "</t:NumberOfOccurrences></t:NumberedRecurrence>"
        if ends == "counted"
        else f"<t:EndDateRecurrence><t:StartDate>{first}</t:StartDate><t:EndDate>{last}+02:00</t:EndDate>"
        "</t:EndDateRecurrence>"
    )
    series = item(
        uid("s"),
        repeated(pattern.xml, end),
        start=f"{first}T20:30:00Z",
        end=f"{first}T21:30:00Z",
        zone='<t:StartTimeZone Id="UTC"/>',
    )
    found = meeting_of("ref", series, (), ())
    assert isinstance(found, Meeting)
    since = datetime(2019, 1, 1, tzinfo=UTC)
    told = [each.starts for each in occurrences(found, since, datetime(2099, 1, 1, tzinfo=UTC), "UTC")]
    assert told == [datetime(d.year, d.month, d.day, 20, 30, tzinfo=UTC) for d in expected]


def _days_from(day: date) -> Iterator[date]:
    return (day + timedelta(n) for n in range(366 * 60))
