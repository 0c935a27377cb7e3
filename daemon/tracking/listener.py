"""A listener: HTTP on an address of its own, in a thread of its own, whose failure stops nothing else."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from daemon.listening import keep_listening
from daemon.tracking.limits import network_name

log = structlog.get_logger()

#: How long one connection lasts at most, in seconds: slow clients and those who only hold it are gone by then.
CONNECTION_SECONDS = 15.0
#: Connections at once, of all and of one address that is no proxy of ours.
CONNECTIONS, CONNECTIONS_EACH = 500, 40
#: Bytes of a head that is not whole yet; a whole one may come at once, and is looked at by who answers.
_MAX_HEAD = 16 * 1024
_BACKLOG = 256


class Listener:
    """Listens from `begin` to `stop`."""

    def __init__(
        self,
        app: Callable[[], Starlette],
        address: tuple[str, int],
        is_proxy: Callable[[str], bool] = lambda _address: False,
        connection_seconds: float = CONNECTION_SECONDS,
        *,
        name: str = "tracking",
    ) -> None:
        """`name`: what the log calls it."""
        self._name = name
        self._app = app
        self._address = address
        self._is_proxy = is_proxy
        self._connection_seconds = connection_seconds
        self._stop = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._run, name=f"{name} listener", daemon=True)
        #: Set while it listens; `port` is then the one that it has.
        self.is_up = threading.Event()
        self.port = address[1]

    def begin(self) -> None:
        """Listen from now on, or as soon as that is possible."""
        self._thread.start()

    def stop(self, patience: float) -> None:
        """Take nothing further, and end; give up after so many seconds."""
        self._stop.set()
        if self._server is not None:
            self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(patience)

    def _run(self) -> None:
        def failed(problem: str) -> None:
            where = f"{self._address[0]}:{self._address[1]}"
            log.error("listener failed", listener=self._name, listen=where, problem=problem)

        keep_listening(self._listen, self._stop, self.is_up, failed)

    def _listen(self) -> None:
        # of the library's log nothing is wanted: its lines name addresses, and a flood would fill the disk
        for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        # asyncio sends small answers at once only where the protocol is named, else the second half waits for 40 ms
        with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((self._address[0], self.port))
            bound.listen(_BACKLOG)
            self.port = bound.getsockname()[1]
            config = uvicorn.Config(
                self._app(),
                http=_bounded(self._is_proxy, self._connection_seconds),
                ws="none",
                lifespan="off",
                loop="asyncio",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS,
                backlog=_BACKLOG,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=2,
                h11_max_incomplete_event_size=_MAX_HEAD,
            )
            self._server = uvicorn.Server(config)
            self._server.should_exit = self._stop.is_set()
            self.is_up.set()
            log.info("listener up", listener=self._name, listen=f"{self._address[0]}:{self.port}")
            asyncio.run(self._server.serve(sockets=[bound]))


def _bounded(is_proxy: Callable[[str], bool], seconds: float) -> type[asyncio.Protocol]:
    """The protocol with an end to every connection, and a bound to how many one address holds."""
    held: Counter[str] = Counter()

    class Bounded(H11Protocol):
        """One connection."""

        _peer = ""
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            peer = str((transport.get_extra_info("peername") or ("",))[0])
            self._peer = "" if is_proxy(peer) else network_name(peer)
            if self._peer:
                held[self._peer] += 1
                if held[self._peer] > CONNECTIONS_EACH:
                    transport.abort()
                    return
            self._deadline = self.loop.call_later(seconds, transport.abort)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
            if self._peer:
                held[self._peer] -= 1
                if held[self._peer] <= 0:
                    del held[self._peer]
            super().connection_lost(exc)

    return Bounded
