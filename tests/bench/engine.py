"""Thousands of accounts polled by one service: how late polls are, and what it costs. Their servers are light ones."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.measure import BenchError
from tests.conftest import Login
from tests.integration.company import Company

#: Servers that the accounts are spread over.
SERVERS = 10
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Polled:
    """What the service told and took after all accounts had been read once."""

    accounts: int
    interval: float
    seconds: float
    polls: int
    #: Each minute's, in seconds.
    lag_p50: Sequence[float]
    lag_p95: Sequence[float]
    lag_max: Sequence[float]
    #: Of one core, in percent.
    processor: float
    #: Bytes, at the end.
    memory: int


def measure(accounts: int, interval: float, minutes: int, tell: Callable[[str], None]) -> Polled:
    """Let the service poll; raises BenchError where an account fails."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="keeptouch-bench-"))
        ports = [stack.enter_context(_server()) for _ in range(min(SERVERS, accounts))]
        company = Company(Path(folder) / "company", create="all")
        for number in range(accounts):
            login = Login(f"rep{number}", "secret", Path(folder))
            company.add(f"rep{number}", login, ports[number % len(ports)], watch=[])
        company.write()
        log = company.folder / "log"
        process = stack.enter_context(_service(company, interval, log))
        _wait_read(company, accounts, process, log)
        tell(f"{accounts:,} accounts are read")
        # what the first readings left is not what polls cost
        told = len(_lines(log))
        _wait_told(log, told + 1, process)
        began, before = time.monotonic(), _processor(process)
        _wait_told(log, told + 1 + minutes, process)
        seconds, used = time.monotonic() - began, _processor(process) - before
        memory = _memory(process)
        lines = _lines(log)[told + 1 :]
        _refuse_failures(company)
    return Polled(
        accounts=accounts,
        interval=interval,
        seconds=seconds,
        polls=sum(line["count"] for line in lines),
        lag_p50=[line["lag_p50"] for line in lines],
        lag_p95=[line["lag_p95"] for line in lines],
        lag_max=[line["lag_max"] for line in lines],
        processor=100 * used / seconds,
        memory=memory,
    )


@contextlib.contextmanager
def _server() -> Iterator[int]:
    command = [sys.executable, "-m", "tests.bench.scripted"]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextlib.contextmanager
def _service(company: Company, interval: float, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = company.command("run", "--interval", str(interval))
    with (
        log.open("wb") as out,
        subprocess.Popen([w if w != "error" else "info" for w in words], stderr=out) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def _lines(log: Path) -> list[dict[str, Any]]:
    """What the log said of polls, a line a minute."""
    found = (json.loads(line) for line in log.read_text().splitlines() if '"polls"' in line)
    return [line for line in found if line["event"] == "polls"]


def _wait_read(company: Company, accounts: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120 + accounts
    while _count_read(company) != accounts:
        _refuse_end(process, log, end)
        time.sleep(1)


def _count_read(company: Company) -> int:
    """Accounts that were read to their end."""
    with contextlib.suppress(sqlite3.OperationalError):  # the store is being made
        [(count,)] = company.rows("SELECT count(*) FROM v1_account_status WHERE state = 'ok'")
        return int(count)
    return 0


def _wait_told(log: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 90 * count + 60
    while len(_lines(log)) < count:
        _refuse_end(process, log, end)
        time.sleep(0.5)


def _refuse_end(process: subprocess.Popen[bytes], log: Path, end: float) -> None:
    if process.poll() is not None or time.monotonic() > end:
        raise BenchError(f"keeptouch run does not poll: {log.read_text()[-2000:]}")


def _refuse_failures(company: Company) -> None:
    failed = company.rows("SELECT name, reason FROM v1_account_status WHERE state <> 'ok'")
    if failed:
        raise BenchError(f"{len(failed)} accounts fail, such as {failed[0]}")


def _processor(process: subprocess.Popen[bytes]) -> float:
    """Seconds of a core that the process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(process: subprocess.Popen[bytes]) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def show(polled: Polled) -> None:
    """A few lines; of each lag the median of the minutes and the worst."""
    rate = polled.polls / polled.seconds
    print(f"{polled.accounts:,} accounts every {polled.interval:.0f} s: {rate:.1f} polls/s for {polled.seconds:.0f} s")
    for name, lags in (("p50", polled.lag_p50), ("p95", polled.lag_p95), ("max", polled.lag_max)):
        print(f"lag {name}  {statistics.median(lags):6.3f} s, in the worst minute {max(lags):6.3f} s")
    print(f"{polled.processor:.0f} % of a core, {polled.memory / 2**20:.0f} MiB")
