"""Many accounts on one server that swallows all packets, and what those of another server have of it."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import warm_start
from tests.conftest import Login
from tests.integration.company import Company
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.test_watch_faults import raw, wait
from tests.servers.dovecot import Dovecot
from tests.servers.faultproxy import FaultProxy

pytestmark = pytest.mark.slow


def holds(company: Company, count: int) -> bool:
    with contextlib.suppress(sqlite3.OperationalError):  # the store is being made
        return company.rows("SELECT count(*) FROM v1_interaction") == [(count,)]
    return False


def test_a_black_hole_does_not_double_the_lag_of_others(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path: Path
) -> None:
    """100 accounts behind it come while others are polled: what those wait is compared with what they waited before."""
    company = Company(tmp_path / "company", create="all")
    well = {f"well{number}": ImapMailbox(dovecot, dovecot_user()) for number in range(20)}
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
            after = waited(well, company, rounds=5, begin=1000)
            assert proxy.accepted <= 16
    # from delivery to the row: a poll's interval, and whatever a poll waited beyond it
    assert statistics.median(after) < 2 * statistics.median(before), (before, after)
    assert max(after) < 2 * max(before) + 1, (before, after)


@contextmanager
def reloading(company: Company) -> Iterator[subprocess.Popen[bytes]]:
    """`keeptouch run`, which SIGHUP reaches."""
    log = (company.folder / "log").open("wb")
    with log, warm_start.Popen[bytes](company.command("run"), stderr=log) as process:
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
            threading.Event().wait(0.05)
    return seconds
