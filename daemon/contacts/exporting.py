"""Contacts written to a file: vCard 4.0 (RFC 6350) or CSV (RFC 4180), which `contacts import` reads back as they were.

Written are the addresses in use, with the day since when, and names that were entered. What keeptouch alone knows
(history, merges, who held an address before) is not in such a file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TextIO

from matching.consent import Statement
from store.contacts import consents, entered
from store.contacts.records import ENTERED_NAME, POLICY, Address, Contact
from store.engine import Transaction

_BATCH = 1000
#: What a spreadsheet would carry out instead of showing it (a tab before it makes it text, and is no part of it).
_FORMULA = ("=", "+", "-", "@")
#: Octets of a line of a vCard (RFC 6350 section 3.2).
_LINE = 75


def exported(transaction: Transaction, source: str | None, *, with_policy: bool) -> Iterator[Contact]:
    """The contacts that can be entered again: those that have an address in use, or an id."""
    ids = entered.entered_ids(transaction, source, with_policy=with_policy)
    for start in range(0, len(ids), _BATCH):
        part = ids[start : start + _BATCH]
        found = {each.id: each for each in entered.load(transaction, part)}
        said = consents.said(transaction, part)
        for each in (found[each] for each in part):
            if _in_use(each) or each.external_id is not None:
                yield replace(each, consent=said.get(each.id))


def write_csv(contacts: Iterable[Contact], file: TextIO) -> int:
    """A record for each; returns how many. The file has to be opened with newline=""."""
    listed = list(contacts)
    width = max([1, *(len(_in_use(each)) for each in listed)])
    columns = ["external_source", "external_id", "name", "organization"]
    for number in range(1, width + 1):
        email = "email" if number == 1 else f"email {number}"
        columns += [email, f"{email} valid from"]
    has_consents = any(each.consent for each in listed)
    if has_consents:
        columns += ["tracking consent", "tracking consent at", "tracking consent source"]
    writer = csv.writer(file)
    writer.writerow(columns)
    for each in listed:
        cells = [each.external_source or "", each.external_id or "", _name(each), each.organization_name or ""]
        for address in _in_use(each):
            cells += [address.text, _instant(address.valid_from_at)]
        if has_consents:
            cells += [""] * (len(columns) - 3 - len(cells)) + _consent(each.consent)
        writer.writerow([cell_of_spreadsheet(cell) for cell in cells])
    return len(listed)


def cell_of_spreadsheet(text: str) -> str:
    """The text as a spreadsheet shows it."""
    return f"\t{text}" if text.startswith(_FORMULA) else text


def write_vcards(contacts: Iterable[Contact], file: TextIO) -> int:
    """A card for each; returns how many. The file has to be opened with newline=""."""
    count = 0
    for each in contacts:
        file.writelines(_folded(line) + "\r\n" for line in _card(each))
        count += 1
    return count


def _card(contact: Contact) -> Iterator[str]:
    addresses = _in_use(contact)
    yield "BEGIN:VCARD"
    yield "VERSION:4.0"
    # a card must have a name (RFC 6350 section 6.2.1); one that only repeats the address, or a dash, is read as none
    shown = _name(contact) or (addresses[0].text if addresses else "-")
    yield f"FN:{_escaped(shown)}"
    if contact.organization_name:
        yield f"ORG:{_escaped(contact.organization_name)}"
    if contact.external_id is not None:
        yield f"UID:{contact.external_id}"
    if contact.external_source is not None:
        yield f"X-KEEPTOUCH-SOURCE:{_escaped(contact.external_source)}"
    for number, address in enumerate(addresses, 1):
        since = f";X-VALID-FROM={_instant(address.valid_from_at)}" if address.valid_from_at else ""
        yield f"EMAIL;PREF={min(number, 100)}{since}:{_escaped(address.text)}"
    if contact.consent is not None:
        state, at, source = _consent(contact.consent)
        yield f"X-KEEPTOUCH-CONSENT:{state}"
        yield f"X-KEEPTOUCH-CONSENT-AT:{at}"
        if source:
            yield f"X-KEEPTOUCH-CONSENT-SOURCE:{_escaped(source)}"
    yield "END:VCARD"


def _consent(said: Statement | None) -> list[str]:
    """State, time and source."""
    return [said.state.value, _instant(said.at), said.source] if said else ["", "", ""]


def _in_use(contact: Contact) -> list[Address]:
    """The primary address first."""
    used = [each for each in contact.addresses.values() if each.valid_to_at is None]
    return sorted(used, key=lambda each: (not each.is_primary, each.normal))


def _name(contact: Contact) -> str:
    """As it was entered; of the policy's own contacts, as it was found."""
    return contact.display_name if contact.name_rank == ENTERED_NAME or contact.origin == POLICY else ""


def _instant(value: datetime | None) -> str:
    return value.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ") if value else ""


def _escaped(value: str) -> str:
    """RFC 6350 section 3.4."""
    return value.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Long lines go on after CRLF and a space, never within a letter."""
    parts: list[str] = [""]
    octets = 0
    for letter in line:
        size = len(letter.encode())
        if octets + size > _LINE:
            parts.append("")
            octets = 1
        parts[-1] += letter
        octets += size
    return "\r\n ".join(parts)
