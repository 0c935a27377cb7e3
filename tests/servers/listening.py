"""A server of a test on loopback: each connection is served in a thread of its own."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

from tests.servers.process import HOST


class Listening:
    """Listens from entering to leaving, on `port`; what is done with a connection is the heir's."""

    def __init__(self) -> None:
        self.connections = 0
        #: Set when the server ends: what waits goes on.
        self.ended = threading.Event()

    def __enter__(self) -> Self:
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        """Serve a connection, and close it."""
        raise NotImplementedError
