"""A TCP proxy on loopback that cuts, delays, throttles, swallows and spoils what passes.

with FaultProxy((server.host, server.imap_port)) as proxy:
    proxy.cut()                       # reset every open connection (orderly=True: close it)
    proxy.refuse = True               # reset new connections at once
    proxy.down.delay = 0.5            # server to client, seconds a chunk; proxy.up is client to server
    proxy.down.rate = 2000            # bytes a second
    proxy.down.hole = True            # half-open: bytes are swallowed, the connection stays
    proxy.down.cut_after = 5000       # reset when that many more bytes have passed
    proxy.down.cut_on = b"* BYE"      # reset when these bytes are seen; they are not passed on
    proxy.down.garbage = 0.01         # each byte is replaced by a random one with this chance (seeded)
    proxy.down.spared = b"Subject:"   # but not in chunks with these bytes
    proxy.down.inject(b"* 5 EXPUNGE\\r\\n")
    proxy.up.on(b"FETCH", proxy.cut)  # after the chunk with these bytes was passed on
    proxy.heal()                      # no more faults
"""

from __future__ import annotations

import contextlib
import random
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.servers.process import HOST

#: SO_LINGER of zero seconds: close() sends RST.
_RESET = struct.pack("ii", 1, 0)
#: As much of the past is kept as a needle may straddle two chunks.
_WINDOW = 256


def _before(window: bytes, needle: bytes) -> bytes:
    """As much of the past as a needle that ends in the next chunk can cover."""
    return window[len(window) - min(len(window), len(needle) - 1) :]


class Direction:
    """The faults of one direction; all may be set while bytes pass."""

    def __init__(self, proxy: FaultProxy, *, is_down: bool) -> None:
        self._proxy = proxy
        self._is_down = is_down
        #: Bytes passed on so far, over all connections.
        self.passed = 0
        self.clear()

    def clear(self) -> None:
        """No faults."""
        self.delay = 0.0
        self.rate: float | None = None
        self.hole = False
        self.garbage = 0.0
        self.spared = b""
        self.cut_after: int | None = None
        self.cut_on: bytes | None = None
        self._hooks: list[tuple[bytes, Callable[[], object]]] = []
        self._rng = random.Random(7)

    def on(self, needle: bytes, call: Callable[[], object]) -> None:
        """Call once when `needle` has passed."""
        self._hooks.append((needle, call))

    def inject(self, data: bytes) -> None:
        """Send bytes of our own on every open connection."""
        for connection in self._proxy.connections():
            with contextlib.suppress(OSError):
                (connection.client if self._is_down else connection.server).sendall(data)

    def spoil(self, data: bytes, window: bytes) -> tuple[bytes, bool]:
        """(what is passed on of a chunk, is the connection reset after it); `window` went before."""
        if self.garbage and not (self.spared and self.spared in _before(window, self.spared) + data):
            data = bytes(self._rng.randrange(256) if self._rng.random() < self.garbage else b for b in data)
        cut = False
        if self.cut_on is not None:
            before = _before(window, self.cut_on)
            at = (before + data).find(self.cut_on)
            if at >= 0:
                data, cut = data[: max(0, at - len(before))], True
        if self.cut_after is not None:
            if len(data) >= self.cut_after:
                data, cut = data[: self.cut_after], True
            else:
                self.cut_after -= len(data)
        if cut:
            self.cut_after = self.cut_on = None
        return data, cut

    def send(self, target: socket.socket, data: bytes) -> None:
        """Pass bytes on, at the set rate."""
        if self.delay:
            time.sleep(self.delay)
        step = max(1, int(self.rate / 20)) if self.rate else max(1, len(data))
        for at in range(0, len(data), step):
            target.sendall(data[at : at + step])
            if self.rate:
                time.sleep(step / self.rate)
        self.passed += len(data)

    def call_hooks(self, data: bytes, window: bytes) -> None:
        """Call what waits for bytes that `data` completed; `window` went before."""
        for hook in [h for h in self._hooks if h[0] in _before(window, h[0]) + data]:
            with contextlib.suppress(ValueError):
                self._hooks.remove(hook)
                hook[1]()


class _Connection:
    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.is_open = True
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self, *, orderly: bool) -> None:
        self.is_open = False
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                if orderly:
                    end.shutdown(socket.SHUT_RDWR)
                else:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.close()


class FaultProxy:
    """Passes connections on to `target`, (host, port)."""

    host = HOST

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self.up = Direction(self, is_down=False)
        self.down = Direction(self, is_down=True)
        self.refuse = False
        #: Connections taken so far.
        self.accepted = 0
        self._connections: set[_Connection] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._is_running = True
        self._listener = socket.create_server((HOST, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_running = False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(3)

    def connections(self) -> list[_Connection]:
        """The open connections."""
        with self._lock:
            return list(self._connections)

    def cut(self, *, orderly: bool = False) -> None:
        """End every open connection, by RST or in good order."""
        for connection in self.connections():
            connection.close(orderly=orderly)

    def heal(self) -> None:
        """No more faults; what was cut stays cut."""
        self.up.clear()
        self.down.clear()
        self.refuse = False

    def _start(self, work: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        while self._is_running:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self.refuse:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                client.close()
                continue
            try:
                server = socket.create_connection(self._target, 10)
            except OSError:
                client.close()
                continue
            connection = _Connection(client, server)
            with self._lock:
                self._connections.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: _Connection) -> None:
        upward = self._start(self._copy, connection, connection.client, connection.server, self.up)
        self._copy(connection, connection.server, connection.client, self.down)
        upward.join(60)
        connection.close(orderly=True)
        with self._lock:
            self._connections.discard(connection)

    def _copy(
        self, connection: _Connection, source: socket.socket, target: socket.socket, direction: Direction
    ) -> None:
        window = b""
        # select() knows no descriptor beyond 1023, which hundreds of connections reach
        arrivals = select.poll()
        with contextlib.suppress(ValueError):  # closed meanwhile
            arrivals.register(source, select.POLLIN)
        while connection.is_open and self._is_running:
            try:
                if not arrivals.poll(200):
                    continue
                data = source.recv(65536)
                if direction.hole:
                    if not data:
                        return
                    continue
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                data, cut = direction.spoil(data, window)
                direction.send(target, data)
            except (OSError, ValueError):
                break
            direction.call_hooks(data, window)
            window = (window + data)[-_WINDOW:]
            if cut:
                connection.close(orderly=False)
                return
        connection.close(orderly=True)
