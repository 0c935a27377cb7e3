"""Reading and unwriting whole interactions, for a change of policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, literal, or_, select, update

from connectors.api import Auth, Message, Participant, Purpose, Role
from store.contacts.holders import ensure_primary, reset_names
from store.derivation import engagement, history
from store.derivation.copies import item_key, mark_dirty
from store.derivation.held import Held
from store.mails import facts
from store.mails.write import FINAL_REASONS
from store.meetings import calendars
from store.schema.core import (
    contact,
    contact_address,
    content,
    dirty,
    interaction,
    message,
    organization,
    participant,
    placement,
    placement_bcc,
    reference,
    skipped_participant,
    stream,
)
from store.schema.meetings import invitation
from store.schema.signals import mail_signal
from store.schema.tasks import signal
from store.upsert import chunks, select_in


@dataclass(frozen=True, slots=True)
class PlacedCopy:
    """A stored copy of a mail as the server holds it, with the folder it lies in."""

    stream_id: int
    purpose: Purpose
    message: Message
    #: Which content it is, and the thread it is in.
    key: bytes
    thread_id: str | None
    #: It lies there no more.
    is_gone: bool
    #: Of the whole mail, whatever has expired of it since.
    fingerprint: bytes


def interaction_ids(connection: Connection, after: str, limit: int) -> list[str]:
    """The next ids of mails in order, for a walk through all."""
    query = select(interaction.c.id).where(interaction.c.id > after, interaction.c.kind == "email")
    query = query.order_by(interaction.c.id).limit(limit)
    return [row[0] for row in connection.execute(query)]


def placed_copies(connection: Connection, ids: Iterable[str]) -> dict[str, list[PlacedCopy]]:
    """interaction id -> its copies, as records made from stored facts."""
    rows = select_in(connection, _WHOLE.where, message.c.interaction_id, ids)
    copies = _placed(connection, rows)
    found: dict[str, list[PlacedCopy]] = {}
    for row in rows:
        if row.key in copies:
            found.setdefault(row.interaction_id, []).extend(copies[row.key])
    return found


def placed_copies_of(connection: Connection, keys: Iterable[bytes]) -> dict[bytes, list[PlacedCopy]]:
    """content -> the places where a copy lies that says so, as records made from stored facts."""
    return _placed(connection, select_in(connection, _WHOLE.where, message.c.key, keys))


_WHOLE = select(message, content.c.text, content.c.headers, content.c.reports).join(
    content, content.c.message_key == message.c.key
)


def _placed(connection: Connection, rows: Sequence[Row[Any]]) -> dict[bytes, list[PlacedCopy]]:
    by_key = {row.key: row for row in rows}
    people: dict[bytes, list[Participant]] = {}
    for p in select_in(
        connection,
        lambda within: select(participant).where(within).order_by(participant.c.message_key, participant.c.position),
        participant.c.message_key,
        by_key,
    ):
        people.setdefault(p.message_key, []).append(Participant(Role(p.role), p.email, p.name))
    blind: dict[tuple[int, str], list[Participant]] = {}
    for b in select_in(connection, select(placement_bcc).where, placement_bcc.c.message_key, by_key):
        blind.setdefault((b.stream_id, b.ref), []).append(Participant(Role.BCC, b.email, b.name))
    invitations = calendars.invitations_of(connection, by_key)
    found: dict[bytes, list[PlacedCopy]] = {}
    places = select(placement, stream.c.purpose).join(stream, stream.c.id == placement.c.stream_id)
    for place in select_in(connection, places.where, placement.c.message_key, by_key):
        row = by_key[place.message_key]
        record = replace(
            facts.message_of(row, ()),
            ref=place.ref,
            participants=(*people.get(row.key, ()), *blind.get((place.stream_id, place.ref), ())),
            received_at=place.received_at,
            transported_at=row.arrived_at,
            flags=frozenset(place.flags.split()),
            size=place.size,
            auth=Auth(place.auth),
            invitations=invitations.get(row.key, ()),
        )
        copy = PlacedCopy(
            stream_id=place.stream_id,
            purpose=Purpose(place.purpose),
            message=record,
            key=row.key,
            thread_id=row.thread_id,
            is_gone=place.removed_at is not None,
            fingerprint=row.fingerprint,
        )
        found.setdefault(row.key, []).append(copy)
    return found


def remove_interactions(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """Take these mails out of the history; their placements have been written as skipped before."""
    drop_contents(
        connection,
        [row[0] for row in select_in(connection, select(message.c.key).where, message.c.interaction_id, ids)],
    )
    threads = history.drop_orphans(connection, dict.fromkeys(ids), now)
    history.refresh_threads(connection, threads, {}, now)


def drop_contents(connection: Connection, keys: Iterable[bytes]) -> None:
    """Remove what copies say, and all that hangs on it; their placements stay."""
    for part in chunks(keys):
        calendars.mark(connection, calendars.uids_of_mails(connection, part))
        for table, column in (
            (invitation, invitation.c.message_key),
            (mail_signal, mail_signal.c.message_key),
            (participant, participant.c.message_key),
            (reference, reference.c.message_key),
            (placement_bcc, placement_bcc.c.message_key),
            (content, content.c.message_key),
            (message, message.c.key),
        ):
            connection.execute(delete(table).where(column.in_(part)))


def keep_policy_contacts(connection: Connection, normals: set[str]) -> None:
    """Policy contacts keep only addresses that the policy still makes contacts; empty ones go."""
    for part in chunks(unmade(connection, normals)):
        connection.execute(delete(contact_address).where(contact_address.c.id.in_(part)))
    policy_contacts = and_(contact.c.origin == "policy", contact.c.deleted_at.is_(None))
    held = exists().where(contact_address.c.contact_id == contact.c.id)
    connection.execute(delete(contact).where(policy_contacts, ~held))
    bases = dict(
        connection.execute(
            select(contact.c.id, func.min(contact_address.c.base))
            .join(contact_address, contact_address.c.contact_id == contact.c.id)
            .where(policy_contacts)
            .group_by(contact.c.id)
        ).all()
    )
    ensure_primary(connection, sorted(bases))
    reset_names(connection, bases)
    used = exists().where(contact.c.organization_id == organization.c.id)
    connection.execute(delete(organization).where(organization.c.external_id.is_(None), ~used))


def unmade(connection: Connection, normals: set[str]) -> dict[str, str]:
    """id -> normal form of policy contacts' addresses that are not among those that the policy makes contacts."""
    query = (
        select(contact_address.c.id, contact_address.c.normal)
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .where(contact.c.origin == "policy", contact.c.deleted_at.is_(None))
    )
    return {row.id: row.normal for row in connection.execute(query) if row.normal not in normals}


def name_holders(connection: Connection) -> None:
    """Each address names the contact that stands for its own."""
    stands = func.coalesce(contact.c.merged_into_id, contact.c.id)
    holder = select(stands).where(contact.c.id == contact_address.c.contact_id).scalar_subquery()
    wrong = contact_address.c.holder_id != holder
    connection.execute(update(contact_address).where(wrong).values(holder_id=holder))


def drop_placeless(connection: Connection, keys: Iterable[bytes]) -> None:
    """Of these contents go those that no placement holds."""
    wanted = list(keys)
    held = select_in(connection, select(placement.c.message_key).distinct().where, placement.c.message_key, wanted)
    drop_contents(connection, sorted(set(wanted) - {row[0] for row in held}))


def blank_confidential(connection: Connection) -> None:
    """Of mail whose sender asks for confidence stays who and when."""
    keys = select(message.c.key).where(message.c.sensitivity != "")
    saying = content.c.message_key.in_(keys)
    connection.execute(update(content).where(saying).values(text=None, headers=None, reports=None, new_text=None))
    connection.execute(update(message).where(message.c.sensitivity != "").values(subject=None, attachments="[]"))
    calendars.bare_invitations(connection, connection.scalars(keys).all())


def want_creating(connection: Connection, *, any_direction: bool, max_recipients: int) -> None:
    """Skipped mails that would make contacts now are wanted."""
    party = and_(
        skipped_participant.c.stream_id == placement.c.stream_id,
        skipped_participant.c.ref == placement.c.ref,
        skipped_participant.c.is_creatable,
        skipped_participant.c.role != Role.REPORTED.value,
    )
    ours = and_(
        placement.c.direction == "outbound",
        placement.c.recipient_count <= max_recipients,
    )
    addressed = skipped_participant.c.role.in_(("to", "cc", "bcc", "attendee"))
    condition = exists().where(party) if any_direction else and_(ours, exists().where(party, addressed))
    connection.execute(
        update(placement)
        .where(
            placement.c.verdict == "skipped",
            placement.c.reason.not_in(FINAL_REASONS),
            placement.c.is_bulk.is_(False),
            condition,
        )
        .values(is_wanted=True)
    )


def want_all_skipped(connection: Connection) -> None:
    """Every skipped mail has to be looked at again: what its hashes were made of has changed."""
    connection.execute(
        update(placement)
        .where(placement.c.verdict == "skipped", placement.c.reason.not_in(FINAL_REASONS))
        .values(is_wanted=True)
    )


def contact_addresses(connection: Connection) -> Iterator[tuple[str, str, str]]:
    """(normal, base, address) of every living contact."""
    query = (
        select(contact_address.c.normal, contact_address.c.base, contact_address.c.address)
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .where(contact.c.deleted_at.is_(None))
    )
    for row in connection.execute(query):
        yield row.normal, row.base, row.address


def all_held(connection: Connection) -> Held:
    """When which addresses are held, of all contacts."""
    held = Held()
    address = contact_address.c
    columns = (address.normal, address.base, address.valid_from_at, address.valid_to_at)
    query = select(*columns, contact.c.origin, contact.c.deleted_at).join(contact, contact.c.id == address.contact_id)
    for row in connection.execute(query):
        period = (row.valid_from_at, row.valid_to_at)
        if row.deleted_at is None:
            held.normals.setdefault(row.normal, []).append(period)
        held.note(row.base, row.origin, row.deleted_at is not None, period)
    return held


def save_bases(connection: Connection, bases: dict[str, str]) -> None:
    """Write the base forms under changed rules: normal -> base."""
    for table in (participant, placement_bcc, contact_address):
        for normal, base in bases.items():
            changed = and_(table.c.normal == normal, or_(table.c.base != base, table.c.base.is_(None)))
            connection.execute(update(table).where(changed).values(base=base))


def all_normals(connection: Connection) -> set[str]:
    """Every address in normal form that the facts hold."""
    found: set[str] = set()
    for table in (participant, placement_bcc, contact_address):
        query = select(table.c.normal).where(table.c.normal.is_not(None)).distinct()
        found.update(row[0] for row in connection.execute(query))
    return found


def mark_all_dirty(connection: Connection) -> None:
    """Have every mail and every meeting derived anew."""
    connection.execute(delete(dirty).where(dirty.c.kind == "item"))
    for row_key, prefix in ((message.c.mid_key, "m:"), (message.c.fingerprint, "f:")):
        query = select(row_key).distinct()
        query = query.where(message.c.mid_key.is_not(None) if prefix == "m:" else message.c.mid_key.is_(None))
        rows = [{"kind": "item", "key": prefix + row[0].hex()} for row in connection.execute(query)]
        if rows:
            connection.execute(insert(dirty), rows)
    calendars.mark(connection, calendars.all_uids(connection))
    engagement.mark_all(connection)


def mark_answers_dirty(connection: Connection) -> None:
    """Have every mail derived anew that answers one."""
    answers = or_(
        interaction.c.answer_seconds.is_not(None),
        exists().where(signal.c.source_interaction_id == interaction.c.id, signal.c.kind == "reply"),
    )
    query = select(message.c.mid_key, message.c.fingerprint).distinct()
    query = query.join(interaction, interaction.c.id == message.c.interaction_id).where(answers)
    mark_dirty(connection, "item", [item_key(*row) for row in connection.execute(query)])


def has_interactions(connection: Connection) -> bool:
    """Is there any history at all?"""
    return connection.execute(select(literal(1)).select_from(placement).limit(1)).first() is not None
