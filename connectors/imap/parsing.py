"""Parsing beside fetching: a first import's mails are parsed by a process of its own, on another core.

The process is started for the first large group and ends with the connection, or when we die: its standard input
closes. It knows the parser and nothing else. Should it break, the mails in hand are parsed here instead.
"""

from __future__ import annotations

import contextlib
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO

from connectors.mime import parse_message
from connectors.records import Message, Unreadable

#: A group of fewer mails is parsed sooner than a process starts.
WORTHWHILE = 50

Read = Message | Unreadable


@dataclass(frozen=True, slots=True)
class Job:
    """One mail's bytes, and what the server says of it."""

    raw: bytes
    ref: str
    received_at: datetime | None
    flags: frozenset[str]
    size: int
    authserv_id: str | None
    #: The bytes are only the beginning of the mail.
    is_cut: bool

    def parse(self) -> Read:
        """The record."""
        record = parse_message(
            self.raw,
            ref=self.ref,
            received_at=self.received_at,
            flags=self.flags,
            size=self.size,
            authserv_id=self.authserv_id,
        )
        return replace(record, is_truncated=True) if self.is_cut and isinstance(record, Message) else record


class Parser:
    """Parses groups of mails, one group ahead of the reader. Used by one thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_broken = False
        self._pending: _Pending | None = None

    def begin(self, jobs: Sequence[Job]) -> Callable[[], list[Read]]:
        """Have the mails parsed; what is returned waits for the records, in the order of `jobs`."""
        if self._pending is not None:
            self._pending.result()
            self._pending = None
        if self._is_broken or (self._process is None and len(jobs) < WORTHWHILE):
            records = [job.parse() for job in jobs]
            return lambda: records
        self._pending = _Pending(self, jobs)
        return self._pending.result

    def close(self) -> None:
        """End the process; the next large group starts another."""
        process, self._process, self._pending = self._process, None, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # what was not sent is not wanted any more
                        pipe.close()

    def send(self, jobs: Sequence[Job]) -> None:
        """Hand a group over; raises OSError."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from connectors.imap.parsing import main; main()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        if self._process.stdin is None:
            raise OSError("no way to the parser's process")
        pickle.dump(list(jobs), self._process.stdin, protocol=5)
        self._process.stdin.flush()

    def receive(self) -> list[Read]:
        """The records of the group that was sent; raises OSError, EOFError or UnpicklingError."""
        if self._process is None or self._process.stdout is None:
            raise EOFError
        records: list[Read] = pickle.load(self._process.stdout)
        return records

    def give_up(self) -> None:
        """The process does not do what it should: no further one is tried."""
        self._is_broken = True
        self.close()


class _Pending:
    """A group on its way."""

    def __init__(self, parser: Parser, jobs: Sequence[Job]) -> None:
        self._parser = parser
        self._jobs = jobs
        self._records: list[Read] | None = None
        try:
            parser.send(jobs)
        except OSError:
            self._parse_here()

    def result(self) -> list[Read]:
        """The records."""
        if self._records is None:
            try:
                self._records = self._parser.receive()
            except (OSError, EOFError, pickle.UnpicklingError):
                return self._parse_here()
        return self._records

    def _parse_here(self) -> list[Read]:
        self._parser.give_up()
        self._records = [job.parse() for job in self._jobs]
        return self._records


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """The process: a list of jobs in, a list of records out, until there is no more."""
    while True:
        try:
            jobs: list[Job] = pickle.load(requests)
        except EOFError:
            return
        pickle.dump([job.parse() for job in jobs], answers, protocol=5)
        answers.flush()


def main() -> None:
    """The process's program; it ends when its input does, whatever signals the terminal sends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer)
