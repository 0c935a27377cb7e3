"""SIGHUP: a right configuration is taken over at once, a broken one changes nothing and is shown until it is mended."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from daemon.cli import run
from daemon.config import load
from daemon.environment import Environment, open_store
from daemon.retry import Backoff
from daemon.session import Session
from tests import warm_start
from tests.integration.company import answered

pytestmark = pytest.mark.slow

HEAD = """
[company]
domains = ["acme.example"]
"""
ALICE = """
[[accounts]]
name = "alice"
owner = "alice@acme.example"
kind = "local"
[accounts.options]
path = "mail"
format = "eml"
"""
BOB = ALICE.replace("alice", "bob").replace('"mail"', '"more"')
MAIL = (
    "From: alice@acme.example\nTo: ann@{domain}\nDate: Mon, 2 Mar 2026 10:00:00 +0000\nMessage-ID: <{number}@x>\n\nHi\n"
)
WEBHOOK = '[[webhooks]]\nname = "crm"\nurl = "https://crm.example/"\n'
SOURCE = '[[contacts.sources]]\nname = "crm"\nkind = "telepathy"\n'


@dataclass
class Running:
    """A service in a process of its own, and its folder."""

    folder: Path
    process: subprocess.Popen[bytes]
    log: Path

    def configure(self, text: str | bytes) -> None:
        self.config.write_bytes(text if isinstance(text, bytes) else text.encode())

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / "keeptouch.db", timeout=20)) as connection:
            return connection.execute(sql).fetchall()

    def deliver(self, number: int, folder: str = "mail", domain: str = "client.example") -> None:
        (self.folder / folder / f"{number}.eml").write_text(MAIL.format(number=number, domain=domain))

    def has(self, *numbers: int) -> bool:
        found = {row[0] for row in self.rows("SELECT message_id FROM v1_interaction")}
        return {f"{number}@x" for number in numbers} <= found

    def refusal(self) -> str:
        rows = self.rows("SELECT value FROM meta WHERE name = 'reload_refused'")
        return str(rows[0][0]) if rows else ""

    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def status(self) -> tuple[int, dict[str, Any]]:
        answer = answered(self.config, "status", "--json")
        return answer.code, answer.document

    def accounts(self) -> set[object]:
        return {row[0] for row in self.rows("SELECT name FROM account WHERE ended_at IS NULL")}


def wait(condition: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    for name in ("mail", "more", "other", "accounts.d"):
        (tmp_path / name).mkdir()
    (tmp_path / "another.key").write_text("ab" * 32)
    log = tmp_path / "log"
    (tmp_path / "config.toml").write_text(HEAD + ALICE)
    command = ["keeptouch", "--config", str(tmp_path / "config.toml"), "run", "--interval", "1"]
    with log.open("wb") as errors, warm_start.Popen[bytes](command, stderr=errors) as process:
        try:
            made = Running(tmp_path, process, log)
            made.deliver(0)
            wait(lambda: (tmp_path / "keeptouch.db").exists() and "started" in log.read_text())
            wait(lambda: made.has(0))
            yield made
        finally:
            process.kill()


#: What lies in config.toml, and what of it is told.
BROKEN: dict[str, tuple[str | bytes | None, str]] = {
    "no TOML": (HEAD + "[[accounts", "is not valid TOML"),
    "no UTF-8": ((HEAD + ALICE).encode() + b"# \xff\n", "is not UTF-8"),
    "no file": (None, "config.toml"),
    "an unknown section": (HEAD + ALICE + "[acounts]\n", "acounts"),
    "an unknown key": (HEAD + ALICE.replace("owner", 'colour = "red"\nowner'), "accounts[alice].colour"),
    "an unknown option": (HEAD + ALICE + "porty = 1\n", "accounts[alice].options.porty"),
    "no owner": (HEAD + ALICE.replace('owner = "alice@acme.example"\n', ""), "accounts[alice].owner"),
    "an unknown kind": (HEAD + ALICE.replace('"local"', '"telepathy"'), "accounts[alice].kind"),
    "the same name twice": (HEAD + ALICE + ALICE, "is that of another account"),
    "an unknown server": (HEAD + ALICE.replace('kind = "local"', 'server = "main"'), "there is no [servers.main]"),
    "a server without manners": (HEAD + '[servers.a]\nkind = "local"\nmax_connections = 0\n' + ALICE, "at least 1"),
    "an interval that nobody means": (HEAD + ALICE.replace("kind", "poll_seconds = 0\nkind"), "poll_seconds"),
    "a folder that is not there": (HEAD + ALICE.replace('"mail"', '"nothing"'), "accounts[alice].options.path"),
    "a number in quotes": (HEAD + ALICE + '[store]\nfeed_days = "30"\n', "store.feed_days"),
    "no domain": (HEAD.replace("acme.example", "a@b") + ALICE, "company.domains"),
    "no time zone": (HEAD + 'timezone = "Moon/Crater"\n' + ALICE, "company.timezone"),
    "nobody's address": (HEAD + ALICE + '[[people]]\nemail = "nobody"\n', "people"),
    "a retention without an end": (HEAD + ALICE + "[privacy.retention]\ntext = 0\n", "retention"),
    "a block of nothing": (HEAD + '[privacy]\nblock = [""]\n' + ALICE, "privacy"),
    "a webhook without a secret": (HEAD + ALICE + WEBHOOK, "webhooks"),
    "a secret that is not there": (HEAD + ALICE + WEBHOOK + 'secret_file = "gone"\n', "secret_file"),
    "an unknown source": (HEAD + ALICE + SOURCE, "contacts.sources"),
    "another store": (HEAD + '[store]\nurl = "sqlite:///other.db"\n' + ALICE, "store.url"),
    "another identity key": (HEAD + '[store]\nkey_file = "another.key"\n' + ALICE, "store.key"),
    "another mailbox under a name": (HEAD + ALICE.replace('"mail"', '"other"'), "account alice: the store knows it"),
}


def test_a_broken_configuration_changes_nothing_and_is_shown_until_it_is_mended(running: Running) -> None:
    assert len(BROKEN) >= 20
    before = ""
    for number, (kind, (text, told)) in enumerate(BROKEN.items(), 1):
        running.config.unlink(missing_ok=True)
        if text is not None:
            running.configure(text)
        running.reload()
        wait(lambda: running.refusal() not in ("", before))  # noqa: B023 - called at once
        before = running.refusal()
        assert told in before.replace('\\"', '"'), kind
        # the one before goes on
        running.deliver(number)
        wait(lambda: running.has(number))  # noqa: B023 - called at once
        if told.startswith("store."):
            # which store is meant is what is wrong
            assert answered(running.config, "status").code == 2
        elif text is not None and number % 4 == 0:
            code, shown = running.status()
            assert code in (1, 2), kind
            assert told in json.dumps(shown["problems"]).replace('\\"', '"'), kind
            assert [each["account"] for each in shown["accounts"]] == ["alice"], kind
    assert not (running.folder / "other.db").exists()
    running.configure(HEAD + ALICE)
    running.reload()
    wait(lambda: not running.refusal())
    assert running.status()[0] == 0
    assert running.process.poll() is None
    assert [each["event"] for each in running.events()].count("started") == 1


def test_a_broken_drop_in_is_refused_too(running: Running) -> None:
    (running.folder / "accounts.d" / "bob.toml").write_text("[[accounts]]\nname = 1\n")
    running.reload()
    wait(running.refusal)
    assert "accounts.d/bob.toml" in running.refusal()


def test_what_needs_no_reading_to_be_shown_is_shown_at_once(running: Running) -> None:
    """Nobody has told the service yet: what lies there is broken all the same."""
    running.configure(HEAD + ALICE + "[acounts]\n")
    code, shown = running.status()
    assert code == 2
    assert "acounts" in json.dumps(shown["problems"])


def test_accounts_come_go_and_are_renamed_without_a_restart(running: Running) -> None:
    running.deliver(100, "more")
    running.configure(HEAD + ALICE + BOB)
    running.reload()
    wait(lambda: running.has(100))
    assert running.accounts() == {"alice", "bob"}
    running.configure(HEAD + ALICE.replace('"alice"', '"alicia"') + BOB)
    running.reload()
    wait(lambda: running.accounts() == {"alicia", "bob"})
    running.deliver(1)
    wait(lambda: running.has(1))
    running.configure(HEAD + ALICE.replace('"alice"', '"alicia"'))
    running.reload()
    wait(lambda: running.accounts() == {"alicia"})
    running.deliver(101, "more")
    running.deliver(2)
    wait(lambda: running.has(2))
    time.sleep(1.5)
    assert not running.has(101)
    assert [each["event"] for each in running.events()].count("policy changed") == 0


def test_another_policy_is_applied_to_what_is_there_and_to_what_comes(running: Running) -> None:
    running.deliver(1, domain="sister.example")
    wait(lambda: running.has(0, 1))
    running.configure(HEAD.replace('["acme.example"]', '["acme.example", "sister.example"]') + ALICE)
    running.reload()
    wait(lambda: not running.has(1))
    running.deliver(2)
    running.deliver(3, domain="sister.example")
    wait(lambda: running.has(0, 2))
    assert not running.has(3)
    running.configure(HEAD + ALICE)
    running.reload()
    wait(lambda: running.has(0, 1, 2, 3))


def test_retention_and_people_are_taken_over(running: Running) -> None:
    running.configure(HEAD + ALICE + '[[people]]\nemail = "alice@acme.example"\nname = "Alice Amini"\n')
    running.reload()
    wait(lambda: running.rows("SELECT display_name FROM v1_person") == [("Alice Amini",)])
    running.configure(HEAD + ALICE + "[privacy.retention]\nparticipants = 1\n")
    running.reload()
    wait(lambda: [each["event"] for each in running.events()].count("configuration reloaded") == 2)
    running.deliver(1)
    wait(lambda: running.rows("SELECT 1 FROM placement WHERE verdict = 'expired'"))


SISTER = HEAD.replace('["acme.example"]', '["acme.example", "sister.example"]') + ALICE


def test_a_full_disk_ends_no_service_and_what_was_told_meanwhile_counts_when_there_is_room(running: Running) -> None:
    running.deliver(1, domain="sister.example")
    wait(lambda: running.has(0, 1))
    pid = running.process.pid
    size = (running.folder / "keeptouch.db-wal").stat().st_size
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))
    running.configure(SISTER)
    running.reload()
    wait(lambda: "store problem" in [each["event"] for each in running.events()])
    # now there is no room for a line of the log either
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    time.sleep(2)
    assert running.has(1)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    wait(lambda: not running.has(1))
    running.deliver(2)
    wait(lambda: running.has(0, 2))
    assert running.process.poll() is None


def test_another_policy_waits_for_a_store_that_can_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "1.eml").write_text(MAIL.format(number=1, domain="sister.example"))
    config = tmp_path / "config.toml"
    config.write_text(HEAD + ALICE)
    assert answered(config, "sync").code == 0
    config.write_text(SISTER)
    loaded = load(config, environ=os.environ, today=datetime.now(UTC).date())
    monkeypatch.setattr(run, "_AGAIN", Backoff(first=0.01, longest=0.02))
    left = [1, 1, 1]

    def fail(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA query_only = {left.pop() if left else 0}")

    with Session(loaded, open_store(loaded, os.environ), Environment(os.environ)) as session:
        event.listen(session.store.engine, "begin", fail)
        event.listen(session.store.engine, "checkin", lambda raw, _: raw.execute("PRAGMA query_only = 0"))
        assert run._decided(session, threading.Event())
        with session.store.read() as transaction:
            assert transaction.exec_driver_sql("SELECT count(*) FROM v1_interaction").scalar() == 0
        stop = threading.Event()
        stop.set()
        assert not run._decided(session, stop)
    assert left == []
