"""Finding and removing a person in every table. Repeated, each verb finds nothing more to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Table, and_, delete, exists, or_, select, update

from matching.addresses import AddressRules, normalize
from matching.blocking import BlockKind
from matching.erasure import blank_text, holds_in_id
from matching.policy import Verdict
from store.contacts import consents
from store.contacts import organizations as organization_rows
from store.derivation import engagement, history, scores
from store.derivation.rebuild import drop_contents
from store.followups import deadlines, task_turns, tasks
from store.keys import IdentityKey
from store.mails.write import nothing_but
from store.meetings import meeting_rows
from store.opens import tracking_ending
from store.privacy import blocks
from store.privacy.suppression import Erased, entry_key, keys_of
from store.published import feed
from store.schema.contacts import contact_merge
from store.schema.core import (
    contact,
    contact_address,
    dirty,
    interaction,
    link,
    message,
    participant,
    placement,
    placement_bcc,
    redirect,
    skipped_participant,
    thread,
)
from store.schema.meetings import attendee, meeting
from store.schema.privacy import block
from store.schema.tasks import deadline, signal, task
from store.schema.w1 import w1_contact, w1_contact_address, w1_deadline
from store.upsert import one_of, select_in
from store.writers import w1


@dataclass(slots=True)
class Person:
    """Whom an address belongs to, as far as the store tells."""

    #: normal form -> base form of all addresses that go.
    addresses: dict[str, str]
    contact_ids: set[str] = field(default_factory=set)
    #: What the person is called in contacts and mails.
    names: set[str] = field(default_factory=set)
    #: (external_source, external_id): what other programs and files call the person.
    entered: set[w1.Identity] = field(default_factory=set)

    @property
    def forms(self) -> set[str]:
        """All normal and base forms."""
        return {*self.addresses, *self.addresses.values()}

    def keys(self, key: IdentityKey) -> set[bytes]:
        """What stays of the person, for the suppression list."""
        return keys_of(key, self.forms) | {entry_key(key, *each) for each in self.entered}


def find(connection: Connection, rules: AddressRules, normal: str) -> Person:
    """The person who holds an address: the contact of it with all of its addresses and names.

    A contact that let the address go keeps the rest; who took one of the person's former addresses keeps it.
    """
    person = Person({normal: rules.base(normal)})
    known = 0
    while known != len(person.addresses):
        known = len(person.addresses)
        person.contact_ids |= _holders(connection, person)
        for row in select_in(
            connection, select(contact_address).where, contact_address.c.contact_id, person.contact_ids
        ):
            if row.valid_to_at is None or not _is_held_elsewhere(connection, row.normal, person.contact_ids):
                person.addresses[row.normal] = row.base
        _add_entered(connection, person, rules)
    named = select(contact.c.external_source, contact.c.external_id).where(contact.c.external_id.is_not(None))
    person.entered.update(map(tuple, select_in(connection, named.where, contact.c.id, person.contact_ids)))
    person.names |= _names(connection, person)
    return person


def _holders(connection: Connection, person: Person) -> set[str]:
    address = contact_address.c
    query = select(address.contact_id).where(address.valid_to_at.is_(None))
    found: set[str] = set()
    for column, values in ((address.normal, person.addresses), (address.base, person.addresses.values())):
        found.update(row.contact_id for row in select_in(connection, query.where, column, values))
    # with a contact goes what was merged into it, and what it was merged into
    merged = select(contact.c.id, contact.c.merged_into_id).where(contact.c.merged_into_id.is_not(None))
    for column in (contact.c.id, contact.c.merged_into_id):
        for row in select_in(connection, merged.where, column, found):
            found |= {row.id, row.merged_into_id}
    return found


def _is_held_elsewhere(connection: Connection, normal: str, contact_ids: set[str]) -> bool:
    query = select(contact_address.c.contact_id).where(
        contact_address.c.normal == normal, contact_address.c.valid_to_at.is_(None)
    )
    return any(each not in contact_ids for each in connection.scalars(query))


def _add_entered(connection: Connection, person: Person, rules: AddressRules) -> None:
    """Rows of other programs that name one of the addresses; they may spell them as they like."""
    forms = person.forms
    with w1.lenient(connection):
        table = w1_contact_address.c
        for row in connection.execute(select(table.external_source, table.external_id, table.address)).all():
            normal = normalize(row.address) if isinstance(row.address, str) else None
            if normal is not None and (normal in forms or rules.base(normal) in forms):
                person.entered.add((row.external_source, row.external_id))


def _names(connection: Connection, person: Person) -> set[str]:
    found = {
        row.display_name
        for row in select_in(connection, select(contact.c.display_name).where, contact.c.id, person.contact_ids)
    }
    for table in (participant, placement_bcc):
        query = select(table.c.name).where(table.c.name != "").distinct()
        for column, values in ((table.c.normal, person.addresses), (table.c.base, person.addresses.values())):
            found.update(row.name for row in select_in(connection, query.where, column, values))
    for source, external_id in person.entered:
        here = and_(w1_contact.c.external_source == source, w1_contact.c.external_id == external_id)
        found.add(connection.scalar(select(w1_contact.c.display_name).where(here)) or "")
    return {name for each in found if (name := " ".join(each.split())) and "@" not in name}


# -- contacts and what other programs entered ----------------------------------------------------------------------


def forget_contacts(connection: Connection, person: Person, erased: Erased) -> None:
    """Remove the person's contacts and addresses, and what other programs wrote of the person."""
    ids = sorted(person.contact_ids)
    address = contact_address.c
    here = or_(address.contact_id.in_(ids), address.normal.in_(sorted(person.addresses)))
    gone = list(connection.scalars(select(address.id).where(here)))
    organizations = set(connection.scalars(select(contact.c.organization_id).where(contact.c.id.in_(ids)))) - {None}
    mark_erased(connection, "contact_address", gone)
    mark_erased(connection, "contact", ids)
    connection.execute(delete(contact_address).where(address.id.in_(gone)))
    connection.execute(delete(link).where(link.c.contact_id.in_(ids)))
    engagement.forget(connection, ids)
    consents.forget(connection, ids)
    tracking_ending.forget(connection, person.forms)
    scores.forget(connection, ids)
    decided = or_(contact_merge.c.contact_id.in_(ids), contact_merge.c.into_id.in_(ids))
    connection.execute(delete(contact_merge).where(decided))
    connection.execute(delete(contact).where(contact.c.id.in_(ids)))
    of_contact = and_(redirect.c.entity == "contact", or_(redirect.c.old_id.in_(ids), redirect.c.new_id.in_(ids)))
    connection.execute(delete(redirect).where(of_contact))
    organization_rows.drop_unused(connection, organizations)
    connection.execute(delete(dirty).where(dirty.c.kind == "address", dirty.c.key.in_(sorted(person.addresses))))
    _forget_derived(connection, person, erased)
    forget_entered(connection, person.entered)
    _blank_names(connection, erased)
    _forget_blocks(connection, person)


def _forget_derived(connection: Connection, person: Person, erased: Erased) -> None:
    """Signals and tasks of the person, and the part taken in meetings; the address in the words of others."""
    ids = sorted(person.contact_ids)
    for entity, table in (("signal", signal), ("task", task)):
        gone = list(connection.scalars(select(table.c.id).where(table.c.contact_id.in_(ids))))
        mark_erased(connection, entity, gone)
        if table is task:
            tasks.forget(connection, ids, person.forms)
            deadlines.forget(connection, ids)
            task_turns.forget(connection, ids)
        else:
            connection.execute(delete(table).where(table.c.contact_id.in_(ids)))
    taking_part = or_(attendee.c.contact_id.in_(ids), attendee.c.address.in_(sorted(person.forms)))
    connection.execute(delete(attendee).where(taking_part))
    named = connection.execute(select(meeting.c.id, meeting.c.uid).where(meeting.c.uid.contains("@"))).all()
    meeting_rows.drop_by_id(connection, [row.id for row in named if holds_in_id(row.uid, erased)])
    said = ("subject", "location", "conference_url")
    words = ((signal, ("evidence", "reason", "recipient")), (task, ("title", "reason")), (deadline, ("title",)))
    for table, names in (*words, (meeting, said)):
        for name in names:
            column = table.c[name]
            for row in connection.execute(select(table.c.id, column.label("text")).where(column.contains("@"))).all():
                blanked = blank_text(row.text, erased)
                if blanked != row.text:
                    connection.execute(update(table).where(table.c.id == row.id).values({name: blanked}))


def mark_erased(connection: Connection, entity: str, ids: Iterable[str]) -> None:
    """Tell readers of the feed that these were erased, in the transaction that removes them."""
    feed.erased(connection, entity, ids)


def forget_entered(connection: Connection, identities: Iterable[w1.Identity]) -> None:
    """Remove the rows that other programs wrote of these contacts, whatever stands in them."""
    for source, external_id in identities:
        for table in (w1_contact_address, w1_contact):
            of_contact = (table.c.external_source == source, table.c.external_id == external_id)
            connection.execute(delete(table).where(*of_contact))


def _blank_names(connection: Connection, erased: Erased) -> None:
    """Other contacts that are called by an erased address, and days for them that name it."""
    for column in (contact.c.display_name, w1_contact.c.display_name, w1_deadline.c.title):
        table: Table = column.table
        keys = list(table.primary_key.columns)
        for row in connection.execute(select(*keys, column.label("words")).where(column.contains("@"))).all():
            blanked = blank_text(row.words, erased)
            if blanked != row.words:
                here = and_(*(each == getattr(row, each.name) for each in keys))
                values = {column.name: blanked} | ({"name_key": ""} if table is contact else {})
                connection.execute(update(table).where(here).values(values))


def _forget_blocks(connection: Connection, person: Person) -> None:
    """Blocks that name the person are needed no more, for the suppression list does more."""
    named = and_(block.c.kind == BlockKind.ADDRESS.value, block.c.what.in_(sorted(person.forms)))
    connection.execute(delete(block).where(named, block.c.origin == blocks.COMMAND))


def forget_skipped(connection: Connection, key: IdentityKey, person: Person) -> int:
    """Hashes of the person in skipped mail go; a mail that has no other outsider is suppressed. Returns how many."""
    table = skipped_participant
    places: set[tuple[int, str]] = set()
    for column, values in (
        (table.c.address_key, [key.digest("address", each) for each in person.addresses]),
        (table.c.base_key, [key.digest("base", each) for each in person.addresses.values()]),
    ):
        places.update(map(tuple, select_in(connection, select(table.c.stream_id, table.c.ref).where, column, values)))
        if values:
            connection.execute(delete(table).where(one_of(connection, column, values)))
    suppressed = 0
    for stream_id, ref in sorted(places):
        here = and_(placement.c.stream_id == stream_id, placement.c.ref == ref)
        others = exists().where(table.c.stream_id == stream_id, table.c.ref == ref)
        suppressing = update(placement).where(here, ~others, placement.c.verdict == Verdict.SKIPPED.value)
        suppressed += connection.execute(suppressing.values(nothing_but(Verdict.SUPPRESSED, "erased"))).rowcount
    return suppressed


# -- mails ---------------------------------------------------------------------------------------------------------


def take_out(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, tuple[str | None, str | None]]:
    """Remove what these copies say, for it to be written again without the person; content -> (interaction, thread)."""
    columns = select(message.c.key, message.c.interaction_id, message.c.thread_id)
    rows = select_in(connection, columns.where, message.c.key, keys)
    drop_contents(connection, keys)
    return {row.key: (row.interaction_id, row.thread_id) for row in rows}


def inherit(
    connection: Connection,
    former: Mapping[bytes, tuple[str | None, str | None]],
    places: Iterable[tuple[bytes, int, str]],
    now: datetime,
) -> tuple[dict[bytes, bytes], set[str]]:
    """What lies at these places now (former content, stream, ref) belongs where its former content did.

    Interactions that have no copy any more go, and so do their threads. Returns (former content -> new content, ids of
    the interactions that went).
    """
    became: dict[bytes, bytes] = {}
    for key, stream_id, ref in places:
        here = and_(placement.c.stream_id == stream_id, placement.c.ref == ref)
        new = connection.scalar(select(placement.c.message_key).where(here))
        if new is not None:
            became[key] = new
    history.assign_messages(connection, [(*former[key], new) for key, new in became.items()])
    touched = {interaction_id for interaction_id, _thread in former.values() if interaction_id}
    held = select(message.c.interaction_id, message.c.key)
    rows = select_in(connection, held.where, message.c.interaction_id, touched)
    kept = {row.interaction_id: row.key for row in sorted(rows, key=lambda row: bytes(row.key), reverse=True)}
    gone = touched - kept.keys()
    # until they are derived anew, they show a copy that is there
    shown = select(interaction.c.id, interaction.c.message_key)
    for row in select_in(connection, shown.where, interaction.c.id, kept):
        if row.message_key in former:
            now_shown = became.get(row.message_key, kept[row.id])
            connection.execute(update(interaction).where(interaction.c.id == row.id).values(message_key=now_shown))
    mark_erased(connection, "interaction", sorted(gone))
    threads = history.drop_orphans(connection, dict.fromkeys(gone), now)
    history.refresh_threads(connection, threads, {}, now)
    left = {row.id for row in select_in(connection, select(thread.c.id).where, thread.c.id, threads)}
    mark_erased(connection, "thread", sorted(threads - left))
    return became, gone


def interactions_of(connection: Connection, keys: Iterable[bytes]) -> list[tuple[str, datetime]]:
    """(id, when) of the interactions that these contents belong to, newest first."""
    item = interaction.c
    query = select(item.id, item.occurred_at).distinct().join(message, message.c.interaction_id == item.id)
    rows = select_in(connection, query.where, message.c.key, keys)
    return sorted(((row.id, row.occurred_at) for row in rows), key=lambda each: (each[1], each[0]), reverse=True)
