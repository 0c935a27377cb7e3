"""An IMAP server on loopback that says what a test wants: for servers as bad as no real one can be made to be."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

#: Given a command without its tag, what to send, at once or in pieces; None: the usual answer. TAG is replaced, CUT
#: ends the connection.
Answer = Callable[[str], bytes | Iterable[bytes] | None]
TAG = b"%TAG%"
CUT = b"%CUT%"


def uids(command: str) -> list[int]:
    """The UIDs that a UID FETCH asks for."""
    found: list[int] = []
    for run in command.split()[2].split(","):
        first, _, last = run.partition(":")
        found.extend(range(int(first), int(last or first) + 1))
    return found


class ScriptedImap:
    """INBOX holds `mails` by UID; `answer` comes before the usual answers."""

    def __init__(self, mails: dict[int, bytes], answer: Answer = lambda command: None) -> None:
        self.mails = mails
        self.answer = answer
        #: What is said to a line that follows a "+".
        self.resume: Callable[[str], bytes] = lambda line: TAG + b" OK done\r\n"
        #: At once or in pieces.
        self.greeting: bytes | Iterable[bytes] = b"* OK ready\r\n"
        self.capabilities = "IMAP4rev1"
        self.uidvalidity = 7
        self.uidnext: int | None = max(mails, default=0) + 1
        #: For STARTTLS, and with `speaks_tls` from the start.
        self.context: ssl.SSLContext | None = None
        self.speaks_tls = False
        #: What came in, without tags, over all connections.
        self.commands: list[str] = []
        self.connections = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                try:
                    if self.context is not None and self.speaks_tls:
                        connection = self.context.wrap_socket(connection, server_side=True)
                    for piece in [self.greeting] if isinstance(self.greeting, bytes) else self.greeting:
                        connection.sendall(piece)
                    while self._serve(connection):
                        assert self.context is not None
                        connection = self.context.wrap_socket(connection, server_side=True)
                except OSError:
                    continue
                finally:
                    connection.close()

    def _serve(self, connection: socket.socket) -> bool:
        """Answer until the connection ends (False) or TLS begins (True)."""
        tag = ""
        with connection.makefile("rb") as lines:
            while line := lines.readline():
                if b" " not in line:
                    # what a client sends after "+"
                    self.commands.append(line.decode("ascii", "replace").strip())
                    connection.sendall(self.resume(self.commands[-1]).replace(TAG, tag.encode()))
                    continue
                tag, _, command = line.decode("utf-8", "replace").strip().partition(" ")
                while literal := re.search(r"\{(\d+)\}$", command):
                    connection.sendall(b"+ go on\r\n")
                    rest = lines.read(int(literal.group(1))) + lines.readline()
                    command = command[: literal.start()] + rest.decode("utf-8").rstrip("\r\n")
                self.commands.append(command)
                said = self.answer(command)
                pieces = self.usual(command) if said is None else said
                for piece in [pieces] if isinstance(pieces, bytes) else pieces:
                    connection.sendall(piece.replace(TAG, tag.encode()).replace(CUT, b""))
                    if CUT in piece:
                        return False
                if command == "LOGOUT":
                    return False
                if command == "STARTTLS" and self.context is not None:
                    return True
        return False

    def usual(self, command: str) -> bytes:
        """What a good server says."""
        done = TAG + b" OK done\r\n"
        match command.split()[:2]:
            case ["CAPABILITY"]:
                return f"* CAPABILITY {self.capabilities}\r\n".encode() + done
            case ["LOGOUT"]:
                return b"* BYE\r\n" + done
            case ["LIST", *_]:
                return b'* LIST () "/" INBOX\r\n' + done
            case ["EXAMINE", *_]:
                following = b"" if self.uidnext is None else b"* OK [UIDNEXT %d]\r\n" % self.uidnext
                return (
                    b"* %d EXISTS\r\n* OK [UIDVALIDITY %d]\r\n" % (len(self.mails), self.uidvalidity) + following + done
                )
            case ["UID", "SEARCH"]:
                return b"* SEARCH %s\r\n" % b" ".join(b"%d" % uid for uid in self._searched(command)) + done
            case ["UID", "FETCH"]:
                return b"".join(self.fetched(uid, command) for uid in uids(command) if uid in self.mails) + done
        return done

    def _searched(self, command: str) -> list[int]:
        bounds = re.search(r"UID (\d+):(\d+|\*)", command)
        if bounds is None:
            return sorted(self.mails)
        low, high = int(bounds.group(1)), bounds.group(2)
        if high == "*":
            # n:* is *:n where n is above all (RFC 3501, section 6.4.8)
            return [uid for uid in self.mails if uid >= low] or list(self.mails)[-1:]
        return [uid for uid in self.mails if low <= uid <= int(high)]

    def fetched(self, uid: int, command: str) -> bytes:
        """The usual answer for one message."""
        data = self.mails[uid]
        told = [b"UID %d" % uid]
        if "RFC822.SIZE" in command:
            told.append(b'RFC822.SIZE %d INTERNALDATE "06-Jan-2025 10:00:00 +0330" FLAGS (\\Seen)' % len(data))
        if "BODY.PEEK" in command:
            name = b"BODY[]"
            if part := re.search(r"<(\d+)\.(\d+)>", command):
                start, length = int(part.group(1)), int(part.group(2))
                data, name = data[start : start + length], b"BODY[]<%d>" % start
            told.append(b"%s {%d}\r\n%s" % (name, len(data), data))
        return b"* %d FETCH (%s)\r\n" % (uid, b" ".join(told))
