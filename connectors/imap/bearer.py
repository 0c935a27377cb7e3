"""Logging in with an access token: SASL OAUTHBEARER (RFC 7628), or XOAUTH2 as Google and Microsoft have it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from connectors.imap.settings import ImapSettings
from connectors.network import quoted
from connectors.records import Misconfigured

#: A server that refuses sends one challenge; one that sends more is not answered.
_CHALLENGES = 3


@dataclass(slots=True)
class Exchange:
    """One attempt: what we say, and what the server said of a token that it refuses."""

    mechanism: str
    first: bytes
    #: What ends a refused attempt: the server waits for it before it says NO.
    last: bytes
    is_sent: bool = False
    #: The error object of the server, as far as it was one.
    told: str = ""
    challenges: int = 0

    @classmethod
    def of(cls, settings: ImapSettings, token: str, offered: set[str]) -> Exchange:
        """For the better of what the server offers; raises Misconfigured where it takes no tokens."""
        user = settings.authorize_as or settings.username
        host, port = settings.address
        if "AUTH=OAUTHBEARER" in offered:
            name = user.replace("=", "=3D").replace(",", "=2C")
            text = f"n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01"
            return cls("OAUTHBEARER", text.encode(), b"\x01")
        if "AUTH=XOAUTH2" in offered:
            return cls("XOAUTH2", f"user={user}\x01auth=Bearer {token}\x01\x01".encode(), b"")
        raise Misconfigured(
            f"{settings.host} takes no tokens of OAuth on this connection",
            step="capability",
            hint="name a password instead of oauth, or another server or port",
        )

    def run(self, wire: Any, *, initial: bool) -> Any:
        """Carry it out on imaplib's connection; (status, data) of the server."""
        # imaplib calls what stands here, a method, with each challenge
        wire.literal = self._answer
        if not initial:
            return wire.xatom("AUTHENTICATE", self.mechanism)
        self.is_sent = True
        return wire.xatom("AUTHENTICATE", self.mechanism, base64.b64encode(self.first))

    def _answer(self, challenge: bytes) -> bytes:
        self.challenges += 1
        if not self.is_sent:
            self.is_sent = True
            return base64.b64encode(self.first)
        self.told = self.told or _error_of(challenge)
        # anything but base64 or "*" ends it with BAD (RFC 3501, section 6.2.2)
        return base64.b64encode(self.last) if self.challenges < _CHALLENGES else b"*"


def _error_of(challenge: bytes) -> str:
    """The status that a server's error object names (RFC 7628, section 3.2.2), such as "invalid_token" or "401"."""
    try:
        told = json.loads(base64.b64decode(challenge))
    except (ValueError, RecursionError):
        return ""
    return quoted(told.get("status", "")) if isinstance(told, dict) else ""
