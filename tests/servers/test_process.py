"""A server that is missing is named, and one whose test run was killed does not stay."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from _pytest.outcomes import Skipped

from tests.conftest import require
from tests.servers.dovecot import Dovecot
from tests.servers.process import MissingServer, Server, alive, find

ROOT = Path(__file__).resolve().parents[2]
RUN = """
import time
from tests.servers.dovecot import Dovecot
with Dovecot({}) as server:
    print(server.process.pid, server.dir, flush=True)
    time.sleep(60)
"""


class Absent(Server):
    """A server that no machine has."""

    name = "absent"

    def _launch(self) -> None:
        find("no-such-server")


def test_a_missing_server_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(MissingServer, match="no-such-server is not installed"):
        next(require(Absent()))


def test_elsewhere_a_missing_server_skips_the_test_and_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    server = Absent()
    with pytest.raises(Skipped, match="install it with: sudo make servers"):
        next(require(server))
    assert not server.dir.exists()


def test_servers_end_with_a_test_run_that_is_killed(dovecot: Dovecot) -> None:
    with subprocess.Popen([sys.executable, "-c", RUN], cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        pid, folder = run.stdout.readline().split()
        assert alive(int(pid))
        run.kill()
    end = time.monotonic() + 10
    while alive(int(pid)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(int(pid))
    shutil.rmtree(folder)
