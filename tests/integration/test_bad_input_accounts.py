"""What can be wrong with an account: one clear message, exit code 1, and the other accounts go on."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Login, require
from tests.integration.company import Answer, Company
from tests.integration.mailboxes import letter, opened, put
from tests.servers.certificates import CertificateAuthority
from tests.servers.dovecot import Dovecot, Options
from tests.servers.faultproxy import FaultProxy

pytestmark = pytest.mark.slow
ALICE, ANN = "alice@acme.example", "ann@client.example"
CANARY = "kanarienvogel-2207"


@dataclass(frozen=True, slots=True)
class Case:
    """A company with two accounts; `bob` is to be broken."""

    dovecot: Dovecot
    company: Company
    logins: dict[str, Login]

    def broken(self, *, step: str, says: str, hint: str) -> Answer:
        """Sync; alice's mail is stored, and bob's problem is told once, with what to do."""
        answer = self.company.run("sync", "--json")
        bob, alice = answer.account("bob"), answer.account("alice")
        assert answer.code == 1
        assert (alice["ok"], alice["stored"], alice["error"]) == (True, 2, None)
        assert not bob["ok"]
        assert bob["error"]["step"] == step
        assert says in bob["error"]["problem"]
        assert hint in bob["error"]["hint"]
        told = [line for line in answer.err.splitlines() if not line.startswith("{")]
        assert told == [f"bob: {step}: {bob['error']['problem']}", f"    {bob['error']['hint']}"]
        self.check(step, says)
        return answer

    def state(self, name: str) -> tuple[str, int]:
        """What other tools read: the state, and failures in a row."""
        sql = "SELECT state, failures FROM v1_account_status WHERE name = ?"
        [(state, failures)] = self.company.rows(sql, name)
        return state, failures

    def check(self, step: str, says: str) -> None:
        """The problem is in `status` and, where a login shows it, in `check`; no command shows the password."""
        status = self.company.run("status", "--json")
        states = {each["account"]: each for each in status.document["accounts"]}
        assert (status.code, states["alice"]["state"]) == (1, "ok")
        assert says in states["bob"]["reason"]
        checked = self.company.run("check", "--json")
        if step != "select":
            [problem] = checked.document["problems"]
            assert (checked.code, problem["account"], problem["step"]) == (1, "bob", step)
        for answer in (status, checked, self.company.run("--log-level", "debug", "sync")):
            assert CANARY not in answer.out + answer.err


@pytest.fixture
def case(dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path: Path) -> Case:
    """Alice and Bob, both fine as yet."""
    company = Company(tmp_path / "company")
    logins = {"alice": dovecot_user(), "bob": dovecot_user()}
    for name, login in logins.items():
        put(dovecot, login, "Sent", letter(ALICE, ANN, mid=f"{name}1@acme"))
        put(dovecot, login, "INBOX", letter(ANN, ALICE, mid=f"{name}2@client"))
        company.add(name, login, dovecot.imap_port, timeout_seconds=5)
    return Case(dovecot, company, logins)


def test_a_wrong_password(case: Case) -> None:
    (case.company.folder / "bob.secret").write_text(CANARY)
    answer = case.broken(step="login", says="refused the login", hint="check username and password")
    assert CANARY not in answer.out + answer.err
    # whoever syncs and checks everything does not try again; who names the account does, and that parks it
    assert case.state("bob") == ("backoff", 1)
    assert case.company.run("check", "--account", "bob").code == 1
    assert case.state("bob") == ("auth_failed", 2)
    assert "next try" in case.company.run("status").out
    (case.company.folder / "bob.secret").write_text(case.logins["bob"].password)
    assert case.company.sync().account("bob")["stored"] == 2
    assert case.company.run("status").code == 0


def test_an_unknown_host(case: Case) -> None:
    case.company.accounts["bob"].options |= {"host": "no-such-host.invalid", "security": "tls", "port": 993}
    answer = case.company.run("sync", "--json")
    error = answer.account("bob")["error"]
    assert (answer.code, error["step"]) == (1, "resolve")
    assert "no-such-host.invalid" in error["problem"]
    assert answer.account("alice")["stored"] == 2


def test_nobody_listens_at_the_port(case: Case) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        case.company.accounts["bob"].options["port"] = server.getsockname()[1]
    case.broken(step="connect", says="refused the connection", hint="check host and port")


def test_a_server_that_never_answers(case: Case) -> None:
    with FaultProxy((case.dovecot.host, case.dovecot.imap_port)) as proxy:
        proxy.down.hole = True
        case.company.accounts["bob"].options |= {"port": proxy.port, "timeout_seconds": 0.3}
        case.broken(step="connect", says="did not answer in time", hint="firewall")


@pytest.fixture(scope="module")
def expired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dovecot, Path]]:
    """A server whose certificate ended yesterday, and its authority."""
    authority = CertificateAuthority(tmp_path_factory.mktemp("authority"))
    for server in require(Dovecot({"bob": CANARY}, Options(certificate=authority.issue(expired=True)))):
        yield server, authority.file


def test_an_expired_certificate(case: Case, expired: tuple[Dovecot, Path]) -> None:
    server, authority = expired
    case.company.accounts["bob"].options |= {
        "host": "localhost",
        "port": server.imaps_port,
        "security": "tls",
        "ca_file": str(authority),
    }
    case.broken(step="tls", says="certificate of localhost has expired", hint="renewed")
    # in one look, with the cure
    status = case.company.run("status")
    assert (status.code, "bob: have the server's certificate renewed" in status.out) == (1, True)
    doctor = case.company.run("doctor")
    assert doctor.code == 1
    wanted = f"localhost:{server.imaps_port}: tls: the certificate of localhost has expired (needed by bob)\n"
    assert f"     failed: {wanted}         have the server's certificate renewed\n" in doctor.out


def test_a_certificate_of_an_unknown_authority(case: Case) -> None:
    case.company.accounts["bob"].options |= {
        "host": "localhost",
        "port": case.dovecot.imaps_port,
        "security": "tls",
    }
    case.broken(step="tls", says="not trusted", hint="ca_file")


def test_plain_text_where_tls_is_expected(case: Case) -> None:
    case.company.accounts["bob"].options |= {"host": "localhost", "security": "tls"}
    case.broken(step="tls", says="does not speak TLS on this port", hint="starttls")


def test_a_refused_folder_costs_that_folder_alone(case: Case) -> None:
    put(case.dovecot, case.logins["bob"], "Broken", letter(ANN, ALICE, mid="hidden@client", minute=7))
    put(case.dovecot, case.logins["bob"], "Zuletzt", letter(ANN, ALICE, mid="last@client", minute=8))
    broken = case.logins["bob"].maildir / ".Broken"
    broken.chmod(0)
    try:
        answer = case.broken(step="select", says="Broken: the server refuses to open the folder", hint="exclude")
    finally:
        broken.chmod(0o755)
    stored = {s["stream"]: s["stored"] for s in answer.account("bob")["streams"] if s["seen"]}
    assert stored == {"Sent": 1, "INBOX": 1, "Zuletzt": 1}
    later = case.company.sync().account("bob")
    assert {s["stream"]: s["stored"] for s in later["streams"] if s["seen"]} == {"Broken": 1}


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A folder that the server's user can read, which those of pytest are not."""
    with tempfile.TemporaryDirectory(prefix="kt-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize("rights", ["l", "k"], ids=["folders are listed", "folders are hidden"])
def test_a_mailbox_whose_rights_are_missing(case: Case, open_dir: Path, rights: str) -> None:
    """The login works, and the server's list of rights (RFC 4314) gives the folders to nobody."""
    acl = open_dir / "acl"
    acl.write_text(f"* owner {rights}\n")
    acl.chmod(0o644)
    plugin = f"protocol imap {{\n mail_plugins = $mail_plugins acl\n}}\nplugin {{\n acl = vfile:{acl}\n}}"
    with Dovecot({"bob": "secret"}, Options(tls=False, extra=plugin)) as server:
        case.company.add("bob", Login("bob", "secret", server.maildir("bob")), server.imap_port)
        case.company.run("sync")
        assert case.state("bob") == ("missing_rights", 1)
        assert case.state("alice") == ("ok", 0)
        status = case.company.run("status")
        assert (status.code, "opens none of the" in status.out) == (1, True)


def test_a_disabled_account_is_asked_for_nothing_and_keeps_its_history(case: Case) -> None:
    case.company.sync()
    case.company.accounts["bob"].outer["enabled"] = False
    put(case.dovecot, case.logins["bob"], "INBOX", letter(ANN, ALICE, mid="later@client", minute=9))
    assert [each["account"] for each in case.company.sync().document["accounts"]] == ["alice"]
    assert case.state("bob") == ("disabled", 0)
    assert case.company.run("status").code == 0
    refused = case.company.run("sync", "--account", "bob")
    assert (refused.code, "is disabled" in refused.err) == (2, True)
    assert case.company.run("check", "--account", "bob").code == 0
    history = "SELECT message_id FROM v1_interaction WHERE message_id LIKE 'bob%'"
    assert len(case.company.rows(history)) == 2
    case.company.accounts["bob"].outer["enabled"] = True
    assert case.company.sync().account("bob")["stored"] == 1


def test_a_refused_folder_keeps_no_other_from_late_linking(case: Case) -> None:
    bob, stranger = case.logins["bob"], "Ben <ben@else.example>"
    for folder in ("Broken", "Zuletzt"):
        put(case.dovecot, bob, folder, letter(stranger, ALICE, mid=f"{folder}@else"))
    case.company.sync()
    broken = bob.maildir / ".Broken"
    broken.chmod(0)
    try:
        put(case.dovecot, bob, "Sent", letter(ALICE, stranger, mid="hello@acme", minute=9))
        assert case.company.run("sync").code == 1
    finally:
        broken.chmod(0o755)
    history = "SELECT message_id FROM v1_interaction WHERE message_id LIKE '%@else'"
    assert case.company.rows(history) == [("Zuletzt@else",)]
    case.company.sync()
    assert len(case.company.rows(history)) == 2


def test_a_mailbox_without_the_folders_that_are_asked_for(case: Case) -> None:
    case.company.accounts["bob"].options["folders"] = {"include": ["Nichts*"]}
    answer = case.company.run("check", "--json")
    assert answer.code == 1
    [problem] = answer.document["problems"]
    assert (problem["account"], problem["step"]) == ("bob", "folders")


def test_every_account_may_fail_each_for_its_own_reason(case: Case) -> None:
    (case.company.folder / "alice.secret").write_text(CANARY)
    case.company.accounts["bob"].options["port"] = 1
    answer = case.company.run("sync")
    assert answer.code == 1
    told = [line.split(":")[:2] for line in answer.err.splitlines() if line[0] not in " {"]
    assert told == [["alice", " login"], ["bob", " connect"]]
    assert CANARY not in answer.out + answer.err


def test_a_secret_that_vanishes_after_the_start_is_a_problem_of_its_account(case: Case) -> None:
    vanishing = f"cat {case.company.folder}/bob.secret"
    options = case.company.accounts["bob"].options
    del options["password_file"]
    options["password_command"] = vanishing
    os.unlink(case.company.folder / "bob.secret")
    answer = case.company.run("sync", "--json")
    error = answer.account("bob")["error"]
    assert (answer.code, error["step"]) == (1, "credentials")
    assert "accounts[bob].options.password_command" in error["problem"]
    assert error["hint"]
    assert answer.account("alice")["stored"] == 2


def test_a_login_that_another_program_holds_does_not_wait(case: Case) -> None:
    """The person's own mail program has the mailbox open all day."""
    with opened(case.dovecot, case.logins["bob"]) as client:
        client.select("INBOX")
        assert case.company.sync().account("bob")["stored"] == 2
