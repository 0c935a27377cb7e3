"""An HTTP proxy before a CalDAV server that notes requests, and takes from the server what others do not have.

    with FilteringProxy(server.url, without=("sync",)) as proxy:
        proxy.url, proxy.seen            # (method, path) of each request

"sync": sync-collection is refused and its tokens are not shown; "tokens": refused, but the tokens are shown; "ctag":
ctags are not shown either; "query" and "multiget": these reports are refused; "etag": answers have no ETag.

    proxy.refuse = {"PUT": (507, b"no room")}   # so these methods are answered, and the server hears nothing
    proxy.lose = {"PUT"}                        # the server's answer to the next of these is lost: the connection ends
    proxy.before["PUT"] = edit                  # called once before the next one is passed on
    proxy.after["PUT"] = kill                   # called once when the server has answered, before that is passed on
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.servers.process import HOST

_HIDDEN = {
    "sync": re.compile(rb"<(\w+:)?sync-token[^>/]*>[^<]*</(\w+:)?sync-token>"),
    "ctag": re.compile(rb"<(\w+:)?getctag[^>/]*>[^<]*</(\w+:)?getctag>"),
}
_REFUSED = {
    "sync": b"sync-collection",
    "tokens": b"sync-collection",
    "query": b"calendar-query",
    "multiget": b"calendar-multiget",
}
_PASSED = ("Authorization", "Content-Type", "Depth", "Accept", "If-None-Match", "If-Match")


class FilteringProxy:
    """`without`: what the server seems not to have, see above."""

    def __init__(self, url: str, without: tuple[str, ...] = ()) -> None:
        self._server = urlsplit(url)
        self._without = without
        self.seen: list[tuple[str, str]] = []
        self.refuse: dict[str, tuple[int, bytes]] = {}
        self.lose: set[str] = set()
        self.before: dict[str, Callable[[], object]] = {}
        self.after: dict[str, Callable[[], object]] = {}

    @property
    def url(self) -> str:
        """As the server's, with the same path."""
        return f"http://{HOST}:{self._listener.server_port}{self._server.path}"

    def __enter__(self) -> Self:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                proxy.seen.append((self.command, self.path))
                headers = {name: self.headers[name] for name in _PASSED if name in self.headers}
                if self.command in proxy.before:
                    proxy.before.pop(self.command)()
                if self.command in proxy.refuse:
                    status, said = proxy.refuse[self.command]
                    kind, etag = "text/plain", None
                else:
                    status, kind, etag, said = proxy._ask(self.command, self.path, body, headers)
                if self.command in proxy.after:
                    proxy.after.pop(self.command)()
                if self.command in proxy.lose:
                    proxy.lose.discard(self.command)
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Type", kind)
                if etag and "etag" not in proxy._without:
                    self.send_header("ETag", etag)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            do_PROPFIND = do_REPORT = do_GET = do_OPTIONS = do_PUT = do_DELETE = do_POST = pass_on

            def log_message(self, *_words: Any) -> None:
                """Say nothing."""

        self._listener = ThreadingHTTPServer((HOST, 0), Handler)
        threading.Thread(target=partial(self._listener.serve_forever, 0.01), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, str | None, bytes]:
        if method == "REPORT" and any(_REFUSED[name] in body for name in self._without if name in _REFUSED):
            return 501, "text/plain", None, b"there is no such report here"
        assert self._server.hostname
        connection = http.client.HTTPConnection(self._server.hostname, self._server.port, timeout=20)
        connection.request(method, path, body, headers)
        with connection.getresponse() as answer:
            said = answer.read()
        connection.close()
        for name in self._without:
            if name in _HIDDEN:
                said = _HIDDEN[name].sub(b"", said)
        return answer.status, answer.getheader("Content-Type") or "text/plain", answer.getheader("ETag"), said
