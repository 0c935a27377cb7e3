"""A relay before a server of a test, and clients that send through it."""

from __future__ import annotations

import base64
import smtplib
import socket
import ssl
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from daemon.config.relay import RelayConfig
from daemon.relay.listener import Listener
from daemon.relay.tracking import PATIENCE, Tracker
from tests.servers.certificates import Certificate, CertificateAuthority
from tests.unit.daemon.company_mail import NOON
from tests.unit.daemon.tracking_house import KEY, Tracking

LOGIN = ("alice", "right")
LINK = "https://acme.example/offer"


def letter(number: int = 1, to: str = "ann@client.example", body: str = "", head: str = "") -> bytes:
    """A mail of HTML as a client writes it."""
    html = body or f'<p>سلام <a href="{LINK}">offer</a></p>'
    return (
        f"{head}From: alice@acme.example\r\nTo: {to}\r\nMessage-ID: <{number}@acme.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{html}\r\n"
    ).encode()


class Relay:
    """Listens from entering to leaving; `upstream`: (port, certificate's authority, security) of the server."""

    def __init__(
        self,
        at: Tracking,
        certificate: Certificate,
        authority: CertificateAuthority,
        port: int,
        security: Any = "tls",
        patience: float = PATIENCE,
        **more: Any,
    ) -> None:
        config = RelayConfig(
            enabled=True,
            listen="127.0.0.1:0",
            listen_starttls="127.0.0.1:0",
            certificate_file=certificate.chain,
            certificate_key_file=certificate.key,
            host="localhost" if security != "none" else "127.0.0.1",
            port=port,
            security=security,
            ca_file=authority.file,
            **{"connect_seconds": 3, "timeout_seconds": 3, **more},
        )
        self.trusted = ssl.create_default_context(cafile=authority.file)
        self.tracker = Tracker(at.house.store, at.config, at.house.company.rules, KEY, lambda: NOON, patience)
        self.listener = Listener(config, self.tracker)

    def __enter__(self) -> Self:
        self.listener.begin()
        assert self.listener.is_up.wait(10)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.listener.stop(1)

    def client(self, login: tuple[str, str] | None = LOGIN) -> smtplib.SMTP:
        """A client that has logged in, by TLS from the beginning."""
        smtp = smtplib.SMTP_SSL("localhost", self.listener.port, "client", timeout=20, context=self.trusted)
        try:
            smtp.ehlo()
            if login is not None:
                smtp.login(*login)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def plain(self) -> Raw:
        """A connection to the address of STARTTLS."""
        return Raw(socket.create_connection(("127.0.0.1", self.listener.starttls_port), 20))

    def secured(self) -> Raw:
        """A connection to the address of TLS, of which nothing is read yet."""
        line = socket.create_connection(("127.0.0.1", self.listener.port), 20)
        try:
            return Raw(self.trusted.wrap_socket(line, server_hostname="localhost"))
        except BaseException:
            line.close()
            raise

    def send(self, raw: bytes, *to: str, **more: Any) -> dict[str, tuple[int, bytes]]:
        """Send a mail as smtplib does; returns whom the server refused."""
        with closing(self.client()) as smtp:
            return smtp.sendmail("alice@acme.example", to or ("ann@client.example",), raw, **more)


class Raw:
    """A connection of which every octet is the test's."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self._read = line.makefile("rb")

    def say(self, octets: bytes) -> bytes:
        """Send them, and hear the next reply, the last line of it; b"" where the connection has ended."""
        self.line.sendall(octets)
        return self.hear()

    def hear(self) -> bytes:
        try:
            while (line := self._read.readline()) and line[3:4] == b"-":
                pass
        except OSError:
            return b""
        return line

    def secure(self, context: ssl.SSLContext) -> None:
        """TLS from now on."""
        self.line = context.wrap_socket(self.line, server_hostname="localhost")
        self._read = self.line.makefile("rb")

    def close(self) -> None:
        self._read.close()
        self.line.close()


def plain_login(login: tuple[str, str] = LOGIN) -> bytes:
    """The command of a client that logs in (RFC 4616)."""
    return b"AUTH PLAIN " + base64.b64encode("\0".join(("", *login)).encode())


def new_authority(folder: Path) -> tuple[CertificateAuthority, Certificate]:
    authority = CertificateAuthority(folder)
    return authority, authority.issue()
