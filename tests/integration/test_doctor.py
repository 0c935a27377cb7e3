"""keeptouch doctor on real things that are wrong: each is found with its cure, and mended where that is safe."""

from __future__ import annotations

import contextlib
import os
import resource
import sqlite3
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from daemon.doctor import database
from daemon.doctor.examining import CHECKS, examine
from daemon.doctor.findings import Checked, Result
from store import migrate
from tests.conftest import Login
from tests.integration.company import Account, Company
from tests.integration.mailboxes import letter
from tests.servers.certificates import CertificateAuthority
from tests.servers.dovecot import Dovecot
from tests.servers.scripted_http import Request, ScriptedHttp, reply
from tests.servers.smtp_sink import SmtpSink
from tests.unit.connectors.scripted_imap import ScriptedImap
from tests.unit.store import later_release

pytestmark = pytest.mark.slow


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A company that has read a mail of Alice."""
    before = os.umask(0o022)
    made = Company(tmp_path / "company")
    (made.folder / "identity.key").chmod(0o600)
    (made.folder / "mail").mkdir()
    (made.folder / "mail" / "1.eml").write_bytes(letter("alice@acme.example", "ann@client.example", mid="1@acme"))
    options = {"path": "mail", "format": "eml"}
    made.accounts["alice"] = Account("alice", "alice@acme.example", options, "local")
    made.sync()
    yield made
    os.umask(before)


def doctor(company: Company, *argv: str) -> dict[str, dict[str, Any]]:
    """Name of a check -> what it tells."""
    answer = company.run("doctor", "--json", *argv)
    checks = answer.document["checks"]
    has_failed = any(each["result"] == "failed" for each in checks)
    assert (answer.code, answer.document["ok"]) == ((1, False) if has_failed else (0, True))
    assert [(each["number"], each["check"]) for each in checks] == [(n, c.name) for n, c in enumerate(CHECKS, 1)]
    assert all(found["problem"] and found["cure"] for each in checks for found in each["findings"])
    return {each["check"]: each for each in checks}


def results(checks: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Those that are not ok."""
    return {name: each["result"] for name, each in checks.items() if each["result"] != "ok"}


def write(company: Company, statement: str, *values: object) -> None:
    with contextlib.closing(sqlite3.connect(company.store)) as connection, connection:
        connection.execute(statement, values)


def test_files_that_others_can_read_are_found_and_closed(company: Company) -> None:
    usual = {"service": "warning"}  # nothing runs
    assert results(doctor(company)) == usual
    secret = company.folder / "bob.secret"
    secret.write_text("kanarienvogel-7713")
    secret.chmod(0o644)
    company.store.chmod(0o666)
    nobody = {"host": "127.0.0.1", "port": 1, "security": "none", "username": "bob", "password_file": secret.name}
    company.accounts["bob"] = Account("bob", "bob@acme.example", nobody)
    found = doctor(company)
    assert results(found) == {**usual, "modes": "failed", "hosts": "failed"}
    assert [each["subject"] for each in found["modes"]["findings"]] == [f"bob: {secret}", str(company.store)]
    assert "0644" in found["modes"]["findings"][0]["problem"]
    assert "refused the connection (needed by bob)" in found["hosts"]["findings"][0]["problem"]
    assert stat.S_IMODE(secret.stat().st_mode) == 0o644
    mended = doctor(company, "--fix")["modes"]
    assert mended["mended"] == [f"{secret}: mode 0644 is 0640 now", f"{company.store}: mode 0666 is 0664 now"]
    assert [each["result"] for each in mended["findings"]] == ["warning"]
    assert doctor(company, "--fix")["modes"]["mended"] == [f"{company.store}: mode 0664 is 0660 now"]
    company.extra = (
        '[alerts]\nwebhook_url = "https://localhost:1/"\nwebhook_secret_file = "bob.secret"\nallow_local = true'
    )
    unfit = doctor(company)
    assert "must be whsec_" in unfit["credentials"]["findings"][0]["problem"]
    assert "kanarienvogel" not in str(unfit)
    secret.unlink()
    answer = company.run("doctor")
    assert " 1 configuration  failed\n" in answer.out
    assert "bob.secret does not exist" in answer.out
    assert "hosts          skipped, the configuration is refused\n" in answer.out
    assert " 5 integrity      ok\n" in answer.out


def test_a_pending_migration_is_carried_out_with_a_copy_kept(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_release.install(monkeypatch, tmp_path)
    found = doctor(company)
    assert found["database"]["result"] == "failed"
    assert found["database"]["findings"][0]["can_be_mended"]
    assert (found["integrity"]["result"], found["integrity"]["skipped"]) == ("skipped", "the store can't be opened")
    [told] = doctor(company, "--fix")["database"]["mended"]
    copy = f"{company.store}.before-{later_release.REVISION}"
    assert (later_release.REVISION in told, told.endswith(copy)) == (True, True)
    assert Path(copy).exists()
    assert doctor(company)["database"]["result"] == "ok"
    monkeypatch.undo()
    newer = doctor(company, "--fix")["database"]
    assert (newer["result"], newer["mended"]) == ("failed", [])
    assert migrate.revisions()[-1] != later_release.REVISION


def test_what_is_wrong_with_the_file_and_its_disk(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.statvfs(company.folder)
    fields = list(real)
    fields[2] = 100 * 1024**3 // real.f_frsize
    for free, result in ((100 * 1024**2, "failed"), (1024**3, "warning")):
        fields[4] = free // real.f_frsize
        full = os.statvfs_result(fields)
        monkeypatch.setattr(os, "statvfs", lambda _path, full=full: full)
        disk = doctor(company)["disk"]
        assert disk["result"] == result
        assert f"{free // 1024**2:,} MiB are left" in disk["findings"][0]["problem"]
        status = company.run("status", "--json")
        assert [each["step"] for each in status.document["problems"]] == ["disk"]
        assert status.code == (1 if result == "failed" else 0)
    monkeypatch.undo()
    # as with a quota: the disk has room, and we may not have it
    limit, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512 * 1024, hard))
    try:
        [refused] = doctor(company)["disk"]["findings"]
        status = company.run("status")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    assert refused["problem"] == "nothing more can be written: File too large"
    assert (status.code, "nothing more can be written: File too large" in status.err) == (1, True)
    assert "quota" in refused["cure"]
    monkeypatch.setattr(database, "LARGE_WAL", 0)
    with contextlib.closing(sqlite3.connect(company.store)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE elsewhere (a)")
        other.execute("DROP TABLE elsewhere")
        other.execute("BEGIN").execute("SELECT count(*) FROM meta").fetchone()
        write(company, "UPDATE meta SET value = value")
        held = doctor(company, "--fix")["disk"]
        assert "could not be taken in whole" in held["mended"][0]
        assert held["result"] == "warning"
        other.rollback()
        assert doctor(company, "--fix")["disk"]["mended"] == ["the WAL is taken in"]
    with company.store.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 20)
    broken = doctor(company)
    assert "failed" in (broken["database"]["result"], broken["integrity"]["result"])


def test_accounts_that_need_somebody(company: Company) -> None:
    for name in ("bob", "carol", "dave"):
        folder = company.folder / name
        folder.mkdir()
        (folder / "1.eml").write_bytes(letter(f"{name}@acme.example", "ann@client.example", mid=f"{name}@acme"))
        company.accounts[name] = Account(name, f"{name}@acme.example", {"path": name, "format": "eml"}, "local")
    company.sync()
    now = datetime.now(UTC)

    def ago(**time: int) -> str:
        return f"{now - timedelta(**time):%Y-%m-%dT%H:%M:%S.%fZ}"

    failing = "UPDATE account SET state = 'backoff', reason = 'the server is away', state_since_at = ? WHERE name = ?"
    write(company, failing, ago(hours=30), "bob")
    write(company, failing, ago(hours=3), "carol")
    write(company, "UPDATE account SET coverage = 99.5, audited_at = ? WHERE name = 'alice'", ago(days=2))
    write(company, "UPDATE account SET coverage = 100, audited_at = ? WHERE name <> 'alice'", ago(days=2))
    write(company, "UPDATE stream SET backlog = 7 WHERE account_id = (SELECT id FROM account WHERE name = 'dave')")
    note = (
        "INSERT INTO progress SELECT account_id, sum(version), sum(backlog), ? FROM stream"
        " WHERE backlog > 0 GROUP BY account_id"
    )
    write(company, note, ago(hours=7))
    write(company, "UPDATE account SET last_success_at = ? WHERE name = 'alice'", ago(days=3))
    found = doctor(company)
    told = {
        name: [(each["subject"], each["result"]) for each in found[name]["findings"]]
        for name in ("accounts", "cursors", "coverage")
    }
    assert told == {
        "accounts": [("alice", "failed"), ("bob", "failed"), ("carol", "warning")],
        "cursors": [("dave", "failed")],
        "coverage": [("alice", "failed")],
    }
    assert "7 items are left" in found["cursors"]["findings"][0]["problem"]
    # a sign-in that its provider takes no more, and one that it can't be asked about just now
    told_so = "UPDATE account SET reason = 'token: id.example', refusals = ? WHERE name = 'carol'"
    for refusals, result, cure in ((1, "failed", "accounts login carol"), (0, "warning", "check --account carol")):
        write(company, told_so, refusals)
        carol = doctor(company)["accounts"]["findings"][2]
        assert (carol["result"], cure in carol["cure"]) == (result, True)
    # an alert that nobody takes
    values = ("mail:it@acme.example", "disk:/var", "disk", "/var", "full", "", ago(hours=2), 0, 3)
    insert = (
        "INSERT INTO alert (channel, key, kind, subject, problem, hint, began_at, is_told, attempts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    write(company, insert, *values)
    [untold] = doctor(company)["deliveries"]["findings"]
    assert (untold["subject"], untold["problem"]) == ("alerts by mail", "were not taken 3 times")
    # nobody has audited for long
    write(company, "UPDATE account SET coverage = NULL, audited_at = NULL, horizon_reached_at = ?", ago(days=36))
    assert doctor(company)["coverage"]["result"] == "warning"
    # a page since then
    write(company, "UPDATE stream SET version = version + 1 WHERE backlog > 0")
    assert doctor(company)["cursors"]["result"] == "ok"


def test_servers_and_their_certificates(company: Company, tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path / "ca")
    good, expired = authority.issue(), authority.issue(expired=True)
    behind = format_datetime(datetime.now(UTC) + timedelta(minutes=20), usegmt=True)

    def answer(_request: Request) -> bytes:
        return reply(401, Date=behind)

    with (
        ScriptedHttp(answer, good) as calendars,
        ScriptedHttp(answer, expired) as exchange,
        SmtpSink(good) as relay,
        ScriptedImap({}) as mailbox,
    ):
        mailbox.context, mailbox.capabilities = expired.server_context(), "IMAP4rev1 STARTTLS"
        (company.folder / "secret").write_text("x")
        (company.folder / "secret").chmod(0o600)
        common = {"password_file": "secret", "ca_file": str(authority.file)}
        for name, kind, more in (
            ("bob", "caldav", {"url": f"https://localhost:{calendars.port}/"}),
            ("carol", "ews", {"url": f"https://localhost:{exchange.port}/EWS/Exchange.asmx"}),
            ("dave", "imap", {"host": "mail.invalid"}),
            ("erin", "imap", {"host": "localhost", "port": mailbox.port, "security": "starttls"}),
        ):
            options = {**common, "username": f"{name}@acme.example", **more}
            company.accounts[name] = Account(name, f"{name}@acme.example", options, kind)
        signed = {"host": "localhost", "port": calendars.port, "username": "f@acme.example", "oauth": "ours"}
        company.accounts["fay"] = Account("fay", "fay@acme.example", {**signed, "ca_file": str(authority.file)})
        company.extra = (
            '[oauth.ours]\nprovider = "discovery"\nissuer = "https://id.invalid/"\nclient_id = "k"\nscopes = ["mail"]\n'
            f'[digest]\nhost = "localhost"\nport = {relay.port}\nsender = "k@acme.example"\n'
            f'ca_file = "{authority.file}"\n'
            f'[relay]\nenabled = true\nhost = "smtp.invalid"\ncertificate_file = "{expired.chain}"\n'
            f'certificate_key_file = "{expired.key}"\n'
        )
        (company.folder / "secrets.key").write_text("ab" * 32)
        (company.folder / "secrets.key").chmod(0o600)
        company.store_lines = ['secrets_key_file = "secrets.key"']
        company.write()
        found = {each.name: each for each in looked(company, datetime.now(UTC))}
        assert found["configuration"].findings == []
        problems = {each.subject: each.problem for each in found["hosts"].findings}
        assert problems.keys() == {
            f"localhost:{exchange.port}",
            f"localhost:{mailbox.port}",
            "mail.invalid:993",
            "id.invalid:443",
            "smtp.invalid:465",
            "the relay",
        }
        assert "the certificate ended on 20" in problems["the relay"]
        for port in (exchange.port, mailbox.port):
            assert "tls: the certificate of localhost has expired" in problems[f"localhost:{port}"]
        assert problems["mail.invalid:993"].startswith("resolve: ")
        [skew] = found["clock"].findings
        assert (skew.subject, skew.result) == (f"localhost:{calendars.port}", Result.FAILED)
        assert "is 1" in skew.problem
        assert "seconds behind" in skew.problem
        assert all(not calendar.headers.get("authorization") for calendar in calendars.requests)
        soon = {each.name: each for each in looked(company, datetime.now(UTC) + timedelta(days=80))}
        told = [each.result for each in soon["hosts"].findings if "ends on" in each.problem]
        assert told == [Result.WARNING] * 3


def looked(company: Company, now: datetime) -> list[Checked]:
    return list(examine(company.config, {}, lambda: now, is_mending=False))


def test_a_wrong_password_is_found_in_one_look(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], company: Company
) -> None:
    login = dovecot_user()
    company.add("bob", replace(login, password="kanarienvogel-7713"), dovecot.imap_port)
    assert company.run("sync", "--account", "bob").code == 1
    status = company.run("status")
    assert status.code == 1
    assert "refused the login" in status.out
    assert "bob: correct the password or sign in anew, then: keeptouch sync --account bob\n" in status.out
    cure = "correct the password or sign in anew, then: keeptouch sync --account bob"
    for state in ("backoff", "auth_failed"):
        assert company.run("status", "--json").document["accounts"][1]["state"] == state
        [found] = doctor(company)["accounts"]["findings"]
        assert (found["subject"], found["result"], found["cure"]) == ("bob", "failed", cure)
        assert "refused the login" in found["problem"]
        company.run("sync", "--account", "bob")
    checked = company.run("check", "--json")
    assert [(each["account"], each["step"]) for each in checked.document["problems"]] == [("bob", "login")]


def test_the_clock_of_postgresql_and_a_database_that_is_away(postgres_url: str, tmp_path: Path) -> None:
    company = Company(tmp_path / "company", url=postgres_url)
    (company.folder / "identity.key").chmod(0o600)
    assert doctor(company)["database"]["result"] == "warning"
    company.sync()
    assert doctor(company)["clock"]["result"] == "ok"
    late = {each.name: each for each in looked(company, datetime.now(UTC) - timedelta(seconds=7))}
    assert [each.subject for each in late["clock"].findings] == ["the database"]
    company.store_lines = ['password_file = "nowhere"']
    assert doctor(company)["configuration"]["result"] == "failed"
    company.store_lines = ['password_command = ["false"]']
    assert "store.password" in doctor(company)["database"]["findings"][0]["subject"]
    company.store_lines = ()
    company.url = "postgresql://nobody@127.0.0.1:1/nothing"
    away = doctor(company)
    assert (away["database"]["result"], away["accounts"]["result"]) == ("failed", "skipped")
