"""A first import reads in a process of its own: fetching, parsing and drafting have a core, writing has the other.

The process opens the account by itself, with what it is given through its standard input: the secret is in no argument
and no environment. It knows no database. It answers one request after another with the pages of a stream, and ends when
its input does, so also when we are killed. Should it break, the stream goes on from its last page in our own process.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import select
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors import traffic
from connectors.api import AuthFailed, Bearer, Connector, ConnectorError, ConnectorType, Cursor, Secret, Stream
from daemon import heap
from daemon.drafts import Drafting, Prepared
from matching.policy import Company
from store.keys import IdentityKey

#: Pages that wait for the writer, beside what the pipe holds.
_AHEAD = 2
_LENGTH = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens an account, in this process or in another."""

    connector: ConnectorType
    settings: Any
    secret: Secret | None

    def open(self) -> Connector:
        """The connector, not yet entered; raises Misconfigured."""
        return self.connector(self.settings, self.secret)

    @property
    def is_portable(self) -> bool:
        """Does the connector say that it may be opened in another process?"""
        return bool(getattr(self.connector, "opens_apart", False))


class Broken(Exception):
    """The process ended, or said what nobody understands; what it was asked for is to be read here."""


@dataclass(frozen=True, slots=True)
class _Given:
    """The first thing that the process hears."""

    connector: ConnectorType
    settings: Any
    secret: str | None
    #: Is the secret a token, good for a while?
    is_token: bool
    company: Company
    key: bytes


@dataclass(frozen=True, slots=True)
class _Request:
    stream: Stream
    cursor: Cursor | None
    horizon: datetime | None


#: Instead of a page.
_READY, _END, _STOP = "ready", "end", "stop"


class Apart:
    """The process of one account, used by one thread. `start` does not wait for it; `wait` does."""

    def __init__(self, opening: Opening, drafting: Drafting) -> None:
        self._opening = opening
        self._drafting = drafting
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: queue.Queue[bytearray] = queue.Queue(_AHEAD)
        self._is_closed = threading.Event()
        self._is_ended = False

    def start(self) -> None:
        """Begin to start the process; raises Broken."""
        secret = self._opening.secret
        try:
            text = secret.reveal() if secret else None
        except ConnectorError as error:  # the provider of tokens is not to be had just now
            raise Broken(error.problem) from None
        given = _Given(
            self._opening.connector,
            self._opening.settings,
            text,
            isinstance(secret, Bearer),
            self._drafting.company,
            self._drafting.key.reveal(),
        )
        try:
            self._process = subprocess.Popen(
                # -P: the folder we happen to be in is no place to find modules
                [sys.executable, "-P", "-c", "from daemon.apart import main; main()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise Broken(str(error)) from error
        self._tell(given)
        threading.Thread(target=self._receive, name="apart", daemon=True).start()

    def wait(self) -> None:
        """Until the process has opened the account; raises Broken, or what the connector raised."""
        if self._next() != _READY:
            raise Broken("no greeting")

    @property
    def is_started(self) -> bool:
        """Can `wait` answer at once?"""
        return not self._frames.empty()

    def pages(self, stream: Stream, cursor: Cursor | None, horizon: datetime | None) -> Generator[Prepared, None, None]:
        """As a connector's; closed early, what was not taken is dropped. Raises Broken."""
        self._tell(_Request(stream, cursor, horizon))
        is_over = False
        try:
            while not is_over:
                said = self._next()
                is_over = said == _END
                if isinstance(said, Prepared):
                    yield said
                elif not is_over:
                    raise Broken("the reading process says what nobody understands")
        except (Broken, ConnectorError):
            is_over = True
            raise
        finally:
            if not is_over:
                self._drop()

    def _drop(self) -> None:
        """Have no more pages, and let the next request begin."""
        with contextlib.suppress(Broken):
            self._tell(_STOP)
            while True:
                try:
                    if self._next() == _END:
                        return
                except ConnectorError:  # of pages that nobody waits for
                    return

    def close(self) -> None:
        """End the process."""
        self._is_closed.set()
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError, ValueError):
                        pipe.close()

    def _tell(self, what: object) -> None:
        try:
            if self._process is None or self._process.stdin is None:
                raise BrokenPipeError
            _say(self._process.stdin.fileno(), what)
        except (OSError, ValueError, pickle.PicklingError, TypeError) as error:
            raise Broken(f"the reading process can't be asked: {type(error).__name__}") from error

    def _receive(self) -> None:
        """Take what the process says; its own thread, so that the process never waits long for the writer."""
        process = self._process
        answers = process.stdout if process is not None else None
        while answers is not None and not self._is_closed.is_set():
            try:
                frame = _frame(answers.fileno())
            except (OSError, ValueError, EOFError, MemoryError, OverflowError):
                frame = bytearray()
            while not self._is_closed.is_set():
                with contextlib.suppress(queue.Full):
                    self._frames.put(frame, timeout=0.1)
                    break
            if not frame:
                return

    def _next(self) -> object:
        frame = bytearray() if self._is_ended else self._frames.get()
        if not frame:
            self._is_ended = True  # nothing comes any more: whoever asks again must not wait
            raise Broken("the reading process ended")
        try:
            said, counted = pickle.loads(frame)
        except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, TypeError, ValueError) as error:
            raise Broken("the reading process says what nobody understands") from error
        traffic.add(counted)
        if isinstance(said, AuthFailed) and isinstance(self._opening.secret, Bearer):
            # its token ends, and only here another one can be had
            raise Broken(said.problem)
        if isinstance(said, ConnectorError):
            raise said
        return said


def _say(file: int, what: object) -> None:
    """Write one frame: its length, then the pickle."""
    frame = pickle.dumps(what, protocol=5)
    for part in (_LENGTH.pack(len(frame)), frame):
        left = memoryview(part)
        while left:
            left = left[os.write(file, left) :]


def _tell(file: int, what: object) -> None:
    """As `_say`, with what was asked of servers since the last time."""
    _say(file, (what, traffic.taken()))


def _frame(file: int) -> bytearray:
    """One frame's pickle, and not a byte beyond it; raises EOFError at the end."""
    (length,) = _LENGTH.unpack(_exactly(file, _LENGTH.size))
    return _exactly(file, length)


def _exactly(file: int, size: int) -> bytearray:
    """Into room of its own size: read in parts, a frame would be copied twice."""
    room = bytearray(size)
    left = memoryview(room)
    while left:
        count = os.readv(file, [left])
        if not count:
            raise EOFError
        left = left[count:]
    return room


def serve(requests: int, answers: int) -> None:
    """The process: what to open, then requests in; pages out. Ends with EOFError."""
    given: _Given = pickle.loads(_frame(requests))
    drafting = Drafting(given.company, IdentityKey(given.key))
    try:
        secret = _secret_of(given)
        with given.connector(given.settings, secret) as connector:
            drafting.skim(connector)
            _tell(answers, _READY)
            while True:
                request: object = pickle.loads(_frame(requests))
                # told to stop what has ended already: nothing is left to do
                if isinstance(request, _Request):
                    _answer(connector, request, drafting, requests, answers)
    except ConnectorError as error:
        _tell(answers, error)


def _secret_of(given: _Given) -> Secret | None:
    text = given.secret
    if text is None:
        return None
    return Bearer(lambda _refused: text) if given.is_token else Secret(text)


def _answer(connector: Connector, request: _Request, drafting: Drafting, requests: int, answers: int) -> None:
    """The pages asked for, until we are told something else."""
    end: object = _END
    try:
        for page in connector.pages(request.stream, request.cursor, request.horizon):
            _tell(answers, drafting.prepared(page, request.stream.purpose))
            if select.select([requests], [], [], 0)[0]:
                break
    except ConnectorError as error:
        end = error
    _tell(answers, end)


def main() -> None:
    """The process's program; it ends when its input does, whatever signals the terminal sends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    heap.look_seldom()
    heap.keep_little()
    # nothing else may read or write where requests and answers go
    requests, answers = os.dup(0), os.dup(1)
    with Path(os.devnull).open("r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    with contextlib.suppress(BrokenPipeError, EOFError):
        serve(requests, answers)
