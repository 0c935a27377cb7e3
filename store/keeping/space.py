"""How much room a store takes, and how much is left for it. Of SQLite alone: PostgreSQL is mostly another machine."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from store.keeping.backup import database_file

#: What a write is refused for, whoever asks.
_REFUSED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO})


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes."""

    folder: Path
    database: int
    #: What is written and not yet in the database's file.
    wal: int
    #: Of the file system: what the service may still write, and the whole.
    free: int
    total: int


#: So much must be to be had, in bytes: a page of mail, and what SQLite makes beside the file.
_NEEDED = 1024**2


def refusal_at(file: Path) -> str | None:
    """Why no more can be written beside this file now, by trying it: no room for us, whatever the whole disk has left
    (a quota, files used up), or a file system that may only be read. None: it can, or who asks may not write there."""
    try:
        tried = os.open(file.parent, os.O_TMPFILE | os.O_RDWR, 0o600)
    except OSError as error:
        return error.strerror if error.errno in _REFUSED else None
    try:
        os.posix_fallocate(tried, 0, _NEEDED)
    except OSError as error:
        return error.strerror if error.errno in _REFUSED else None
    finally:
        os.close(tried)
    return None


def space_of(engine: Engine) -> Space | None:
    """Of a SQLite store's file; None: it is none, or can't be looked at."""
    file = database_file(engine)
    return None if file is None else space_at(file)


def space_at(file: Path) -> Space | None:
    """Of the SQLite store in this file; None: it can't be looked at."""
    try:
        there = os.statvfs(file.parent)
        size = file.stat().st_size
    except OSError:
        return None
    try:
        wal = file.with_name(f"{file.name}-wal").stat().st_size
    except OSError:
        wal = 0
    return Space(file.parent, size, wal, there.f_bavail * there.f_frsize, there.f_blocks * there.f_frsize)
