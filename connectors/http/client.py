"""Requests to one server and to nobody whom it names: the one place that decides what an HTTP request may do.

Whom to trust, through which proxy, how long, how much, where redirects and derived URLs may lead, and what an answer
means as one of our errors. `connectors.http.adapter` puts it under libraries that bring HTTP clients of their own.
"""

from __future__ import annotations

import base64
import http.client
import re
import socket
import ssl
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import getproxies, proxy_bypass

from connectors.http.origin import Origin
from connectors.http.wire import FAILURES, OTHERS, Line, Refused, Reply, TooLarge, Way
from connectors.network import (
    Deadline,
    IPAddress,
    Proxy,
    certificate_problem,
    is_local,
    quoted,
    system_problem,
    unresolved,
)
from connectors.records import AuthFailed, ConnectorError, Misconfigured, Secret, Unavailable
from connectors.traffic import Traffic

_MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
#: Requests that may be sent again when a connection that rested proves to have ended (RFC 9110, section 9.2.2).
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"})
#: A whole exchange may take so many times as long as the server may stay silent.
_PATIENCE = 5
_VISIBLE = re.compile(r"[\x20-\x7e]+")
#: The beginning of a challenge, which no parameter is (name="value").
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][\w-]*)(?=\s+[^\s=]|\s*(?:,|$))")

#: Gives the value of the header Authorization, anew for each request.
Authorization = Callable[[], Secret]


def basic(username: str, password: Secret) -> Authorization:
    """Name and password (RFC 7617)."""

    # held, so that it is masked where a server quotes it
    login = Secret(base64.b64encode(f"{username}:{password.reveal()}".encode()).decode())
    return lambda: Secret(f"Basic {login.reveal()}")


def bearer(token: Callable[[], Secret]) -> Authorization:
    """A token (RFC 6750), which `token` gives fresh for each request."""
    return lambda: Secret(f"Bearer {token().reveal()}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: the status, headers in lower case, and the body; of which path, after redirects."""

    status: int
    headers: dict[str, str]
    body: bytes
    path: str


class HttpClient:
    """One server, asked over one connection that is made anew where it was lost; used by one thread."""

    def __init__(
        self,
        url: str,
        *,
        login: Authorization | None = None,
        ca_file: Path | None = None,
        proxy: str | None = None,
        timeout: float = 60.0,
        allowed_hosts: tuple[str, ...] = (),
        traffic: Traffic = OTHERS,
    ) -> None:
        """Ask nobody yet; raises Misconfigured.

        `url`: https, or http to this machine. `ca_file`: authorities to trust instead of the system's, PEM. `proxy`:
        http://host:port; None: what HTTPS_PROXY and NO_PROXY say. `timeout`: seconds without a byte; a whole answer may
        take five times as long. `allowed_hosts` (host or host:port): may be asked too, by https and without the login.
        `traffic` counts what is asked, and how much.
        """
        self.origin, self.path = Origin.of(url)
        self._login = login
        #: By which the last request logged in; an answer to it may say that it takes others alone.
        self._scheme = ""
        self._ca_file = ca_file
        self._proxy = None if proxy is None else Proxy.of(proxy)
        self._timeout = timeout
        self._allowed = frozenset(Origin.of(f"https://{host}/")[0] for host in allowed_hosts)
        self._traffic = traffic
        self._line: Line | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the server; the next request connects anew."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def detach(self) -> socket.socket | None:
        """The connection, which is the caller's from now on; None where the server has ended it."""
        line, self._line = self._line, None
        if line is None or line.has_ended:
            return None
        return line.detach()

    def request(self, method: str, where: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """The answer to a request for a path, or for a URL of this server or an allowed host.

        Any status is an answer but 429, 503, and, where there is a login, 401. Raises AuthFailed, Unavailable (TooLarge
        for a body above 20 MiB), Misconfigured.
        """
        reply, origin, path = self.begin(method, where, body, headers or {})
        return Answer(reply.status, reply.headers, b"".join(self.parts(reply, origin)), path)

    def parts(self, reply: Reply, origin: Origin, most: int | None = None) -> Generator[bytes, None, None]:
        """The decoded body of what `begin` brought; raises as `request`, TooLarge for one above `most` octets."""
        try:
            with translated(origin.host):
                yield from reply.parts(most)
        finally:
            if not reply.is_over:
                self.close()

    def begin(
        self, method: str, where: str, body: bytes, headers: Mapping[str, str], *, is_endless: bool = False
    ) -> tuple[Reply, Origin, str]:
        """(the head of the answer, its origin, its path); `is_endless`: it has no deadline, each part of it has."""
        origin, path = self._target(where)
        deadline = Deadline(self._timeout, None if is_endless else self._timeout * _PATIENCE)
        for _redirect in range(_MAX_REDIRECTS + 1):
            reply = self._asked(origin, method, path, body, headers, deadline)
            if reply.status not in _REDIRECTS:
                self._judge(reply, origin)
                return reply, origin, path
            to = reply.headers.get("location", "")
            target = origin.path_of(to, path) if to else None
            if target is None:
                self.close()
                problem = f"{origin.host} sends us to another server: {quoted(to) or 'nowhere'}"
                raise Unavailable(problem, step="connect", hint="write that server's URL, if it is the right one")
            for _part in self.parts(reply, origin):
                pass
            path = target
            if reply.status == 303:
                method, body = "GET", b""
        raise Unavailable(f"{origin.host} sends us on and on", step="connect", hint="check the option url")

    def _target(self, where: str) -> tuple[Origin, str]:
        found = self.origin.derived(where, self.path)
        if found is not None and (found[0] == self.origin or found[0] in self._allowed):
            return found
        problem = f"{self.origin.host} names a URL that is not its own: {quoted(_bare(where))}"
        raise Unavailable(problem, step="connect", hint="write that server's URL, if it is the right one")

    def _asked(
        self, origin: Origin, method: str, path: str, body: bytes, headers: Mapping[str, str], deadline: Deadline
    ) -> Reply:
        sent = {"User-Agent": "keeptouch", "Accept-Encoding": "gzip", **headers}
        if self._login is not None and origin == self.origin:
            sent["Authorization"] = _checked(self._login())
            self._scheme = sent["Authorization"].partition(" ")[0]
        line = self._line
        with self._ended(origin):
            if line is not None and line.origin == origin and not line.has_ended:
                try:
                    return line.ask(method, path, body, sent, deadline)
                except (http.client.RemoteDisconnected, ConnectionError):
                    # a server may end a connection that rested, at any time
                    if method not in _REPEATABLE:
                        raise
            self.close()
            self._line = Line(self._way(origin), deadline)
            return self._line.ask(method, path, body, sent, deadline)

    def _way(self, origin: Origin) -> Way:
        # a server on this machine may have others there beside it; anybody else's name must not lead here
        refusal = None if origin == self.origin or self.origin.is_loopback else refuse_local
        proxy = proxy_for(origin, self._proxy)
        return Way(origin=origin, ca_file=self._ca_file, proxy=proxy, refusal=refusal, traffic=self._traffic)

    def _judge(self, reply: Reply, origin: Origin) -> None:
        host = origin.host
        if reply.status == 401 and self._login is not None and origin == self.origin:
            self.close()
            hint = "check username and password; some providers want an app password"
            wanted, ours = schemes(reply.headers), self._scheme
            if wanted and ours.lower() not in map(str.lower, wanted):
                hint = f"have the server take {ours} too; the password may be right"
                raise AuthFailed(
                    f"{host} takes no login by {ours}, only {' or '.join(wanted)}", step="login", hint=hint
                )
            raise AuthFailed(f"{host} refused the login", step="login", hint=hint)
        if reply.status in (429, 503):
            self.close()
            problem = f"{host} takes no request now ({reply.status})"
            raise Unavailable(problem, step="connect", retry_after=retry_after(reply.headers))

    @contextmanager
    def _ended(self, origin: Origin) -> Iterator[None]:
        """Where an exchange fails the connection ends, and the failure becomes one of our errors."""
        try:
            with translated(origin.host):
                yield
        except BaseException:
            self.close()
            raise


def proxy_for(origin: Origin, proxy: Proxy | None) -> Proxy | None:
    """The way to a server: `proxy`, else what HTTPS_PROXY and NO_PROXY say; None: straight. Raises Misconfigured."""
    if origin.is_loopback:
        return None
    if proxy is not None:
        return proxy
    told = getproxies()
    if "https" not in told or proxy_bypass(origin.host, told):
        return None
    return Proxy.of(told["https"], named_by="HTTPS_PROXY", may_log_in=True)


def schemes(headers: Mapping[str, str]) -> list[str]:
    """By which schemes an answer says that one can log in (RFC 9110, section 11.6.1), as it writes them."""
    return list(dict.fromkeys(_SCHEME.findall(headers.get("www-authenticate", ""))))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer asks to wait (RFC 9110, section 10.2.3); None where it does not, or not in an order.

    A date counts from the answer's own Date, so that the two clocks need not agree.
    """
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        until, now = _date(text), _date(headers.get("date", "")) or datetime.now(UTC)
        return None if until is None else max(0.0, (until - now).total_seconds())
    return seconds if seconds >= 0 and isfinite(seconds) else None


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _checked(header: Secret) -> str:
    """A header's text; libraries quote in their errors what can be none."""
    text = header.reveal()
    if not _VISIBLE.fullmatch(text):
        raise Misconfigured("the login holds characters that no header can hold", step="login")
    return text


def refuse_local(address: IPAddress) -> str | None:
    """The refusal of whoever may reach others alone; see `Way`."""
    return f"it leads to the local address {address}" if is_local(address) else None


def _bare(url: str) -> str:
    """A URL for an error text: without its query, where secrets may stand."""
    return url.partition("?")[0]


@contextmanager
def translated(host: str) -> Iterator[None]:
    """Raise what a connection and http.client raise as one of the four errors."""
    try:
        yield
    except TooLarge as error:
        raise TooLarge(f"{host} answers with {error.problem}", step="connect") from None
    except ConnectorError:
        raise
    except Refused as error:
        raise Unavailable(f"{host} is not asked: {error}", step="connect") from None
    except FAILURES as error:
        raise _problem(error, host) from error


def _problem(error: Exception, host: str) -> ConnectorError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return certificate_problem(error, host, "tls")
    if isinstance(error, ssl.SSLError):
        problem = f"TLS with {host} failed: {quoted(error.reason or error)}"
        return Unavailable(problem, step="tls", hint="check the port of the option url")
    if isinstance(error, socket.gaierror):
        return unresolved(error, host, "resolve")
    if isinstance(error, OSError):
        return system_problem(error, host, "connect")
    problem = f"{host} gives no answer of HTTP: {quoted(error) or type(error).__name__}"
    return Unavailable(problem, step="connect", hint="check the option url")
