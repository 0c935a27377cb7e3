"""An HTTP proxy on loopback that opens tunnels by CONNECT, all to one server whatever was asked for."""

from __future__ import annotations

import contextlib
import socket
import threading

from tests.servers.listening import Listening
from tests.servers.process import HOST


class TunnelProxy(Listening):
    """`asked` holds the heads of the requests; `refusal` is sent instead of opening, or byte by byte without end."""

    def __init__(self, port: int = 0, refusal: bytes = b"", *, drips: bool = False) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._port = port
        self._refusal = refusal
        self._drips = drips

    @property
    def url(self) -> str:
        """As the option `proxy` wants it."""
        return f"http://{HOST}:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        head = b""
        with connection, contextlib.suppress(OSError):
            while not head.endswith(b"\r\n\r\n"):
                head += connection.recv(1)
            self.asked.append(head.decode("ascii"))
            while self._drips and not self.ended.wait(0.02):
                connection.sendall(b"x")
            if self._refusal:
                connection.sendall(self._refusal)
                return
            with socket.create_connection((HOST, self._port)) as server:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pass_on, args=[server, connection], daemon=True)
                back.start()
                _pass_on(connection, server)
                back.join(5)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while octets := source.recv(65536):
            target.sendall(octets)
        target.shutdown(socket.SHUT_WR)
