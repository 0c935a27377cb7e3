"""A folder's connection in IDLE (RFC 2177): hears that something changed, and never blocks.

Nothing is parsed beyond the first word of a line. What a server may do to us is bounded: the length of a line, the
bytes between two renewals, the time until it answers.
"""

from __future__ import annotations

import contextlib
import random
import re
import socket
from collections.abc import Callable, Iterator
from enum import Enum, auto

from connectors.imap.errors import refused, translated
from connectors.imap.wire import TRAFFIC
from connectors.network import quoted
from connectors.records import Unavailable
from connectors.unblocked import Unblocked

#: IDLE is renewed after a time between these, in seconds. RFC 2177 wants less than 29 minutes; sooner notices earlier
#: a connection that a firewall has forgotten while both ends still believe in it.
RENEW_AFTER = (9 * 60.0, 15 * 60.0)
#: A server that ends IDLE unasked sooner than this does so each time: it would be a loop.
_SHORTEST_IDLE = 30.0
#: A longer line is judged by its beginning.
_LINE_KEPT = 1024
#: A line that goes on for this long never ends.
_LINE_LIMIT = 1024 * 1024
#: Between two renewals; flags of 100,000 messages that change at once are 6 MB.
_FLOOD_LIMIT = 32 * 1024 * 1024
_HINT = re.compile(rb"\* (?:\d{1,20} )?(?:EXISTS|EXPUNGE|VANISHED|FETCH|RECENT)\b", re.IGNORECASE)
_BYE = re.compile(rb"\* BYE\b", re.IGNORECASE)
_TAGGED = re.compile(rb"W\d+ (\w+)")


class _State(Enum):
    BEGINNING = auto()
    #: IDLE is sent, "+" is awaited.
    ASKED = auto()
    IDLE = auto()
    #: DONE is sent, its OK is awaited.
    ENDING = auto()


class Idle:
    """Watches one folder on a connection that is logged in and has the folder examined.

    `connection` doesn't block, `received` was read from it already, and the server has `patience` seconds to answer.
    """

    __slots__ = (
        "_chance",
        "_connection",
        "_due",
        "_flood",
        "_host",
        "_idle_since",
        "_length",
        "_line",
        "_number",
        "_patience",
        "_received",
        "_state",
        "streams",
    )

    def __init__(
        self,
        stream: str,
        connection: socket.socket,
        received: bytes,
        *,
        host: str,
        patience: float,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.streams = (stream,)
        self._connection = Unblocked(connection, TRAFFIC)
        self._received = received
        self._host = host
        self._patience = patience
        self._chance = chance
        self._state = _State.BEGINNING
        self._due = float("-inf")
        self._idle_since = 0.0
        self._number = 0
        #: The line that has not ended yet: its beginning, and its length in bytes.
        self._line = b""
        self._length = 0
        self._flood = 0

    @property
    def due(self) -> float:
        """See Watch."""
        return self._due

    def fileno(self) -> int:
        """See Watch."""
        return self._connection.connection.fileno()

    def tick(self, now: float) -> None:
        """See Watch."""
        if now < self._due:
            return
        match self._state:
            case _State.BEGINNING:
                self._begin(now)
            case _State.IDLE:
                self._flood = 0
                self._say(b"DONE\r\n")
                self._wait(_State.ENDING, now)
            case _State.ASKED | _State.ENDING:
                raise Unavailable(f"{self._host} did not answer in time", step="watch")

    def read(self, now: float) -> frozenset[str]:
        """See Watch."""
        is_hint = False
        with translated("watch", self._host):
            self._connection.say()
            for line in self._lines():
                is_hint |= self._take(line, now)
        return frozenset(self.streams if is_hint else ())

    def close(self) -> None:
        """See Watch."""
        if self._state is _State.IDLE and self._connection.is_said:
            # a word of farewell, if it can be said at once
            with contextlib.suppress(OSError, ValueError):
                self._connection.say(b"DONE\r\nW0 LOGOUT\r\n")
        self._connection.connection.close()

    def _begin(self, now: float) -> None:
        self._number += 1
        self._say(b"W%d IDLE\r\n" % self._number)
        self._wait(_State.ASKED, now)

    def _wait(self, state: _State, now: float) -> None:
        self._state, self._due = state, now + self._patience

    def _say(self, data: bytes) -> None:
        with translated("watch", self._host):
            self._connection.say(data)

    def _take(self, line: bytes, now: float) -> bool:
        """Act on a line; is it a hint?"""
        if line.startswith(b"+"):
            if self._state is _State.ASKED:
                first, last = RENEW_AFTER
                self._state, self._idle_since = _State.IDLE, now
                self._due = now + first + (last - first) * self._chance()
            return False
        if _BYE.match(line):
            raise refused(quoted(line[2:]), step="watch", what=f"{self._host} ended the connection")
        if tagged := _TAGGED.match(line):
            self._end(tagged.group(1).upper(), line, now)
            return False
        return _HINT.match(line) is not None

    def _end(self, status: bytes, line: bytes, now: float) -> None:
        """The server says that IDLE is over."""
        TRAFFIC.answered(status.decode("ascii", "replace"))
        if status != b"OK" or self._state is _State.ASKED:
            raise refused(quoted(line), step="watch", what=f"{self._host} refuses IDLE")
        if self._state is _State.IDLE and now < self._idle_since + _SHORTEST_IDLE:
            raise Unavailable(f"{self._host} ends IDLE at once", step="watch")
        self._begin(now)

    def _lines(self) -> Iterator[bytes]:
        """The lines that end in what came, of long ones the beginning, without line ends."""
        data, self._received = self._received, b""
        *ended, rest = (data or self._chunk()).split(b"\n")
        for piece in ended:
            line, self._line, self._length = self._line + piece[:_LINE_KEPT], b"", 0
            yield line.rstrip(b"\r")
        self._length += len(rest)
        self._line += rest[: max(0, _LINE_KEPT - len(self._line))]
        if self._length > _LINE_LIMIT:
            raise Unavailable(f"{self._host} sends a line without an end", step="watch")

    def _chunk(self) -> bytes:
        data = self._connection.take()
        if data is None:
            raise Unavailable(f"{self._host} ended the connection", step="watch")
        self._flood += len(data)
        if self._flood > _FLOOD_LIMIT:
            raise Unavailable(f"{self._host} sends far more than there can be news", step="watch")
        return data
