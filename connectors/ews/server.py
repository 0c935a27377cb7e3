"""One login to one Exchange server: a question goes out in a version that the server knows, and comes back judged."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from connectors.ews import errors, soap
from connectors.ews.settings import EwsSettings
from connectors.ews.soap import NoAnswer, Refusal, Reply
from connectors.http import HttpClient
from connectors.http.login import Login
from connectors.records import Bearer, Secret, Unavailable

if TYPE_CHECKING:
    from connectors.ews.wire import Wire

#: Asked in these versions, until one is taken: 2010 brought what we ask for, and later ones nothing that we need.
_VERSIONS = ("Exchange2013_SP1", "Exchange2010_SP2")
#: How a server says in a page for people that it does not know a version.
_OTHER_VERSION = (b"The specified server version is invalid", b"ErrorInvalidSchemaVersionForMailboxVersion")


class Server:
    """Asks over one connection, made anew where it was lost; used by one thread."""

    def __init__(self, settings: EwsSettings, secret: Secret | None) -> None:
        self.settings = settings
        self._secret = secret
        self._login = Login(settings.username, secret)
        self._http = HttpClient(
            settings.url,
            ca_file=settings.ca_file,
            proxy=settings.proxy,
            timeout=float(settings.timeout_seconds),
        )
        self._wire: Wire | None = None
        #: The version of the service that the server took.
        self._version: str | None = None
        #: Did it answer since the connection was made? What it refuses then it did not refuse before.
        self._is_known = False

    def close(self) -> None:
        """Let go of the server; the next question connects anew."""
        if self._wire is not None:
            self._wire.close()
        self._http.close()
        self._login.forget()
        self._is_known = False

    def ask(self, operation: str, payload: str, step: str) -> list[Reply]:
        """The answers to all that a question asks for; raises ConnectorError."""
        wire = self._connected()
        versions = _VERSIONS if self._version is None else (self._version,)
        for version in versions:
            try:
                body = self._answer(wire, payload, version, step)
                replies = soap.replies(soap.read(body), operation)
            except Refusal as refusal:
                if refusal.code in errors.NOT_UNDERSTOOD and version != versions[-1]:
                    continue
                raise errors.refused(refusal, self.settings, step) from refusal
            except NoAnswer as problem:
                raise errors.unreadable(problem, self.settings, step) from problem
            self._version, self._is_known = version, True
            return replies
        raise AssertionError("there is a last version")

    def only(self, operation: str, payload: str, step: str) -> Reply:
        """The answer to a question for one thing; raises ConnectorError, also where it is refused."""
        replies = self.ask(operation, payload, step)
        if len(replies) != 1:
            raise errors.unreadable(NoAnswer(f"it has {len(replies)} answers, not one"), self.settings, step)
        if replies[0].refusal is not None:
            raise errors.refused(replies[0].refusal, self.settings, step)
        return replies[0]

    def _connected(self) -> Wire:
        if self._wire is None:
            is_ntlm = self.settings.auth == "ntlm" and not isinstance(self._secret, Bearer)
            self._wire = _wire(self.settings, self._http, self._login, self._secret if is_ntlm else None)
        return self._wire

    def _answer(self, wire: Wire, payload: str, version: str, step: str) -> bytes:
        try:
            status, headers, body = wire.ask(payload, version)
        except Unavailable as problem:
            # a connection that rested may have ended; our questions change nothing, and may be asked twice
            if not (self._is_known and isinstance(problem.__cause__, ConnectionError)):
                raise
            self._is_known = False
            status, headers, body = wire.ask(payload, version)
        if status == 401 and (self._login.renew() or self._is_known):
            # a token that expired; or a server that forgot whom it knew, as busy ones do
            self._is_known = False
            self._http.close()
            status, headers, body = wire.ask(payload, version)
        if status == 401:
            self._http.close()
            raise errors.login_refused(headers, self.settings, self._secret)
        if status == 500 and any(words in body[:4096] for words in _OTHER_VERSION):
            raise Refusal("ErrorInvalidServerVersion")
        # Exchange answers faults with status 500
        if status != 200 and not (status == 500 and b"Envelope" in body[:4096]):
            raise errors.status_refused(status, self.settings, step)
        return body


def _wire(settings: EwsSettings, http: HttpClient, login: Login, password: Secret | None) -> Wire:
    """Loaded where somebody connects: the import of exchangelib takes 0.7 s."""
    made: Wire = import_module("connectors.ews.wire").Wire(settings, http, login, password)
    return made
