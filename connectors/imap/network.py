"""From a host's name to a socket that IMAP can be spoken on: look up, connect, pass a proxy, TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from connectors.imap.errors import quoted, translated
from connectors.imap.settings import ImapSettings
from connectors.records import Misconfigured, Unavailable

#: A proxy's answer is a status line and a few headers.
_PROXY_ANSWER = 8192


def tls_context(settings: ImapSettings) -> ssl.SSLContext:
    """TLS 1.2 or later, certificates checked against the system's authorities, or those of `ca_file` alone.

    Shared by all connections that trust the same, because one takes 0.8 MB and 40 ms.
    """
    authorities = settings.ca_file or ssl.get_default_verify_paths().cafile
    return _context(settings.ca_file, settings.client_cert, _version(authorities), _version(settings.client_cert))


@lru_cache(maxsize=8)
def _context(ca_file: Path | None, client_cert: Path | None, *_versions: float) -> ssl.SSLContext:
    """The versions of the files make new ones be read."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"ca_file: {ca_file} can't be used: {error}", step="tls") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if client_cert is not None:
        try:
            # an encrypted key would ask for its passphrase on the terminal
            context.load_cert_chain(client_cert, password="")
        except (OSError, ssl.SSLError) as error:
            problem = f"client_cert: {client_cert} can't be used: {error}"
            raise Misconfigured(problem, step="tls", hint="it holds a certificate and its key, PEM") from error
    return context


def _version(path: Path | str | None) -> float:
    try:
        return 0.0 if path is None else Path(path).stat().st_mtime
    except OSError:
        return 0.0


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
