"""HTTP requests to addresses that a configuration names, and to nothing behind them.

Redirects are not followed, no proxy is asked, and of the answer only its head matters. Loopback, link-local and the
addresses at which clouds tell secrets are refused unless allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from connectors.api import ConnectorError, Misconfigured, Traffic
from connectors.http import Deadline, Line, Origin, Way, refuse_local, retry_after, translated

_TRAFFIC = Traffic("webhook")
#: For everything, from looking up the name to the end of the answer, in seconds.
TIME_LIMIT = 30.0


class EgressError(Exception):
    """The request could not be made, or was answered by no HTTP; says why in words for people."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send, checked when the configuration is read."""

    origin: Origin
    path: str
    #: May it be this machine, or an address of its own network segment alone?
    allow_local: bool = False
    #: Whom to trust instead of the system's authorities.
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said."""

    status: int
    #: Seconds it asks to wait; None: not told.
    retry_after: float | None


def target_of(url: str, *, allow_local: bool, ca_file: Path | None) -> Target:
    """The target that a URL names; raises ValueError with what is wrong, which never quotes the URL's secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("must be written as https://HOST/PATH") from None
    if "@" in parts.netloc:
        raise ValueError("must hold no password")
    if parts.fragment:
        raise ValueError("must have no part behind #")
    if parts.scheme == "http" and not allow_local:
        raise ValueError("must be https; http is for this machine alone, with allow_local")
    try:
        origin, path = Origin.of(url)
    except Misconfigured:
        raise ValueError("must be written as https://HOST/PATH") from None
    return Target(origin, path, allow_local, ca_file)


def post(target: Target, body: bytes, headers: Mapping[str, str], time_limit: float = TIME_LIMIT) -> Answer:
    """Send one POST; raises EgressError."""
    refusal = None if target.allow_local else refuse_local
    way = Way(origin=target.origin, ca_file=target.ca_file, refusal=refusal, traffic=_TRAFFIC)
    deadline = Deadline(time_limit, time_limit)
    try:
        with translated(target.origin.host), closing(Line(way, deadline)) as line:
            reply = line.ask("POST", target.path, body, headers, deadline)
            # what was sent and not read would reset the connection
            reply.skim()
            return Answer(reply.status, retry_after(reply.headers))
    except ConnectorError as error:
        raise EgressError(error.problem) from error
