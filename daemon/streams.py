"""The streams of one account in one turn: their pages become rows, and what follows from them, in good order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from connectors.api import Purpose, Stream, StreamKind, Unavailable
from daemon import heap
from daemon.derive import derive
from daemon.drafts import Prepared
from daemon.ingest import Ingest, Tally
from daemon.meetings import BATCH as MEETINGS
from daemon.order import RECENT, AllRecent, Found, Lost, Reading, Refused, Standing, Step
from daemon.prefetch import ahead
from daemon.renewals import Renewals
from daemon.report import Report
from daemon.slices import Slice
from daemon.source import Source
from store.accounts import company
from store.accounts.company import StreamState
from store.errors import Fenced
from store.mails.write import Place

log = structlog.get_logger()

#: A derivation reads again the threads it touches, so a first import derives some pages at once.
DERIVE_EVERY = 1000
#: A long import gives memory back after so many items; the service does it by the clock.
_GIVE_BACK_EVERY = 5_000
#: A stream of which another process wrote a page first is read again this often before we leave it to that one.
MAX_FENCED = 5


@dataclass(slots=True)
class Followed:
    """A stream with where it stands in the store."""

    stream: Stream
    id: int
    version: int
    #: What is known of it has to be compared with a full listing.
    is_uncompared: bool
    compared_at: datetime | None
    #: It was read from its beginning, because its cursor had expired.
    is_anew: bool
    is_fenced: bool = False


class Streams:
    """Reads streams, as far as the slice goes. `progress(stream name, items seen)` hears of every page."""

    def __init__(
        self,
        ingest: Ingest,
        account_id: str,
        report: Report,
        budget: Slice,
        *,
        stop: threading.Event,
        progress: Callable[[str, int], None],
        renewals: Renewals,
    ) -> None:
        self._renewals = renewals
        self._ingest = ingest
        self._store = ingest.store
        self._account_id = account_id
        self._report = report
        self._budget = budget
        self._stop = stop
        self._progress = progress
        self._horizon = ingest.clock() - RECENT
        self._is_horizon_reached = False
        self._underived = 0
        self._ungiven = 0

    def read(self, source: Source, streams: Sequence[Stream], ids: dict[str, int]) -> list[Followed]:
        """Everything new in all of them; returns those that were read, to their end unless the report is_stopped.

        A stream that the server refuses is in the report and does not stop the others.
        """
        for stream in streams:
            self._report.streams.setdefault(stream.name, Tally())
        read: list[Followed] = []
        for _attempt in range(MAX_FENCED):
            followed, refused = self._read_once(source, streams, ids)
            read += [each for each in followed if not each.is_fenced and each.stream.name not in refused]
            streams = [each.stream for each in followed if each.is_fenced]
            if not streams or self._report.is_stopped:
                return read
        for stream in streams:
            problem, hint = "another process keeps reading this folder", "run one service a store"
            self._report.fail(Unavailable(problem, step="ingest", hint=hint), stream.name)
        return read

    def _read_once(
        self, source: Source, streams: Sequence[Stream], ids: dict[str, int]
    ) -> tuple[list[Followed], set[str]]:
        """(where the streams stand now, names of those that were refused)"""
        with self._store.read() as transaction:
            states = company.stream_states(transaction, self._account_id)
            self._is_horizon_reached = company.is_horizon_reached(transaction, self._account_id)
        followed = {stream.name: _followed(stream, states[ids[stream.name]]) for stream in streams}
        standings = {name: self._standing(states[ids[name]]) for name in followed}
        reading = Reading(source, streams, standings, self._horizon, self._budget)
        refused: set[str] = set()
        try:
            with ahead(reading.steps()) as steps:
                for step in steps:
                    if self._ingest.is_over():
                        self._report.is_stopped = True
                        break
                    self._take(step, followed, reading, refused)
                    if self._stop.is_set():
                        self._report.is_stopped = True
                        break
        finally:
            self._derive()
        self._report.is_stopped |= reading.is_cut
        self._note_horizon()
        return list(followed.values()), refused

    def _standing(self, state: StreamState) -> Standing:
        return Standing(state.cursor, state.backlog, partial(self._renewals.begins, state.id))

    def _take(self, step: Step, followed: dict[str, Followed], reading: Reading, refused: set[str]) -> None:
        if isinstance(step, AllRecent):
            self._derive()
            self._note_horizon()
            self._report.is_recent = True
            return
        each = followed[step.stream.name]
        if each.is_fenced:
            return
        match step:
            case Found():
                try:
                    self._write(each, step.prepared)
                except Fenced:
                    log.info("page fenced", stream=each.stream.name)
                    self._report.fenced += 1
                    each.is_fenced = True
                    reading.leave_out(each.stream)
            case Lost():
                log.info("cursor expired", stream=each.stream.name, problem=step.error.problem)
                self._store.transact(partial(company.forget_cursor, stream_id=each.id))
                each.version += 1
                each.is_uncompared = each.is_anew = True
            case Refused():
                refused.add(each.stream.name)
                self._report.refuse(each.stream, step.error)

    def _write(self, each: Followed, page: Prepared) -> None:
        name, purpose = each.stream.name, each.stream.purpose
        counts = self._ingest.page(Place(each.id, each.version, purpose is Purpose.SENT), purpose, page)
        each.version += 1
        each.is_uncompared = each.is_uncompared or page.page.asks_comparison
        self._report.streams[name].add(counts)
        self._progress(name, len(page.changes))
        self._underived += len(page.changes)
        if self._underived >= self._derive_every(each.stream):
            self._derive()

    def _derive_every(self, stream: Stream) -> int:
        """Meetings are derived by themselves. In a first import of a calendar no more of them wait than whoever reads
        may be ahead, so that reading goes on meanwhile; later on each contact in them is looked at after it."""
        is_first = stream.kind is StreamKind.CALENDAR and not self._is_horizon_reached
        return min(MEETINGS, DERIVE_EVERY) if is_first else DERIVE_EVERY

    def _derive(self) -> None:
        if self._underived and not self._ingest.is_over():
            derive(self._store, self._ingest.company, self._ingest.clock)
            self._ungiven += self._underived
            self._underived = 0
            if self._ungiven >= _GIVE_BACK_EVERY:
                heap.give_back()
                self._ungiven = 0

    def _note_horizon(self) -> None:
        """Once all streams have come down to the horizon, that moment is kept for good."""
        if not self._is_horizon_reached:
            now = self._ingest.clock()
            self._is_horizon_reached = self._store.transact(
                lambda transaction: company.note_horizon(transaction, self._account_id, self._horizon, now)
            )


def _followed(stream: Stream, state: StreamState) -> Followed:
    return Followed(
        stream, state.id, state.version, state.is_uncompared, state.compared_at, is_anew=state.is_uncompared
    )
