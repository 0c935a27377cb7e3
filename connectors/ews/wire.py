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
from exchangelib.transport import DEFAULT_HEADERS, NOAUTH, NTLM, get_auth_instance
from exchangelib.version import EXCHANGE_2013_SP1, Version

from connectors.ews.settings import EwsSettings
from connectors.http import HttpClient
from connectors.http import adapter as adapters
from connectors.http.login import Login
from connectors.records import Misconfigured, Secret

# what fails is told by our errors; exchangelib would log whole requests and answers
logging.getLogger("exchangelib").propagate = False
logging.getLogger("exchangelib").addHandler(logging.NullHandler())

_VISIBLE = re.compile(r"[\x20-\x7e]+")


class _Judged(FailFast):  # type: ignore[misc] # exchangelib ships no types
    """Whatever the status is, the answer comes back to us."""

    def raise_response_errors(self, response: Any) -> None:
        """See above."""


class _Authorized(requests.auth.AuthBase):
    """Puts the login into each request."""

    def __init__(self, login: Login) -> None:
        self._login = login

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        text = self._login().reveal()
        if not _VISIBLE.fullmatch(text):
            # requests would quote it
            raise Misconfigured("the login holds characters that no header can hold", step="login")
        request.headers["Authorization"] = text
        return request


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
    affinity_cookie = None

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


class Wire:
    """One login at one server, over one connection at a time."""

    def __init__(self, settings: EwsSettings, client: HttpClient, login: Login, password: Secret | None) -> None:
        """`password`: for NTLM; None: `login` is put into each request."""
        config = Configuration(
            service_endpoint=settings.url,
            auth_type=NOAUTH,
            version=Version(build=EXCHANGE_2013_SP1),
            retry_policy=_Judged(),
            max_connections=1,
        )
        authorized: Any = _Authorized(login)
        if password is not None:
            # a name that is an address has no domain of NTLM's
            name = settings.username if "\\" in settings.username else f"\\{settings.username}"
            authorized = get_auth_instance(auth_type=NTLM, username=name, password=password.reveal())
        self._protocol = _Protocol(config, client, authorized)
        self._service = _Service(account=_Mailbox(settings, self._protocol))

    def close(self) -> None:
        """Let go of the server."""
        self._protocol.close()

    def ask(self, payload: str, version: str) -> tuple[int, Mapping[str, str], bytes]:
        """(status, headers, body) of the answer; raises our errors, as the HTTP client makes them."""
        response = self._service.send(lxml.etree.fromstring(payload), version)
        return response.status_code, response.headers, response.content
