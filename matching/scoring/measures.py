"""What a formula may ask of a contact's history: counts and medians of the last days, by whole days in UTC.

All of a measure follows from what happened until the end of a day, so that it can be told of any day of the past too.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from matching.rhythm import median_seconds

#: Days back that are counted.
_SHORT, LONGEST = 30, 90
#: Until then days are counted one by one, from there on in steps: of who is silent for long not much changes in a day.
_STEP = 30
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and after how many seconds it came by the clock and in working time."""

    on: date
    seconds: int
    working_seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The days on which something happened, each list sorted, once for each thing."""

    #: Mails of the contact, and of ours to it; nothing that came of itself.
    mails_in: Sequence[date] = ()
    mails_out: Sequence[date] = ()
    meetings: Sequence[date] = ()
    #: Mails of ours that came back for good.
    bounces: Sequence[date] = ()
    #: The contact's answers to us, and ours to it.
    their_answers: Sequence[Answer] = ()
    our_answers: Sequence[Answer] = ()

    def days(self) -> set[date]:
        """All on which something happened."""
        answers = {each.on for each in (*self.their_answers, *self.our_answers)}
        return {*self.mails_in, *self.mails_out, *self.meetings, *self.bounces, *answers}

    def last(self, day: date) -> tuple[date | None, date | None, date | None]:
        """The last day until then with a mail in, with one out, with either or a meeting."""
        found = [_last(each, day) for each in (self.mails_in, self.mails_out, self.meetings)]
        return found[0], found[1], max((each for each in found if each is not None), default=None)


#: Measure -> what it is, for the manual.
MEASURES = {
    "mails_in_30": "mails of the contact in the last 30 days",
    "mails_in_90": "in the last 90 days",
    "mails_out_30": "mails of yours to the contact in the last 30 days",
    "mails_out_90": "in the last 90 days",
    "answers_in_90": "answers of the contact to mails of yours in the last 90 days",
    "answers_out_90": "answers of yours to the contact in the last 90 days",
    "their_answer_hours": "the median time of those answers of the contact, by the clock; missing where there are none",
    "our_answer_hours": "the median time of those answers of yours, by the clock; missing where there are none",
    "their_answer_working_hours": "as `their_answer_hours`, in working time",
    "our_answer_working_hours": "as `our_answer_hours`, in working time",
    "meetings_held_90": "meetings held with the contact in the last 90 days",
    "bounces_90": "mails of yours that came back for good in the last 90 days",
    "days_since_contact": "days since the last mail either way, or meeting held",
    "days_since_in": "days since the contact's last mail; missing where there was none",
    "days_since_out": "days since the last mail of yours; missing where there was none",
}
#: Those that change with each day.
_AGES = ("days_since_contact", "days_since_in", "days_since_out")


def measures(past: Past, day: date, names: Collection[str] = MEASURES.keys()) -> dict[str, float | None]:
    """What there was at the end of that day: the last 30 days are it and the 29 before it. Of these `names` alone."""
    return {name: _TOLD[name](past, day) for name in names}


def next_change(past: Past, day: date) -> date | None:
    """The next day on which time alone may change a measure; None: it does not."""
    following = [
        each + timedelta(days=length)
        for each in past.days()
        if each <= day
        for length in (_SHORT, LONGEST)
        if each + timedelta(days=length) > day
    ]
    following += [each for each in past.days() if each > day]
    following += [_older(each, day) for each in past.last(day) if each is not None]
    return min(following, default=None)


def changes(past: Past, first: date, last: date, names: frozenset[str]) -> set[date]:
    """The days of that time on which one of these measures may have changed, the first of them among them."""
    if not names.isdisjoint(_AGES):
        return {first + timedelta(days=each) for each in range((last - first).days + 1)}
    found = {each + timedelta(days=length) for each in past.days() for length in (0, _SHORT, LONGEST)}
    return {first, *(each for each in found if first <= each <= last)}


def _last(days: Sequence[date], day: date) -> date | None:
    place = bisect_right(days, day)
    return days[place - 1] if place else None


def _count(days: Sequence[date], day: date, length: int) -> float:
    return float(bisect_right(days, day) - bisect_right(days, day - timedelta(days=length)))


def _answers(answers: Sequence[Answer], day: date) -> Sequence[Answer]:
    first = bisect_left(answers, day - timedelta(days=LONGEST - 1), key=lambda each: each.on)
    return answers[first : bisect_right(answers, day, key=lambda each: each.on)]


def _clock(answers: Sequence[Answer], day: date) -> list[int]:
    return [each.seconds for each in _answers(answers, day)]


def _worked(answers: Sequence[Answer], day: date) -> list[int]:
    found = _answers(answers, day)
    return [each.working_seconds for each in found if each.working_seconds is not None]


def _hours(seconds: Sequence[int]) -> float | None:
    found = median_seconds(seconds)
    return None if found is None else round(found / _HOUR, 2)


def _age(last: date | None, day: date) -> float | None:
    if last is None:
        return None
    days = (day - last).days
    return float(days if days <= LONGEST else days // _STEP * _STEP)


def _older(last: date, day: date) -> date:
    """The next day on which its age is another number."""
    days = (day - last).days
    return last + timedelta(days=days + 1 if days < LONGEST else (days // _STEP + 1) * _STEP)


#: Measure -> what tells it of a day.
_TOLD: dict[str, Callable[[Past, date], float | None]] = {
    "mails_in_30": lambda past, day: _count(past.mails_in, day, _SHORT),
    "mails_in_90": lambda past, day: _count(past.mails_in, day, LONGEST),
    "mails_out_30": lambda past, day: _count(past.mails_out, day, _SHORT),
    "mails_out_90": lambda past, day: _count(past.mails_out, day, LONGEST),
    "answers_in_90": lambda past, day: float(len(_answers(past.their_answers, day))),
    "answers_out_90": lambda past, day: float(len(_answers(past.our_answers, day))),
    "their_answer_hours": lambda past, day: _hours(_clock(past.their_answers, day)),
    "our_answer_hours": lambda past, day: _hours(_clock(past.our_answers, day)),
    "their_answer_working_hours": lambda past, day: _hours(_worked(past.their_answers, day)),
    "our_answer_working_hours": lambda past, day: _hours(_worked(past.our_answers, day)),
    "meetings_held_90": lambda past, day: _count(past.meetings, day, LONGEST),
    "bounces_90": lambda past, day: _count(past.bounces, day, LONGEST),
    "days_since_contact": lambda past, day: _age(past.last(day)[2], day),
    "days_since_in": lambda past, day: _age(_last(past.mails_in, day), day),
    "days_since_out": lambda past, day: _age(_last(past.mails_out, day), day),
}
