"""What there was between us and contacts, as the rules of follow-ups see it (matching.followups.Relation)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from matching.followups import Deadline, Relation
from store.followups import deadlines
from store.followups.relation_mails import IS_MAIL, MOST, Asked, Head, Mails, place_within
from store.followups.relation_meetings import Met, meetings_of
from store.followups.relation_signs import absences, bounces, opens, signs_of
from store.mails import mail_signals
from store.mails.mail_signals import Said
from store.schema.core import (
    contact,
    contact_address,
    dirty,
    interaction,
    link,
    organization,
)
from store.schema.signals import engagement
from store.upsert import select_in


@dataclass(slots=True)
class Loaded:
    """Relations, and what was read for them."""

    relations: dict[str, Relation] = field(default_factory=dict)
    #: Contact -> the accounts that hold something of its relation.
    accounts: dict[str, set[str]] = field(default_factory=dict)
    #: The rhythm, as it was last told, of contacts of whom the tick has yet to tell it anew.
    former_gaps: dict[str, timedelta] = field(default_factory=dict)


def load(
    connection: Connection,
    contact_ids: Iterable[str],
    since: datetime,
    people: Mapping[str, str],
    owns: Callable[[str], bool],
    *,
    said: Callable[[Connection, Collection[bytes]], Said] = mail_signals.said_by,
    knows_rhythms: bool = True,
) -> Loaded:
    """The relations to living contacts since then. `people`: our addresses -> person; `owns`: is an address ours?

    `said`: what tells the words of mails. `knows_rhythms`: is all of the past read? Until then there is no rhythm.
    """
    heads = _heads(connection, contact_ids)
    if not heads:
        return Loaded()
    met = meetings_of(connection, heads, since)
    companions = {each for found in met.companions.values() for each in found}
    latest = select_in(
        connection, lambda within: _latest_of_contacts(within, since), link.c.contact_id, {*heads, *companions}
    )
    gaps = _gaps(connection, heads) if knows_rhythms else ({}, {})
    reading = _Reading(connection, heads, met, latest, Asked(people, owns, said), gaps)
    reading.signs = signs_of(connection, heads, since)
    reading.expected = deadlines.of_contacts(connection, heads, since)
    return reading.loaded()


class _Reading:
    """Relations in the making."""

    def __init__(
        self,
        connection: Connection,
        heads: Mapping[str, Head],
        met: Met,
        latest: Iterable[tuple[str, str, str]],
        asked: Asked,
        gaps: tuple[Mapping[str, timedelta], dict[str, timedelta]],
    ) -> None:
        """`latest`: (contact, mail, thread); `gaps`: as `_gaps` tells them."""
        self._heads = heads
        self._met = met
        self._asked = asked
        self._of_contact: dict[str, dict[str, str]] = {}
        for contact_id, mail_id, thread_id in latest:
            self._of_contact.setdefault(contact_id, {})[mail_id] = thread_id
        threads = {each for found in self._of_contact.values() for each in found.values()}
        self._facts = Mails(connection, threads, met.interaction_ids, asked)
        self._gaps, self._former_gaps = gaps
        self.signs: Mapping[str, list[Any]] = {}
        self.expected: Mapping[str, list[Deadline]] = {}

    def loaded(self) -> Loaded:
        """All that is known by now."""
        made = Loaded(former_gaps=self._former_gaps)
        for contact_id, head in self._heads.items():
            made.relations[contact_id] = relation = self._relation(contact_id, head)
            held = [*(each.id for each in relation.mails), *(each.interaction_id for each in relation.meetings)]
            made.accounts[contact_id] = set().union(*(self._facts.holders.get(each, ()) for each in held))
        return made

    def _relation(self, contact_id: str, head: Head) -> Relation:
        mails = self._facts.seen_from(contact_id, head, self._ids(contact_id))
        by_id = {mail.id: mail for mail in mails}
        signs = self.signs.get(contact_id, ())
        return Relation(
            contact_id=contact_id,
            organization_id=head.organization_id,
            domain=head.domain or "",
            person_id=head.person_id,
            addresses=frozenset(head.addresses),
            mails=mails,
            meetings=tuple(self._met.of(contact_id, self._asked.people, self._asked.owns, self._facts.counts_from)),
            bounces=tuple(bounces(signs, by_id)),
            absences=tuple(absences(signs)),
            deadlines=tuple(self.expected.get(contact_id, ())),
            opens=tuple(opens(signs, by_id)),
            gap=self._gaps.get(contact_id),
        )

    def _ids(self, contact_id: str) -> set[str]:
        """Its mails, those of others who were met with it, and all of its conversations."""
        own = self._of_contact.get(contact_id, {})
        ids = set(own)
        for each in self._met.companions.get(contact_id, ()):
            ids.update(self._of_contact.get(each, ()))
        for thread_id in own.values():
            ids.update(self._facts.by_thread.get(thread_id, ()))
        return ids


def _heads(connection: Connection, contact_ids: Iterable[str]) -> dict[str, Head]:
    columns = select(contact.c.id, contact.c.organization_id, contact.c.person_id, organization.c.domain)
    living = columns.outerjoin(organization, organization.c.id == contact.c.organization_id).where(
        contact.c.deleted_at.is_(None), contact.c.merged_into_id.is_(None)
    )
    rows = select_in(connection, living.where, contact.c.id, contact_ids)
    heads = {row.id: Head(row.organization_id, row.domain, row.person_id) for row in rows}
    held = select(contact_address.c.contact_id, contact_address.c.normal).where(contact_address.c.valid_to_at.is_(None))
    for row in select_in(connection, held.where, contact_address.c.contact_id, heads):
        heads[row.contact_id].addresses.add(row.normal)
    return heads


#: (contact, mail, thread)
_NEAR = (
    select(link.c.contact_id, link.c.interaction_id, interaction.c.thread_id)
    .join(interaction, interaction.c.id == link.c.interaction_id)
    .where(IS_MAIL)
)


def _latest_of_contacts(within: Any, since: datetime) -> Any:
    """Of each contact the last mails since then."""
    order = (link.c.occurred_at.desc(), link.c.interaction_id.desc())
    counted = (
        _NEAR.where(link.c.occurred_at >= since, within).add_columns(place_within(link.c.contact_id, order)).subquery()
    )
    return select(counted.c.contact_id, counted.c.interaction_id, counted.c.thread_id).where(counted.c.place <= MOST)


def _gaps(connection: Connection, contact_ids: Iterable[str]) -> tuple[dict[str, timedelta], dict[str, timedelta]]:
    """The rhythm of each contact that has one, and of those whose rhythm is yet to be told anew, which have none until
    then."""
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
