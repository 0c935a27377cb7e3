"""IMAPClient on a socket of ours, with limits on what a server may make us read.

imaplib and IMAPClient read whatever a server announces: a literal of 400 MB took 1.1 GB of memory.
"""

from __future__ import annotations

import contextlib
import io
import re
import socket
import ssl
from collections.abc import Callable
from imaplib import IMAP4
from time import monotonic
from typing import Any

from imapclient import IMAPClient, SocketTimeout

from connectors.imap.responses import Piece
from connectors.traffic import Traffic

TRAFFIC = Traffic("imap")

#: Of a longer literal the rest is read and dropped.
LITERAL_LIMIT = 16 * 1024 * 1024
#: A server that announces this is broken; reading on would take for ever.
_HOPELESS = 1024 * 1024 * 1024
#: All UIDs of a folder come in one line: 2 million of them.
LINE_LIMIT = 16 * 1024 * 1024
#: What one command may bring; we never ask for more than half of it.
ANSWER_LIMIT = 40 * 1024 * 1024
#: An answer that takes longer than this must have brought so many bytes for every second: a server that sends a byte
#: now and then never runs into the timeout of the socket.
PATIENCE_SECONDS = 900.0
SLOWEST = 1000
#: What a short line takes in memory beside its bytes.
_LINE_COST = 64
_CHUNK = 64 * 1024
_LITERAL = re.compile(rb"\{(\d{1,20})\+?\}$")


class _Metered(io.RawIOBase):
    """What comes from a socket, told to `received` as it comes."""

    def __init__(self, raw: io.RawIOBase, received: Callable[[int], None]) -> None:
        self._raw = raw
        self._received = received

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        size: int | None = self._raw.readinto(buffer)
        self._received(size or 0)
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Wire(IMAP4):
    """imaplib's side of the connection."""

    def __init__(self, host: str, port: int, connection: socket.socket) -> None:
        self._connection = connection
        self._read = self._came = 0
        self._asked_at = monotonic()
        super().__init__(host, port)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return self._connection

    def open(self, *args: Any, **keywords: Any) -> None:
        super().open(*args, **keywords)
        self._meter()

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any:
        answer = super().starttls(ssl_context)
        self._meter()
        return answer

    def _meter(self) -> None:
        self.file.close()
        raw: Any = self.sock.makefile("rb", buffering=0)
        self.file: Any = io.BufferedReader(_Metered(raw, self._received), _CHUNK)

    def send(self, data: Any) -> None:
        self._read = self._came = 0
        self._asked_at = monotonic()
        super().send(data)
        TRAFFIC.sent(len(data))

    def _received(self, size: int) -> None:
        TRAFFIC.received(size)
        self._came += size
        seconds = monotonic() - self._asked_at
        if seconds > PATIENCE_SECONDS and self._came < seconds * SLOWEST:
            raise TimeoutError("the server answers too slowly")

    def read(self, size: int) -> bytes:
        if size >= _HOPELESS:
            raise self.abort(f"a literal of {size} bytes")
        kept = min(size, LITERAL_LIMIT)
        self._count(kept)
        data = super().read(kept)
        for left in range(size - kept, 0, -_CHUNK):
            super().read(min(left, _CHUNK))
        return data

    def readline(self) -> bytes:
        # imaplib's own limit of 1 MB is less than the UIDs of a folder of 150,000 messages
        line: bytes = self.file.readline(LINE_LIMIT + 1)
        if len(line) > LINE_LIMIT:
            del line  # the error is kept, and with it all that this function holds
            raise self.abort(f"a line of more than {LINE_LIMIT} bytes")
        self._count(len(line) + _LINE_COST)
        if line.endswith(b"\n") and not line.endswith(b"\r\n"):
            # GNU mailutils ends its answer to AUTHENTICATE so; imaplib takes it for a connection that ended
            return line[:-1] + b"\r\n"
        return line

    def ask(self, command: bytes) -> bytes:
        """Send a command without waiting for its answer; returns its tag."""
        tag: bytes = self._new_tag()
        self.send(tag + b" " + command + b"\r\n")
        return tag

    def answer(self, tag: bytes, take: Callable[[list[Piece]], None]) -> tuple[str, str]:
        """Read up to the end of a command: (OK, NO or BAD, its text). `take` gets each FETCH answer from its number on.

        imaplib keeps all answers of a command, and looks at each of them five times.
        """
        try:
            status, text = self._answer(tag, take)
        except BaseException:
            TRAFFIC.unanswered()
            raise
        TRAFFIC.answered(status)
        return status, text

    def _answer(self, tag: bytes, take: Callable[[list[Piece]], None]) -> tuple[str, str]:
        # between question and answer we may have been busy: only the server's own time counts
        self._read = self._came = 0
        self._asked_at = monotonic()
        while True:
            line = self._line()
            if line.startswith(b"* "):
                pieces = self._whole(line[2:])
                first = pieces[0] if isinstance(pieces[0], bytes) else pieces[0][0]
                word = first.partition(b" ")[2][:6].upper()
                if word == b"FETCH ":
                    first = first[: first.index(b" ")] + first[first.index(b" ") + 6 :]
                    take([first if isinstance(pieces[0], bytes) else (first, pieces[0][1]), *pieces[1:]])
                elif first[:4].upper() == b"BYE ":
                    raise self.abort(first[4:].decode("utf-8", "replace"))
            elif line.startswith(tag + b" "):
                status, _, text = line[len(tag) + 1 :].partition(b" ")
                return status.decode("ascii", "replace").upper(), text.decode("utf-8", "replace")
            elif not line.startswith(b"+"):
                raise self.abort(f"unexpected response: {line[:100]!r}")

    def _get_tagged_response(self, tag: Any, expect_bye: bool = False) -> Any:
        try:
            found = super()._get_tagged_response(tag, expect_bye)  # type: ignore[misc]  # typeshed leaves it out
        except BaseException:
            TRAFFIC.unanswered()
            raise
        TRAFFIC.answered(found[0])
        return found

    def _whole(self, line: bytes) -> list[Piece]:
        """An answer with its literals, given its first line."""
        pieces: list[Piece] = []
        while line.endswith(b"}") and (match := _LITERAL.search(line)) is not None:
            size = int(match[1])
            data = self.read(size)
            if len(data) < min(size, LITERAL_LIMIT):
                raise self.abort("the connection ended in a literal")
            pieces.append((line, data))
            line = self._line()
        pieces.append(line)
        return pieces

    def _line(self) -> bytes:
        line = self.readline()
        if not line.endswith(b"\n"):
            raise self.abort("the server closed the connection")
        return line.rstrip(b"\r\n")

    def _count(self, size: int) -> None:
        self._read += size
        if self._read > ANSWER_LIMIT:
            raise self.abort("the server sends far more than it was asked for")

    def _log(self, line: str) -> None:
        """imaplib keeps the last commands for its debugging; passwords would be among them."""


class Client(IMAPClient):  # type: ignore[misc]  # imapclient ships no types
    """An IMAPClient over a socket that is connected already."""

    def __init__(self, host: str, port: int, connection: socket.socket, *, timeout: float) -> None:
        self._connection = connection
        is_tls = isinstance(connection, ssl.SSLSocket)
        super().__init__(host, port, ssl=is_tls, timeout=SocketTimeout(timeout, timeout))
        # at its level 5 each line read is formatted for a logger that nobody listens to
        self._imap.debug = 0

    def _create_IMAP4(self) -> IMAP4:
        return _Wire(self.host, self.port, self._connection)

    @property
    def wire(self) -> IMAP4:
        """imaplib's side, for commands that IMAPClient does not have."""
        imap: IMAP4 = self._imap
        return imap

    def detach(self) -> tuple[socket.socket, bytes]:
        """(the bare connection, which blocks no more; what was read ahead of it). Nothing else is called after it."""
        connection: socket.socket = self.socket()
        connection.setblocking(False)
        file: Any = self.wire.file
        received = b""
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError):
            received = file.peek()
        file.close()
        return connection, received
