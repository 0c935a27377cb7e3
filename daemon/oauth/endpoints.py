"""Where a provider's endpoints are: known beforehand, or told by the provider itself and then checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.api import Misconfigured, Unavailable
from daemon.oauth.http import STEP, Answer, Http
from daemon.oauth.settings import Grant, OAuthSettings, Provider, is_safe_url

_MICROSOFT = "https://login.microsoftonline.com"
#: Issuers whose endpoints lie on further hosts.
_FURTHER_HOSTS: Final = {
    "https://accounts.google.com": frozenset({"https://oauth2.googleapis.com", "https://openidconnect.googleapis.com"}),
}
_SCOPES: Final = {
    (Provider.GOOGLE, True): ("https://mail.google.com/", "openid", "email"),
    (Provider.GOOGLE, False): ("https://mail.google.com/",),
    (Provider.MICROSOFT, True): (
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "offline_access",
        "openid",
        "email",
        "profile",
    ),
    (Provider.MICROSOFT, False): ("https://outlook.office365.com/.default",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """URLs of a provider."""

    #: Whose tokens they are.
    issuer: str
    token: str
    authorization: str | None = None
    device: str | None = None
    userinfo: str | None = None
    #: Does the client's secret travel in the header Authorization, not in the form?
    takes_basic: bool = False
    #: What else is asked for, so that a refresh token comes along.
    asked: tuple[tuple[str, str], ...] = ()
    #: The host of the redirect as it is registered: both are this machine.
    redirect_host: str = "127.0.0.1"


def scopes_of(settings: OAuthSettings) -> str:
    """What is asked for, by default what mail needs."""
    return " ".join(settings.scopes or _SCOPES[settings.provider, settings.grant.is_personal])


def issuer_of(settings: OAuthSettings) -> str:
    """Whose tokens the client gets; asks nobody."""
    if settings.provider is Provider.GOOGLE:
        return "https://accounts.google.com"
    return settings.issuer or f"{_MICROSOFT}/{settings.tenant or 'organizations'}/v2.0"


def endpoints_of(settings: OAuthSettings, http: Http) -> Endpoints:
    """The provider's endpoints; raises Unavailable, or Misconfigured where it tells what cannot be trusted."""
    if settings.provider is Provider.GOOGLE:
        return Endpoints(
            issuer=issuer_of(settings),
            authorization="https://accounts.google.com/o/oauth2/v2/auth",
            token="https://oauth2.googleapis.com/token",
            device="https://oauth2.googleapis.com/device/code",
            userinfo="https://openidconnect.googleapis.com/v1/userinfo",
            asked=(("access_type", "offline"), ("prompt", "consent")),
        )
    if settings.provider is Provider.MICROSOFT:
        base = f"{_MICROSOFT}/{settings.tenant or 'organizations'}"
        return Endpoints(
            issuer=issuer_of(settings),
            authorization=f"{base}/oauth2/v2.0/authorize",
            token=f"{base}/oauth2/v2.0/token",
            device=f"{base}/oauth2/v2.0/devicecode",
            redirect_host="localhost",
        )
    assert settings.issuer is not None
    return _discovered(settings.issuer, settings.grant, http)


def _discovered(issuer: str, grant: Grant, http: Http) -> Endpoints:
    """As OpenID Connect Discovery 1.0, section 4 has it."""
    answer = http.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", {})
    told = document(answer)
    if answer.status != 200 or told is None:
        problem = f"{answer.host} does not tell its endpoints ({answer.status})"
        raise Unavailable(problem, step=STEP, hint="check issuer")
    if told.get("issuer") != issuer:
        hint = f"write issuer as the provider does, if that is the right one: {str(told.get('issuer'))[:200]!r}"
        raise Misconfigured(f"{answer.host} says that it is another issuer", step=STEP, hint=hint)
    found = {name: _checked(issuer, told.get(f"{name}_endpoint"), name) for name in _NAMES}
    if found["token"] is None or (grant is Grant.AUTHORIZATION_CODE and found["authorization"] is None):
        raise Misconfigured(f"{answer.host} tells no endpoint for this grant", step=STEP, hint="check grant")
    methods = told.get("token_endpoint_auth_methods_supported")
    return Endpoints(
        issuer=issuer,
        token=found["token"],
        authorization=found["authorization"],
        device=found["device_authorization"],
        userinfo=found["userinfo"],
        takes_basic=not (isinstance(methods, list) and "client_secret_post" in methods),
    )


_NAMES: Final = ("token", "authorization", "device_authorization", "userinfo")


def _checked(issuer: str, url: object, name: str) -> str | None:
    """An endpoint of the issuer's own origin, or of a host that belongs to it; raises Misconfigured for others."""
    if url is None:
        return None
    if isinstance(url, str) and is_safe_url(url) and _origin(url) in {_origin(issuer), *_FURTHER_HOSTS.get(issuer, ())}:
        return url
    problem = f"{urlsplit(issuer).hostname} names a {name}_endpoint on another server, which is not trusted"
    raise Misconfigured(problem, step=STEP, hint="check issuer")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    port = "" if parts.port in (None, 443 if parts.scheme == "https" else 80) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


def document(answer: Answer) -> dict[str, Any] | None:
    """The JSON object of an answer; None where it is none."""
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
