"""A server of the standard library on loopback, for stand-ins that speak HTTP."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.servers.certificates import Certificate
from tests.servers.process import HOST


def begin(handler: type[BaseHTTPRequestHandler], certificate: Certificate | None) -> ThreadingHTTPServer:
    """Serve on a free port, in threads of its own; over TLS where there is a certificate."""
    server = ThreadingHTTPServer((HOST, 0), handler)
    server.daemon_threads = True
    if certificate is not None:
        server.socket = certificate.server_context().wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    return server


def end(server: ThreadingHTTPServer | None) -> None:
    """Serve no longer."""
    if server is not None:
        server.shutdown()
        server.server_close()
