"""The day on which somebody who is away will be back, from the words of an auto-reply.

A date counts where it stands behind words like "until" or "back on" (in some languages before them). Only a few short
pieces of text are ever read as dates (matching.written_days).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from matching.folding import fold
from matching.signals.away import LANGUAGES
from matching.written_days import FORMS, read_day

#: Characters around such words in which the date stands, and how many of them are tried.
_NEAR = 48
_MAX_TRIED = 6
#: An absence is no longer than this.
_LONGEST = timedelta(days=500)
#: A date without a year that lies farther ahead is one of the last days, which the next year has again.
_WITHIN_A_YEAR = timedelta(days=330)
#: Behind this day a Date is a lie, and no days are left to return on.
_LAST = date.max - 2 * _LONGEST
_YEAR = re.compile(r"\d{4}")

_WEEKDAYS = re.compile(
    fold(
        r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
        r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
        r"|lunes|martes|miercoles|jueves|viernes|lunedi|martedi|mercoledi|giovedi|venerdi|(?:segunda|terca"
        r"|quarta|quinta|sexta)(?:-feira)?"
        r"|maandag|dinsdag|woensdag|donderdag|vrijdag|poniedzialk\w+|wtork\w+|srod\w|czwartk\w+|piatk\w+"
        r"|понедельник\w?|вторник\w?|сред[уаы]|четверг\w?|пятниц\w"
        r"|pazartesi|sali|carsamba|persembe|cuma)\b"
    )
)
_INCLUSIVE = re.compile(
    fold(r"\b(?:inclu[sd]|einschl|inkl|through|thru|(?:tot|t) en met|t/m|включительно|compris|wlacznie)|まで")
)
_CUES = {
    each.code: tuple(re.compile(fold(words)) if words else None for words in (each.until, each.behind))
    for each in LANGUAGES
}


def return_date(language: str, text: str, sent_at: datetime | None) -> date | None:
    """The first date of a return in a folded text, later than the day of the mail; None where none is told."""
    if sent_at is None or language not in _CUES or sent_at.date() > _LAST:
        return None
    sent_on = sent_at.date()
    for tried, (candidate, piece) in enumerate(_candidates(language, text)):
        if tried >= _MAX_TRIED:
            break
        found = read_day(candidate, language, sent_on)
        longest = _LONGEST if _YEAR.search(candidate) else _WITHIN_A_YEAR
        if found is not None and sent_on < found <= sent_on + longest:
            return found + timedelta(days=1) if _INCLUSIVE.search(piece) else found
    return None


def _candidates(language: str, text: str) -> Iterator[tuple[str, str]]:
    """(what looks like a date, the words around it), the surest first for each place where a return is told."""
    before, behind = _CUES[language]
    if behind is not None:
        for match in behind.finditer(text):
            start = max(0, match.start() - _NEAR)
            piece = text[start : match.start()].rpartition("\n\n")[2]
            last = max((each for form in FORMS for each in form.finditer(piece)), key=_place, default=None)
            if last is not None:
                yield last[0], text[start : match.end()]
    if before is not None:
        for match in before.finditer(text):
            piece = text[match.end() : match.end() + _NEAR].partition("\n\n")[0]
            dates = [each for form in FORMS for each in form.finditer(piece)]
            yield from ((each[0], match[0] + piece) for each in dates)
            weekday = None if dates else _WEEKDAYS.search(piece)
            if weekday:
                yield weekday[0], match[0] + piece


def _place(match: re.Match[str]) -> tuple[int, int]:
    """How late a date ends; of those that end alike, the longer comes last."""
    return match.end(), -match.start()
