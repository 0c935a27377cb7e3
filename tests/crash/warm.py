"""The tests' side of the warm process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.crash.zygote import STOPPED
from tests.integration.company import Company

_ROOT = Path(__file__).resolve().parents[2]


class Warm:
    """Starts command lines of the program in milliseconds."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._numbers = count()

    def start(self, company: Company, *argv: str, **job: Any) -> Run:
        """A command line on the files of the company, as they are."""
        out = self._folder / f"run-{next(self._numbers)}"
        answer = self._ask({"start": {"argv": _words(company, argv), "out": str(out), **job}})
        return Run(self, answer["pid"], out)

    def learn(self, company: Company, points: Collection[str], *argv: str) -> Counter[str]:
        """How often a command line that ends well reaches each point; its like start quicker from now on."""
        answer = self._ask({"learn": _words(company, argv), "points": sorted(points)})
        assert answer["status"] == 0, answer["said"]
        return Counter(answer["reached"])

    def finish(self, company: Company, *argv: str, **job: Any) -> None:
        """A command line that must end well."""
        run = self.start(company, *argv, **job)
        assert run.wait() == 0, run.said()

    def ask_status(self, pid: int, seconds: float | None) -> int | None:
        """The exit code, the negative signal, STOPPED, or None where it still runs."""
        status: int | None = self._ask({"wait": pid, "seconds": seconds}).get("status")
        return status

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def _words(company: Company, argv: Sequence[str]) -> list[str]:
    return ["--config", str(company.config), "--log-level", "error", *argv]


@dataclass(frozen=True, slots=True)
class Run:
    """One forked run."""

    warm: Warm
    pid: int
    #: Where its output goes, without the ending.
    out: Path

    def wait(self, seconds: float | None = 120) -> int | None:
        """The exit code, the negative signal, or None where it still runs."""
        return self.warm.ask_status(self.pid, seconds)

    def stopped(self) -> bool:
        """Wait until a signal has stopped it (True) or it has ended."""
        return self.wait() == STOPPED

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def said(self) -> str:
        """All its output."""
        return "".join(self.out.with_suffix(ending).read_text() for ending in (".out", ".err"))


@contextmanager
def warm_process(folder: Path) -> Iterator[Warm]:
    """A warm process, for as long as the tests need it."""
    command: Sequence[str] = [sys.executable, "-m", "tests.crash.zygote"]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Warm(process, folder)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)
