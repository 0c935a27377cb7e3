"""A proxy that keeps every command a client sends, to prove what it never asks for."""

from __future__ import annotations

import re

from tests.servers.faultproxy import Direction, FaultProxy

#: All that may be sent to a server that must not change.
HARMLESS = re.compile(
    rb"CAPABILITY|LOGOUT|NOOP|AUTHENTICATE PLAIN( \S+)?|LOGIN .*|LIST .*|EXAMINE .*|UID SEARCH .*|ENABLE QRESYNC"
    rb"|UID FETCH [\d:,*]+ \((?:UID|FLAGS|MODSEQ|INTERNALDATE|RFC822\.SIZE|BODY\.PEEK\[[^\]]*\](?:<\d+\.\d+>)?| )+\)"
    rb"(?: \(CHANGEDSINCE \d+(?: VANISHED)?\))?"
)
_TAG = re.compile(rb"^[A-Z]+\d+ ")


class _Recorder(Direction):
    def __init__(self, proxy: FaultProxy) -> None:
        super().__init__(proxy, is_down=False)
        self.data = bytearray()

    def call_hooks(self, data: bytes, window: bytes) -> None:
        super().call_hooks(data, window)
        self.data += data


class RecordingProxy(FaultProxy):
    """For clients that come one after the other: their lines are kept as one text."""

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
    def bodies_asked(self) -> list[bytes]:
        """The commands that fetch more than a message's outside."""
        return [command for command in self.commands if b"BODY" in command or b"RFC822 " in command]

    @property
    def harmful(self) -> list[bytes]:
        """The commands that change something, or may."""
        return [command for command in self.commands if not HARMLESS.fullmatch(command)]
