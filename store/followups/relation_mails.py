"""Mails of the conversations of contacts, as the rules of follow-ups see them (matching.followups.Mail)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, select

from connectors.api import Role
from matching.addresses import domain_of
from matching.followups import Mail, Side
from matching.organizations import organization_domain
from matching.policy import MAX_RECIPIENTS, bulk_reason
from matching.subjects import is_forward_subject
from store.mails import mail_signals
from store.mails.mail_signals import Said
from store.schema.core import account, contact, interaction, interaction_person, link, message, participant, thread
from store.schema.meetings import invitation
from store.schema.signals import MECHANICAL, SURE
from store.schema.tasks import signal
from store.upsert import select_in

#: Mails and meetings of a contact that are looked at, and mails of a thread: the last. Five a day for the 200 days that
#: rules look back; what is older than all of these has been answered, or asked again, since.
MOST = 1_000
# looked up once, for each is asked for with each mail
_FROM, _FIRST, _BLIND = Role.FROM.value, Role.TO.value, Role.BCC.value
_TO = (_FIRST, Role.CC.value, _BLIND)


@dataclass(slots=True)
class Head:
    """A contact by itself."""

    organization_id: str | None
    domain: str | None
    person_id: str | None
    addresses: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked while mails are read."""

    #: Our addresses -> person.
    people: Mapping[str, str]
    #: Is an address ours?
    owns: Callable[[str], bool]
    #: What do mails say in words?
    said: Callable[[Connection, Collection[bytes]], Said] = mail_signals.said_by


# what ours write to each other is no word to the contact
IS_MAIL = and_(interaction.c.kind == "email", interaction.c.direction != "internal", interaction.c.visibility != "none")
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
    .where(IS_MAIL)
)
_LINKS = select(link.c.interaction_id, link.c.role, link.c.contact_id, link.c.address)
_PARTIES = (
    select(participant.c.message_key, participant.c.role, participant.c.normal)
    .where(participant.c.role.in_(_TO[:2]), participant.c.normal.is_not(None))
    .order_by(participant.c.message_key, participant.c.position)
)
_REACHED = select(account.c.id, account.c.horizon_reached_at)
_HOLDERS = select(interaction_person.c.interaction_id, interaction_person.c.account_id)
_BELONGS = select(contact.c.id, contact.c.organization_id)


class Mails:
    """The mails of some threads."""

    def __init__(
        self,
        connection: Connection,
        thread_ids: Iterable[str],
        meetings: Iterable[str],
        asked: Asked,
    ) -> None:
        """`meetings`: other interactions of which is asked who holds them."""
        self._asked = asked
        #: Is an address ours?
        self._is_ours: dict[str, bool] = {}
        #: Mail -> [(role, contact, address)]
        self._links: dict[str, list[tuple[str, str, str]]] = {}
        #: Mail -> [(role, address)], by their order.
        self._parties: dict[str, list[tuple[str, str]]] = {}
        #: Mail -> what is the same from wherever it is seen.
        self._told: dict[str, dict[str, Any]] = {}
        self.rows: dict[str, Any] = {}
        self.by_thread: dict[str, list[str]] = {}
        #: Interaction -> since when what holds it counts, and the accounts.
        self.counts_from: dict[str, datetime] = {}
        self.holders: dict[str, set[str]] = {}
        self._said: Said = {}
        self._organization_of: dict[str, str | None] = {}
        self._read(connection, thread_ids)
        self._read_holders(connection, meetings)

    def _read(self, connection: Connection, thread_ids: Iterable[str]) -> None:
        by_key: dict[bytes, str] = {}
        for row in _of_threads(connection, thread_ids):
            self.rows[row.id] = row
            by_key[row.message_key] = row.id
            self.by_thread.setdefault(row.thread_id, []).append(row.id)
        links = select_in(connection, _LINKS.where, link.c.interaction_id, self.rows)
        self._held = select_in(connection, _HOLDERS.where, interaction_person.c.interaction_id, self.rows)
        for mail_id, role, contact_id, address in links:
            self._links.setdefault(mail_id, []).append((role, contact_id, address))
        for key, role, normal in select_in(connection, _PARTIES.where, participant.c.message_key, by_key):
            self._parties.setdefault(by_key[key], []).append((role, normal))
        self._said = self._asked.said(connection, by_key)
        contacts = {contact_id for _mail, _role, contact_id, _address in links}
        belongs = select_in(connection, _BELONGS.where, contact.c.id, contacts)
        self._organization_of = {row.id: row.organization_id for row in belongs}

    def _read_holders(self, connection: Connection, meetings: Iterable[str]) -> None:
        reached = {row.id: row.horizon_reached_at for row in connection.execute(_REACHED)}
        met = select_in(connection, _HOLDERS.where, interaction_person.c.interaction_id, meetings)
        for interaction_id, account_id in [*self._held, *met]:
            if account_id not in reached:
                continue
            self.holders.setdefault(interaction_id, set()).add(account_id)
            at = reached[account_id]
            if at is not None and (interaction_id not in self.counts_from or at < self.counts_from[interaction_id]):
                self.counts_from[interaction_id] = at

    def seen_from(self, contact_id: str, head: Head, mail_ids: Iterable[str]) -> tuple[Mail, ...]:
        """These mails as they are seen from a contact, in the order of time."""
        found = [self._mail(each, contact_id, head) for each in mail_ids if each in self.rows]
        found.sort(key=lambda mail: (mail.at, mail.id))
        return tuple(found)

    def _is_of_us(self, normal: str) -> bool:
        found = self._is_ours.get(normal)
        if found is None:
            found = self._is_ours[normal] = self._asked.owns(normal)
        return found

    def _of(self, mail_id: str) -> dict[str, Any]:
        """What a mail says by itself."""
        row = self.rows[mail_id]
        people, parties = self._asked.people, self._parties.get(mail_id, ())
        blind = [address for role, _whose, address in self._links.get(mail_id, ()) if role == _BLIND]
        outbound, asks, parent_id = row.direction == "outbound", bool(row.asks), row.parent_id
        asked = []
        if not outbound:
            asked = [normal for role, normal in parties if role == _FIRST and self._is_of_us(normal)]
        in_words = self._said.get(row.message_key, {})
        return {
            "id": mail_id,
            "thread_id": row.thread_id,
            "parent_id": parent_id,
            "at": row.occurred_at,
            "author": row.sender,
            "recipients": frozenset([*(normal for _r, normal in parties if not self._is_of_us(normal)), *blind]),
            "person_id": people.get(row.sender) if outbound else None,
            "asked_ids": tuple(dict.fromkeys(people[e] for e in asked if e in people)) if asked else (),
            "is_to_us": bool(asked),
            "is_mechanical": row.is_told or bool(row.report_type) or row.auto_submitted not in ("", "no"),
            "is_bulk": bool(bulk_reason(row)) or len(parties) + len(blind) > MAX_RECIPIENTS,
            "is_unverified": row.is_unverified,
            "is_forward": is_forward_subject(row.subject or ""),
            "is_invitation": row.is_invited,
            "is_answered": row.is_answered,
            "asks": asks,
            # of what is not known we take it so
            "needs_answer": parent_id is None or asks or not row.is_brief,
            "promises": mail_signals.PROMISE in in_words,
            "promised_by": in_words.get(mail_signals.PROMISE),
            "complains": mail_signals.COMPLAINT in in_words,
            "has_attachments": row.attachment_count > 0,
            "counts_from": self.counts_from.get(mail_id),
        }

    def _mail(self, mail_id: str, contact_id: str, head: Head) -> Mail:
        """A mail as it is seen from a contact."""
        told = self._told.get(mail_id)
        if told is None:
            told = self._told[mail_id] = self._of(mail_id)
        links = self._links.get(mail_id, ())
        own = {address: role for role, whose, address in links if whose == contact_id}
        to_own = sorted([address for role, whose, address in links if whose == contact_id and role in _TO])
        asked, is_to_others = None, False
        direction = self.rows[mail_id].direction
        if direction == "outbound":
            side = Side.OURS
            held = {(role, address): whose for role, whose, address in links}
            for role, normal in self._parties.get(mail_id, ()):
                if normal in own or self._is_of_organization(head, normal, held.get((role, normal))):
                    is_to_others = is_to_others or normal not in own
                    if asked is None and role == _FIRST:
                        asked = normal
        else:
            senders = [whose for role, whose, _address in links if role == _FROM]
            side = Side.OTHER
            if contact_id in senders:
                side = Side.CONTACT
            elif direction == "inbound" and any(
                self._is_of_organization(head, told["author"], each) for each in (None, *senders)
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

    def _is_of_organization(self, head: Head, normal: str, contact_id: str | None) -> bool:
        """Is an address, or whose it is, of the contact's organization?"""
        if head.organization_id and contact_id and self._organization_of.get(contact_id) == head.organization_id:
            return True
        return bool(head.domain) and organization_domain(domain_of(normal)) == head.domain


def _of_threads(connection: Connection, thread_ids: Iterable[str]) -> list[Any]:
    """The last mails of each of these threads."""
    wanted = set(thread_ids)
    # numbering the mails of all of them costs as much as reading them
    large = select(thread.c.id).where(thread.c.interaction_count > MOST)
    numbered = {row.id for row in select_in(connection, large.where, thread.c.id, wanted)}
    found = select_in(connection, _MAILS.where, interaction.c.thread_id, wanted - numbered)
    return found + select_in(connection, _latest_of_threads, interaction.c.thread_id, numbered)


def _latest_of_threads(within: Any) -> Any:
    order = (interaction.c.occurred_at.desc(), interaction.c.id.desc())
    counted = _MAILS.where(within).add_columns(place_within(interaction.c.thread_id, order)).subquery()
    return select(counted).where(counted.c.place <= MOST)


def place_within(of: Any, order: tuple[Any, ...]) -> Any:
    """Column `place`: which one it is of those with the same `of`."""
    return func.row_number().over(partition_by=of, order_by=order).label("place")
