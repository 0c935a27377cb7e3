"""A TCP proxy on loopback that tells when certain bytes left it for the client; one thread for all connections.

with RecordingProxy((server.host, server.imap_port), b" EXISTS\\r\\n") as proxy:
    ...
    proxy.sent_after(started)        # the first moment after `started` at which such bytes had left, by time.monotonic
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from types import TracebackType
from typing import Self

from tests.servers.process import HOST


class RecordingProxy:
    """Passes connections on to `target`, (host, port), and notes when a chunk with `needle` was sent to a client."""

    host = HOST

    def __init__(self, target: tuple[str, int], needle: bytes) -> None:
        self._target = target
        self._needle = needle
        self._times: list[float] = []
        #: Bytes passed on to clients.
        self.passed = 0
        self._selector = selectors.DefaultSelector()
        self._is_running = True

    def __enter__(self) -> Self:
        self._listener = socket.create_server((HOST, 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_running = False
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._selector.close()

    def sent_after(self, started: float) -> float | None:
        """The first moment from then on, on the monotonic clock; None: there was none yet."""
        return next((when for when in self._times if when >= started), None)

    def _run(self) -> None:
        while self._is_running:
            for key, _events in self._selector.select(0.2):
                assert isinstance(key.fileobj, socket.socket)
                if key.data is None:
                    self._accept()
                elif key.fileobj.fileno() >= 0:  # its other end may have closed it a moment ago
                    self._pass_on(key.fileobj, *key.data)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection(self._target, 10)
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(client, selectors.EVENT_READ, (server, False))
        self._selector.register(server, selectors.EVENT_READ, (client, True))

    def _pass_on(self, source: socket.socket, target: socket.socket, is_down: bool) -> None:
        data = b""
        with contextlib.suppress(OSError):
            data = source.recv(65536)
            if data:
                target.sendall(data)
        if not data:
            for end in (source, target):
                self._selector.unregister(end)
                end.close()
        elif is_down:
            self.passed += len(data)
            if self._needle in data:
                self._times.append(time.monotonic())
