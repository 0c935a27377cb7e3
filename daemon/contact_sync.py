"""Following the lists of contacts that the configuration names: what one says takes effect, and how it went is kept.

A source that fails is told, in the log, in `status` and in the answer of the command; nothing else stops because of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

import structlog

from connectors.api import ConnectorError
from daemon import contact_books
from daemon.config_records import ContactSource
from daemon.config_sources import SqlSettings
from daemon.contact_files import FileContact, Rejected
from daemon.contact_lists import Taken, take
from daemon.contact_reading import Imported, Reading
from daemon.contact_rows import places_of, read_rows
from daemon.problems import ConfigError
from daemon.report import Problem
from matching.policy import Company
from store import contact_sources, foreign
from store.engine import Store
from store.foreign import ForeignError, Query

log = structlog.get_logger()

ORIGIN = "sync"
#: A list that says what it said before is looked at as a whole so often: others may have changed its contacts.
_WHOLE_EVERY = timedelta(days=1)


@dataclass(slots=True)
class SourceReport:
    """How it went with one source."""

    name: str
    error: Problem | None = None
    #: What the server said, where it was one that speaks no SQL.
    failure: ConnectorError | None = None
    #: None: it failed, or says what it said before.
    imported: Imported | None = None
    #: Living contacts that come from it.
    contacts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What following a source needs."""

    store: Store
    company: Company
    clock: Callable[[], datetime]
    environ: Mapping[str, str]
    #: The configuration's.
    folder: Path
    accept_removals: bool = False
    dry_run: bool = False

    def follow(self, source: ContactSource) -> SourceReport:
        """Read it and let it take effect; what goes wrong with it is in the report. Raises StoreError.

        What follows for links is marked dirty, for `derive`.
        """
        report = SourceReport(source.name)
        try:
            secret = source.read_secret(self.environ, self.folder)
            if isinstance(source.settings, SqlSettings):
                self._follow_rows(source, query_of(source.settings), secret.reveal() if secret else None, report)
            elif source.reader is not None:
                contact_books.follow(self, source, source.reader(source.settings, secret), report)
        except ForeignError as error:
            self._failed(source, Problem("query", error.problem, error.hint), report)
        except ConnectorError as error:
            report.failure = error
            self._failed(source, Problem(error.step or "connect", error.problem, error.hint), report)
        except ConfigError as error:
            self._failed(source, Problem("secret", str(error.problems[0]), error.problems[0].hint), report)
        return report

    def _follow_rows(self, source: ContactSource, query: Query, password: str | None, report: SourceReport) -> None:
        with foreign.answer(query, password) as (names, rows):
            found = read_rows(places_of(names), rows)
        said = _digest(found, self.company)
        if self._says_nothing_new(source, said, report):
            return
        reading = Reading(self.company, source.name, ORIGIN, found, self.clock())
        taken = self.take(reading, is_complete=True)
        report.imported = reading.told(taken)
        self.succeeded(source, report, digest=said)

    def take(self, reading: Reading, *, is_complete: bool = False, gone: frozenset[str] = frozenset()) -> Taken:
        """Let what was read take effect."""
        with self.store.read() as transaction:
            # what came in the meantime makes what is gone no likelier
            is_held = contact_sources.is_held_back(transaction, reading.source)
        contacts = replace(reading.contact_list(is_complete=is_complete, gone=gone), is_suspect=is_held)
        return take(self.store, self.clock, contacts, accept_removals=self.accept_removals, dry_run=self.dry_run)

    def succeeded(
        self,
        source: ContactSource,
        report: SourceReport,
        *,
        digest: str | None = None,
        cursors: Mapping[str, str] | None = None,
        rejected: int | None = None,
    ) -> None:
        """Note that the source was read, with what could not be taken of it."""
        imported = report.imported or Imported()
        count = len(imported.rejected) if rejected is None else rejected
        reason = reason_of(imported, count)
        if not self.dry_run:
            with self.store.write() as transaction:
                report.contacts = contact_sources.succeeded(
                    transaction,
                    source.name,
                    source.kind,
                    self.clock(),
                    reason=reason,
                    rejected=count,
                    held_back=imported.held_back,
                    # what was refused may be free the next time
                    digest=None if reason else digest,
                    cursors=cursors,
                )
        if imported.created or imported.updated or imported.removed or imported.held_back or count:
            log.info(
                "contacts followed",
                source=source.name,
                created=imported.created,
                updated=imported.updated,
                removed=imported.removed,
                held_back=imported.held_back,
                rejected=count,
            )

    def _says_nothing_new(self, source: ContactSource, said: str, report: SourceReport) -> bool:
        if self.dry_run:
            return False
        with self.store.write() as transaction:
            before, since = contact_sources.digest(transaction, source.name)
            if before != said or since is None or self.clock() - since >= _WHOLE_EVERY:
                return False
            report.contacts = contact_sources.touched(transaction, source.name, self.clock())
        return True

    def _failed(self, source: ContactSource, problem: Problem, report: SourceReport) -> None:
        report.error = problem
        log.warning("contact source problem", source=source.name, step=problem.step, problem=problem.problem)
        if not self.dry_run:
            with self.store.write() as transaction:
                reason = f"{problem.step}: {problem.problem}"
                contact_sources.failed(transaction, source.name, source.kind, reason, self.clock())


def query_of(settings: SqlSettings) -> Query:
    """What is asked."""
    return Query(url=settings.url, sql=settings.query, timeout_seconds=settings.timeout_seconds)


def reason_of(imported: Imported, rejected: int) -> str | None:
    """What is to be told of a source that was read; None: nothing."""
    parts = []
    if imported.held_back and imported.is_unclear:
        parts.append(f"{imported.held_back} contacts seem to be gone, but rows that can't be read may be some of them")
    elif imported.held_back:
        parts.append(
            f"{imported.held_back} contacts are gone at once, so none was removed: "
            "`keeptouch contacts sync --accept-removals` believes it"
        )
    if rejected:
        first = f": {imported.rejected[0].reason}" if imported.rejected else ""
        parts.append(f"{rejected} not taken{first}")
    return "; ".join(parts) or None


def _digest(found: Iterable[FileContact | Rejected], company: Company) -> str:
    """Of all that was said, and of the rules that decide what can be taken of it."""
    digest = blake2b(repr((sorted(company.own.domains), sorted(company.own.addresses), company.rules)).encode())
    for each in found:
        digest.update(repr(each).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
