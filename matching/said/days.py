"""The day that a sentence names: "tomorrow", "by Friday", "within two days", "10 March"."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from matching.said.language import DayWords, compiled, plain
from matching.written_days import FORMS, read_day

#: What is promised for later than this is read wrongly, or nothing to remind of.
_LONGEST = timedelta(days=200)
#: Behind this day a Date is a lie, and 999 weeks are not left.
_LAST = date.max - timedelta(weeks=1_100)
#: Pieces that look like dates and are tried.
_MAX_TRIED = 4
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")


@dataclass(frozen=True, slots=True)
class Days:
    """The words for days of a language, ready to search with."""

    code: str
    words: DayWords
    #: Field of `words` -> its pattern.
    patterns: dict[str, re.Pattern[str]]
    weekdays: tuple[re.Pattern[str], ...]
    numbers: dict[str, int]

    @classmethod
    def of(cls, code: str, words: DayWords) -> Days:
        """Compiled."""
        names = ("today", "tomorrow", "later", "in_hours", "in_days", "in_weeks", "this_week", "next_week")
        more = ("this_month", "next_month", "of_month")
        return cls(
            code=code,
            words=words,
            patterns={name: compiled(getattr(words, name)) for name in (*names, *more)},
            weekdays=tuple(compiled(each) for each in words.weekdays),
            numbers={plain(name): number for name, number in words.numbers.items()},
        )

    def named(self, sentence: str, said_on: date) -> list[date]:
        """The days that a sentence names, of that day and later ones, earliest first."""
        if said_on > _LAST:
            return []
        latest = said_on + _LONGEST
        return sorted(each for each in self._found(_CLOCK.sub(" ", sentence), said_on) if said_on <= each <= latest)

    def _found(self, sentence: str, said_on: date) -> Iterator[date]:
        within = {name: match for name, each in self.patterns.items() if (match := each.search(sentence))}
        offsets = {"today": 0, "tomorrow": 1, "later": 2}
        yield from (said_on + timedelta(days=offsets[name]) for name in within if name in offsets)
        if match := within.get("in_hours"):
            yield said_on + timedelta(days=(self._number(match) or 24) // 24)
        if (match := within.get("in_days")) and (number := self._number(match)):
            yield said_on + timedelta(days=number)
        if (match := within.get("in_weeks")) and (number := self._number(match)):
            yield said_on + timedelta(weeks=number)
        weekdays = [day for day, each in enumerate(self.weekdays) if each.search(sentence)]
        yield from (said_on + timedelta(days=(day - said_on.weekday() - 1) % 7 + 1) for day in weekdays)
        week_ends = said_on + timedelta(days=(self.words.last_weekday - said_on.weekday()) % 7)
        if not weekdays:
            yield from (week_ends for name in within if name == "this_week")
            yield from (week_ends + timedelta(days=7) for name in within if name == "next_week")
        if "this_month" in within:
            yield _end_of_month(said_on)
        if "next_month" in within:
            yield _end_of_month(_end_of_month(said_on) + timedelta(days=1))
        if (match := within.get("of_month")) and (number := self._number(match)):
            yield from _days_of_month(number, said_on)
        yield from self._written(sentence, said_on)

    def _written(self, sentence: str, said_on: date) -> Iterator[date]:
        """Of the first place where a date with digits stands."""
        if not any(map(str.isdigit, sentence)):
            return
        tried = 0
        for form in FORMS:
            for match in form.finditer(sentence):
                tried += 1
                found = read_day(match[0], self.code, said_on) if tried <= _MAX_TRIED else None
                if found is not None:
                    yield found
                    return

    def _number(self, match: re.Match[str]) -> int | None:
        told = next((each for each in match.groups() if each), "")
        return int(told) if told.isdecimal() and len(told) < 4 else self.numbers.get(told)


def _end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _days_of_month(number: int, said_on: date) -> Iterator[date]:
    """The next day of that number."""
    for first in (said_on.replace(day=1), _end_of_month(said_on) + timedelta(days=1)):
        if number <= _end_of_month(first).day and first.replace(day=number) >= said_on:
            yield first.replace(day=number)
            return
