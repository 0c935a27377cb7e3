"""What a list of contacts says becomes entries; what of it can't be one is told with its line and the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from daemon.contacts.files import FileContact, Rejected
from daemon.contacts.lists import ContactList, Taken
from daemon.entered import MAX_NAME, address_of, bad_period
from matching.consent import read_statement
from matching.names import clean_name
from matching.policy import Company
from store.contacts.records import Entry, EntryAddress, Period, Verdict, overlap

#: As long as the tables w1_* allow.
MAX_SOURCE = 100
MAX_ID = 200


@dataclass(slots=True)
class Imported:
    """What became of a file's contacts. One with an address that could not be taken is counted and told, too."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    #: Contacts that a complete file leaves out.
    removed: int = 0
    #: So many would have gone that none did.
    held_back: int = 0
    #: It was not to be seen whom the file leaves out.
    is_unclear: bool = False
    rejected: list[Rejected] = field(default_factory=list)

    def count(self, verdict: Verdict, is_changed: bool) -> None:
        """One more entry; `is_changed`: something was taken away from its contact before."""
        if verdict is Verdict.CREATED:
            self.created += 1
        elif verdict is Verdict.UPDATED or (verdict is Verdict.UNCHANGED and is_changed):
            self.updated += 1
        elif verdict is Verdict.UNCHANGED:
            self.unchanged += 1


class Reading:
    """The entries of a list, and what of it can't be one."""

    def __init__(
        self,
        company: Company,
        source: str,
        origin: str,
        found: Iterable[FileContact | Rejected],
        now: datetime,
    ) -> None:
        self._company = company
        self._now = now
        self.source = source
        self._origin = origin
        self.imported = Imported()
        self.entries: list[Entry] = []
        #: (line of the contact, normal form) -> line of the address
        self._lines: dict[tuple[int, str], int] = {}
        #: All ids that stand in it.
        self.present: set[str] = set()
        #: Something tells no id and can't be taken.
        self.is_unclear = False
        self._ids: dict[tuple[str, str], int] = {}
        self._normals: dict[str, list[tuple[int, Period]]] = {}
        for each in found:
            if isinstance(each, Rejected):
                self.imported.rejected.append(each)
                if each.external_id is None:
                    self.is_unclear = True
                else:
                    self.present.add(each.external_id)
                continue
            if each.external_id is not None and each.source in ("", self.source):
                self.present.add(each.external_id)
            entry = None
            if reason := self._reason_against(each):
                self.reject(each.line, reason)
            elif entry := self._entry(each):
                self.entries.append(entry)
            self.is_unclear |= entry is None and each.external_id is None
        # who has an id is found by it and has exactly its addresses; lines without one then take what is left, so that
        # the same list says the same the next time
        self.entries.sort(key=lambda entry: entry.external_id is None)

    def contact_list(self, *, is_complete: bool = False, gone: frozenset[str] = frozenset()) -> ContactList:
        """All of it, to take effect. `gone`: ids of contacts that are said to have gone."""
        return ContactList(
            source=self.source,
            origin=self._origin,
            entries=self.entries,
            is_complete=is_complete,
            present=frozenset(self.present),
            gone=gone,
            is_unclear=self.is_unclear,
        )

    def told(self, taken: Taken) -> Imported:
        """What became of it."""
        imported = self.imported
        imported.removed, imported.held_back = taken.removed, taken.held_back
        imported.is_unclear = self.is_unclear
        for outcome in taken.outcomes:
            line = outcome.entry.line
            imported.count(outcome.verdict, line in taken.released)
            for normal, reason in outcome.refused:
                self.reject(self._lines.get((line, normal), line), reason)
        imported.rejected.sort(key=lambda each: each.line)
        return imported

    def reject(self, line: int, reason: str) -> None:
        """Tell of something that can't be taken."""
        self.imported.rejected.append(Rejected(line, reason))

    def _reason_against(self, each: FileContact) -> str:
        for what, text in (("name", each.name), ("organization", each.organization)):
            if len(text) > MAX_NAME:
                return f"the {what} has {len(text)} characters; at most {MAX_NAME} are possible"
        said = read_statement(each.consent, each.consent_at, each.consent_source, self._now)
        if isinstance(said, str):
            return said
        if each.external_id is None:
            return "" if each.addresses else "neither an e-mail address nor an id"
        if len(each.external_id) > MAX_ID or not each.external_id.isprintable():
            return f"the id is no text of at most {MAX_ID} printable characters"
        if len(each.source) > MAX_SOURCE or not each.source.isprintable():
            return f"the source is no text of at most {MAX_SOURCE} printable characters"
        first = self._ids.setdefault((each.source or self.source, each.external_id), each.line)
        return "" if first == each.line else f"the id {each.external_id} stands in line {first} already"

    def _entry(self, each: FileContact) -> Entry | None:
        addresses: dict[str, EntryAddress] = {}
        for address in each.addresses:
            since, until = address.valid_from_at, address.valid_to_at
            form = bad_period(since, until) or address_of(address.text, self._company)
            if isinstance(form, str):
                self.reject(address.line, form)
                continue
            form = replace(form, valid_from_at=since, valid_to_at=until)
            known = self._normals.setdefault(form.normal, [])
            first = next((line for line, held in known if line != each.line and overlap(held, (since, until))), None)
            if first is not None:
                self.reject(address.line, f"{form.normal} stands in line {first} already")
                continue
            known.append((each.line, (since, until)))
            addresses.setdefault(form.normal, form)
            self._lines.setdefault((each.line, form.normal), address.line)
        if each.addresses and not addresses:
            return None
        said = read_statement(each.consent, each.consent_at, each.consent_source, self._now)
        return Entry(
            line=each.line,
            origin=self._origin,
            source=each.source or self.source,
            external_id=each.external_id,
            name=clean_name(each.name, each.addresses[0].text if each.addresses else ""),
            addresses=tuple(addresses.values()),
            primary=next(iter(addresses), None),
            is_complete=each.external_id is not None,
            organization=clean_name(each.organization),
            may_lack_address=not each.addresses,
            consent=None if isinstance(said, str) else said,
        )
