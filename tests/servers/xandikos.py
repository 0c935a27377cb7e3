"""Xandikos in a temporary folder: calendars over CalDAV with scheduling (RFC 6638), for users with passwords.

    with Xandikos({"alice": "pw"}) as server:
        server.url, server.ca_file                  # https://localhost:PORT/

A package of Python (extra "dev"). It takes passwords over TLS alone.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import sys
from collections.abc import Mapping

from tests.servers.certificates import CertificateAuthority
from tests.servers.process import HOST, MissingServer, Server, free_ports


class Xandikos(Server):
    """Each user has the calendar "calendar" and the address book "addressbook"."""

    name = "xandikos"
    # our own interpreter may lie where other users may not look
    run_as = "root"

    def __init__(self, users: Mapping[str, str], authority: CertificateAuthority) -> None:
        self._users = dict(users)
        self._authority = authority
        self.ca_file = authority.file

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/"

    def _launch(self) -> None:
        if importlib.util.find_spec("xandikos") is None:
            raise MissingServer("xandikos is not installed (pip install 'keeptouch[dev]')")
        (self.port,) = free_ports(1)
        certificates = self.dir / "state" / "certs"
        certificates.mkdir(parents=True)
        (self.dir / "data").mkdir()
        certificate = self._authority.issue()
        (certificates / "selfsigned.crt").write_bytes(certificate.chain.read_bytes())
        (certificates / "selfsigned.key").write_bytes(certificate.key.read_bytes())
        lines = (f"{user}:{{SHA}}{_sha(password)}\n" for user, password in self._users.items())
        (self.dir / "htpasswd").write_text("".join(lines))
        self.give(self.dir)
        where = ("-d", self.dir / "data", "-l", HOST, "-p", str(self.port), "--state-dir", self.dir / "state")
        how = ("--defaults", "--no-detect-systemd", "--autocert", "--htpasswd", self.dir / "htpasswd")
        self.process = self.spawn([sys.executable, "-P", "-m", "xandikos", "multi-user", *where, *how])
        self.wait_open(self.port)


def _sha(password: str) -> str:
    return base64.b64encode(hashlib.sha1(password.encode(), usedforsecurity=False).digest()).decode()
