"""mbox: mails one after the other in a file, or a folder of such files.

The cursor remembers where the last mail begins and a hash of all before it: a file that only grew goes on from
there, one that was rewritten is CursorExpired, for its mails lie elsewhere now.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from connectors.cursors import count, flag, parsed, reading, string
from connectors.foldernames import in_order, purpose
from connectors.local.files import Raw, looking, record, text_of
from connectors.local.mboxfile import Mail, hash_until, new_hash, scan
from connectors.local.tree import below
from connectors.records import (
    Batch,
    Change,
    Cursor,
    CursorExpired,
    Deleted,
    Message,
    Misconfigured,
    Outline,
    Page,
    Phase,
    Stream,
    Unavailable,
    Unreadable,
)

_VERSION = 1
#: A file's time may lie before 1970.
_LEAST = -(2**63)
_PAGE_MAILS = 200
_PAGE_BYTES = 16 * 1024 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENDINGS = re.compile(r"\.(sbd|mbox|mbx)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _State:
    #: Where the last mail begins, and the hash of all before it.
    at: int = 0
    before: str = new_hash().hexdigest()
    #: That mail's ref; "": there is none yet.
    last: str = ""
    #: The file as it was when its end was reached: while it stays so there is no news.
    size: int = -1
    written_ns: int = -1
    is_done: bool = False

    def dump(self) -> Cursor:
        fields = [_VERSION, self.at, self.before, self.last, self.size, self.written_ns, self.is_done]
        return Cursor(json.dumps(fields, separators=(",", ":")))

    @classmethod
    def load(cls, cursor: Cursor) -> _State:
        with reading("an mbox"):
            version, at, before, last, size, written_ns, is_done = parsed(cursor)
            if version != _VERSION:
                raise ValueError("another version")
            written_ns = count(written_ns, least=_LEAST)
            return cls(count(at), string(before), string(last), count(size, least=-1), written_ns, flag(is_done))


class Mbox:
    """A stream for each file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, Path] = {}

    def streams(self) -> tuple[Stream, ...]:
        """The files, Sent first; in a folder those that begin like an mbox, or are empty and called so."""
        with looking(self._path):
            files = dict(self._find())
        self._files = {name: path for name, (_, path) in files.items()}
        return in_order(
            [Stream(name=name, purpose=purpose(levels), tells_removals=True) for name, (levels, _) in files.items()]
        )

    def pages(self, stream: Stream, since: Cursor | None) -> Iterator[Page]:
        """Mails that came after the last one handed over, in the order of the file."""
        path = self._file(stream)
        state = _State() if since is None else _State.load(since)
        with looking(path):
            status = path.stat()
        if (status.st_size, status.st_mtime_ns) == (state.size, state.written_ns):
            return
        phase = Phase.NEW if state.is_done else Phase.BACKFILL
        is_done, changes, weight = state.is_done, list[Change](), 0
        for mail, found in self._after(path, state):
            changes += found
            weight += len(mail.data)
            state = _State(mail.start, mail.before, mail.ref, is_done=is_done)
            if len(changes) >= _PAGE_MAILS or weight >= _PAGE_BYTES:
                yield Page(
                    changes=tuple(changes),
                    cursor=state.dump(),
                    phase=phase,
                    complete_since=_EPOCH if is_done else None,
                    backlog=0 if is_done else None,
                )
                changes, weight = [], 0
        state = replace(state, size=status.st_size, written_ns=status.st_mtime_ns, is_done=True)
        yield Page(changes=tuple(changes), cursor=state.dump(), phase=phase, complete_since=_EPOCH, backlog=0)

    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]:
        """The mails at `refs`."""
        path = self._file(stream)
        with looking(path), path.open("rb") as file:
            for ref in dict.fromkeys(refs):
                start = ref.partition("-")[0]
                mail = None
                if start.isascii() and start.isdigit():
                    mail = next(scan(file, int(start), new_hash()), None)
                yield Batch((_record(mail) if mail is not None and mail.ref == ref else Deleted(ref),))

    def refs(self, stream: Stream) -> Iterator[str]:
        """The refs of all mails in the file."""
        path = self._file(stream)
        with looking(path), path.open("rb") as file:
            for mail in scan(file, 0, new_hash()):
                yield mail.ref

    def outlines(self, stream: Stream, refs: Sequence[str]) -> Mapping[str, Outline]:
        """Size and time of delivery of the mails at `refs`."""
        changes = [change for batch in self.fetch(stream, refs) for change in batch.changes]
        return {mail.ref: Outline(mail.size, mail.received_at) for mail in changes if isinstance(mail, Message)}

    def marked(self, stream: Stream) -> Mapping[str, frozenset[str]]:
        """None: an mbox keeps no flags that all programs write alike."""
        return {}

    @staticmethod
    def _after(path: Path, state: _State) -> Iterator[tuple[Mail, list[Change]]]:
        """The mails after a state; the last one again, under its new ref, if it was not complete then."""
        with looking(path), path.open("rb") as file:
            before = hash_until(file, state.at)
            mails = scan(file, state.at, before)
            if before.hexdigest() != state.before:
                raise CursorExpired(f"{path} was rewritten", step="select")
            if state.last:
                first = next(mails, None)
                if first is None:
                    raise CursorExpired(f"{path} was cut off", step="select")
                if first.ref != state.last:
                    yield first, [Deleted(state.last), _record(first)]
            for mail in mails:
                yield mail, [_record(mail)]

    def _find(self) -> Iterator[tuple[str, tuple[tuple[str, ...], Path]]]:
        if self._path.is_file():
            if not _is_mbox(self._path):
                raise Misconfigured(f"{self._path} is no mbox file: it does not begin with 'From '", step="list")
            name = _level(self._path.name)
            yield name, ((name,), self._path)
            return
        names = set()
        for above, folder in below(self._path, skip=()):
            for file in sorted(path for path in folder.iterdir() if path.is_file() and _is_mbox(path)):
                levels = (*map(_level, above), _level(file.name))
                name = "/".join(levels)
                if name in names:
                    name = text_of(file.relative_to(self._path).as_posix())
                names.add(name)
                yield name, (levels, file)

    def _file(self, stream: Stream) -> Path:
        if stream.name not in self._files:
            self.streams()
        if stream.name not in self._files:
            raise Unavailable(f"there is no file {stream.name} in {self._path}", step="select")
        return self._files[stream.name]


def _record(mail: Mail) -> Message | Unreadable:
    # the file's own time says nothing about one mail in it
    raw = Raw(mail.data, mail.size, _EPOCH)
    return record(raw, ref=mail.ref, received_at=mail.received_at)


def _level(name: str) -> str:
    text = _ENDINGS.sub("", text_of(name))
    return "INBOX" if text.casefold() == "inbox" else text


def _is_mbox(path: Path) -> bool:
    """Does it begin as one? What can't be opened counts, so that reading it says why."""
    if not os.access(path, os.R_OK):
        return True
    with path.open("rb") as file:
        beginning = file.read(5)
    return beginning == b"From " or (not beginning and path.suffix in {"", ".mbox", ".mbx"})
