"""One HTTP/1.1 exchange after another on a connection of ours, none longer or larger than it may be.

By the standard library's http.client. The host's addresses are looked up once, judged, and one of them is connected to,
so that a name cannot mean another address a moment later.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import select
import socket
import ssl
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.http.origin import Origin
from connectors.network import Deadline, IPAddress, Proxy, connected, looked_up, shared_context
from connectors.records import Unavailable
from connectors.traffic import Traffic

#: Of whoever does not say what it asks.
OTHERS = Traffic("http")
#: Octets of an answer's body, decoded.
MAX_BODY = 20 * 1024 * 1024
#: Seconds until a connection stands.
_CONNECT = 30.0
_PART = 64 * 1024
#: zlib: gzip or zlib, told by its first bytes.
_EITHER_WAY = zlib.MAX_WBITS | 32

#: Why an address of a host may not be connected to; None: it may.
Refusal = Callable[[IPAddress], str | None]


class TooLarge(Unavailable):
    """The answer's body has more octets than it may have."""


class Refused(Exception):
    """An address that may not be connected to; says why in words for people."""


class _Received(io.RawIOBase):
    """What comes from a socket, each part within a deadline; closing it leaves the socket open."""

    def __init__(self, connection: socket.socket, deadline: Deadline, traffic: Traffic) -> None:
        #: By this name requests-ntlm looks for the server's certificate.
        self._sock = connection
        self._deadline = deadline
        self._traffic = traffic

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left())
        size = self._sock.recv_into(buffer)
        self._traffic.received(size)
        return size


class _Timed:
    """What http.client takes for a socket. It closes nothing: whoever opened the connection does."""

    def __init__(self, connection: socket.socket, deadline: Deadline, traffic: Traffic) -> None:
        self._connection = connection
        self._deadline = deadline
        self._traffic = traffic

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Received(self._connection, self._deadline, self._traffic))

    def sendall(self, octets: bytes) -> None:
        self._connection.settimeout(self._deadline.left())
        self._connection.sendall(octets)
        self._traffic.sent(len(octets))

    def close(self) -> None:
        """See above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a server is reached."""

    origin: Origin
    ca_file: Path | None = None
    proxy: Proxy | None = None
    refusal: Refusal | None = None
    traffic: Traffic = OTHERS


class Line:
    """A connection to a server; whoever uses it closes it."""

    def __init__(self, way: Way, deadline: Deadline) -> None:
        """Connect; raises OSError, Unavailable or Misconfigured, Refused."""
        self.origin = way.origin
        self._traffic = way.traffic
        try:
            self._connection = _opened(way, deadline)
        except BaseException:
            self._traffic.unanswered()
            raise

    def close(self) -> None:
        """Let go of the server."""
        self._connection.close()

    def detach(self) -> socket.socket:
        """The connection, for whoever reads it in another way and closes it; what was asked must have been answered."""
        return self._connection

    @property
    def has_ended(self) -> bool:
        """Did the server end it, or say something that was not asked for, since the last answer?"""
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        return bool(poll.poll(0))

    def ask(self, method: str, target: str, body: bytes, headers: Mapping[str, str], deadline: Deadline) -> Reply:
        """Send a request and read the head of its answer; raises OSError, HTTPException."""
        client = http.client.HTTPConnection(self.origin.host, self.origin.port)
        client.sock = _Timed(self._connection, deadline, self._traffic)
        try:
            client.request(method, target, body or None, {"Host": self.origin.host_header, **headers})
            reply = Reply(client.getresponse())
        except BaseException:
            self._traffic.unanswered()
            raise
        self._traffic.answered(reply.status)
        return reply


class Reply:
    """The head of an answer, and its body part by part."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        #: The standard library's, whose body is read here alone.
        self.response = response
        #: The buffer over the connection.
        self.fp = response.fp
        self.status = response.status
        #: Names in lower case; what came more than once is one list (RFC 9110, section 5.3).
        self.headers: dict[str, str] = {}
        for name, value in response.getheaders():
            before = self.headers.get(name.lower())
            self.headers[name.lower()] = value if before is None else f"{before}, {value}"
        #: It was read to its end, and another request may follow on its connection.
        self.is_over = False

    def parts(self, most: int | None = None) -> Iterator[bytes]:
        """The decoded body, of `most` octets (MAX_BODY); raises TooLarge, OSError, HTTPException, zlib.error."""
        most = MAX_BODY if most is None else most
        coding = self.headers.get("content-encoding", "identity").strip().lower()
        received = self._received(most)
        if coding in ("gzip", "x-gzip", "deflate"):
            received = _inflated(received)
        elif coding not in ("identity", ""):
            raise http.client.UnknownTransferEncoding(f"the encoding {coding}, which was not asked for")
        size = 0
        for part in received:
            size += len(part)
            if size > most:
                raise _too_large(most)
            yield part
        self.is_over = not self.response.will_close

    def skim(self) -> None:
        """Let a part of the body come, and no more; raises as `parts`."""
        with self.response as response:
            response.read1(_PART)

    def _received(self, most: int) -> Iterator[bytes]:
        # closed whatever happens; and what was read to its end by `read1` does not count as read, else
        with self.response as response:
            if response.length is not None and response.length > most:
                raise _too_large(most)
            size = 0
            while part := response.read1(_PART):
                size += len(part)
                if size > most:
                    raise _too_large(most)
                yield part
            if response.length:
                raise http.client.IncompleteRead(b"", response.length)


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"more than {most >> 20} MiB")


def _inflated(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Never more than a part at a time, so that a little which becomes much costs nothing."""
    machine = zlib.decompressobj(_EITHER_WAY)
    is_empty = True
    for part in parts:
        is_empty = False
        while part:
            yield machine.decompress(part, _PART)
            part = machine.unconsumed_tail
    while rest := machine.decompress(b"", _PART):
        yield rest
    if machine.unused_data or not (machine.eof or is_empty):
        raise zlib.error("the compressed body is not whole")


def _opened(way: Way, deadline: Deadline) -> socket.socket:
    origin = way.origin
    # before anything is sent, so that a broken ca_file costs no connection
    context = shared_context(way.ca_file) if origin.is_tls else None
    if way.proxy is not None:
        connection = connected(looked_up(way.proxy.host, way.proxy.port), min(_CONNECT, deadline.left()))
    else:
        found = looked_up(origin.host, origin.port)
        addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
        _judge(way, addresses)
        connection = connected(found, min(_CONNECT, deadline.left()))
    try:
        if way.proxy is not None:
            way.proxy.tunnel(connection, origin.host, origin.port, deadline)
        if context is not None:
            connection.settimeout(min(_CONNECT, deadline.left()))
            return context.wrap_socket(connection, server_hostname=origin.host)
    except BaseException:
        connection.close()
        raise
    return connection


def _judge(way: Way, addresses: Iterable[IPAddress]) -> None:
    for address in addresses:
        if way.refusal is not None and (reason := way.refusal(address)):
            raise Refused(reason)
        if not way.origin.is_tls and not address.is_loopback:
            raise Refused(f"{way.origin.host} is not this machine, so it must be https")


#: What a connection and an answer can raise that is not ours.
FAILURES = (OSError, http.client.HTTPException, zlib.error, ValueError, ssl.SSLError)
