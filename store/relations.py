"""What there was between us and contacts, as the rules of follow-ups see it (matching.followups.Relation)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, exists, func, or_, select

from connectors.api import Role
from matching.addresses import domain_of
from matching.followups import Absence, Bounce, Mail, Open, Relation, Side
from matching.opens.verdicts import HUMAN
from matching.organizations import organization_domain
from matching.policy import MAX_RECIPIENTS, bulk_reason
from matching.subjects import is_forward_subject
from store import deadlines, mail_signals
from store.mail_signals import Said
from store.meeting_schema import invitation
from store.relation_meetings import meetings_of
from store.schema import (
    account,
    contact,
    contact_address,
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

#: Mails and meetings of a contact that are looked at, and mails of a thread: the last. Five a day for the 200 days that
#: rules look back; what is older than all of these has been answered, or asked again, since.
MOST = 1_000
_TO = (Role.TO.value, Role.CC.value, Role.BCC.value)


@dataclass(slots=True)
class Loaded:
    """Relations, and what was read for them."""

    relations: dict[str, Relation] = field(default_factory=dict)
    #: Contact -> the accounts that hold something of its relation.
    accounts: dict[str, set[str]] = field(default_factory=dict)
    #: The rhythm, as it was last told, of contacts of whom the tick has yet to tell it anew.
    former_gaps: dict[str, timedelta] = field(default_factory=dict)


@dataclass(slots=True)
class _Facts:
    """What the mails of a batch of contacts say."""

    rows: dict[str, Any] = field(default_factory=dict)
    by_thread: dict[str, list[str]] = field(default_factory=dict)
    #: Mail -> [(role, contact, address)]
    links: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    #: Mail -> [(role, address)], by their order.
    parties: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    said: Said = field(default_factory=dict)
    #: Interaction -> since when what holds it counts, and the accounts.
    counts_from: dict[str, datetime] = field(default_factory=dict)
    holders: dict[str, set[str]] = field(default_factory=dict)
    organization_of: dict[str, str | None] = field(default_factory=dict)
    #: Mail -> what is the same from wherever it is seen.
    told: dict[str, dict[str, Any]] = field(default_factory=dict)


def load(
    connection: Connection,
    contact_ids: Iterable[str],
    since: datetime,
    people: Mapping[str, str],
    owns: Callable[[str], bool],
    said: Callable[[Connection, Collection[bytes]], Said] = mail_signals.said_by,
) -> Loaded:
    """The relations to living contacts since then.

    `people`: our addresses -> person; `owns`: is an address ours? `said`: what tells the words of mails.
    """
    heads = _heads(connection, contact_ids)
    loaded = Loaded()
    if not heads:
        return loaded
    met = meetings_of(connection, heads, since)
    companions = {each for found in met.companions.values() for each in found}
    of_contact: dict[str, dict[str, str]] = {}
    for contact_id, mail_id, thread_id in select_in(
        connection, lambda within: _latest_of_contacts(within, since), link.c.contact_id, {*heads, *companions}
    ):
        of_contact.setdefault(contact_id, {})[mail_id] = thread_id
    facts = _facts(connection, {each for found in of_contact.values() for each in found.values()}, said)
    signs = _signs(connection, heads, since)
    gaps, loaded.former_gaps = _gaps(connection, heads)
    expected = deadlines.of_contacts(connection, heads, since)
    facts.counts_from, facts.holders = _holders(connection, [*facts.rows, *met.interaction_ids])
    for contact_id, head in heads.items():
        own = of_contact.get(contact_id, {})
        ids = set(own)
        for each in met.companions.get(contact_id, ()):
            ids.update(of_contact.get(each, ()))
        for thread_id in set(own.values()):
            ids.update(facts.by_thread.get(thread_id, ()))
        mails = [_mail(facts, each, contact_id, head, people, owns) for each in ids if each in facts.rows]
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
            deadlines=tuple(expected.get(contact_id, ())),
            opens=tuple(_opens(signs.get(contact_id, ()), by_id)),
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


# what ours write to each other is no word to the contact
_IS_MAIL = and_(
    interaction.c.kind == "email", interaction.c.direction != "internal", interaction.c.visibility != "none"
)
#: (contact, mail, thread)
_NEAR = (
    select(link.c.contact_id, link.c.interaction_id, interaction.c.thread_id)
    .join(interaction, interaction.c.id == link.c.interaction_id)
    .where(_IS_MAIL)
)
_NAMES = ("id", "thread_id", "parent_id", "occurred_at", "direction", "message_key", "is_unverified", "is_answered")
_HEADERS = ("subject", "sender", "list_id", "precedence", "auto_submitted", "has_unsubscribe", "report_type")
_MORE = ("attachment_count", "asks", "is_brief")
_IS_TOLD = exists().where(
    signal.c.source_interaction_id == interaction.c.id, signal.c.kind.in_(MECHANICAL), signal.c.confidence >= SURE
)
_IS_INVITED = exists().where(invitation.c.message_key == interaction.c.message_key)
_MAILS = (
    select(
        *(interaction.c[name] for name in _NAMES),
        *(message.c[name] for name in (*_HEADERS, *_MORE)),
        _IS_TOLD.label("is_told"),
        _IS_INVITED.label("is_invited"),
    )
    .join(message, message.c.key == interaction.c.message_key)
    .where(_IS_MAIL)
)
_LINKS = select(link.c.interaction_id, link.c.role, link.c.contact_id, link.c.address)
_PARTIES = (
    select(participant.c.message_key, participant.c.role, participant.c.normal)
    .where(participant.c.role.in_((Role.TO.value, Role.CC.value)), participant.c.normal.is_not(None))
    .order_by(participant.c.message_key, participant.c.position)
)


def _latest_of_contacts(within: Any, since: datetime) -> Any:
    """Of each contact the last mails since then."""
    order = (link.c.occurred_at.desc(), link.c.interaction_id.desc())
    counted = _NEAR.where(link.c.occurred_at >= since, within).add_columns(_place(link.c.contact_id, order)).subquery()
    return select(counted.c.contact_id, counted.c.interaction_id, counted.c.thread_id).where(counted.c.place <= MOST)


def _latest_of_threads(within: Any) -> Any:
    """Of each thread the last mails."""
    order = (interaction.c.occurred_at.desc(), interaction.c.id.desc())
    counted = _MAILS.where(within).add_columns(_place(interaction.c.thread_id, order)).subquery()
    return select(counted).where(counted.c.place <= MOST)


def _place(of: Any, order: tuple[Any, ...]) -> Any:
    return func.row_number().over(partition_by=of, order_by=order).label("place")


def _facts(
    connection: Connection, thread_ids: Iterable[str], said: Callable[[Connection, Collection[bytes]], Said]
) -> _Facts:
    """Of the mails of these threads."""
    found = _Facts()
    by_key: dict[bytes, str] = {}
    for row in select_in(connection, _latest_of_threads, interaction.c.thread_id, thread_ids):
        found.rows[row.id] = row
        by_key[row.message_key] = row.id
        found.by_thread.setdefault(row.thread_id, []).append(row.id)
    for mail_id, role, contact_id, address in select_in(connection, _LINKS.where, link.c.interaction_id, found.rows):
        found.links.setdefault(mail_id, []).append((role, contact_id, address))
    for key, role, normal in select_in(connection, _PARTIES.where, participant.c.message_key, by_key):
        found.parties.setdefault(by_key[key], []).append((role, normal))
    found.said = said(connection, by_key)
    contacts = {contact_id for each in found.links.values() for _role, contact_id, _address in each}
    belongs = select(contact.c.id, contact.c.organization_id)
    found.organization_of = {
        each.id: each.organization_id for each in select_in(connection, belongs.where, contact.c.id, contacts)
    }
    return found


def _told(facts: _Facts, mail_id: str, people: Mapping[str, str], owns: Callable[[str], bool]) -> dict[str, Any]:
    """What a mail says by itself."""
    row = facts.rows[mail_id]
    parties = facts.parties.get(mail_id, ())
    blind = [address for role, _whose, address in facts.links.get(mail_id, ()) if role == Role.BCC.value]
    ours = {normal for _role, normal in parties if owns(normal)}
    asked = [normal for role, normal in parties if role == Role.TO.value and normal in ours]
    outbound = row.direction == "outbound"
    in_words = facts.said.get(row.message_key, {})
    return {
        "id": mail_id,
        "thread_id": row.thread_id,
        "parent_id": row.parent_id,
        "at": row.occurred_at,
        "author": row.sender,
        "recipients": frozenset([*(normal for _role, normal in parties if normal not in ours), *blind]),
        "person_id": people.get(row.sender) if outbound else None,
        "asked_ids": tuple(dict.fromkeys(people[e] for e in asked if e in people)) if asked and not outbound else (),
        "is_to_us": not outbound and bool(asked),
        "is_mechanical": row.is_told or bool(row.report_type) or row.auto_submitted not in ("", "no"),
        "is_bulk": bool(bulk_reason(row)) or len(parties) + len(blind) > MAX_RECIPIENTS,
        "is_unverified": row.is_unverified,
        "is_forward": is_forward_subject(row.subject or ""),
        "is_invitation": row.is_invited,
        "is_answered": row.is_answered,
        "asks": bool(row.asks),
        # of what is not known we take it so
        "needs_answer": row.parent_id is None or bool(row.asks) or not row.is_brief,
        "promises": mail_signals.PROMISE in in_words,
        "promised_by": in_words.get(mail_signals.PROMISE),
        "complains": mail_signals.COMPLAINT in in_words,
        "has_attachments": row.attachment_count > 0,
        "counts_from": facts.counts_from.get(mail_id),
    }


def _mail(
    facts: _Facts,
    mail_id: str,
    contact_id: str,
    head: _Head,
    people: Mapping[str, str],
    owns: Callable[[str], bool],
) -> Mail:
    """A mail as it is seen from a contact."""
    told = facts.told.get(mail_id)
    if told is None:
        told = facts.told[mail_id] = _told(facts, mail_id, people, owns)
    links = facts.links.get(mail_id, ())
    own = {address: role for role, whose, address in links if whose == contact_id}
    to_own = sorted([address for role, whose, address in links if whose == contact_id and role in _TO])
    asked, is_to_others = None, False
    direction = facts.rows[mail_id].direction
    if direction == "outbound":
        side = Side.OURS
        held = {(role, address): whose for role, whose, address in links}
        for role, normal in facts.parties.get(mail_id, ()):
            if normal in own or _is_of_organization(facts, head, normal, held.get((role, normal))):
                is_to_others = is_to_others or normal not in own
                if asked is None and role == Role.TO.value:
                    asked = normal
    else:
        senders = [whose for role, whose, _address in links if role == Role.FROM.value]
        side = Side.OTHER
        if contact_id in senders:
            side = Side.CONTACT
        elif direction == "inbound" and any(
            _is_of_organization(facts, head, told["author"], each) for each in (None, *senders)
        ):
            side = Side.ORGANIZATION
    return Mail(
        side=side,
        address=(to_own or sorted(own))[0] if own else "",
        is_to_contact=bool(to_own),
        is_to_organization=is_to_others,
        is_asked=asked is not None and asked in own,
        **told,
    )


def _is_of_organization(facts: _Facts, head: _Head, normal: str, contact_id: str | None) -> bool:
    """Is an address, or whose it is, of the contact's organization?"""
    if head.organization_id and contact_id and facts.organization_of.get(contact_id) == head.organization_id:
        return True
    return bool(head.domain) and organization_domain(domain_of(normal)) == head.domain


def _signs(connection: Connection, contact_ids: Iterable[str], since: datetime) -> dict[str, list[Any]]:
    """Bounces for good, notes of being away, and opens and clicks of people, of these contacts."""
    is_bounce = and_(signal.c.kind == "bounce", signal.c.is_hard)
    is_away = and_(signal.c.kind == "auto_reply", signal.c.return_on.is_not(None))
    is_open = and_(signal.c.kind.in_(("open", "click")), signal.c.verdict.in_(sorted(HUMAN)))
    is_meant = or_(is_bounce, is_away, is_open)
    sure = select(signal).where(signal.c.confidence >= SURE, signal.c.occurred_at >= since, is_meant)
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


def _opens(rows: Iterable[Any], mails: Mapping[str, Mail]) -> Iterable[Open]:
    for row in rows:
        if row.kind in ("open", "click") and row.interaction_id in mails:
            yield Open(mail_id=row.interaction_id, at=row.occurred_at)


def _gaps(connection: Connection, contact_ids: Iterable[str]) -> tuple[dict[str, timedelta], dict[str, timedelta]]:
    """The rhythm of each contact that has one, and of those whose rhythm is yet to be told anew, which have none until
    then. Until all of the past is read there is none."""
    left = select(stream.c.id).join(account, account.c.id == stream.c.account_id)
    reading = left.where(stream.c.state == "ok", stream.c.backlog > 0, account.c.ended_at.is_(None))
    if connection.execute(reading.where(account.c.state != "disabled").limit(1)).first() is not None:
        return {}, {}
    gaps = select(engagement.c.contact_id, engagement.c.usual_gap_seconds)
    known = gaps.where(engagement.c.usual_gap_seconds.is_not(None))
    rows = select_in(connection, known.where, engagement.c.contact_id, contact_ids)
    # of a contact that is looked at anew the tick tells first
    waiting = select(dirty.c.key).where(dirty.c.kind == "contact")
    stale = {row.key for row in select_in(connection, waiting.where, dirty.c.key, contact_ids)}
    found = {row.contact_id: timedelta(seconds=row.usual_gap_seconds) for row in rows}
    return (
        {each: gap for each, gap in found.items() if each not in stale},
        {each: gap for each, gap in found.items() if each in stale},
    )


def _holders(connection: Connection, interaction_ids: Iterable[str]) -> tuple[dict[str, datetime], dict[str, set[str]]]:
    """(interaction -> since when what holds it counts, interaction -> accounts that hold it)"""
    reached = {row.id: row.horizon_reached_at for row in connection.execute(_REACHED)}
    counts: dict[str, datetime] = {}
    holders: dict[str, set[str]] = {}
    for interaction_id, account_id in select_in(
        connection, _HOLDERS.where, interaction_person.c.interaction_id, interaction_ids
    ):
        if account_id not in reached:
            continue
        holders.setdefault(interaction_id, set()).add(account_id)
        at = reached[account_id]
        if at is not None and (interaction_id not in counts or at < counts[interaction_id]):
            counts[interaction_id] = at
    return counts, holders


_REACHED = select(account.c.id, account.c.horizon_reached_at)
_HOLDERS = select(interaction_person.c.interaction_id, interaction_person.c.account_id)
