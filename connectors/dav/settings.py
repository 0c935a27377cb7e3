"""The options of a CalDAV account."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from connectors.choices import Choice
from connectors.records import Misconfigured

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalDavSettings:
    """Where the calendars lie, how they are reached, and which are followed."""

    #: Of the server, which is asked where one's calendars are, or of one calendar.
    url: str
    username: str
    calendars: Choice = field(default_factory=Choice)
    #: Meetings from this day on become history; calendars are read as a whole. None: all.
    since: date | None = None
    #: Authorities to trust instead of the system's, PEM.
    ca_file: Path | None = None
    #: HTTP proxy that opens tunnels by CONNECT: http://host:port; None: what HTTPS_PROXY and NO_PROXY say.
    proxy: str | None = None
    #: How long the server may stay silent.
    timeout_seconds: float = 60


def check(settings: CalDavSettings) -> None:
    """Raise Misconfigured for options that cannot work, whatever the server does."""
    if settings.timeout_seconds <= 0:
        raise Misconfigured("timeout_seconds must be more than 0", step="connect")
    if not settings.username or _CONTROLS.search(settings.username):
        raise Misconfigured("username is empty or holds control characters", step="login")
    if settings.ca_file is not None and not settings.ca_file.is_file():
        raise Misconfigured(f"ca_file: {settings.ca_file} is no file", step="tls")
