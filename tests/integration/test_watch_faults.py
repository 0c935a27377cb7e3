"""The service and its watched folders on Dovecot, when things go wrong: no mail waits for a poll."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Stream, Unavailable, Watch
from daemon.cli.opening import session_of
from daemon.config import load
from daemon.retry import Backoff
from daemon.service import Service
from daemon.watcher import Watcher
from tests.conftest import Login
from tests.integration.company import Company
from tests.integration.imap_mailbox import ImapMailbox
from tests.integration.imap_mailbox import mailbox as mailbox
from tests.servers.dovecot import Dovecot, Options
from tests.servers.faultproxy import FaultProxy

pytestmark = pytest.mark.slow

QUICK = Backoff(first=0.05, longest=0.2)


def raw(number: int) -> bytes:
    return (
        f"From: ann@client.example\r\nTo: rep@acme.example\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n"
        f"Message-ID: <{number}@client.example>\r\n\r\nhello {number}\r\n"
    ).encode()


def comes(condition: Callable[[], object], seconds: float) -> bool:
    """Does the condition hold in time? What takes long is asked less often: asking takes from those who work."""
    began = time.monotonic()
    while not condition():
        waited = time.monotonic() - began
        if waited > seconds:
            return False
        time.sleep(min(max(0.02, waited / 20), 0.5))
    return True


def wait(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Until the condition holds; fails where it does not in time."""
    assert comes(condition, seconds), "it never came"


class Office:
    """A service that polls every hour alone."""

    def __init__(self, company: Company, service: Service | None, skip: Callable[[float], None] | None = None) -> None:
        self.company = company
        self.service = service
        #: Lets so many seconds pass by the clock of the watches.
        self.skip = skip

    def watched(self) -> frozenset[str]:
        assert self.service is not None
        return self.service.watching.watched("rep")

    def holds(self, number: int) -> bool:
        query = "SELECT 1 FROM v1_interaction WHERE message_id = ?"
        with contextlib.suppress(sqlite3.OperationalError):  # the store is being made
            return bool(self.company.rows(query, f"{number}@client.example"))
        return False


@contextmanager
def at_work(folder: Path, login: Login, port: int, **options: Any) -> Iterator[Office]:
    company = Company(folder / "company", create="all")
    company.add("rep", login, port, **options)
    company.write()
    skipped = [0.0]

    def clock() -> float:
        return time.monotonic() + skipped[0]

    with (
        session_of(load(company.config, environ=os.environ, today=datetime.now(UTC).date())) as session,
        Service(session, 3600.0, threading.Event(), backoff=QUICK, clock=clock) as service,
    ):
        yield Office(company, service, lambda seconds: skipped.__setitem__(0, skipped[0] + seconds))


@contextmanager
def watching(
    folder: Path, mailbox: ImapMailbox, names: frozenset[str] = frozenset({"INBOX", "Sent"}), **options: Any
) -> Iterator[tuple[Office, FaultProxy]]:
    """At work behind a proxy, with these folders watched."""
    with (
        FaultProxy((mailbox.server.host, mailbox.server.imap_port)) as proxy,
        at_work(folder, mailbox.login, proxy.port, timeout_seconds=3, **options) as office,
    ):
        wait(lambda: office.watched() == names)
        yield office, proxy


def test_mail_that_came_while_the_network_was_away_comes_when_it_is_back(tmp_path: Path, mailbox: ImapMailbox) -> None:
    with watching(tmp_path, mailbox) as (office, proxy):
        proxy.refuse = True
        proxy.cut()
        wait(lambda: not office.watched())
        mailbox.deliver("INBOX", raw(1))
        time.sleep(1)
        assert not office.holds(1)
        proxy.heal()
        wait(lambda: office.holds(1))
        mailbox.deliver("Sent", raw(2))
        wait(lambda: office.holds(2))


def test_connections_that_the_server_ends_are_begun_again(tmp_path: Path, mailbox: ImapMailbox) -> None:
    with watching(tmp_path, mailbox) as (office, _proxy):
        for number in range(3):
            # where there is no connection, there is nobody to kick
            wait(lambda: office.watched() == {"INBOX", "Sent"})
            mailbox.server.kick(mailbox.login.name)
            mailbox.deliver("INBOX", raw(number))
            wait(partial(office.holds, number))


def test_a_folder_that_is_deleted_while_it_is_watched_disturbs_no_other(tmp_path: Path, mailbox: ImapMailbox) -> None:
    mailbox.deliver("Clients/Ömer", raw(1))
    names = frozenset({"INBOX", "Clients/Ömer"})
    with watching(tmp_path, mailbox, names, watch=["INBOX", "Clients/*"]) as (office, _proxy):
        mailbox.server.doveadm("mailbox", "delete", "-u", mailbox.login.name, "Clients/Ömer")
        # a Dovecot that got no inotify sees nothing until the next renewal
        if not comes(lambda: office.watched() == {"INBOX"}, 3):
            assert office.skip is not None
            office.skip(16 * 60)
            mailbox.deliver("INBOX", raw(1))
            wait(lambda: office.watched() == {"INBOX"})
        mailbox.deliver("INBOX", raw(2))
        wait(lambda: office.holds(2))
        assert office.company.rows("SELECT state FROM v1_account_status") == [("ok",)]


class Listener:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.hints: list[frozenset[str]] = []
        self.losses: list[str] = []

    def hinted(self, account: str, streams: frozenset[str]) -> None:
        self.hints.append(streams)

    def lost(self, account: str, watch: Watch, error: Unavailable) -> None:
        self.losses.append(error.problem)


def test_a_half_open_connection_is_noticed_at_its_renewal(mailbox: ImapMailbox) -> None:
    shift = [0.0]
    listener = Listener()
    watcher = Watcher(listener, clock=lambda: time.monotonic() + shift[0])
    with FaultProxy((mailbox.server.host, mailbox.server.imap_port)) as proxy:
        try:
            watches = []
            for _ in range(2):
                watch = mailbox.connector(port=proxy.port, timeout_seconds=30.0).watch([Stream(name="INBOX")])
                assert watch is not None
                watcher.add("rep", watch)
                watches.append(watch)
            wait(lambda: all(watch.due > time.monotonic() + 60 for watch in watches))
            # two renewals of a connection that lives
            for _ in range(2):
                shift[0] += 16 * 60
                watcher.remove(watches[1])
                wait(lambda: watches[0].due > time.monotonic() + shift[0] + 60)
            assert listener.losses == []
            proxy.up.hole = proxy.down.hole = True
            shift[0] += 16 * 60
            watcher.remove(watches[1])
            wait(lambda: time.monotonic() + shift[0] < watches[0].due < time.monotonic() + shift[0] + 31)
            shift[0] += 31
            watcher.remove(watches[1])
            wait(lambda: listener.losses)
            assert listener.losses == [f"{mailbox.server.host} did not answer in time"]
        finally:
            watcher.close()


@pytest.mark.usefixtures("dovecot")
@pytest.mark.parametrize("folders", [60, pytest.param(200, marks=pytest.mark.soak)])
def test_many_folders_are_watched_and_left_at_once(tmp_path: Path, folders: int) -> None:
    options = Options(max_connections=300)
    with Dovecot({"rep": "secret"}, options) as server:
        mailbox = ImapMailbox(server, Login("rep", "secret", server.maildir("rep")))
        names = [f"Clients/{number:03}" for number in range(folders)]
        for name in names:
            mailbox.folder(name)
        with at_work(tmp_path, mailbox.login, server.imap_port, watch=["Clients/*"]) as office:
            wait(lambda: len(office.watched()) == folders, 120)
            for number in (0, folders // 2, folders - 1):
                mailbox.deliver(names[number], raw(number))
                wait(partial(office.holds, number))
            before = time.monotonic()
        assert time.monotonic() - before < 5


def family(pid: int) -> set[int]:
    """The process and its children, as far as they live."""
    found = {pid}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.add(int(stat.parent.name))
    return found


@contextmanager
def running(company: Company) -> Iterator[subprocess.Popen[str]]:
    """The service in a process of its own."""
    with company.spawn("run", "--interval", "3600") as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_service_that_is_ended_leaves_nothing_and_the_next_one_goes_on(
    tmp_path: Path, mailbox: ImapMailbox, number: signal.Signals
) -> None:
    company = Company(tmp_path / "company", create="all")
    company.add("rep", mailbox.login, mailbox.server.imap_port)
    company.write()
    office = Office(company, None)
    mailbox.deliver("INBOX", raw(1))
    with running(company) as process:
        wait(lambda: office.holds(1))
        # watched by now, or on the way to it
        time.sleep(1)
        pids = family(process.pid)
        began = time.monotonic()
        process.send_signal(number)
        _out, log = process.communicate(timeout=20)
        assert time.monotonic() - began < 5
    assert process.returncode == (0 if number == signal.SIGTERM else -signal.SIGKILL), log
    wait(lambda: not any(Path(f"/proc/{pid}/fd").exists() for pid in pids), 5)
    mailbox.deliver("INBOX", raw(2))
    with running(company):
        wait(lambda: office.holds(2))
        mailbox.deliver("Sent", raw(3))
        wait(lambda: office.holds(3))
    company.check_integrity()
