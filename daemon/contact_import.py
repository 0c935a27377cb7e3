"""Importing a file of contacts: what it says becomes entries, each of which takes effect or is told with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from daemon.contact_csv import read_csv
from daemon.contact_files import FileContact, Rejected, is_vcard, opened
from daemon.contact_vcard import read_vcards
from daemon.entered import BATCH, MAX_NAME, address_of
from matching.names import clean_name
from matching.policy import Company
from store import entered
from store.contact_book import Entry, EntryAddress, Verdict
from store.engine import Store, Transaction

#: As long as the tables w1_* allow.
MAX_SOURCE = 100
MAX_ID = 200


@dataclass(slots=True)
class Imported:
    """What became of a file's contacts. One with an address that could not be taken is counted and told, too."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)

    def count(self, verdict: Verdict, is_changed: bool) -> None:
        """One more entry; `is_changed`: something was taken away from its contact before."""
        if verdict is Verdict.CREATED:
            self.created += 1
        elif verdict is Verdict.UPDATED or (verdict is Verdict.UNCHANGED and is_changed):
            self.updated += 1
        elif verdict is Verdict.UNCHANGED:
            self.unchanged += 1


def read_contacts(path: Path) -> list[FileContact | Rejected]:
    """What a vCard or CSV file holds, in its order; raises UnknownFile."""
    with opened(path) as file:
        return list(read_vcards(file) if is_vcard(file) else read_csv(file))


def import_contacts(
    store: Store,
    company: Company,
    clock: Callable[[], datetime],
    found: Iterable[FileContact | Rejected],
    source: str,
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _done: None,
) -> Imported:
    """Enter a file's contacts; repeated, it changes nothing. `progress` hears how many more are done.

    What follows for links is marked dirty, for `derive`. A dry run does all of it in one transaction and takes it
    back, so that it tells exactly what would happen.
    """
    file = _File(company, source, found)
    parts = [file.entries[start : start + BATCH] for start in range(0, len(file.entries), BATCH)]
    steps = _Steps(store, clock, file)
    if dry_run:
        try:
            with store.write(alone=True) as transaction:
                steps.run(parts, transaction, progress)
                raise _TakenBack
        except _TakenBack:
            pass
    else:
        steps.run(parts, None, progress)
    file.imported.rejected.sort(key=lambda each: each.line)
    return file.imported


class _TakenBack(Exception):
    """Ends the transaction of a dry run."""


class _File:
    """The entries of a file, and what of it can't be one."""

    def __init__(self, company: Company, source: str, found: Iterable[FileContact | Rejected]) -> None:
        self._company = company
        self._source = source
        self.imported = Imported()
        self.entries: list[Entry] = []
        #: (line of the contact, normal form) -> line of the address
        self.lines: dict[tuple[int, str], int] = {}
        self._ids: dict[str, int] = {}
        self._normals: dict[str, int] = {}
        for each in found:
            if isinstance(each, Rejected):
                self.imported.rejected.append(each)
            elif reason := self._reason_against(each):
                self.reject(each.line, reason)
            elif entry := self._entry(each):
                self.entries.append(entry)

    def reject(self, line: int, reason: str) -> None:
        """Tell of something that can't be taken."""
        self.imported.rejected.append(Rejected(line, reason))

    def _reason_against(self, each: FileContact) -> str:
        if len(each.name) > MAX_NAME:
            return f"the name has {len(each.name)} characters; at most {MAX_NAME} are possible"
        if each.external_id is None:
            return "" if each.addresses else "neither an e-mail address nor an id"
        if len(each.external_id) > MAX_ID or not each.external_id.isprintable():
            return f"the id is no text of at most {MAX_ID} printable characters"
        first = self._ids.setdefault(each.external_id, each.line)
        return "" if first == each.line else f"the id {each.external_id} stands in line {first} already"

    def _entry(self, each: FileContact) -> Entry | None:
        addresses: dict[str, EntryAddress] = {}
        for address in each.addresses:
            form = address_of(address.text, self._company)
            if isinstance(form, str):
                self.reject(address.line, form)
                continue
            first = self._normals.setdefault(form.normal, each.line)
            if first != each.line:
                self.reject(address.line, f"{form.normal} stands in line {first} already")
                continue
            addresses.setdefault(form.normal, form)
            self.lines.setdefault((each.line, form.normal), address.line)
        if each.addresses and not addresses:
            return None
        return Entry(
            line=each.line,
            origin="import",
            source=self._source,
            external_id=each.external_id,
            name=clean_name(each.name, each.addresses[0].text if each.addresses else ""),
            addresses=tuple(addresses.values()),
            primary=next(iter(addresses), None),
            is_complete=each.external_id is not None,
            may_lack_address=not each.addresses,
        )


class _Steps:
    """The entries' way into the store: all let go first, then all take hold."""

    def __init__(self, store: Store, clock: Callable[[], datetime], file: _File) -> None:
        self._store = store
        self._clock = clock
        self._file = file
        self._changed: set[int] = set()

    def run(
        self, parts: Iterable[Sequence[Entry]], transaction: Transaction | None, progress: Callable[[int], None]
    ) -> None:
        """In the given transaction, or in one of its own for each part."""
        parts = list(parts)
        for step in (self._release, self._enter):
            for part in parts:
                if transaction is not None:
                    step(transaction, part)
                else:
                    with self._store.write(alone=True) as own:
                        step(own, part)
                if step == self._enter:
                    progress(len(part))

    def _release(self, transaction: Transaction, part: Sequence[Entry]) -> None:
        self._changed |= entered.release(transaction, self._store.key, part, self._clock())

    def _enter(self, transaction: Transaction, part: Sequence[Entry]) -> None:
        file = self._file
        for outcome in entered.enter(transaction, self._store.key, part, self._clock()):
            line = outcome.entry.line
            file.imported.count(outcome.verdict, line in self._changed)
            for normal, reason in outcome.refused:
                file.reject(file.lines[line, normal], reason)
