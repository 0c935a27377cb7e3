"""An HTTP server on loopback that sends what a test wants, byte for byte: servers as bad as no real one can be.

with ScriptedHttp(lambda request: reply(200, b"fine")) as server:
    server.url, server.requests, server.connections
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import BinaryIO

from tests.servers.certificates import Certificate
from tests.servers.listening import Listening
from tests.servers.process import HOST

#: In place of octets: the connection ends here.
CUT = b"%CUT%"


@dataclass(frozen=True, slots=True)
class Request:
    """What came in; names of headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    #: Which connection it came on, by number.
    connection: int = 0


#: What to send for a request, at once or in pieces.
Answer = Callable[[Request], bytes | Iterable[bytes]]


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer; `_` in the names of headers is a hyphen."""
    lines = [f"HTTP/1.1 {status} told"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if "content_length" not in {name.lower() for name in headers}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


class ScriptedHttp(Listening):
    """`answer` may be changed while it runs. With a certificate it speaks TLS."""

    def __init__(self, answer: Answer, certificate: Certificate | None = None) -> None:
        super().__init__()
        self.answer = answer
        self.requests: list[Request] = []
        #: One for each connection that ended.
        self.closed = threading.Semaphore(0)
        self._numbers = count(1)
        self._context = None if certificate is None else certificate.server_context()

    @property
    def url(self) -> str:
        """Without a path."""
        return f"{'http' if self._context is None else 'https'}://{HOST}:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        number = next(self._numbers)
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection.makefile("rb") as received:
                while request := _read(received, number):
                    self.requests.append(request)
                    said = self.answer(request)
                    for piece in [said] if isinstance(said, bytes) else said:
                        if piece == CUT:
                            return
                        connection.sendall(piece)
        except OSError:
            return
        finally:
            connection.close()
            self.closed.release()


def _read(received: BinaryIO, number: int) -> Request | None:
    words = received.readline().decode("latin-1").split(" ")
    if len(words) < 3:
        return None
    headers: dict[str, str] = {}
    while (line := received.readline().decode("latin-1").strip()) and ":" in line:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = received.read(length)
    if len(body) < length:
        # who asks has ended in the middle of it
        return None
    return Request(words[0], words[1], headers, body, number)
