"""Folders of one file a mail: what Maildir and .eml files have in common."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from connectors.foldernames import in_order, purpose
from connectors.local.files import Raw, looking, read, record, text_of, written_at
from connectors.local.listing import Entry, pages
from connectors.records import Batch, Change, Cursor, Deleted, Outline, Page, Stream, Unavailable, Unreadable

#: What of the flags history knows.
MARKS = ("\\Answered", "$Forwarded")
_BATCH = 100
_DEPTH = 30


class Tree(ABC):
    """A folder with folders in it, some of which hold mails."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folders: dict[str, Path] = {}

    @abstractmethod
    def find(self) -> Iterator[tuple[tuple[str, ...], Path]]:
        """(levels of its name, where it lies) of each folder that holds mails."""

    @abstractmethod
    def entries(self, folder: Path) -> Iterator[Entry]:
        """The mails in a folder; raises OSError where it can't be read."""

    def flags(self, path: Path) -> frozenset[str]:
        """What the file's name says about the mail."""
        return frozenset()

    def received_at(self, path: Path, raw: Raw) -> datetime:
        """When the mail was delivered."""
        return raw.written_at

    def streams(self) -> tuple[Stream, ...]:
        """The folders, Sent first."""
        with looking(self._path):
            found = sorted(self.find())
        streams: dict[str, Stream] = {}
        for levels, path in found:
            name = "/".join(levels)
            if name in streams:
                # two ways to write one name
                name = text_of(path.relative_to(self._path).as_posix())
            streams[name] = Stream(name=name, purpose=purpose(levels))
            self._folders[name] = path
        return in_order(list(streams.values()))

    def pages(self, stream: Stream, since: Cursor | None) -> Iterator[Page]:
        """Files that were not handed over, oldest first."""
        folder = self._folder(stream)
        with looking(folder):
            entries = list(self.entries(folder))
        yield from pages(entries, since, lambda entry: self._read(folder, entry.ref, self._path / entry.path))

    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]:
        """The mails at `refs`."""
        folder = self._folder(stream)
        places = self._places(folder)
        wanted = list(dict.fromkeys(refs))
        for start in range(0, len(wanted), _BATCH):
            changes: list[Change] = []
            for ref in wanted[start : start + _BATCH]:
                found = self._read(folder, ref, places[ref]) if ref in places else None
                changes.append(Deleted(ref) if found is None else found[0])
            yield Batch(tuple(changes))

    def refs(self, stream: Stream) -> Iterator[str]:
        """The refs of all mails in the folder."""
        yield from sorted(self._places(self._folder(stream)))

    def outlines(self, stream: Stream, refs: Sequence[str]) -> Mapping[str, Outline]:
        """Size and time of delivery of the files at `refs`."""
        places = self._places(self._folder(stream))
        found: dict[str, Outline] = {}
        for ref in refs:
            if ref in places and places[ref].is_file():
                status = places[ref].stat()
                raw = Raw(b"", status.st_size, written_at(status))
                found[ref] = Outline(raw.size, self.received_at(places[ref], raw))
        return found

    def marked(self, stream: Stream) -> Mapping[str, frozenset[str]]:
        """As the names of the files say."""
        flags = {ref: self.flags(path) for ref, path in self._places(self._folder(stream)).items()}
        return {mark: frozenset(ref for ref, held in flags.items() if mark in held) for mark in MARKS}

    def _places(self, folder: Path) -> dict[str, Path]:
        with looking(folder):
            return {entry.ref: self._path / entry.path for entry in self.entries(folder)}

    def _folder(self, stream: Stream) -> Path:
        if stream.name not in self._folders:
            self.streams()
        if stream.name not in self._folders:
            raise Unavailable(f"there is no folder {stream.name} in {self._path}", step="select")
        return self._folders[stream.name]

    def _read(self, folder: Path, ref: str, path: Path) -> tuple[Change, int] | None:
        """A change and its size; None for what is gone. A file may get another name while we look."""
        try:
            try:
                raw = read(path)
            except FileNotFoundError:
                path = self._places(folder).get(ref, path)
                raw = read(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            return Unreadable(ref, f"the file can't be read: {error.strerror or error}"), 0
        received_at = self.received_at(path, raw)
        return record(raw, ref=ref, received_at=received_at, flags=self.flags(path)), len(raw.data)


def below(folder: Path, skip: Iterable[str], levels: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Path]]:
    """All folders under a folder with their levels, itself first; raises OSError where itself can't be read.

    Links are not followed, for they may lead around.
    """
    with os.scandir(folder) as found:
        names = sorted(entry.name for entry in found if entry.is_dir(follow_symlinks=False))
    yield levels, folder
    for name in names if len(levels) < _DEPTH else ():
        if name in skip:
            continue
        try:
            yield from below(folder / name, skip, (*levels, name))
        except PermissionError:
            # a folder like the others, as far as we may know: reading it will say what is wrong
            yield (*levels, name), folder / name
