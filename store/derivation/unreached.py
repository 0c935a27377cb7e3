"""Mail of ours that came back for good, by the address that it did not reach, and contacts that rest on it alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, select

from matching.visibility import Level
from store.contacts import organizations
from store.contacts.holders import ensure_primary
from store.contacts.records import POLICY
from store.each import ForEach
from store.schema.core import contact, contact_address, interaction, link, message
from store.schema.meetings import meeting
from store.schema.signals import SURE, mail_signal
from store.schema.tasks import signal
from store.upsert import one_of, select_in


@dataclass(slots=True)
class Failures:
    """The mails that did not reach an address, and when the last of them was told to have failed."""

    last_at: datetime
    interaction_ids: set[str] = field(default_factory=set)


#: Mails of the history with an address that are looked at before all of them are.
_FEW = 20
_BOUNCES = select(signal.c.recipient, signal.c.interaction_id, signal.c.occurred_at).where(
    *(signal.c.kind == "bounce", signal.c.is_hard, signal.c.confidence >= SURE),
    signal.c.interaction_id.is_not(None),
)
_told, _bounce, _original = interaction.alias("told"), message.alias("bounce"), message.alias("original")
_SAID_BY_BOUNCES = (
    select(mail_signal.c.recipient, _told.c.id.label("told_by"), _told.c.occurred_at)
    .add_columns(interaction.c.id, interaction.c.occurred_at.label("written_at"))
    .join(_bounce, _bounce.c.key == mail_signal.c.message_key)
    .join(_told, and_(_told.c.id == _bounce.c.interaction_id, _told.c.message_key == _bounce.c.key))
    .join(interaction, and_(interaction.c.thread_id == _told.c.thread_id, interaction.c.id != _told.c.id))
    .join(_original, _original.c.key == interaction.c.message_key)
    .where(mail_signal.c.kind == "bounce", mail_signal.c.is_hard, mail_signal.c.confidence >= SURE)
    .where(_original.c.mid == mail_signal.c.original_id, ~_told.c.is_unverified)
    .where(_told.c.visibility != Level.NONE, interaction.c.visibility != Level.NONE)
)


def failures(connection: Connection, normals: Iterable[str]) -> dict[str, Failures]:
    """Of these addresses (normal forms), those that mail of ours did not reach.

    Signals tell it; of those that have gone with time, what the bounces themselves say of a mail of their thread.
    """
    wanted = sorted(set(normals))
    found: dict[str, Failures] = {}
    rows = [tuple(row) for row in select_in(connection, _BOUNCES.where, signal.c.recipient, wanted)]
    for recipient, interaction_id, occurred_at in rows + _said_by_bounces(connection, wanted):
        each = found.setdefault(recipient, Failures(occurred_at))
        each.last_at = max(each.last_at, occurred_at)
        each.interaction_ids.add(interaction_id)
    return found


def _said_by_bounces(connection: Connection, normals: Sequence[str]) -> list[tuple[str, str, datetime]]:
    """(address, mail that did not reach it, when that was told), of those of which a bounce names the Message-ID."""
    rows = select_in(connection, _SAID_BY_BOUNCES.where, mail_signal.c.recipient, normals)
    # of several mails under one Message-ID it is about the first
    first: dict[tuple[str, str], tuple[str, datetime]] = {}
    for row in sorted(rows, key=lambda row: (row.written_at, row.id)):
        first.setdefault((row.recipient, row.told_by), (row.id, row.occurred_at))
    return [(recipient, *about) for (recipient, _told_by), about in first.items()]


class Mail(NamedTuple):
    """A mail of the history with an address."""

    interaction_id: str
    occurred_at: datetime
    role: str
    direction: str
    is_unverified: bool


def _latest(given: Mapping[str, ColumnElement[Any]]) -> Select[Any]:
    return (
        select(link.c.interaction_id, link.c.occurred_at, link.c.role, interaction.c.direction)
        .add_columns(interaction.c.is_unverified)
        .join(contact_address, contact_address.c.contact_id == link.c.contact_id)
        .join(interaction, interaction.c.id == link.c.interaction_id)
        .where(contact_address.c.normal == given["normal"], link.c.address == given["normal"])
        .where(interaction.c.kind == "email")
        .order_by(link.c.occurred_at.desc(), link.c.interaction_id.desc())
        .limit(_FEW)
    )


_LATEST = ForEach(_latest, contact_address.c.normal)


def latest_mails(connection: Connection, normals: Iterable[str]) -> dict[str, list[Mail]]:
    """The last mails with each of these addresses of contacts; none where it is nobody's."""
    found = _LATEST.rows(connection, [(each,) for each in normals])
    return {normal: [Mail(*row) for row in rows] for normal, rows in found.items()}


def held(connection: Connection, normals: Iterable[str]) -> set[str]:
    """Those of these addresses that contacts have."""
    query = select(contact_address.c.normal).distinct()
    return {row.normal for row in select_in(connection, query.where, contact_address.c.normal, sorted(normals))}


def drop_contacts(connection: Connection, normals: Collection[str]) -> list[str]:
    """Contacts of the policy lose these addresses, and go where they have no other; returns the addresses that went.

    Who was met stays a contact.
    """
    met = exists().where(
        link.c.contact_id == contact.c.id, meeting.c.interaction_id == link.c.interaction_id, meeting.c.status == "held"
    )
    other = contact.alias("other")
    query = (
        select(contact_address.c.id, contact_address.c.normal, contact.c.id.label("contact_id"))
        .add_columns(contact.c.organization_id)
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .where(contact.c.origin == POLICY, contact.c.deleted_at.is_(None), contact.c.merged_into_id.is_(None))
        .where(~met, ~exists().where(other.c.merged_into_id == contact.c.id))
    )
    rows = select_in(connection, query.where, contact_address.c.normal, sorted(normals))
    if not rows:
        return []
    connection.execute(delete(contact_address).where(one_of(connection, contact_address.c.id, [r.id for r in rows])))
    ids = sorted({row.contact_id for row in rows})
    kept = {row.contact_id for row in select_in(connection, _HELD.where, contact_address.c.contact_id, ids)}
    ensure_primary(connection, sorted(kept))
    if gone := [each for each in ids if each not in kept]:
        connection.execute(delete(contact).where(one_of(connection, contact.c.id, gone)))
        organizations.drop_unused(connection, {row.organization_id for row in rows if row.organization_id})
    return [row.normal for row in rows]


_HELD = select(contact_address.c.contact_id).distinct()
