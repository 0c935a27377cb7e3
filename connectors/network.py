"""What every connector needs of a network: sockets, proxies, TLS contexts, and their errors as ours."""

from __future__ import annotations

import base64
import errno
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors.records import ConnectorError, Misconfigured, Secret, Unavailable

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_EXPIRED, _NOT_YET, _WRONG_HOST, _WRONG_IP = 10, 9, 62, 64
_UNTRUSTED = {2, 18, 19, 20, 21, 27}
#: A proxy's answer is a status line and a few headers.
_PROXY_ANSWER = 8192
#: Where clouds tell a machine its secrets, beside the link-local ones: AWS, Alibaba, Oracle, Azure.
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16")))
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def quoted(text: object) -> str:
    """A server's own words for an error text: one line, bounded."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return _CONTROLS.sub(" ", str(text)).strip()[:300]


def shared_context(ca_file: Path | None, client_cert: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or later, certificates checked against the system's authorities, or those of `ca_file` alone.

    Shared by all connections that trust the same, because one takes 0.8 MB and 40 ms; made anew when the files change,
    or the folder of the system's authorities, so that one that was removed is trusted no longer.
    """
    system = ssl.get_default_verify_paths()
    trusted = (system.cafile, system.capath) if ca_file is None else (ca_file,)
    return _context(ca_file, client_cert, *map(_version, (*trusted, client_cert)))


@lru_cache(maxsize=8)
def _context(ca_file: Path | None, client_cert: Path | None, *_versions: object) -> ssl.SSLContext:
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


def _version(path: Path | str | None) -> tuple[str, int, int, int] | None:
    try:
        state = None if path is None else Path(path).stat()
    except OSError:
        return None
    return None if state is None else (str(path), state.st_mtime_ns, state.st_ino, state.st_size)


def certificate_problem(error: ssl.SSLCertVerificationError, host: str, step: str) -> ConnectorError:
    """A server's certificate that can't be trusted."""
    hint = "have the server's certificate renewed"
    if error.verify_code == _EXPIRED:
        problem = f"the certificate of {host} has expired"
    elif error.verify_code == _NOT_YET:
        problem, hint = f"the certificate of {host} is not valid yet", "check this machine's clock"
    elif error.verify_code in {_WRONG_HOST, _WRONG_IP}:
        problem = f"the certificate is not for {host}"
        hint = "write the name that the certificate is for as host"
    elif error.verify_code in _UNTRUSTED:
        problem = f"the certificate of {host} is signed by an authority that is not trusted"
        hint = "name the authority's certificate as ca_file, if it is your own"
    else:
        problem = f"the certificate of {host} is refused: {quoted(error.verify_message)}"
    return Unavailable(problem, step="tls", hint=hint)


def unresolved(error: socket.gaierror, host: str, step: str) -> ConnectorError:
    """A name that has no address."""
    if error.errno == socket.EAI_AGAIN:
        return Unavailable(f"the address of {host} can't be looked up now", step="resolve")
    return Unavailable(f"there is no host {host}", step="resolve", hint="check the option host, and the DNS")


def system_problem(error: OSError, host: str, step: str) -> ConnectorError:
    """A connection that failed."""
    if isinstance(error, ConnectionRefusedError):
        return Unavailable(f"{host} refused the connection", step=step, hint="check host and port")
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return Unavailable(f"{host} did not answer in time", step=step, hint="check host, port and firewall")
    return Unavailable(f"the connection to {host} failed: {error.strerror or quoted(error)}", step=step)


def is_loopback(host: str) -> bool:
    """Is it this machine, by its name or address alone?"""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_local(address: IPAddress) -> bool:
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


def _embedded(address: IPAddress) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for (RFC 4291 2.5.5.2, RFC 6052, RFC 3056)."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def looked_up(host: str, port: int) -> list[tuple[Any, ...]]:
    """The addresses of a host as `connected` takes them; raises OSError."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "not a host's name") from None


def connected(found: Sequence[tuple[Any, ...]], timeout: float) -> socket.socket:
    """A socket to the first of a host's addresses that answers; raises the last one's OSError."""
    failure = OSError("the host has no address")
    for family, kind, protocol, _, address in found:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(timeout)
        try:
            connection.connect(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            failure = error
            connection.close()
        else:
            return connection
    raise failure


def keep_alive(connection: socket.socket) -> None:
    """Have the system ask every two minutes whether the other end is still there, and break what is dead in four."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 120), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4)):
        # not every system has all of them
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class Deadline:
    """How long something may take: `silence` seconds without a byte, `total` seconds in all (None: no end)."""

    def __init__(self, silence: float, total: float | None) -> None:
        self._silence = silence
        self._end = None if total is None else time.monotonic() + total

    def left(self) -> float:
        """Seconds that the next step may take; raises TimeoutError."""
        if self._end is None:
            return self._silence
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for an answer is over")
        return min(left, self._silence)


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy that opens tunnels by CONNECT (RFC 9110, section 9.3.6)."""

    host: str
    port: int
    #: name:password, for the proxy alone; None: it asks for none.
    login: Secret | None = None

    @classmethod
    def of(cls, text: str, *, named_by: str = "proxy", may_log_in: bool = False) -> Proxy:
        """The proxy that http://host:port names; raises Misconfigured, without quoting it."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
            parts = urlsplit("")
        is_plain = parts.scheme == "http" and not (parts.path.strip("/") or parts.query or parts.fragment)
        if not (is_plain and host and port) or ("@" in parts.netloc and not may_log_in):
            hint = "write it as http://host:port" + ("" if may_log_in else ", without name and password")
            raise Misconfigured(f"{named_by} is no address of an HTTP proxy", step="connect", hint=hint)
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
        return cls(host, port, Secret(login) if login else None)

    def tunnel(self, connection: socket.socket, host: str, port: int, deadline: Deadline) -> None:
        """Have the proxy connect us with a host; raises Unavailable, OSError."""
        name = f"[{host}]:{port}" if ":" in host else f"{host.encode('idna').decode('ascii')}:{port}"
        asked = f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n"
        if self.login is not None:
            login = base64.b64encode(self.login.reveal().encode()).decode()
            asked += f"Proxy-Authorization: Basic {login}\r\n"
        connection.sendall(f"{asked}\r\n".encode("ascii"))
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            connection.settimeout(deadline.left())
            # byte by byte: what follows the empty line belongs to TLS
            byte = connection.recv(1)
            answer += byte
            if not byte or len(answer) > _PROXY_ANSWER:
                raise Unavailable("the proxy gives no answer of HTTP", step="connect", hint="check the option proxy")
        status = answer.split(b"\r\n", 1)[0]
        if status[9:10] != b"2":
            raise Unavailable(f"the proxy refuses to connect to {host}: {quoted(status)}", step="connect")
