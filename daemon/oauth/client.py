"""A client at its provider's token endpoint: what is sent to it, and what its answers mean.

Unavailable: it cannot be asked now. AuthFailed: a person has to sign in. Misconfigured: the provider does not take this
client. No error quotes what was sent.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from connectors.api import AuthFailed, ConnectorError, Misconfigured, Secret, Unavailable
from daemon.credentials import SecretSource
from daemon.oauth.endpoints import Endpoints, document, endpoints_of, issuer_of, scopes_of
from daemon.oauth.http import STEP, Answer, Http
from daemon.oauth.settings import OAuth, Provider
from daemon.printable import printable

#: Seconds that a token is taken to live where the provider does not say.
_USUAL_LIFETIME = 600.0
_LONGEST_LIFETIME = 30 * 86_400.0
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: Errors (RFC 6749, section 5.2; OpenID Connect Core 1.0, section 3.1.2.6) that a new sign-in mends.
_SIGN_IN = {"invalid_grant", "interaction_required", "login_required", "consent_required", "access_denied"}
#: That nothing but another configuration mends.
_HINTS = {
    "invalid_client": "check client_id and its secret or certificate: it may have expired at the provider",
    "unauthorized_client": "allow this grant to the client at the provider",
    "unsupported_grant_type": "check grant",
    "invalid_scope": "check scopes",
    "invalid_request": "check client_id, scopes and tenant",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a provider gave."""

    access: Secret
    #: Seconds that the access token lives.
    lifetime: float
    refresh: Secret | None
    #: Who signed in, as the id_token says; empty without one.
    claims: Mapping[str, Any]


class RefusedError(Exception):
    """An error that the token endpoint named, for those who poll it; `error` is its code."""

    def __init__(self, error: str, meaning: ConnectorError) -> None:
        super().__init__(error)
        self.error = error
        self.meaning = meaning


class Client:
    """One [oauth.NAME]; used by many threads."""

    def __init__(self, oauth: OAuth, environ: Mapping[str, str], folder: Path) -> None:
        self.name = oauth.name
        self.settings = oauth.settings
        self.http = Http(oauth.settings.ca_file, oauth.settings.proxy)
        self._environ = environ
        self._folder = folder
        self._endpoints: Endpoints | None = None

    @property
    def endpoints(self) -> Endpoints:
        """The provider's; asked for once. Raises Unavailable, Misconfigured."""
        if self._endpoints is None:
            self._endpoints = endpoints_of(self.settings, self.http)
        return self._endpoints

    @property
    def issuer(self) -> str:
        """Whose tokens it gets; asks nobody."""
        return issuer_of(self.settings)

    @property
    def scopes(self) -> str:
        """What is asked for."""
        return scopes_of(self.settings)

    def refresh(self, token: Secret) -> Granted:
        """The next access token; raises ConnectorError."""
        return self.granted({"grant_type": "refresh_token", "refresh_token": token.reveal()})

    def own(self) -> Granted:
        """A token of the client itself; raises ConnectorError."""
        return self.granted({"grant_type": "client_credentials", "scope": self.scopes})

    def on_behalf_of(self, mailbox: str) -> Granted:
        """A token of the service account, for a person's mailbox; raises ConnectorError."""
        assert self.settings.service_account is not None
        account = _assertions().service_account(self._read(self.settings.service_account))
        claims = {"iss": account.email, "sub": mailbox, "scope": self.scopes, "aud": self.endpoints.token}
        form = {"grant_type": JWT_BEARER, "assertion": account.signer.sign(claims)}
        return self._judged(self.http.post(self.endpoints.token, form, {}))

    def granted(self, form: Mapping[str, str]) -> Granted:
        """What the token endpoint gives for a form, with the client's own proof; raises ConnectorError."""
        try:
            return self.attempt(form)
        except RefusedError as refused:
            raise refused.meaning from None

    def attempt(self, form: Mapping[str, str]) -> Granted:
        """As `granted`, but raises RefusedError for errors that the endpoint named."""
        proof, headers = self._proof()
        return self._judged(self.http.post(self.endpoints.token, {**form, **proof}, headers), is_attempt=True)

    def ask_device(self) -> dict[str, Any]:
        """What the device authorization endpoint says (RFC 8628, section 3.2); raises ConnectorError."""
        if self.endpoints.device is None:
            raise Misconfigured("the provider lets no devices sign in", step=STEP, hint="leave out --device")
        proof, headers = self._proof()
        answer = self.http.post(self.endpoints.device, {"scope": self.scopes, **proof}, headers)
        told = document(answer)
        if answer.status != 200 or told is None:
            raise _meaning(answer, told, self.name)
        return told

    def userinfo(self, access: Secret) -> Mapping[str, Any]:
        """Who the token is for, as the provider says; empty where it does not. Raises Unavailable."""
        if self.endpoints.userinfo is None:
            return {}
        answer = self.http.get(self.endpoints.userinfo, {"Authorization": f"Bearer {access.reveal()}"})
        if answer.status >= 500:
            raise _meaning(answer, None, self.name)
        return (document(answer) or {}) if answer.status == 200 else {}

    def _proof(self) -> tuple[dict[str, str], dict[str, str]]:
        """(fields, headers) that prove who the client is (RFC 6749, section 2.3; RFC 7523, section 2.2)."""
        settings, named = self.settings, {"client_id": self.settings.client_id}
        if settings.client_certificate_file is not None:
            claims = {"iss": settings.client_id, "sub": settings.client_id, "aud": self.endpoints.token}
            return {**named, "client_assertion_type": _ASSERTION, "client_assertion": self._signed(claims)}, {}
        if settings.client_secret is None:
            return named, {}
        secret = self._read(settings.client_secret)
        if not self.endpoints.takes_basic:
            return {**named, "client_secret": secret}, {}
        login = f"{quote_plus(settings.client_id)}:{quote_plus(secret)}".encode()
        return {}, {"Authorization": f"Basic {base64.b64encode(login).decode('ascii')}"}

    def _signed(self, claims: Mapping[str, str]) -> str:
        path = self.settings.client_certificate_file
        assert path is not None
        try:
            certificate = path.read_bytes()
        except OSError as error:
            raise Misconfigured(f"client_certificate_file can't be read: {error.strerror}", step=STEP) from None
        source = self.settings.client_key
        key = self._read(source) if source is not None else certificate.decode("ascii", "replace")
        is_pss = self.settings.provider is Provider.MICROSOFT
        signed: str = _assertions().certificate_signer(certificate, key, is_pss=is_pss).sign(claims)
        return signed

    def _read(self, source: SecretSource) -> str:
        return source.read(self._environ, self._folder).reveal()

    def _judged(self, answer: Answer, *, is_attempt: bool = False) -> Granted:
        told = document(answer)
        if answer.status != 200:
            meaning = _meaning(answer, told, self.name)
            error = told.get("error") if told is not None else None
            if is_attempt and isinstance(error, str):
                raise RefusedError(error, meaning)
            raise meaning
        access = told.get("access_token") if told is not None else None
        if told is None or not _is_token(access) or str(told.get("token_type", "")).lower() != "bearer":
            raise Unavailable(f"{answer.host} gives no token that can be understood", step=STEP)
        refresh = told.get("refresh_token")
        return Granted(
            access=Secret(str(access)),
            lifetime=_lifetime(told.get("expires_in")),
            refresh=Secret(str(refresh)) if _is_token(refresh) else None,
            claims=self._claims(told.get("id_token")),
        )

    def _claims(self, id_token: object) -> Mapping[str, Any]:
        """Of an id_token that came from the token endpoint itself: TLS says whose it is (OpenID Connect Core 1.0,
        section 3.1.3.7, point 6). One for another client or of another issuer is as none."""
        try:
            payload = str(id_token).split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (ValueError, IndexError, RecursionError):
            return {}
        if not isinstance(claims, dict):
            return {}
        audience = claims.get("aud")
        is_ours = self.settings.client_id in (audience if isinstance(audience, list) else [audience])
        # Microsoft names the directory of who signed in, which we may not know
        is_issuer = self.settings.provider is Provider.MICROSOFT or claims.get("iss") == self.issuer
        return claims if is_ours and is_issuer else {}


def _assertions() -> Any:
    """Loaded where something is signed: its import of X.509 takes longer than all of this package."""
    return import_module("daemon.oauth.assertions")


def _is_token(value: object) -> bool:
    """Letters that can travel in a header (RFC 6749, appendix A.12)."""
    return isinstance(value, str) and 0 < len(value) <= 64 * 1024 and all(" " < letter <= "~" for letter in value)


def _lifetime(value: object) -> float:
    try:
        seconds = float(value) if isinstance(value, str | int | float) else _USUAL_LIFETIME
    except (ValueError, OverflowError):
        return _USUAL_LIFETIME
    return min(max(seconds, 0.0), _LONGEST_LIFETIME) if math.isfinite(seconds) else _USUAL_LIFETIME


def _meaning(answer: Answer, told: Mapping[str, Any] | None, name: str) -> ConnectorError:
    """What an answer without a token means for the account."""
    error = told.get("error") if told is not None else None
    code = printable(error)[:60] if isinstance(error, str) else ""
    if answer.status >= 500 or code in ("temporarily_unavailable", "slow_down", "server_error"):
        problem = f"{answer.host} gives no tokens now ({answer.status}{f', {code}' if code else ''})"
        return Unavailable(problem, step=STEP)
    if code in _SIGN_IN:
        problem = f"{answer.host} no longer takes the sign-in: it has expired or was revoked ({code})"
        return AuthFailed(problem, step=STEP, hint="sign in again: keeptouch accounts login")
    if code in _HINTS:
        problem = f"{answer.host} does not take the client of [oauth.{name}] ({code})"
        return Misconfigured(problem, step=STEP, hint=_HINTS[code])
    return Unavailable(f"{answer.host} gives no token ({answer.status}{f', {code}' if code else ''})", step=STEP)
