"""What changed in a folder: the new end first, then flags and expunges, then the gaps of the past, page by page.

Each page carries the position behind it, so a reader that stops or dies anywhere goes on from its last page: at most
that page comes twice. The last page of what is new is kept until it is known that nothing follows it: then it carries
the final position, where a page of its own for that would cost its reader a transaction. Mail that arrives meanwhile
lies above `hi` and is found by the next call. Mail that was moved in the account is a new message to its new folder.

What vanished is told by the server where it has QRESYNC; where it has not, or where the number of messages contradicts
what it told, the page asks its reader to compare.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby

from connectors.imap.fetch import Read, Reader
from connectors.imap.folder import Folder
from connectors.imap.gmail import LabelReader
from connectors.imap.position import Anchor, Gap, Position, load
from connectors.imap.responses import Modified, Standing, sequence_set
from connectors.records import (
    Change,
    ConnectorError,
    Cursor,
    CursorExpired,
    Deleted,
    Envelope,
    Flagged,
    Message,
    Page,
    Phase,
    Unavailable,
)

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Flags and expunges of one page; they are small.
PAGE_MARKS = 2000
#: A server that says more vanished at once may mean all UIDs there could be: the reader compares.
_MOST_VANISHED = 100_000
#: Servers take command lines of 8,000 bytes at the least (RFC 7162, section 4); of the set alone so many.
_LONGEST_SET = 7000


class Sync:
    """One run over one folder."""

    def __init__(
        self,
        folder: Folder,
        *,
        since: date | None,
        authserv_id: str | None,
        is_labelled: bool = False,
        skim: Callable[[Envelope], bool] | None = None,
    ) -> None:
        self._folder = folder
        self._is_labelled = is_labelled
        self._since = since
        self._authserv_id = authserv_id
        self._skim = skim

    def pages(
        self, cursor: Cursor | None, horizon: datetime | None = None, listed: Standing | None = None
    ) -> Iterator[Page]:
        """Every change after `cursor`, until the horizon; no page where there is none.

        `listed` is what the server said of the folder with the list: if that is where we stand, it is not asked again.
        """
        position = None if cursor is None else load(cursor)
        if position is not None and listed is not None and position.is_at(listed, self._since):
            return
        standing = self._folder.examine()
        found: array[int] | None = None
        if position is None:
            position, found = self._begin(standing, horizon)
        else:
            position.check(standing)
            if position.is_at(standing, self._since):
                return
            if not position.stands_at(standing):
                position = self._anchored(position)
            position = position.moved(self._since)
        handed_over = cursor
        for page in self._runs(position, standing, found, horizon):
            if page.changes or page.asks_comparison or page.cursor != handed_over:
                yield page
            handed_over = page.cursor

    def _begin(self, standing: Standing, horizon: datetime | None) -> tuple[Position, array[int] | None]:
        """Where a first import stands before its first page, and the UIDs of its first gap where they are known."""
        found = self._folder.search(criteria(self._since, None))
        hi = found[-1] if found else 0
        gaps: tuple[Gap, ...] = (Gap(self._since, None, hi + 1, len(found)),) if found else ()
        # IMAP's days are those of the server's zone: a day earlier holds the whole of the horizon
        day = None if horizon is None else (horizon - timedelta(days=1)).date()
        if found and day is not None and (self._since is None or self._since < day):
            recent = self._folder.search(f"UID 1:{hi} {criteria(day, None)}")
            if len(recent) < len(found):
                older = Gap(self._since, day, hi + 1, len(found) - len(recent))
                gaps = (Gap(day, None, hi + 1, len(recent)), older) if recent else (older,)
                found = recent
        position = Position(
            uidvalidity=standing.uidvalidity,
            hi=hi,
            uidnext=standing.uidnext or 0,
            since=self._since,
            gaps=gaps,
            messages=standing.messages,
            modseq=standing.modseq,
        )
        return position, found or None

    def _anchored(self, position: Position) -> Position:
        """Raise CursorExpired where the last known UID means another mail: a backup was restored."""
        anchor = position.anchor
        if anchor is None:
            return position
        answer = self._folder.fetch([anchor.uid], "(UID RFC822.SIZE INTERNALDATE)")
        if answer.loss is not None:
            raise answer.loss
        told = answer.messages.get(anchor.uid)
        if told is None:
            return position if answer.refusal else replace(position, anchor=None)
        is_same_size = told.size in (None, anchor.size)
        times = {told.received_at, anchor.received_at} - {None}
        if not is_same_size or len(times) > 1:
            raise CursorExpired("the folder's UIDs mean other messages: it was restored", step="select")
        return position

    def _runs(
        self, position: Position, standing: Standing, found: array[int] | None, horizon: datetime | None
    ) -> Iterator[Page]:
        """Pages, some of them empty; the last one tells the final position."""
        if found is None:
            position = yield from _gathered(self._news(position, standing))
        while position.gaps and not position.reaches(horizon):
            position = yield from self._older(position, found)
            found = None
        yield _page((), position, Phase.NEW)

    def _news(self, position: Position, standing: Standing) -> Generator[Page, None, Position]:
        """All that happened since the position, but for the gaps."""
        last, messages = position.hi, standing.messages
        # what else goes on unseen: flags where nothing tells of them, or from when on was not known
        is_unclear = position.modseq is None and standing.modseq is not None
        if position.has_news(standing.uidnext):
            position, late = yield from self._newer(position, standing.uidnext or 0)
            messages = None if messages is None else messages + late
        if last and position.modseq is not None and standing.modseq not in (None, position.modseq):
            position, is_told = yield from self._changed(position, last)
            is_unclear = is_unclear or not is_told
        is_unclear = is_unclear or (position.modseq is not None and standing.modseq is None)
        if is_unclear or (messages is not None and messages != position.messages):
            position = replace(position, messages=messages, modseq=standing.modseq)
            yield _page((), position, Phase.NEW, asks_comparison=True)
        return replace(position, messages=messages, modseq=standing.modseq)

    def _newer(self, position: Position, uidnext: int) -> Generator[Page, None, tuple[Position, int]]:
        """(position behind all that is new, how many of them came after `uidnext` was told)"""
        low = position.hi + 1
        within = criteria(position.since, None)
        searched = self._folder.search(f"UID {low}:* {within}")
        if not searched and uidnext > low:
            # GNU mailutils 3.15 finds nothing by n:* (n:m is found)
            searched = self._folder.search(f"UID {low}:{uidnext - 1} {within}")
        # n:* names the last message even if its UID is below n
        uids = array("I", [uid for uid in searched if uid >= low])
        for portion, changes in self._read(uids, position):
            count = None if position.messages is None else position.messages + len(portion)
            position = replace(_with_anchor(position, changes), hi=portion[-1], messages=count)
            if portion[-1] == uids[-1]:
                position = replace(position, uidnext=uidnext)
            yield _page(changes, position, Phase.NEW)
        return replace(position, uidnext=uidnext), sum(uid >= uidnext > 0 for uid in uids)

    def _changed(self, position: Position, last: int) -> Generator[Page, None, tuple[Position, bool]]:
        """(position behind the changes of messages up to UID `last`, were they all told)"""
        assert position.modseq is not None
        try:
            ranges, modified = self._folder.changes(last, position.modseq)
        except Unavailable as problem:
            if isinstance(problem.__cause__, TimeoutError):
                raise
            # refused, or more than we let a server tell at once: a comparison costs less
            if self._folder.is_lost:
                self._folder.reopen()
            return position, False
        gone = self._gone(ranges, last)
        for start in range(0, len(gone or ()), PAGE_MARKS):
            portion = (gone or array("I"))[start : start + PAGE_MARKS]
            count = None if position.messages is None else max(0, position.messages - len(portion))
            position = replace(position, messages=count)
            yield _page([Deleted(self._folder.ref(uid)) for uid in portion], position, Phase.NEW)
        # in ascending order, so that each page can stand for all changes up to its last modification
        since, held = position.modseq, list[Modified]()
        for modseq, together in groupby(modified, key=lambda one: one.modseq):
            held += together if modseq > since else ()
            if len(held) >= PAGE_MARKS:
                position = replace(position, modseq=modseq)
                yield _page(self._flagged(held), position, Phase.NEW)
                held = []
        if held:
            yield _page(self._flagged(held), replace(position, modseq=held[-1].modseq), Phase.NEW)
        return position, gone is not None

    def _gone(self, ranges: list[tuple[int, int]], last: int) -> array[int] | None:
        """UIDs said to have vanished that indeed cannot be found; None: too many to ask for."""
        spans = [(max(1, low), min(high, last)) for low, high in ranges]
        if sum(high - low + 1 for low, high in spans if high >= low) > _MOST_VANISHED:
            return None
        uids = sorted({uid for low, high in spans for uid in range(low, high + 1)})
        asked = sequence_set(uids).decode("ascii")
        if not uids or len(asked) > _LONGEST_SET:
            return None if uids else array("I")
        there = set(self._folder.search(f"UID {asked}"))
        return array("I", [uid for uid in uids if uid not in there])

    def _flagged(self, modified: Sequence[Modified]) -> list[Flagged]:
        return [Flagged(self._folder.ref(one.uid), one.flags) for one in modified]

    def _older(self, position: Position, found: array[int] | None) -> Generator[Page, None, Position]:
        gap, rest = position.gaps[0], position.gaps[1:]
        if found is None:
            found = array("I")
            if gap.below > 1:
                found = self._folder.search(f"UID 1:{gap.below - 1} {criteria(gap.since, gap.before)}")
        found.reverse()
        count = len(found)
        for portion, changes in self._read(found, position):
            count -= len(portion)
            left = (replace(gap, below=portion[-1], left=count),) if count else ()
            position = replace(_with_anchor(position, changes), gaps=(*left, *rest))
            yield _page(changes, position, Phase.BACKFILL)
        return replace(position, gaps=rest)

    def _read(self, uids: array[int], position: Position) -> Iterator[tuple[Sequence[int], list[Read]]]:
        known = position.anchor.uid if position.anchor else None
        kind = LabelReader if self._is_labelled else Reader
        return kind(self._folder, self._authserv_id, known, self._skim).pages(uids)


def _gathered(pages: Generator[Page, None, Position]) -> Generator[Page, None, Position]:
    """The pages, those without changes made one with the page before them; the last one tells the final position."""
    held: Page | None = None
    while True:
        try:
            page = next(pages)
        except StopIteration as end:
            position: Position = end.value
            if held is not None:
                yield _behind(held, position)
            return position
        except ConnectorError:
            if held is not None:
                yield held
            raise
        if held is None or page.changes:
            if held is not None:
                yield held
            held = page
        else:
            asks = held.asks_comparison or page.asks_comparison
            held = replace(page, changes=held.changes, phase=held.phase, asks_comparison=asks)


def _with_anchor(position: Position, changes: Sequence[Change]) -> Position:
    """The position with the highest of these messages as its anchor, where it is higher than the one before."""
    messages = {int(one.ref.partition(":")[2]): one for one in changes if isinstance(one, Message)}
    uid = max(messages, default=0)
    if uid <= (position.anchor.uid if position.anchor else 0):
        return position
    return replace(position, anchor=Anchor(uid, messages[uid].size, messages[uid].received_at))


def _page(changes: Sequence[Change], position: Position, phase: Phase, *, asks_comparison: bool = False) -> Page:
    page = Page(changes=tuple(changes), cursor=None, phase=phase, asks_comparison=asks_comparison)
    return _behind(page, position)


def _behind(page: Page, position: Position) -> Page:
    """The page with the position behind it."""
    return replace(page, cursor=position.dump(), complete_since=position.complete_since, backlog=position.backlog)


def criteria(since: date | None, before: date | None) -> str:
    """Search keys for INTERNALDATE, whole days in the server's zone (RFC 3501, section 6.4.4)."""
    words = [f"{key} {_day(day)}" for key, day in (("SINCE", since), ("BEFORE", before)) if day is not None]
    return " ".join(words) or "ALL"


def _day(day: date) -> str:
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year:04}"
