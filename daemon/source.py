"""Where an account's pages come from: its connector here, or, once there is much to read, a process beside us."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterator
from datetime import datetime
from types import TracebackType
from typing import Self

import structlog

from connectors.api import Connector, ConnectorError, Cursor, Stream
from daemon.apart import Apart, Broken, Opening
from daemon.drafts import Drafting, Prepared

log = structlog.get_logger()

#: A turn that has read so many mails, or knows of so many that are left, is worth a process.
WORTHWHILE = 200
#: One process for each core but our own.
_ROOM = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) - 1))
_HAS_CORES = (os.cpu_count() or 1) > 1


class Source:
    """The pages of one account, for one slice or several. Used by one thread at a time."""

    def __init__(self, connector: Connector, drafting: Drafting, opening: Opening | None) -> None:
        self._connector = connector
        self._drafting = drafting
        self._opening = opening if opening is not None and opening.is_portable and _HAS_CORES else None
        self._apart: Apart | None = None
        self._is_ready = False
        self._seen = 0
        #: What is left of the past, by stream, as far as their pages told.
        self._left: dict[str, int] = {}
        drafting.skim(connector)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_apart(self) -> bool:
        """Is there a process, or one that is being started?"""
        return self._apart is not None

    def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None) -> Iterator[Prepared]:
        """The stream's pages after `since`, as a connector's: from here, from there, or from here again.

        Each goes on from the last page that was handed over.
        """
        cursor, is_over = since, False
        while not is_over:
            is_over = True
            pages = self._begin(stream, cursor, horizon)
            try:
                for prepared in pages:
                    cursor = prepared.page.cursor or cursor
                    self._left[stream.name] = prepared.page.backlog or 0
                    self._seen += len(prepared.changes)
                    yield prepared
                    if self._changes_over():
                        is_over = False
                        break
            except Broken as problem:
                log.warning("reading process lost", problem=str(problem))
                self._give_up()
                is_over = False
            finally:
                pages.close()

    def _begin(
        self, stream: Stream, cursor: Cursor | None, horizon: datetime | None
    ) -> Generator[Prepared, None, None]:
        self._changes_over()
        if self._is_ready and self._apart is not None:
            return self._apart.pages(stream, cursor, horizon)
        return self._here(stream, cursor, horizon)

    def _here(self, stream: Stream, cursor: Cursor | None, horizon: datetime | None) -> Generator[Prepared, None, None]:
        for page in self._connector.pages(stream, cursor, horizon):
            yield self._drafting.prepared(page, stream.purpose)

    def _changes_over(self) -> bool:
        """Start the process when it is worth it; True: from now on it can be asked."""
        if self._is_ready or self._opening is None:
            return False
        try:
            if self._apart is None:
                if self._seen + sum(self._left.values()) >= WORTHWHILE and _ROOM.acquire(blocking=False):
                    self._apart = Apart(self._opening, self._drafting)
                    self._apart.start()
            elif self._apart.is_started:
                self._apart.wait()
                self._is_ready = True
        except (Broken, ConnectorError) as problem:
            # a server may allow one connection alone
            log.info("no reading process", problem=str(problem))
            self._give_up()
        return self._is_ready

    def _give_up(self) -> None:
        self._opening = None
        self.close()

    def close(self) -> None:
        """End the process, if there is one; a later reading may start another."""
        apart, self._apart, self._is_ready = self._apart, None, False
        if apart is not None:
            apart.close()
            _ROOM.release()
