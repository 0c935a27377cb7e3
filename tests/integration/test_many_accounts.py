"""Hundreds of accounts on one Dovecot while the line is faulty: nothing is missing afterwards, and nothing grows."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import Login
from tests.integration.company import Company
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.test_watch_faults import raw, wait
from tests.servers.dovecot import Dovecot
from tests.servers.faultproxy import FaultProxy

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

#: Of so many accounts the inbox is watched: what hangs on them must not grow either.
WATCHED = 20


@dataclass(slots=True)
class Measured:
    """What a process held, second by second."""

    process: subprocess.Popen[bytes]
    memory: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def look(self) -> None:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        self.memory.append(int(status.split("VmRSS:")[1].split()[0]) * 1024)
        self.files.append(len(os.listdir(f"/proc/{self.process.pid}/fd")))


@contextmanager
def serving(company: Company, interval: float) -> Iterator[Measured]:
    """The service in a process of its own."""
    command = [sys.executable, "-m", "tests.integration.quick_service", str(company.config), str(interval)]
    with (company.folder / "log").open("wb") as log, subprocess.Popen(command, cwd=ROOT, stderr=log) as process:
        try:
            yield Measured(process)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()


def disturb(proxy: FaultProxy, chance: random.Random) -> None:
    """One fault of any kind, for a moment."""
    direction = chance.choice((proxy.up, proxy.down))
    match chance.choice(("cut", "close", "refuse", "slow", "hole", "spoil", "short")):
        case "cut":
            proxy.cut()
        case "close":
            proxy.cut(orderly=True)
        case "refuse":
            proxy.refuse = True
        case "slow":
            direction.delay, direction.rate = 0.05, 20_000
        case "hole":
            direction.hole = True
        case "spoil":
            # what a server says; a spoilt password would be refused, and rightly park the account, and nobody can tell
            # a spoilt mail from one that was written so
            proxy.down.garbage, proxy.down.spared = 0.001, b"Message-ID:"
        case "short":
            direction.cut_after = chance.randrange(5_000)


@pytest.mark.parametrize(("accounts", "seconds"), [(60, 20), pytest.param(300, 400, marks=pytest.mark.soak)])
def test_faults_lose_nothing_and_nothing_grows(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path: Path, accounts: int, seconds: int
) -> None:
    chance = random.Random(7)
    company = Company(tmp_path / "company", create="all")
    mailboxes = [ImapMailbox(dovecot, dovecot_user()) for _ in range(accounts)]
    numbers = iter(range(1_000_000))
    with FaultProxy((dovecot.host, dovecot.imap_port)) as proxy:
        for number, mailbox in enumerate(mailboxes):
            watch = ["INBOX"] if number < WATCHED else []
            company.add(f"a{number}", mailbox.login, proxy.port, timeout_seconds=3, watch=watch)
            for _ in range(3):
                mailbox.deliver("INBOX", raw(next(numbers)))
        company.write()
        with serving(company, 5) as measured:
            # who never got an answer is no part of what may stay flat
            wait(lambda: holds(company, 3 * accounts), 240)
            began, delivered = time.monotonic(), 3 * accounts
            while time.monotonic() < began + seconds:
                disturb(proxy, chance)
                for _ in range(5):
                    mailbox = chance.choice(mailboxes)
                    mailbox.deliver(chance.choice(("INBOX", "Archive")), raw(next(numbers)))
                    delivered += 1
                    time.sleep(0.1)
                proxy.heal()
                time.sleep(0.5)
                measured.look()
            wait(lambda: holds(company, delivered - quarantined(company)), 240)
        # a spoilt answer may have quarantined a mail: that is told, and repaired
        answer = company.run("accounts", "audit", "--repair", "--json")
    found = answer.document["accounts"]
    assert [each["account"] for each in found if each["coverage"] != 100] == []
    assert len(found) == accounts
    assert [stream for each in found for stream in each["streams"] if stream["surplus"] or stream["hollow"]] == []
    assert company.rows("SELECT count(*), count(DISTINCT message_id) FROM v1_interaction") == [(delivered, delivered)]
    stays_flat(measured)


def holds(company: Company, count: int) -> bool:
    with contextlib.suppress(sqlite3.OperationalError):  # the store is being made
        return company.rows("SELECT count(*) FROM v1_interaction") == [(count,)]
    return False


def quarantined(company: Company) -> int:
    ((count,),) = company.rows("SELECT count(*) FROM placement WHERE verdict = 'quarantined'")
    return int(count)


def stays_flat(measured: Measured) -> None:
    """The last third is not above the one before, but for what a process under faults goes up and down by."""
    third = len(measured.memory) // 3
    before, after = (statistics.median(measured.memory[third * n : third * (n + 1)]) for n in (1, 2))
    assert after < before + 24 * 2**20, measured.memory
    assert max(measured.files[2 * third :]) <= max(measured.files[: 2 * third]) + 32, measured.files


def test_a_black_hole_does_not_double_the_lag_of_others(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path: Path
) -> None:
    """100 accounts behind it come while others are polled: what those wait is compared with what they waited before."""
    company = Company(tmp_path / "company", create="all")
    well = {f"well{number}": ImapMailbox(dovecot, dovecot_user()) for number in range(30)}
    with FaultProxy((dovecot.host, dovecot.imap_port)) as proxy:
        proxy.up.hole = proxy.down.hole = True
        for name, mailbox in well.items():
            company.add(name, mailbox.login, dovecot.imap_port, watch=[]).outer["poll_seconds"] = 1
        company.write()
        with reloading(company) as service:
            before = waited(well, company, rounds=3)
            for number in range(100):
                company.add(f"dead{number}", well["well0"].login, proxy.port, timeout_seconds=2, watch=[])
            company.write()
            service.send_signal(signal.SIGHUP)
            wait(lambda: company.rows("SELECT 1 FROM account WHERE name = 'dead99'"))
            wait(lambda: proxy.accepted)
            after = waited(well, company, rounds=6, begin=1000)
            assert proxy.accepted <= 16
    # from delivery to the row: a poll's interval, and whatever a poll waited beyond it
    assert statistics.median(after) < 2 * statistics.median(before), (before, after)
    assert max(after) < 2 * max(before) + 1, (before, after)


@contextmanager
def reloading(company: Company) -> Iterator[subprocess.Popen[bytes]]:
    """`keeptouch run`, which SIGHUP reaches."""
    with (company.folder / "log").open("wb") as log, subprocess.Popen(company.command("run"), stderr=log) as process:
        try:
            wait(lambda: holds(company, 0), 60)
            yield process
        finally:
            process.kill()


def waited(mailboxes: dict[str, ImapMailbox], company: Company, *, rounds: int, begin: int = 0) -> list[float]:
    """Seconds until a mail to each account is a row, in so many rounds."""
    numbers, seconds = iter(range(begin, 10**6)), list[float]()
    for _round in range(rounds):
        left = {next(numbers): mailbox for mailbox in mailboxes.values()}
        started = time.monotonic()
        for number, mailbox in left.items():
            mailbox.deliver("INBOX", raw(number))
        while left:
            assert time.monotonic() < started + 60, sorted(left)
            rows = company.rows("SELECT message_id FROM v1_interaction")
            for number in [number for number in left if (f"{number}@client.example",) in rows]:
                del left[number]
                seconds.append(time.monotonic() - started)
            threading.Event().wait(0.02)
    return seconds
