"""[digest]: the mail that tells each of ours, once a working day, what is to be done."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import time
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

from connectors.api import Secret
from connectors.network import is_loopback
from daemon.credentials import SecretSource
from daemon.options import Reader, join
from daemon.problems import suggestion
from matching.addresses import normalize

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_PORTS = {"tls": 465, "starttls": 587, "none": 25}


@dataclass(frozen=True, slots=True)
class DigestConfig:
    """[digest]"""

    #: The SMTP server that takes the company's mail.
    host: str
    #: Whom the mail is from: an address, or Name <address>.
    sender: str
    #: false: none is sent. Without the table neither.
    on: bool = True
    #: None: 465 with tls, 587 with starttls, 25 without.
    port: int | None = None
    #: "none" is for a server on this machine alone.
    security: Literal["tls", "starttls", "none"] = "starttls"
    #: None: the server asks for no login.
    username: str | None = None
    password: SecretSource | None = None
    #: Authorities to trust instead of the system's, PEM.
    ca_file: Path | None = None
    #: How long the server may stay silent.
    timeout_seconds: float = 30
    #: When it is sent, by the clock of whom it is for.
    at: str = "08:00"
    #: Addresses of those who get one; (): all.
    people: tuple[str, ...] = ()
    #: Of those whose language the configuration does not tell.
    language: str = "en"

    @property
    def reached_at(self) -> tuple[str, int]:
        """(host, port)"""
        return self.host, self.port if self.port is not None else _PORTS[self.security]

    @property
    def time(self) -> time:
        """When it is sent."""
        hour, _, minute = self.at.partition(":")
        return time(int(hour), int(minute))

    @property
    def address(self) -> str:
        """The sender's address alone."""
        return parseaddr(self.sender)[1]

    def read_secret(self, environ: Mapping[str, str], folder: Path) -> Secret | None:
        """The password; None where there is no login. Raises ConfigError."""
        return self.password.read(environ, folder) if self.password else None


def read_digest(value: object, reader: Reader, people: Mapping[str, str]) -> DigestConfig | None:
    """[digest], be it on or not; None where there is none, or it was refused.

    `people`: normal form of each address of ours -> that of the person's main address.
    """
    if value is None:
        return None
    found = reader.read(DigestConfig, value, "digest")
    if found is None:
        return None
    before = len(reader.problems)
    _check(found, reader)
    chosen = tuple(_people(found.people, reader, people))
    return replace(found, people=chosen) if len(reader.problems) == before else None


def _check(found: DigestConfig, reader: Reader) -> None:
    def refuse(key: str, problem: str, hint: str = "") -> None:
        reader.refuse(join("digest", key), problem, hint)

    if not found.host.strip():
        refuse("host", "must be the name of a server")
    if not found.address.isascii() or normalize(found.address) is None:
        refuse("sender", "is no address", 'write it as name@domain or "Name <name@domain>", the address in ASCII')
    if not _TIME.fullmatch(found.at):
        refuse("at", f'"{found.at}" is no time of the day', 'such as "08:00"')
    if found.port is not None and not 0 < found.port < 65536:
        refuse("port", "must be from 1 to 65535")
    if found.timeout_seconds <= 0:
        refuse("timeout_seconds", "must be more than 0")
    if found.security == "none" and not is_loopback(found.host):
        refuse("security", "can't be none: the mails would travel open", "none is for a server on this machine alone")
    if (found.username is None) != (found.password is None):
        refuse("username", "stands with a password alone, and a password with it", "leave both out, or write both")


def _people(given: Iterable[str], reader: Reader, people: Mapping[str, str]) -> Iterable[str]:
    for each in given:
        main = people.get(normalize(each) or "")
        if main is None:
            reader.refuse("digest.people", f"{each} is nobody of ours", suggestion(each, people))
        else:
            yield main
