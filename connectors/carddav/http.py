"""HTTP to one server, bounded: TLS verified, no other origin, answers of limited size and time.

By the standard library, because the HTTP clients that DAV libraries bring follow redirects wherever they lead, with the
password, and read answers of any size.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

from connectors.network import certificate_problem, quoted, shared_context, system_problem, unresolved
from connectors.records import AuthFailed, ConnectorError, Misconfigured, Secret, Unavailable

#: Octets of an answer's body.
MAX_BODY = 20 * 1024 * 1024
_MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 307, 308)
_PART = 64 * 1024
#: A whole answer may take so many times as long as the server may stay silent.
_PATIENCE = 5
#: What stays as it is in a path (RFC 3986 section 3.3); the rest is written one way, so that paths can be compared.
_PLAIN = "/:@!$&'()*+,;=-._~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Scheme, host and port, which never change."""

    is_tls: bool
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> tuple[Origin, str]:
        """(origin, path) of a URL; raises Misconfigured where it is none, or would send a password in clear."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise Misconfigured("url is no URL", hint="such as https://dav.acme.example/") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured(
                "url must begin with https:// and name a host", hint="such as https://dav.acme.example/"
            )
        if parts.username is not None or parts.password is not None:
            raise Misconfigured("url has a login in it", hint="write username, and name the file of the password")
        is_tls = parts.scheme == "https"
        if not is_tls and not _is_loopback(parts.hostname):
            raise Misconfigured("url must begin with https://", hint="http:// is for a server on this machine alone")
        origin = cls(is_tls=is_tls, host=parts.hostname, port=port or (443 if is_tls else 80))
        return origin, canonical(parts.path or "/")

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_tls else 'http'}://{host}:{self.port}"

    def path_of(self, href: str, base: str) -> str | None:
        """The path of what a server calls `href` in an answer about `base`; None: it is of another origin."""
        try:
            origin, path = Origin.of(urljoin(f"{self.url}{base}", href.strip()))
        except (Misconfigured, ValueError):
            return None
        return path if origin == self else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: the status, headers in lower case, and the body; of which path, after redirects."""

    status: int
    headers: dict[str, str]
    body: bytes
    path: str


class TooLarge(Exception):
    """The answer has more than MAX_BODY octets."""


class Http:
    """One connection, made anew where it was lost."""

    def __init__(self, origin: Origin, username: str, secret: Secret, ca_file: Path | None, timeout: float) -> None:
        self._origin = origin
        self._secret = secret
        self._username = username
        self._timeout = timeout
        self._ca_file = ca_file
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Let go of the server."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def request(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        """The answer, whatever its status but 401, 429 and 503; raises AuthFailed, Unavailable, TooLarge."""
        for _redirect in range(_MAX_REDIRECTS + 1):
            answer = self._ask(method, path, body.encode(), headers)
            if answer.status not in _REDIRECTS:
                return self._judged(answer)
            where = answer.headers.get("location", "")
            target = self._origin.path_of(where, path) if where else None
            if target is None:
                problem = f"{self._origin.host} sends us to another server: {quoted(where) or 'nowhere'}"
                raise Unavailable(problem, step="connect", hint="write that server's URL, if it is the right one")
            path = target
        raise Unavailable(f"{self._origin.host} sends us on and on", step="connect", hint="check the option url")

    def _judged(self, answer: Answer) -> Answer:
        host = self._origin.host
        if answer.status == 401:
            hint = "check username and password; some providers want an app password"
            raise AuthFailed(f"{host} refused the login", step="login", hint=hint)
        if answer.status in (429, 503):
            wait = answer.headers.get("retry-after", "")
            rest = float(wait) if wait.isdecimal() and len(wait) < 8 else None
            raise Unavailable(f"{host} takes no request now ({answer.status})", step="connect", retry_after=rest)
        return answer

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        login = base64.b64encode(f"{self._username}:{self._secret.reveal()}".encode()).decode()
        sent = {
            "Authorization": f"Basic {login}",
            "User-Agent": "keeptouch",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if body:
            sent["Content-Type"] = "application/xml; charset=utf-8"
        is_fresh = self._connection is None
        with _translated(self._origin.host):
            try:
                return self._exchange(method, path, body, sent)
            except (http.client.RemoteDisconnected, ConnectionError, http.client.CannotSendRequest):
                self.close()
                if is_fresh:
                    raise
            except BaseException:
                self.close()
                raise
            # a server may end a connection that rested, at any time
            return self._exchange(method, path, body, sent)

    def _exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection = self._connection = self._connection or self._opened()
        connection.request(method, path, body or None, headers)
        deadline = time.monotonic() + self._timeout * _PATIENCE
        parts: list[bytes] = []
        size = 0
        # closed whatever happens; and what was read to its end by `read1` does not count as read, else
        with connection.getresponse() as response:
            while part := response.read1(_PART):
                parts.append(part)
                size += len(part)
                if size > MAX_BODY:
                    self.close()
                    raise TooLarge
                if time.monotonic() > deadline:
                    raise TimeoutError
            if response.length:
                raise http.client.IncompleteRead(b"", response.length)
        if response.will_close:
            self.close()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, told, b"".join(parts), path)

    def _opened(self) -> http.client.HTTPConnection:
        origin = self._origin
        if not origin.is_tls:
            return http.client.HTTPConnection(origin.host, origin.port, timeout=self._timeout)
        context = shared_context(self._ca_file)
        return http.client.HTTPSConnection(origin.host, origin.port, timeout=self._timeout, context=context)


def canonical(path: str) -> str:
    """The path in the one way in which we write it: servers differ in what they escape (RFC 3986 section 6.2.2)."""
    return quote(unquote(path, errors="surrogateescape"), safe=_PLAIN, errors="surrogateescape")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _translated(host: str) -> Iterator[None]:
    try:
        yield
    except ConnectorError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise certificate_problem(error, host, "tls") from error
    except ssl.SSLError as error:
        hint = "check the port of the option url"
        raise Unavailable(f"TLS with {host} failed: {quoted(error.reason or error)}", step="tls", hint=hint) from error
    except socket.gaierror as error:
        raise unresolved(error, host, "resolve") from error
    except OSError as error:
        raise system_problem(error, host, "connect") from error
    except (http.client.HTTPException, ValueError) as error:
        problem = f"{host} gives no answer of HTTP: {quoted(error) or type(error).__name__}"
        raise Unavailable(problem, step="connect", hint="check the option url") from error
