"""An SMTP server on loopback that keeps what it takes (RFC 5321), with STARTTLS or TLS, and refuses what a test wants.

with SmtpSink() as server:
    server.port, server.taken                     # [(sender, recipient, mail)]
    server.answers["RCPT"] = b"550 no such user"  # instead of its own; "DATA" is the word, "." the end of the mail
    server.answers["RCPT TO:<a@b.example>"] = …   # of this command alone
    server.cut_after = "."                        # it takes the mail, and the connection ends before the answer
    server.cut_before = "RCPT"                    # the connection ends instead of the answer, and nothing is taken
    server.extensions = [b"SIZE 1000"]            # what it offers beside STARTTLS and AUTH; CHUNKING works
    server.heard                                  # commands without their line ends, logins left out
    server.recipients                             # of each mail taken
    server.on("DATA", call)                       # before it answers that word
"""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import BinaryIO

from tests.servers.certificates import Certificate
from tests.servers.listening import Listening

_PATH = re.compile(rb"<([^>]*)>")


class SmtpSink(Listening):
    """`certificate`: it offers STARTTLS, or with `is_tls` speaks TLS from the beginning. `login`: asks for it."""

    def __init__(
        self, certificate: Certificate | None = None, *, is_tls: bool = False, login: tuple[str, str] | None = None
    ) -> None:
        super().__init__()
        self.context = None if certificate is None else certificate.server_context()
        self.is_tls = is_tls
        self.login = login
        #: (sender, recipient, octets of the mail)
        self.taken: list[tuple[str, str, bytes]] = []
        self.answers: dict[str, bytes] = {}
        self.cut_after = self.cut_before = ""
        self.extensions = [b"8BITMIME", b"SMTPUTF8"]
        self.heard: list[bytes] = []
        #: Those of each mail in `taken`, which names the last of them alone.
        self.recipients: list[list[str]] = []
        self.hooks: dict[str, Callable[[], object]] = {}

    @property
    def mails(self) -> list[EmailMessage]:
        """What it took."""
        return [message_from_bytes(raw, policy=SMTP) for _sender, _recipient, raw in self.taken]

    def on(self, word: str, call: Callable[[], object]) -> None:
        """Call before this word is answered, each time."""
        self.hooks[word] = call

    def serve(self, connection: socket.socket) -> None:
        with suppress(OSError), ExitStack() as ended:
            ended.callback(connection.close)
            _Talk(self, connection, ended).run()

    def said(self, word: str) -> bytes | None:
        """What a test wants to be said; None: what a server says."""
        if word in self.hooks:
            self.hooks[word]()
        return self.answers.get(word)

    def offer(self, *, is_secured: bool) -> bytes:
        """The answer to EHLO."""
        words = [b"sink", *self.extensions]
        if self.context is not None and not is_secured:
            words.append(b"STARTTLS")
        if self.login is not None:
            words.append(b"AUTH PLAIN")
        return b"\r\n".join([*(b"250-" + each for each in words[:-1]), b"250 " + words[-1]])


class _Cut(OSError):
    """The connection ends here."""


class _Talk:
    """One connection."""

    def __init__(self, server: SmtpSink, connection: socket.socket, ended: ExitStack) -> None:
        self.server = server
        self.connection = connection
        self._ended = ended
        self.is_open = server.login is None
        self.is_secured = server.is_tls
        self.sender = ""
        self.recipients: list[str] = []
        self.chunks = b""
        if server.is_tls:
            self._secure()
        else:
            self.received: BinaryIO = ended.enter_context(connection.makefile("rb"))

    def _secure(self) -> None:
        assert self.server.context is not None
        self.connection = self._ended.enter_context(self.server.context.wrap_socket(self.connection, server_side=True))
        self.received = self._ended.enter_context(self.connection.makefile("rb"))
        self.is_secured = True

    def run(self) -> None:
        server = self.server
        if server.cut_before == "220":
            return
        self._say(server.answers.get("220", b"220 sink ESMTP"))
        while line := self.received.readline(2000):
            word = line.split(b" ")[0].strip().upper().decode("latin-1")
            server.heard += [line.rstrip(b"\r\n")] if word != "AUTH" else []
            if server.cut_before in (word, line.strip().decode("latin-1")):
                return
            said = server.said(line.strip().decode("latin-1")) or server.said(word)
            if word in ("DATA", "BDAT") and said is None:
                said = self._mail(word, line)
            else:
                said = said or self._answer(word, line)
            if said:
                self._say(said)
            if word == "QUIT":
                return

    def _answer(self, word: str, line: bytes) -> bytes:
        if word in ("EHLO", "HELO"):
            return self.server.offer(is_secured=self.is_secured)
        if word == "STARTTLS" and self.server.context is not None:
            self._say(b"220 go on")
            self._secure()
            return b""
        if word == "AUTH":
            self.is_open = self._is_let_in(line)
            return b"235 fine" if self.is_open else b"535 wrong"
        if word == "MAIL":
            self.sender, self.recipients, self.chunks = _path(line), [], b""
            return b"250 fine" if self.is_open else b"530 log in first"
        if word == "RCPT":
            self.recipients.append(_path(line))
        return b"221 bye" if word == "QUIT" else b"250 fine"

    def _mail(self, word: str, line: bytes) -> bytes:
        server = self.server
        if word == "BDAT":
            self.chunks += self.received.read(int(line.split()[1]))
            if line.split()[-1].upper() != b"LAST":
                return b"250 fine"
            raw = self.chunks
        else:
            self._say(b"354 go on")
            raw = _mail(self.received)
        if server.cut_before == ".":
            raise _Cut
        said = server.said(".")
        if said is None:
            server.taken.append((self.sender, self.recipients[-1] if self.recipients else "", raw))
            server.recipients.append(self.recipients)
        if server.cut_after == ".":
            server.cut_after = ""
            raise _Cut
        return said or b"250 fine"

    def _say(self, what: bytes) -> None:
        self.connection.sendall(what + b"\r\n")

    def _is_let_in(self, line: bytes) -> bool:
        given = base64.b64decode(line.split()[-1]).split(b"\0")[1:]
        return self.server.login is not None and given == [each.encode() for each in self.server.login]


def _path(line: bytes) -> str:
    match = _PATH.search(line)
    return match[1].decode() if match else ""


def _mail(received: BinaryIO) -> bytes:
    lines: list[bytes] = []
    while (line := received.readline()) != b".\r\n":
        if not line:
            raise _Cut
        lines.append(line[1:] if line.startswith(b"..") else line)
    return b"".join(lines)
