"""keeptouch check and accounts folders against a real server: each bad thing is told, and the good account is fine."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.main import main
from tests.conftest import Login
from tests.integration.company import Account, Company
from tests.integration.exchange import PASSWORD, exchange
from tests.integration.mailboxes import letter
from tests.servers.certificates import CertificateAuthority
from tests.servers.dovecot import Dovecot
from tests.servers.ews import http_status, soap_fault
from tests.servers.radicale import Radicale
from tests.servers.scripted_http import ScriptedHttp, reply
from tests.unit.connectors.scripted_imap import TAG, ScriptedImap

HEAD = '[company]\ndomains = ["acme.example"]\n'


def entry(name: str, password_file: Path, **options: object) -> str:
    """An IMAP account; values are written as JSON has them, which TOML reads alike."""
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in options.items())
    return (
        f'[[accounts]]\nname = "{name}"\nowner = "{name}@acme.example"\nkind = "imap"\n'
        f'[accounts.options]\npassword_file = "{password_file}"\n{lines}'
    )


def answered(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, Any]:
    code = main([*argv, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def login(dovecot_user: Callable[[], Login], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Login:
    """A user of the server, whose password lies in the file `right` of the working folder."""
    monkeypatch.chdir(tmp_path)
    login = dovecot_user()
    for name, password in (("right", login.password), ("wrong", "kanarienvogel-7713")):
        (tmp_path / name).write_text(password + "\n", "utf-8")
        (tmp_path / name).chmod(0o600)
    return login


def test_every_account_is_asked_and_every_problem_told(
    dovecot: Dovecot, login: Login, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ca_file = str(dovecot.ca_file)
    tls = {"username": login.name, "port": dovecot.imaps_port}
    (tmp_path / "config.toml").write_text(
        HEAD
        + entry("good", Path("right"), host="localhost", ca_file=ca_file, **tls)
        + entry("plain", Path("right"), host="127.0.0.1", username=login.name, port=dovecot.imap_port, security="none")
        + entry("wrong", Path("wrong"), host="localhost", ca_file=ca_file, **tls)
        + entry("untrusted", Path("right"), host="localhost", **tls)
        + entry("nowhere", Path("right"), host="mail.invalid", username="x", timeout_seconds=5)
        + entry("closed", Path("right"), host="127.0.0.1", username="x", port=1, timeout_seconds=5),
        "utf-8",
    )
    code, document = answered(capsys, "check")
    assert code == 1
    assert {each["account"]: each["ok"] for each in document["accounts"]} == {
        "good": True,
        "plain": True,
        "wrong": False,
        "untrusted": False,
        "nowhere": False,
        "closed": False,
    }
    assert [each["account"] for each in document["problems"]] == ["wrong", "untrusted", "nowhere", "closed"]
    assert all(each["step"] and each["problem"] and each["hint"] for each in document["problems"]), document
    assert document["problems"][0]["step"] == "login"
    assert document["warnings"] == []
    assert "kanarienvogel" not in json.dumps(document)
    assert answered(capsys, "check", "--account", "good")[0] == 0


def test_folders_that_the_options_leave_out_are_shown_as_not_followed(
    dovecot: Dovecot, login: Login, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dovecot.doveadm("mailbox", "create", "-u", login.name, "فروش")
    options: dict[str, object] = {"host": "127.0.0.1", "port": dovecot.imap_port, "security": "none"}
    text = entry("alice", Path("right"), username=login.name, **options) + 'folders = {exclude = ["فروش", "Prviate"]}\n'
    (tmp_path / "config.toml").write_text(HEAD + text, "utf-8")
    code, document = answered(capsys, "accounts", "folders")
    (listing,) = document["accounts"]
    assert (code, listing["error"]) == (0, None)
    folders = {each["stream"]: each for each in listing["folders"]}
    assert [name for name, each in folders.items() if not each["followed"]] == ["فروش"]
    assert {"INBOX", "Sent", "Trash"} < folders.keys()
    assert folders["Sent"]["purpose"] == "sent"
    assert folders["فروش"]["reason"] == "not among options.folders"
    assert "not kept" in folders["Trash"]["reason"]
    code, document = answered(capsys, "check")
    assert code == 0
    assert [each["problem"] for each in document["warnings"]] == ['no folder is called "Prviate"']


def imap_that_says(stack: contextlib.ExitStack, word: str, said: bytes, capabilities: str = "IMAP4rev1") -> int:
    """The port of a server that answers commands that begin like this with these words, and else as usual."""

    def answer(command: str) -> bytes | None:
        return TAG + b" " + said + b"\r\n" if command.startswith(word) else None

    mails = {1: letter("ann@client.example", "alice@acme.example", mid="1@a")}
    server = stack.enter_context(ScriptedImap(mails, answer))
    server.capabilities = capabilities
    return server.port


@pytest.mark.slow
def test_the_first_step_that_fails_is_named(tmp_path: Path) -> None:
    """Of IMAP, CalDAV and EWS, on servers that fail at that step alone."""
    company = Company(tmp_path / "company")
    (company.folder / "secret").write_text(PASSWORD)
    (company.folder / "secret").chmod(0o600)
    authority = CertificateAuthority(tmp_path / "ca")
    wanted: dict[str, tuple[str, str]] = {}

    def account(kind: str, step: str, part: str, **options: object) -> None:
        name = f"{kind}-{step}"
        wanted[name] = (step, part)
        given = {"username": "alice@acme.example", "password_file": "secret", "timeout_seconds": 5, **options}
        company.accounts[name] = Account(name, f"{name}@acme.example", given, kind)

    with contextlib.ExitStack() as stack:
        expired = ScriptedHttp(lambda _request: reply(200), authority.issue(expired=True))
        outdated = stack.enter_context(expired)
        tls: dict[str, object] = {"ca_file": str(authority.file)}
        here: dict[str, object] = {"host": "127.0.0.1", "security": "none"}
        account("imap", "resolve", "no host mail.invalid", host="mail.invalid")
        account("imap", "connect", "refused the connection", **here, port=1)
        account("imap", "tls", "has expired", host="localhost", port=outdated.port, **tls)
        for step, word, said, part in (
            ("login", "LOGIN", b"NO LOGIN failed.", "refused"),
            ("list", "LIST", b"NO not now", "not list"),
            ("select", "EXAMINE", b"NO [NOPERM] Permission denied", "INBOX: "),
            ("fetch", "UID FETCH", b"NO not this one", "INBOX: "),
        ):
            account("imap", step, part, **here, port=imap_that_says(stack, word, said))
        shut = imap_that_says(stack, "NEVER", b"", "IMAP4rev1 LOGINDISABLED")
        account("imap", "capability", "takes no password", **here, port=shut)

        radicale = stack.enter_context(Radicale({"alice@acme.example": PASSWORD}))
        shop = stack.enter_context(ScriptedHttp(lambda _request: reply(404, b"a shop")))
        account("caldav", "resolve", "no host", url="https://mail.invalid/")
        account("caldav", "connect", "refused the connection", url="https://localhost:1/")
        account("caldav", "tls", "has expired", url=f"https://localhost:{outdated.port}/", **tls)
        account("caldav", "login", "refused the login", url=radicale.url, username="nobody")
        account("caldav", "list", "404", url=f"http://127.0.0.1:{shop.port}/")

        for step, operation, fault, part in (
            ("connect", "GetFolder", http_status(404), "has no EWS at this URL"),
            ("list", "FindFolder", soap_fault("ErrorAccessDenied"), "does not let"),
            ("select", "FindItem", soap_fault("ErrorAccessDenied"), ": "),
            ("fetch", "GetItem", soap_fault("ErrorMailboxStoreUnavailable"), ": "),
        ):
            mailbox = stack.enter_context(exchange())
            mailbox.deliver("INBOX", letter("ann@client.example", "alice@acme.example", mid="1@a"))
            mailbox.server.fail(fault, operation=operation, times=1_000)
            account("ews", step, part, url=mailbox.server.url, username=mailbox.mailbox.address)
        other = stack.enter_context(exchange(schemes=("NTLM",)))
        account("ews", "capability", "takes no login by Basic", url=other.server.url)
        account("ews", "login", "refused the login", url=stack.enter_context(exchange()).server.url)

        answer = company.run("check", "--json")
        assert answer.code == 1
        problems = {each["account"]: each for each in answer.document["problems"]}
        assert {name: each["step"] for name, each in problems.items()} == {
            n: step for n, (step, _part) in wanted.items()
        }
        for name, (_step, part) in wanted.items():
            assert part in problems[name]["problem"], problems[name]
            assert problems[name]["hint"], problems[name]
