"""The options of an Exchange account, and which of them cannot work together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from connectors.choices import Choice
from connectors.http import Origin
from connectors.network import Proxy
from connectors.records import Bearer, Misconfigured, Secret

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_ADDRESS = re.compile(r"[^\s@\\]+@[^\s@\\]+")
#: Microsoft's own Exchange, where EWS ends.
_CLOUD = re.compile(r"(outlook|webmail)\.(office365|office)\.com|outlook\.office365\.us|partner\.outlook\.cn")
SUCCESSOR = "Microsoft ends EWS in Exchange Online on 1 April 2027; its successor is Microsoft Graph"


@dataclass(frozen=True, slots=True, kw_only=True)
class EwsSettings:
    """Where the mailbox lies, who reads it, and what of it is read."""

    #: Of the service itself: https://mail.acme.example/EWS/Exchange.asmx
    url: str
    #: An address, or DOMAIN\name.
    username: str
    #: Address of the mailbox that is read; None: `username` is its address.
    mailbox: str | None = None
    #: Read it as its owner (the role ApplicationImpersonation), not as somebody who was let in.
    impersonate: bool = False
    #: How a password is proved; tokens of OAuth are bearer tokens whatever this says. "kerberos" takes no password but
    #: a ticket that the machine has, and `username` then only names the mailbox.
    auth: Literal["basic", "ntlm", "kerberos"] = "basic"
    folders: Choice = field(default_factory=Choice)
    #: Which calendars are followed, by full names as well.
    calendars: Choice = field(default_factory=Choice)
    #: Folders and calendars whose changes the server tells at once, by names as in `folders`; None: all that are
    #: followed; (): none.
    watch: tuple[str, ...] | None = None
    #: Mail that the server received on this day (UTC) or later, and meetings from then on; None: all.
    since: date | None = None
    #: Authorities to trust instead of the system's, PEM.
    ca_file: Path | None = None
    #: HTTP proxy that opens tunnels by CONNECT: http://host:port; None: what HTTPS_PROXY and NO_PROXY say.
    proxy: str | None = None
    #: How long the server may stay silent.
    timeout_seconds: float = 60
    #: Whose Authentication-Results headers are believed (RFC 8601).
    authserv_id: str | None = None

    @property
    def address(self) -> str:
        """Of the mailbox that is read."""
        return self.mailbox or self.username

    @property
    def is_for_another(self) -> bool:
        """Does somebody read a mailbox that need not be his own?"""
        return self.address.casefold() != self.username.casefold()

    def is_by_ticket(self, secret: Secret | None) -> bool:
        """Is who logs in shown by a ticket of Kerberos?"""
        return self.auth == "kerberos" and not isinstance(secret, Bearer)

    @property
    def host(self) -> str:
        """Of the server; raises Misconfigured where `url` is none."""
        return Origin.of(self.url)[0].host

    @property
    def port(self) -> int:
        """Of the server; raises Misconfigured where `url` is none."""
        return Origin.of(self.url)[0].port

    @property
    def is_cloud(self) -> bool:
        """Is the server Microsoft's own?"""
        return _CLOUD.fullmatch(self.host) is not None


def check(settings: EwsSettings, secret: Secret | None) -> None:
    """Raise Misconfigured for options that cannot work, whatever the server does."""
    _origin, path = Origin.of(settings.url)
    if path == "/":
        hint = "write the service itself, such as https://mail.acme.example/EWS/Exchange.asmx"
        raise Misconfigured("url names no service", step="connect", hint=hint)
    if settings.timeout_seconds <= 0:
        raise Misconfigured("timeout_seconds must be more than 0", step="connect")
    if not settings.username or _CONTROLS.search(settings.username):
        raise Misconfigured("username is empty or holds control characters", step="login")
    if not _ADDRESS.fullmatch(settings.address):
        hint = "write the address of the mailbox as mailbox"
        raise Misconfigured(f"{settings.address!r} is no address of a mailbox", step="login", hint=hint)
    if settings.impersonate and settings.mailbox is None:
        hint = "name the mailbox that is read on behalf of its owner, or mailboxes"
        raise Misconfigured("impersonate needs a mailbox", step="login", hint=hint)
    if settings.ca_file is not None and not settings.ca_file.is_file():
        raise Misconfigured(f"ca_file: {settings.ca_file} is no file", step="tls")
    if settings.proxy is not None:
        Proxy.of(settings.proxy)
    if secret is None and not settings.is_by_ticket(secret):
        raise Misconfigured("a password is missing", step="login", hint="give password_file, or another of its kind")
    if settings.is_cloud and not isinstance(secret, Bearer):
        hint = f"name an [oauth.NAME] as oauth. {SUCCESSOR}"
        raise Misconfigured(f"{settings.host} takes no passwords", step="login", hint=hint)
