"""A mail as a client sends it: by DATA up to the dot, or by BDAT in chunks; bounded in size, memory and time.

Lines end with CRLF alone (RFC 5321, section 2.3.8): a server that took a bare LF for an end could be made to see a
second mail in one. So a bare LF or CR in what DATA sends is refused.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from daemon.relay.replies import Reply, reply

_CHUNK = re.compile(rb"(\d{1,10})(?: (LAST))?\Z", re.IGNORECASE)
_PIECE = 64 * 1024


class Memory:
    """Octets of mails in hand, of all clients together."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def take(self, count: int) -> bool:
        """May so many more be held?"""
        if count > self._left:
            return False
        self._left -= count
        return True

    def give(self, count: int) -> None:
        """They are held no longer."""
        self._left += count


class Intake:
    """What came of one mail. Once something is wrong with it, its bytes are read and forgotten."""

    def __init__(self, memory: Memory, limit: int, progress: Callable[[int], None]) -> None:
        """`limit`: octets of the mail. `progress` is told how many came; it ends who is too slow."""
        self._memory = memory
        self._limit = limit
        self._progress = progress
        self._held = bytearray()
        #: Why it is refused; None: it is not.
        self.problem: Reply | None = None

    @property
    def content(self) -> bytes:
        """The mail."""
        return bytes(self._held)

    def add(self, piece: bytes) -> None:
        """Some more of it."""
        self._progress(len(piece))
        if self.problem is not None:
            return
        if len(self._held) + len(piece) > self._limit:
            self.problem = reply(552, "5.3.4 the mail is too large")
        elif not self._memory.take(len(piece)):
            self.problem = reply(452, "4.3.1 too much mail at once; try again later")
        else:
            self._held += piece
            return
        self.release()

    def release(self) -> None:
        """Forget it; safe to call twice."""
        self._memory.give(len(self._held))
        self._held = bytearray()

    def check_lines(self) -> None:
        """Refuse what is not in lines."""
        held = self._held
        # counted, as that takes milliseconds for the largest mail, in which other clients wait
        if self.problem is None and not held.count(b"\r\n") == held.count(b"\r") == held.count(b"\n"):
            self.problem = reply(550, "5.6.11 the mail has a CR or LF that ends no line; nothing was sent")
            self.release()


async def read_data(reader: asyncio.StreamReader, intake: Intake) -> None:
    """A mail up to the line with a dot alone; dots that were doubled are single again (RFC 5321, section 4.5.2)."""
    while not await _is_end(reader, intake):
        pass
    intake.check_lines()


async def _is_end(reader: asyncio.StreamReader, intake: Intake) -> bool:
    """At the beginning of a line: read on to the beginning of another one, or the end."""
    first = await reader.readexactly(1)
    if first != b".":
        if await _is_empty(reader, intake, first):
            return False
        is_found = False
        while not is_found:
            piece, is_found = await _piece(reader, b"\r\n.")
            intake.add(piece[:-1] if is_found else piece)
    # behind a dot that began a line
    piece, is_found = await _piece(reader, b"\r\n")
    if piece == b"\r\n":
        return True
    intake.add(piece)
    while not is_found:
        piece, is_found = await _piece(reader, b"\r\n")
        intake.add(piece)
    return False


async def _is_empty(reader: asyncio.StreamReader, intake: Intake, first: bytes) -> bool:
    """Is the line empty that begins so? Its CR is read alone, so that a dot behind it is seen to begin a line."""
    intake.add(first)
    while first == b"\r":
        first = await reader.readexactly(1)
        intake.add(first)
        if first == b"\n":
            return True
    return False


async def _piece(reader: asyncio.StreamReader, mark: bytes) -> tuple[bytes, bool]:
    """What comes up to the mark, and whether that is all of it."""
    try:
        return await reader.readuntil(mark), True
    except asyncio.LimitOverrunError as error:
        return await reader.readexactly(error.consumed), False


async def read_chunk(reader: asyncio.StreamReader, size: int, intake: Intake) -> None:
    """So many octets (RFC 3030, section 2)."""
    while size:
        piece = await reader.readexactly(min(size, _PIECE))
        size -= len(piece)
        intake.add(piece)


def read_bdat(argument: bytes) -> tuple[int, bool] | None:
    """(octets, is it the last one) of a BDAT command; None: it is none."""
    match = _CHUNK.match(argument.strip())
    return None if match is None else (int(match[1]), match[2] is not None)
