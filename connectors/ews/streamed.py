"""An answer of HTTP/1.1 (RFC 9112) taken apart as it comes, and the envelopes in it: of a stream that has no end.

Nothing waits, and what a server may do to us is bounded: the length of the head, of a chunk's line, of an envelope.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.ews.soap import NoAnswer

#: Octets of the head of an answer; of an envelope, which may tell of thousands of items at once.
_MAX_HEAD = 64 * 1024
_MAX_ENVELOPE = 4 * 1024 * 1024
_MAX_LINE = 4096
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")
_END = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?Envelope\s*>")
#: As long as the end of an envelope may be that has come in part.
_TAIL = 100


class Answer:
    """One answer; `feed` gives the envelopes that have ended. Raises NoAnswer where it is none of HTTP."""

    __slots__ = ("_body", "_in", "_left", "_looked", "_stage", "headers", "is_over", "status")

    def __init__(self) -> None:
        #: 0: the head has not come.
        self.status = 0
        self.headers: dict[str, str] = {}
        #: It has come to its end, and another one may follow on the connection.
        self.is_over = False
        self._stage = "head"
        self._in = b""
        self._body = b""
        #: How far the body was searched for the end of an envelope.
        self._looked = 0
        #: Octets until the end of the chunk, or of the body.
        self._left = 0

    @property
    def body(self) -> bytes:
        """What has come of an envelope that has not ended, or of what is none."""
        return self._body

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take what came."""
        self._in += data
        while self._step():
            yield from self._envelopes()

    def _step(self) -> bool:
        """Take one part of what came; False: more has to come first."""
        if self._stage == "head":
            return self._take_head()
        if self._stage in ("chunk", "length", "until the end"):
            return self._take_octets()
        if self._stage == "over":
            return False
        line = self._line(_MAX_LINE)
        if line is None:
            return False
        if self._stage == "size":
            size = _SIZE.fullmatch(line)
            if size is None:
                raise NoAnswer("its chunks have no lengths")
            self._left = int(size[1], 16)
            self._stage = "chunk" if self._left else "trailers"
        elif self._stage == "after a chunk":
            self._stage = "size"
        elif not line:
            self._finish()
        return True

    def _take_head(self) -> bool:
        head, end, rest = self._in.partition(b"\r\n\r\n")
        if not end:
            if len(self._in) > _MAX_HEAD:
                raise NoAnswer("its head has no end")
            return False
        first, *lines = head.split(b"\r\n")
        status = _STATUS.match(first)
        if status is None:
            raise NoAnswer("it is no answer of HTTP")
        self._in = rest
        if status[1] == b"100":
            return True
        self.status = int(status[1])
        for line in lines:
            name, _, value = line.decode("latin-1").partition(":")
            self.headers[name.strip().lower()] = value.strip()
        length = self.headers.get("content-length", "")
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            self._stage = "size"
        elif length.isascii() and length.isdecimal() and len(length) < 12:
            self._left, self._stage = int(length), "length"
            if not self._left:
                self._finish()
        else:
            self._stage = "until the end"
        return True

    def _take_octets(self) -> bool:
        if not self._in:
            return False
        size = len(self._in) if self._stage == "until the end" else min(self._left, len(self._in))
        self._body, self._in = self._body + self._in[:size], self._in[size:]
        if len(self._body) > _MAX_ENVELOPE:
            raise NoAnswer("it has no end")
        self._left -= size
        if self._stage == "chunk" and not self._left:
            self._stage = "after a chunk"
        elif self._stage == "length" and not self._left:
            self._finish()
        return True

    def _line(self, most: int) -> bytes | None:
        line, end, rest = self._in.partition(b"\r\n")
        if not end:
            if len(self._in) > most:
                raise NoAnswer("it has a line without an end")
            return None
        self._in = rest
        return line

    def _finish(self) -> None:
        self._stage, self.is_over = "over", True

    def _envelopes(self) -> Iterator[bytes]:
        while (end := _END.search(self._body, max(0, self._looked - _TAIL))) is not None:
            envelope, self._body, self._looked = self._body[: end.end()], self._body[end.end() :], 0
            yield envelope.lstrip()
        self._looked = len(self._body)
