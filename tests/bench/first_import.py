"""The first import of a mailbox: keeptouch to rows, contacts, links and threads, beside mbsync to files.

Both read the same mailbox of the same Dovecot on loopback, one after the other, each into an empty place. mbsync pulls
every mail as it is and does nothing with it; with `FSync yes`, its default, it waits for the disk after each mail.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import BenchError, Cost, median, run
from tests.conftest import Login
from tests.integration.company import Company
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import write_maildir
from tests.servers.process import find

DOMAIN = "example.org"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox on a running server."""

    dovecot: Dovecot
    login: Login
    mails: int
    folders: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Result:
    """One program's runs."""

    name: str
    mails: int
    costs: list[Cost]

    @property
    def cost(self) -> Cost:
        return median(self.costs)

    @property
    def rate(self) -> float:
        """Mails a second."""
        return self.mails / self.cost.seconds


@contextmanager
def mailbox(mails: int) -> Iterator[Mailbox]:
    """A generated mailbox in 19 folders; the same at every run."""
    with Dovecot({"alice": "secret"}) as dovecot:
        login = Login("alice", "secret", dovecot.maildir("alice"))
        stats = write_maildir(login.maildir, n=mails, seed=11, me=f"alice@{DOMAIN}")
        yield Mailbox(dovecot, login, mails, len(stats.folders), stats.bytes)


def compare(box: Mailbox, folder: Path, runs: int, tell: Callable[[str], None]) -> list[Result]:
    """Every program in turn, `runs` times."""
    programs: dict[str, Callable[[Mailbox, Path], Cost]] = {
        "keeptouch": import_by_keeptouch,
        "mbsync": pull_by_mbsync,
        "mbsync, FSync no": lambda box, place: pull_by_mbsync(box, place, fsync=False),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    for number in range(1, runs + 1):
        for name, program in programs.items():
            place = folder / "place"
            place.mkdir()
            cost = program(box, place)
            shutil.rmtree(place)
            costs[name].append(cost)
            tell(f"run {number} of {runs}: {name} {box.mails / cost.seconds:,.0f} mails/s")
    return [Result(name, box.mails, found) for name, found in costs.items()]


def import_by_keeptouch(box: Mailbox, place: Path) -> Cost:
    """`keeptouch sync` into a store that is not there yet; all of it is counted, also the program's start."""
    company = Company(place / "company", domains=(DOMAIN,), key=None)
    company.add("alice", box.login, box.dovecot.imap_port)
    company.write()
    cost, out = run(company.command("sync", "--json"))
    [account] = json.loads(out)["accounts"]
    placed = len(company.placements())
    stored = company.rows("SELECT count(*) FROM v1_interaction")[0][0]
    if not (account["seen"] == placed == box.mails and account["stored"] and stored <= account["stored"]):
        raise BenchError(f"keeptouch saw {account['seen']} and placed {placed} of {box.mails} mails")
    return cost


def pull_by_mbsync(box: Mailbox, place: Path, *, fsync: bool = True) -> Cost:
    """`mbsync` into empty Maildirs."""
    configuration = place / "mbsyncrc"
    configuration.write_text(
        f"""
FSync {"yes" if fsync else "no"}
IMAPStore server
Host {box.dovecot.host}
Port {box.dovecot.imap_port}
User {box.login.name}
Pass {box.login.password}
SSLType None
AuthMechs LOGIN

MaildirStore files
Path {place}/mail/
Inbox {place}/mail/INBOX
SubFolders Verbatim

Channel all
Far :server:
Near :files:
Patterns *
Create Near
Sync Pull
SyncState *
""",
        encoding="ascii",
    )
    (place / "mail").mkdir()
    cost, _out = run([find("mbsync"), "-c", str(configuration), "-a", "-q"])
    files = sum(1 for sub in ("cur", "new") for _ in (place / "mail").glob(f"**/{sub}/*"))
    if files != box.mails:
        raise BenchError(f"mbsync pulled {files} of {box.mails} mails")
    return cost
