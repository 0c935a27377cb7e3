"""A CalDAV account as a connector.

What changed is asked by sync token (RFC 6578). Where a server has none, or does not answer for it, the ETags of the
calendar are compared whenever its ctag has changed. A poll without news is one PROPFIND of each folder of calendars;
most people have one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import ClassVar, NamedTuple, Self
from urllib.parse import unquote

from connectors.dav import discovery, lists, settings
from connectors.dav.position import Position
from connectors.dav.reading import batches, read
from connectors.dav.server import Server, Told
from connectors.dav.settings import CalDavSettings
from connectors.records import (
    AuthFailed,
    Batch,
    Change,
    ConnectorError,
    Cursor,
    CursorExpired,
    Deleted,
    Page,
    Phase,
    Secret,
    Stream,
    StreamKind,
    Unavailable,
)
from connectors.tasks import HeldTask, TaskList, WantedTask
from connectors.webdav import CALENDARSERVER, DAV, Response

_ASKED = (
    "d:resourcetype",
    "d:displayname",
    "cal:supported-calendar-component-set",
    "d:sync-token",
    "cs:getctag",
)
#: Answers to one question for changes; what is left then comes with the next poll.
_MAX_ANSWERS = 1_000
#: Pages between two cursors of an import that has all ETags in them.
_CURSOR_EVERY = 10
#: A token of seconds since 1970 (SOGo) says nothing of what changes later in its second; a hash may hold such digits.
_CLOCK = re.compile(r"(?<![0-9A-Za-z])[12]\d{9}(?![0-9A-Za-z])")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
#: A calendar is read as a whole.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FETCHED = 100
_LONGEST_NAME = 200


class _Standing(NamedTuple):
    """What the server says of a calendar as a whole."""

    token: str | None
    ctag: str | None


class CalDavConnector:
    """Calendars of one login, read by PROPFIND, REPORT and GET alone; only tasks of ours are written."""

    Settings: ClassVar[type[CalDavSettings]] = CalDavSettings
    takes_bearer: ClassVar[bool] = True
    opens_apart: ClassVar[bool] = True

    def __init__(self, options: CalDavSettings, secret: Secret | None) -> None:
        settings.check(options)
        self._settings = options
        self._server = Server(options, secret)
        #: Name -> path, also of calendars that are not followed.
        self._paths: dict[str, str] = {}
        self._listed: list[tuple[str, Response]] | None = None
        #: Path -> what the list told; good for one reading.
        self._standings: dict[str, _Standing] = {}
        self._left_out: tuple[str, ...] = ()
        #: Patterns of `calendars` that match no calendar, known after `streams()`.
        self.unmatched: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        try:
            self._listed = self._list()
        except BaseException:
            self._server.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self._listed = None
        self._standings = {}

    # -- which calendars there are ------------------------------------------------------------------------------------

    def streams(self) -> tuple[Stream, ...]:
        """The chosen calendars, in the order of their paths, without those for tasks alone and for scheduling."""
        listed, self._listed = self._listed or self._list(), None
        choice = self._settings.calendars
        self._paths, self._standings = {}, {}
        for path, response in listed:
            self._paths[_name(path, response, self._paths)] = path
            token, ctag = response.text(DAV, "sync-token"), response.text(CALENDARSERVER, "getctag")
            self._standings[path] = _Standing(token or None, ctag or None)
        self._left_out = tuple(name for name in self._paths if not choice.chooses(name))
        self.unmatched = choice.unmatched(self._paths)
        return tuple(
            Stream(name=name, kind=StreamKind.CALENDAR, server_id=path, tells_removals=True)
            for name, path in self._paths.items()
            if choice.chooses(name)
        )

    @property
    def left_out(self) -> tuple[str, ...]:
        """Calendars that the options leave out."""
        return self._left_out

    def _list(self) -> list[tuple[str, Response]]:
        try:
            found = self._members()
        except AuthFailed:
            raise
        except ConnectorError as error:
            if error.step != "list":
                raise
            discovery.forget(self._server, self._settings.username)
            found = self._members()
        return _of_kind(found, "VEVENT")

    def _members(self, *more: str) -> list[tuple[str, Response]]:
        homes = discovery.homes(self._server, self._settings.username)
        return [each for home in homes for each in self._server.members(home, *_ASKED, *more)]

    def _path(self, stream: Stream) -> str:
        if stream.name not in self._paths:
            self.streams()
        if stream.name not in self._paths:
            problem = f"there is no calendar {stream.name} on {self._server.origin.host}"
            raise Unavailable(problem, step="select", hint="keeptouch accounts folders lists those that are there")
        return self._paths[stream.name]

    def _standing(self, path: str) -> _Standing:
        """From the list where it was just read, else asked for."""
        standing = self._standings.pop(path, None)
        if standing is not None:
            return standing
        response, _path = self._server.properties(path, "d:sync-token", "cs:getctag")
        return _Standing(response.text(DAV, "sync-token") or None, response.text(CALENDARSERVER, "getctag") or None)

    # -- what is in one -----------------------------------------------------------------------------------------------

    def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
        """All objects, or what changed; to the end whatever the horizon, since a calendar has no order of times."""
        position = None if since is None else Position.load(since)
        path = self._path(stream)
        if position is None:
            yield from self._first(path)
        elif position.token is None:
            yield from self._compared(path, position)
        else:
            yield from self._told(path, position)

    def fetch(self, stream: Stream, refs: Sequence[str]) -> Iterator[Batch]:
        """The objects at `refs`."""
        path = self._path(stream)
        wanted = list(dict.fromkeys(refs))
        foreign = [Deleted(ref) for ref in wanted if not ref.startswith(path)]
        if foreign:
            yield Batch(tuple(foreign))
        own = [ref for ref in wanted if ref.startswith(path)]
        for start in range(0, len(own), _FETCHED):
            yield Batch(tuple(read(self._server, path, own[start : start + _FETCHED], {})))

    def refs(self, stream: Stream, *, in_scope: bool = False) -> Iterator[str]:
        """The refs of all objects with events in a calendar; all of them are in scope."""
        yield from sorted(self._server.listed(self._path(stream)))

    def _first(self, path: str) -> Iterator[Page]:
        """A first import. The token is from before the listing, and proves at once that the server answers for it."""
        standing = self._standing(path)
        try:
            told = self._server.changed(path, standing.token or "")
        except CursorExpired:
            told = None
        position = Position(token=told.token if told else None, ctag=standing.ctag, after="")
        yield from self._imported(path, position)

    def _imported(self, path: str, position: Position) -> Iterator[Page]:
        """What an import has not handed over yet."""
        listed = self._server.listed(path)
        after = position.after or ""
        if position.token is not None:
            left = {ref: held for ref, held in listed.items() if ref > after}
        else:
            left = {ref: held for ref, held in listed.items() if position.etags.get(ref) != held.etag}
        gone = [Deleted(ref) for ref in sorted(position.etags.keys() - listed.keys())]
        etags = {ref: etag for ref, etag in position.etags.items() if ref in listed}
        is_map, count = position.token is None, len(left)
        for at, refs in enumerate(batches(left), 1):
            changes = read(self._server, path, refs, left)
            count -= len(refs)
            if is_map:
                etags |= {ref: left[ref].etag for ref in refs}
            position = replace(position, after=refs[-1], etags=etags)
            is_kept = not is_map or at % _CURSOR_EVERY == 0
            if count:
                cursor = position.dump() if is_kept else None
                yield Page(changes=tuple(changes), cursor=cursor, phase=Phase.BACKFILL, backlog=count)
            else:
                yield _last(replace(position, after=None, count=len(listed)), (*gone, *changes), Phase.BACKFILL)
                return
        yield _last(replace(position, after=None, count=len(listed), etags=etags), gone, Phase.BACKFILL)

    def _compared(self, path: str, position: Position) -> Iterator[Page]:
        """Without a token: ctag, then the ETags of all objects."""
        standing = self._standing(path)
        is_same = standing.ctag is not None and standing.ctag == position.ctag
        if is_same and position.after is None:
            return
        if position.after is not None:
            yield from self._imported(path, replace(position, ctag=standing.ctag))
            return
        listed = self._server.listed(path)
        etags = dict(position.etags)
        left = {ref: held for ref, held in listed.items() if etags.get(ref) != held.etag}
        gone: list[Change] = [Deleted(ref) for ref in sorted(etags.keys() - listed.keys())]
        for refs in batches(left):
            yield Page(changes=tuple(read(self._server, path, refs, left)), cursor=None)
        now = Position(ctag=standing.ctag, count=len(listed), etags={ref: held.etag for ref, held in listed.items()})
        if left or gone or now != position:
            yield _last(now, gone, Phase.NEW)

    def _told(self, path: str, position: Position) -> Iterator[Page]:
        """With a token: what the server tells, then what an import has not handed over yet."""
        standing = self._standings.pop(path, None)
        is_same = standing is not None and standing.token == position.token and not position.is_again
        if not is_same:
            for page, reached in self._news(path, position):
                yield page
                position = reached
        if position.after is not None:
            yield from self._imported(path, position)

    def _news(self, path: str, position: Position) -> Iterator[tuple[Page, Position]]:
        """(a page, where the reader stands behind it)"""
        for _answer in range(_MAX_ANSWERS):
            token = position.token or ""
            told = self._server.changed(path, token)
            if told is None:
                raise CursorExpired("the server no longer tells what changed", step="select")
            if told.is_cut and told.token == token:
                raise CursorExpired("the server tells the same changes again and again", step="select")
            changes: list[Change] = [Deleted(ref) for ref in sorted(told.gone)]
            for refs in batches(told.present):
                if len(changes) > _FETCHED:
                    # its cursor comes with the last page of the answer
                    yield Page(changes=tuple(changes), cursor=None), position
                    changes = []
                changes += read(self._server, path, refs, told.present)
            is_all, count = self._is_everything(path, told, position)
            is_again = bool(_CLOCK.search(told.token)) and not position.is_again and bool(told.present or told.gone)
            before = position
            position = replace(position, token=told.token, count=count, is_again=is_again)
            if changes or position != before:
                cursor = position.dump()
                done = None if position.after is not None else _EPOCH
                yield Page(changes=tuple(changes), cursor=cursor, complete_since=done, asks_comparison=is_all), position
            if not told.is_cut:
                return

    def _is_everything(self, path: str, told: Told, position: Position) -> tuple[bool, int]:
        """(whether the answer names all that is there, how many objects there are as far as we know).

        So answer servers that know the token no more and do not say so (DAViCal, SOGo): what went away is not told.
        """
        is_silent = not told.present and not told.gone and told.token != position.token
        is_much = bool(told.present) and not told.gone and len(told.present) * 2 >= position.count
        if told.is_cut or position.after is not None or not (is_silent or is_much):
            return False, position.count
        listed = self._server.listed(path)
        return told.present.keys() >= listed.keys(), len(listed)

    # -- tasks in lists (TaskWriter) ----------------------------------------------------------------------------------

    def task_lists(self) -> tuple[TaskList, ...]:
        """The calendars that may hold tasks."""
        found: list[TaskList] = []
        taken: dict[str, str] = {}
        for path, response in _of_kind(self._members(*lists.ASKED), "VTODO"):
            name = _name(path, response, taken)
            taken[name] = path
            found.append(lists.listed(name, path, response))
        return tuple(found)

    def held_tasks(self, task_list: TaskList, known: Mapping[str, str | None]) -> Mapping[str, HeldTask]:
        """uid -> the entry, of those that are in the list."""
        return lists.held(self._server, task_list, known)

    def write_task(self, task_list: TaskList, task: WantedTask, over: HeldTask | None) -> HeldTask | None:
        """Make or change an entry; None: it is not as it was read."""
        return lists.write(self._server, task_list, task, over)

    def remove_task(self, task_list: TaskList, over: HeldTask) -> bool:
        """Take an entry out; False: it is not as it was read."""
        return lists.remove(self._server, task_list, over)


def _last(position: Position, changes: Sequence[Change], phase: Phase) -> Page:
    return Page(changes=tuple(changes), cursor=position.dump(), phase=phase, complete_since=_EPOCH, backlog=0)


def _of_kind(found: Iterable[tuple[str, Response]], kind: str) -> list[tuple[str, Response]]:
    """The calendars that may hold components of a kind, in the order of their paths."""
    calendars = {f"{path.rstrip('/')}/": each for path, each in found if lists.holds(each, kind)}
    return sorted(calendars.items(), key=lambda each: each[0])


def _name(path: str, response: Response, taken: dict[str, str]) -> str:
    """The name for people, made unique by what the path ends with."""
    last = unquote(path.rstrip("/").rpartition("/")[2], errors="replace")
    name = _CONTROLS.sub(" ", response.text(DAV, "displayname") or "").strip() or last or "calendar"
    name = unicodedata.normalize("NFC", name)[:_LONGEST_NAME]
    return name if name not in taken else f"{name} ({path if f'{name} ({last})' in taken else last})"
