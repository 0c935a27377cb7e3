"""Cursors as text: what is read of one is checked, because a store may be restored, copied or written by others.

with reading("an IMAP folder"):
    version, number, day = parsed(cursor)      # whatever is wrong with it: CursorExpired
    return Position(count(number), day_of(day))
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from connectors.records import CursorExpired

#: Unpacked, of a calendar of a million objects.
_MAX_BYTES = 256 * 1024 * 1024
#: Of what is told of an error, which may quote what it could not read.
_LONGEST = 200


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Whatever fails while a cursor is read makes it none of `what`: raises CursorExpired."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, MemoryError, zlib.error) as error:
        raise CursorExpired(f"this is no cursor of {what}: {str(error)[:_LONGEST]}", step="select") from error


def parsed(text: str | bytes) -> Any:
    """The JSON in it, without the numbers that JSON does not have; raises ValueError or RecursionError."""
    return json.loads(text, parse_constant=_no_number)


def pack(data: bytes) -> str:
    """As text inside a cursor; `unpack` takes it back."""
    return base64.b64encode(zlib.compress(data)).decode("ascii")


def unpack(packed: Any, most: int = _MAX_BYTES) -> bytes:
    """At most so many bytes of what was packed; raises ValueError, TypeError or zlib.error."""
    inflate = zlib.decompressobj()
    data = inflate.decompress(base64.b64decode(string(packed), validate=True), most)
    if not inflate.eof:
        raise ValueError("it is cut, or too long")
    return data


def count(value: Any, least: int = 0) -> int:
    """A whole number, `least` or above; raises ValueError."""
    if type(value) is not int or value < least:
        raise ValueError("a number that is none")
    return value


def count_or_none(value: Any) -> int | None:
    """The same, or nothing."""
    return None if value is None else count(value)


def string(value: Any) -> str:
    """Text that any store can keep; raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("a text that is none")
    value.encode()
    return value


def string_or_none(value: Any) -> str | None:
    """The same, or nothing."""
    return None if value is None else string(value)


def flag(value: Any) -> bool:
    """Yes or no; raises ValueError."""
    if not isinstance(value, bool):
        raise ValueError("neither yes nor no")
    return value


def day_of(value: Any) -> date | None:
    """A day, or none; raises ValueError."""
    return None if value is None else date.fromisoformat(string(value))


def instant_of(value: Any) -> datetime | None:
    """An aware UTC instant, or none; raises ValueError or OverflowError."""
    if value is None:
        return None
    instant = datetime.fromisoformat(string(value))
    if instant.tzinfo is None:
        raise ValueError("a time without its zone")
    return instant.astimezone(UTC)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")
