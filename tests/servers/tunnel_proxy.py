"""An HTTP proxy on loopback that opens tunnels by CONNECT, all to one server whatever was asked for."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

from tests.servers.process import HOST


class TunnelProxy:
    """`asked` holds the heads of the requests; `refusal` is sent instead of opening, or byte by byte without end."""

    def __init__(self, port: int = 0, refusal: bytes = b"", *, drips: bool = False) -> None:
        self.asked: list[str] = []
        self._port = port
        self._refusal = refusal
        self._drips = drips
        self._ended = threading.Event()

    @property
    def url(self) -> str:
        """As the option `proxy` wants it."""
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        head = b""
        with client, contextlib.suppress(OSError):
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            self.asked.append(head.decode("ascii"))
            while self._drips and not self._ended.wait(0.02):
                client.sendall(b"x")
            if self._refusal:
                client.sendall(self._refusal)
                return
            with socket.create_connection((HOST, self._port)) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pass_on, args=[server, client], daemon=True)
                back.start()
                _pass_on(client, server)
                back.join(5)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while octets := source.recv(65536):
            target.sendall(octets)
        target.shutdown(socket.SHUT_WR)
