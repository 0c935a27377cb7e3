"""The first import of a mailbox: keeptouch to rows, contacts, links and threads, beside programs that write files.

All read the same mailbox of the same Dovecot on loopback, one after the other, each into an empty place.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import Cost, median
from tests.bench.programs import ALTERNATING, DOMAIN, Mailbox, Program, import_by_keeptouch
from tests.conftest import Login
from tests.integration import oracle
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import write_maildir


@dataclass(frozen=True, slots=True)
class Result:
    """One program's runs, at least one, in their order."""

    name: str
    #: In the mailbox that it read.
    mails: int
    costs: Sequence[Cost]

    @property
    def cost(self) -> Cost:
        return median(self.costs)

    @property
    def rate(self) -> float:
        """Mails a second: the median."""
        return self.rate_of(self.cost)

    def rate_of(self, cost: Cost) -> float:
        """Mails a second of one run."""
        return self.mails / cost.seconds


@contextmanager
def mailbox(mails: int) -> Iterator[Mailbox]:
    """A generated mailbox in 19 folders on a server of its own; the same at every run."""
    with Dovecot({"alice": "secret"}) as dovecot:
        yield fill(dovecot, Login("alice", "secret", dovecot.maildir("alice")), mails, seed=11)


def fill(dovecot: Dovecot, login: Login, mails: int, seed: int, median_size: int = 20_000) -> Mailbox:
    """Write a mailbox for a user of a running server, and read the truth about it."""
    manifest = dovecot.dir / f"{login.name}.truth.jsonl"
    stats = write_maildir(
        login.maildir, n=mails, seed=seed, me=f"alice@{DOMAIN}", manifest=manifest, median=median_size
    )
    return Mailbox(dovecot, login, oracle.read(manifest, login.maildir), stats.folders, stats.bytes)


def compare(box: Mailbox, folder: Path, runs: int, tell: Callable[[str], None]) -> list[Result]:
    """Every program in turn, `runs` times, after a pass that fills the caches and does not count."""
    return alternate({name: (program, box) for name, program in ALTERNATING.items()}, folder, runs, tell)


def scale(boxes: Sequence[Mailbox], folder: Path, runs: int, tell: Callable[[str], None]) -> list[Result]:
    """keeptouch alone on mailboxes of several sizes in turn, as in `compare`."""
    works = {f"keeptouch, {box.mails:,} mails": (import_by_keeptouch, box) for box in boxes}
    return alternate(works, folder, runs, tell)


def alternate(
    works: Mapping[str, tuple[Program, Mailbox]], folder: Path, runs: int, tell: Callable[[str], None]
) -> list[Result]:
    """Each work `runs` times and in turn, after one pass that is not counted."""
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for number in range(runs + 1):
        for name, (program, box) in works.items():
            cost = once(program, box, folder)
            if number:
                costs[name].append(cost)
            said = f"run {number} of {runs}" if number else "not counted"
            tell(f"{said}: {name} {box.mails / cost.seconds:,.0f} mails/s")
    return [Result(name, box.mails, costs[name]) for name, (_program, box) in works.items()]


def once(program: Program, box: Mailbox, folder: Path) -> Cost:
    """One run into an empty place, which is taken away."""
    place = folder / "place"
    place.mkdir()
    try:
        return program(box, place)
    finally:
        shutil.rmtree(place)
