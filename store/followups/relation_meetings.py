"""Meetings with contacts, as the rules of follow-ups see them (matching.followups.Meeting)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import Connection, and_, select

from matching.addresses import domain_of
from matching.followups import Meeting
from matching.organizations import organization_domain
from store.schema.core import account, contact, interaction, link, placement, stream
from store.schema.meetings import attendee, calendar_object, meeting, series
from store.upsert import select_in


@dataclass(frozen=True, slots=True)
class _Told:
    """What a meeting is from wherever it is seen: most are met with several contacts."""

    starts_at: datetime
    #: The row of who takes part.
    organizer: Any
    is_ours: bool
    open_ids: tuple[str, ...]
    person_ids: tuple[str, ...]


@dataclass(slots=True)
class Met:
    """The meetings of a batch of contacts."""

    rows: dict[str, Any] = field(default_factory=dict)
    people: dict[str, list[Any]] = field(default_factory=dict)
    known_at: dict[bytes, datetime] = field(default_factory=dict)
    of_contact: dict[str, set[str]] = field(default_factory=dict)
    organization_of: dict[str, str | None] = field(default_factory=dict)
    #: UID -> those of ours in whose calendars it lies.
    in_calendars: dict[bytes, set[str]] = field(default_factory=dict)
    #: Contact -> others of its organization who were met with it.
    companions: dict[str, set[str]] = field(default_factory=dict)
    told: dict[str, _Told] = field(default_factory=dict)

    @property
    def interaction_ids(self) -> list[str]:
        """Of all meetings."""
        return [row.interaction_id for row in self.rows.values()]

    def of(
        self,
        contact_id: str,
        people: Mapping[str, str],
        owns: Callable[[str], bool],
        counts_from: Mapping[str, datetime],
    ) -> Iterator[Meeting]:
        """Of a contact, by their beginning; `people` and `owns` are the same at each call."""
        found = [self.rows[each] for each in self.of_contact.get(contact_id, ())]
        for row in sorted(found, key=lambda row: (row.over_at, row.id)):
            there = self.people.get(row.id, [])
            own = next((each for each in there if each.contact_id == contact_id), None)
            if own is None:
                continue
            told = self.told.get(row.id)
            if told is None:
                told = self.told[row.id] = self._tell(row, there, people, owns)
            yield Meeting(
                id=row.id,
                interaction_id=row.interaction_id,
                starts_at=told.starts_at,
                over_at=row.over_at,
                status=row.status,
                is_ours=told.is_ours,
                is_theirs=told.organizer is own,
                series_id=row.series_id,
                open_ids=told.open_ids,
                address=own.address,
                response=own.response,
                responded_at=own.responded_at if own.source == "mail" else None,
                known_at=self.known_at.get(row.uid_key, told.starts_at),
                person_ids=told.person_ids,
                is_asked=self._is_first(there, own),
                counts_from=counts_from.get(row.interaction_id),
            )

    def _tell(self, row: Any, there: Sequence[Any], people: Mapping[str, str], owns: Callable[[str], bool]) -> _Told:
        organizer = next((each for each in there if each.role == "organizer"), None)
        ours = [each for each in there if owns(each.address)]
        is_ours = organizer in ours
        if is_ours:
            ours.remove(organizer)
            ours.insert(0, organizer)
        in_calendars = self.in_calendars.get(row.uid_key, ())
        undecided = [people.get(each.address) for each in ours if each.response == "needs_action"]
        return _Told(
            starts_at=row.starts_at or datetime.combine(row.starts_on, time(), UTC),
            organizer=organizer,
            is_ours=is_ours,
            open_ids=tuple(dict.fromkeys(each for each in undecided if each is not None and each in in_calendars)),
            person_ids=tuple(people[each.address] for each in ours if each.address in people),
        )

    def _is_first(self, there: Sequence[Any], own: Any) -> bool:
        """Is nobody of the contact's organization before it in the order of addresses, who is not absent?"""
        domain = organization_domain(domain_of(own.address))
        whose = self.organization_of.get(own.contact_id)
        for each in there:
            if each.address >= own.address:
                return True
            if each.response == "declined" or each.role == "resource":
                continue
            if domain is not None and organization_domain(domain_of(each.address)) == domain:
                return False
            if whose is not None and self.organization_of.get(each.contact_id or "") == whose:
                return False
        return True


#: What is read of them; times that nobody asks for take as long to read as the others.
_ROWS = select(
    *(
        meeting.c[name]
        for name in ("id", "interaction_id", "uid_key", "series_id", "starts_at", "starts_on", "over_at", "status")
    )
)
_PEOPLE = select(
    *(
        attendee.c[name]
        for name in ("meeting_id", "address", "contact_id", "role", "response", "responded_at", "source")
    )
)


def meetings_of(connection: Connection, contact_ids: Iterable[str], since: datetime) -> Met:
    """The meetings with these contacts since then."""
    met = Met()
    linked = (
        select(link.c.contact_id, link.c.interaction_id)
        .join(interaction, interaction.c.id == link.c.interaction_id)
        .where(link.c.occurred_at >= since, interaction.c.kind == "meeting", interaction.c.visibility != "none")
    )
    wanted: dict[str, set[str]] = {}
    for row in select_in(connection, linked.where, link.c.contact_id, contact_ids):
        wanted.setdefault(row.interaction_id, set()).add(row.contact_id)
    for row in select_in(connection, _ROWS.where, meeting.c.interaction_id, wanted):
        met.rows[row.id] = row
        for contact_id in wanted[row.interaction_id]:
            met.of_contact.setdefault(contact_id, set()).add(row.id)
    for row in select_in(connection, _PEOPLE.where, attendee.c.meeting_id, met.rows):
        met.people.setdefault(row.meeting_id, []).append(row)
    for found in met.people.values():
        found.sort(key=lambda row: row.address)
    keys = {row.uid_key for row in met.rows.values()}
    first = select(series.c.uid_key, series.c.first_seen_at)
    met.known_at = {
        row.uid_key: row.first_seen_at for row in select_in(connection, first.where, series.c.uid_key, keys)
    }
    held = (
        select(calendar_object.c.uid_key, account.c.person_id)
        .join(
            placement,
            and_(placement.c.stream_id == calendar_object.c.stream_id, placement.c.ref == calendar_object.c.ref),
        )
        .join(stream, stream.c.id == calendar_object.c.stream_id)
        .join(account, account.c.id == stream.c.account_id)
        .where(placement.c.removed_at.is_(None), account.c.ended_at.is_(None), account.c.person_id.is_not(None))
    )
    for row in select_in(connection, held.where, calendar_object.c.uid_key, keys):
        met.in_calendars.setdefault(row.uid_key, set()).add(row.person_id)
    contacts = {row.contact_id for found in met.people.values() for row in found if row.contact_id}
    belongs = select(contact.c.id, contact.c.organization_id)
    met.organization_of = {
        row.id: row.organization_id for row in select_in(connection, belongs.where, contact.c.id, contacts)
    }
    for contact_id, meetings in met.of_contact.items():
        whose = met.organization_of.get(contact_id)
        near = {row.contact_id for each in meetings for row in met.people.get(each, ()) if row.contact_id}
        same = {each for each in near if whose is not None and met.organization_of.get(each) == whose}
        met.companions[contact_id] = same - {contact_id}
    return met
