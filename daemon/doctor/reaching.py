"""How a server is reached: its address, a connection, TLS and its certificate, its clock. Nobody is logged in."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from connectors.api import ConnectorError, Unavailable
from connectors.http import translated
from connectors.network import Deadline, Proxy, connected, looked_up, shared_context

#: For all of one server, in seconds.
_PATIENCE = 10.0
_MAX_ANSWER = 16 * 1024
#: What a server greets with, and what is said for STARTTLS and heard when it agrees (RFC 9051, RFC 3207).
_IMAP = ((b"* ", b""), (b"a1 STARTTLS\r\n", b"a1 OK"))
_SMTP = ((b"220 ", b""), (b"EHLO localhost\r\n", b"250 "), (b"STARTTLS\r\n", b"220 "))


@dataclass(frozen=True, slots=True)
class Host:
    """One server, as it is reached."""

    host: str
    port: int
    #: https | tls | imap | smtp (STARTTLS) | none
    way: str
    ca_file: Path | None = None
    client_cert: Path | None = None
    proxy: Proxy | None = None
    #: Who needs it; not compared.
    users: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Reached:
    """What was heard of it."""

    host: Host
    error: ConnectorError | None = None
    #: When its certificate ends; None: it showed none.
    until: datetime | None = None
    #: How far its clock is ahead; None: it tells no time.
    skew: timedelta | None = None


def reach(host: Host, clock: Callable[[], datetime]) -> Reached:
    """Look it up, connect, and speak TLS as far as the certificate; raises nothing."""
    deadline = Deadline(_PATIENCE, _PATIENCE)
    try:
        with translated(host.host), closing(_plain(host, deadline)) as plain:
            if host.way == "none":
                return Reached(host)
            for said, heard in {"imap": _IMAP, "smtp": _SMTP}.get(host.way, ()):
                _agree(host, plain, said, heard)
            context = shared_context(host.ca_file, host.client_cert)
            with context.wrap_socket(plain, server_hostname=host.host) as secured:
                until = _until(secured)
                return Reached(host, until=until, skew=_skew(host, secured, clock) if host.way == "https" else None)
    except ConnectorError as error:
        return Reached(host, error)


def _plain(host: Host, deadline: Deadline) -> socket.socket:
    proxy = host.proxy
    where = (host.host, host.port) if proxy is None else (proxy.host, proxy.port)
    connection = connected(looked_up(*where), deadline.left())
    try:
        if proxy is not None:
            proxy.tunnel(connection, host.host, host.port, deadline)
        connection.settimeout(deadline.left())
    except BaseException:
        connection.close()
        raise
    return connection


def _agree(host: Host, connection: socket.socket, said: bytes, heard: bytes) -> None:
    """Say something and hear the answer to its end; a greeting is heard alone."""
    if heard:
        connection.sendall(said)
    wanted, answer = heard or said, b""
    while len(answer) < _MAX_ANSWER:
        lines = answer.split(b"\r\n")[:-1]
        if any(line.startswith(wanted) for line in lines):
            return
        part = connection.recv(4096)
        if not part:
            break
        answer += part
        if any(line[:3].isdigit() and line[:1] in b"45" for line in answer.split(b"\r\n")) or b"a1 NO" in answer:
            break
    problem = f"{host.host} does not agree to STARTTLS"
    raise Unavailable(problem, step="tls", hint='security = "tls", and the port that goes with it')


def _until(secured: ssl.SSLSocket) -> datetime | None:
    text = (secured.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC) if isinstance(text, str) else None


def _skew(host: Host, secured: ssl.SSLSocket, clock: Callable[[], datetime]) -> timedelta | None:
    """By the header Date (RFC 9110, section 6.6.1), which has whole seconds; None: it tells none."""
    try:
        secured.sendall(f"HEAD / HTTP/1.1\r\nHost: {host.host}\r\nConnection: close\r\n\r\n".encode("ascii"))
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _MAX_ANSWER and (part := secured.recv(4096)):
            head += part
    except OSError:
        return None
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _colon, value = line.partition(":")
        if name.strip().lower() == "date":
            try:
                told = parsedate_to_datetime(value.strip())
            except (ValueError, OverflowError):
                return None
            told = told if told.tzinfo else told.replace(tzinfo=UTC)
            return told - clock()
    return None
