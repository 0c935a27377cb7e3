"""A proxy that keeps every command a client sends, to prove what it never asks for."""

from __future__ import annotations

import re
import socket

from tests.servers.faultproxy import Direction, FaultProxy

#: All that may be sent to a server that must not change. Not among them: SELECT, which takes \\Recent away, and BODY[]
#: without PEEK, which sets \\Seen (RFC 3501, sections 6.3.2 and 6.4.5).
HARMLESS = re.compile(
    rb"CAPABILITY|LOGOUT|NOOP|IDLE|DONE|AUTHENTICATE PLAIN( \S+)?|LOGIN .*|ENABLE QRESYNC|LIST .*|EXAMINE .*"
    rb"|UID SEARCH .*"
    rb"|UID FETCH [\d:,*]+ \((?:UID|FLAGS|MODSEQ|INTERNALDATE|RFC822\.SIZE|BODYSTRUCTURE"
    rb"|BODY\.PEEK\[[^\]]*\](?:<\d+\.\d+>)?| )+\)"
    rb"(?: \(CHANGEDSINCE \d+(?: VANISHED)?\))?"
)
_TAG = re.compile(rb"^[A-Z]+\d+ ")


class _Recorder(Direction):
    def __init__(self, proxy: FaultProxy) -> None:
        super().__init__(proxy, is_down=False)
        self.data = bytearray()

    def send(self, target: socket.socket, data: bytes) -> None:
        # before the server can answer
        self.data += data
        super().send(target, data)


class RecordingProxy(FaultProxy):
    """The lines of all connections are kept as one text: each command comes in one piece."""

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(target)
        self._recorder = _Recorder(self)
        self.up = self._recorder

    def forget(self) -> None:
        """Begin anew."""
        self._recorder.data.clear()

    @property
    def commands(self) -> list[bytes]:
        """What was sent since, without tags."""
        return [_TAG.sub(b"", line) for line in bytes(self._recorder.data).splitlines() if line]

    @property
    def verbs(self) -> set[str]:
        """Which commands were sent since."""
        words = (command.decode("ascii", "replace").split() for command in self.commands)
        return {" ".join(found[: 2 if found[0] == "UID" else 1]) for found in words}

    @property
    def bodies_asked(self) -> list[bytes]:
        """The commands that fetch more than a message's outside."""
        return [command for command in self.commands if b"BODY" in command or b"RFC822 " in command]

    @property
    def harmful(self) -> list[bytes]:
        """The commands that change something, or may."""
        return [command for command in self.commands if not HARMLESS.fullmatch(command)]
