"""Files read with bounds and never changed, and their names as text that any store can keep."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from connectors.mime import parse_message
from connectors.records import Message, Unavailable, Unreadable

#: Of larger mails only PREFIX bytes are read.
SIZE_LIMIT = 16 * 1024 * 1024
PREFIX = 1024 * 1024

_ODD = re.compile(r"[%\x00-\x1f\x7f\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Raw:
    """A mail's bytes, perhaps only their beginning."""

    data: bytes
    #: Bytes of the whole mail.
    size: int
    #: When the file was last written, aware UTC.
    written_at: datetime


def text_of(name: str) -> str:
    """A file's name as valid Unicode: bytes that are no UTF-8, controls and "%" are written as %XX."""
    return _ODD.sub(lambda odd: "".join(f"%{byte:02X}" for byte in os.fsencode(odd.group())), name)


@contextmanager
def looking(path: Path) -> Iterator[None]:
    """What the system says about a folder or mailbox file, as one of our errors."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"{path} can't be read: {error.strerror or error}",
            step="select",
            hint="check that it is there and that the service's user may read it",
        ) from error


def read(path: Path) -> Raw:
    """A regular file's bytes; raises OSError."""
    # a pipe would keep us waiting
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("no regular file")
        data = _beginning(descriptor, PREFIX if status.st_size > SIZE_LIMIT else status.st_size)
    finally:
        os.close(descriptor)
    return Raw(data, status.st_size, written_at(status))


def _beginning(descriptor: int, size: int) -> bytes:
    """The first `size` bytes, fewer where there are no more; room for more would cost more than reading."""
    data = os.read(descriptor, size)
    while len(data) < size and (more := os.read(descriptor, size - len(data))):
        data += more
    return data


def written_at(status: os.stat_result) -> datetime:
    """When a file was last written, UTC.

    Some file systems keep any number as that time; where it is no year from 1 to 9999 it is the time of the last
    change of the file, or of what is known of it, which nobody sets.
    """
    try:
        return datetime.fromtimestamp(status.st_mtime, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(status.st_ctime, UTC)


def record(
    raw: Raw, *, ref: str, received_at: datetime | None, flags: frozenset[str] = frozenset()
) -> Message | Unreadable:
    """The mail as a record."""
    message = parse_message(raw.data, ref=ref, received_at=received_at, flags=flags, size=raw.size)
    is_cut = len(raw.data) < raw.size
    return replace(message, is_truncated=True) if is_cut and isinstance(message, Message) else message
