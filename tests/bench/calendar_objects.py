"""A generated calendar, and what keeptouch must know of it: worked out beside the product, with zoneinfo alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from store.types import instant_text
from tests.integration.company import Company

DOMAIN = "acme.example"
OWNER = f"alice@{DOMAIN}"
_ZONE_NAME = "Europe/Berlin"
_ZONE = ZoneInfo(_ZONE_NAME)
_VTIMEZONE = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""
_TITLES = ("Weekly planning", "Abstimmung Größe & Gewicht", "جلسهٔ هفتگی", "Багийн хурал", "Call with supplier")
_NAMES = ("Maryam Rezaei", "Түвшинбаяр", "نرگس احمدی", "Dan Partner", "Eve Kunde", "")
_DOMAINS = ("pars-abyari.example", "mongol.example", "partner.example", "client.example", "kunde.example")
_ANSWERS = {"NEEDS-ACTION": "needs_action", "ACCEPTED": "accepted", "DECLINED": "declined"}
#: One guest for so many events: most people are met several times.
_EVENTS_A_GUEST = 12
#: Days from today between which everything lies that becomes a row, and a day that is too far ahead.
_BACK, _AHEAD, _FAR = 500, 60, 200
_WEEK = timedelta(7)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Row:
    """A meeting as `v1_meeting` has it."""

    uid: str
    recurrence_id: str | None
    starts_at: str
    ends_at: str
    time_zone: str
    subject: str
    location: str
    status: str


@dataclass(slots=True)
class Planned:
    """A calendar object, and the rows that follow from it; none for those that concern no contact."""

    text: str
    rows: list[Row] = field(default_factory=list)
    #: (address, role, answer), the same at all its occurrences.
    people: list[tuple[str, str, str]] = field(default_factory=list)


def planned(count: int, now: datetime) -> Iterator[Planned]:
    """Meetings around a day, the same at every call on it: by themselves, with guests, in series, some moved."""
    chance = random.Random(5)
    guests = [f"guest{number}@{_DOMAINS[number % 5]}" for number in range(max(count // _EVENTS_A_GUEST, 6))]
    midnight = datetime.combine(now.astimezone(_ZONE).date(), datetime.min.time())
    for number in range(count):
        is_far = number % 50 == 1
        repeats = chance.choice((5, 10, 20)) if number % 7 == 0 and not is_far else 1
        # nothing takes place today, so that the hour of the measurement makes no difference
        day = _FAR if is_far else chance.choice((chance.randrange(-_BACK, -1), chance.randrange(2, _AHEAD)))
        day += day % 7 == 0
        start = midnight + timedelta(day, minutes=15 * chance.randrange(28, 76)) - _WEEK * (repeats - 1)
        invited = chance.sample(guests, chance.choice((0, 1, 1, 2, 3, 4)))
        found = _object(number, chance, start, repeats, invited, now)
        if is_far:
            found.rows = []
        yield found


def _object(
    number: int, chance: random.Random, start: datetime, repeats: int, invited: Sequence[str], now: datetime
) -> Planned:
    answers = {each: chance.choice(tuple(_ANSWERS)) for each in invited}
    title, moved_title = chance.choice(_TITLES), chance.choice(_TITLES)
    common = ["DESCRIPTION:Agenda:\\n- numbers\\n" + "details " * chance.randrange(40), "LOCATION:Room 5"]
    if invited:
        common.append(f"ORGANIZER;CN=Alice:mailto:{OWNER}")
        common.append(f"ATTENDEE;CN=Alice;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:{OWNER}")
        common += [_guest(each, answer) for each, answer in answers.items()]
    times = [start + _WEEK * index for index in range(repeats)]
    titles = [title] * repeats
    originals = list(times)
    rule = [f"RRULE:FREQ=WEEKLY;COUNT={repeats}"] if repeats > 1 else []
    events = [_event(number, title, [*_span(start), *rule, *common])]
    if repeats > 1 and number % 3 == 0:
        times[1] += 2 * _HOUR
        titles[1] = moved_title
        there = f"RECURRENCE-ID;TZID={_ZONE_NAME}:{originals[1]:%Y%m%dT%H%M%S}"
        events.append(_event(number, moved_title, [there, *_span(times[1]), *common]))
    found = Planned("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\n" + _VTIMEZONE)
    found.text += "".join(events) + "END:VCALENDAR\n"
    if invited:
        found.people = [(OWNER, "organizer", "accepted")]
        found.people += [(each, "required", _ANSWERS[answer]) for each, answer in answers.items()]
        spans = zip(originals, times, titles, strict=True)
        found.rows = [_row(number, original if rule else None, time, title, now) for original, time, title in spans]
    return found


def _guest(address: str, answer: str) -> str:
    name = _NAMES[len(address) % len(_NAMES)]
    said = f";CN={name}" if name else ""
    return f"ATTENDEE{said};PARTSTAT={answer};RSVP=TRUE:mailto:{address}"


def _span(start: datetime) -> list[str]:
    times = (("DTSTART", start), ("DTEND", start + _HOUR))
    return [f"{name};TZID={_ZONE_NAME}:{when:%Y%m%dT%H%M%S}" for name, when in times]


def _event(number: int, title: str, lines: Sequence[str]) -> str:
    head = ["BEGIN:VEVENT", f"UID:{number}@bench.example", "DTSTAMP:20250601T000000Z", f"SUMMARY:{title}"]
    return "\n".join([*head, *lines, "END:VEVENT", ""])


def _row(number: int, original: datetime | None, start: datetime, title: str, now: datetime) -> Row:
    return Row(
        uid=f"{number}@bench.example",
        recurrence_id=None if original is None else f"{_text(original)[:19]}Z",
        starts_at=_text(start),
        ends_at=_text(start + _HOUR),
        time_zone=_ZONE_NAME,
        subject=title,
        location="Room 5",
        status="held" if start.replace(tzinfo=_ZONE) < now else "planned",
    )


def _text(when: datetime) -> str:
    """A time on the wall, or aware, as the views have it."""
    return instant_text((when if when.tzinfo else when.replace(tzinfo=_ZONE)).astimezone(UTC))


def differences(company: Company, wanted: Sequence[Planned]) -> list[str]:
    """What is wrong in the store: meetings and attendees that are missing, too many, doubled, or say something else."""
    columns = "uid, recurrence_id, starts_at, ends_at, time_zone, subject, location, status"
    known = Counter(Row(*row) for row in company.rows(f"SELECT {columns} FROM v1_meeting"))  # noqa: S608 - the words above
    found = _unlike("meeting", Counter(row for each in wanted for row in each.rows), known)
    people = Counter(
        (row.uid, row.recurrence_id, *person) for each in wanted for row in each.rows for person in each.people
    )
    attendees = "SELECT m.uid, m.recurrence_id, a.address, a.role, a.response FROM v1_attendee a"
    had = Counter(company.rows(f"{attendees} JOIN v1_meeting m ON m.id = a.meeting_id"))
    found += _unlike("attendee", people, had)
    guests = Counter(
        (row.uid, row.recurrence_id, address)
        for each in wanted
        for row in each.rows
        for address, role, _answer in each.people
        if role != "organizer"
    )
    linked = "SELECT m.uid, m.recurrence_id, l.address FROM v1_interaction_contact l"
    links = Counter(company.rows(f"{linked} JOIN v1_meeting m ON m.interaction_id = l.interaction_id"))
    return found + _unlike("link to a contact", guests, links)


def _unlike(what: str, wanted: Counter[Any], known: Counter[Any]) -> list[str]:
    missing, more = wanted - known, known - wanted
    said = ((missing, "missing"), (more, "wrong or doubled"))
    return [
        f"{sum(each.values()):,} of {sum(wanted.values()):,} {what}s {word}, as {next(iter(each))}"
        for each, word in said
        if each
    ]
