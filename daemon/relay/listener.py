"""Where clients come to: addresses of its own, in a thread of its own, whose failure stops nothing else."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress

import structlog

from daemon.config.relay import LISTEN, RelayConfig
from daemon.listen_address import listen_address
from daemon.listening import keep_listening
from daemon.relay.content import Memory
from daemon.relay.dialogue import Dialogue
from daemon.relay.entrance import Surroundings
from daemon.relay.line import ALL_MAILS
from daemon.relay.logins import Logins
from daemon.relay.naming import own_name
from daemon.relay.replies import reply
from daemon.relay.tls import ServerTls
from daemon.relay.tracking import Tracker
from daemon.tracking.limits import network_name

log = structlog.get_logger()

_BACKLOG = 128
#: How often it is looked whether the certificate was renewed, in seconds.
_LOOK = 60.0
#: How long clients may take to hear that the relay ends, in seconds.
_LAST_WORDS = 0.2
#: How long a client may take for the handshake of TLS, in seconds.
HANDSHAKE_SECONDS = 20.0


class Listener:
    """Listens from `begin` to `stop`."""

    def __init__(self, config: RelayConfig, tracker: Tracker) -> None:
        self._config = config
        self._tracker = tracker
        self._stop = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._patience = 0.0
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._lines: set[Dialogue] = set()
        #: Connections by where they come from.
        self.held: Counter[str] = Counter()
        #: Set while it listens; the ports are then those that it has.
        self.is_up = threading.Event()
        self.port = self.starttls_port = 0

    def begin(self) -> None:
        """Listen from now on, or as soon as that is possible."""
        self._thread.start()

    def stop(self, patience: float) -> None:
        """Take nothing further, let mails in hand end within so many seconds, and leave."""
        self._patience = patience
        self._stop.set()
        loop, ending = self._loop, self._ending
        if loop is not None and ending is not None and not loop.is_closed():
            loop.call_soon_threadsafe(ending.set)
        if self._thread.is_alive():
            self._thread.join(patience + 1.0)
        self._tracker.close()

    def _run(self) -> None:
        def failed(problem: str) -> None:
            log.error("the relay does not listen", problem=problem)

        keep_listening(lambda: asyncio.run(self._listen()), self._stop, self.is_up, failed)

    async def _listen(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        self._lines.clear()
        self.held.clear()
        config, tls = self._config, ServerTls(self._config)
        around = Surroundings(
            config=config,
            name=own_name(),
            logins=Logins(time.monotonic),
            memory=Memory(ALL_MAILS),
            tracker=self._tracker,
            tls=tls.context,
        )
        with ExitStack() as bound:
            places: list[tuple[socket.socket, ssl.SSLContext | None]] = []
            for text, context in ((config.listen, tls.context), (config.listen_starttls, None)):
                if text:
                    places.append((bound.enter_context(_bound(text)), context))
            self.port = _port(places[0][0]) if config.listen else 0
            self.starttls_port = _port(places[-1][0]) if config.listen_starttls else 0
            accepting = [asyncio.create_task(self._accept(*place, around)) for place in places]
            self.is_up.set()
            log.info("relay up", listen=config.listen, listen_starttls=config.listen_starttls)
            try:
                await self._until_told(tls)
            finally:
                for task in accepting:
                    task.cancel()
                await self._farewell()

    async def _until_told(self, tls: ServerTls) -> None:
        assert self._ending is not None
        while not self._stop.is_set():
            try:
                await asyncio.wait_for(self._ending.wait(), _LOOK)
            except TimeoutError:
                tls.renew()

    async def _accept(self, listening: socket.socket, context: ssl.SSLContext | None, around: Surroundings) -> None:
        """Let in as many as there is room for, counted before the handshake of TLS."""
        loop = asyncio.get_running_loop()
        opening: set[asyncio.Task[None]] = set()
        while True:
            try:
                connection, address = await loop.sock_accept(listening)
            except OSError as error:
                log.warning("the relay can take no client now", problem=error.strerror)
                await asyncio.sleep(1.0)
                continue
            source = network_name(address[0])
            config = self._config
            is_full = self.held.total() >= config.max_connections or self.held[source] >= config.max_connections_each
            if is_full:
                self._turn_away(connection, is_tls=context is not None)
                continue
            self.held[source] += 1
            task = asyncio.create_task(self._open(connection, context, around, source))
            opening.add(task)
            task.add_done_callback(opening.discard)

    def _turn_away(self, connection: socket.socket, *, is_tls: bool) -> None:
        with connection, suppress(OSError):
            if not is_tls:
                connection.send(reply(421, "4.7.0 too many connections; try again later").raw)

    async def _open(
        self, connection: socket.socket, context: ssl.SSLContext | None, around: Surroundings, source: str
    ) -> None:
        loop = asyncio.get_running_loop()
        line = Dialogue(loop, around, lambda: self._lost(line, source))
        self._lines.add(line)
        seconds = HANDSHAKE_SECONDS if context is not None else None
        try:
            await loop.connect_accepted_socket(lambda: line, connection, ssl=context, ssl_handshake_timeout=seconds)
        except OSError:
            # no client, or none that trusts the certificate
            line.lose()
            connection.close()

    def _lost(self, line: Dialogue, source: str) -> None:
        self._lines.discard(line)
        self.held[source] -= 1
        if self.held[source] <= 0:
            del self.held[source]

    async def _farewell(self) -> None:
        """Mails in hand may end; then the connections do."""
        until = time.monotonic() + self._patience
        while any(not line.is_idle for line in self._lines) and time.monotonic() < until:
            await asyncio.sleep(0.05)
        for line in list(self._lines):
            line.close()
        # most hear it, and close their end too
        until = time.monotonic() + _LAST_WORDS
        while self._lines and time.monotonic() < until:
            await asyncio.sleep(0.01)
        for line in list(self._lines):
            line.abort()
        await asyncio.sleep(0)


def _bound(text: str) -> socket.socket:
    address = listen_address(text, LISTEN)
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    bound = socket.create_server(address, family=family, backlog=_BACKLOG)
    bound.setblocking(False)
    return bound


def _port(bound: socket.socket) -> int:
    return int(bound.getsockname()[1])
