"""The first import of a calendar: keeptouch to meetings and attendees, beside vdirsyncer, which writes files.

Both read the same calendar of the same server on loopback, in turn, each into an empty place. Before a rate is told
all that keeptouch knows of meetings, attendees and links is compared with what was planned, and the files that
vdirsyncer wrote are counted.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.calendar_objects import DOMAIN, OWNER, Planned, differences, planned
from tests.bench.measure import BenchError, Cost, median, run
from tests.integration.company import Account, Company, Raw
from tests.servers.calendars import CalendarUser
from tests.servers.cyrus import Cyrus
from tests.servers.process import find
from tests.servers.radicale import Radicale

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
url = "{url}"
username = "alice"
password = "secret"
read_only = true
"""
#: What `served` knows.
SERVERS = ("cyrus", "radicale")


@dataclass(frozen=True, slots=True)
class Served:
    """A calendar of alice's on a server."""

    url: str
    #: Of the folder of calendars, where vdirsyncer begins.
    home: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Runs of both programs on a calendar of so many objects."""

    server: str
    events: int
    meetings: int
    keeptouch: list[Cost]
    vdirsyncer: list[Cost]


def measure(server: str, events: int, runs: int, tell: Callable[[str], None]) -> Compared:
    """Both programs in turn, after a pass that is not counted; raises BenchError, MissingServer."""
    wanted = list(planned(events, datetime.now(UTC)))
    compared = Compared(server, events, sum(len(each.rows) for each in wanted), [], [])
    programs = {"keeptouch": (by_keeptouch, compared.keeptouch), "vdirsyncer": (by_vdirsyncer, compared.vdirsyncer)}
    with served(server, wanted) as calendar:
        for number in range(runs + 1):
            for name, (program, costs) in programs.items():
                with tempfile.TemporaryDirectory(prefix="keeptouch-bench-") as place:
                    cost = program(calendar, Path(place), wanted)
                if number:
                    costs.append(cost)
                said = f"run {number} of {runs}" if number else "not counted"
                tell(f"{said}: {name} {events / cost.seconds:,.0f} events/s")
    return compared


def show(compared: Compared) -> None:
    """Medians and the ratio."""
    ours, theirs = median(compared.keeptouch), median(compared.vdirsyncer)
    print(f"{compared.events:,} calendar objects, {compared.meetings:,} meetings; {compared.server} on loopback")
    for name, costs, middle in (("keeptouch", compared.keeptouch, ours), ("vdirsyncer", compared.vdirsyncer, theirs)):
        rates = "".join(f"{compared.events / cost.seconds:>8,.0f}" for cost in costs)
        rate = f"{compared.events / middle.seconds:,.0f} events/s"
        print(f"{name:<11}{rates}   median {rate}, {middle.processor:.1f} s, {middle.memory / 2**20:.0f} MiB")
    print(f"keeptouch: {theirs.seconds / ours.seconds:.2f} x vdirsyncer")


@contextmanager
def served(name: str, wanted: Sequence[Planned]) -> Iterator[Served]:
    """The calendar on a server of its own; raises MissingServer."""
    texts = [each.text.replace("\n", "\r\n").encode() for each in wanted]
    if name == "radicale":
        with Radicale({"alice": "secret"}) as radicale:
            folder = radicale.calendar("alice", _NAME)
            for number, text in enumerate(texts):
                (folder / f"{number}.ics").write_bytes(text)
            radicale.give(folder)
            yield Served(radicale.url, f"{radicale.url}alice/")
        return
    with Cyrus({"alice": "secret"}) as cyrus:
        home = "/dav/calendars/user/alice/"
        alice = CalendarUser(cyrus.url, "alice", "secret", home)
        alice.make(_NAME)
        alice.put_all(_NAME, ((f"{number}.ics", text) for number, text in enumerate(texts)))
        yield Served(cyrus.url, f"{cyrus.url}calendars/user/alice/")


def company_of(calendar: Served, place: Path) -> Company:
    """A company whose only account is the calendar."""
    company = Company(place / "company", domains=(DOMAIN,), create="all", key=None)
    (company.folder / "secret").write_text("secret")
    (company.folder / "secret").chmod(0o600)
    options = {
        "url": calendar.url,
        "username": "alice",
        "password_file": "secret",
        "since": Raw("2000-01-01"),
        # Radicale parses a whole calendar before its first answer
        "timeout_seconds": 600,
        "calendars": {"include": [_NAME]},
    }
    company.accounts["alice"] = Account("alice", OWNER, options, kind="caldav")
    company.write()
    return company


def by_keeptouch(calendar: Served, place: Path, wanted: Sequence[Planned]) -> Cost:
    """The first import of what is planned; raises BenchError where the store says anything else."""
    company = company_of(calendar, place)
    cost, out = run(company.command("sync", "--json"))
    [account] = json.loads(out)["accounts"]
    if account["seen"] != len(wanted):
        raise BenchError(f"keeptouch saw {account['seen']:,} of {len(wanted):,} objects")
    wrong = differences(company, wanted)
    if wrong:
        raise BenchError("keeptouch: " + "; ".join(wrong))
    return cost


def by_vdirsyncer(calendar: Served, place: Path, wanted: Sequence[Planned]) -> Cost:
    """Every object to a file; raises BenchError where some are missing."""
    program, configuration = find("vdirsyncer"), place / "configuration"
    (place / "files" / _NAME).mkdir(parents=True)
    configuration.write_text(_VDIRSYNCER.format(place=place, url=calendar.home, name=_NAME), "utf-8")
    words = [str(program), "-c", str(configuration)]
    run([*words, "discover", "calendar"])
    cost, _out = run([*words, "sync", "calendar"])
    files = len(list((place / "files" / _NAME).glob("*.ics")))
    if files != len(wanted):
        raise BenchError(f"vdirsyncer wrote {files:,} of {len(wanted):,} files")
    return cost
