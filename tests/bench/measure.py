"""A command's cost: seconds, processor time, peak memory."""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: Starts the command that is measured.
begin = subprocess.Popen


class BenchError(Exception):
    """A program failed, or did not do all of its work: there is no rate to tell."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command took, of its process and those it waited for."""

    seconds: float
    #: User and system time, seconds.
    processor: float
    #: The most that they held at a time, bytes.
    memory: int


def run(command: Sequence[str]) -> tuple[Cost, str]:
    """Run a command to its end; (its cost, its output). Raises BenchError where it fails."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.monotonic()
        process = begin(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        memory = _Memory(process.pid)
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        memory.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (out, err):
            file.seek(0)
        if process.returncode:
            raise BenchError(f"{command[0]} ended with {process.returncode}: {err.read()[-2000:]}")
        return Cost(seconds, usage.ru_utime + usage.ru_stime, memory.peak), out.read()


class _Memory:
    """Watches what a process and its children hold together: pages that several share count once (Linux, Pss)."""

    _EVERY = 0.1

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        is_over = False
        while not is_over:
            self.peak = max(self.peak, sum(map(_held, _family(self._pid))))
            is_over = self._ended.wait(self._EVERY)

    def stop(self) -> None:
        """The process has ended."""
        self._ended.set()
        self._thread.join()


def _family(pid: int) -> set[int]:
    """The process and all below it."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _held(pid: int) -> int:
    with contextlib.suppress(OSError):
        match = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(match[1]) * 1024 if match else 0
    return 0


def median(costs: Sequence[Cost]) -> Cost:
    """Each number's median over the runs."""
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.processor for cost in costs),
        int(statistics.median(cost.memory for cost in costs)),
    )


def machine() -> str:
    """What the numbers were measured on."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = os.uname()
    return f"{os.cpu_count()} cores, {model}; {memory:.0f} GiB; {system.sysname} {system.release}"
