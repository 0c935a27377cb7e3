"""Recurrence rules (RFC 5545, section 3.3.10) -> times, in bounded work, whatever the rule is.

A rule is read as RFC 8984 (section 4.3.3.1) puts it exactly: of all times of a period those that pass every part.
Times are wall clock, or days as midnights: zones are none of a rule's business, and a series keeps its hour over clock
changes.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, datetime, time, timedelta
from itertools import product

YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY, SECONDLY = range(7)
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?")
#: Part -> least and most of its values, both signs where negative ones count from the end.
_RANGES = {
    "BYSECOND": (0, 60),
    "BYMINUTE": (0, 59),
    "BYHOUR": (0, 23),
    "BYMONTHDAY": (1, 31),
    "BYYEARDAY": (1, 366),
    "BYWEEKNO": (1, 53),
    "BYMONTH": (1, 12),
    "BYSETPOS": (1, 366),
}
_SIGNED = frozenset(("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"))
#: Periods and times that are looked at for one expansion: 130 years of days.
_MOST_WORK = 100_000
#: Times of a day, and of a period with BYSETPOS.
_MOST_CLOCKS = 24
_MOST_OF_A_PERIOD = 10_000
_SECONDS = {HOURLY: 3600, MINUTELY: 60, SECONDLY: 1}


class BadRule(ValueError):
    """The text is no recurrence rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An RRULE value."""

    frequency: int
    interval: int = 1
    count: int | None = None
    #: Inclusive; a date: to its end.
    until: datetime | date | None = None
    is_until_utc: bool = False
    by_second: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_hour: tuple[int, ...] = ()
    #: (which of the period's, 0: each; Monday is 0)
    by_day: tuple[tuple[int, int], ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_week: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_position: tuple[int, ...] = ()
    week_start: int = 0

    def ending(self, until: datetime | date | None) -> Rule:
        """The rule with another UNTIL, in the wall clock of its times."""
        return replace(self, until=until, is_until_utc=False)


def parse_rule(text: str) -> Rule:
    """An RRULE value as a rule; raises BadRule. Parts that nobody knows are passed over."""
    parts: dict[str, str] = {}
    for piece in text.upper().replace(" ", "").split(";"):
        name, _, value = piece.partition("=")
        if value:
            parts.setdefault(name, value)
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise BadRule("it counts by another calendar")
    if parts.get("FREQ") not in _FREQUENCIES:
        raise BadRule("it has no frequency")
    until, is_utc = _until(parts.get("UNTIL"))
    count = _number(parts.get("COUNT"))
    return Rule(
        frequency=_FREQUENCIES.index(parts["FREQ"]),
        interval=max(_number(parts.get("INTERVAL")) or 1, 1),
        count=count,
        until=until,
        is_until_utc=is_utc,
        by_second=tuple(min(second, 59) for second in _numbers(parts, "BYSECOND")),
        by_minute=_numbers(parts, "BYMINUTE"),
        by_hour=_numbers(parts, "BYHOUR"),
        by_day=_by_day(parts.get("BYDAY")),
        by_month_day=_numbers(parts, "BYMONTHDAY"),
        by_year_day=_numbers(parts, "BYYEARDAY"),
        by_week=_numbers(parts, "BYWEEKNO"),
        by_month=_numbers(parts, "BYMONTH"),
        by_position=_numbers(parts, "BYSETPOS"),
        week_start=_DAYS.index(parts["WKST"]) if parts.get("WKST") in _DAYS else 0,
    )


def _until(value: str | None) -> tuple[datetime | date | None, bool]:
    if value is None:
        return None, False
    match = _UNTIL.match(value)
    try:
        if match is None:
            raise BadRule("its end is no time")
        day = datetime.strptime(match[1], "%Y%m%d").date()  # noqa: DTZ007 - wall clock
        if match[2] is None:
            return day, False
        clock = time(int(match[2][:2]), int(match[2][2:4]), min(int(match[2][4:]), 59))
    except ValueError as error:
        raise BadRule("its end is no time") from error
    return datetime.combine(day, clock), match[3] is not None


def _number(value: str | None) -> int | None:
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise BadRule("one of its numbers is none")
    return int(value)


def _numbers(parts: dict[str, str], name: str) -> tuple[int, ...]:
    """The values of a part, sorted; raises BadRule where one is out of its range."""
    if name not in parts:
        return ()
    least, most = _RANGES[name]
    found = set()
    for word in parts[name].split(","):
        digits = word.lstrip("+-")
        if not digits.isascii() or not digits.isdigit() or len(digits) > 3 or len(word) - len(digits) > 1:
            raise BadRule("one of its numbers is none")
        if not least <= int(digits) <= most or (word[0] == "-" and name not in _SIGNED):
            raise BadRule("one of its numbers is out of range")
        found.add(int(word))
    return tuple(sorted(found))


def _by_day(value: str | None) -> tuple[tuple[int, int], ...]:
    if value is None:
        return ()
    found = set()
    for word in value.split(","):
        match = _DAY.fullmatch(word)
        if match is None or int(match[1] or 1) == 0:
            raise BadRule("one of its days is none")
        found.add((int(match[1] or 0), _DAYS.index(match[2])))
    return tuple(sorted(found))


def expanded(
    rule: Rule, start: datetime, since: datetime, until: datetime, *, is_day: bool = False
) -> Iterator[datetime]:
    """The times of a rule from `since` to `until`, both inclusive, in order; all wall clock.

    `start` is DTSTART; it is among them only if it fits the rule. `is_day`: it is a day, its times midnights. Whatever
    the rule, at most some 100,000 of its periods and times are looked at.
    """
    filled = _filled(rule, start, is_day=is_day)
    last = _last(rule.until, until)
    left = rule.count
    if left == 0 or last < start:
        return
    # what is counted has to be made from its beginning
    since = max(since, start)
    periods = (_clocks if filled.frequency > DAILY else _days)(filled, start, since if left is None else start)
    work = 0
    for times in periods:
        work += 1
        for when in times:
            work += 1
            if when < start:
                continue
            if when > last:
                return
            if when >= since:
                yield when
            if left is not None:
                left -= 1
                if left == 0:
                    return
        if work >= _MOST_WORK:
            return


def _last(end: datetime | date | None, until: datetime) -> datetime:
    if end is None:
        return until
    return min(until, end if isinstance(end, datetime) else datetime.combine(end, time.max))


def _filled(rule: Rule, start: datetime, *, is_day: bool) -> Rule:
    """The rule with what it leaves to DTSTART (RFC 8984, section 4.3.3.1)."""
    frequency = min(rule.frequency, DAILY) if is_day else rule.frequency
    by_month, by_month_day, by_day = rule.by_month, rule.by_month_day, rule.by_day
    if frequency == YEARLY and not rule.by_year_day:
        if not by_month and not rule.by_week and (by_month_day or not by_day):
            by_month = (start.month,)
        if not by_month_day and not by_day:
            if rule.by_week:
                by_day = ((0, start.weekday()),)
            else:
                by_month_day = (start.day,)
    elif frequency == MONTHLY and not by_month_day and not by_day and not rule.by_year_day:
        by_month_day = (start.day,)
    elif frequency == WEEKLY and not by_day:
        by_day = ((0, start.weekday()),)
    return replace(
        rule,
        frequency=frequency,
        by_month=by_month,
        by_month_day=by_month_day,
        by_day=by_day,
        by_hour=(0,) if is_day else rule.by_hour or ((start.hour,) if frequency < HOURLY else ()),
        by_minute=(0,) if is_day else rule.by_minute or ((start.minute,) if frequency < MINUTELY else ()),
        by_second=(0,) if is_day else rule.by_second or ((start.second,) if frequency < SECONDLY else ()),
    )


def is_fine(rule: Rule) -> bool:
    """Does it come oftener than hourly working days would: by the clock, or at many times of a day?"""
    clocks = max(len(rule.by_hour), 1) * max(len(rule.by_minute), 1) * max(len(rule.by_second), 1)
    return rule.frequency > DAILY or clocks > _MOST_CLOCKS


def _days(rule: Rule, start: datetime, since: datetime) -> Iterator[Iterable[datetime]]:
    """The times of each period of days, from one not after `since` on."""
    clocks = [time(*clock) for clock in product(rule.by_hour, rule.by_minute, rule.by_second)]
    for days in _PERIODS[rule.frequency](rule, start.date(), since.date()):
        days = [day for day in days if _passes(rule, day)]
        times = (datetime.combine(day, clock) for day in days for clock in clocks)
        if not rule.by_position:
            yield times
        elif len(days) * len(clocks) <= _MOST_OF_A_PERIOD:
            yield _at_positions(rule, list(times))
        else:
            return


def _years(rule: Rule, start: date, since: date) -> Iterator[Iterable[date]]:
    skipped = max(0, (since.year - start.year) // rule.interval)
    for year in range(start.year + skipped * rule.interval, MAXYEAR - 1, rule.interval):
        if rule.by_week:
            # the first and last days of a year may be of its neighbours' weeks
            weeks = (_days_of_weeks(rule, each) for each in range(max(year - 1, 2), year + 2))
            yield [day for days in weeks for day in days if day.year == year]
        elif rule.by_year_day:
            length = 366 if calendar.isleap(year) else 365
            numbers = {day if day > 0 else length + 1 + day for day in rule.by_year_day}
            yield [date(year, 1, 1) + timedelta(number - 1) for number in sorted(numbers) if 1 <= number <= length]
        else:
            yield [day for month in rule.by_month or range(1, 13) for day in _days_of_month(rule, year, month)]


def _months(rule: Rule, start: date, since: date) -> Iterator[Iterable[date]]:
    first = start.year * 12 + start.month - 1
    skipped = max(0, (since.year * 12 + since.month - 1 - first) // rule.interval)
    for number in range(first + skipped * rule.interval, MAXYEAR * 12, rule.interval):
        yield _days_of_month(rule, number // 12, number % 12 + 1)


def _weeks(rule: Rule, start: date, since: date) -> Iterator[Iterable[date]]:
    # days are counted from the year 1, whose first day was a Monday
    first = start.toordinal() - (start.weekday() - rule.week_start) % 7
    step = 7 * rule.interval
    skipped = max(0, (since.toordinal() - first) // step)
    weekdays = {weekday for _number, weekday in rule.by_day}
    wanted = [at for at in range(7) if (rule.week_start + at) % 7 in weekdays]
    for number in range(first + skipped * step, _LAST_DAY - 7, step):
        yield [date.fromordinal(number + at) for at in wanted if number + at > 0]


def _single_days(rule: Rule, start: date, since: date) -> Iterator[Iterable[date]]:
    first = start.toordinal()
    skipped = max(0, (since.toordinal() - first) // rule.interval)
    for number in range(first + skipped * rule.interval, _LAST_DAY, rule.interval):
        yield (date.fromordinal(number),)


_LAST_DAY = date.max.toordinal()
_PERIODS = (_years, _months, _weeks, _single_days)


def _days_of_month(rule: Rule, year: int, month: int) -> list[date]:
    if rule.by_month and month not in rule.by_month:
        return []
    length = calendar.monthrange(year, month)[1]
    if not rule.by_month_day:
        return [date(year, month, day) for day in range(1, length + 1)]
    numbers = {day if day > 0 else length + 1 + day for day in rule.by_month_day}
    return [date(year, month, day) for day in sorted(numbers) if 1 <= day <= length]


def _first_week(year: int, week_start: int) -> date:
    """The day on which week 1 begins: the first week with four days in the year."""
    fourth = date(year, 1, 4)
    return fourth - timedelta((fourth.weekday() - week_start) % 7)


def _days_of_weeks(rule: Rule, year: int) -> list[date]:
    first = _first_week(year, rule.week_start)
    length = (_first_week(year + 1, rule.week_start) - first).days // 7
    weeks = {week if week > 0 else length + 1 + week for week in rule.by_week}
    numbers = [week for week in sorted(weeks) if 1 <= week <= length]
    return [first + timedelta(7 * week - 7 + day) for week in numbers for day in range(7)]


def _passes(rule: Rule, day: date) -> bool:
    """Do all parts about days let it through?"""
    if rule.by_month and day.month not in rule.by_month:
        return False
    if rule.by_day and not _is_by_day(rule, day):
        return False
    if rule.by_month_day:
        length = calendar.monthrange(day.year, day.month)[1]
        if day.day not in rule.by_month_day and day.day - length - 1 not in rule.by_month_day:
            return False
    if rule.by_year_day:
        length = 366 if calendar.isleap(day.year) else 365
        number = day.timetuple().tm_yday
        if number not in rule.by_year_day and number - length - 1 not in rule.by_year_day:
            return False
    return True


def _is_by_day(rule: Rule, day: date) -> bool:
    weekday = day.weekday()
    for number, wanted in rule.by_day:
        if wanted != weekday:
            continue
        if number == 0 or rule.frequency > MONTHLY or rule.by_week:
            return True
        if rule.frequency == MONTHLY or rule.by_month:
            at, length = day.day, calendar.monthrange(day.year, day.month)[1]
        else:
            at, length = day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365
        if number == ((at - 1) // 7 + 1 if number > 0 else -((length - at) // 7 + 1)):
            return True
    return False


def _clocks(rule: Rule, start: datetime, since: datetime) -> Iterator[Iterable[datetime]]:
    """The times of each hour, minute or second that may have some; days and hours without any are jumped over."""
    unit = _SECONDS[rule.frequency]
    step = unit * rule.interval
    seconds = start.hour * 3600 + start.minute * 60 + start.second
    origin = start - timedelta(seconds=seconds % unit)
    # counted in seconds, because an hour times a billion is no timedelta
    number = max(0, int((since - origin).total_seconds()) // step)
    most = int((datetime(MAXYEAR, 12, 31) - origin).total_seconds())  # noqa: DTZ001 - wall clock
    while number * step <= most:
        when = origin + timedelta(seconds=number * step)
        ahead = _ahead(rule, when)
        if ahead is None:
            minutes = rule.by_minute if rule.frequency < MINUTELY else (when.minute,)
            clocks = product(minutes, rule.by_second if rule.frequency < SECONDLY else (when.second,))
            times = [when.replace(minute=minute, second=second) for minute, second in clocks]
            yield _at_positions(rule, times) if rule.by_position else times
            number += 1
        else:
            yield ()
            number = max(number + 1, -(-(number * step + ahead) // step))


def _ahead(rule: Rule, when: datetime) -> int | None:
    """Seconds until a period could have times; None: this one may."""
    into_hour = when.minute * 60 + when.second
    if not _passes(rule, when.date()):
        return 86400 - when.hour * 3600 - into_hour
    if rule.by_hour and when.hour not in rule.by_hour:
        return 3600 - into_hour
    if rule.frequency >= MINUTELY and rule.by_minute and when.minute not in rule.by_minute:
        return 60 - when.second
    if rule.frequency == SECONDLY and rule.by_second and when.second not in rule.by_second:
        return 1
    return None


def _at_positions(rule: Rule, times: list[datetime]) -> list[datetime]:
    length = len(times)
    places = {place - 1 if place > 0 else length + place for place in rule.by_position}
    return [times[place] for place in sorted(places) if 0 <= place < length]
