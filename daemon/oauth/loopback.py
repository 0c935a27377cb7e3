"""The redirect of a sign-in on this machine: a listener that takes one good answer, and little else (RFC 8252, 7.3)."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import closing
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from connectors.api import Unavailable

#: Seconds that a person may take.
PATIENCE = 600.0
#: Seconds that one connection may take.
_CONNECTION = 5.0
#: Octets of a request that are read.
_MAX_REQUEST = 16 * 1024
#: Connections that are listened to: a browser asks for an icon too, and anybody on this machine may try.
_CONNECTIONS = 50
_PAGE = "<!doctype html><meta charset=utf-8><title>keeptouch</title><p>{}</p>"
_DONE = "keeptouch has the answer. You may close this window; how it went is told where you started."
_NO = "This is not what keeptouch waits for."

#: What the provider sent back with the person's browser.
Returned = dict[str, str]


class Loopback:
    """Listens on 127.0.0.1 from `__enter__` on."""

    def __init__(self, port: int = 0) -> None:
        self._asked = port

    def __enter__(self) -> Self:
        try:
            self._listener = socket.create_server(("127.0.0.1", self._asked))
        except OSError as error:
            raise Unavailable(f"127.0.0.1:{self._asked} can't be listened on: {error.strerror}", step="login") from None
        self.port: int = self._listener.getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def wait(self, is_good: Callable[[Returned], bool], patience: float = PATIENCE) -> Returned:
        """The first answer that is good; others are told so and change nothing. Raises Unavailable."""
        deadline = time.monotonic() + patience
        for _connection in range(_CONNECTIONS):
            self._listener.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                break
            with closing(connection):
                returned = _heard(connection, is_good)
            if returned is not None:
                return returned
        raise Unavailable("nobody signed in in time", step="login", hint="begin again; or with --paste")


def _heard(connection: socket.socket, is_good: Callable[[Returned], bool]) -> Returned | None:
    """What one request brings, if it is what we wait for."""
    connection.settimeout(_CONNECTION)
    deadline = time.monotonic() + _CONNECTION
    request = b""
    try:
        while b"\r\n\r\n" not in request and len(request) < _MAX_REQUEST and time.monotonic() < deadline:
            part = connection.recv(4096)
            if not part:
                return None
            request += part
        returned = returned_by(_target(request))
        is_ours = returned is not None and is_good(returned)
        page = _PAGE.format(_DONE if is_ours else _NO).encode()
        head = f"HTTP/1.1 {'200 OK' if is_ours else '400 Bad Request'}\r\nContent-Type: text/html; charset=utf-8\r\n"
        head += f"Content-Length: {len(page)}\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + page)
    except OSError:
        return None
    return returned if is_ours else None


def _target(request: bytes) -> str:
    words = request.partition(b"\r\n")[0].split(b" ")
    if len(words) != 3 or words[0] != b"GET" or b"\r\n\r\n" not in request:
        return ""
    return words[1].decode("ascii", "replace")


def returned_by(url: str) -> Returned | None:
    """The answer in a URL that a browser was sent to; None where it holds none, or holds a thing twice."""
    try:
        told = parse_qs(urlsplit(url.strip()).query, max_num_fields=20)
    except ValueError:
        return None
    if "state" not in told or any(len(values) != 1 for values in told.values()):
        return None
    return {name: values[0] for name, values in told.items()}
