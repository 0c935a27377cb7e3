"""Secrets: where they come from, what is said when they don't come, and that they never show."""

from __future__ import annotations

import io
import os
import pickle
import time
import traceback
from pathlib import Path

import pytest

from connectors.api import Secret
from daemon.credentials import LARGEST, SecretSource, SourceKind
from daemon.problems import ConfigError

CANARY = "kanarienvogel-7713"
FILE, COMMAND, CREDENTIAL = SourceKind.FILE, SourceKind.COMMAND, SourceKind.CREDENTIAL


def revealed(source: SecretSource, folder: Path, environ: dict[str, str] | None = None) -> str:
    return source.read(environ or dict(os.environ), folder).reveal()


def refused(source: SecretSource, folder: Path, environ: dict[str, str] | None = None, time_limit: float = 20) -> str:
    """What is said; whatever a log or a traceback would show of it is free of the canary."""
    with pytest.raises(ConfigError) as caught:
        source.read(environ if environ is not None else dict(os.environ), folder, time_limit=time_limit)
    shown = io.StringIO()
    traceback.print_exception(caught.value, file=shown)
    error: BaseException | None = caught.value
    while error is not None:
        assert CANARY not in repr(error.args)
        assert CANARY not in repr(vars(error))
        error = error.__cause__ or error.__context__
    assert CANARY not in shown.getvalue()
    (problem,) = caught.value.problems
    return problem.problem


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        ("pass\n", "pass"),
        ("pass\r\n", "pass"),
        ("pass", "pass"),
        ("pass\n\n", "pass\n"),
        (" pass word ", " pass word "),
        ("گذرواژه\n", "گذرواژه"),
    ],
)
def test_a_file_gives_its_text_without_one_newline(tmp_path: Path, content: str, secret: str) -> None:
    (tmp_path / "p").write_bytes(content.encode())
    assert revealed(SecretSource(FILE, "p"), tmp_path) == secret
    assert revealed(SecretSource(FILE, str(tmp_path / "p")), Path("/")) == secret


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (CANARY.encode() + b"\xff", "no UTF-8 text"),
        (CANARY.encode() * LARGEST, "more than 64 KiB"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "p").write_bytes(content)
    assert words in refused(SecretSource(FILE, "p"), tmp_path)


def test_a_missing_file_is_refused_by_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^store\.password_file: .*/p does not exist$"):
        SecretSource(FILE, "p", "store.password_file").read({}, tmp_path)


def test_a_command_gives_what_it_prints(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("pass\n", "utf-8")
    assert revealed(SecretSource(COMMAND, ("cat", "p")), tmp_path) == "pass"


def test_a_command_is_given_the_environment_and_no_shell(tmp_path: Path) -> None:
    environ = {**os.environ, "WHO": "me"}
    assert revealed(SecretSource(COMMAND, ("printenv", "WHO")), tmp_path, environ) == "me"
    assert revealed(SecretSource(COMMAND, ("echo", "$WHO; ls *")), tmp_path, environ) == "$WHO; ls *"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("no-such-program-here",), "'no-such-program-here' can't be started: No such file"),
        (("/",), "can't be started: Permission denied"),
        (("sh", "-c", f"echo {CANARY}; echo {CANARY} >&2; exit 3"), "'sh' ended with exit code 3"),
        (("sh", "-c", "kill -9 $$"), "'sh' ended with signal 9"),
        (("true",), "empty"),
        (("sh", "-c", f"while :; do echo {CANARY}; done"), "more than 64 KiB"),
        (("printf", f"{CANARY}\\377"), "no UTF-8 text"),
        (("e\0cho",), "NUL"),
    ],
)
def test_a_command_that_gives_no_secret_is_refused(tmp_path: Path, command: tuple[str, ...], words: str) -> None:
    assert words in refused(SecretSource(COMMAND, command), tmp_path)


def test_what_a_command_says_on_stderr_is_not_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    refused(SecretSource(COMMAND, ("sh", "-c", f"echo {CANARY} >&2; exit 1")), tmp_path)
    assert CANARY not in "".join(capfd.readouterr())


@pytest.mark.parametrize("command", [("sleep", "60"), ("sh", "-c", "sleep 60 & echo x")])
def test_a_command_without_an_end_is_ended_with_its_children(tmp_path: Path, command: tuple[str, ...]) -> None:
    began = time.monotonic()
    assert "gave no answer within 0.3 s" in refused(SecretSource(COMMAND, command), tmp_path, time_limit=0.3)
    assert time.monotonic() - began < 10


def test_a_credential_lies_where_systemd_put_it(tmp_path: Path) -> None:
    (tmp_path / "imap.alice").write_text("pass\n", "utf-8")
    source = SecretSource(CREDENTIAL, "imap.alice", "accounts[alice].options.password_credential")
    assert revealed(source, Path("/"), {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "pass"
    assert "the service manager handed none over" in refused(source, tmp_path, {})
    assert "does not exist" in refused(source, tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path / "none")})


@pytest.mark.parametrize(("mode", "is_exposed"), [(0o600, False), (0o640, False), (0o644, True), (0o602, True)])
def test_a_file_that_every_user_can_reach_is_noticed(tmp_path: Path, mode: int, is_exposed: bool) -> None:
    path = tmp_path / "p"
    path.write_text("pass", "utf-8")
    path.chmod(mode)
    assert bool(SecretSource(FILE, "p").exposure(tmp_path)) is is_exposed


def test_a_source_shows_where_it_is_but_not_the_words_of_its_command() -> None:
    assert repr(SecretSource(FILE, "alice.password")) == "SecretSource(file: 'alice.password')"
    assert CANARY not in repr(SecretSource(COMMAND, ("echo", CANARY)))


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(CANARY)
    assert CANARY not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
