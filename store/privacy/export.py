"""All that the store holds about a person, as plain records, one after another."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select

from matching.addresses import AddressRules
from matching.erasure import IsErased, quotes
from store.keys import IdentityKey
from store.opens.tracking_export import opens_of
from store.privacy.erasure import Person
from store.privacy.meeting_export import meetings_of
from store.privacy.mentions import Search
from store.privacy.suppression import Erased, address_key
from store.schema.core import (
    account,
    contact,
    contact_address,
    content,
    interaction,
    link,
    message,
    organization,
    participant,
    placement,
    placement_bcc,
    skipped_participant,
    stream,
)
from store.schema.privacy import suppression
from store.schema.tasks import deadline
from store.schema.w1 import w1_contact, w1_contact_address
from store.types import instant_text
from store.upsert import select_in
from store.writers import w1

#: Mails looked at at a time.
_BATCH = 200

Record = dict[str, Any]


def records(connection: Connection, key: IdentityKey, person: Person, rules: AddressRules) -> Iterator[Record]:
    """Everything, each record with its `record` (what it is); times are text in UTC."""
    is_meant = Erased(person.keys(key), key, rules)
    yield from _contacts(connection, person)
    yield from _entered(connection, person)
    yield from _deadlines(connection, person)
    yield from _mails(connection, person, is_meant)
    yield from meetings_of(connection, person)
    yield from opens_of(connection, person)
    yield from _skipped(connection, key, person)
    yield from _suppressions(connection, key, person)


def _plain(row: Row[Any], *names: str) -> Record:
    """The columns of a row as JSON has them."""
    values = {name: getattr(row, name) for name in names}
    return {name: instant_text(value) if hasattr(value, "isoformat") else value for name, value in values.items()}


def _contacts(connection: Connection, person: Person) -> Iterator[Record]:
    names = (
        *("id", "origin", "display_name", "external_source", "external_id", "merged_into_id"),
        *("tracking_consent", "tracking_consent_source"),
    )
    times = ("tracking_consent_at", "deleted_at", "created_at", "updated_at")
    query = select(contact, organization.c.domain).outerjoin(
        organization, organization.c.id == contact.c.organization_id
    )
    for row in select_in(connection, query.where, contact.c.id, sorted(person.contact_ids)):
        yield {"record": "contact", **_plain(row, *names, *times), "organization": row.domain}
    held = or_(
        contact_address.c.contact_id.in_(sorted(person.contact_ids)),
        contact_address.c.normal.in_(sorted(person.addresses)),
    )
    of_address = ("id", "contact_id", "address", "is_primary", "state", "valid_from_at", "valid_to_at")
    for row in connection.execute(select(contact_address).where(held).order_by(contact_address.c.normal)):
        yield {"record": "contact_address", **_plain(row, *of_address)}


def _entered(connection: Connection, person: Person) -> Iterator[Record]:
    """What other programs wrote."""
    with w1.lenient(connection):
        for source, external_id in sorted(person.entered):
            for table in (w1_contact, w1_contact_address):
                here = and_(table.c.external_source == source, table.c.external_id == external_id)
                for row in connection.execute(select(table).where(here)).all():
                    yield {"record": table.name, **_plain(row, *(column.name for column in table.columns))}


def _deadlines(connection: Connection, person: Person) -> Iterator[Record]:
    """By when others expect an answer of the person."""
    rows = select_in(connection, select(deadline).where, deadline.c.contact_id, sorted(person.contact_ids))
    for row in sorted(rows, key=lambda row: (row.due_on, row.id)):
        names = ("contact_id", "external_source", "external_id", "title", "set_at", "ended_at")
        yield {"record": "deadline", **_plain(row, *names), "due_on": row.due_on.isoformat()}


def _mails(connection: Connection, person: Person, is_meant: IsErased) -> Iterator[Record]:
    """Mails in which the person takes part, or that quote an address; of those that only name the person, the ids."""
    search = Search(person)
    linked = select(link.c.interaction_id).where(link.c.contact_id.in_(sorted(person.contact_ids)))
    of_contact = set(connection.scalars(linked))
    while (found := search.next(connection, _BATCH)) is not None:
        keys = [mail.key for mail in found]
        columns = select(
            message,
            content.c.text,
            content.c.headers,
            content.c.reports,
            interaction.c.occurred_at,
            interaction.c.direction,
        )
        whole = columns.join(content, content.c.message_key == message.c.key)
        whole = whole.outerjoin(interaction, interaction.c.id == message.c.interaction_id)
        people, places = _people(connection, keys), _places(connection, keys)
        named = {mail.key for mail in found if mail.has_name}
        for row in select_in(connection, whole.where, message.c.key, keys):
            parties = people.get(row.key, [])
            headers = zlib.decompress(row.headers).decode("utf-8", "replace") if row.headers else None
            reports = [text for _type, text in json.loads(zlib.decompress(row.reports))] if row.reports else []
            takes_part = any(is_meant(each["address"] or "") for each in parties)
            if takes_part or quotes("\n".join((row.subject or "", row.text or "", headers or "", *reports)), is_meant):
                yield {
                    "record": "mail",
                    "interaction_id": row.interaction_id,
                    **_plain(row, "thread_id", "mid", "direction", "occurred_at", "sent_at", "subject", "text"),
                    "headers": headers,
                    "reports": reports,
                    "attachments": json.loads(row.attachments),
                    "participants": parties,
                    "takes_part": takes_part,
                    "is_linked": row.interaction_id in of_contact,
                    "places": places.get(row.key, []),
                }
            elif row.key in named:
                yield {"record": "mail_naming", "interaction_id": row.interaction_id, **_plain(row, "occurred_at")}


def _people(connection: Connection, keys: list[bytes]) -> dict[bytes, list[Record]]:
    found: dict[bytes, list[Record]] = {}
    query = select(participant).order_by(participant.c.message_key, participant.c.position)
    for row in select_in(connection, query.where, participant.c.message_key, keys):
        party = {"role": row.role, "address": row.normal, "as_written": row.email, "name": row.name}
        found.setdefault(row.message_key, []).append(party)
    for row in select_in(connection, select(placement_bcc).where, placement_bcc.c.message_key, keys):
        party = {"role": "bcc", "address": row.normal, "as_written": row.email, "name": row.name}
        found.setdefault(row.message_key, []).append(party)
    return found


def _places(connection: Connection, keys: list[bytes]) -> dict[bytes, list[Record]]:
    found: dict[bytes, list[Record]] = {}
    query = _placed()
    for row in select_in(connection, query.where, placement.c.message_key, keys):
        found.setdefault(row.message_key, []).append(
            _plain(row, "account", "folder", "ref", "flags", "size", "received_at", "removed_at")
        )
    return found


def _placed() -> Any:
    return (
        select(placement, account.c.name.label("account"), stream.c.name.label("folder"))
        .join(stream, stream.c.id == placement.c.stream_id)
        .join(account, account.c.id == stream.c.account_id)
    )


def _skipped(connection: Connection, key: IdentityKey, person: Person) -> Iterator[Record]:
    """Mail that was not kept: where it lies, found by the keyed hash of an address."""
    table = skipped_participant
    places: dict[tuple[int, str], str] = {}
    for column, values in (
        (table.c.address_key, [key.digest("address", each) for each in person.addresses]),
        (table.c.base_key, [key.digest("base", each) for each in person.addresses.values()]),
    ):
        for row in select_in(connection, select(table.c.stream_id, table.c.ref, table.c.role).where, column, values):
            places.setdefault((row.stream_id, row.ref), row.role)
    for (stream_id, ref), role in sorted(places.items()):
        here = and_(placement.c.stream_id == stream_id, placement.c.ref == ref)
        for row in connection.execute(_placed().where(here)):
            names = ("account", "folder", "ref", "reason", "direction", "occurred_at", "size")
            yield {"record": "skipped_mail", "role": role, **_plain(row, *names)}


def _suppressions(connection: Connection, key: IdentityKey, person: Person) -> Iterator[Record]:
    keys = [address_key(key, form) for form in sorted(person.forms)]
    query = select(func.min(suppression.c.erased_at, type_=suppression.c.erased_at.type).label("erased_at"))
    row = connection.execute(query.where(suppression.c.address_key.in_(keys))).one()
    if row.erased_at is not None:
        yield {"record": "suppression", **_plain(row, "erased_at")}
