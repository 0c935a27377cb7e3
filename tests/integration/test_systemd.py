"""The service under systemd: what it tells, that no outage ends its signs of life, and that it stops when told."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests import warm_start
from tests.conftest import require
from tests.integration.company import answered
from tests.integration.test_run import MAIL
from tests.servers.postgres import Postgres
from tests.servers.process import MissingServer

ROOT = Path(__file__).resolve().parent.parent.parent
UNIT = ROOT / "systemd" / "keeptouch.service"
CONFIG = """
[store]
url = "{url}"

[company]
domains = ["acme.example"]

[[accounts]]
name = "alice"
owner = "alice@acme.example"
kind = "local"
[accounts.options]
path = "mail"
format = "eml"

[[accounts]]
name = "bob"
owner = "bob@acme.example"
kind = "imap"
[accounts.options]
host = "127.0.0.1"
port = {port}
security = "none"
username = "bob"
password_file = "secret"
timeout_seconds = 30
"""
#: As many signs of life as come in half a minute under the unit's WatchdogSec.
SIGNS = 6


class Service:
    """A running `keeptouch run`, and what it has told."""

    def __init__(self, folder: Path) -> None:
        self.told: list[str] = []
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        (folder / "notify").unlink(missing_ok=True)
        self._manager.bind(str(folder / "notify"))
        threading.Thread(target=self._listen, daemon=True).start()
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = warm_start.Popen[bytes](
                ["keeptouch", "--config", str(folder / "config.toml"), "run", "--interval", "1"],
                stderr=log,
                env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "900000"},
            )

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                self.told.append(self._manager.recv(4096).decode())

    def wait(self, condition: Callable[[], object], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (self.told[-5:], self.log.read_text())
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)

    def gives_signs(self) -> None:
        """Signs of life go on coming."""
        before = self.told.count("WATCHDOG=1")
        self.wait(lambda: self.told.count("WATCHDOG=1") >= before + SIGNS)

    def stop(self) -> int:
        """As systemd does; within TimeoutStopSec."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=45)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._manager.close()


@contextmanager
def running(folder: Path) -> Iterator[Service]:
    service = Service(folder)
    try:
        yield service
    finally:
        service.close()


@pytest.fixture
def hole() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield server.getsockname()[1]


def configure(folder: Path, port: int, url: str = "sqlite:///keeptouch.db") -> Path:
    (folder / "config.toml").write_text(CONFIG.format(url=url, port=port))
    (folder / "mail").mkdir()
    (folder / "mail" / "1.eml").write_text(MAIL.format(1))
    (folder / "secret").write_text("secret\n")
    (folder / "secret").chmod(0o600)
    return folder


@pytest.mark.slow
def test_the_manager_hears_of_the_whole_life(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with running(configure(tmp_path, port)) as service:
        service.wait(lambda: "READY=1" in service.told)
        service.wait(lambda: "STATUS=2 accounts, 1 failing" in service.told)
        service.gives_signs()
        assert service.stop() == 0
        assert service.told[-1] == "STOPPING=1"
        first = [each for each in service.told if not each.startswith(("STATUS", "WATCHDOG"))]
        assert first == ["READY=1", "STOPPING=1"]


@pytest.mark.slow
def test_a_server_that_swallows_everything_ends_no_sign_of_life(tmp_path: Path, hole: int) -> None:
    with running(configure(tmp_path, hole)) as service:
        service.wait(lambda: "READY=1" in service.told)
        service.gives_signs()
        assert service.stop() == 0


@pytest.mark.slow
def test_a_store_that_another_process_locks_ends_no_sign_of_life(tmp_path: Path, hole: int) -> None:
    """And the service stops in time, though a server hangs as well."""
    with running(configure(tmp_path, hole)) as service:
        service.wait(lambda: "READY=1" in service.told)
        with closing(sqlite3.connect(tmp_path / "keeptouch.db", timeout=60)) as other:
            other.execute("BEGIN IMMEDIATE")
            (tmp_path / "mail" / "2.eml").write_text(MAIL.format(2))
            service.gives_signs()
            assert service.stop() == 0


@pytest.mark.slow
def test_a_first_import_is_stopped_in_time(tmp_path: Path, hole: int) -> None:
    configure(tmp_path, hole)
    for number in range(6_000):
        (tmp_path / "mail" / f"{number}.eml").write_text(MAIL.format(number))
    with running(tmp_path) as service:
        service.wait(lambda: _stored(tmp_path) > 0)
        assert service.stop() == 0
        assert 0 < _stored(tmp_path) < 6_000


def _stored(folder: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{folder / 'keeptouch.db'}?mode=ro", uri=True)) as reader:
            count: int = reader.execute("SELECT count(*) FROM message").fetchone()[0]
            return count
    except sqlite3.OperationalError:
        return 0


@pytest.mark.server
@pytest.mark.slow
def test_a_database_that_stops_ends_no_sign_of_life(tmp_path: Path, hole: int) -> None:
    for server in require(Postgres()):
        with running(configure(tmp_path, hole, server.create_database())) as service:
            service.wait(lambda: "READY=1" in service.told)
            server.stop()
            service.gives_signs()
            assert service.stop() == 0


@pytest.mark.server
@pytest.mark.slow
def test_a_database_that_is_away_at_the_start_is_waited_for(tmp_path: Path, hole: int) -> None:
    """A machine that boots before its database needs nobody."""
    for server in require(Postgres()):
        configure(tmp_path, hole, server.create_database())
        with server.halted():
            with running(tmp_path) as stopped:
                stopped.wait(lambda: _waits(stopped, "postgresql"))
                stopped.gives_signs()
                assert stopped.stop() == 0
                assert (stopped.told[0], stopped.told[-1]) == ("READY=1", "STOPPING=1")
            service = Service(tmp_path)
            service.wait(partial(_waits, service, "postgresql"))
        with closing(service):
            service.wait(partial(service.told.count, "STATUS=2 accounts"))
            assert service.stop() == 0
            assert "Traceback" not in service.log.read_text()


@pytest.mark.slow
def test_a_disk_that_is_full_at_the_start_is_waited_for(tmp_path: Path, hole: int) -> None:
    with running(configure(tmp_path, hole)) as service:
        pid = service.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, before[1]))
        service.wait(lambda: _waits(service, "sqlite"))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        service.wait(lambda: "STATUS=2 accounts" in service.told)
        assert service.stop() == 0
        assert _stored(tmp_path) == 1


def _waits(service: Service, store: str) -> bool:
    return any(each.startswith(f"STATUS=waits for the store: {store}") for each in service.told)


@pytest.mark.slow
def test_a_parked_account_stays_so_after_a_restart(tmp_path: Path) -> None:
    """Of two services after each other, on a server that counts."""
    logins: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_refuse, args=(server, logins), daemon=True).start()
        folder = configure(tmp_path, server.getsockname()[1])
        answered(folder / "config.toml", "sync", "--account", "bob")
        answered(folder / "config.toml", "sync", "--account", "bob")
        assert len(logins) == 2
        for _ in range(2):
            with running(folder) as service:
                service.wait(lambda: "STATUS=2 accounts, 1 failing" in service.told)
                service.gives_signs()
                assert service.stop() == 0
        answered(folder / "config.toml", "sync")
        assert len(logins) == 2
        assert answered(folder / "config.toml", "status").code == 1
        # another secret is tried at once
        (folder / "secret").write_text("other\n")
        with running(folder) as service:
            service.wait(lambda: len(logins) == 3)
        server.shutdown(socket.SHUT_RDWR)


def _refuse(server: socket.socket, logins: list[bytes]) -> None:
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            with client, client.makefile("rwb") as lines:
                lines.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
                lines.flush()
                for line in lines:
                    tag, _, command = line.partition(b" ")
                    if command.upper().startswith(b"LOGIN"):
                        logins.append(command)
                        lines.write(tag + b" NO [AUTHENTICATIONFAILED] wrong\r\n")
                    elif command.upper().startswith(b"CAPABILITY"):
                        lines.write(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
                    else:
                        lines.write(tag + b" OK done\r\n")
                    lines.flush()
                    if command.upper().startswith(b"LOGOUT"):
                        break


# the unit


def analyzed(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """systemd-analyze on the unit with a program that is there."""
    program = shutil.which("systemd-analyze")
    if program is None:
        raise MissingServer("systemd-analyze is not installed")
    unit = folder / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/keeptouch/venv/bin/keeptouch", "/bin/true"))
    return subprocess.run([program, *words, str(unit)], capture_output=True, text=True, timeout=60, check=False)


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    answer = analyzed("verify", "--man=no", folder=tmp_path)
    complaints = [line for line in answer.stderr.splitlines() if UNIT.name in line]
    assert complaints == []


def test_the_unit_exposes_little(tmp_path: Path) -> None:
    answer = analyzed("security", "--offline=true", "--threshold=15", "--no-pager", folder=tmp_path)
    assert answer.returncode == 0, answer.stdout[-2_000:] + answer.stderr
