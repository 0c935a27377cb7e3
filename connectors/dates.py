"""Dates of mail headers (RFC 5322 3.3, 4.3 and what is met besides) -> aware datetimes.

Met: two-digit years, named and military zones, comments anywhere, no weekday, no seconds, no zone, the order of C's
asctime, ISO 8601, AM and PM, a whole Received value (its date stands behind the last ";").
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from connectors.headers import unfolded

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
#: Zones with one meaning (RFC 5322 4.3, then those in use) by hours; military letters count as UTC there.
_ZONE_NAMES = {
    -10: "hst",
    -9: "akst",
    -8: "pst akdt",
    -7: "mst pdt",
    -6: "cst mdt",
    -5: "est cdt",
    -4: "edt ast",
    -3.5: "nst",
    -3: "adt brt",
    -2.5: "ndt",
    1: "bst west cet met mez",
    2: "cest mest mesz eet",
    3: "eest msk trt",
    3.5: "irst",
    4: "msd",
    4.5: "irdt",
    5: "pkt",
    8: "ulat hkt sgt awst",
    9: "jst kst",
    9.5: "acst",
    10: "aest",
    11: "aedt",
    12: "nzst",
    13: "nzdt",
}
_ZONES = {name: hours for hours, names in _ZONE_NAMES.items() for name in names.split()}
_MOST_OFFSET = timedelta(hours=16)

_WEEKDAY = r"(?:(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*+\.?+\s*+,?+\s*+)?+"
_USUAL = re.compile(
    r"[\s_\"']*+(?:[A-Za-z]{2,9}\.?+\s*+,?+\s*+)?+(\d{1,2})[\s-]++([A-Za-z]{3,9}|\d{1,2})\.?+,?+[\s-]++(\d{2,4})[\s,]++"
    r"(\d{1,2}+)\s*+[:.]\s*+(\d{1,2}+)(?:\s*+[:.]\s*+(\d{1,2}+)(?:[.,]\d++)?+)?+(?!\s*+:)\s*+([AaPp][Mm]\b)?+\s*+"
    r"(?:([+-])\s?+(\d{1,2}):?+(\d{2})?+(?!\d)|((?!A\.?M|P\.?M)[A-Za-z]++)(?:([+-])(\d{1,2}):?+(\d{2})?+)?+)?+"
)
_ASCTIME = re.compile(
    r"[\s_\"']*+" + _WEEKDAY + r"([A-Za-z]{3,9})\.?+\s++(\d{1,2}),?+\s++"
    r"(?:(\d{4}),?+\s++)?+(\d{1,2}):(\d{2})(?::(\d{2}))?+\s*+([AaPp][Mm]\b)?+\s*+"
    r"(?:([+-]\d{4})|([A-Za-z]++))?+\s*+(\d{4})?+(?:\s++([+-]\d{4}))?+",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"\s*+(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[Tt]|\s++)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d++)?+)?+\s*+"
    r"(?:([+-])(\d{2}):?+(\d{2})|([A-Za-z]++))?+"
)
_COMMENT_EDGE = re.compile(r"[()\\]")


def parse_date(value: str | bytes) -> datetime | None:
    """The date and time of a Date or Received value, aware, with the offset as written; None where there is none.

    A missing or unknown zone counts as UTC, a leap second as the second before; nothing that can't be is a date.
    """
    text = unfolded(value)
    if ";" in text:
        text = text.rpartition(";")[2]
    match = _USUAL.match(text)
    if match is not None:
        return _usual(match)
    if "(" in text:
        text = _uncommented(text)
        match = _USUAL.match(text)
        if match is not None:
            return _usual(match)
    match = _ASCTIME.match(text)
    if match is not None:
        return _asctime(match)
    match = _ISO.match(text)
    return _iso(match) if match is not None else None


def _usual(match: re.Match[str]) -> datetime | None:
    day, month, year, hour, minute, second, half, sign, hours, minutes, zone, sign2, hours2, minutes2 = match.groups()
    if sign is not None:
        offset = _offset(sign, hours, minutes)
    elif sign2 is not None:
        offset = _offset(sign2, hours2, minutes2)
    else:
        offset = _named(zone)
    number = int(month) if month.isdigit() else _MONTHS.get(month[:3].lower(), 0)
    return _datetime(_year(year), number, int(day), _hour(hour, half), int(minute), int(second or 0), offset)


def _asctime(match: re.Match[str]) -> datetime | None:
    month, day, year, hour, minute, second, half, zone, name, late_year, late_zone = match.groups()
    year = year or late_year
    if year is None:
        return None
    zone = zone or late_zone
    offset = _offset(zone[0], zone[1:3], zone[3:]) if zone else _named(name)
    number = _MONTHS.get(month[:3].lower(), 0)
    return _datetime(int(year), number, int(day), _hour(hour, half), int(minute), int(second or 0), offset)


def _iso(match: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second, sign, hours, minutes, name = match.groups()
    offset = _offset(sign, hours, minutes) if sign else _named(name)
    return _datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), offset)


def _year(text: str) -> int:
    """RFC 5322 4.3: two digits up to 49 are of this century; three count from 1900."""
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if len(text) == 2 and year < 50 else 1900)


def _hour(text: str, half: str | None) -> int:
    if half is None:
        return int(text)
    return int(text) % 12 + (12 if half in ("PM", "pm", "Pm", "pM") else 0)


@lru_cache(maxsize=256)
def _offset(sign: str, hours: str, minutes: str | None) -> timezone | None:
    length = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if length > _MOST_OFFSET or int(minutes or 0) > 59:
        return None
    return timezone(-length if sign == "-" else length)


@lru_cache(maxsize=256)
def _named(zone: str | None) -> timezone:
    hours = _ZONES.get(zone.lower(), 0) if zone else 0
    return timezone(timedelta(hours=hours)) if hours else UTC


def _datetime(
    year: int, month: int, day: int, hour: int, minute: int, second: int, offset: timezone | None
) -> datetime | None:
    if offset is None or year < 1900 or not 1 <= month <= 12 or second > 60:
        return None
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=offset)
    except ValueError:
        return None


def _uncommented(text: str) -> str:
    """`text` with each comment (RFC 5322 3.2.2, they nest) made a blank."""
    out: list[str] = []
    depth = position = start = 0
    while (match := _COMMENT_EDGE.search(text, position)) is not None:
        position = match.end()
        edge = match.group()
        if edge == "\\":
            position += 1
        elif edge == "(":
            if depth == 0:
                out.append(text[start : match.start()])
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                out.append(" ")
                start = position
    if depth == 0:
        out.append(text[start:])
    return "".join(out)
