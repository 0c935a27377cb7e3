"""The options of an IMAP account, and which of them cannot work together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from connectors.choices import Choice
from connectors.network import Proxy, is_loopback
from connectors.records import Misconfigured

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    """Where the mailbox lies, how it is reached, and what of it is read."""

    #: Name or address of the server.
    host: str
    #: None: 993 with tls, else 143.
    port: int | None = None
    #: "none" is for loopback alone.
    security: Literal["tls", "starttls", "none"] = "tls"
    username: str
    #: Read this mailbox with the rights of `username` (SASL PLAIN, RFC 4616).
    authorize_as: str | None = None
    folders: Choice = field(default_factory=Choice)
    #: Folders whose changes the server tells at once, by names as in `folders`; None: the inbox and Sent.
    watch: tuple[str, ...] | None = None
    #: Mail that the server received (INTERNALDATE) on this day or later; None: all.
    since: date | None = None
    #: Authorities to trust instead of the system's, PEM.
    ca_file: Path | None = None
    #: Our certificate and its key in one file, PEM.
    client_cert: Path | None = None
    #: HTTP proxy that opens tunnels by CONNECT: http://host:port
    proxy: str | None = None
    timeout_seconds: float = 60
    #: Whose Authentication-Results headers are believed (RFC 8601).
    authserv_id: str | None = None

    @property
    def address(self) -> tuple[str, int]:
        """(host, port)"""
        usual = 993 if self.security == "tls" else 143
        return self.host, usual if self.port is None else self.port


def check(settings: ImapSettings) -> None:
    """Raise Misconfigured for options that cannot work, whatever the server does."""
    host, port = settings.address
    if not _can_be_host(host) or not 0 < port < 65536:
        raise Misconfigured(f"{host!r}:{port} is no address of a server", step="connect")
    if settings.timeout_seconds <= 0:
        raise Misconfigured("timeout_seconds must be more than 0", step="connect")
    if not settings.username or _CONTROLS.search(settings.username + (settings.authorize_as or "")):
        raise Misconfigured("username is empty or holds control characters", step="login")
    if settings.security == "none" and (not is_loopback(host) or settings.proxy is not None):
        raise Misconfigured(
            f"security = 'none' would send the password in plain text to {host}",
            step="connect",
            hint="use security = 'tls' or 'starttls'; 'none' is for a server on this machine (127.0.0.1)",
        )
    for option, path in (("ca_file", settings.ca_file), ("client_cert", settings.client_cert)):
        if path is not None and not path.is_file():
            raise Misconfigured(f"{option}: {path} is no file", step="tls")
    if settings.proxy is not None:
        Proxy.of(settings.proxy)


def _can_be_host(host: str) -> bool:
    try:
        # what the socket module does to a name (RFC 3490)
        return bool(host.encode("idna")) and not _CONTROLS.search(host) and " " not in host
    except UnicodeError:
        return False
