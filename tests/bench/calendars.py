"""The first import of a calendar: keeptouch to meetings and attendees, beside vdirsyncer, which writes files.

Both read the same calendar of the same Radicale on loopback, in turn, each into an empty place. Before a rate is told
the meetings are counted that keeptouch knows, and the files that vdirsyncer wrote.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.bench.measure import BenchError, Cost, median, run
from tests.integration.company import Account, Company
from tests.servers.process import find
from tests.servers.radicale import Radicale

_DOMAIN = "acme.example"
_NAME = "work"
_VDIRSYNCER = """
[general]
status_path = "{place}/status"
[pair calendar]
a = "files"
b = "server"
collections = ["{name}"]
[storage files]
type = "filesystem"
path = "{place}/files"
fileext = ".ics"
[storage server]
type = "caldav"
url = "{url}alice/"
username = "alice"
password = "secret"
read_only = true
"""
_ZONE = """BEGIN:VTIMEZONE
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
_FIRST = datetime(2025, 6, 2, tzinfo=ZoneInfo("Europe/Berlin"))
_TITLES = ("Weekly planning", "Abstimmung Größe & Gewicht", "جلسهٔ هفتگی", "Багийн хурал", "Call with supplier")
_PEOPLE = ("maryam@pars-abyari.example", "tuvshin@mongol.example", "dan@partner.example", "eve@client.example")


@dataclass(frozen=True, slots=True)
class Compared:
    """Runs of both programs on a calendar of so many objects."""

    events: int
    keeptouch: list[Cost]
    vdirsyncer: list[Cost]


def measure(events: int, runs: int, tell: Callable[[str], None]) -> Compared:
    """Both programs in turn, after a pass that is not counted; raises BenchError, MissingServer."""
    compared = Compared(events, [], [])
    programs = {"keeptouch": (_by_keeptouch, compared.keeptouch), "vdirsyncer": (_by_vdirsyncer, compared.vdirsyncer)}
    with Radicale({"alice": "secret"}) as server:
        fill(server, events)
        for number in range(runs + 1):
            for name, (program, costs) in programs.items():
                with tempfile.TemporaryDirectory(prefix="keeptouch-bench-") as place:
                    cost = program(server, Path(place), events)
                if number:
                    costs.append(cost)
                said = f"run {number} of {runs}" if number else "not counted"
                tell(f"{said}: {name} {events / cost.seconds:,.0f} events/s")
    return compared


def show(compared: Compared) -> None:
    """Medians and the ratio."""
    ours, theirs = median(compared.keeptouch), median(compared.vdirsyncer)
    print(f"{compared.events:,} calendar objects, Radicale on loopback")
    for name, costs, middle in (("keeptouch", compared.keeptouch, ours), ("vdirsyncer", compared.vdirsyncer, theirs)):
        rates = "".join(f"{compared.events / cost.seconds:>8,.0f}" for cost in costs)
        rate = f"{compared.events / middle.seconds:,.0f} events/s"
        print(f"{name:<11}{rates}   median {rate}, {middle.processor:.1f} s, {middle.memory / 2**20:.0f} MiB")
    print(f"keeptouch: {theirs.seconds / ours.seconds:.2f} x vdirsyncer")


def fill(server: Radicale, events: int) -> None:
    """A calendar of so many objects, the same at every run."""
    folder = server.calendar("alice", _NAME)
    for number, text in enumerate(objects(events)):
        (folder / f"{number}.ics").write_bytes(text.replace("\n", "\r\n").encode())
    server.give(folder)


def objects(events: int) -> Iterator[str]:
    """Meetings of two years: by themselves, with guests, in series, in series with an occurrence that was moved."""
    chance = random.Random(5)
    for number in range(events):
        start = _FIRST + timedelta(days=chance.randrange(700), minutes=chance.randrange(28, 76) * 15)
        guests = chance.sample(_PEOPLE, chance.choice((0, 1, 1, 2, 3)))
        lines = [_times("DTSTART", start), _times("DTEND", start + timedelta(hours=1))]
        moved = ""
        if number % 7 == 0:
            lines.append(f"RRULE:FREQ=WEEKLY;COUNT={chance.choice((5, 10, 20))}")
            if number % 21 == 0:
                there = start + timedelta(days=7)
                new = (_times("DTSTART", there + timedelta(hours=2)), _times("DTEND", there + timedelta(hours=3)))
                moved = _event(number, chance, guests, [_times("RECURRENCE-ID", there), *new])
        series = _event(number, chance, guests, lines)
        yield f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\n{_ZONE}{series}{moved}END:VCALENDAR\n"


def _times(name: str, when: datetime) -> str:
    return f"{name};TZID=Europe/Berlin:{when:%Y%m%dT%H%M%S}"


def _event(number: int, chance: random.Random, guests: list[str], lines: list[str]) -> str:
    said = [f"UID:{number}@bench.example", "DTSTAMP:20250601T000000Z", f"SUMMARY:{chance.choice(_TITLES)}", *lines]
    said += ["DESCRIPTION:Agenda:\\n- numbers\\n" + "details " * chance.randrange(40), "LOCATION:Room 5"]
    if guests:
        said.append(f"ORGANIZER;CN=Alice:mailto:alice@{_DOMAIN}")
        said.append(f"ATTENDEE;CN=Alice;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:alice@{_DOMAIN}")
        said += [
            f"ATTENDEE;PARTSTAT={chance.choice(('NEEDS-ACTION', 'ACCEPTED'))};RSVP=TRUE:mailto:{g}" for g in guests
        ]
    return "\n".join(["BEGIN:VEVENT", *said, "END:VEVENT", ""])


def _by_keeptouch(server: Radicale, place: Path, events: int) -> Cost:
    company = Company(place / "company", domains=(_DOMAIN,), create="all", key=None)
    (company.folder / "secret").write_text("secret")
    (company.folder / "secret").chmod(0o600)
    options = {"url": server.url, "username": "alice", "password_file": "secret"}
    company.accounts["alice"] = Account("alice", f"alice@{_DOMAIN}", options, kind="caldav")
    company.write()
    cost, out = run(company.command("sync", "--json"))
    [account] = json.loads(out)["accounts"]
    [(known,)] = company.rows("SELECT count(*) FROM v1_meeting")
    if account["seen"] != events or not known:
        raise BenchError(f"keeptouch saw {account['seen']} of {events} objects and knows {known} meetings")
    return cost


def _by_vdirsyncer(server: Radicale, place: Path, events: int) -> Cost:
    program, configuration = find("vdirsyncer"), place / "configuration"
    (place / "files" / _NAME).mkdir(parents=True)
    configuration.write_text(_VDIRSYNCER.format(place=place, url=server.url, name=_NAME), "utf-8")
    words = [str(program), "-c", str(configuration)]
    run([*words, "discover", "calendar"])
    cost, _out = run([*words, "sync", "calendar"])
    files = len(list((place / "files" / _NAME).glob("*.ics")))
    if files != events:
        raise BenchError(f"vdirsyncer wrote {files} of {events} files")
    return cost
