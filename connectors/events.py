"""Properties of one VEVENT (RFC 5545, section 3.6.1) -> an `Event`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from connectors.bodies import MAX_TEXT
from connectors.conferences import LINK_PROPERTIES, conference_url
from connectors.contentlines import Params, split_line, unescaped
from connectors.html import text_of_html
from connectors.mailboxes import MAX_MAILBOXES
from connectors.meetings import Attendee, AttendeeRole, Event, EventStatus, Moment, Response
from connectors.recurrence import BadRule, parse_rule

#: Most RRULEs of an event, and RDATEs and EXDATEs each.
MAX_RULES = 10
MAX_DATES = 10_000
#: Characters of a line of text (SUMMARY, LOCATION, names).
LONGEST_LINE = 2_000

_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ROLES = {
    "CHAIR": AttendeeRole.CHAIR,
    "OPT-PARTICIPANT": AttendeeRole.OPTIONAL,
    "NON-PARTICIPANT": AttendeeRole.INFORMED,
}
_RESPONSES = {response.name.replace("_", "-"): response for response in Response}
_STATUSES = {status.name: status for status in EventStatus}

BUSY_STATUS = ("X-MICROSOFT-CDO-BUSYSTATUS", "BUSYSTATUS")
#: What an event's lines are kept for.
WANTED = frozenset(
    (
        *("UID", "RECURRENCE-ID", "DTSTART", "DTEND", "DURATION", "DUE", "RRULE", "RDATE", "EXDATE"),
        *("SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "STATUS", "TRANSP", "CLASS", "SUMMARY", "LOCATION", "DESCRIPTION"),
        *("X-ALT-DESC", "URL", "ORGANIZER", "ATTENDEE", "X-MICROSOFT-CDO-ALLDAYEVENT", *BUSY_STATUS, *LINK_PROPERTIES),
    )
)


class BadEvent(ValueError):
    """The event can't be read; says why, without its content."""


class Line(NamedTuple):
    """A content line taken apart."""

    name: str
    params: Params
    value: str


class Read(NamedTuple):
    """An event, and what is not in it."""

    event: Event
    #: Tells which of two of the same number and stamp is newer.
    modified_at: str
    is_truncated: bool


#: A TZID, "" for none -> the zone of a Moment.
ZoneNames = Callable[[str], str]
#: The wall clock of a zone after some time: adds exactly, over clock changes.
AddTime = Callable[[Moment, timedelta], Moment]


def read_event(lines: Iterable[str], zone_name: ZoneNames, add_time: AddTime) -> Read:
    """One event's content lines; raises BadEvent."""
    single: dict[str, Line] = {}
    attendees: list[Line] = []
    several: dict[str, list[Line]] = {"RRULE": [], "RDATE": [], "EXDATE": []}
    for text in lines:
        line = Line(*split_line(text))
        if line.name == "ATTENDEE":
            attendees.append(line)
        elif line.name in several:
            several[line.name].append(line)
        else:
            single.setdefault(line.name, line)
    start, end = _span(single, zone_name, add_time)
    rules, is_cut = _rules(several["RRULE"])
    # one more than are kept, to see that there are too many
    pairs = (pair for line in several["RDATE"] for pair in _extra(line, zone_name, add_time))
    extra = list(islice(pairs, MAX_DATES + 1))
    left_out = list(islice((each for line in several["EXDATE"] for each in _moments(line, zone_name)), MAX_DATES + 1))
    recurrence = single.get("RECURRENCE-ID")
    recurrence_id = _moment(recurrence, zone_name) if recurrence and recurrence.value.strip() else None
    if recurrence and recurrence.value.strip() and recurrence_id is None:
        raise BadEvent("an exception's RECURRENCE-ID is no time")
    stamped = _instant(single.get("DTSTAMP"))
    text = _text(single)
    event = Event(
        uid=_value(single, "UID").strip()[:LONGEST_LINE],
        recurrence_id=recurrence_id,
        is_this_and_future=bool(recurrence and recurrence.params.get("RANGE", "").upper() == "THISANDFUTURE"),
        start=start,
        end=end,
        rules=rules,
        extra=tuple(extra[:MAX_DATES]),
        left_out=tuple(left_out[:MAX_DATES]),
        sequence=_sequence(_value(single, "SEQUENCE")),
        stamped_at=stamped,
        status=_STATUSES.get(_value(single, "STATUS").strip().upper(), EventStatus.CONFIRMED),
        is_free=_value(single, "TRANSP").strip().upper() == "TRANSPARENT",
        # [MS-OXCICAL] 2.1.3.1.1.20.31, and the name that some servers give it
        is_away=any(_value(single, name).strip().upper() == "OOF" for name in BUSY_STATUS),
        classification=_classification(single),
        subject=_line(single, "SUMMARY"),
        location=_line(single, "LOCATION"),
        text=text[:MAX_TEXT],
        conference_url=_conference(single, text),
        organizer=_attendee(single["ORGANIZER"]) if "ORGANIZER" in single else None,
        attendees=tuple(map(_attendee, attendees[:MAX_MAILBOXES])),
    )
    is_cut |= len(attendees) > MAX_MAILBOXES or max(len(extra), len(left_out)) > MAX_DATES or len(text) > MAX_TEXT
    return Read(event, _value(single, "LAST-MODIFIED"), is_cut)


def _value(single: Mapping[str, Line], name: str) -> str:
    line = single.get(name)
    return line.value if line else ""


def _line(single: Mapping[str, Line], name: str) -> str:
    """TEXT on one line, as it stands otherwise."""
    text = unescaped(_value(single, name)[: 2 * LONGEST_LINE])[:LONGEST_LINE]
    return text if text.isprintable() else _CONTROL.sub(" ", text.replace("\n", " "))


def _text(single: Mapping[str, Line]) -> str:
    # an escape is two characters
    text = unescaped(_value(single, "DESCRIPTION")[: 2 * MAX_TEXT + 2]).strip()
    if not text and "X-ALT-DESC" in single:
        text = text_of_html(unescaped(_value(single, "X-ALT-DESC")[: 2 * MAX_TEXT]))[0]
    return text


def _conference(single: Mapping[str, Line], text: str) -> str:
    named = [_value(single, name) for name in LINK_PROPERTIES if name in single]
    return conference_url(named, (_line(single, "LOCATION"), _value(single, "URL"), text))


def _classification(single: Mapping[str, Line]) -> str:
    word = _value(single, "CLASS").strip().lower() or "public"
    return word if word in ("public", "confidential") else "private"


def _sequence(value: str) -> int:
    value = value.strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else 0


def _rules(lines: Sequence[Line]) -> tuple[tuple[str, ...], bool]:
    """The values that are rules, and whether some are left out: what then is kept is not the whole series."""
    found = []
    for line in lines[:MAX_RULES]:
        try:
            parse_rule(line.value)
        except BadRule:
            continue
        found.append(line.value.strip())
    return tuple(found), len(found) < len(lines)


def _attendee(line: Line) -> Attendee:
    params = line.params
    kind = params.get("CUTYPE", "").upper()
    role = _ROLES.get(params.get("ROLE", "").upper(), AttendeeRole.REQUIRED)
    return Attendee(
        email=address_of(line.value) or address_of(params.get("EMAIL", "")),
        name=" ".join(params.get("CN", "")[:LONGEST_LINE].split()),
        role=AttendeeRole.RESOURCE if kind in ("RESOURCE", "ROOM") else role,
        response=_RESPONSES.get(params.get("PARTSTAT", "").upper(), Response.NEEDS_ACTION),
        is_group=kind == "GROUP",
        delegated_to=_addresses(params.get("DELEGATED-TO", "")),
        delegated_from=_addresses(params.get("DELEGATED-FROM", "")),
    )


def _addresses(value: str) -> tuple[str, ...]:
    return tuple(filter(None, map(address_of, value.split(",")[:MAX_MAILBOXES]))) if value else ()


def address_of(value: str) -> str:
    """The address of a CAL-ADDRESS; "" where it is none of mail. Some programs leave "mailto:" out."""
    value = value.strip().strip("<>\"'")
    if value[:7].lower() == "mailto:":
        address = value[7:].partition("?")[0].strip().strip("<>")
        if "%" in address:
            address = unquote(address)
        return address if "@" in address else ""
    is_bare = "@" in value and ":" not in value and "/" not in value and " " not in value
    return value if is_bare else ""


def _span(single: Mapping[str, Line], zone_name: ZoneNames, add_time: AddTime) -> tuple[Moment | None, Moment | None]:
    """Start and end as written, the end not before the start."""
    line = single.get("DTSTART") or single.get("DUE")
    if line is None or not line.value.strip():
        return None, None
    start = _moment(line, zone_name)
    if start is None:
        raise BadEvent("its start is no time")
    end = _moment(single["DTEND"], zone_name) if "DTEND" in single else None
    if end is None and "DURATION" in single:
        length = duration_of(single["DURATION"].value)
        end = None if length is None else _after(start, length, add_time)
    if _value(single, "X-MICROSOFT-CDO-ALLDAYEVENT").strip().upper() == "TRUE":
        start, end = _as_days(start, end)
    return start, _fitting(start, end)


def _as_days(start: Moment, end: Moment | None) -> tuple[Moment, Moment | None]:
    """Outlook's whole days, written as midnights."""
    moments = [moment for moment in (start, end) if moment is not None]
    if any(isinstance(each.local, datetime) and each.local.time() != datetime.min.time() for each in moments):
        return start, end
    return _day(start), _day(end) if end is not None else None


def _day(moment: Moment) -> Moment:
    return Moment(moment.local.date(), moment.zone) if isinstance(moment.local, datetime) else moment


def _fitting(start: Moment, end: Moment | None) -> Moment | None:
    """An end of the kind of its start, and not before it where both are told in one zone."""
    if end is None:
        return None
    if not isinstance(start.local, datetime):
        last = end.local
        if isinstance(last, datetime):
            is_within = last.time() != datetime.min.time() and last.date() < date.max
            last = last.date() + timedelta(is_within)
        return Moment(last, start.zone) if last > start.local else None
    if not isinstance(end.local, datetime):
        end = Moment(datetime.combine(end.local, datetime.min.time()), start.zone)
    assert isinstance(end.local, datetime)
    return start if end.zone == start.zone and end.local < start.local else end


def _after(start: Moment, length: tuple[int, timedelta], add_time: AddTime) -> Moment | None:
    """A start and its duration: days are of the calendar, time is exact (RFC 5545, section 3.3.6)."""
    days, rest = length
    try:
        if not isinstance(start.local, datetime):
            return Moment(start.local + timedelta(days + bool(rest)), start.zone)
        moved = Moment(start.local + timedelta(days), start.zone)
        return add_time(moved, rest) if rest else moved
    except OverflowError:
        return None


def duration_of(value: str) -> tuple[int, timedelta] | None:
    """(days, time) of a DURATION; None where it is none, or negative."""
    match = _DURATION.fullmatch(value.strip())
    if match is None or match[1] == "-" or not any(match.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (int(number or 0) for number in match.groups()[1:])
    return weeks * 7 + days, timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _moment(line: Line, zone_name: ZoneNames) -> Moment | None:
    return moment_of(line.value, line.params, zone_name)


def moment_of(value: str, params: Params, zone_name: ZoneNames) -> Moment | None:
    """DATE or DATE-TIME; None where it is neither. The word before VALUE tells less than the value itself."""
    value = value.strip()
    if "-" in value or ":" in value:
        value = value.replace("-", "").replace(":", "")
    length = len(value)
    try:
        if length == 8 and value.isascii() and value.isdigit():
            return Moment(date(int(value[:4]), int(value[4:6]), int(value[6:])), _day_zone(params, zone_name))
        if length not in (13, 15, 16, 14) or value[8] not in "Tt" or not value.isascii():
            return None
        is_utc = value[-1] in "Zz"
        digits = value[:8] + (value[9:-1] if is_utc else value[9:])
        if not digits.isdigit() or len(digits) not in (12, 14):
            return None
        if params.get("VALUE", "").upper() == "DATE":
            day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
            return Moment(day, _day_zone(params, zone_name))
        local = datetime(  # noqa: DTZ001 - wall clock
            int(digits[:4]),
            int(digits[4:6]),
            int(digits[6:8]),
            int(digits[8:10]),
            int(digits[10:12]),
            min(int(digits[12:] or 0), 59),
        )
    except ValueError:
        return None
    return Moment(local, "UTC" if is_utc else zone_name(params.get("TZID", "")))


def _day_zone(params: Params, zone_name: ZoneNames) -> str:
    """Days have no zone, says the RFC; some programs give them one all the same, and mean its days."""
    tzid = params.get("TZID", "")
    return zone_name(tzid) if tzid else ""


def _moments(line: Line, zone_name: ZoneNames) -> Iterable[Moment]:
    for value in line.value.split(",", MAX_DATES + 1)[: MAX_DATES + 1]:
        moment = moment_of(value, line.params, zone_name)
        if moment is not None:
            yield moment


def _extra(line: Line, zone_name: ZoneNames, add_time: AddTime) -> Iterable[tuple[Moment, Moment | None]]:
    """RDATE values: starts, or periods with an end or a duration."""
    for value in line.value.split(",", MAX_DATES + 1)[: MAX_DATES + 1]:
        first, _, last = value.partition("/")
        start = moment_of(first, line.params, zone_name)
        if start is None:
            continue
        end = None
        if last:
            length = duration_of(last)
            end = _after(start, length, add_time) if length else moment_of(last, line.params, zone_name)
        yield start, _fitting(start, end)


def _instant(line: Line | None) -> datetime | None:
    """DTSTAMP; it is always UTC."""
    moment = moment_of(line.value, line.params, lambda _tzid: "UTC") if line else None
    if moment is None or not isinstance(moment.local, datetime):
        return None
    return moment.local.replace(tzinfo=UTC)
