"""Contacts that other programs write to the tables w1_*: each becomes an entry, and its rows are answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

import structlog

from matching.addresses import normalize
from matching.consent import Statement, read_statement
from matching.names import clean_name
from matching.policy import Company
from store.contacts import entered, merging
from store.contacts.records import Entry, EntryAddress, Outcome, Verdict
from store.engine import Store
from store.privacy import screening
from store.writers import w1
from store.writers.w1 import AddressRow, Answer, ContactRow, Unit

log = structlog.get_logger()

#: Entries that take effect in one transaction.
BATCH = 500
#: Column of w1_contact -> its field.
_TEXTS = {
    "display_name": "display_name",
    "organization": "organization",
    "tracking_consent": "consent",
    "tracking_consent_source": "consent_source",
}
#: A longer name is a mistake.
MAX_NAME = 1_000


def apply_entered(store: Store, company: Company, clock: Callable[[], datetime]) -> int:
    """Let what waits in the tables w1_* take effect; returns how many contacts were looked at.

    To be called once a poll; what follows for links is marked dirty, for `derive`. Costs next to nothing where
    nothing waits. A row that can't be applied gets its error, and the rest go on.
    """
    with store.read() as transaction:
        if not w1.is_anything_waiting(transaction):
            return 0
    with store.write() as transaction:
        w1.refuse_unreadable(transaction)
        waiting = w1.waiting(transaction)
    parts = [waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)]
    for part in parts:
        with store.write() as transaction:
            merging.lock(transaction)
            entries = [
                reading.entry for reading in _readings(w1.units(transaction, part), company, clock()) if reading.entry
            ]
            entered.release(transaction, store.key, entries, clock())
    refused = 0
    for part in parts:
        with store.write() as transaction:
            merging.lock(transaction)
            readings = _readings(w1.units(transaction, part), company, clock())
            outcomes = entered.enter(transaction, store.key, [r.entry for r in readings if r.entry], clock())
            by_line = {outcome.entry.line: outcome for outcome in outcomes}
            answers = [a for n, r in enumerate(readings) for a in r.answers(by_line.get(n))]
            screening.withdraw(transaction, [a.identity for a in answers if a.error == screening.REASON])
            w1.answer(transaction, answers, clock())
            refused += sum(1 for each in answers if each.error)
    if waiting:
        log.info("entered contacts applied", count=len(waiting), refused=refused)
    return len(waiting)


def address_of(text: str, company: Company) -> EntryAddress | str:
    """An address as it was entered, or why it can't be a contact's."""
    normal = normalize(text)
    if normal is None:
        shown = text if len(text) <= 100 else f"{text[:100]}…"
        return f'"{shown}" is no e-mail address'
    if company.own.owns(normal):
        return f"{normal} is an address of our own"
    shown = text.strip()
    # what is more than a spelling of the address (mailto:, <…>, invisible marks) is not shown
    is_plain = shown.isprintable() and normal.rpartition("@")[0] == shown.rpartition("@")[0].lower()
    return EntryAddress(shown if is_plain else normal, normal, company.rules.base(normal))


class _Reading:
    """What the rows of one contact say, and what has to be answered."""

    def __init__(self, number: int, unit: Unit, company: Company, now: datetime) -> None:
        self.unit = unit
        self._now = now
        self.entry: Entry | None = None
        #: address as written -> error
        self._errors: dict[str, str] = {}
        #: address as written -> normal form
        self._normals: dict[str, str] = {}
        self._error = _contact_error(unit, now)
        if self._error is None and unit.contact is not None:
            self.entry = self._read(number, unit.contact, company)

    def _read(self, number: int, contact: ContactRow, company: Company) -> Entry:
        source, external_id = self.unit.identity
        addresses: dict[str, EntryAddress] = {}
        removed: set[str] = set()
        primary: str | None = None
        living = 0
        for row in self.unit.addresses:
            if row.is_deleted:
                removed.add(normalize(row.address) or "")
                continue
            living += 1
            found = _address_error(row) or address_of(row.address, company)
            if isinstance(found, EntryAddress):
                found = replace(found, valid_from_at=row.valid_from_at, valid_to_at=row.valid_to_at)
            else:
                self._errors[row.address] = found
                continue
            self._normals[row.address] = found.normal
            addresses.setdefault(found.normal, found)
            if row.is_primary and primary is None:
                primary = found.normal
        return Entry(
            line=number,
            origin="w1",
            source=source,
            external_id=external_id,
            name=clean_name(contact.display_name or ""),
            addresses=tuple(addresses.values()),
            primary=primary,
            removed=frozenset(removed - addresses.keys()),
            is_deleted=bool(contact.is_deleted),
            organization=clean_name(contact.organization or ""),
            may_lack_address=not living,
            consent=_consent(contact, self._now),
        )

    def answers(self, outcome: Outcome | None) -> Iterator[Answer]:
        """The answers that differ from what the rows say already."""
        identity, contact = self.unit.identity, self.unit.contact
        error = self._error
        refused: dict[str, str] = {}
        if outcome is not None and screening.is_erased(outcome):
            yield Answer(identity, None, screening.REASON)
            return
        if outcome is not None:
            refused = dict(outcome.refused)
            if outcome.verdict is Verdict.REJECTED:
                error = "none of its addresses can be used; their rows say why"
        if contact is not None and _is_news(contact, error):
            yield Answer(identity, None, error)
        for row in self.unit.addresses:
            of_row = self._errors.get(row.address) or refused.get(self._normals.get(row.address, ""))
            if outcome is None and of_row is None:
                of_row = f"its row in w1_contact has an error: {error}" if contact else error
            if _is_news(row, of_row):
                yield Answer(identity, row.address, of_row)


def _readings(units: Iterable[Unit], company: Company, now: datetime) -> list[_Reading]:
    return [_Reading(number, unit, company, now) for number, unit in enumerate(units)]


def _consent(contact: ContactRow, now: datetime) -> Statement | None:
    found = read_statement(contact.consent, contact.consent_at, contact.consent_source, now)
    return None if isinstance(found, str) else found


def _contact_error(unit: Unit, now: datetime) -> str | None:
    source, external_id = unit.identity
    if unit.contact is None:
        return f"there is no row ({source}, {external_id}) in w1_contact yet"
    for column, name in _TEXTS.items():
        if getattr(unit.contact, name) is None:
            return f"{column} is not text in UTF-8"
    for name in ("display_name", "organization"):
        if problem := w1.too_long(name, getattr(unit.contact, name), MAX_NAME):
            return problem
    if unit.contact.is_deleted is None:
        return "is_deleted is neither true nor false"
    if unit.contact.has_bad_time:
        return "tracking_consent_at is no instant such as 2026-03-01T08:00:00Z"
    said = read_statement(unit.contact.consent, unit.contact.consent_at, unit.contact.consent_source, now)
    return said if isinstance(said, str) else None


def _address_error(row: AddressRow) -> str:
    if row.is_deleted is None or row.is_primary is None:
        return "is_primary or is_deleted is neither true nor false"
    if row.has_bad_time:
        return "valid_from_at or valid_to_at is no instant such as 2026-03-01T08:00:00Z"
    return bad_period(row.valid_from_at, row.valid_to_at)


def bad_period(since: datetime | None, until: datetime | None) -> str:
    """What is wrong with the time in which an address is said to be a contact's; "": nothing."""
    if since is not None and until is not None and since >= until:
        return "valid_to_at must be later than valid_from_at"
    return ""


def _is_news(row: ContactRow | AddressRow, error: str | None) -> bool:
    return row.is_waiting or row.error != error
