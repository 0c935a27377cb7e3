"""The rows of a CRM's query: one for each address of a contact, put together into contacts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from daemon.contacts.files import FileAddress, FileContact, Rejected
from daemon.problems import suggestion
from store.contacts.foreign import ForeignError
from store.writers.w1 import instant

#: Column -> must the query give it?
COLUMNS = {
    "external_id": True,
    "address": True,
    "display_name": False,
    "is_primary": False,
    "organization": False,
    "valid_from_at": False,
    "valid_to_at": False,
    "tracking_consent": False,
    "tracking_consent_at": False,
    "tracking_consent_source": False,
}


def places_of(names: Iterable[str]) -> dict[str, int]:
    """Column -> its place in a row; raises ForeignError where the query's columns are not those of COLUMNS."""
    places: dict[str, int] = {}
    for place, name in enumerate(each.lower() for each in names):
        if name not in COLUMNS:
            raise ForeignError(f'the query gives a column "{name}"', suggestion(name, COLUMNS))
        if name in places:
            raise ForeignError(f'the query gives the column "{name}" twice', "leave one out")
        places[name] = place
    for name, is_needed in COLUMNS.items():
        if is_needed and name not in places:
            raise ForeignError(f'the query gives no column "{name}"', f"name it so: SELECT … AS {name}")
    return places


@dataclass(slots=True)
class _Gathered:
    """What the rows of one contact say."""

    line: int
    name: str = ""
    organization: str = ""
    primary: list[FileAddress] = field(default_factory=list)
    others: list[FileAddress] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    consent: str = ""
    consent_at: datetime | None = None
    consent_source: str = ""


def read_rows(places: dict[str, int], rows: Iterable[tuple[Any, ...]]) -> list[FileContact | Rejected]:
    """The contacts of the rows, whatever their order; rows are counted from 1. A row that is no contact's is told."""
    found: dict[str, _Gathered] = {}
    told: list[FileContact | Rejected] = []
    for number, row in enumerate(rows, 1):
        values = {name: row[place] for name, place in places.items()}
        external_id = _text(values["external_id"])
        if not external_id:
            told.append(Rejected(number, "the row has no external_id"))
            continue
        gathered = found.setdefault(external_id, _Gathered(number))
        gathered.name = gathered.name or _text(values.get("display_name")) or ""
        gathered.organization = gathered.organization or _text(values.get("organization")) or ""
        _gather_consent(gathered, external_id, number, values)
        _gather(gathered, external_id, number, values)
    for external_id, each in found.items():
        told.extend(each.rejected)
        told.append(
            FileContact(
                line=each.line,
                external_id=external_id,
                name=each.name,
                addresses=(*each.primary, *each.others),
                organization=each.organization,
                consent=each.consent,
                consent_at=each.consent_at,
                consent_source=each.consent_source,
            )
        )
    return told


def _gather_consent(gathered: _Gathered, external_id: str, number: int, values: dict[str, Any]) -> None:
    """The first row of a contact that says something of its consent says all of it."""
    if gathered.consent or not (state := _text(values.get("tracking_consent"))):
        return
    at = _instant(values.get("tracking_consent_at"))
    if at is None and values.get("tracking_consent_at") not in (None, ""):
        reason = "tracking_consent_at is no instant such as 2026-03-01T08:00:00Z"
        gathered.rejected.append(Rejected(number, reason, external_id))
        return
    gathered.consent, gathered.consent_at = state, at
    gathered.consent_source = _text(values.get("tracking_consent_source")) or ""


def _gather(gathered: _Gathered, external_id: str, number: int, values: dict[str, Any]) -> None:
    text = _text(values["address"])
    if not text:
        return
    times = []
    for name in ("valid_from_at", "valid_to_at"):
        times.append(_instant(values.get(name)))
        if values.get(name) not in (None, "") and times[-1] is None:
            reason = f"{name} of {text} is no instant such as 2026-03-01T08:00:00Z"
            gathered.rejected.append(Rejected(number, reason, external_id))
    address = FileAddress(number, text, *times)
    (gathered.primary if values.get("is_primary") in (1, True, "1", "t", "true") else gathered.others).append(address)


def _text(value: Any) -> str | None:
    """A cell as text; None: there is none, or it is none."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | uuid.UUID):
        return str(value)
    if isinstance(value, Decimal | float) and isfinite(value) and value == int(value):
        return str(int(value))
    return None


def _instant(value: Any) -> datetime | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return instant(value)
