"""One account's turn: read every stream, write each page, derive, then fetch what has become wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

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
from daemon.report import Report
from daemon.source import Source
from daemon.streams import Followed, Streams
from store import company, removals, write
from store.engine import Store
from store.write import Place

log = structlog.get_logger()

#: Items asked for by reference at once.
FETCH_BATCH = 200


class Worker:
    """Takes one account's turns. `progress(stream name, items seen)` hears of every page.

    With `opening` a long reading may happen in a process of its own.
    """

    def __init__(
        self,
        ingest: Ingest,
        account_id: str,
        *,
        stop: threading.Event | None = None,
        progress: Callable[[str, int], None] = lambda _name, _seen: None,
        opening: Opening | None = None,
    ) -> None:
        self._opening = opening
        self._ingest = ingest
        self._store: Store = ingest.store
        self._account_id = account_id
        self._stop = stop or threading.Event()
        self._progress = progress

    def turn(self, connector: Connector, report: Report) -> None:
        """Read all streams once. Problems are noted in the report; StoreError and bugs go up."""
        try:
            with connector:
                streams = connector.streams()
                ids = save_streams(self._store, self._account_id, connector, streams, self._ingest.clock())
                self._read(connector, streams, ids, report, self._opening)
                report.judge(streams)
                self._fetch_wanted(connector, streams, ids, report)
                self._settle(report)
        except ConnectorError as error:
            report.fail(error)

    def catch_up(self, connector: Connector, report: Report) -> None:
        """Fetch what other accounts' mail has made wanted, without reading the streams again."""
        try:
            with connector:
                streams = connector.streams()
                ids = save_streams(self._store, self._account_id, connector, streams, self._ingest.clock())
                self._fetch_wanted(connector, streams, ids, report)
        except ConnectorError as error:
            report.fail(error)

    def push(self, connector: Connector, streams: Sequence[Stream], report: Report) -> None:
        """Read what is new in these streams alone, on a connector that is entered; raises ConnectorError.

        A stream that the store does not know yet waits for the next turn.
        """
        with self._store.read() as transaction:
            ids = {name: number for number, name, _ in company.known_streams(transaction, self._account_id)}
        if isinstance(connector, Watchable):
            connector.hinted(streams)
        self._read(connector, [stream for stream in streams if stream.name in ids], ids, report, None)

    def wanted(self) -> int:
        """How many items of the account wait to be fetched by reference."""
        with self._store.read() as transaction:
            return write.count_wanted(transaction, self._account_id)

    def _derive(self) -> None:
        derive(self._store, self._ingest.company, self._ingest.clock)

    def _note_refusal(self, error: Unavailable, stream: Stream, report: Report) -> None:
        """A stream that the server refuses is a problem of its own; any other loss ends the turn."""
        if error.step != "select":
            raise error
        report.refuse(stream, error)

    def _read(
        self,
        connector: Connector,
        streams: Sequence[Stream],
        ids: dict[str, int],
        report: Report,
        opening: Opening | None,
    ) -> None:
        """Everything new; where something may have gone unseen, what is known is compared with the full listing."""
        reader = Streams(self._ingest, self._account_id, report, stop=self._stop, progress=self._progress)
        for _round in range(2):
            with Source(connector, self._ingest.drafting, opening) as source:
                followed = reader.read(source, streams, ids)
            streams = [each.stream for each in followed if not self._compare(connector, each, report)]
            if not streams:
                return

    def _compare(self, connector: Connector, each: Followed, report: Report) -> bool:
        """False: what is known are other mails now, and the stream has to be read anew."""
        now = self._ingest.clock()
        if self._stop.is_set() or not (each.is_uncompared or is_due(each.stream, each.id, each.compared_at, now)):
            return True
        try:
            compare(self._store, connector, each.stream, each.id, now, is_anew=each.is_anew)
        except CursorExpired as expired:
            log.info("cursor expired", stream=each.stream.name, reason=expired.problem)
            with self._store.write() as transaction:
                company.forget_cursor(transaction, each.id)
            return False
        except Unavailable as error:
            self._note_refusal(error, each.stream, report)
        return True

    def _settle(self, report: Report) -> None:
        """All folders have been read: what is gone from one and in no other is believed to be gone."""
        if self._stop.is_set() or report.error is not None:
            return
        with self._store.write() as transaction:
            refused = removals.settle(transaction, self._account_id, self._ingest.clock())
        for each in refused:
            log.warning("removals held back", stream=each.stream, gone=each.gone, held=each.held)

    def _fetch_wanted(
        self, connector: Connector, streams: Sequence[Stream], ids: dict[str, int], report: Report
    ) -> None:
        """Late linking: mail that was skipped and concerns a contact now."""
        self._derive()
        for stream in streams:
            stream_id = ids[stream.name]
            while not self._stop.is_set():
                with self._store.read() as transaction:
                    refs = write.wanted_refs(transaction, stream_id, FETCH_BATCH)
                if not refs:
                    break
                try:
                    self._fetch_refs(connector, stream, stream_id, refs, report)
                except Unavailable as error:
                    self._note_refusal(error, stream, report)
                    break

    def _fetch_refs(
        self, connector: Connector, stream: Stream, stream_id: int, refs: Sequence[str], report: Report
    ) -> None:
        place = Place(stream_id, 0, stream.purpose is Purpose.SENT)
        left = set(refs)
        try:
            for batch in connector.fetch(stream, refs):
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
