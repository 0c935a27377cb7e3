"""keeptouch check and accounts folders against a real server: each bad thing is told, and the good account is fine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.main import main
from tests.conftest import Login
from tests.servers.dovecot import Dovecot

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
