"""Days as people write them: by numbers, by the names of months, and by the Persian calendar. Pure.

They are read by `dateparser`, which knows the months and weekdays of the languages; the forms it does not read
(Chinese, Korean and Mongolian dates, the Persian calendar) are read here. Texts are folded (matching.folding).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from matching.folding import fold

_MONTH = r"[^\W\d_]{2,12}"
#: Forms of dates, from those that can mean nothing else on.
FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:\d{4}\s?[年년]\s?)?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日号號일]?",
        r"(?:\d{4}\s?оны?\s+)?\d{1,2}(?:-?[а-я]{1,2}|\s?д[уү]гаар|\s?д[уү]гээр)?\s?сарын\s+\d{1,2}",
        r"\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{1,4}(?!\d)|(?<!\d)\d{1,2}[./]\d{1,2}(?![\d:])",
        rf"(?<!\d)\d{{1,2}}(?:\.|st|nd|rd|th|er|º|°|-?го|-?е|-?ב)?\s+(?:de\s+|of\s+"
        rf"|ב-?)?{_MONTH}\.?(?:,?\s+(?:de\s+|del\s+)?\d{{4}})?",
        rf"{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?!\d|:|[./-]\d)(?:,?\s+\d{{4}})?",
    )
)
_IS_NUMBERS = re.compile(r"[\d./ -]+")
_JALALI = tuple(
    fold(name)
    for name in ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند")
)
_JALALI_DATE = re.compile(rf"(\d{{1,2}})\s+(?:ماه\s+)?({'|'.join(_JALALI)})(?:\s+ماه)?(?:\s+(?:سال\s+)?(1[34]\d\d))?")
_JALALI_NUMBERS = re.compile(r"(1[34]\d\d)[/.-](\d{1,2})[/.-](\d{1,2})")
_NUMBERS = re.compile(r"\d+")


def read_day(text: str, language: str, sent_on: date) -> date | None:
    """The day that a piece of text of one of the forms tells, after `sent_on` where it names no year; None: none."""
    persian = _jalali(text, sent_on) if language == "fa" else None
    if persian is not None:
        return persian
    if re.search(r"[月월]|сарын", text):
        return _by_numbers([int(number) for number in _NUMBERS.findall(text)], sent_on)
    if language == "en" and _IS_NUMBERS.fullmatch(text):
        dates = [found for order in ("MDY", "DMY") if (found := _parsed(text, language, sent_on, order)) is not None]
        return min((each for each in dates if each > sent_on), default=None)
    if _IS_NUMBERS.fullmatch(text):
        return _parsed(text, language, sent_on, None)
    # "13 mars" is no year 2013, as the order of numbers in Swedish would have it
    return _parsed(text, language, sent_on, "DMY" if text[0].isdigit() else "MDY")


def _by_numbers(numbers: list[int], sent_on: date) -> date | None:
    """[year, month, day], or the next [month, day]."""
    year = numbers.pop(0) if len(numbers) == 3 else None
    try:
        found = date(year or sent_on.year, numbers[0], numbers[1])
        return found if year or found > sent_on else found.replace(year=found.year + 1)
    except (ValueError, IndexError):
        return None


def _parsed(text: str, language: str, sent_on: date, order: str | None) -> date | None:
    # a third of a second to import, and few mails need it
    import dateparser  # noqa: PLC0415 - imported where the first auto-reply needs it

    settings: dict[str, object] = {
        "RELATIVE_BASE": datetime(sent_on.year, sent_on.month, sent_on.day),  # noqa: DTZ001 - a day without zone
        "PREFER_DATES_FROM": "future",
        "REQUIRE_PARTS": ["day", "month"] if any(map(str.isdigit, text)) else [],
    }
    if order:
        settings["DATE_ORDER"] = order
    try:
        found = dateparser.parse(text.rstrip("."), languages=[language], settings=settings)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return found.date() if found else None


def _jalali(text: str, sent_on: date) -> date | None:
    """A date of the Persian calendar, with or without its year."""
    match = _JALALI_NUMBERS.search(text)
    if match:
        return _from_jalali(int(match[1]), int(match[2]), int(match[3]))
    match = _JALALI_DATE.search(text)
    if not match:
        return None
    month, day = _JALALI.index(match[2]) + 1, int(match[1])
    if match[3]:
        return _from_jalali(int(match[3]), month, day)
    years = (sent_on.year - 622, sent_on.year - 621)
    dates = [found for year in years if (found := _from_jalali(year, month, day)) is not None]
    return min((each for each in dates if each > sent_on), default=None)


def _from_jalali(year: int, month: int, day: int) -> date | None:
    """The day of the Persian calendar, by the rule of 33 years (true of 1244 to 1472)."""
    if not (1 <= month <= 12 and 1 <= day <= 31 and 1244 <= year <= 1472):
        return None
    days = 365 * (year - 1) + (8 * year + 21) // 33 + day - 1
    days += 31 * (month - 1) if month <= 7 else 30 * (month - 1) + 6
    # the day before which 1404 and its neighbours begin on 20 or 21 March
    return date(622, 3, 21) + timedelta(days=days)
