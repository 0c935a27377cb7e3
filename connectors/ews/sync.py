"""What changed in a folder: what the server tells since the last time, then the past by searches, the newest first.

A first import asks the server for its word before anything is read (SyncFolderItems to its end, ids alone), so that
whatever changes while the past is read is told afterwards. Exchange says too early at times that an answer was the
last: a listing ends where an answer holds nothing new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from xml.etree import ElementTree as ET

from connectors.ews import errors, questions, quiet
from connectors.ews.items import Item, id_of, item_of
from connectors.ews.position import BEGINNING, Position, load, start_of
from connectors.ews.reading import Reader, batches
from connectors.ews.server import Server
from connectors.ews.soap import M, NoAnswer, T
from connectors.records import Change, ConnectorError, Cursor, Deleted, Envelope, Flagged, Page, Phase

#: Answers to one question for changes; what is left then comes with the next poll.
MAX_ANSWERS = 2_000
#: While there is nothing to hand over, so many answers of a first listing are one step that is not repeated.
_STEP = 20
_SECOND = timedelta(seconds=1)
#: Pages of a listing: ten million items.
_MAX_LISTED = 20_000
_OVERLAP = 50
#: Ids in a cursor; more of one second would come twice.
_MAX_SEEN = 3_000


@dataclass(slots=True)
class _Told:
    """An answer to "what changed since"."""

    state: str
    is_last: bool
    present: dict[str, Item]
    #: Those of `present` that were there before.
    updated: set[str]
    gone: list[str]
    #: It tells nothing at all.
    is_quiet: bool = True


class Folder:
    """The questions about one folder."""

    def __init__(self, server: Server, folder: str) -> None:
        self._server = server
        self._folder = folder

    def is_settled(self, state: str) -> bool:
        """Is it known without asking that nothing is new since a state?"""
        return quiet.watched(self._server.settings).is_settled(self._folder, state)

    def told(self, state: str) -> _Told:
        """What changed since a state; raises CursorExpired and others."""
        watched = quiet.watched(self._server.settings)
        mark = watched.mark(self._folder)
        reply = self._server.only("SyncFolderItems", questions.sync_items(self._folder, state), "select")
        told = _Told(reply.text("SyncState"), reply.text("IncludesLastItemInRange").strip() != "false", {}, set(), [])
        if not told.state:
            raise errors.unreadable(NoAnswer("it has no SyncState"), self._server.settings, "select")
        changes = reply.element.find(f"{M}Changes")
        for change in changes if changes is not None else ():
            if not _take(told, change):
                raise errors.unreadable(NoAnswer("it tells of an item without its id"), self._server.settings, "select")
        if told.is_quiet:
            watched.settle(self._folder, state, mark)
        return told

    def found(self, since: datetime | None, before: datetime | None, offset: int = 0) -> tuple[list[Item], int]:
        """(items received in [since, before), the newest first, from the offset on; how many there are)"""
        asked = questions.find_items(self._folder, since=since, before=before, offset=offset)
        return self._searched(asked)

    def marked(self, verbs: Sequence[int]) -> Iterator[str]:
        """The ids of items to which somebody did one of these last."""
        for item in self._paged(lambda offset: self._searched(questions.marked_items(self._folder, verbs, offset))[0]):
            yield item.id

    def listed(self) -> Iterator[Item]:
        """All items, whatever their age, each once."""
        return self._paged(lambda offset: self.found(None, None, offset)[0])

    def _paged(self, page_at: Callable[[int], list[Item]]) -> Iterator[Item]:
        """All items of a search, each once; its pages overlap, because what goes away moves those behind it."""
        seen: set[str] = set()
        offset = 0
        for _page in range(_MAX_LISTED):
            page = page_at(offset)
            if not page:
                return
            yield from (item for item in page if item.id not in seen)
            seen |= {item.id for item in page}
            offset += len(page) - (_OVERLAP if len(page) == questions.MAX_FOUND else 0)
        raise self.endless()

    def endless(self) -> ConnectorError:
        """The error for a search that never ends."""
        return errors.unreadable(NoAnswer("its list has no end"), self._server.settings, "select")

    def _searched(self, question: str) -> tuple[list[Item], int]:
        reply = self._server.only("FindItem", question, "select")
        root = reply.element.find(f"{M}RootFolder")
        if root is None:
            raise errors.unreadable(NoAnswer("it has no list of items"), self._server.settings, "select")
        items = root.find(f"{T}Items")
        total = root.get("TotalItemsInView", "")
        found = [item_of(each) for each in items] if items is not None else []
        if not all(each.id for each in found):
            # what it is about can't be asked for, and would be passed over for good
            raise errors.unreadable(NoAnswer("its list has an item without an id"), self._server.settings, "select")
        return found, int(total) if total.isdecimal() and len(total) < 10 else 0


class Sync:
    """One run over one folder."""

    def __init__(
        self,
        server: Server,
        folder: str,
        *,
        since: date | None,
        authserv_id: str | None,
        skim: Callable[[Envelope], bool] | None = None,
    ) -> None:
        self._folder = Folder(server, folder)
        self._since = since
        self._reader = Reader(server, authserv_id, skim)
        #: Ids of what was handed over as news: what was moved here is news, and lies in the past too.
        self._handed: set[str] = set()

    def pages(self, cursor: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
        """Every change after `cursor`, until the horizon; no page where there is none."""
        position = Position(state="", since=self._since, is_listing=True) if cursor is None else load(cursor)
        if position.is_listing:
            position = yield from self._listing(replace(position, since=self._since))
        else:
            position = yield from self._news(position.moved(self._since), position)
        if position.is_listing:
            # too much for one run
            return
        yield from self._past(position, None if horizon is None else horizon.replace(microsecond=0))

    def _listing(self, position: Position) -> Generator[Page, None, Position]:
        """Ask for the server's word on what there is, and count that; returns the position behind it."""
        for answer in range(1, _MAX_LISTED + 1):
            told = self._folder.told(position.state)
            is_same = told.state == position.state
            fresh = [each for each in told.present.values() if each.is_mail and each.id not in told.updated]
            # what has no time can't be searched for by time
            timeless = [each for each in fresh if each.received_at is None]
            count = len(list(filter(self._is_in_scope, fresh))) - len(timeless)
            position = replace(position, state=told.state, left=max(0, position.left + count - len(told.gone)))
            for batch in batches(timeless):
                yield _page(self._read(batch), position, Phase.BACKFILL)
            if told.is_quiet or is_same:
                break
            if answer % _STEP == 0:
                yield _page((), position, Phase.BACKFILL)
        else:
            return position
        position = replace(position, is_listing=False)
        if not position.left:
            yield _page((), position, Phase.BACKFILL)
        return position

    def _news(self, position: Position, before: Position) -> Generator[Page, None, Position]:
        """What the server tells since the position; returns the position behind it. `before`: what the caller has."""
        for _answer in range(0 if self._folder.is_settled(position.state) else MAX_ANSWERS):
            told = self._folder.told(position.state)
            if told.is_quiet:
                # its state may be another all the same, which nobody has to remember
                break
            changes: list[Change] = [Deleted(id) for id in told.gone]
            fresh: list[Item] = []
            for item in told.present.values():
                if item.id in told.updated and not item.is_draft:
                    changes.append(Flagged(item.id, item.flags))
                elif item.is_mail and self._is_in_scope(item):
                    fresh.append(item)
            self._handed |= {each.id for each in fresh}
            *groups, last = list(batches(fresh)) or [[]]
            for batch in groups:
                # its cursor comes with the last page of the answer
                yield Page(changes=(*changes, *self._read(batch)), cursor=None)
                changes = []
            is_same = told.state == position.state
            position = before = replace(position, state=told.state)
            yield _page((*changes, *self._read(last)), position, Phase.NEW)
            if told.is_last or is_same:
                break
        if position != before and not position.left:
            yield _page((), position, Phase.NEW)
        return position

    def _past(self, position: Position, horizon: datetime | None) -> Iterator[Page]:
        """What is left of the past, or what of it was received since the horizon."""
        if not position.left or position.reaches(horizon):
            return
        found, position = self._next(position)
        if not found:
            yield _page((), position, Phase.BACKFILL)
        while found:
            within = [each for each in found if horizon is None or _time(each) >= horizon]
            is_beyond = len(within) < len(found)
            if is_beyond and not within:
                yield _page((), replace(position, below=horizon, seen=()), Phase.BACKFILL)
                return
            groups = list(batches(within))
            found = []
            for number, batch in enumerate(groups, 1):
                changes = self._read(batch)
                position = _behind(position, batch)
                if number == len(groups) and is_beyond:
                    position = replace(position, below=horizon, seen=())
                elif number == len(groups):
                    try:
                        found, position = self._next(position)
                    except ConnectorError:
                        yield _page(changes, position, Phase.BACKFILL)
                        raise
                yield _page(changes, position, Phase.BACKFILL)

    def _next(self, position: Position) -> tuple[list[Item], Position]:
        """(what is next of the past, the newest first; the position, which knows how much is left).

        Whatever an answer says of being the last, it ends only where nothing new is found.
        """
        since = None if self._since is None else start_of(self._since)
        seen = frozenset(position.seen)
        offset = known = 0
        for _page in range(_MAX_LISTED):
            page, total = self._folder.found(since, position.below, offset)
            fresh = [each for each in page if self._is_unread(each) and _brief(each) not in seen]
            offset += len(page)
            known += len(page) - len(fresh)
            if fresh:
                return fresh, replace(position, left=max(len(fresh), total - known))
            if not page or offset >= total:
                return [], replace(position, left=0)
        raise self._folder.endless()

    def _is_unread(self, item: Item) -> bool:
        """Is an item of the past mail that this run did not hand over?"""
        return item.received_at is not None and item.is_mail and item.id not in self._handed

    def _is_in_scope(self, item: Item) -> bool:
        return self._since is None or item.received_at is None or item.received_at >= start_of(self._since)

    def _read(self, batch: Sequence[Item]) -> list[Change]:
        """The records of items; what went away since it was listed is told as gone by the server itself."""
        read = self._reader.read([each.id for each in batch]) if batch else []
        return [each for each in read if not isinstance(each, Deleted)]


def _take(told: _Told, change: ET.Element) -> bool:
    """Take over one change; False where it does not say of what. One of another kind is none."""
    kind = change.tag.removeprefix(T)
    told.is_quiet = False
    if kind == "Delete":
        gone = id_of(change)
        told.present.pop(gone, None)
        told.gone += [gone] if gone else []
        return bool(gone)
    if kind not in ("Create", "Update"):
        return True
    item = item_of(change[0]) if len(change) else None
    if item is None or not item.id:
        return False
    told.present[item.id] = item
    told.updated.discard(item.id)
    told.updated |= {item.id} if kind == "Update" else set()
    return True


def _behind(position: Position, batch: Sequence[Item]) -> Position:
    """The position when a batch of the past was read, whose last item is the oldest."""
    last = _time(batch[-1])
    below = last + _SECOND
    seen = position.seen if below == position.below else ()
    brief = tuple(_brief(each) for each in batch if _time(each) == last)
    left = max(1, position.left - len(batch))
    return replace(position, below=below, seen=(*seen, *brief)[-_MAX_SEEN:], left=left)


def _time(item: Item) -> datetime:
    return item.received_at or BEGINNING


def _brief(item: Item) -> str:
    """An id, short enough for a cursor."""
    return hashlib.sha256(item.id.encode()).hexdigest()[:12]


def _page(changes: Sequence[Change], position: Position, phase: Phase) -> Page:
    return Page(
        changes=tuple(changes),
        cursor=position.dump(),
        phase=phase,
        complete_since=position.complete_since,
        backlog=position.backlog,
    )
