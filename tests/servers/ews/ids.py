"""Identifiers as Exchange makes them: long, opaque, different only in a few characters and in their case."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from tests.servers.ews.wire import EwsError

_PREFIX = b"\x00\x03\x24\x00"
_ENTRY = b"\x00\x46\x00\x00\x00\x00\x00"
#: Of change keys, by what they are of.
_KINDS = {"item": b"\x09", "calendar": b"\x0f", "folder": b"\x01"}


@dataclass(frozen=True, slots=True)
class Place:
    """What an identifier says: whose mailbox, which folder (a number), which item (0: the folder itself)."""

    mailbox: str
    folder: int
    item: int = 0
    #: Number of an occurrence of a series, by its day (proleptic ordinal); 0 for none.
    occurrence: int = 0


class Holder(Protocol):
    """A mailbox, as far as its items need to know it."""

    name: str
    guid: str
    store: bytes

    def folder_identifier(self, number: int) -> str:
        """FolderId/@Id."""
        ...


def item_id(place: Place, store: bytes) -> str:
    """An ItemId or FolderId; `store` is 16 bytes of the mailbox's own, others after a restore."""
    numbers = b"".join(number.to_bytes(6, "big") for number in (place.folder, place.item, place.occurrence))
    raw = _PREFIX + place.mailbox.encode() + _ENTRY + store + b"\x07\x00" + numbers + b"\x00\x00"
    return base64.b64encode(raw).decode()


def place_of(text: str) -> tuple[Place, bytes]:
    """Read an identifier: what it says, and the store it is of. Raises EwsError where it is malformed or empty."""
    if not text:
        raise EwsError("ErrorInvalidIdEmpty")
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise EwsError("ErrorInvalidIdMalformed") from None
    rest = raw[40:]
    if raw[:4] != _PREFIX or rest[:7] != _ENTRY or len(rest) != 7 + 16 + 2 + 18 + 2:
        raise EwsError("ErrorInvalidIdMalformed")
    numbers = [int.from_bytes(rest[25 + at : 31 + at], "big") for at in (0, 6, 12)]
    return Place(raw[4:40].decode("latin-1"), *numbers), rest[7:23]


def change_key(number: int, kind: str = "item") -> str:
    """Of a version; `kind` is one of item, calendar, folder."""
    return base64.b64encode(_KINDS[kind] + b"\x00\x00\x00\x16\x00\x00\x00" + number.to_bytes(22, "big")).decode()


class Ranges:
    """A set of whole numbers that writes itself as ranges."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self.numbers = {number for first, last in ranges for number in range(first, last + 1)}

    def written(self) -> list[tuple[int, int]]:
        """(first, last) of each run."""
        runs: list[tuple[int, int]] = []
        for number in sorted(self.numbers):
            if runs and runs[-1][1] == number - 1:
                runs[-1] = (runs[-1][0], number)
            else:
                runs.append((number, number))
        return runs


@dataclass(slots=True)
class SyncState:
    """How far a reader is: what it was given, and which versions (content, read flag) it has seen.

    All versions up to `floor` count as seen; the sets hold what is above it. ([MS-OXCFXICS] section 3.3.5)
    """

    scope: str
    epoch: int
    floor: int = 0
    given: Ranges = field(default_factory=Ranges)
    seen: Ranges = field(default_factory=Ranges)

    def is_seen(self, version: int) -> bool:
        """Was this version told?"""
        return version <= self.floor or version in self.seen.numbers

    def text(self) -> str:
        """As it goes over the wire; the same state is the same text."""
        said = [self.scope, self.epoch, self.floor, self.given.written(), self.seen.written()]
        return base64.b64encode(gzip.compress(json.dumps(said).encode(), mtime=0)).decode()

    @classmethod
    def read(cls, text: str, scope: str, epoch: int) -> SyncState:
        """Of what a client sent; raises EwsError where it is spoiled, of another folder, or from before a loss."""
        try:
            said = json.loads(gzip.decompress(base64.b64decode(text, validate=True)))
            state = cls(said[0], said[1], said[2], Ranges(said[3]), Ranges(said[4]))
        except (ValueError, OSError, EOFError, TypeError, IndexError, KeyError):
            raise EwsError("ErrorInvalidSyncStateData") from None
        if (state.scope, state.epoch) != (scope, epoch):
            raise EwsError("ErrorInvalidSyncStateData")
        return state
