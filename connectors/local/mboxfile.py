"""The bytes of an mbox file (RFC 4155) as mails, whatever its size, with bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from hashlib import blake2b
from typing import BinaryIO, Protocol

from connectors.local.files import PREFIX, SIZE_LIMIT

_LINE = 64 * 1024
_CHUNK = 1024 * 1024
_BLANK = (b"\n", b"\r\n")
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:|>From ")
_QUOTED = re.compile(rb">+From ")
_CLOCK = re.compile(rb"\d:\d\d.*\d{4}")


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of a file."""

    #: Offset and hash.
    ref: str
    #: Offset of its "From " line.
    start: int
    #: Hash of all bytes of the file before it.
    before: str
    #: The time in its "From " line, UTC.
    received_at: datetime | None
    #: Its bytes, perhaps only their beginning, without the ">" before "From ".
    data: bytes
    size: int


def new_hash() -> _Hash:
    """The hash of an empty file."""
    return blake2b(digest_size=16)


def hash_until(file: BinaryIO, end: int) -> _Hash:
    """The hash of a file's first `end` bytes, or of all if it has less."""
    whole = new_hash()
    file.seek(0)
    while end > 0 and (chunk := file.read(min(end, _CHUNK))):
        whole.update(chunk)
        end -= len(chunk)
    return whole


def scan(file: BinaryIO, start: int, before: _Hash) -> Iterator[Mail]:
    """The mails from `start` on, where one begins; `before` is the hash of what lies before it.

    A line "From …" after an empty line begins a mail if a header field follows, or if it has a time in it and
    nothing follows: in many archives such lines of a text are not quoted.
    """
    file.seek(start)
    offset, after_blank = start, True
    current: _Growing | None = None
    line = file.readline(_LINE)
    while line:
        following = file.readline(_LINE)
        if after_blank and line.startswith(b"From ") and (offset == start or _begins(line, following)):
            if current is not None:
                yield current.mail()
            current = _Growing(offset, line, before.hexdigest())
        elif current is not None:
            current.add(line)
        before.update(line)
        offset += len(line)
        after_blank, line = line in _BLANK, following
    if current is not None:
        yield current.mail()


def _begins(line: bytes, following: bytes) -> bool:
    if _HEADER.match(following):
        return True
    return not following.strip() and _CLOCK.search(line) is not None


class _Growing:
    """A mail while its lines come."""

    def __init__(self, start: int, line: bytes, before: str) -> None:
        self._start, self._line, self._before = start, line, before
        self._hash = new_hash()
        self._data = bytearray()
        self._size = 0
        self._is_cut = False
        #: Empty lines, which belong to the mail only if something follows.
        self._held = bytearray()

    def add(self, line: bytes) -> None:
        if line in _BLANK and len(self._held) < _CHUNK:
            self._held += line
            return
        for part in (bytes(self._held), line):
            self._hash.update(part)
            self._size += len(part)
            if not self._is_cut:
                self._data += part[1:] if _QUOTED.match(part) else part
        self._held.clear()
        if len(self._data) > SIZE_LIMIT:
            del self._data[PREFIX:]
            self._is_cut = True

    def mail(self) -> Mail:
        ref = f"{self._start}-{self._hash.hexdigest()}"
        when = _time(self._line)
        data = bytes(self._data)
        return Mail(ref, self._start, self._before, when, data, self._size if self._is_cut else len(data))


def _time(line: bytes) -> datetime | None:
    """The date of a "From " line, in UTC unless it names a zone."""
    words = line.decode("ascii", "replace").split(None, 2)
    found = parsedate_tz(words[2]) if len(words) == 3 else None
    if found is None:
        return None
    try:
        zone = timezone(timedelta(seconds=found[9] or 0))
        return datetime(*found[:6], tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
