"""Does the store hold what the server holds? Folder by folder, and what is missing is fetched.

A mail that comes or goes while we look must not seem to be a hole: what differs is looked at twice, and what is new is
read in between. A mail in both differences was wrong before the audit began and is wrong after its news were read.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import chain

import structlog

from connectors.api import Connector, CursorExpired, Deleted, Purpose, Stream, Unavailable, Unreadable
from daemon.derive import derive
from daemon.ingest import Ingest
from daemon.order import RENUMBERED
from daemon.reflist import RefList, in_both, only_in, parts
from daemon.report import Report
from daemon.worker import FETCH_BATCH, Worker
from store.accounts import audit as audit_store
from store.accounts import company
from store.mails import placements, removals
from store.mails.removals import HeldBack
from store.mails.write import Place

log = structlog.get_logger()

#: Batches of a repair between two derivations.
_DERIVE_EVERY = 5


def percent(covered: int, expected: int) -> float:
    """Two decimals, rounded down: it is 100 only where nothing is missing."""
    return math.floor(10_000 * covered / expected) / 100 if covered < expected else 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderAudit:
    """One folder on the server and in the store."""

    stream: Stream
    #: Mails of the server that have a placement, whatever its verdict.
    placed: int = 0
    #: On the server, asked for by the options, and not in the store.
    missing: RefList = field(default_factory=RefList)
    #: Said to be stored, but the message or its interaction is gone.
    hollow: RefList = field(default_factory=RefList)
    #: Placements without a mail on the server.
    surplus: RefList = field(default_factory=RefList)
    #: Placed, but could not be read.
    quarantined: RefList = field(default_factory=RefList)

    @property
    def expected(self) -> int:
        """How many mails of the server the store should know."""
        return self.placed + len(self.missing)

    @property
    def covered(self) -> int:
        """How many of them the store can answer for."""
        return self.placed - len(self.hollow)

    @property
    def is_whole(self) -> bool:
        """Is everything covered?"""
        return self.covered == self.expected

    @property
    def differs(self) -> bool:
        """Is there anything to tell, on either side?"""
        return not self.is_whole or len(self.surplus) > 0

    def is_renumbered(self, before: FolderAudit) -> bool:
        """Are all mails others than those of an earlier look, though what was new has been read in between?"""
        is_other = next(in_both(self.missing, before.missing), None) is None
        return self.placed == 0 and bool(self.missing) and bool(before.missing) and is_other

    def confirmed(self, before: FolderAudit) -> FolderAudit:
        """What was wrong at an earlier look already."""
        return replace(
            self,
            missing=RefList(in_both(self.missing, before.missing)),
            hollow=RefList(in_both(self.hollow, before.hollow)),
            surplus=RefList(in_both(self.surplus, before.surplus)),
        )


@dataclass(slots=True)
class AccountAudit:
    """What an audit found, after the repair if there was one."""

    folders: list[FolderAudit] = field(default_factory=list)
    #: Folders that the server refused; nothing is known of them.
    refused: list[tuple[str, Unavailable]] = field(default_factory=list)
    #: Mails that were fetched, and placements that were removed.
    fetched: int = 0
    removed: int = 0
    #: Folders most of which would go at once: their surplus stays until a person says so.
    held_back: list[HeldBack] = field(default_factory=list)

    @property
    def coverage(self) -> float | None:
        """Percent over all folders; None while one is unknown."""
        if self.refused:
            return None
        return percent(sum(f.covered for f in self.folders), sum(f.expected for f in self.folders))

    @property
    def surplus(self) -> int:
        """How many placements of all folders have no mail on the server."""
        return sum(len(folder.surplus) for folder in self.folders)

    @property
    def is_whole(self) -> bool:
        """Could all folders be looked at, and is everything in them covered?"""
        return not self.refused and all(folder.is_whole for folder in self.folders)


class Audit:
    """Of one account. `connect` gives a connector each time; errors of connectors and the store go up."""

    def __init__(
        self,
        ingest: Ingest,
        account_id: str,
        connect: Callable[[], Connector],
        *,
        stop: threading.Event | None = None,
        progress: Callable[[str, int], None] = lambda _name, _seen: None,
    ) -> None:
        self._ingest = ingest
        self._store = ingest.store
        self._account_id = account_id
        self._connect = connect
        self._stop = stop or threading.Event()
        self._progress = progress

    def run(self, *, repair: bool = False) -> AccountAudit:
        """Compare all folders, perhaps repair what differs and compare again; the result is kept in the store."""
        result = self._compare()
        if repair and any(folder.differs or folder.quarantined for folder in result.folders):
            before, fetched = result, self._repair(result.folders)
            result = self._compare()
            result.fetched, result.removed = fetched, max(0, before.surplus - result.surplus)
        with self._store.read() as transaction:
            result.held_back = removals.held_back(transaction, self._account_id)
        if result.coverage is not None:
            with self._store.write() as transaction:
                audit_store.save_audit(transaction, self._account_id, result.coverage, self._ingest.clock())
        return result

    def _compare(self) -> AccountAudit:
        first = self._look(lambda _stream: True)
        suspects = {folder.stream.name: folder for folder in first.folders if folder.differs}
        if not suspects:
            return first
        self._read_news()
        second = self._look(lambda stream: stream.name in suspects)
        confirmed: dict[str, FolderAudit] = {}
        for folder in second.folders:
            before = suspects[folder.stream.name]
            if folder.is_renumbered(before):
                second.refused.append((folder.stream.name, _renumbered()))
            else:
                confirmed[folder.stream.name] = folder.confirmed(before)
        kept = [confirmed.get(f.stream.name, f) for f in first.folders if f.stream.name in confirmed or not f.differs]
        return AccountAudit(kept, [*first.refused, *second.refused])

    def _look(self, is_chosen: Callable[[Stream], bool]) -> AccountAudit:
        found = AccountAudit()
        with self._connect() as connector:
            streams = connector.streams()
            ids = self._ids()
            for stream in filter(is_chosen, streams):
                if self._stop.is_set():
                    raise Unavailable("the audit was stopped before its end", step="audit", hint="begin it again")
                try:
                    found.folders.append(self._look_at(connector, stream, ids.get(stream.name)))
                except Unavailable as error:
                    if error.step != "select":
                        raise
                    log.warning("folder refused", stream=stream.name, problem=error.problem)
                    found.refused.append((stream.name, error))
        return found

    def _look_at(self, connector: Connector, stream: Stream, stream_id: int | None) -> FolderAudit:
        there = RefList(connector.refs(stream))
        placed, hollow, quarantined = RefList(), RefList(), RefList()
        if stream_id is not None:
            with self._store.read() as transaction:
                placed = RefList(audit_store.placed_refs(transaction, stream_id))
                hollow = RefList(audit_store.hollow_refs(transaction, stream_id))
                quarantined = RefList(audit_store.quarantined_refs(transaction, stream_id))
        self._progress(stream.name, len(there))
        missing, surplus = RefList(only_in(there, placed)), RefList(only_in(placed, there))
        if missing:
            asked = RefList(connector.refs(stream, in_scope=True))
            if asked and next(in_both(asked, there), None) is None:
                raise _renumbered()
            missing = RefList(in_both(missing, asked))
        return FolderAudit(
            stream=stream,
            placed=len(placed) - len(surplus),
            missing=missing,
            hollow=RefList(only_in(hollow, surplus)),
            surplus=surplus,
            quarantined=RefList(only_in(quarantined, surplus)),
        )

    def _read_news(self) -> None:
        """What `sync` does. A folder that is refused is told by the next look."""
        report = Report("")
        Worker(self._ingest, self._account_id, stop=self._stop, progress=self._progress).turn(self._connect(), report)
        failure = report.failure
        if failure is not None and not (isinstance(failure, Unavailable) and failure.step == "select"):
            raise failure

    def _repair(self, folders: list[FolderAudit]) -> int:
        """Fetch what is missing, ask again for what could not be read, and tell what is gone, as a comparison does.

        Returns how many mails were fetched.
        """
        fetched = 0
        ids = self._ids()
        with self._connect() as connector:
            for folder in folders:
                stream_id = ids.get(folder.stream.name)
                if stream_id is None or self._stop.is_set():
                    continue
                fetched += self._fetch(connector, folder, stream_id)
                self._tell_removed(folder, stream_id)
        # after the fetching: what was moved has its new place by now
        with self._store.write() as transaction:
            removals.settle(transaction, self._account_id, self._ingest.clock())
        self._derive()
        Worker(self._ingest, self._account_id, stop=self._stop).catch_up(self._connect(), Report(""))
        return fetched

    def _fetch(self, connector: Connector, folder: FolderAudit, stream_id: int) -> int:
        stream, fetched = folder.stream, 0
        place = Place(stream_id, 0, stream.purpose is Purpose.SENT)
        for number, refs in enumerate(parts(chain(folder.missing, folder.hollow, folder.quarantined), FETCH_BATCH), 1):
            try:
                for batch in connector.fetch(stream, refs):
                    self._ingest.batch(place, stream.purpose, batch.changes)
                    fetched += sum(not isinstance(change, Deleted | Unreadable) for change in batch.changes)
                    self._progress(stream.name, len(batch.changes))
            except CursorExpired:
                # renumbered while we looked: the next reading of the folder finds everything again
                log.info("items to repair moved", stream=stream.name)
                break
            if number % _DERIVE_EVERY == 0:
                self._derive()
            if self._stop.is_set():
                break
        return fetched

    def _tell_removed(self, folder: FolderAudit, stream_id: int) -> None:
        with self._store.write() as transaction:
            for refs in parts(folder.surplus, FETCH_BATCH):
                placements.tell_removed(transaction, stream_id, refs, self._ingest.clock())

    def _derive(self) -> None:
        derive(self._store, self._ingest.company, self._ingest.clock)

    def _ids(self) -> dict[str, int]:
        with self._store.read() as transaction:
            return {name: each for each, name, _purpose in company.known_streams(transaction, self._account_id)}


def _renumbered() -> Unavailable:
    problem = "the folder was renumbered while it was compared: nothing is known of it"
    return Unavailable(problem, step="select", hint=RENUMBERED)
