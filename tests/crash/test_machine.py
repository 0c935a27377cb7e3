"""Whatever people do with their mail, and whenever the program is killed: the store says what the server says."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from itertools import count, cycle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from connectors.api import Stream
from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register
from tests.conftest import Login
from tests.crash import points
from tests.crash.machine import ACCOUNTS, DOMAIN, FOLDERS, Mailboxes, Server
from tests.crash.mailservers import DovecotServer, ExchangeServer
from tests.crash.scenarios import SYNC
from tests.crash.warm import Warm
from tests.integration.company import Account, Company
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.slow
_numbers = count(1)


class MemoryServer(Server):
    """Mailboxes in memory, and the program in this process, or in a fork of it to be killed."""

    def __init__(self, folder: Path, *, tells_removals: bool) -> None:
        self._tells_removals = tells_removals
        self.company = Company(folder, domains=(DOMAIN,))
        self._boxes: dict[str, Mailbox] = {}
        for name in ACCOUNTS:
            mark = f"{name} of {next(_numbers)}"
            self._boxes[name] = register(mark, Mailbox(page_size=3, tells_removals=tells_removals))
            for each in FOLDERS:
                self._boxes[name].folder(each)
            self.company.accounts[name] = Account(name, f"{name}@{DOMAIN}", {"mailbox": mark}, "memory")
        self.company.write()

    def deliver(self, account: str, folder: str, mid: str, raw: bytes) -> None:
        self._boxes[account].deliver(folder, raw)

    def copy(self, account: str, mid: str, source: str, target: str) -> None:
        self._boxes[account].deliver(target, self._find(account, source, mid)[1])

    def move(self, account: str, mid: str, source: str, target: str) -> None:
        self._boxes[account].move(source, self._find(account, source, mid)[0], target)

    def delete(self, account: str, mid: str, folder: str) -> None:
        self._boxes[account].expunge(folder, self._find(account, folder, mid)[0])

    def flag(self, account: str, mid: str, folder: str) -> None:
        self._boxes[account].flag(folder, self._find(account, folder, mid)[0], "\\Answered")

    def answered(self, account: str) -> set[tuple[str, str]] | None:
        if not self._tells_removals:
            return None
        with MemoryConnector(MemorySettings(mailbox=self.company.accounts[account].options["mailbox"]), None) as box:
            return {(folder, ref) for folder in FOLDERS for ref in box.marked(Stream(name=folder))["\\Answered"]}

    def renumber(self, account: str, folder: str) -> None:
        self._boxes[account].renumber(folder)

    def listing(self, account: str) -> set[tuple[str, str]]:
        return {(folder, ref) for folder, mails in self._boxes[account].contents().items() for ref in mails}

    def sync(self) -> None:
        self.company.sync()

    def close(self) -> None:
        """It lies in memory."""

    def kill_at(self, point: str, nth: int) -> None:
        pid = self._fork(lambda: points.signal_at(point, nth, signal.SIGKILL))
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) in (0, -signal.SIGKILL)

    def kill_after(self, seconds: float) -> None:
        pid = self._fork(lambda: None)
        time.sleep(seconds / 10)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    def _fork(self, prepare: Callable[[], None]) -> int:
        pid = os.fork()
        if pid:
            return pid
        status = 70
        try:
            prepare()
            status = self.company.run_as_is(*SYNC).code
        finally:
            os._exit(status)

    def _find(self, account: str, folder: str, mid: str) -> tuple[str, bytes]:
        mails = self._boxes[account].contents()[folder]
        needle = re.compile(rb"^Message-ID: <%s>\r$" % re.escape(mid.encode()), re.MULTILINE)
        return next((ref, raw) for ref, raw in mails.items() if isinstance(raw, bytes) and needle.search(raw))


def _settings(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=examples < 50,
        suppress_health_check=list(HealthCheck),
    )


def _run(server: Callable[[], Server], how: settings) -> None:
    class Machine(Mailboxes):
        def __init__(self) -> None:
            super().__init__(server())

    run_state_machine_as_test(Machine, settings=how)


@pytest.mark.parametrize("tells_removals", [True, False])
@pytest.mark.parametrize("examples", [4, pytest.param(60, marks=pytest.mark.soak)])
def test_the_store_says_what_a_mailbox_in_memory_says(
    tmp_path_factory: pytest.TempPathFactory, examples: int, tells_removals: bool
) -> None:
    def server() -> Server:
        return MemoryServer(tmp_path_factory.mktemp("memory"), tells_removals=tells_removals)

    _run(server, _settings(examples, 20))


@pytest.mark.parametrize("examples", [2, pytest.param(30, marks=pytest.mark.soak)])
def test_the_store_says_what_dovecot_says(
    dovecot: Dovecot,
    dovecot_user: Callable[[], Login],
    warm: Warm,
    tmp_path_factory: pytest.TempPathFactory,
    examples: int,
) -> None:
    def server() -> Server:
        logins = {name: dovecot_user() for name in ACCOUNTS}
        return DovecotServer(dovecot, logins, warm, tmp_path_factory.mktemp("machine"))

    _run(server, _settings(examples, 10 if examples < 10 else 15))


@pytest.mark.parametrize("examples", [2, pytest.param(30, marks=pytest.mark.soak)])
def test_the_store_says_what_exchange_says(
    new_database: Callable[[], str], warm: Warm, tmp_path_factory: pytest.TempPathFactory, examples: int
) -> None:
    """A server that keeps to the book, and one that has every oddity, in turn."""
    odd = cycle([False, True])

    def server() -> Server:
        return ExchangeServer(warm, tmp_path_factory.mktemp("exchange"), new_database(), is_odd=next(odd))

    _run(server, _settings(examples, 6 if examples < 10 else 15))
