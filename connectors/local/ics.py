"""Calendars in .ics files (RFC 5545) and at the URL of a feed: each file holds any number of meetings.

A cursor holds what was handed over, by the file's state and a hash of each meeting; so what went away is told, and a
file that was written anew without a change is no news. A meeting's ref is its file's path and its UID.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from connectors.cursors import pack, parsed, reading, string, unpack
from connectors.http import HttpClient
from connectors.ical import parse_calendar
from connectors.local import files
from connectors.local.files import looking, text_of
from connectors.local.tree import below
from connectors.meetings import Meeting
from connectors.records import (
    Batch,
    Change,
    Cursor,
    Deleted,
    Outline,
    Page,
    Phase,
    Stream,
    StreamKind,
    Unavailable,
    Unreadable,
)

_SUFFIX = ".ics"
_PAGE = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION = 1
_LONGEST_UID = 255


class _File(NamedTuple):
    """What is known of a file that was read."""

    #: Differs whenever the file may.
    mark: str
    #: Ref -> hash of the meeting.
    meetings: dict[str, str]


@dataclass(slots=True)
class _Seen:
    """A cursor."""

    files: dict[str, _File] = field(default_factory=dict)

    @classmethod
    def load(cls, cursor: Cursor | None) -> _Seen:
        if cursor is None:
            return cls()
        with reading("calendar files"):
            version, packed = parsed(cursor)
            if version != _VERSION:
                raise ValueError("another version")
            told = parsed(unpack(packed)).items()
            return cls({string(name): _File(string(mark), _strings(meetings)) for name, (mark, meetings) in told})

    def dump(self) -> Cursor:
        packed = pack(json.dumps(self.files, separators=(",", ":")).encode())
        return Cursor(json.dumps([_VERSION, packed], separators=(",", ":")))


def _strings(told: Any) -> dict[str, str]:
    return {string(ref): string(mark) for ref, mark in told.items()}


class IcsFiles:
    """A file, or a folder of files with folders in it, each of which is a calendar."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folders: dict[str, list[Path]] = {}

    def streams(self) -> tuple[Stream, ...]:
        """The file, or each folder with .ics files in it, the top one by its own name."""
        with looking(self._path):
            found = self._find()
        self._folders = dict(found)
        return tuple(_stream(name) for name in self._folders)

    def _find(self) -> list[tuple[str, list[Path]]]:
        if not self._path.is_dir():
            return [(text_of(self._path.stem) or "calendar", [self._path])]
        found: list[tuple[str, list[Path]]] = []
        for levels, folder in below(self._path, skip=()):
            names = sorted(folder.iterdir())
            within = [file for file in names if file.name.lower().endswith(_SUFFIX)]
            # an emptied calendar is still one
            if within or not any(each.is_dir() for each in names):
                name = "/".join(text_of(level) for level in levels) or text_of(self._path.name) or "calendar"
                found.append((name, within))
        return found

    def pages(self, stream: Stream, since: Cursor | None) -> Iterator[Page]:
        """What is new, differs or is gone."""
        seen = _Seen.load(since)
        now: dict[str, _File] = {}
        changes: list[Change] = []
        for path in self._files(stream):
            name = text_of(path.name)
            mark, before = self._mark(path), seen.files.get(name)
            if before is not None and before.mark == mark and mark:
                now[name] = before
                continue
            read = self._read(path)
            if read is not None:
                now[name] = _File(mark, {ref: _digest(change) for ref, change in read.items()})
                told = before.meetings if before else {}
                changes += [change for ref, change in read.items() if told.get(ref) != now[name].meetings[ref]]
        yield from _pages(seen, now, changes, since)

    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]:
        """The meetings at `refs`."""
        there: dict[str, Change] = {}
        for path in self._files(stream):
            there |= self._read(path) or {}
        wanted = list(dict.fromkeys(refs))
        for start in range(0, len(wanted), _PAGE):
            yield Batch(tuple(there.get(ref) or Deleted(ref) for ref in wanted[start : start + _PAGE]))

    def refs(self, stream: Stream) -> Iterator[str]:
        """The refs of all meetings."""
        for path in self._files(stream):
            yield from sorted(self._read(path) or ())

    def outlines(self, stream: Stream, refs: Sequence[str]) -> Mapping[str, Outline]:
        """None: outlines are of mails."""
        return {}

    def marked(self, stream: Stream) -> Mapping[str, frozenset[str]]:
        """None: flags are of mails."""
        return {}

    def _files(self, stream: Stream) -> list[Path]:
        if stream.name not in self._folders:
            self.streams()
        if stream.name not in self._folders:
            raise Unavailable(f"there is no calendar {stream.name} in {self._path}", step="select")
        with looking(self._path):
            return dict(self._find()).get(stream.name, [])

    def _mark(self, path: Path) -> str:
        try:
            status = path.stat()
        except OSError:
            return ""
        return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"

    def _read(self, path: Path) -> dict[str, Change] | None:
        """The meetings of a file; None: it is gone."""
        place = text_of(path.relative_to(self._path).as_posix()) if path != self._path else text_of(path.name)
        try:
            raw = files.read(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            return {place: Unreadable(place, f"the file can't be read: {error.strerror or error}")}
        if raw.size > len(raw.data):
            return {place: Unreadable(place, f"it is larger than {files.SIZE_LIMIT >> 20} MiB")}
        return meetings(raw.data, place)


class IcsFeed:
    """A calendar that is published at a URL; asked for only where it changed (RFC 9110, section 13)."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        last = unquote(http.path.partition("?")[0].rstrip("/").rpartition("/")[2])
        self._name = text_of(last.removesuffix(_SUFFIX)) or http.origin.host

    def streams(self) -> tuple[Stream, ...]:
        """The feed, by the end of its URL."""
        return (_stream(self._name),)

    def pages(self, stream: Stream, since: Cursor | None) -> Iterator[Page]:
        """What is new, differs or is gone."""
        self._check(stream)
        seen = _Seen.load(since)
        before = seen.files.get("", _File("", {}))
        found = self._asked(before.mark)
        if found is not None:
            mark, read = found
            now = _File(mark, {ref: _digest(change) for ref, change in read.items()})
            changes = [change for ref, change in read.items() if before.meetings.get(ref) != now.meetings[ref]]
            yield from _pages(seen, {"": now}, changes, since)

    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]:
        """The meetings at `refs`."""
        there = self._whole(stream)
        wanted = list(dict.fromkeys(refs))
        for start in range(0, len(wanted), _PAGE):
            yield Batch(tuple(there.get(ref) or Deleted(ref) for ref in wanted[start : start + _PAGE]))

    def refs(self, stream: Stream) -> Iterator[str]:
        """The refs of all meetings."""
        yield from sorted(self._whole(stream))

    def outlines(self, stream: Stream, refs: Sequence[str]) -> Mapping[str, Outline]:
        """None: outlines are of mails."""
        return {}

    def marked(self, stream: Stream) -> Mapping[str, frozenset[str]]:
        """None: flags are of mails."""
        return {}

    def _check(self, stream: Stream) -> None:
        if stream.name != self._name:
            raise Unavailable(f"there is no calendar {stream.name} at this URL", step="select")

    def _whole(self, stream: Stream) -> dict[str, Change]:
        self._check(stream)
        found = self._asked("")
        return found[1] if found is not None else {}

    def _asked(self, mark: str) -> tuple[str, dict[str, Change]] | None:
        """(its state, the meetings); None: the same as at `mark`."""
        etag, _, modified = mark.partition("\n")
        headers = {"Accept": "text/calendar"}
        headers |= {"If-None-Match": etag} if etag else {"If-Modified-Since": modified} if modified else {}
        answer = self._http.request("GET", self._http.path, headers=headers)
        if answer.status == 304 and mark:
            return None
        host = self._http.origin.host
        if answer.status != 200:
            raise Unavailable(f"{host} gives no calendar ({answer.status})", step="select", hint="check the option url")
        read = meetings(answer.body, "")
        if any(ref == "" for ref in read):
            # a page of HTML in its place must not take all meetings away
            raise Unavailable(f"{host} gives what is no calendar", step="select", hint="check the option url")
        etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
        return (f"{etag}\n{modified}" if etag or modified else ""), read


def meetings(raw: bytes, place: str) -> dict[str, Change]:
    """Ref -> the meeting, of all in a file; what can't be read has the file's own ref, or its number."""
    found: dict[str, Change] = {}
    for number, each in enumerate(parse_calendar(raw, ref=place)):
        if isinstance(each, Meeting):
            uid = text_of(each.uid)
            ref = f"{place}#{uid if len(uid) <= _LONGEST_UID else blake2b(uid.encode(), digest_size=16).hexdigest()}"
        else:
            ref = place if number == 0 else f"{place}#{number}"
        found[ref] = replace(each, ref=ref)
    return found


def _pages(seen: _Seen, now: dict[str, _File], changes: list[Change], since: Cursor | None) -> Iterator[Page]:
    there = {ref for file in now.values() for ref in file.meetings}
    gone = {ref for file in seen.files.values() for ref in file.meetings} - there
    changes = [*changes, *(Deleted(ref) for ref in sorted(gone))]
    cursor = _Seen(now).dump()
    if since == cursor:
        return
    phase = Phase.BACKFILL if since is None else Phase.NEW
    while len(changes) > _PAGE:
        page, changes = changes[:_PAGE], changes[_PAGE:]
        yield Page(changes=tuple(page), cursor=None, phase=phase, backlog=len(changes) if since is None else None)
    yield Page(changes=tuple(changes), cursor=cursor, phase=phase, complete_since=_EPOCH, backlog=0)


def _stream(name: str) -> Stream:
    return Stream(name=name, kind=StreamKind.CALENDAR, tells_removals=True)


def _digest(change: Change) -> str:
    return blake2b(repr(change).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
