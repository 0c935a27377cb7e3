"""Calendars of two people whose program is killed: series, exceptions, answers, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from tests.integration.company import Account, Company, Raw
from tests.integration.mailboxes import letter
from tests.servers.calendars import CalendarUser
from tests.servers.radicale import Radicale

DOMAIN = "example.org"
ALICE, BOB = f"alice@{DOMAIN}", f"bob@{DOMAIN}"
#: Logins that the server knows; each pair of calendars takes two.
USERS = {f"c{number}": "secret" for number in range(100)}
_NUMBERS = count()
#: None of their meetings begins or ends while a test runs, nor comes into sight.
START = (datetime.now(UTC) + timedelta(days=3, hours=6)).replace(minute=0, second=0, microsecond=0)
_WEEK = timedelta(days=7)


def _stamp(when: datetime) -> str:
    return f"{when:%Y%m%dT%H%M%SZ}"


def event(number: int, start: datetime, *lines: str, people: tuple[str, ...], stamped: int = 0) -> str:
    """An hour; who asks is the first of `people`, each of them written like "ACCEPTED:ann@client.example"."""
    organizer = people[0].partition(":")[2]
    said = (
        "BEGIN:VEVENT",
        f"UID:m{number}",
        f"DTSTAMP:{_stamp(datetime(2026, 1, 1, 0, stamped, tzinfo=UTC))}",
        f"DTSTART:{_stamp(start)}",
        f"DTEND:{_stamp(start + timedelta(hours=1))}",
        f"SUMMARY:Offer {number}",
        f"ORGANIZER:mailto:{organizer}",
        *(f"ATTENDEE;PARTSTAT={said}:mailto:{who}" for said, _colon, who in (each.partition(":") for each in people)),
        *lines,
        "END:VEVENT",
        "",
    )
    return "\r\n".join(said)


def calendar(*events: str, method: str = "") -> bytes:
    head = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//keeptouch//tests//EN\r\n{method}"
    return f"{head}{''.join(events)}END:VCALENDAR\r\n".encode()


def _people(number: int, bob: str = "NEEDS-ACTION") -> tuple[str, ...]:
    return f"ACCEPTED:{ALICE}", f"{bob}:{BOB}", f"ACCEPTED:p{number}@client.example"


def _begins(number: int) -> datetime:
    """Every third has been, of weekly ones a part; none at an hour that a test could meet."""
    return START + timedelta(days=number) - (5 * _WEEK if number % 3 == 0 else timedelta())


def _series(number: int, *, bob: str = "NEEDS-ACTION", moved_by: int = 0, is_called_off: bool = False) -> bytes:
    """A weekly one in which the second was moved or called off, if so."""
    people, start = _people(number, bob), _begins(number)
    events = [event(number, start, "RRULE:FREQ=WEEKLY;COUNT=9", people=people, stamped=int(bool(moved_by)))]
    second = start + 6 * _WEEK
    if moved_by or is_called_off:
        status = "STATUS:CANCELLED" if is_called_off else "STATUS:CONFIRMED"
        lines = (f"RECURRENCE-ID:{_stamp(second)}", "SEQUENCE:1", status)
        events.append(event(number, second + timedelta(hours=moved_by), *lines, people=people, stamped=2))
    return calendar(*events)


@dataclass(slots=True)
class Plans:
    """The calendars on the server."""

    radicale: Radicale
    users: dict[str, CalendarUser] = field(default_factory=dict)

    def fill(self) -> None:
        """Alice arranges ten, three of them weekly; Bob has six of them too, and two of his own."""
        for owner in ("alice", "bob"):
            name = f"c{next(_NUMBERS)}"
            self.users[owner] = CalendarUser(self.radicale.url, name, "secret", f"/{name}/")
            self.users[owner].make("work")
        for number in range(10):
            single = calendar(event(number, _begins(number), people=_people(number)))
            self._put("alice", number, _series(number) if number < 3 else single)
            if number < 6:
                answered = calendar(event(number, _begins(number), people=_people(number, "ACCEPTED")))
                self._put("bob", number, _series(number, bob="ACCEPTED") if number < 3 else answered)
        for number in (10, 11):
            self._put("bob", number, calendar(event(number, _begins(number), people=_people(number)[1:])))

    def change(self) -> None:
        """Moved, called off, refused, deleted, new."""
        self._put("alice", 0, _series(0, moved_by=3))
        self._put("alice", 1, _series(1, is_called_off=True))
        self._put("bob", 1, _series(1, bob="DECLINED"))
        moved = event(4, _begins(4) + timedelta(hours=2), "SEQUENCE:1", people=_people(4), stamped=3)
        self._put("alice", 4, calendar(moved))
        self.users["alice"].remove("work", "8.ics")
        for number in range(20, 26):
            self._put("alice", number, calendar(event(number, _begins(number), people=_people(number))))
        self._put("bob", 20, calendar(event(20, _begins(20), people=_people(20, "ACCEPTED"))))

    def invitations(self) -> list[bytes]:
        """Mails to Alice: her meetings are answered, and one comes by mail alone."""
        mails = []
        for number in (3, 5, 30):
            asked = (f"ACCEPTED:p{number}@client.example", f"NEEDS-ACTION:{ALICE}")
            method = "REQUEST" if number == 30 else "REPLY"
            people = asked if number == 30 else (f"ACCEPTED:{ALICE}", f"TENTATIVE:p{number}@client.example")
            raw = calendar(event(number, START, people=people, stamped=5), method=f"METHOD:{method}\r\n")
            head, _blank, _text = letter(
                f"p{number}@client.example", ALICE, mid=f"invite{number}@client.example", minute=number
            ).partition(b"\r\n\r\n")
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-")]
            lines.append(f"Content-Type: text/calendar; charset=utf-8; method={method}".encode())
            mails.append(b"\r\n".join(lines) + b"\r\n\r\n" + raw)
        return mails

    def add_to(self, company: Company) -> None:
        """Accounts that read them."""
        for owner, user in self.users.items():
            secret = company.folder / f"{user.username}.secret"
            secret.write_text(user.password)
            secret.chmod(0o600)
            options = {
                "url": user.url,
                "username": user.username,
                "password_file": secret.name,
                "since": Raw("2000-01-01"),
            }
            name = f"{owner}-calendar"
            company.accounts[name] = Account(name, f"{owner}@{DOMAIN}", options, kind="caldav")

    def _put(self, owner: str, number: int, raw: bytes) -> None:
        self.users[owner].put("work", f"{number}.ics", raw)
