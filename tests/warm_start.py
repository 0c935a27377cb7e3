"""The program in a process of its own, which is a fork of one that has imported everything already.

    with warm_start.Popen[str](company.command("run"), stderr=subprocess.PIPE, text=True) as process:

A start takes milliseconds, not the best part of a second of imports. What runs is our child, as with subprocess.Popen:
its own pid, signals, exit code, streams, environment and working folder, and no other open file. Only /proc and the
order of sets tell of the difference: the words and the environment there are those of the warm process.
"""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, AnyStr

_ROOT = Path(__file__).resolve().parents[1]
#: prctl(2): whom its parent leaves behind becomes our child.
_PR_SET_CHILD_SUBREAPER = 36


class WarmProcess:
    """Forks itself for each command line; begun when the first one is asked for, ended with this process."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        #: Of the warm process itself; None: ours.
        self._environ = environ
        self._turn = threading.Lock()
        self._line: socket.socket | None = None

    def fork(self, words: Sequence[str], streams: Sequence[int], **setting: Any) -> int:
        """The pid of a child of ours that carries out a command line, with these as its standard streams."""
        with self._turn:
            self._line = self._line or self._begin()
            with _adopting():
                socket.send_fds(self._line, [json.dumps({"words": list(words), **setting}).encode()], streams)
                answer = self._line.recv(64)
        if not answer.isdigit():
            raise OSError(f"the warm process could not start {words}")
        return int(answer)

    def close(self) -> None:
        """What it has started goes on."""
        if self._line is not None:
            self._line.close()
            self._line = None
            self._process.kill()
            self._process.wait()

    def _begin(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # without terminal and pipes: the program looks at its start at what its streams are
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm_process", str(theirs.fileno())],
                cwd=_ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self.close)
        return ours


@contextmanager
def _adopting() -> Iterator[None]:
    """Meanwhile orphans below us become our children."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


_OURS = WarmProcess()


class Popen(subprocess.Popen[AnyStr]):
    """subprocess.Popen of the program; the first word, its name, is not looked at."""

    def __init__(self, words: Sequence[str], *, warm: WarmProcess = _OURS, **named: Any) -> None:
        self._warm = warm
        super().__init__(words, **named)

    def _execute_child(self, words: Sequence[str], *given: Any) -> None:
        """What subprocess.Popen calls to start its child, once the pipes are made."""
        if sys.platform != "linux":
            super()._execute_child(words, *given)  # type: ignore[misc]  # CPython's own, which it has had for long
            return
        _executable, _prepare, _close_fds, _pass_fds, cwd, env, _info, _flags, _shell = given[:9]
        child_in, our_in, our_out, child_out, our_err, child_err = given[9:15]
        streams = [number if each == -1 else each for number, each in enumerate((child_in, child_out, child_err))]
        os.umask(umask := os.umask(0o077))
        try:
            self.pid = self._warm.fork(
                words,
                streams,
                cwd=os.fspath(cwd) if cwd else os.getcwd(),
                environ=dict(os.environ if env is None else env),
                umask=umask,
                is_session=given[20],
            )
            self._child_created = True
        finally:
            # which closes those of the child
            self._close_pipe_fds(child_in, our_in, our_out, child_out, our_err, child_err)  # type: ignore[attr-defined]  # as above
