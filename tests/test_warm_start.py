"""A fork of the warm process is what a start of the program would be, but for the time that it takes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import warm_start
from tests.integration.company import keeptouch

pytestmark = [
    pytest.mark.later,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the program is started anew"),
]


def test_a_fork_is_our_child_and_has_what_it_was_given_alone(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    with warm_start.Popen[str](
        ["keeptouch", "explain", "-"],
        stdin=pipe,
        stdout=pipe,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
        text=True,
        start_new_session=True,
    ) as process:
        shown = Path(f"/proc/{process.pid}")
        assert _until_it_reads(process.pid)[1] == str(os.getpid())
        assert sorted(each.name for each in shown.joinpath("fd").iterdir()) == ["0", "1", "2"]
        assert shown.joinpath("cwd").readlink() == tmp_path
        assert os.getsid(process.pid) == process.pid
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        assert process.wait(5) == -signal.SIGKILL
        assert process.stdout is not None
        assert process.stdout.read() == "", "nobody else holds the pipe"


def test_it_says_and_returns_what_the_program_does(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("nonsense")
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "Asia/Tehran"}
    for words in (["--config", "config.toml", "status"], ["nonsense"], ["explain", "-"]):
        said = []
        for start in (subprocess.Popen[str], warm_start.Popen[str]):
            process = start(
                [keeptouch(), *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
                env=environ,
            )
            said.append((*process.communicate("From: ann@client.example\nTo: x@acme.example\n\nHi\n"), process.wait()))
        assert said[0] == said[1], words


def test_interrupts_reach_it_and_what_can_not_start_is_told(tmp_path: Path) -> None:
    with warm_start.Popen[bytes](["keeptouch", "explain", "-"], stdin=subprocess.PIPE) as process:
        _until_it_reads(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 130
    with pytest.raises(OSError, match="could not start"):
        warm_start.Popen[bytes](["keeptouch"], cwd=tmp_path / "none")


def _until_it_reads(pid: int) -> list[str]:
    """Wait until it sleeps, which it does once it reads what comes, which is nothing; its state, its parent and so on.

    Before, it has a file open now and then that it loads.
    """
    while (fields := Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split())[0] != "S":
        assert fields[0] not in "ZX", "it has ended"
        time.sleep(0.01)
    return fields
