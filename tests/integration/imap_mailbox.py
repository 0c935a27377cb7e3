"""A user's mailbox on Dovecot, filled and looked at through its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from imapclient import imap_utf7

from connectors.api import Secret
from connectors.imap import ImapConnector, ImapSettings
from tests.conftest import Login
from tests.servers.dovecot import Dovecot

_numbers = count(1_700_000_000)


@dataclass(frozen=True, slots=True)
class ImapMailbox:
    """Of one user that no other test has."""

    server: Dovecot
    login: Login
    numbers: count[int] = field(default_factory=lambda: _numbers)

    def connector(self, **options: object) -> ImapConnector:
        """A connector to it; options override the plain ones."""
        given: dict[str, object] = {
            "host": self.server.host,
            "port": self.server.imap_port,
            "security": "none",
            "username": self.login.name,
            "timeout_seconds": 10.0,
            **options,
        }
        settings = ImapSettings(**given)  # type: ignore[arg-type]  # one keyword or another
        return ImapConnector(settings, Secret(self.login.password))

    def folder(self, name: str) -> Path:
        """Where the folder of that name lies; made where it is missing."""
        levels = [imap_utf7.encode(level).decode("ascii") for level in name.split("/")]
        root = self.login.maildir
        path = root if name == "INBOX" else root / f".{'.'.join(levels)}"
        if not (path / "cur").exists():
            for part in ("cur", "new", "tmp"):
                (path / part).mkdir(parents=True, exist_ok=True)
            self.server.adopt(self.login.name)
        return path

    def deliver(self, name: str, raw: bytes) -> Path:
        """Put a mail in a folder, as delivery agents do."""
        path = self.folder(name)
        file = path / "tmp" / f"{next(self.numbers)}.M1.test"
        file.write_bytes(raw)
        self.server.give(file)
        return file.rename(path / "new" / file.name)

    def remove(self, name: str, message_id: str) -> None:
        """Remove the mail with this Message-ID."""
        self._find(name, message_id).unlink()

    def move(self, name: str, message_id: str, to: str) -> None:
        """Move the mail with this Message-ID to another folder, where it gets another UID."""
        found, target = self._find(name, message_id), self.folder(to)
        found.rename(target / "new" / f"{next(self.numbers)}.M1.test")

    def _find(self, name: str, message_id: str) -> Path:
        needle = f"<{message_id}>".encode()
        (found,) = (
            file
            for part in ("cur", "new")
            for file in (self.folder(name) / part).iterdir()
            if needle in file.read_bytes()
        )
        return found

    def renumber(self, name: str, uidvalidity: int = 1_900_000_000) -> None:
        """Give a folder another UIDVALIDITY."""
        self.server.doveadm("mailbox", "update", "-u", self.login.name, "--uid-validity", str(uidvalidity), name)

    def contents(self) -> dict[str, bytes]:
        """Names and bytes of all mails; the server's own lists and caches do not count."""
        root = self.login.maildir
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in root.rglob("*")
            if path.parent.name in ("cur", "new")
        }


@pytest.fixture
def mailbox(dovecot: Dovecot, dovecot_user: Callable[[], Login]) -> ImapMailbox:
    """An empty mailbox of the test's own."""
    return ImapMailbox(dovecot, dovecot_user())
