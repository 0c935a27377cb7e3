"""Whom the meetings of calendars would make contacts, that a sync would store: for a dry run. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.api import Auth
from daemon.meeting_plans import Person, Planner
from matching.meetings import CalendarCopy
from matching.policy import Company
from matching.visibility import Level
from store.derivation.copies import StoredPlace
from store.engine import Transaction
from store.keys import IdentityKey
from store.meetings.calendars import Sources
from store.meetings.meeting_facts import MeetingDraft, load

#: UIDs looked at together.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Calendars:
    """Whose calendars those of an account are."""

    account_id: str
    #: The owner's, normal forms.
    addresses: frozenset[str]
    #: IANA name, of the owner.
    time_zone: str
    #: From then on meetings count; None: for as long as there are any.
    since_at: datetime | None
    level: Level


@dataclass(frozen=True, slots=True)
class _Object:
    """A calendar object in short: a calendar has tens of thousands."""

    calendars: Calendars
    ref: str
    data: bytes
    is_private: bool


#: UID -> name of a copy -> the copy.
_Objects = Mapping[bytes, Mapping[str, _Object]]


class Meetings:
    """What would be stored of calendars."""

    def __init__(self) -> None:
        self._objects: dict[bytes, dict[str, _Object]] = {}

    def note(self, calendars: Calendars, item: MeetingDraft) -> None:
        """This object would be stored, and may make contacts."""
        found = _Object(calendars, item.ref, item.data, item.is_private)
        # named as the store names it, so that it takes the place of what lies there
        self._objects.setdefault(item.uid_key, {})[f"{calendars.account_id} {item.ref}"] = found

    def made(self, transaction: Transaction, key: IdentityKey, company: Company, now: datetime) -> Iterator[Person]:
        """Whom they make contacts, with all that the store knows of the same meetings."""
        uids = sorted(self._objects)
        for start in range(0, len(uids), _BATCH):
            planner = _Planner(transaction, key, company, now, self._objects)
            for plan in planner.plans(uids[start : start + _BATCH]):
                yield from planner.made(plan)


class _Planner(Planner):
    """Plans from what is stored and what would be."""

    def __init__(
        self, transaction: Transaction, key: IdentityKey, company: Company, now: datetime, objects: _Objects
    ) -> None:
        super().__init__(transaction, key, company, now)
        self._objects = objects

    def sources(self, uids: Sequence[bytes]) -> dict[bytes, Sources]:
        found = super().sources(uids)
        for uid in uids:
            for name, each in self._objects[uid].items():
                _add(found[uid], name, each)
        return found


def _add(sources: Sources, name: str, item: _Object) -> None:
    calendars = item.calendars
    sources.copies = [copy for copy in sources.copies if copy.name != name]
    sources.copies.append(CalendarCopy(name=name, meeting=load(item.data, item.ref), owners=calendars.addresses))
    place = StoredPlace(calendars.account_id, "", Auth.UNKNOWN.value, "", calendars.level.value)
    sources.places.append(place)
    sources.is_private |= item.is_private
    sources.zones[name] = calendars.time_zone
    sources.since.append(calendars.since_at)
