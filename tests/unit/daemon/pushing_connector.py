"""A mailbox in memory whose server pushes, as a plug-in's might: the tests say what and when."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar, Self

from connectors.api import ConnectorError, Cursor, Page, Secret, Stream, Unavailable, Watch
from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register


class PushingMailbox(Mailbox):
    """A mailbox with doors: what happens at its server, and what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        #: While it is closed, readers of a folder have seen what is there, and wait.
        self.gate = threading.Event()
        self.gate.set()
        self.can_push = True
        #: Raised at logins for watching.
        self.refusal: ConnectorError | None = None
        self.logins = 0
        self.watch_logins = 0
        #: Names of the folders read, in order.
        self.read: list[str] = []
        self.watches: list[PushWatch] = []

    def push(self, stream: str) -> None:
        """Tell those who watch the folder."""
        for watch in self.watches:
            if watch.streams == (stream,):
                watch.server.send(b"!")

    def cut(self) -> None:
        """End all watches."""
        for watch in self.watches:
            watch.server.close()
        self.watches = []


class PushWatch:
    """A watch of one folder."""

    def __init__(self, stream: str) -> None:
        self.streams = (stream,)
        self.due = float("inf")
        self._ours, self.server = socket.socketpair()
        self._ours.setblocking(False)

    def fileno(self) -> int:
        return self._ours.fileno()

    def read(self, now: float) -> frozenset[str]:
        if not self._ours.recv(4096):
            raise Unavailable("the server ended the connection", step="watch")
        return frozenset(self.streams)

    def tick(self, now: float) -> None:
        pass

    def close(self) -> None:
        self._ours.close()
        self.server.close()


class PushingConnector(MemoryConnector):
    """Reads and watches a `PushingMailbox`."""

    boxes: ClassVar[dict[str, PushingMailbox]] = {}

    def __init__(self, settings: MemorySettings, secret: Secret | None) -> None:
        super().__init__(settings, secret)
        self._box = self.boxes[settings.mailbox]

    @classmethod
    def mailbox(cls, name: str) -> PushingMailbox:
        """A new mailbox of that name, with an inbox and Sent."""
        box = cls.boxes[name] = PushingMailbox()
        register(name, box)
        for folder in ("INBOX", "Sent", "Archive"):
            box.folder(folder)
        return box

    def __enter__(self) -> Self:
        self._box.logins += 1
        return super().__enter__()

    def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
        self._box.read.append(stream.name)
        seen = list(super().pages(stream, since, horizon))
        self._box.gate.wait()
        yield from seen

    def watched(self) -> tuple[Stream, ...]:
        return tuple(Stream(name=name) for name in ("INBOX", "Sent") if name in self._box.contents())

    def hinted(self, streams: Sequence[Stream]) -> None:
        pass

    def watch(self, streams: Sequence[Stream]) -> Watch | None:
        self._box.watch_logins += 1
        if self._box.refusal is not None:
            raise self._box.refusal
        if not self._box.can_push:
            return None
        watch = PushWatch(streams[0].name)
        self._box.watches.append(watch)
        return watch
