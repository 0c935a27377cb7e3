"""The order in which an account's streams are read: what is recent in all of them, then older Sent mail, then the rest.

A long import is cut into slices, each of which begins with what is new in every stream: today's mail never waits for
the past. Sent mail goes first because it tells who is a contact: what is read later is then kept at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from connectors.api import Cursor, CursorExpired, Purpose, Stream, Unavailable
from daemon.drafts import Prepared

#: What a first import brings first: mail that follow-ups may depend on.
RECENT = timedelta(days=30)
#: So long the past is read before all streams are asked for news again.
SLICE_SECONDS = 60.0
#: A stream that loses its cursor so often in one reading is left to the next.
_MAX_EXPIRED = 5


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


Step = Found | Lost | Refused | AllRecent


@dataclass(slots=True)
class Standing:
    """Where a stream stands while it is read."""

    cursor: Cursor | None
    #: How much of its past is left; None: not known.
    backlog: int | None


class Reading:
    """One reading of an account's streams. `steps` may run in a thread of its own."""

    def __init__(
        self,
        source: Pages,
        streams: Sequence[Stream],
        standings: Mapping[str, Standing],
        horizon: datetime,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._streams = streams
        self._standings = standings
        self._horizon = horizon
        self._monotonic = monotonic
        self._left_out: set[str] = set()

    def leave_out(self, stream: Stream) -> None:
        """Read no further page of this stream."""
        self._left_out.add(stream.name)

    def steps(self) -> Iterator[Step]:
        """Everything new, then everything of the past, as pages and what else there is to know of a stream."""
        while True:
            for stream in self._streams:
                yield from self._visit(stream, self._horizon)
            yield AllRecent()
            until = self._monotonic() + SLICE_SECONDS
            for step in self._past():
                yield step
                if self._monotonic() >= until:
                    break
            else:
                return

    def _past(self) -> Iterator[Step]:
        """What lies behind the horizon in the streams that stopped there, Sent first."""
        left = [stream for stream in self._streams if self._standings[stream.name].backlog]
        for stream in sorted(left, key=lambda stream: stream.purpose is not Purpose.SENT):
            yield from self._visit(stream, None)

    def _visit(self, stream: Stream, horizon: datetime | None) -> Iterator[Step]:
        standing = self._standings[stream.name]
        for _attempt in range(_MAX_EXPIRED):
            if stream.name in self._left_out:
                return
            try:
                for prepared in self._source.pages(stream, standing.cursor, horizon):
                    page = prepared.page
                    standing.cursor, standing.backlog = page.cursor or standing.cursor, page.backlog
                    yield Found(stream, prepared)
                    if stream.name in self._left_out:
                        return
                return
            except CursorExpired as expired:
                standing.cursor, standing.backlog = None, None
                yield Lost(stream, expired)
            except Unavailable as error:
                if error.step != "select":
                    raise
                self.leave_out(stream)
                yield Refused(stream, error)
        self.leave_out(stream)
        yield Refused(stream, Unavailable("the folder is renumbered again and again", step="select"))
