"""Series on Cyrus that their organizer and an attendee edit at random: the store says what the calendars say.

What the calendars say is read by other libraries than ours. Occurrences that had ended before anybody looked, and those
to come, have to be the same; one that was seen to be planned and was then taken out stays as cancelled.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.integration.company import Company
from tests.integration.test_calendar_history import ANN, DOMAIN, company_of, refs
from tests.servers.calendars import CalendarUser
from tests.servers.cyrus import Cyrus

#: Their types name every kind of property at once; here they only edit and expand as users' programs do.
icalendar: Any = import_module("icalendar")
recurring_ical_events: Any = import_module("recurring_ical_events")

pytestmark = [pytest.mark.server, pytest.mark.slow]

#: An Outlook zone with the summer time that Iran gave up in 2022.
OUTLOOK_IRAN = """BEGIN:VTIMEZONE
TZID:Iran Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0430
TZOFFSETTO:+0330
RRULE:FREQ=YEARLY;BYDAY=3TU;BYMONTH=9
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T000000
TZOFFSETFROM:+0330
TZOFFSETTO:+0430
RRULE:FREQ=YEARLY;BYDAY=4SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
SINCE = datetime(2022, 6, 1, tzinfo=UTC)
_NUMBERS = count()


def rules_of(zone: str) -> str:
    """Its VTIMEZONE."""
    found = icalendar.Timezone.from_tzinfo(ZoneInfo(zone), zone, date(2020, 1, 1), date(2030, 1, 1))
    return str(found.to_ical().decode()).replace("\r\n", "\n")


@dataclass(slots=True)
class Copy:
    """A series as it lies in somebody's calendar."""

    user: CalendarUser
    file: str
    address: str

    def read(self) -> icalendar.Calendar:
        return icalendar.Calendar.from_ical(self.user.get("Default", self.file))

    def write(self, calendar: icalendar.Calendar) -> None:
        self.user.put("Default", self.file, calendar.to_ical())

    def occurrences(self, zone: str) -> dict[datetime, icalendar.Event]:
        """Original start, UTC -> what holds for it; `zone` is that of the times."""
        calendar = self.read()
        for event in calendar.walk("VEVENT"):
            _rezone(event, zone)
        until = datetime.now(UTC) + timedelta(days=90)
        found = recurring_ical_events.of(calendar).between(SINCE, until)
        return {each["RECURRENCE-ID"].dt.astimezone(UTC): each for each in found}


def _rezone(event: icalendar.Event, zone: str) -> None:
    """Times in the zone's present rules, whatever rules came with the object."""
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        # in the clock of the series where it has lost its zone
        if name in event and event[name].dt.tzinfo is not UTC:
            event[name] = icalendar.vDDDTypes(event[name].dt.replace(tzinfo=ZoneInfo(zone)))
    left_out = event.get("EXDATE", [])
    for each in left_out if isinstance(left_out, list) else [left_out]:
        for listed in each.dts:
            listed.dt = listed.dt.replace(tzinfo=ZoneInfo(zone))


def master(calendar: icalendar.Calendar) -> icalendar.Event:
    [found] = [each for each in calendar.walk("VEVENT") if "RECURRENCE-ID" not in each]
    return found


def exception(calendar: icalendar.Calendar, at: datetime) -> icalendar.Event:
    """The exception for an occurrence (its original start on its clock), made if need be."""
    series = master(calendar)
    zone = series["DTSTART"].params["TZID"]
    for each in calendar.walk("VEVENT"):
        if "RECURRENCE-ID" in each and each["RECURRENCE-ID"].dt.replace(tzinfo=None) == at:
            return each
    made = deepcopy(series)
    length = series["DTEND"].dt - series["DTSTART"].dt
    for name in ("RRULE", "EXDATE"):
        made.pop(name, None)
    for name, value in (("RECURRENCE-ID", at), ("DTSTART", at), ("DTEND", at + length)):
        made[name] = icalendar.vDDDTypes(value)
        made[name].params["TZID"] = zone
    calendar.add_component(made)
    return made


def bump(event: icalendar.Event) -> None:
    event["SEQUENCE"] = int(event.get("SEQUENCE", 0)) + 1


def say(event: icalendar.Event, address: str, answer: str) -> None:
    people = event["ATTENDEE"]
    for each in people if isinstance(people, list) else [people]:
        if str(each).lower().endswith(address):
            each.params["PARTSTAT"] = answer


def answer_in(event: icalendar.Event, address: str) -> str:
    [found] = [each for each in event["ATTENDEE"] if str(each).lower().endswith(address)]
    return str(found.params.get("PARTSTAT", "NEEDS-ACTION")).lower().replace("-", "_")


@dataclass(slots=True)
class Series:
    """Both copies, and what may be done to them."""

    organizer: Copy
    attendee: Copy
    zone: str
    chance: random.Random

    def edit(self) -> None:
        """One change of any kind, of any occurrence."""
        self.chance.choice((self.move, self.cancel, self.leave_out, self.rename, self.answer, self.answer_one))()

    def _some(self, copy: Copy) -> datetime:
        """An original start, on the series' clock."""
        found = [at for at, each in copy.occurrences(self.zone).items() if str(each.get("STATUS", "")) != "CANCELLED"]
        return self.chance.choice(sorted(found)).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def move(self) -> None:
        calendar = self.organizer.read()
        event = exception(calendar, self._some(self.organizer))
        hours = timedelta(hours=self.chance.choice((-2, 1, 3, 26)))
        for name in ("DTSTART", "DTEND"):
            zone = event[name].params.get("TZID")
            event[name] = icalendar.vDDDTypes(event[name].dt.replace(tzinfo=None) + hours)
            event[name].params["TZID"] = zone
        bump(event)
        self.organizer.write(calendar)

    def cancel(self) -> None:
        calendar = self.organizer.read()
        event = exception(calendar, self._some(self.organizer))
        event["STATUS"] = icalendar.vText("CANCELLED")
        bump(event)
        self.organizer.write(calendar)

    def leave_out(self) -> None:
        calendar, at = self.organizer.read(), self._some(self.organizer)
        series = master(calendar)
        left_out = icalendar.vDDDLists([at])
        left_out.params["TZID"] = series["DTSTART"].params["TZID"]
        series.add("EXDATE", left_out, encode=False)
        calendar.subcomponents = [
            each
            for each in calendar.subcomponents
            if "RECURRENCE-ID" not in each or each["RECURRENCE-ID"].dt.replace(tzinfo=None) != at
        ]
        bump(series)
        self.organizer.write(calendar)

    def rename(self) -> None:
        calendar = self.organizer.read()
        for event in calendar.walk("VEVENT"):
            event["SUMMARY"] = icalendar.vText(f"جلسه {self.chance.randrange(100)}")
        self.organizer.write(calendar)

    def answer(self) -> None:
        calendar = self.attendee.read()
        said = self.chance.choice(("ACCEPTED", "DECLINED", "TENTATIVE"))
        for event in calendar.walk("VEVENT"):
            say(event, self.attendee.address, said)
        self.attendee.write(calendar)

    def answer_one(self) -> None:
        calendar = self.attendee.read()
        event = exception(calendar, self._some(self.attendee))
        say(event, self.attendee.address, self.chance.choice(("ACCEPTED", "DECLINED")))
        self.attendee.write(calendar)


def compare(company: Company, series: Series, seen: set[datetime]) -> None:
    """The store and the calendars; `seen` are occurrences that were there when the store looked before."""
    now = datetime.now(UTC)
    told = series.organizer.occurrences(series.zone)
    rows = company.rows(
        "SELECT recurrence_id, starts_at, status, subject FROM v1_meeting WHERE recurrence_id IS NOT NULL"
    )
    stored = {datetime.fromisoformat(rid): (_instant(at), status, subject) for rid, at, status, subject in rows}
    assert stored.keys() - told.keys() <= {at for at in seen if stored[at][1] == "cancelled" or at not in stored}
    assert told.keys() <= stored.keys()
    for at, event in told.items():
        start, status, subject = stored[at]
        assert start == event["DTSTART"].dt.astimezone(UTC), at
        assert (status == "cancelled") == (str(event.get("STATUS", "")) == "CANCELLED"), at
        assert subject == str(event["SUMMARY"]), at
    said = dict(_answers(company, series.attendee.address))
    for at, event in series.attendee.occurrences(series.zone).items():
        if event["DTSTART"].dt > now and at in told and stored[at][1] != "cancelled":
            assert said[at] == answer_in(event, series.attendee.address), at


def _answers(company: Company, address: str) -> Iterable[tuple[datetime, str]]:
    query = (
        "SELECT m.recurrence_id, a.address, a.response FROM v1_attendee a JOIN v1_meeting m ON m.id = a.meeting_id"
        " WHERE m.recurrence_id IS NOT NULL"
    )
    for rid, whose, response in company.rows(query):
        if whose == address:
            yield datetime.fromisoformat(rid), response


def _instant(value: Any) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.astimezone(UTC)


@pytest.fixture
def people(cyrus: Cyrus) -> tuple[CalendarUser, CalendarUser]:
    """Two users of the server with empty calendars."""
    made = []
    for name in (f"org{next(_NUMBERS)}", f"att{next(_NUMBERS)}"):
        cyrus.add_user(name, "secret")
        assert refs(cyrus, name) == []
        made.append(CalendarUser(cyrus.url, name, "secret", f"/dav/calendars/user/{name}/"))
    return made[0], made[1]


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.soak) for n in range(2, 12))])
@pytest.mark.parametrize(
    ("zone", "tzid", "rules"),
    [
        ("Asia/Tehran", "Iran Standard Time", OUTLOOK_IRAN),
        ("Asia/Ulaanbaatar", "Asia/Ulaanbaatar", rules_of("Asia/Ulaanbaatar")),
        ("Asia/Riyadh", "Asia/Riyadh", rules_of("Asia/Riyadh")),
        ("America/New_York", "America/New_York", rules_of("America/New_York")),
        # what Cyrus merges into an object without rules loses its zone
        ("Asia/Riyadh", "Asia/Riyadh", ""),
    ],
)
def test_the_store_says_what_the_calendars_say(
    tmp_path: Path,
    cyrus: Cyrus,
    people: tuple[CalendarUser, CalendarUser],
    new_url: Callable[[str], str],
    zone: str,
    tzid: str,
    rules: str,
    seed: int,
) -> None:
    chance = random.Random(f"{zone} {seed}")
    organizer, attendee = people
    lines = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//keeptouch//tests//EN\n"
        f"{rules}BEGIN:VEVENT\nUID:{organizer.username}\nDTSTAMP:20220101T000000Z\nSEQUENCE:0\n"
        f"DTSTART;TZID={tzid}:20220913T090000\nDTEND;TZID={tzid}:20220913T100000\nRRULE:FREQ=WEEKLY;INTERVAL=2\n"
        f"SUMMARY:Offer\nORGANIZER:mailto:{organizer.username}@{DOMAIN}\n"
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{organizer.username}@{DOMAIN}\n"
        f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{attendee.username}@{DOMAIN}\n"
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ANN}\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    organizer.put("Default", "series.ics", lines.replace("\n", "\r\n").encode())
    [delivered] = refs(cyrus, attendee.username)
    series = Series(
        Copy(organizer, "series.ics", f"{organizer.username}@{DOMAIN}"),
        Copy(attendee, delivered.rpartition("/")[2], f"{attendee.username}@{DOMAIN}"),
        zone,
        chance,
    )
    urls = {organizer.username: cyrus.url, attendee.username: cyrus.url}
    company = company_of(tmp_path / "company", DOMAIN, since=f"{SINCE:%Y-%m-%d}", url=new_url("store"), **urls)
    seen: set[datetime] = set()
    for _round in range(4):
        for _edit in range(chance.randrange(4)):
            series.edit()
        company.sync()
        compare(company, series, seen)
        seen |= series.organizer.occurrences(zone).keys()
