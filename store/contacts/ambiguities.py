"""Where the contacts leave open whose mail is whose, or who is who: for people to decide, never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from store.contacts.records import Period, overlap
from store.contacts.search import ContactHit, described
from store.schema.core import contact, contact_address, organization
from store.upsert import select_in

_LIVING = contact.c.deleted_at.is_(None)
_ROOT = func.coalesce(contact.c.merged_into_id, contact.c.id)
#: One that comes from mail alone has none.
_SOURCE = func.coalesce(contact.c.external_source, "")


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Contacts between which something is open."""

    #: address: they hold it at the same time; its mail is linked to each. base_address: they hold spellings of one
    #: mailbox; mail to any other spelling is linked to each. name: equal names at one organization, from two sources.
    kind: str
    #: The address, its base form, or the name with the organization's domain.
    what: str
    contacts: tuple[ContactHit, ...]


def ambiguities(connection: Connection) -> list[Ambiguity]:
    """All there are, by kind and by what is ambiguous. Looks at all contacts."""
    found: dict[tuple[str, str], set[str]] = {}
    for normal, roots in _same(connection, contact_address.c.normal):
        found["address", normal] = roots
    for base, roots in _same(connection, contact_address.c.base):
        if not any(kind == "address" and roots <= others for (kind, _what), others in found.items()):
            found["base_address", base] = roots
    for what, roots in _namesakes(connection):
        found["name", what] = roots
    hits = {hit.id: hit for hit in described(connection, {root for roots in found.values() for root in roots})}
    return [
        Ambiguity(kind, what, tuple(hits[root] for root in sorted(roots)))
        for (kind, what), roots in sorted(found.items())
    ]


def _same(connection: Connection, column: Any) -> Iterator[tuple[str, set[str]]]:
    """Addresses, or base forms, that several contacts hold at the same time: (address, contacts)."""
    joined = contact_address.join(contact, contact.c.id == contact_address.c.contact_id)
    several: Select[Any] = select(column).select_from(joined).where(_LIVING)
    several = several.group_by(column).having(func.count(func.distinct(contact_address.c.holder_id)) > 1)
    shared = list(connection.scalars(several))
    times = (contact_address.c.valid_from_at, contact_address.c.valid_to_at)
    rows: dict[str, list[Row[Any]]] = {}
    query = (
        select(column.label("word"), contact_address.c.holder_id.label("root"), *times)
        .select_from(joined)
        .where(_LIVING)
    )
    for row in select_in(connection, query.where, column, shared):
        rows.setdefault(row.word, []).append(row)
    for word in sorted(rows):
        roots = set(_overlapping(rows[word]))
        if roots:
            yield word, roots


def _overlapping(rows: Iterable[Row[Any]]) -> Iterator[str]:
    """The contacts among these rows that share some instant with another one."""
    for one, other in combinations(rows, 2):
        periods: tuple[Period, Period] = (one.valid_from_at, one.valid_to_at), (other.valid_from_at, other.valid_to_at)
        if one.root != other.root and overlap(*periods):
            yield from (one.root, other.root)


def _namesakes(connection: Connection) -> Iterator[tuple[str, set[str]]]:
    """Contacts of one name at one organization that come from different sides: ("name, domain", contacts)."""
    named = (_LIVING, contact.c.name_rank != "", contact.c.name_key != "", organization.c.domain.is_not(None))
    joined = contact.join(organization, organization.c.id == contact.c.organization_id)
    same = (contact.c.name_key, contact.c.organization_id)
    several = select(*same).select_from(joined).where(*named).group_by(*same)
    several = several.having(func.count(func.distinct(_ROOT)) > 1, func.count(func.distinct(_SOURCE)) > 1)
    wanted = {(row.name_key, row.organization_id) for row in connection.execute(several)}
    columns = (*same, contact.c.display_name, organization.c.domain, _ROOT.label("root"))
    query = select(*columns).select_from(joined).where(*named)
    groups: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in select_in(connection, query.where, contact.c.name_key, {name for name, _organization in wanted}):
        if (row.name_key, row.organization_id) in wanted:
            groups.setdefault((row.name_key, row.organization_id), []).append(row)
    for _key, rows in sorted(groups.items()):
        yield f"{min(row.display_name for row in rows)}, {rows[0].domain}", {row.root for row in rows}
