"""HTTP requests to addresses that a configuration names, and to nothing behind them.

The host's addresses are looked up once, checked, and one of them is connected to, so that a name cannot mean another
address a moment later. Redirects are not followed. Loopback, link-local and the addresses at which clouds tell secrets
are refused unless allowed.
"""

from __future__ import annotations

import http.client
import ipaddress
import math
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

#: For everything, from looking up the name to the end of the answer, in seconds.
TIME_LIMIT = 30.0
#: Of an answer more is not read.
_MOST_READ = 64 * 1024
#: Where clouds tell a machine its secrets, beside the link-local ones: AWS, Alibaba, Oracle, Azure.
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16")))
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class EgressError(Exception):
    """The request could not be made, or was answered by no HTTP; says why in words for people."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send, checked when the configuration is read."""

    scheme: str
    host: str
    port: int
    path: str
    #: May it be this machine, or an address of its own network segment alone?
    allow_local: bool = False
    #: Whom to trust instead of the system's authorities.
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said."""

    status: int
    #: Seconds it asks to wait (Retry-After, RFC 9110, section 10.2.3, as a number); None: not told.
    retry_after: float | None


def target_of(url: str, *, allow_local: bool, ca_file: Path | None) -> Target:
    """The target that a URL names; raises ValueError with what is wrong, which never quotes the URL's secrets."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("must be written as https://HOST/PATH")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no password")
    if parts.fragment:
        raise ValueError("must have no part behind #")
    if parts.scheme == "http" and not allow_local:
        raise ValueError("must be https; http is for this machine alone, with allow_local")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port, path, allow_local, ca_file)


def post(target: Target, body: bytes, headers: Mapping[str, str], time_limit: float = TIME_LIMIT) -> Answer:
    """Send one POST; raises EgressError."""
    context = _context(target) if target.scheme == "https" else None
    address = _looked_up(target)
    try:
        connection = socket.create_connection((str(address), target.port), timeout=time_limit)
    except OSError as error:
        raise EgressError(f"{target.host} can't be reached: {_words(error)}") from error
    # a server that answers a byte now and then never runs into the timeout of the socket
    limit = threading.Timer(time_limit, _break, [connection])
    limit.daemon = True
    limit.start()
    try:
        if context is not None:
            connection = context.wrap_socket(connection, server_hostname=target.host)
        return _exchange(target, connection, body, headers)
    except (OSError, http.client.HTTPException) as error:
        raise EgressError(f"{target.host} gives no answer: {_words(error)}") from error
    finally:
        limit.cancel()
        connection.close()


def _exchange(target: Target, connection: socket.socket, body: bytes, headers: Mapping[str, str]) -> Answer:
    client = http.client.HTTPConnection(target.host, target.port)
    client.sock = connection
    client.request("POST", target.path, body, dict(headers))
    with client.getresponse() as response:
        response.read(_MOST_READ)
        return Answer(response.status, _seconds(response.getheader("Retry-After")))


def _looked_up(target: Target) -> _Address:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise EgressError(f"{target.host} can't be found: {_words(error)}") from error
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    refused = [address for address in addresses if not target.allow_local and is_local(address)]
    if refused:
        raise EgressError(f"{target.host} is {refused[0]}, and local addresses are refused without allow_local")
    if target.scheme == "http" and not all(address.is_loopback for address in addresses):
        raise EgressError(f"{target.host} is not this machine, so it must be https")
    return addresses[0]


def is_local(address: _Address) -> bool:
    """Is it this machine, its network segment alone, no host's at all, or a place where a cloud tells secrets?"""
    inner = _embedded(address)
    if inner is not None:
        return is_local(inner)
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or (address.is_reserved and not address.is_global)
        or address in _METADATA
    )


def _embedded(address: _Address) -> _Address | None:
    """The IPv4 address that an IPv6 address stands for (RFC 4291 2.5.5.2, RFC 6052, RFC 3056)."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _context(target: Target) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=target.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise EgressError(f"ca_file {target.ca_file} can't be used: {_words(error)}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _break(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended by itself
        connection.close()


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if seconds >= 0 and math.isfinite(seconds) else None


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
