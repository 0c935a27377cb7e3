"""The order in which an account's streams are read: what is recent in all of them, then older Sent mail, then the rest.

A long import is a chain of slices, each of which begins with what is new in every stream: today's mail never waits for
the past. Sent mail goes first because it tells who is a contact: what is read later is then kept at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from connectors.api import Cursor, CursorExpired, Purpose, Stream, Unavailable
from daemon.drafts import Prepared
from daemon.slices import Slice

#: What a first import brings first: mail that follow-ups may depend on.
RECENT = timedelta(days=30)
#: A stream that loses its cursor so often in one reading is left to the next.
_MAX_EXPIRED = 5
#: What helps where a folder has other UIDs each time.
RENUMBERED = (
    "open it once in a mail program: some servers (Courier) keep a folder's UIDVALIDITY only then; or ask who runs"
    " the server. Until then the folder is read anew a few times an hour"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a stream."""

    stream: Stream
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Lost:
    """A stream's cursor expired; it is read from its beginning next."""

    stream: Stream
    error: CursorExpired


@dataclass(frozen=True, slots=True)
class Refused:
    """A stream that the server does not open; it is not asked again in this reading."""

    stream: Stream
    error: Unavailable


@dataclass(frozen=True, slots=True)
class AllRecent:
    """What is new and recent in every stream has been handed over."""


class Pages(Protocol):
    """Where pages come from, ready for the store."""

    def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None) -> Iterator[Prepared]:
        """As a connector's."""
        ...

    @property
    def is_apart(self) -> bool:
        """Does a process of its own read for this account?"""
        ...


Step = Found | Lost | Refused | AllRecent


@dataclass(slots=True)
class Standing:
    """Where a stream stands while it is read."""

    cursor: Cursor | None
    #: How much of its past is left; None: not known.
    backlog: int | None
    #: May it be read from its beginning, where its cursor has expired? Asked once a visit.
    begins_anew: Callable[[], bool] = lambda: True


class Reading:
    """One reading of an account's streams, as far as its slice goes. `steps` may run in a thread of its own."""

    def __init__(
        self,
        source: Pages,
        streams: Sequence[Stream],
        standings: Mapping[str, Standing],
        horizon: datetime,
        budget: Slice,
    ) -> None:
        self._source = source
        self._streams = streams
        self._standings = standings
        self._horizon = horizon
        self._budget = budget
        self._left_out: set[str] = set()
        #: The slice was over before everything was read.
        self.is_cut = False

    def leave_out(self, stream: Stream) -> None:
        """Read no further page of this stream."""
        self._left_out.add(stream.name)

    def steps(self) -> Iterator[Step]:
        """Everything new, then everything of the past, as pages and what else there is to know of a stream."""
        for stream in self._streams:
            yield from self._visit(stream, self._horizon)
            if self.is_cut:
                return
        yield AllRecent()
        left = [stream for stream in self._streams if self._standings[stream.name].backlog]
        if self._budget.is_for_news:
            self.is_cut = bool(left)
            return
        for stream in sorted(left, key=lambda stream: stream.purpose is not Purpose.SENT):
            yield from self._visit(stream, None)
            if self.is_cut:
                return

    def _visit(self, stream: Stream, horizon: datetime | None) -> Iterator[Step]:
        standing = self._standings[stream.name]
        for attempt in range(_MAX_EXPIRED):
            if stream.name in self._left_out:
                return
            if self._budget.must_end():
                self.is_cut = True
                return
            try:
                for prepared in self._source.pages(stream, standing.cursor, horizon):
                    page = prepared.page
                    standing.cursor, standing.backlog = page.cursor or standing.cursor, page.backlog
                    yield Found(stream, prepared)
                    self._budget.add(len(prepared.changes))
                    # after a page alone: whoever begins anew has come further then
                    self.is_cut = self._budget.is_spent(is_apart=self._source.is_apart)
                    if self.is_cut or stream.name in self._left_out:
                        return
                return
            except CursorExpired as expired:
                if attempt == 0 and not standing.begins_anew():
                    break
                standing.cursor, standing.backlog = None, None
                yield Lost(stream, expired)
            except Unavailable as error:
                if error.step != "select" or error.retry_after is not None:
                    raise
                self.leave_out(stream)
                yield Refused(stream, error)
        self.leave_out(stream)
        yield Refused(stream, Unavailable("the folder is renumbered again and again", step="select", hint=RENUMBERED))
