"""PostgreSQL is restarted again and again without a shutdown while the service works: nothing is lost or doubled."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests import warm_start
from tests.conftest import Login
from tests.integration.company import Company, Rows, differences
from tests.integration.mailboxes import letter, put
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.unit.daemon.company_mail import as_on_sqlite

pytestmark = [pytest.mark.server, pytest.mark.slow]

ALICE, BOB = "alice@acme.example", "bob@acme.example"
_RESTARTS = 20
#: Mails of each kind between two restarts.
_LOAD = 6


def company(folder: Path, dovecot: Dovecot, logins: dict[str, Login], url: str = "") -> Company:
    made = Company(folder, url=url)
    for name, login in logins.items():
        made.add(name, login, dovecot.imap_port)
    made.write()
    return made


@contextmanager
def running(made: Company, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = [*made.command("run", "--interval", "1")]
    words[words.index("error")] = "info"
    with log.open("wb") as out, warm_start.Popen[bytes](words, stdout=subprocess.DEVNULL, stderr=out) as service:
        try:
            yield service
        finally:
            service.kill()


def wait_for(made: Company, service: subprocess.Popen[bytes], log: Path, number: int) -> None:
    """Until the history has so many mails."""
    end = time.monotonic() + 120
    while True:
        assert service.poll() is None, log.read_text()
        try:
            [(count,)] = made.rows("SELECT count(*) FROM v1_interaction")
        except psycopg.Error:
            count = 0
        if count == number:
            return
        assert time.monotonic() < end, f"{count} of {number} mails\n{log.read_text()[-4000:]}"
        time.sleep(0.1)


def test_the_service_outlives_restarts_of_the_database_under_load(
    tmp_path: Path,
    dovecot: Dovecot,
    dovecot_user: Callable[[], Login],
) -> None:
    logins = {"alice": dovecot_user(), "bob": dovecot_user()}
    log = tmp_path / "log"
    with Postgres(durable=True) as server:
        made = company(tmp_path / "one", dovecot, logins, server.create_database())
        with running(made, log) as service:
            _load(dovecot, logins, 0)
            wait_for(made, service, log, 2 * _LOAD)
            for number in range(1, _RESTARTS + 1):
                _load(dovecot, logins, number)
                # by chance in the midst of reading, writing, deriving or waiting
                time.sleep(0.05 * (number % 7))
                server.restart(crash=True)
            _load(dovecot, logins, _RESTARTS + 1)
            wait_for(made, service, log, 2 * _LOAD * (_RESTARTS + 2))
            service.send_signal(signal.SIGTERM)
            assert service.wait(30) == 0
        made.sync()
        quiet = company(tmp_path / "other", dovecot, logins)
        quiet.sync()
        assert differences(_plain(made), _plain(quiet)) == {}
        _check_log(log)


def _plain(made: Company) -> dict[str, Rows]:
    """The contract, values as SQLite has them."""
    found = made.contract()
    return {
        view: sorted((tuple(as_on_sqlite(value) for value in row) for row in rows), key=repr)
        for view, rows in found.items()
    }


def _load(dovecot: Dovecot, logins: dict[str, Login], number: int) -> None:
    """Alice writes to people nobody knows, with a copy to Bob, and they answer both."""
    first = number * _LOAD
    sent = [
        letter(ALICE, f"p{n}@client.example", mid=f"{n}@acme", minute=n, cc=(BOB,)) for n in range(first, first + _LOAD)
    ]
    answers = [
        letter(f"p{n}@client.example", ALICE, mid=f"re{n}@client", minute=n + 1, cc=(BOB,))
        for n in range(first, first + _LOAD)
    ]
    put(dovecot, logins["bob"], "INBOX", *answers, *sent)
    put(dovecot, logins["alice"], "Sent", *sent)
    put(dovecot, logins["alice"], "INBOX", *answers)


def _check_log(log: Path) -> None:
    """What happened is told in words, and nothing else."""
    text = log.read_text()
    assert "Traceback" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    events = Counter(line["event"] for line in lines)
    assert events["turn failed"] == 0, [line for line in lines if line["event"] == "turn failed"]
    problems = [line for line in lines if line["event"] == "store problem"]
    assert problems
    for line in problems:
        assert "postgresql" in line["problem"]
        assert line["hint"]
