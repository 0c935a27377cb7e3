"""The log: one event a line, in UTC, without secrets, whatever strangers write."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from connectors.api import Secret, Unavailable
from daemon import log
from daemon.cli.output import Trouble, write_troubles

CANARY = "kanarienvogel-7713"
HOSTILE = "a\nb\r\x1b[31mc\x07\x85\u2028\u202e\u2066d\x00"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:], root.level = handlers, level


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_elsewhere_than_on_a_terminal_events_are_json_lines_in_utc() -> None:
    stream = io.StringIO()
    log.configure(stream=stream)
    structlog.get_logger().info("page stored", stream="فروش", changes=50)
    (event,) = lines(stream)
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "page stored", "level": "info", "stream": "فروش", "changes": 50}


def test_on_a_terminal_events_are_text_and_begin_with_warnings() -> None:
    stream = Terminal()
    log.configure(stream=stream)
    structlog.get_logger().info("page stored")
    structlog.get_logger().warning("account problem", step="login")
    assert "page stored" not in stream.getvalue()
    assert "account problem" in stream.getvalue()
    assert "step=login" in stream.getvalue()


def test_the_journal_is_told_the_priority_of_each_line() -> None:
    stream = io.StringIO()
    log.configure(level="debug", stream=stream, journal=True)
    for level in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger(), level)("page stored")
    logging.getLogger("library").critical("odd answer")
    told = [line.partition(">") for line in stream.getvalue().splitlines()]
    assert [priority for priority, _, _event in told] == ["<7", "<6", "<4", "<3", "<2"]
    assert all(json.loads(event)["event"] for _priority, _, event in told)
    on_terminal = Terminal()
    log.configure(stream=on_terminal, journal=True)
    structlog.get_logger().warning("account problem")
    assert not on_terminal.getvalue().startswith("<")


def test_the_journal_is_known_by_the_file_that_is_written_to(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("wb") as there, (tmp_path / "other").open("wb") as other:
        named = os.fstat(there.fileno())
        environ = {"JOURNAL_STREAM": f"{named.st_dev}:{named.st_ino}"}
        assert log.is_journal(environ, there.fileno())
        assert not log.is_journal(environ, other.fileno()), "inherited by what writes elsewhere"
        assert not log.is_journal({}, there.fileno())
        closed = there.fileno()
    assert not log.is_journal(environ, closed)


def test_what_goes_to_the_journal_beside_the_log_is_like_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = Trouble("all/bob@acme.example", "people", 'no "ann@client\n.example"', "see bea@client.example")
    write_troubles([problem])
    assert capsys.readouterr().err == (
        'all/bob@acme.example: people: no "ann@client\\n.example"\n    see bea@client.example\n'
    )
    monkeypatch.setattr(log, "is_journal", lambda _environ: True)
    write_troubles([problem])
    told = capsys.readouterr().err
    assert re.fullmatch(
        r'<3>all/bob@acme\.example: people: no "\*{3}\w{8}@client\\n\.example"\n<3>    see \*{3}\w{8}@.*\n', told
    )
    assert log.for_journal("a\nb\n", "critical") == "<2>a\n<2>b\n"


def test_the_level_can_be_chosen() -> None:
    stream = io.StringIO()
    log.configure(level="error", stream=stream)
    structlog.get_logger().warning("account problem")
    assert stream.getvalue() == ""


def test_the_account_is_on_every_line_while_it_is_bound() -> None:
    stream = io.StringIO()
    log.configure(stream=stream)
    with structlog.contextvars.bound_contextvars(account="alice"):
        structlog.get_logger().info("one")
    structlog.get_logger().info("two")
    assert [event.get("account") for event in lines(stream)] == ["alice", None]


@pytest.mark.parametrize("is_json", [True, False])
def test_secrets_are_masked_wherever_they_are(is_json: bool) -> None:
    stream = io.StringIO()
    log.configure(is_json, stream=stream)
    secret = Secret(CANARY)
    structlog.get_logger().warning("x", secret=secret, many=[secret], table={"deep": (secret, {"er": secret})})
    logging.getLogger("library").warning("it is %s", secret)
    assert CANARY not in stream.getvalue()
    assert stream.getvalue().count("***") == 5


@pytest.mark.parametrize("is_json", [True, False])
def test_a_secret_that_an_error_quotes_is_masked_while_it_is_held(is_json: bool) -> None:
    stream = io.StringIO()
    log.configure(is_json, level="debug", stream=stream)
    secret = Secret(CANARY)
    structlog.get_logger().warning("x", problem=f"no {CANARY}", many=[f"a{CANARY}b"])
    structlog.get_logger().debug(f"was {CANARY}")
    logging.getLogger("library").error("it is %s", CANARY)
    try:
        raise KeyError(CANARY)
    except KeyError:
        structlog.get_logger().exception("a bug")
    error = Unavailable(f"the server says {CANARY}", hint=f"not {CANARY}")
    assert (error.problem, error.hint, str(error)) == ("the server says ***", "not ***", "the server says ***")
    assert CANARY not in stream.getvalue()
    assert stream.getvalue().count("***") == 5
    del secret
    assert Unavailable(CANARY).problem == CANARY


def test_a_short_secret_spoils_no_text() -> None:
    held = Secret("the")
    assert Unavailable("the server").problem == "the server"
    assert held.reveal() == "the"


@pytest.mark.parametrize("is_json", [True, False])
def test_hostile_text_stays_on_its_line_and_steers_nothing(is_json: bool) -> None:
    stream = io.StringIO()
    log.configure(is_json, stream=stream)
    structlog.get_logger().warning("x", subject=HOSTILE)
    text = stream.getvalue()
    assert len(text.splitlines()) == 1
    assert not set(text.rstrip("\n")) & set("\n\r\x1b\x07\x85\u2028\u202e\u2066\x00")


def test_a_traceback_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    for stream in (io.StringIO(), Terminal()):
        log.configure(stream=stream)
        password = CANARY
        try:
            raise ZeroDivisionError(f"of length {len(password)}")
        except ZeroDivisionError:
            structlog.get_logger().exception("a bug")
        assert "ZeroDivisionError: of length 18" in stream.getvalue()
        assert CANARY not in stream.getvalue()
    assert capsys.readouterr() == ("", "")


def test_other_libraries_are_heard_from_warnings_on() -> None:
    stream = io.StringIO()
    log.configure(level="debug", stream=stream)
    logging.getLogger("imaplib").debug("LOGIN alice hunter2")
    logging.getLogger("imaplib").warning("odd answer")
    (event,) = lines(stream)
    assert (event["event"], event["level"], event["logger"]) == ("odd answer", "warning", "imaplib")


def test_the_log_follows_a_replaced_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    log.configure(json=True, level="info")
    replaced = io.StringIO()
    monkeypatch.setattr("sys.stderr", replaced)
    structlog.get_logger().info("page stored")
    assert lines(replaced)[0]["event"] == "page stored"


def test_a_line_that_can_not_be_written_ends_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with os.fdopen(full, "w", buffering=1, closefd=False) as stream:
        monkeypatch.setattr("sys.stderr", stream)
        log.configure()
        structlog.get_logger().error("store problem", problem="database or disk is full")
        logging.getLogger("a.library").error("no room")
        with Path(os.devnull).open("w") as sink:
            # what the stream still holds goes there when it is closed
            os.dup2(sink.fileno(), full)
    os.close(full)


def test_setting_it_up_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log.configure(stream=Terminal())
