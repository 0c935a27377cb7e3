"""The service as its operator runs it: started again whenever it is killed, and measured as long as it lives."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.integration.company import Company
from tests.integration.test_watch_faults import wait

_ROOT = Path(__file__).resolve().parents[2]
#: Seconds in which a service has begun, or has ended, on a machine that has much else to do.
_PATIENCE = 120.0


@dataclass(slots=True)
class Life:
    """One process, and what it held, look by look."""

    process: subprocess.Popen[bytes]
    #: Bytes.
    memory: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def look(self) -> None:
        """Measure it now."""
        status = dict(line.split(":", 1) for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines())
        self.memory.append(int(status["VmRSS"].split()[0]) * 1024)
        self.threads.append(int(status["Threads"]))
        self.files.append(len(os.listdir(f"/proc/{self.process.pid}/fd")))


class Running:
    """`keeptouch run` on a company's configuration, from entering to leaving."""

    def __init__(self, company: Company, interval: float) -> None:
        self._company = company
        self._interval = interval
        self._log = company.folder / "log"
        #: How often it was killed.
        self.kills = 0
        self.life = self._begin()

    def _begin(self) -> Life:
        """A process that has begun: before that a SIGHUP would end it."""
        begun = self._count("started")
        command = [sys.executable, "-m", "tests.integration.quick_service", str(self._company.config)]
        with self._log.open("ab") as log:
            process = subprocess.Popen([*command, str(self._interval)], cwd=_ROOT, stderr=log)
        wait(lambda: process.poll() is not None or self._count("started") > begun, _PATIENCE)
        assert process.poll() is None, self.said()
        return Life(process)

    def _count(self, event: str) -> int:
        return self._log.read_text("utf-8", "replace").count(f'"event": "{event}"') if self._log.exists() else 0

    def said(self) -> str:
        """The end of its log."""
        return self._log.read_text("utf-8", "replace")[-5000:]

    def look(self) -> None:
        """Measure it; it must be alive."""
        assert self.life.process.poll() is None, self.said()
        self.life.look()

    def kill(self) -> None:
        """kill -9, and begin anew."""
        self.kills += 1
        self.life.process.kill()
        self.life.process.wait()
        self.life = self._begin()

    def reload(self) -> None:
        """SIGHUP."""
        self.life.process.send_signal(signal.SIGHUP)

    @contextmanager
    def full(self, chance: random.Random) -> Iterator[None]:
        """No file grows, as on a full disk: writing beyond this size is refused by the kernel (setrlimit(2)).

        Sometimes the log can't be written either.
        """
        wal = self._company.store.with_name(f"{self._company.store.name}-wal")
        size = wal.stat().st_size if wal.exists() and chance.random() < 0.5 else 0
        pid = self.life.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            if self.life.process.pid == pid:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, before)

    def end(self) -> None:
        """SIGTERM; it must end well."""
        self.life.process.send_signal(signal.SIGTERM)
        assert self.life.process.wait(_PATIENCE) == 0, self.said()

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.life.process.poll() is None:
            resource.prlimit(self.life.process.pid, resource.RLIMIT_CORE, (0, 0))
        # where something is wrong, the log tells where every thread was
        self.life.process.send_signal(signal.SIGKILL if kind is None else signal.SIGABRT)
        self.life.process.wait()
