"""One login to one Exchange server: a question goes out in a version that the server knows, and comes back judged."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from connectors.ews import errors, quiet, soap
from connectors.ews.settings import EwsSettings
from connectors.ews.soap import NoAnswer, Refusal, Reply
from connectors.http import HttpClient
from connectors.http.login import Login
from connectors.records import Bearer, ConnectorError, Secret, Unavailable
from connectors.traffic import Traffic

if TYPE_CHECKING:
    from connectors.ews.wire import Wire

TRAFFIC = Traffic("ews")
#: Asked in these versions, until one is taken: 2010 brought what we ask for, and later ones nothing that we need.
_VERSIONS = ("Exchange2013_SP1", "Exchange2010_SP2")
#: How a server says in a page for people that it does not know a version.
_OTHER_VERSION = (b"The specified server version is invalid", b"ErrorInvalidSchemaVersionForMailboxVersion")


class Server:
    """Asks over one connection, made anew where it was lost; used by one thread."""

    def __init__(self, settings: EwsSettings, secret: Secret | None) -> None:
        self.settings = settings
        self._secret = secret
        #: None: a ticket of Kerberos says who we are.
        self._login = None if settings.is_by_ticket(secret) else Login(settings.username, secret)
        self._http = HttpClient(
            settings.url,
            ca_file=settings.ca_file,
            proxy=settings.proxy,
            timeout=float(settings.timeout_seconds),
            traffic=TRAFFIC,
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
        if self._login is not None:
            self._login.forget()
        self._is_known = False

    def ask(
        self, operation: str, payload: str, step: str, *, is_affine: bool = False, is_change: bool = False
    ) -> list[Reply]:
        """The answers to all that a question asks for; raises ConnectorError.

        `is_affine`: see `Wire.ask`. `is_change`: it changes something, and is not sent again where the answer is lost.
        """
        try:
            return self._asked(operation, payload, step, is_affine=is_affine, is_change=is_change)
        except Unavailable as error:
            self._note_rest(error)
            raise

    def _note_rest(self, error: ConnectorError) -> None:
        if isinstance(error, Unavailable) and error.retry_after:
            quiet.rest(self.settings, error.retry_after)

    def _asked(self, operation: str, payload: str, step: str, *, is_affine: bool, is_change: bool) -> list[Reply]:
        wire = self._connected()
        versions = _VERSIONS if self._version is None else (self._version,)
        for version in versions:
            try:
                ask = partial(wire.ask, payload, version, is_affine=is_affine)
                body = self._answer(ask, step, is_change=is_change)
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

    def only(self, operation: str, payload: str, step: str, *, is_affine: bool = False) -> Reply:
        """The answer to a question for one thing; raises ConnectorError, also where it is refused."""
        replies = self.ask(operation, payload, step, is_affine=is_affine)
        if len(replies) != 1:
            raise errors.unreadable(NoAnswer(f"it has {len(replies)} answers, not one"), self.settings, step)
        if replies[0].refusal is not None:
            error = errors.refused(replies[0].refusal, self.settings, step)
            self._note_rest(error)
            raise error
        return replies[0]

    def detach(self, payload: str) -> tuple[socket.socket, bytes]:
        """(the connection on which an affine question was just answered, and which is the caller's from now on; another
        question as it goes over that connection). Raises ConnectorError."""
        assert self._version is not None
        request = self._connected().request(payload, self._version)
        connection = self._http.detach()
        if connection is None:
            raise Unavailable(f"{self.settings.host} ended the connection", step="watch")
        return connection, request

    @property
    def knows_2013(self) -> bool:
        """Does it know the names that Exchange 2013 brought, as far as we know?"""
        return self._version != _VERSIONS[-1]

    def _connected(self) -> Wire:
        if self._wire is None:
            is_ntlm = self.settings.auth == "ntlm" and not isinstance(self._secret, Bearer)
            self._wire = _wire(self.settings, self._http, self._login, self._secret if is_ntlm else None)
        return self._wire

    def _answer(self, ask: Callable[[], tuple[int, Mapping[str, str], bytes]], step: str, *, is_change: bool) -> bytes:
        try:
            status, headers, body = ask()
        except Unavailable as problem:
            # a connection that rested may have ended; what changes nothing may be asked twice
            if is_change or not (self._is_known and isinstance(problem.__cause__, ConnectionError)):
                raise
            self._is_known = False
            status, headers, body = ask()
        if status == 401 and ((self._login is not None and self._login.renew()) or self._is_known):
            # a token that expired; or a server that forgot whom it knew, as busy ones do
            self._is_known = False
            self._http.close()
            status, headers, body = ask()
        if status == 401:
            self._http.close()
            raise errors.login_refused(headers, self.settings, self._secret)
        if status == 500 and any(words in body[:4096] for words in _OTHER_VERSION):
            raise Refusal("ErrorInvalidServerVersion")
        # Exchange answers faults with status 500
        if status != 200 and not (status == 500 and b"Envelope" in body[:4096]):
            raise errors.status_refused(status, self.settings)
        return body


def _wire(settings: EwsSettings, http: HttpClient, login: Login | None, password: Secret | None) -> Wire:
    """Loaded where somebody connects: the import of exchangelib takes 0.7 s."""
    made: Wire = import_module("connectors.ews.wire").Wire(settings, http, login, password)
    return made
