"""Cyrus IMAP 3.6 in a temporary folder, on loopback: a second server beside Dovecot, with OBJECTID and QRESYNC; and
calendars over CalDAV with scheduling, at `server.url`.

    with Cyrus({"alice": "secret"}) as server:
        IMAPClient(server.host, server.imap_port, ssl=False).login("alice", "secret")

Debian packages: cyrus-caldav, and the program imapd out of cyrus-imapd, which can't be installed beside Dovecot
(`make servers` unpacks it). Passwords are checked by a look-alike of saslauthd in our own process.
"""

from __future__ import annotations

import contextlib
import grp
import imaplib
import os
import shutil
import socket
import struct
import threading
from collections.abc import Mapping
from pathlib import Path
from string import Template

from tests.servers.process import HOST, MissingServer, Server, ServerError, free_ports

_TEMPLATE = Path(__file__).with_name("cyrus.conf")
_PROGRAMS = Path("/usr/lib/cyrus/bin")
_ROOT = Path(__file__).resolve().parents[2]
_SPECIAL = ("Sent", "Drafts", "Trash", "Junk", "Archive")
_ADMIN, _ADMIN_PASSWORD = "admin", "secret of the admin"


class Cyrus(Server):
    """`users` maps names to passwords; each has an inbox and the special folders."""

    name = "cyrus"
    run_as = "cyrus"

    def __init__(self, users: Mapping[str, str], *, expunge_mode: str = "delayed") -> None:
        """`expunge_mode` "immediate": what is removed leaves no trace, and makes sync tokens from before worthless."""
        self.users = dict(users)
        self._expunge_mode = expunge_mode
        self._passwords: _Passwords | None = None

    @property
    def url(self) -> str:
        """Of CalDAV."""
        return f"http://{HOST}:{self.http_port}/dav/"

    def add_user(self, user: str, password: str) -> None:
        """A new login with its folders."""
        self.users[user] = password
        with imaplib.IMAP4(HOST, self.imap_port) as admin:
            admin.login(_ADMIN, _ADMIN_PASSWORD)
            for path in (user, *(f"{user}/{name}" for name in _SPECIAL)):
                use = f" (USE (\\{path.rpartition('/')[2]}))" if "/" in path else ""
                status, text = admin.create(f"user/{path}{use}")
                if status != "OK":
                    raise ServerError(f"cyrus: {path}: {text!r}")

    def stop(self) -> None:
        """Stop the server, then what checks passwords."""
        super().stop()
        if self._passwords is not None:
            self._passwords.close()
            self._passwords = None

    def _launch(self) -> None:
        cache = Path(os.environ.get("KEEPTOUCH_CACHE", _ROOT / ".cache"))
        imapd = cache / "cyrus-imapd/usr/lib/cyrus/bin/imapd"
        if not (_PROGRAMS / "master").exists() or not imapd.exists():
            raise MissingServer("cyrus-caldav is not installed, or imapd of cyrus-imapd is not unpacked")
        # the server's user may not be able to reach the checkout
        shutil.copy(imapd, self.dir / "imapd")
        for folder in ("conf", "data", "sieve", "sock", "proc", "lock"):
            (self.dir / folder).mkdir()
        for folder in ("db", "log", "msg", "ptclient", "quota", "user"):
            (self.dir / "conf" / folder).mkdir()
        self.imap_port, self.http_port = free_ports(2)
        self._passwords = _Passwords(self.dir / "sock" / "mux", self.users)
        parts = _TEMPLATE.read_text().split("# cyrus.conf\n")
        for name, text in zip(("imapd.conf", "cyrus.conf"), parts, strict=True):
            group = grp.getgrgid(self.owner.pw_gid).gr_name
            known = {"dir": self.dir, "user": self.owner.pw_name, "group": group, "programs": _PROGRAMS}
            ports = {"port": self.imap_port, "http_port": self.http_port, "expunge": self._expunge_mode}
            filled = Template(text).substitute(known, **ports, host=HOST, admin=_ADMIN)
            (self.dir / name).write_text(filled)
        self.give(self.dir)
        files = ("-C", self.dir / "imapd.conf", "-M", self.dir / "cyrus.conf", "-p", self.dir / "master.pid")
        self.process = self.spawn([_PROGRAMS / "master", *files])
        self.wait_greeting(self.imap_port, b"* OK")
        self.wait_open(self.http_port)
        for user, password in list(self.users.items()):
            self.add_user(user, password)


class _Passwords:
    """Answers on saslauthd's socket: user, password, service and realm, each with its length before it."""

    def __init__(self, path: Path, users: Mapping[str, str]) -> None:
        self._users = users
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o666)
        self._listener.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, struct.error, UnicodeError):
                connection.settimeout(5)
                file = connection.makefile("rb")
                user, password, _service, _realm = (
                    file.read(struct.unpack("!H", file.read(2))[0]).decode() for _ in range(4)
                )
                wanted = _ADMIN_PASSWORD if user == _ADMIN else self._users.get(user)
                said = b"OK" if wanted == password else b"NO"
                connection.sendall(struct.pack("!H", len(said)) + said)
