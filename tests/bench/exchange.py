"""The first import from the double of Exchange: keeptouch to rows, beside exchangelib's models of the same fields.

Both read the same mailbox on loopback, in turn, keeptouch each time into an empty place. The double works within the
process of the measurement, so its time is in the seconds of both and in the processor time of neither. Before a rate is
told the mails are counted, and all that keeptouch knows of meetings is compared with what was planned.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.calendar_objects import DOMAIN, OWNER, Planned, differences, planned
from tests.bench.measure import BenchError, Cost, median, run
from tests.integration.company import Account, Company, Raw
from tests.servers.ews import EwsServer, put_ical
from tests.servers.mailbox import Corpus

_PASSWORD = "secret"
_SEED = 11
_FOLDERS = {"INBOX": "inbox", "Sent": "sentitems", "Drafts": "drafts", "Junk": "junkemail", "Trash": "deleteditems"}


@dataclass(frozen=True, slots=True)
class Served:
    """A mailbox on the double."""

    server: EwsServer
    mails: int
    meetings: Sequence[Planned]

    @property
    def items(self) -> int:
        return self.mails + len(self.meetings)


@dataclass(slots=True)
class Imported:
    """Runs of one program."""

    costs: list[Cost] = field(default_factory=list)
    #: Requests of the last run by operation.
    requests: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Compared:
    """Runs of both programs on a mailbox of so many items."""

    mails: int
    meetings: int
    keeptouch: Imported = field(default_factory=Imported)
    exchangelib: Imported = field(default_factory=Imported)
    #: Requests of a poll without news, by operation.
    poll: Counter[str] = field(default_factory=Counter)


def measure(mails: int, meetings: int, runs: int, tell: Callable[[str], None]) -> Compared:
    """Both programs in turn, after a pass that is not counted; raises BenchError."""
    compared = Compared(mails, meetings)
    programs = {"keeptouch": (by_keeptouch, compared.keeptouch), "exchangelib": (by_exchangelib, compared.exchangelib)}
    with served(mails, meetings) as box:
        for number in range(runs + 1):
            for name, (program, imported) in programs.items():
                before = len(box.server.requests)
                with tempfile.TemporaryDirectory(prefix="keeptouch-bench-") as place:
                    cost, poll = program(box, Path(place))
                imported.requests = Counter(each.operation for each in box.server.requests[before:]) - poll
                if name == "keeptouch":
                    compared.poll.clear()
                    compared.poll.update(poll)
                if number:
                    imported.costs.append(cost)
                said = f"run {number} of {runs}" if number else "not counted"
                tell(f"{said}: {name} {box.items / cost.seconds:,.0f} items/s")
    return compared


def show(compared: Compared) -> None:
    """Medians and the ratio."""
    items = compared.mails + compared.meetings
    ours, theirs = median(compared.keeptouch.costs), median(compared.exchangelib.costs)
    print(f"{compared.mails:,} mails and {compared.meetings:,} calendar items; the double of Exchange on loopback")
    for name, imported, middle in (
        ("keeptouch", compared.keeptouch, ours),
        ("exchangelib", compared.exchangelib, theirs),
    ):
        rates = "".join(f"{items / cost.seconds:>8,.0f}" for cost in imported.costs)
        rate = f"{items / middle.seconds:,.0f} items/s, {middle.processor:.1f} s, {middle.memory / 2**20:.0f} MiB"
        count = imported.requests.total()
        print(f"{name:<12}{rates}   median {rate}, {count:,} requests, {count / items:.3f} an item")
    print(f"keeptouch: {theirs.seconds / ours.seconds:.2f} x exchangelib")
    asked = ", ".join(f"{count} {operation}" for operation, count in sorted(compared.poll.items()))
    print(f"a poll without news: {asked}")


@contextmanager
def served(mails: int, meetings: int) -> Iterator[Served]:
    """A mailbox with generated mail in its folders and a calendar."""
    with EwsServer(validates=False) as server:
        box = server.add_mailbox(OWNER, _PASSWORD)
        for mail in Corpus(_SEED, OWNER, total=mails).take(mails):
            received = datetime.fromtimestamp(mail.when, UTC)
            box.deliver(_FOLDERS.get(mail.folder, mail.folder), mail.crlf(), received=received)
        wanted = list(planned(meetings, datetime.now(UTC)))
        for each in wanted:
            put_ical(box, "calendar", each.text.replace("\n", "\r\n").encode())
        yield Served(server, mails, wanted)


def company_of(box: Served, place: Path) -> Company:
    """A company whose only account is the mailbox."""
    company = Company(place / "company", domains=(DOMAIN,), create="all", key=None)
    (company.folder / "secret").write_text(_PASSWORD)
    (company.folder / "secret").chmod(0o600)
    options = {
        "url": box.server.url,
        "username": OWNER,
        "password_file": "secret",
        "since": Raw("2000-01-01"),
        "timeout_seconds": 600,
    }
    company.accounts["alice"] = Account("alice", OWNER, options, kind="ews")
    company.write()
    return company


def by_keeptouch(box: Served, place: Path) -> tuple[Cost, Counter[str]]:
    """(cost of the first import, requests of the poll after it); raises BenchError where something is missing."""
    company = company_of(box, place)
    cost, out = run(company.command("sync", "--json"))
    [account] = json.loads(out)["accounts"]
    if account["seen"] != box.items or account["quarantined"]:
        raise BenchError(f"keeptouch saw {account['seen']:,} of {box.items:,} items, {account['quarantined']} unread")
    # mail brings meetings of its own
    wrong = [] if box.mails else differences(company, box.meetings)
    if wrong:
        raise BenchError("keeptouch: " + "; ".join(wrong))
    before = len(box.server.requests)
    run(company.command("sync", "--json"))
    return cost, Counter(each.operation for each in box.server.requests[before:])


def by_exchangelib(box: Served, _place: Path) -> tuple[Cost, Counter[str]]:
    """(cost of reading every item, nothing); raises BenchError where some are missing."""
    cost, out = run([sys.executable, "-m", "tests.bench.exchange_reader", box.server.url, OWNER, _PASSWORD])
    if int(out) != box.items:
        raise BenchError(f"exchangelib read {int(out):,} of {box.items:,} items")
    return cost, Counter()
