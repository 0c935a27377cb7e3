"""[oauth.NAME]: a client that a provider knows, and how it gets tokens."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from daemon.credentials import SecretSource

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
#: Tenants of Microsoft that stand for many: a client cannot sign in to them by itself.
_MANY_TENANTS = ("common", "organizations", "consumers")


class Provider(StrEnum):
    """Whose endpoints are known, or where they are asked for (OpenID Connect Discovery 1.0)."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    DISCOVERY = "discovery"


class Grant(StrEnum):
    """How the first token is got."""

    #: A person signs in, in a browser (RFC 6749, section 4.1, with PKCE).
    AUTHORIZATION_CODE = "authorization_code"
    #: A person signs in, on another device (RFC 8628).
    DEVICE_CODE = "device_code"
    #: The client signs in by itself, for all mailboxes that it was given (RFC 6749, section 4.4).
    CLIENT_CREDENTIALS = "client_credentials"
    #: A service account signs in on behalf of each mailbox (RFC 7523, section 2.1).
    SERVICE_ACCOUNT = "service_account"

    @property
    def is_personal(self) -> bool:
        """Does a person sign in, once for each account?"""
        return self in (Grant.AUTHORIZATION_CODE, Grant.DEVICE_CODE)


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthSettings:
    """[oauth.NAME]. Raises ValueError for what cannot work."""

    provider: Provider
    #: Of "discovery": https://…, beneath which its endpoints are asked for.
    issuer: str | None = None
    client_id: str = ""
    client_secret: SecretSource | None = None
    #: Instead of a secret: PEM, with its key or without.
    client_certificate_file: Path | None = None
    #: The certificate's key, PEM, where it lies apart.
    client_key: SecretSource | None = None
    #: The key of a service account, the JSON that Google hands out.
    service_account: SecretSource | None = None
    #: Empty: what mail needs at this provider.
    scopes: tuple[str, ...] = ()
    #: Of Microsoft: the directory's id or domain.
    tenant: str = ""
    grant: Grant = Grant.AUTHORIZATION_CODE
    #: Authorities to trust instead of the system's, PEM.
    ca_file: Path | None = None
    #: http://host:port; None: what HTTPS_PROXY and NO_PROXY say.
    proxy: str | None = None

    def __post_init__(self) -> None:
        for problem in (self._provider_problem(), self._grant_problem()):
            if problem:
                raise ValueError(problem)

    def _provider_problem(self) -> str:
        is_discovery = self.provider is Provider.DISCOVERY
        if is_discovery != (self.issuer is not None):
            return 'needs issuer = "https://…"' if is_discovery else 'takes issuer with provider = "discovery" alone'
        if self.issuer is not None and not is_safe_url(self.issuer):
            return "issuer must be an https:// URL without login, query and fragment (http:// for this machine alone)"
        if is_discovery and not self.scopes:
            return 'needs scopes with provider = "discovery": ask the provider which ones mail needs'
        if self.tenant and (self.provider is not Provider.MICROSOFT or not _TENANT.fullmatch(self.tenant)):
            return 'takes tenant with provider = "microsoft" alone, and as the directory\'s id or domain'
        return ""

    def _grant_problem(self) -> str:
        is_service = self.grant is Grant.SERVICE_ACCOUNT
        if is_service and self.provider is Provider.MICROSOFT:
            return 'has no grant = "service_account" at Microsoft: use "client_credentials"'
        if self.grant is Grant.CLIENT_CREDENTIALS and self.provider is Provider.GOOGLE:
            return 'has no grant = "client_credentials" at Google: use "service_account"'
        if is_service != (self.service_account is not None):
            return 'needs service_account_file with grant = "service_account", and with no other'
        if not is_service and not self.client_id:
            return "needs client_id"
        if self.client_secret is not None and self.client_certificate_file is not None:
            return "has both client_secret_… and client_certificate_file: keep one of them"
        if self.client_key is not None and self.client_certificate_file is None:
            return "has client_key_… without client_certificate_file"
        if self.grant is Grant.CLIENT_CREDENTIALS:
            if self.client_secret is None and self.client_certificate_file is None:
                return 'needs client_secret_… or client_certificate_file with grant = "client_credentials"'
            if self.provider is Provider.MICROSOFT and self.tenant.lower() in ("", *_MANY_TENANTS):
                return 'needs the tenant with grant = "client_credentials"'
        return ""


@dataclass(frozen=True, slots=True)
class OAuth:
    """A client by its name in the configuration."""

    name: str
    settings: OAuthSettings


def is_safe_url(url: str) -> bool:
    """Is it https (http for this machine), and a bare address of a server and a path?"""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or port == 0 or parts.username is not None or parts.password is not None:
        return False
    if parts.query or parts.fragment or not url.isascii() or any(letter <= " " for letter in url):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
