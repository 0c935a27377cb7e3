"""[relay]: mails of reps on their way to the company's own SMTP server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connectors.network import is_loopback
from daemon.listen_address import listen_address
from daemon.options import Reader, join

#: Where it stands unless told otherwise.
LISTEN = "127.0.0.1:8465"
_PORTS = {"tls": 465, "starttls": 587, "none": 25}


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """[relay]"""

    #: Does `run` take mails?
    enabled: bool = False
    #: Address and port for TLS from the first byte; "": none.
    listen: str = LISTEN
    #: Address and port for STARTTLS; "": none.
    listen_starttls: str = ""
    #: The certificate of the name that clients know, with those between it and its authority, PEM.
    certificate_file: Path | None = None
    #: Its private key, PEM, without a passphrase.
    certificate_key_file: Path | None = None
    #: The company's SMTP server.
    host: str = ""
    #: None: 465 with tls, 587 with starttls, 25 without.
    port: int | None = None
    #: "none" is for a server on this machine alone.
    security: Literal["tls", "starttls", "none"] = "tls"
    #: Authorities to trust instead of the system's, PEM.
    ca_file: Path | None = None
    #: How long the server may take to let the relay in, and how long to answer a command.
    connect_seconds: float = 30
    timeout_seconds: float = 300
    #: Connections at once, of all and of one address.
    max_connections: int = 200
    max_connections_each: int = 20
    #: MiB that one mail may have; a server that takes less says so itself.
    max_mail_mib: int = 50

    @property
    def reached_at(self) -> tuple[str, int]:
        """(host, port) of the server."""
        return self.host, self.port if self.port is not None else _PORTS[self.security]

    @property
    def max_mail(self) -> int:
        """Octets that one mail may have."""
        return self.max_mail_mib * 1024 * 1024


def read_relay(table: object, reader: Reader) -> RelayConfig | None:
    """[relay]; None: it was refused."""
    found = reader.read(RelayConfig, table, "relay")
    if found is None:
        return None
    before = len(reader.problems)
    for key, value in (("listen", found.listen), ("listen_starttls", found.listen_starttls)):
        try:
            _ = listen_address(value, LISTEN) if value else None
        except ValueError as error:
            reader.refuse(join("relay", key), str(error).removeprefix("listen "))
    for key, number in (
        ("port", found.port if found.port is not None else 1),
        *((each, getattr(found, each)) for each in ("connect_seconds", "timeout_seconds")),
        *((each, getattr(found, each)) for each in ("max_connections", "max_connections_each", "max_mail_mib")),
    ):
        if not 0 < number < 65_536:
            reader.refuse(join("relay", key), "must be from 1 to 65535")
    if found.security == "none" and not is_loopback(found.host):
        hint = "none is for a server on this machine alone"
        reader.refuse("relay.security", "can't be none: passwords would travel open", hint)
    if found.enabled:
        _check_on(found, reader)
    return found if len(reader.problems) == before else None


def _check_on(found: RelayConfig, reader: Reader) -> None:
    if not found.host.strip():
        reader.refuse("relay.host", "is missing", "the SMTP server that the mails go to")
    if not found.listen and not found.listen_starttls:
        reader.refuse("relay.listen", "is empty, and so is listen_starttls", "write at least one of them")
    for key in ("certificate_file", "certificate_key_file"):
        if getattr(found, key) is None:
            reader.refuse(join("relay", key), "is missing", "mail programs log in by TLS alone")
