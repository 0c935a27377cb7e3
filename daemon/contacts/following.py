"""What following any list of contacts needs: letting what was read take effect, and noting how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog

from connectors.api import ConnectorError
from daemon.config.records import ContactSource
from daemon.contacts.lists import Taken, take
from daemon.contacts.reading import Imported, Reading
from daemon.report import Problem
from matching.policy import Company
from store.contacts import contact_sources
from store.engine import Store

log = structlog.get_logger()

#: What a contact's history names as the origin of what a followed list says.
ORIGIN = "sync"


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

    def take(self, reading: Reading, *, is_complete: bool = False, gone: frozenset[str] = frozenset()) -> Taken:
        """Let what was read take effect; raises StoreError."""
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
        """Note that the source was read, with what could not be taken of it; raises StoreError."""
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

    def failed(self, source: ContactSource, problem: Problem, report: SourceReport) -> None:
        """Note that the source could not be read, and why; raises StoreError."""
        report.error = problem
        log.warning("contact source problem", source=source.name, step=problem.step, problem=problem.problem)
        if not self.dry_run:
            with self.store.write() as transaction:
                reason = f"{problem.step}: {problem.problem}"
                contact_sources.failed(transaction, source.name, source.kind, reason, self.clock())


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
