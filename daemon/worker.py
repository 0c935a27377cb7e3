"""One account's slices: read every stream, write each page, derive, then fetch what has become wanted."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from connectors.api import (
    Connector,
    ConnectorError,
    CursorExpired,
    Purpose,
    Stream,
    Unavailable,
    Watchable,
)
from daemon.apart import Opening
from daemon.derive import derive
from daemon.following import compare, is_due, save_streams
from daemon.ingest import Ingest, Tally
from daemon.kept import Entered
from daemon.reflist import RefList, parts
from daemon.renewals import Renewals
from daemon.report import Report
from daemon.slices import Slice
from daemon.streams import Followed, Streams
from store.accounts import company
from store.engine import Store
from store.mails import removals, write
from store.mails.write import Place

log = structlog.get_logger()

#: Items asked for by reference at once.
FETCH_BATCH = 200


class Worker:
    """Reads one account. `progress(stream name, items seen)` hears of every page.

    With `opening` a long reading may happen in a process of its own. `renewals` outlives the worker.
    """

    def __init__(
        self,
        ingest: Ingest,
        account_id: str,
        *,
        stop: threading.Event | None = None,
        progress: Callable[[str, int], None] = lambda _name, _seen: None,
        opening: Opening | None = None,
        renewals: Renewals | None = None,
    ) -> None:
        self._opening = opening
        self._renewals = renewals or Renewals()
        self._ingest = ingest
        self._store: Store = ingest.store
        self._account_id = account_id
        self._stop = stop or threading.Event()
        self._progress = progress

    def turn(self, connector: Connector, report: Report) -> None:
        """Read all streams to their end, slice after slice. Problems are in the report; StoreError and bugs go up."""
        try:
            with connector, Entered(connector, (), self._opening) as entered:
                report.is_stopped = True
                while report.is_stopped and not self._stop.is_set():
                    self.slice(entered, report, Slice())
        except ConnectorError as error:
            report.fail(error)

    def slice(self, entered: Entered, report: Report, budget: Slice) -> None:
        """Read what is new in all streams, then of the past what the slice has room for; then what became wanted.

        The report is_stopped where that was not all of it. Raises ConnectorError.
        """
        report.is_stopped = self._stop.is_set()
        streams, ids = self._listed(entered)
        self._read(entered, streams, ids, report, budget)
        report.judge(streams)
        if not report.is_stopped:
            self._fetch_wanted(entered.connector, streams, ids, report, budget)
        if not report.is_stopped:
            self._settle(report)

    def catch_up(self, connector: Connector, report: Report) -> None:
        """Fetch all that other accounts' mail has made wanted. Problems are in the report."""
        try:
            with connector, Entered(connector, ()) as entered:
                self.fetch(entered, report, Slice(seconds=math.inf))
        except ConnectorError as error:
            report.fail(error)

    def fetch(self, entered: Entered, report: Report, budget: Slice) -> None:
        """Fetch what other accounts' mail has made wanted, without reading the streams; raises ConnectorError."""
        report.is_stopped = self._stop.is_set()
        streams, ids = self._listed(entered)
        self._fetch_wanted(entered.connector, streams, ids, report, budget)

    def _listed(self, entered: Entered) -> tuple[Sequence[Stream], dict[str, int]]:
        """(the streams as they are listed now, name -> id)"""
        streams = entered.list_streams()
        return streams, save_streams(self._store, self._account_id, entered.connector, streams, self._ingest.clock())

    def push(self, connector: Connector, streams: Sequence[Stream], report: Report, budget: Slice) -> None:
        """Read what is new in these streams alone, on a connector that is entered; raises ConnectorError.

        A stream that the store does not know yet waits for the next turn.
        """
        with self._store.read() as transaction:
            ids = {name: number for number, name, _ in company.known_streams(transaction, self._account_id)}
        if isinstance(connector, Watchable):
            connector.hinted(streams)
        known = [stream for stream in streams if stream.name in ids]
        with Entered(connector, tuple(streams)) as entered:
            self._read(entered, known, ids, report, budget)

    def wanted(self) -> int:
        """How many items of the account wait to be fetched by reference."""
        with self._store.read() as transaction:
            return write.count_wanted(transaction, self._account_id)

    def _derive(self) -> None:
        if not self._ingest.is_over():
            derive(self._store, self._ingest.company, self._ingest.clock)

    def _note_refusal(self, error: Unavailable, stream: Stream, report: Report) -> None:
        """A stream that the server refuses is a problem of its own; any other loss ends the turn, and so does a wish to
        be left alone."""
        if error.step != "select" or error.retry_after is not None:
            raise error
        report.refuse(stream, error)

    def _read(
        self,
        entered: Entered,
        streams: Sequence[Stream],
        ids: dict[str, int],
        report: Report,
        budget: Slice,
    ) -> None:
        """Everything new; where something may have gone unseen, what is known is compared with the full listing."""
        reader = Streams(
            self._ingest,
            self._account_id,
            report,
            budget,
            stop=self._stop,
            progress=self._progress,
            renewals=self._renewals,
        )
        for _round in range(2):
            followed = reader.read(entered.source(self._ingest.drafting), streams, ids)
            streams = [each.stream for each in followed if not self._compare(entered.connector, each, report)]
            if not streams:
                return

    def _compare(self, connector: Connector, each: Followed, report: Report) -> bool:
        """False: what is known are other mails now, and the stream has to be read anew."""
        now = self._ingest.clock()
        if report.is_stopped or not (each.is_uncompared or is_due(each.stream, each.id, each.compared_at, now)):
            return True
        try:
            fetch = partial(self._fetch_missing, connector, each, report)
            compare(self._store, connector, each.stream, each.id, now, fetch, is_anew=each.is_anew)
        except CursorExpired as expired:
            log.info("cursor expired", stream=each.stream.name, problem=expired.problem)
            with self._store.write() as transaction:
                company.forget_cursor(transaction, each.id)
            return False
        except Unavailable as error:
            self._note_refusal(error, each.stream, report)
        return True

    def _fetch_missing(self, connector: Connector, each: Followed, report: Report, missing: RefList) -> bool:
        """Read what the server never told of; False: stopped before the end."""
        log.warning("mail was missing", stream=each.stream.name, count=len(missing), first=next(iter(missing)))
        for refs in parts(missing, FETCH_BATCH):
            self._fetch_refs(connector, each.stream, each.id, refs, report)
            report.is_stopped = report.is_stopped or self._stop.is_set()
            if report.is_stopped:
                return False
        return True

    def _settle(self, report: Report) -> None:
        """All folders have been read: what is gone from one and in no other is believed to be gone."""
        if report.error is not None:
            return
        with self._store.read() as transaction:
            if not removals.is_unsettled(transaction, self._account_id):
                return
        with self._store.write() as transaction:
            refused = removals.settle(transaction, self._account_id, self._ingest.clock())
        for each in refused:
            log.warning("removals held back", stream=each.stream, gone=each.gone, held=each.held)

    def _fetch_wanted(
        self,
        connector: Connector,
        streams: Sequence[Stream],
        ids: dict[str, int],
        report: Report,
        budget: Slice,
    ) -> None:
        """Late linking: mail that was skipped and concerns a contact now."""
        self._derive()
        left = list(streams)
        while not report.is_stopped:
            stream, refs = self._next_wanted(left, ids)
            if stream is None:
                return
            try:
                self._fetch_refs(connector, stream, ids[stream.name], refs, report)
            except Unavailable as error:
                self._note_refusal(error, stream, report)
                left.remove(stream)
            budget.add(len(refs))
            report.is_stopped = self._stop.is_set() or budget.is_spent()

    def _next_wanted(self, streams: Sequence[Stream], ids: dict[str, int]) -> tuple[Stream | None, list[str]]:
        """The first stream with wanted items, and some of these; what is fetched may make more wanted in any."""
        with self._store.read() as transaction:
            wanting = write.streams_wanting(transaction, self._account_id)
            stream = next((each for each in streams if ids[each.name] in wanting), None)
            return stream, write.wanted_refs(transaction, ids[stream.name], FETCH_BATCH) if stream else []

    def _fetch_refs(
        self, connector: Connector, stream: Stream, stream_id: int, refs: Sequence[str], report: Report
    ) -> None:
        place = Place(stream_id, 0, stream.purpose is Purpose.SENT)
        left = set(refs)
        try:
            for batch in connector.fetch(stream, refs):
                if self._ingest.is_over():
                    report.is_stopped = True
                    return
                counts = self._ingest.batch(place, stream.purpose, batch.changes)
                # settled with the decision: what another account has made wanted since stays wanted
                left.difference_update(change.ref for change in batch.changes)
                report.streams.setdefault(stream.name, Tally()).add(counts)
                self._progress(stream.name, len(batch.changes))
        except CursorExpired:
            # The places are told otherwise now; the next reading of the stream finds the mails again.
            log.info("wanted items moved", stream=stream.name)
        if left:
            with self._store.write() as transaction:
                write.settle_wanted(transaction, stream_id, sorted(left))
        self._derive()
