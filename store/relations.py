"""What there was between us and contacts, as the rules of follow-ups see it (matching.followups.Relation)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from connectors.api import Role
from matching.addresses import domain_of
from matching.followups import Absence, Bounce, Mail, Relation, Side
from matching.followups.asking import asks, needs_answer
from matching.organizations import organization_domain
from matching.policy import MAX_RECIPIENTS, bulk_reason
from matching.subjects import is_forward_subject
from store.meeting_schema import invitation
from store.relation_meetings import meetings_of
from store.schema import (
    account,
    contact,
    contact_address,
    content,
    dirty,
    interaction,
    interaction_person,
    link,
    message,
    organization,
    participant,
    stream,
)
from store.signal_schema import MECHANICAL, SURE, engagement
from store.task_schema import signal
from store.upsert import select_in

#: So much of a mail's text tells whether it asks something.
_TEXT = 4_000
_TO = (Role.TO.value, Role.CC.value, Role.BCC.value)
_SHOWN = interaction.c.visibility != "none"


@dataclass(slots=True)
class Loaded:
    """Relations, and what was read for them."""

    relations: dict[str, Relation] = field(default_factory=dict)
    #: Contact -> the accounts that hold something of its relation.
    accounts: dict[str, set[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Facts:
    """What the mails of a batch of contacts say."""

    rows: dict[str, Any] = field(default_factory=dict)
    by_thread: dict[str, list[str]] = field(default_factory=dict)
    #: Mail -> [(role, contact, address)]
    links: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    #: Mail -> [(role, address)], by their order.
    parties: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    mechanical: set[str] = field(default_factory=set)
    invitations: set[bytes] = field(default_factory=set)
    texts: dict[bytes, str | None] = field(default_factory=dict)
    #: Interaction -> since when what holds it counts, and the accounts.
    counts_from: dict[str, datetime] = field(default_factory=dict)
    holders: dict[str, set[str]] = field(default_factory=dict)
    organization_of: dict[str, str | None] = field(default_factory=dict)


def load(
    connection: Connection,
    contact_ids: Iterable[str],
    since: datetime,
    people: Mapping[str, str],
    owns: Callable[[str], bool],
) -> Loaded:
    """The relations to living contacts since then. `people`: our addresses -> person; `owns`: is an address ours?"""
    heads = _heads(connection, contact_ids)
    loaded = Loaded()
    if not heads:
        return loaded
    met = meetings_of(connection, heads, since)
    companions = {each for found in met.companions.values() for each in found}
    links = select(link.c.contact_id, link.c.interaction_id).where(link.c.occurred_at >= since)
    of_contact: dict[str, set[str]] = {}
    for row in select_in(connection, links.where, link.c.contact_id, {*heads, *companions}):
        of_contact.setdefault(row.contact_id, set()).add(row.interaction_id)
    facts = _facts(connection, {each for found in of_contact.values() for each in found})
    signs = _signs(connection, heads, since)
    gaps = _gaps(connection, heads)
    counted = _holders(connection, [*facts.rows, *met.interaction_ids])
    facts.counts_from, facts.holders = counted
    for contact_id, head in heads.items():
        own = of_contact.get(contact_id, set())
        near = own.union(*(of_contact.get(each, ()) for each in met.companions.get(contact_id, ())))
        threads = {facts.rows[each].thread_id for each in own if each in facts.rows}
        ids = {each for thread in threads for each in facts.by_thread.get(thread, ())} | (near & facts.rows.keys())
        mails = [_mail(facts, each, contact_id, head, people, owns) for each in ids]
        mails.sort(key=lambda mail: (mail.at, mail.id))
        by_id = {mail.id: mail for mail in mails}
        meetings = tuple(met.of(contact_id, people, owns, facts.counts_from))
        held = [*by_id, *(each.interaction_id for each in meetings)]
        loaded.accounts[contact_id] = {a for each in held for a in facts.holders.get(each, ())}
        loaded.relations[contact_id] = Relation(
            contact_id=contact_id,
            organization_id=head.organization_id,
            domain=head.domain or "",
            person_id=head.person_id,
            addresses=frozenset(head.addresses),
            mails=tuple(mails),
            meetings=meetings,
            bounces=tuple(_bounces(signs.get(contact_id, ()), by_id)),
            absences=tuple(_absences(signs.get(contact_id, ()))),
            gap=gaps.get(contact_id),
        )
    return loaded


@dataclass(slots=True)
class _Head:
    """A contact by itself."""

    organization_id: str | None
    domain: str | None
    person_id: str | None
    addresses: set[str] = field(default_factory=set)


def _heads(connection: Connection, contact_ids: Iterable[str]) -> dict[str, _Head]:
    columns = select(contact.c.id, contact.c.organization_id, contact.c.person_id, organization.c.domain)
    living = columns.outerjoin(organization, organization.c.id == contact.c.organization_id).where(
        contact.c.deleted_at.is_(None), contact.c.merged_into_id.is_(None)
    )
    rows = select_in(connection, living.where, contact.c.id, contact_ids)
    heads = {row.id: _Head(row.organization_id, row.domain, row.person_id) for row in rows}
    held = select(contact_address.c.contact_id, contact_address.c.normal).where(contact_address.c.valid_to_at.is_(None))
    for row in select_in(connection, held.where, contact_address.c.contact_id, heads):
        heads[row.contact_id].addresses.add(row.normal)
    return heads


def _facts(connection: Connection, interaction_ids: Iterable[str]) -> _Facts:
    """Of these mails, and of all others of their threads."""
    found = _Facts()
    names = ("id", "thread_id", "parent_id", "occurred_at", "direction", "message_key", "is_unverified", "is_answered")
    headers = ("subject", "sender", "list_id", "precedence", "auto_submitted", "has_unsubscribe", "report_type")
    columns = select(*(interaction.c[n] for n in names), *(message.c[n] for n in headers))
    columns = columns.join(message, message.c.key == interaction.c.message_key)
    # what ours write to each other is no word to the contact
    mails = columns.where(interaction.c.kind == "email", interaction.c.direction != "internal", _SHOWN)
    near = {row.id: row for row in select_in(connection, mails.where, interaction.c.id, interaction_ids)}
    threads = {row.thread_id for row in near.values()}
    found.rows = near | {row.id: row for row in select_in(connection, mails.where, interaction.c.thread_id, threads)}
    for row in found.rows.values():
        found.by_thread.setdefault(row.thread_id, []).append(row.id)
    by_key = {row.message_key: row.id for row in found.rows.values()}
    links = select(link.c.interaction_id, link.c.role, link.c.contact_id, link.c.address)
    for each in select_in(connection, links.where, link.c.interaction_id, found.rows):
        found.links.setdefault(each.interaction_id, []).append((each.role, each.contact_id, each.address))
    parties = select(participant.c.message_key, participant.c.role, participant.c.normal).where(
        participant.c.role.in_((Role.TO.value, Role.CC.value)), participant.c.normal.is_not(None)
    )
    ordered = parties.order_by(participant.c.message_key, participant.c.position)
    for each in select_in(connection, ordered.where, participant.c.message_key, by_key):
        found.parties.setdefault(by_key[each.message_key], []).append((each.role, each.normal))
    told = select(signal.c.source_interaction_id).where(signal.c.kind.in_(MECHANICAL), signal.c.confidence >= SURE)
    rows = select_in(connection, told.where, signal.c.source_interaction_id, found.rows)
    found.mechanical = {each.source_interaction_id for each in rows}
    brought = select(invitation.c.message_key).distinct()
    found.invitations = {
        each.message_key for each in select_in(connection, brought.where, invitation.c.message_key, by_key)
    }
    said = select(
        content.c.message_key, func.substr(func.coalesce(content.c.new_text, content.c.text), 1, _TEXT).label("said")
    )
    found.texts = {
        each.message_key: each.said for each in select_in(connection, said.where, content.c.message_key, by_key)
    }
    contacts = {contact_id for each in found.links.values() for _role, contact_id, _address in each}
    belongs = select(contact.c.id, contact.c.organization_id)
    found.organization_of = {
        each.id: each.organization_id for each in select_in(connection, belongs.where, contact.c.id, contacts)
    }
    return found


def _mail(
    facts: _Facts,
    mail_id: str,
    contact_id: str,
    head: _Head,
    people: Mapping[str, str],
    owns: Callable[[str], bool],
) -> Mail:
    """A mail as it is seen from a contact."""
    row = facts.rows[mail_id]
    links = facts.links.get(mail_id, [])
    parties = facts.parties.get(mail_id, [])
    own = {address: role for role, whose, address in links if whose == contact_id}
    to_own = sorted(address for role, whose, address in links if whose == contact_id and role in _TO)
    is_from = any(role == Role.FROM.value and whose == contact_id for role, whose, _address in links)

    def is_of_organization(normal: str, whose: Iterable[str]) -> bool:
        if head.organization_id and any(facts.organization_of.get(each) == head.organization_id for each in whose):
            return True
        return bool(head.domain) and organization_domain(domain_of(normal)) == head.domain

    held = {(role, address): whose for role, whose, address in links}
    theirs = [
        (role, normal)
        for role, normal in parties
        if normal in own or is_of_organization(normal, [held[role, normal]] if (role, normal) in held else [])
    ]
    asked = [normal for role, normal in theirs if role == Role.TO.value]
    outbound = row.direction == "outbound"
    senders = [whose for role, whose, address in links if role == Role.FROM.value]
    side = Side.OTHER
    if outbound:
        side = Side.OURS
    elif is_from:
        side = Side.CONTACT
    elif row.direction == "inbound" and is_of_organization(row.sender, senders):
        side = Side.ORGANIZATION
    text = facts.texts.get(row.message_key)
    ours = [normal for role, normal in parties if role == Role.TO.value and owns(normal)]
    blind = [address for role, _whose, address in links if role == Role.BCC.value]
    return Mail(
        id=mail_id,
        thread_id=row.thread_id,
        parent_id=row.parent_id,
        at=row.occurred_at,
        side=side,
        author=row.sender,
        recipients=frozenset(normal for _role, normal in parties if not owns(normal)).union(blind),
        address=(to_own or sorted(own))[0] if own else "",
        is_to_contact=bool(to_own),
        is_to_organization=outbound and any(normal not in own for _role, normal in theirs),
        is_asked=outbound and bool(asked) and asked[0] in own,
        person_id=people.get(row.sender) if outbound else None,
        asked_ids=tuple(dict.fromkeys(people[each] for each in ours if each in people)) if not outbound else (),
        is_to_us=not outbound and bool(ours),
        is_mechanical=mail_id in facts.mechanical or bool(row.report_type) or row.auto_submitted not in ("", "no"),
        is_bulk=bool(bulk_reason(row)) or len(parties) + len(blind) > MAX_RECIPIENTS,
        is_unverified=row.is_unverified,
        is_forward=is_forward_subject(row.subject or ""),
        is_invitation=row.message_key in facts.invitations,
        is_answered=row.is_answered,
        asks=text is not None and asks(text),
        needs_answer=needs_answer(text, is_answer=row.parent_id is not None),
        counts_from=facts.counts_from.get(mail_id),
    )


def _signs(connection: Connection, contact_ids: Iterable[str], since: datetime) -> dict[str, list[Any]]:
    """Bounces for good, and notes of being away, of these contacts."""
    is_bounce = and_(signal.c.kind == "bounce", signal.c.is_hard)
    is_away = and_(signal.c.kind == "auto_reply", signal.c.return_on.is_not(None))
    sure = select(signal).where(signal.c.confidence >= SURE, signal.c.occurred_at >= since, or_(is_bounce, is_away))
    found: dict[str, list[Any]] = {}
    for row in select_in(connection, sure.where, signal.c.contact_id, contact_ids):
        found.setdefault(row.contact_id, []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row.occurred_at, row.id))
    return found


def _bounces(rows: Iterable[Any], mails: Mapping[str, Mail]) -> Iterable[Bounce]:
    for row in rows:
        mail = mails.get(row.interaction_id or "")
        if row.kind == "bounce" and mail is not None and mail.address:
            yield Bounce(
                mail_id=mail.id,
                source_id=row.source_interaction_id,
                at=row.occurred_at,
                address=mail.address,
                reason=(row.category or "").replace("_", " "),
            )


def _absences(rows: Iterable[Any]) -> Iterable[Absence]:
    for row in rows:
        if row.kind == "auto_reply":
            yield Absence(source_id=row.source_interaction_id, at=row.occurred_at, return_on=row.return_on)


def _gaps(connection: Connection, contact_ids: Iterable[str]) -> dict[str, timedelta]:
    """The rhythm of each contact that has one. Until all of the past is read there is none."""
    left = select(stream.c.id).join(account, account.c.id == stream.c.account_id)
    reading = left.where(stream.c.state == "ok", stream.c.backlog > 0, account.c.ended_at.is_(None))
    if connection.execute(reading.where(account.c.state != "disabled").limit(1)).first() is not None:
        return {}
    gaps = select(engagement.c.contact_id, engagement.c.usual_gap_seconds)
    known = gaps.where(engagement.c.usual_gap_seconds.is_not(None))
    rows = select_in(connection, known.where, engagement.c.contact_id, contact_ids)
    # of a contact that is looked at anew the tick tells first
    waiting = select(dirty.c.key).where(dirty.c.kind == "contact")
    stale = {row.key for row in select_in(connection, waiting.where, dirty.c.key, contact_ids)}
    return {row.contact_id: timedelta(seconds=row.usual_gap_seconds) for row in rows if row.contact_id not in stale}


def _holders(connection: Connection, interaction_ids: Iterable[str]) -> tuple[dict[str, datetime], dict[str, set[str]]]:
    """(interaction -> since when what holds it counts, interaction -> accounts that hold it)"""
    query = select(interaction_person.c.interaction_id, account.c.id, account.c.horizon_reached_at).join(
        account, account.c.id == interaction_person.c.account_id
    )
    counts: dict[str, datetime] = {}
    holders: dict[str, set[str]] = {}
    for row in select_in(connection, query.where, interaction_person.c.interaction_id, interaction_ids):
        holders.setdefault(row.interaction_id, set()).add(row.id)
        if row.horizon_reached_at is not None:
            before = counts.get(row.interaction_id, row.horizon_reached_at)
            counts[row.interaction_id] = min(before, row.horizon_reached_at)
    return counts, holders
