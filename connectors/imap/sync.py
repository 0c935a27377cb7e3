"""What changed in a folder: the new end first, then the gaps of the past, newest first, page by page.

Each page carries the position behind it, so a reader that stops or dies anywhere goes on from its last page: at most
that page comes twice. Mail that arrives meanwhile lies above `hi` and is found by the next call. Mail that was moved
within the account is a new message to its new folder; flags and expunges are not followed.
"""

from __future__ import annotations

from array import array
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from connectors.imap.fetch import Read, Reader
from connectors.imap.folder import Folder
from connectors.imap.position import Gap, Position, load
from connectors.imap.session import Mailbox
from connectors.records import Change, Cursor, Page, Phase

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Sync:
    """One run over one folder."""

    def __init__(self, folder: Folder, *, since: date | None, authserv_id: str | None) -> None:
        self._folder = folder
        self._since = since
        self._authserv_id = authserv_id

    def pages(self, cursor: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
        """Every change after `cursor`, until the horizon; one round trip and no page where there is none."""
        mailbox = self._folder.examine()
        found: array[int] | None = None
        if cursor is None:
            position, found = self._begin(mailbox, horizon)
        else:
            position = load(cursor)
            position.check(mailbox.uidvalidity, mailbox.uidnext)
            position = position.moved(self._since)
        handed_over = cursor
        for page in self._runs(position, mailbox.uidnext, found, horizon):
            if page.changes or page.cursor != handed_over:
                yield page
            handed_over = page.cursor

    def _begin(self, mailbox: Mailbox, horizon: datetime | None) -> tuple[Position, array[int] | None]:
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
            uidvalidity=mailbox.uidvalidity, hi=hi, uidnext=mailbox.uidnext or 0, since=self._since, gaps=gaps
        )
        return position, found or None

    def _runs(
        self, position: Position, uidnext: int | None, found: array[int] | None, horizon: datetime | None
    ) -> Iterator[Page]:
        """Pages, some of them empty; the last one tells the final position."""
        if found is None and position.has_news(uidnext):
            position = yield from self._newer(position, uidnext or 0)
        while position.gaps and not position.reaches(horizon):
            position = yield from self._older(position, found)
            found = None
        yield _page((), position, Phase.NEW)

    def _newer(self, position: Position, uidnext: int) -> Generator[Page, None, Position]:
        low = position.hi + 1
        searched = self._folder.search(f"UID {low}:* {criteria(position.since, None)}")
        # n:* names the last message even if its UID is below n
        uids = array("I", [uid for uid in searched if uid >= low])
        for portion, changes in self._read(uids):
            position = replace(position, hi=portion[-1])
            if portion[-1] == uids[-1]:
                position = replace(position, uidnext=uidnext)
            yield _page(changes, position, Phase.NEW)
        return replace(position, uidnext=uidnext)

    def _older(self, position: Position, found: array[int] | None) -> Generator[Page, None, Position]:
        gap, rest = position.gaps[0], position.gaps[1:]
        if found is None:
            found = array("I")
            if gap.below > 1:
                found = self._folder.search(f"UID 1:{gap.below - 1} {criteria(gap.since, gap.before)}")
        found.reverse()
        count = len(found)
        for portion, changes in self._read(found):
            count -= len(portion)
            left = (replace(gap, below=portion[-1], left=count),) if count else ()
            position = replace(position, gaps=(*left, *rest))
            yield _page(changes, position, Phase.BACKFILL)
        return replace(position, gaps=rest)

    def _read(self, uids: array[int]) -> Iterator[tuple[Sequence[int], list[Read]]]:
        return Reader(self._folder, self._authserv_id).pages(uids)


def _page(changes: Sequence[Change], position: Position, phase: Phase) -> Page:
    return Page(
        changes=tuple(changes),
        cursor=position.dump(),
        phase=phase,
        complete_since=position.complete_since,
        backlog=position.backlog,
    )


def criteria(since: date | None, before: date | None) -> str:
    """Search keys for INTERNALDATE, whole days in the server's zone (RFC 3501, section 6.4.4)."""
    words = [f"{key} {_day(day)}" for key, day in (("SINCE", since), ("BEFORE", before)) if day is not None]
    return " ".join(words) or "ALL"


def _day(day: date) -> str:
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year:04}"
