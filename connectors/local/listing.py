"""What of a folder of files was handed over, in a text of bounded size, and what is new in it.

Files are taken in order of their time, and most new files come after the last one handed over. But a file may also be
moved in with an old time, so what lies before is counted too: files fall into buckets by a hash of their name, and
each bucket keeps the exclusive or of those hashes. A bucket that differs holds news. Where exactly one file explains
the difference it is that one, else all of the bucket comes again, which is harmless.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from hashlib import blake2b
from operator import xor
from typing import NamedTuple, Self

from connectors.cursors import count, flag, pack, parsed, reading, string, unpack
from connectors.records import Change, Cursor, Page, Phase

_BUCKETS = 512
PAGE_MAILS = 200
_PAGE_BYTES = 16 * 1024 * 1024
#: There is no mail on a disk from before its time.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION = 1
#: A file's time may lie before 1970.
_LEAST = -(2**63)


class Entry(NamedTuple):
    """A file that holds a mail. Its first two fields are its place in the order."""

    #: Seconds or nanoseconds, alike within a folder.
    when: int
    #: Names the file in this state: a file with other content has another mark.
    mark: str
    #: The mail's ref in its stream.
    ref: str
    #: Where it lies, below the account's path.
    path: str


class _Step(NamedTuple):
    """Files to hand over together, and what the sums of their bucket are then."""

    entries: Sequence[Entry]
    bucket: int
    total: int
    #: They come after the last one so far.
    is_further: bool


@dataclass(slots=True)
class Listing:
    """The files handed over up to `last`, as sums."""

    last: tuple[int, str] | None
    #: The first import has come to its end.
    is_done: bool
    sums: array[int]

    @classmethod
    def load(cls, cursor: Cursor | None) -> Self:
        """The state in a cursor; raises CursorExpired where it is none of ours."""
        if cursor is None:
            return cls(None, False, array("Q", bytes(8 * _BUCKETS)))
        with reading("a folder of files"):
            version, when, mark, is_done, packed = parsed(cursor)
            sums = array("Q", unpack(packed, 8 * _BUCKETS))
            if version != _VERSION or len(sums) != _BUCKETS:
                raise ValueError("another version")
            last = None if when is None else (count(when, least=_LEAST), string(mark))
            return cls(last, flag(is_done), sums)

    def dump(self) -> Cursor:
        """As text; `load` takes it back."""
        when, mark = self.last or (None, None)
        packed = pack(self.sums.tobytes())
        return Cursor(json.dumps([_VERSION, when, mark, self.is_done, packed], separators=(",", ":")))

    def steps(self, entries: Sequence[Entry]) -> Iterator[_Step]:
        """What to hand over, in order; `took` is called after each."""
        known = [entry for entry in entries if self.last is not None and entry[:2] <= self.last]
        yield from self._changed(known)
        for entry in entries[len(known) :]:
            number = _hash(entry)
            bucket = number % _BUCKETS
            yield _Step([entry], bucket, self.sums[bucket] ^ number, True)

    def took(self, step: _Step, vanished: Sequence[Entry]) -> None:
        """The files of a step were handed over, but for those that had vanished."""
        self.sums[step.bucket] = reduce(xor, map(_hash, vanished), step.total)
        if step.is_further:
            self.last = step.entries[0][:2]

    def _changed(self, known: Sequence[Entry]) -> Iterator[_Step]:
        totals = array("Q", bytes(8 * _BUCKETS))
        members: list[list[tuple[int, Entry]]] = [[] for _ in range(_BUCKETS)]
        for entry in known:
            number = _hash(entry)
            totals[number % _BUCKETS] ^= number
            members[number % _BUCKETS].append((number, entry))
        for bucket, (total, before) in enumerate(zip(totals, self.sums, strict=True)):
            if total != before:
                single = [entry for number, entry in members[bucket] if number == total ^ before]
                yield _Step(single or [entry for _, entry in members[bucket]], bucket, total, False)


def pages(
    entries: Iterable[Entry],
    cursor: Cursor | None,
    read: Callable[[Entry], tuple[Change, int] | None],
) -> Iterator[Page]:
    """What is new among `entries`; `read` gives a change and its size in bytes, None for what has vanished."""
    state = Listing.load(cursor)
    phase = Phase.NEW if state.is_done else Phase.BACKFILL
    changes: list[Change] = []
    weight = 0
    is_other = False
    ordered = sorted(entries)
    left = sum(state.last is None or entry[:2] > state.last for entry in ordered)
    for step in state.steps(ordered):
        # among what was handed over something was moved in, or has gone
        is_other = is_other or not step.is_further
        vanished = []
        for entry in step.entries:
            found = read(entry)
            if found is None:
                vanished.append(entry)
            else:
                changes.append(found[0])
                weight += found[1]
        state.took(step, vanished)
        left -= step.is_further
        if len(changes) >= PAGE_MAILS or weight >= _PAGE_BYTES:
            yield Page(
                changes=tuple(changes),
                cursor=state.dump(),
                phase=phase,
                complete_since=_EPOCH if state.is_done else None,
                backlog=left,
            )
            changes, weight = [], 0
    state.is_done = True
    if changes or state.dump() != cursor:
        yield Page(
            changes=tuple(changes),
            cursor=state.dump(),
            phase=phase,
            complete_since=_EPOCH,
            backlog=0,
            asks_comparison=is_other,
        )


def _hash(entry: Entry) -> int:
    name = entry.mark.encode("utf-8", "surrogateescape")
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big")
