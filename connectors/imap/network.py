"""From a host's name to a socket that IMAP can be spoken on: look up, connect, pass a proxy, TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from typing import Any

from connectors.imap.errors import translated
from connectors.imap.settings import ImapSettings
from connectors.network import quoted, shared_context
from connectors.records import Unavailable

#: A proxy's answer is a status line and a few headers.
_PROXY_ANSWER = 8192


def tls_context(settings: ImapSettings) -> ssl.SSLContext:
    """The context for a server; see connectors.network."""
    return shared_context(settings.ca_file, settings.client_cert)


def keep_alive(connection: socket.socket) -> None:
    """Have the system ask every two minutes whether the other end is still there, and break what is dead in four."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 120), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4)):
        # not every system has all of them
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def open_socket(settings: ImapSettings, context: ssl.SSLContext) -> socket.socket:
    """A connected socket with its timeout set, in TLS where that comes first."""
    proxy = settings.proxy_address
    host, port = proxy or settings.address
    with translated("resolve", host):
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    with translated("connect", host):
        connection = _connect(found, settings.timeout_seconds)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if proxy is not None:
            with translated("connect", host):
                _tunnel(connection, settings.address)
        if settings.security == "tls":
            with translated("tls", settings.host):
                return context.wrap_socket(connection, server_hostname=settings.host)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(found: Sequence[tuple[Any, ...]], timeout: float) -> socket.socket:
    """The first of the host's addresses that answers; raises the last one's OSError."""
    failure = OSError("the host has no address")
    for family, kind, protocol, _, address in found:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(timeout)
        try:
            connection.connect(address)
        except OSError as error:
            failure = error
            connection.close()
        else:
            return connection
    raise failure


def _tunnel(connection: socket.socket, target: tuple[str, int]) -> None:
    """Have the proxy connect us with the target (RFC 9110, section 9.3.6)."""
    host, port = target
    name = f"[{host}]:{port}" if ":" in host else f"{host.encode('idna').decode('ascii')}:{port}"
    connection.sendall(f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode("ascii"))
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        # byte by byte: what follows the empty line belongs to TLS
        byte = connection.recv(1)
        answer += byte
        if not byte or len(answer) > _PROXY_ANSWER:
            raise Unavailable("the proxy gives no answer of HTTP", step="connect", hint="check the option proxy")
    status = answer.split(b"\r\n", 1)[0]
    if status[9:10] != b"2":
        raise Unavailable(f"the proxy refuses to connect to {host}: {quoted(status)}", step="connect")
