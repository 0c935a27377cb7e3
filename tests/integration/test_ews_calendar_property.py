"""Series on Exchange that their organizer and an attendee edit at random: the store says what the calendars say."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from tests.integration.company import Company, Raw
from tests.integration.exchange import ExchangeMailbox, add
from tests.integration.test_calendar_history import ANN
from tests.integration.test_calendar_property import SINCE, Copy, Series, answer_in, compare, icalendar, say
from tests.servers.ews import EwsServer, put_ical
from tests.unit.daemon.company_mail import KEY

pytestmark = pytest.mark.slow


@dataclass(slots=True)
class Person:
    """Whose calendar lies on the double; what was put there last is what a program of theirs would get."""

    box: ExchangeMailbox
    #: Who gets a copy of what this one writes, as Exchange's own servers send it on.
    guest: Person | None = None
    held: dict[str, bytes] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.box.mailbox.address

    def get(self, _calendar: str, file: str) -> bytes:
        return self.held[file]

    def put(self, _calendar: str, file: str, raw: bytes) -> None:
        put_ical(self.box.mailbox, "calendar", raw)
        self.held[file] = raw
        if self.guest is not None:
            self.guest.be_told(file, raw)

    def be_told(self, file: str, raw: bytes) -> None:
        """The organizer's newest version, with the answers that this one gave before."""
        told = icalendar.Calendar.from_ical(raw)
        answers = {}
        if file in self.held:
            for event in icalendar.Calendar.from_ical(self.held[file]).walk("VEVENT"):
                answers[_place(event)] = answer_in(event, self.address).upper().replace("_", "-")
        for event in told.walk("VEVENT"):
            answer = answers.get(_place(event), answers.get(None))
            if answer is not None:
                say(event, self.address, answer)
        # an occurrence that this one alone has answered is an exception in this calendar
        Person.put(self, "", file, told.to_ical())


def _place(event: icalendar.Event) -> datetime | None:
    found: datetime | None = event["RECURRENCE-ID"].dt.replace(tzinfo=None) if "RECURRENCE-ID" in event else None
    return found


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.soak) for n in range(2, 12))])
@pytest.mark.parametrize("zone", ["Asia/Tehran", "Asia/Ulaanbaatar", "Asia/Riyadh", "America/New_York"])
def test_the_store_says_what_the_calendars_say(
    tmp_path: Path, new_url: Callable[[str], str], zone: str, seed: int
) -> None:
    chance = random.Random(f"{zone} {seed}")
    with EwsServer() as server:
        attendee = Person(add(server))
        organizer = Person(add(server), guest=attendee)
        lines = (
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//keeptouch//tests//EN\n"
            "BEGIN:VEVENT\nUID:series\nDTSTAMP:20220101T000000Z\nSEQUENCE:0\n"
            f"DTSTART;TZID={zone}:20220913T090000\nDTEND;TZID={zone}:20220913T100000\nRRULE:FREQ=WEEKLY;INTERVAL=2\n"
            f"SUMMARY:Offer\nORGANIZER:mailto:{organizer.address}\n"
            f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{organizer.address}\n"
            f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{attendee.address}\n"
            f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ANN}\nEND:VEVENT\nEND:VCALENDAR\n"
        )
        organizer.put("", "series.ics", lines.replace("\n", "\r\n").encode())
        copies = [Copy(each, "series.ics", each.address) for each in (organizer, attendee)]  # type: ignore[arg-type]  # reads and writes as a user of a CalDAV server
        series = Series(copies[0], copies[1], zone, chance)
        company = Company(
            tmp_path / "company", domains=("exchange.example",), create="all", key=KEY, url=new_url("store")
        )
        for number, person in enumerate((organizer, attendee)):
            person.box.account(company, f"p{number}", since=Raw(f"{SINCE:%Y-%m-%d}"))
        seen: set[datetime] = set()
        for _round in range(4):
            for _edit in range(chance.randrange(4)):
                series.edit()
            company.sync()
            compare(company, series, seen)
            seen |= series.organizer.occurrences(zone).keys()
