"""The command line as a whole: options before and after the verb, exit codes, errors for people and for machines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.main import main

COMMAND = (sys.executable, "-c", "import sys; from daemon.cli.main import entry; sys.exit(entry())")
CANARY = "kanarienvogel-7713"
FINE = """
    [company]
    domains = ["acme.example"]
    [[accounts]]
    name = "alice"
    owner = "alice@acme.example"
    kind = "local"
    [accounts.options]
    path = "mail"
    format = "eml"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a small mailbox and no configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KEEPTOUCH_CONFIG", raising=False)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    mail = tmp_path / "mail"
    mail.mkdir()
    (mail / "1.eml").write_bytes(b"From: a@b.example\nTo: alice@acme.example\nMessage-ID: <1@b>\n\nhello\n")
    return tmp_path


def configure(folder: Path, text: str = FINE, name: str = "config.toml") -> Path:
    path = folder / name
    path.write_text(textwrap.dedent(text), "utf-8")
    return path


def keeptouch(*argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [*COMMAND, *argv],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables},
    )


def answer(capsys: pytest.CaptureFixture[str]) -> Any:
    """The one JSON object on stdout."""
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


@pytest.mark.parametrize("argv", [["--config", "c.toml", "--json", "check"], ["check", "--config", "c.toml", "--json"]])
def test_common_options_stand_before_or_after_the_verb(
    folder: Path, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    configure(folder, name="c.toml")
    assert main(argv) == 0
    assert answer(capsys)["format"] == 1


def test_common_options_stand_after_a_noun_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(folder, name="c.toml")
    for argv in (["accounts", "list", "--json", "--config", "c.toml"], ["accounts", "--config", "c.toml", "list"]):
        assert main(argv) == 0
    assert "alice" in capsys.readouterr().out


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("keeptouch 0.")


@pytest.mark.parametrize("argv", [[], ["chekc"], ["check", "--conf", "x"], ["accounts"], ["check", "--account"]])
def test_wrong_usage_is_exit_code_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    assert "usage: keeptouch" in capsys.readouterr().err


def test_a_broken_configuration_is_exit_code_2_with_all_problems(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(folder, FINE.replace("format", "fromat") + '[store]\nurl = "mysql://x/y"\n'.replace("\n", "\n    "))
    assert main(["check"]) == 2
    err = capsys.readouterr().err
    assert "store.url" in err
    assert "alice: configuration: accounts[alice].options.fromat" in err
    assert 'did you mean "format"?' in err
    assert main(["accounts", "list", "--json"]) == 2
    problems = answer(capsys)["problems"]
    assert {"account", "step", "problem", "hint"} == set(problems[0])
    assert [each["account"] for each in problems][:2] == [None, "alice"]


def test_a_missing_configuration_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", "nope.toml", "check"]) == 2
    assert "nope.toml does not exist" in capsys.readouterr().err


def test_check_of_the_configuration_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(folder)
    assert main(["check", "--config-only"]) == 0
    assert "fine, 1 account" in capsys.readouterr().out


def test_check_without_accounts_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(folder, '[company]\ndomains = ["acme.example"]\n')
    assert main(["check"]) == 0
    assert "no account yet" in capsys.readouterr().out


def test_check_reports_every_account_and_goes_on_past_failures(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imap = """
    [[accounts]]
    name = "{name}"
    owner = "{name}@acme.example"
    kind = "imap"
    [accounts.options]
    host = "127.0.0.1"
    port = 1
    security = "none"
    username = "{name}"
    password_command = {command}
    """
    configure(
        folder,
        FINE
        + imap.format(name="bob", command='["sh", "-c", "exit 3"]')
        + imap.format(name="cara", command=f'["echo", "{CANARY}"]'),
    )
    assert main(["check", "--json"]) == 1
    document = answer(capsys)
    assert document["ok"] is False
    assert [(each["account"], each["step"]) for each in document["problems"]] == [
        ("bob", "secret"),
        ("cara", "connect"),
    ]
    assert [(each["account"], each["ok"]) for each in document["accounts"]] == [
        ("alice", True),
        ("bob", False),
        ("cara", False),
    ]
    assert main(["check"]) == 1
    shown = capsys.readouterr()
    assert "alice  ok" in shown.out
    assert "bob: secret:" in shown.err
    assert "cara: connect:" in shown.err
    assert main(["check", "--account", "alice"]) == 0
    assert main(["check", "--account", "alcie"]) == 2
    assert 'did you mean "alice"?' in capsys.readouterr().err


def test_check_warns_of_secrets_that_everybody_can_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "p").write_text(CANARY, "utf-8")
    (folder / "p").chmod(0o644)
    configure(folder, FINE + '    [store]\n    password_file = "p"\n')
    assert main(["check", "--json", "--config-only"]) == 0
    (warning,) = answer(capsys)["warnings"]
    assert "store.password_file" in warning["problem"]


def test_accounts_are_listed_with_what_they_follow(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(folder)
    assert main(["accounts", "list", "--json"]) == 0
    assert answer(capsys)["accounts"] == [
        {
            "account": "alice",
            "owner": "alice@acme.example",
            "shared": False,
            "kind": "local",
            "server": None,
            "login": str(folder / "mail"),
            "folders": {"include": [], "exclude": []},
        }
    ]


def test_folders_are_listed_with_their_purpose(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(folder)
    assert main(["accounts", "folders", "alice", "--json"]) == 0
    (listing,) = answer(capsys)["accounts"]
    assert listing["error"] is None
    assert listing["folders"]
    assert set(listing["folders"][0]) == {"stream", "kind", "purpose", "followed", "reason"}
    assert main(["accounts", "folders"]) == 0
    assert "FOLDER" in capsys.readouterr().out


@pytest.mark.slow
def test_a_reader_that_goes_away_makes_no_noise(folder: Path) -> None:
    names = [str(folder / "mail" / "1.eml")] * 2000
    with subprocess.Popen(
        [*COMMAND, "explain", *names],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.slow
def test_an_interrupt_is_exit_code_130_without_noise(folder: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "explain", str(folder / "mail" / "1.eml"), "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read() == b""


@pytest.mark.slow
def test_a_full_disk_under_the_output_is_one_message(folder: Path) -> None:
    configure(folder)
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [*COMMAND, "check"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
    assert done.returncode == 2
    assert done.stderr == "system: No space left on device: output\n"


@pytest.mark.slow
def test_output_can_be_read_in_an_old_locale(folder: Path) -> None:
    configure(folder, FINE.replace('"alice"', '"فروش"'))
    done = keeptouch("accounts", "list", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, "\\u0641" in done.stdout) == (0, True)
    done = keeptouch("accounts", "list", "--json", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert json.loads(done.stdout)["accounts"][0]["account"] == "فروش"


def test_names_of_strangers_steer_no_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(folder, FINE.replace("name =", '"\\u001b[31mred" = 1\n    name ='))
    assert main(["check"]) == 2
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert "\\x1b[31mred" in err


@pytest.mark.parametrize("more", [[], ["--json"], ["--log-level", "debug"]])
def test_a_password_shows_nowhere(folder: Path, more: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    """The canary: in a file, in a command's words, in the store's URL and as a key's value by mistake."""
    (folder / "p").write_text(CANARY + "\n", "utf-8")
    (folder / "latin").write_bytes(CANARY.encode() + b"\xff")
    imap = """
    [[accounts]]
    name = "{name}"
    owner = "{name}@acme.example"
    kind = "imap"
    [accounts.options]
    host = "127.0.0.1"
    port = 1
    security = "none"
    username = "{name}"
    {secret}
    """
    fine = FINE + imap.format(name="bob", secret='password_file = "p"')
    fine += imap.format(name="cara", secret=f"password_command = \"sh -c 'echo {CANARY} >&2; exit 1'\"")
    fine += imap.format(name="dora", secret=f'password_command = ["echo", "{CANARY}\\u00ff"]')
    broken = fine + imap.format(name="eve", secret='password_file = "latin"')
    broken += imap.format(name="fay", secret=f'password = "{CANARY}"')
    broken += imap.format(name="gil", secret=f'password_file = "p"\n    timeout_seconds = "{CANARY}"')
    broken += f'[store]\n    url = "postgresql://k:{CANARY}@db/k"\n'
    for text, code in ((fine, 1), (broken, 2)):
        configure(folder, text)
        for argv in (["check"], ["accounts", "folders"]):
            assert main([*argv, *more]) == code
            shown = "".join(capfd.readouterr())
            assert shown
            assert CANARY not in shown
            assert "Traceback" not in shown
