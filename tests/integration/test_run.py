"""The service: reads again and again, stops when told, and is alone on its store."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests import warm_start
from tests.integration.company import answered
from tests.servers.process import free_ports

pytestmark = pytest.mark.slow

CONFIG = """
[company]
domains = ["acme.example"]
timezone = "Asia/Tehran"

[[accounts]]
name = "alice"
owner = "alice@acme.example"
kind = "local"
[accounts.options]
path = "mail"
format = "eml"

[[accounts]]
name = "broken"
owner = "bob@acme.example"
kind = "imap"
[accounts.options]
host = "127.0.0.1"
port = 1
security = "none"
username = "bob"
password_file = "secret"
"""
MAIL = (
    "From: alice@acme.example\nTo: ann@client.example\nDate: Mon, 2 Mar 2026 10:00:00 +0000\nMessage-ID: <{}@x>\n\nHi\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "mail").mkdir()
    (tmp_path / "secret").write_text("wrong\n")
    (tmp_path / "secret").chmod(0o600)
    return tmp_path


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = ["keeptouch", "--config", str(folder / "config.toml"), "run", "--interval", "1"]
    with warm_start.Popen[str](command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told(port: int, path: str) -> str:
    """What the listener of health answers."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as line:
        line.request("GET", path)
        return line.getresponse().read().decode()


def wait_for(folder: Path, stored: int) -> dict[str, dict[str, object]]:
    """The accounts of `status` once alice has so many mails."""
    end = time.monotonic() + 40
    while True:
        answer = answered(folder / "config.toml", "status", "--json")
        if answer.code in (0, 1):
            accounts = {each["account"]: each for each in answer.document["accounts"]}
            # the accounts come a moment after the store
            if accounts.get("alice", {}).get("stored") == stored:
                return accounts
        assert time.monotonic() < end, answer
        time.sleep(0.05)


def test_run_reads_what_arrives_while_another_account_fails_and_stops_on_sigterm(folder: Path) -> None:
    (folder / "mail" / "1.eml").write_text(MAIL.format(1))
    (port,) = free_ports(1)
    (folder / "config.toml").write_text(f'{CONFIG}\n[metrics]\nenabled = true\nlisten = "127.0.0.1:{port}"\n')
    with running(folder) as service:
        wait_for(folder, 1)
        (folder / "mail" / "2.eml").write_text(MAIL.format(2))
        assert wait_for(folder, 2)["broken"]["state"] == "backoff"
        assert json.loads(told(port, "/readyz")) == {"format": 1, "ready": True, "problems": []}
        assert told(port, "/livez") == '{"format": 1, "live": true}\n'
        numbers = told(port, "/metrics")
        assert re.search(r'^keeptouch_sync_runs_total{kind="imap",result="unavailable"} [1-9]', numbers, re.M)
        assert re.search(r'^keeptouch_accounts{kind="local",state="ok"} 1', numbers, re.M)
        second = answered(folder / "config.toml", "run")
        assert second.code == 2
        assert "another `keeptouch run`" in second.err
        service.send_signal(signal.SIGTERM)
        _out, log = service.communicate(timeout=20)
    assert service.returncode == 0
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert (events[0], events[-1]) == ("started", "stopped")


def test_run_after_kill_goes_on_where_it_was(folder: Path) -> None:
    (folder / "mail" / "1.eml").write_text(MAIL.format(1))
    with running(folder) as service:
        wait_for(folder, 1)
        service.kill()
    with running(folder):
        (folder / "mail" / "2.eml").write_text(MAIL.format(2))
        wait_for(folder, 2)


@pytest.mark.parametrize("interval", ["0", "-5", "nan", "soon"])
def test_an_interval_that_nobody_means_is_refused(folder: Path, interval: str) -> None:
    answer = answered(folder / "config.toml", "run", f"--interval={interval}")
    assert answer.code == 2
    assert "interval" in answer.err
