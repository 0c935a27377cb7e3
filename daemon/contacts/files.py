"""Files of contacts: vCard or CSV, told apart by their first line.

A file is read as bytes, line by line: exports of mobile phones and of old programs mix charsets within one file, and
one broken contact never stops the rest. Lines are counted as editors count them, from 1.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from store.writers.w1 import instant


@dataclass(frozen=True, slots=True)
class FileAddress:
    """An address as the file has it, with its line."""

    line: int
    text: str
    #: Since and until when it is the contact's, where the file tells; aware UTC.
    valid_from_at: datetime | None = None
    valid_to_at: datetime | None = None


def instant_of(text: str) -> datetime | None:
    """A day or an instant (ISO 8601, by itself in UTC) as files tell them; None: it is neither."""
    return instant(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContact:
    """One contact of a file, as it stands there."""

    #: Where it begins.
    line: int
    external_id: str | None
    #: "": none.
    name: str
    #: The primary one first.
    addresses: tuple[FileAddress, ...]
    #: "": none.
    organization: str = ""
    #: Whose id it is; "": not told.
    source: str = ""
    #: What it says of opens and clicks being recorded; "": nothing.
    consent: str = ""
    consent_at: datetime | None = None
    consent_source: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something of a file that can't be taken, and why."""

    line: int
    reason: str
    #: Whose it is, where that can be told.
    external_id: str | None = None


class UnknownFile(Exception):
    """The file as a whole can't be read; `hint` says what to do."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file as UTF-8 without a byte order mark, as far as its first bytes tell; raises UnknownFile."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                yield io.BytesIO(file.read().decode("utf-16", "replace").encode())
                return
            if start.startswith(codecs.BOM_UTF8):
                file.seek(len(codecs.BOM_UTF8))
            yield file
    except OSError as error:
        raise UnknownFile(f"can't be read: {error.strerror}", "check the path and its permissions") from error


def is_vcard(file: BinaryIO) -> bool:
    """Does the first line that is not empty begin a vCard? The file stands where it stood."""
    start = file.tell()
    first = next((line.strip() for line in file if line.strip()), b"")
    file.seek(start)
    return first.upper().replace(b" ", b"") == b"BEGIN:VCARD"
