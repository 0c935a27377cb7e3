"""exchangelib under our HTTP client; the only file that knows its insides. Importing it costs 0.7 s.

exchangelib brings sessions, NTLM, envelopes with impersonation, and the versions of the service. Its retries, its
caches of connections and passwords, its parsing and its guesses at the version by extra requests are passed over.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

import lxml.etree
import requests
from exchangelib.account import Identity
from exchangelib.configuration import Configuration
from exchangelib.credentials import DELEGATE, IMPERSONATION
from exchangelib.protocol import BaseProtocol, FailFast
from exchangelib.services.common import EWSAccountService
from exchangelib.transport import AUTH_TYPE_MAP, DEFAULT_HEADERS, GSSAPI, NOAUTH, NTLM, get_auth_instance
from exchangelib.version import EXCHANGE_2013_SP1, Version

from connectors.ews.settings import EwsSettings
from connectors.http import HttpClient
from connectors.http import adapter as adapters
from connectors.http.login import Login
from connectors.records import Misconfigured, Secret

# what fails is told by our errors; they would log whole requests and answers, and a traceback for each missing ticket
for _name in ("exchangelib", "requests_gssapi"):
    logging.getLogger(_name).propagate = False
    logging.getLogger(_name).addHandler(logging.NullHandler())

_VISIBLE = re.compile(r"[\x20-\x7e]+")
_AFFINITY_COOKIE = "X-BackEndOverrideCookie"
_AFFINITY = re.compile(rf"\b{_AFFINITY_COOKIE}=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+)")


class _Judged(FailFast):  # type: ignore[misc] # exchangelib ships no types
    """Whatever the status is, the answer comes back to us."""

    def raise_response_errors(self, response: Any) -> None:
        """See above."""


class _Authorized(requests.auth.AuthBase):
    """Puts the login into each request."""

    def __init__(self, login: Login) -> None:
        self._login = login

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = visible(self._login())
        return request


def visible(header: Secret) -> str:
    """A header's text; raises Misconfigured for one that can be none, which requests would quote."""
    text = header.reveal()
    if not _VISIBLE.fullmatch(text):
        raise Misconfigured("the login holds characters that no header can hold", step="login")
    return text


def _by_ticket() -> Any:
    if GSSAPI not in AUTH_TYPE_MAP:
        hint = "pip install 'keeptouch[kerberos]', which needs the headers of Kerberos (Debian: libkrb5-dev)"
        raise Misconfigured("what logs in by Kerberos is not installed", step="login", hint=hint)
    return get_auth_instance(auth_type=GSSAPI)


class _Protocol(BaseProtocol):  # type: ignore[misc] # exchangelib ships no types
    """Not exchangelib's own, of which all accounts of a server without credentials would share one."""

    def __init__(self, config: Any, client: HttpClient, authorized: Any) -> None:
        super().__init__(config)
        self._client = client
        self._authorized = authorized
        self.TIMEOUT = None

    def create_session(self) -> Any:
        session: Any = adapters.session(self._client)
        session.headers.update(DEFAULT_HEADERS)
        session.auth = self._authorized
        session.session_id = session.usage_count = 0
        return session


class _Mailbox:
    """What exchangelib's services want to know of an account."""

    default_timezone = None
    #: Which of many servers has begun something with us.
    affinity_cookie: str | None = None

    def __init__(self, settings: EwsSettings, protocol: _Protocol) -> None:
        self.protocol = protocol
        self.version = protocol.config.version
        self.primary_smtp_address = settings.address
        self.access_type = IMPERSONATION if settings.impersonate else DELEGATE
        self.identity = Identity(primary_smtp_address=settings.address)


class _Service(EWSAccountService):  # type: ignore[misc] # exchangelib ships no types
    """Any operation."""

    def send(self, payload: Any, version: str) -> Any:
        """The response to a request in a version of the service; none of exchangelib's errors."""
        return self._get_response(payload=payload, api_version=version)

    def header_lines(self) -> dict[str, str]:
        """What Exchange wants to find outside of the envelope."""
        return dict(self._extra_headers())


class _Affine(_Service):
    """Any operation on a subscription, which only one of the servers behind a load balancer knows."""

    prefer_affinity = True


class Wire:
    """One login at one server, over one connection at a time."""

    def __init__(self, settings: EwsSettings, client: HttpClient, login: Login | None, password: Secret | None) -> None:
        """`password`: for NTLM; None: `login` is put into each request. `login` None: by Kerberos.

        Raises Misconfigured where what Kerberos needs is not installed.
        """
        config = Configuration(
            service_endpoint=settings.url,
            auth_type=NOAUTH,
            version=Version(build=EXCHANGE_2013_SP1),
            retry_policy=_Judged(),
            max_connections=1,
        )
        authorized: Any = _by_ticket() if login is None else _Authorized(login)
        if password is not None:
            # a name that is an address has no domain of NTLM's
            name = settings.username if "\\" in settings.username else f"\\{settings.username}"
            authorized = get_auth_instance(auth_type=NTLM, username=name, password=password.reveal())
        self._protocol = _Protocol(config, client, authorized)
        self._client = client
        self._login = login if password is None else None
        self._mailbox = _Mailbox(settings, self._protocol)
        self._service, self._affine = _Service(account=self._mailbox), _Affine(account=self._mailbox)

    def close(self) -> None:
        """Let go of the server."""
        self._protocol.close()

    def ask(self, payload: str, version: str, *, is_affine: bool = False) -> tuple[int, Mapping[str, str], bytes]:
        """(status, headers, body) of the answer; raises our errors, as the HTTP client makes them.

        `is_affine`: it begins what `request` goes on with, at the same one of many servers.
        """
        service = self._affine if is_affine else self._service
        response = service.send(lxml.etree.fromstring(payload), version)
        if is_affine:
            # our client keeps no cookies
            found = _AFFINITY.search(response.headers.get("Set-Cookie", ""))
            self._mailbox.affinity_cookie = found[1] if found else None
        return response.status_code, response.headers, response.content

    def request(self, payload: str, version: str) -> bytes:
        """A request as it goes over a connection on which `ask` was answered."""
        body: bytes = self._affine.wrap(lxml.etree.fromstring(payload), version)
        cookie = self._mailbox.affinity_cookie
        headers = {
            "Host": self._client.origin.host_header,
            "User-Agent": "keeptouch",
            **DEFAULT_HEADERS,
            "Accept-Encoding": "identity",
            "Content-Length": str(len(body)),
            **self._affine.header_lines(),
            **({"Cookie": f"{_AFFINITY_COOKIE}={cookie}"} if cookie else {}),
            # a login by NTLM holds for its connection
            **({"Authorization": visible(self._login())} if self._login else {}),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {self._client.path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body
