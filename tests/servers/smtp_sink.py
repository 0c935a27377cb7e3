"""An SMTP server on loopback that keeps what it takes (RFC 5321), with STARTTLS or TLS, and refuses what a test wants.

with SmtpSink() as server:
    server.port, server.taken                     # [(sender, recipient, mail)]
    server.answers["RCPT"] = b"550 no such user"  # instead of its own; "DATA" is the word, "." the end of the mail
    server.cut_after = "."                        # it takes the mail, and the connection ends before the answer
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
        self._context = None if certificate is None else certificate.server_context()
        self._is_tls = is_tls
        self._login = login
        #: (sender, recipient, octets of the mail)
        self.taken: list[tuple[str, str, bytes]] = []
        self.answers: dict[str, bytes] = {}
        self.cut_after = ""
        self._hooks: dict[str, Callable[[], object]] = {}

    @property
    def mails(self) -> list[EmailMessage]:
        """What it took."""
        return [message_from_bytes(raw, policy=SMTP) for _sender, _recipient, raw in self.taken]

    def on(self, word: str, call: Callable[[], object]) -> None:
        """Call before this word is answered, each time."""
        self._hooks[word] = call

    def serve(self, connection: socket.socket) -> None:
        with suppress(OSError), ExitStack() as ended:
            ended.callback(connection.close)
            if self._context is not None and self._is_tls:
                connection = ended.enter_context(self._context.wrap_socket(connection, server_side=True))
            self._talk(connection, ended)

    def _talk(self, connection: socket.socket, ended: ExitStack) -> None:
        sender = recipient = ""
        is_open = self._login is None
        is_secured = self._is_tls
        received = ended.enter_context(connection.makefile("rb"))
        connection.sendall(b"220 sink ESMTP\r\n")
        while line := received.readline(2000):
            word = line.split(b" ")[0].strip().upper().decode("latin-1")
            said = self._said(word)
            if said is None and word in ("EHLO", "HELO"):
                said = self._offer(is_secured)
            elif said is None and word == "STARTTLS" and self._context is not None:
                connection.sendall(b"220 go on\r\n")
                connection = ended.enter_context(self._context.wrap_socket(connection, server_side=True))
                received, is_secured = ended.enter_context(connection.makefile("rb")), True
                continue
            elif said is None and word == "AUTH":
                is_open = self._is_let_in(line)
                said = b"235 fine" if is_open else b"535 wrong"
            elif said is None and word == "MAIL":
                sender = _path(line)
                said = b"250 fine" if is_open else b"530 log in first"
            elif said is None and word == "RCPT":
                recipient = _path(line)
            elif word == "DATA" and said is None:
                connection.sendall(b"354 go on\r\n")
                raw = _mail(received)
                said = self._said(".")
                if said is None:
                    self.taken.append((sender, recipient, raw))
                if self.cut_after == ".":
                    self.cut_after = ""
                    return
            connection.sendall((said or (b"221 bye" if word == "QUIT" else b"250 fine")) + b"\r\n")
            if word == "QUIT":
                return

    def _said(self, word: str) -> bytes | None:
        if word in self._hooks:
            self._hooks[word]()
        return self.answers.get(word)

    def _offer(self, is_secured: bool) -> bytes:
        words = [b"sink", b"8BITMIME", b"SMTPUTF8"]
        if self._context is not None and not is_secured:
            words.append(b"STARTTLS")
        if self._login is not None:
            words.append(b"AUTH PLAIN")
        return b"\r\n".join([*(b"250-" + each for each in words[:-1]), b"250 " + words[-1]])

    def _is_let_in(self, line: bytes) -> bool:
        given = base64.b64decode(line.split()[-1]).split(b"\0")[1:]
        return self._login is not None and given == [each.encode() for each in self._login]


def _path(line: bytes) -> str:
    match = _PATH.search(line)
    return match[1].decode() if match else ""


def _mail(received: BinaryIO) -> bytes:
    lines: list[bytes] = []
    while (line := received.readline()) not in (b".\r\n", b""):
        lines.append(line[1:] if line.startswith(b"..") else line)
    return b"".join(lines)
