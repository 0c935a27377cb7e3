"""Radicale in a temporary folder: address books over CardDAV, for users with passwords.

    with Radicale({"alice": "pw"}) as server:
        server.put("alice", "book", "ann.vcf", card)
        server.url                                  # http://127.0.0.1:PORT/

A package of Python (extra "dev"), so that it is there wherever the tests run, without root.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.servers.certificates import CertificateAuthority
from tests.servers.process import HOST, MissingServer, Server, free_ports

_CONFIGURATION = """
[server]
hosts = {host}:{port}
{ssl}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = owner_only
[storage]
filesystem_folder = {folder}/collections
[reporting]
# vdirsyncer asks for all of a calendar at once
max_expand_occurrence = 1000000
[web]
type = none
[logging]
level = warning
"""


class Radicale(Server):
    """`authority`: speak TLS, with a certificate of it for localhost."""

    name = "radicale"
    # our own interpreter may lie where other users may not look
    run_as = "root"

    def __init__(self, users: Mapping[str, str], *, authority: CertificateAuthority | None = None) -> None:
        self._users = dict(users)
        self._authority = authority

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/" if self._authority is None else f"https://localhost:{self.port}/"

    def book(self, user: str, name: str, displayname: str = "") -> Path:
        """The folder of an address book, made if need be."""
        return self._collection(user, name, "VADDRESSBOOK", displayname)

    def calendar(self, user: str, name: str, displayname: str = "") -> Path:
        """The folder of a calendar, made if need be."""
        return self._collection(user, name, "VCALENDAR", displayname)

    def set_password(self, user: str, password: str) -> None:
        """Valid for the next request."""
        self._users[user] = password
        self._write_users()

    def restart(self) -> None:
        """A crash: every connection is lost, the collections stay."""
        self.crash(self._serve)

    def _write_users(self) -> None:
        # as a whole: a request may read it at this moment
        written = self.dir / "users.new"
        written.write_text("".join(f"{user}:{password}\n" for user, password in self._users.items()))
        written.rename(self.dir / "users")

    def _collection(self, user: str, name: str, tag: str, displayname: str) -> Path:
        folder = self.dir / "collections" / "collection-root" / user / name
        if not folder.exists():
            folder.mkdir(parents=True)
            (folder / ".Radicale.props").write_text(json.dumps({"tag": tag, "D:displayname": displayname or name}))
            self.give(self.dir / "collections")
        return folder

    def _launch(self) -> None:
        if importlib.util.find_spec("radicale") is None:
            raise MissingServer("radicale is not installed (pip install 'keeptouch[dev]')")
        (self.port,) = free_ports(1)
        (self.dir / "collections").mkdir()
        self._write_users()
        ssl = ""
        if self._authority is not None:
            certificate = self._authority.issue()
            (self.dir / "server.pem").write_bytes(certificate.chain.read_bytes())
            (self.dir / "server.key").write_bytes(certificate.key.read_bytes())
            ssl = f"ssl = True\ncertificate = {self.dir}/server.pem\nkey = {self.dir}/server.key"
        text = _CONFIGURATION.format(host=HOST, port=self.port, folder=self.dir, ssl=ssl)
        (self.dir / "config").write_text(text)
        self.give(self.dir)
        self._serve()

    def _serve(self) -> None:
        self.process = self.spawn([sys.executable, "-P", "-m", "radicale", "--config", self.dir / "config"])
        self.wait_open(self.port)
