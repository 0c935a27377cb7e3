"""Servers as child processes on loopback, each in a folder of its own, stopped by process id, never by name.

A run of the tests that is killed takes its servers along: each child asks the kernel for SIGTERM at the death
of the thread that started it (`setpriv --pdeathsig`), so servers are started from the main thread.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

HOST = "127.0.0.1"
#: Where servers hide on Debian beside $PATH.
BINARIES = ("/usr/sbin", "/usr/lib/dovecot", "/usr/local/sbin")
_rng = random.SystemRandom()
_given: set[int] = set()


class ServerError(RuntimeError):
    """A server did not start or answer; the text holds the tail of its log."""


class MissingServer(ServerError):
    """The server is not installed on this machine."""


def find(command: str) -> str:
    """The full path of a server's command; raises MissingServer."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *BINARIES])
    found = shutil.which(command, path=path)
    if found is None:
        raise MissingServer(f"{command} is not installed")
    return found


def free_ports(count: int) -> list[int]:
    """Free TCP ports on loopback, none given twice by this process.

    The range lies below Linux's ephemeral ports (32768-60999), so that no outgoing connection takes one
    between here and the server's bind.
    """
    ports: list[int] = []
    for port in _rng.sample(range(20000, 32000), 12000):
        if len(ports) == count:
            break
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        _given.add(port)
        ports.append(port)
    if len(ports) < count:
        raise ServerError("no free ports on loopback")
    return ports


def tail(path: Path, length: int = 2000) -> str:
    """The end of a log, for an error text; "" where there is none."""
    try:
        return path.read_text("utf-8", "replace")[-length:]
    except OSError:
        return ""


def _state(pid: int) -> tuple[int, str] | None:
    """(parent's pid, start time) of a running process; None when it is gone or a zombie not yet reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else (int(fields[1]), fields[19].decode())


def alive(pid: int) -> bool:
    """Does the process run?"""
    return _state(pid) is not None


def _descendants(pid: int) -> dict[int, str]:
    """pid -> start time of all below `pid`; they may run as other users."""
    states = {int(e): s for e in os.listdir("/proc") if e.isdigit() and (s := _state(int(e))) is not None}
    below: dict[int, str] = {}
    todo = [pid]
    while todo:
        parent = todo.pop()
        for child, (above, started) in states.items():
            if above == parent:
                below[child] = started
                todo.append(child)
    return below


def stop(process: subprocess.Popen[bytes], sig: signal.Signals = signal.SIGTERM, timeout: float = 5.0) -> None:
    """Stop a child and wait for it, then kill what it left behind."""
    if process.poll() is not None:
        return
    below = _descendants(process.pid)
    process.send_signal(sig)
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout)
    end = time.monotonic() + (0.0 if sig == signal.SIGKILL else 1.0)
    while left := [p for p, started in below.items() if (s := _state(p)) is not None and s[1] == started]:
        if time.monotonic() >= end:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            # who starts the server again would find their sockets in use
            while any(map(alive, left)) and time.monotonic() < end + 1:
                time.sleep(0.005)
            return
        time.sleep(0.02)


class Server(ABC):
    """A context manager over one child process that listens on loopback.

    As root the child runs as `run_as`, which owns its folder; otherwise as ourselves.
    """

    name: ClassVar[str]
    run_as: ClassVar[str] = "nobody"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    #: How long it may take to stop by itself.
    stop_seconds: float = 5.0

    host = HOST
    #: The server's folder; its path is short, because the path of a UNIX socket has at most 107 bytes.
    dir: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def _launch(self) -> None:
        """Write the configuration, spawn the child and wait until it answers."""

    def __enter__(self) -> Self:
        is_root = os.getuid() == 0
        self.owner = pwd.getpwnam(self.run_as) if is_root else pwd.getpwuid(os.getuid())
        base = os.environ.get("KEEPTOUCH_TEST_TMP", tempfile.gettempdir())
        self.dir = Path(tempfile.mkdtemp(prefix=f"kt-{self.name}-", dir=base))
        self.dir.chmod(0o755)
        self.log = self.dir / "server.log"
        self.give(self.dir)
        try:
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the child and remove its folder; harmless when repeated."""
        if self.process is not None:
            stop(self.process, self.stop_signal, self.stop_seconds)
            self.process = None
        shutil.rmtree(self.dir, ignore_errors=True)

    def crash(self, start: Callable[[], None]) -> None:
        """Kill the child with all below it, and start it again on what it left."""
        if self.process is None:
            raise ServerError(f"{self.name} is not running")
        # what stands still begets no child that nobody knows of
        self.process.send_signal(signal.SIGSTOP)
        stop(self.process, signal.SIGKILL)
        start()

    def give(self, top: Path) -> None:
        """As root: hand a file, or a folder with all below it, to the server's user."""
        if os.getuid() != 0:
            return
        os.chown(top, self.owner.pw_uid, self.owner.pw_gid, follow_symlinks=False)
        for folder, folders, files in os.walk(top):
            for name in (*folders, *files):
                with contextlib.suppress(FileNotFoundError):
                    os.chown(
                        os.path.join(folder, name),
                        self.owner.pw_uid,
                        self.owner.pw_gid,
                        follow_symlinks=False,
                    )

    def spawn(self, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        """Start the server's own process in a session of its own."""
        setpriv = shutil.which("setpriv")
        dying = [setpriv, "--pdeathsig", "TERM"] if setpriv else []
        user, group, groups = self._identity()
        with self.log.open("ab") as out:
            self.give(self.log)
            return subprocess.Popen(
                [*dying, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.dir,
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=groups,
            )

    def run(self, command: Sequence[str | Path], stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """A command of the server's as its user; its output. Raises ServerError where it fails."""
        user, group, groups = self._identity()
        done = subprocess.run(
            list(map(str, command)),
            input=stdin,
            capture_output=True,
            check=False,
            cwd=self.dir,
            env=env,
            user=user,
            group=group,
            extra_groups=groups,
        )
        if done.returncode:
            raise ServerError(f"{Path(command[0]).name}: {done.stderr.decode('utf-8', 'replace')[-800:]}")
        return done.stdout

    def _identity(self) -> tuple[int | None, int | None, list[int] | None]:
        if os.getuid() != 0:
            return None, None, None
        return self.owner.pw_uid, self.owner.pw_gid, [self.owner.pw_gid]

    def wait_open(self, port: int, timeout: float = 20.0) -> None:
        """Wait until a protocol in which the client speaks first takes connections."""
        self._wait(port, f"did not open port {port}", lambda _connection: True, timeout)

    def wait_greeting(self, port: int, start: bytes, timeout: float = 20.0) -> None:
        """Wait until a line-first protocol greets on `port` (IMAP: `* OK`)."""
        self._wait(port, f"did not greet on port {port}", lambda each: each.recv(512).startswith(start), timeout)

    def _wait(self, port: int, failure: str, is_up: Callable[[socket.socket], bool], timeout: float) -> None:
        end = time.monotonic() + timeout
        while True:
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), 2) as connection:
                connection.settimeout(2)
                if is_up(connection):
                    return
            if self.process is not None and self.process.poll() is not None:
                raise ServerError(f"{self.name} ended with {self.process.returncode}: {tail(self.log)}")
            if time.monotonic() > end:
                raise ServerError(f"{self.name} {failure}: {tail(self.log)}")
            time.sleep(0.01)
