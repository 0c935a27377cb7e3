"""What is to become of meetings: their occurrences, who takes part and what each answered. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from connectors.api import Attendee, AttendeeRole, Event, EventStatus, Meeting, Occurrence, Response, occurrences
from matching import meetings as matching
from matching import policy
from matching.addresses import normalize
from matching.calendar_events import LONG_AGO
from matching.meetings import Answer, Resolved, Status, is_declined, status_of
from matching.policy import MAX_RECIPIENTS, Company, Create
from matching.visibility import Level, narrowest, shows_subject, widest
from store.accounts import standings
from store.accounts.standings import Reading
from store.engine import Transaction
from store.keys import IdentityKey
from store.meetings import calendars, meeting_rows
from store.meetings.calendars import Sources
from store.meetings.meeting_rows import AttendeeRow, MeetingRow, SeriesRow

#: Occurrences are rows so far ahead.
AHEAD = timedelta(days=90)
#: Without a calendar whose account says from when on meetings count, so far back from when the meeting was seen first.
_BACK = timedelta(days=730)
#: What has ended may change for so long, so that the last word on it has come.
SETTLING = timedelta(hours=1)
#: It may change until all that hold it have been read since; whoever fails for so long is not waited for.
_PATIENCE = timedelta(days=14)
#: While that is waited for, it is looked at again after a part of the time that passed, within these bounds.
_SOON, _LATE = timedelta(minutes=5), timedelta(hours=1)
#: A series has further occurrences by then.
_ROLLING = timedelta(days=1)
_ROLES = {
    AttendeeRole.CHAIR: "required",
    AttendeeRole.REQUIRED: "required",
    AttendeeRole.OPTIONAL: "optional",
    AttendeeRole.INFORMED: "optional",
    AttendeeRole.RESOURCE: "resource",
}
#: What the organizer of a meeting says to it.
_OWN_MEETING = Answer(Response.ACCEPTED, None, "")


class Person(NamedTuple):
    """Somebody who takes part in an occurrence."""

    normal: str
    email: str
    name: str
    role: str
    response: str
    responded_at: datetime | None
    source: str
    is_own: bool
    is_creatable: bool

    @property
    def is_outside(self) -> bool:
        """Is it neither one of ours nor a room or a device?"""
        return not self.is_own and self.role != "resource"


@dataclass(slots=True)
class Held:
    """An occurrence on its way to its rows."""

    row: MeetingRow
    people: Sequence[Person]
    occurred_at: datetime
    direction: str
    #: Address -> the contact that holds it.
    contacts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """What is to become of one UID."""

    uid_key: bytes
    sources: Sources
    resolved: Resolved
    level: Level
    state: SeriesRow
    #: What had ended by then does not change any more.
    settled_at: datetime
    held: list[Held] = field(default_factory=list)
    #: Number of the event's object -> who takes part, where that is the same for all its occurrences.
    people: dict[int, Sequence[Person]] = field(default_factory=dict)
    is_published: bool = False


class Planner:
    """Plans UIDs from what is stored of them."""

    def __init__(self, transaction: Transaction, key: IdentityKey, company: Company, now: datetime) -> None:
        self.transaction = transaction
        self.key = key
        self.company = company
        self.now = now
        self.before: list[MeetingRow] = []
        self.people_before: dict[str, list[AttendeeRow]] = {}
        self._readings: dict[str, Reading] = {}

    def plans(self, uids: Sequence[bytes]) -> list[Plan]:
        """What is known of them, as occurrences."""
        found = self.sources(uids)
        self.before, self.people_before = meeting_rows.stored(self.transaction, uids)
        stored: dict[bytes, dict[str, MeetingRow]] = {uid: {} for uid in uids}
        for row in self.before:
            stored[row.uid_key][row.id] = row
        states = meeting_rows.states(self.transaction, uids)
        accounts = {place.account_id for each in found.values() for place in each.places}
        self._readings = standings.readings(self.transaction, accounts)
        return [self._plan(uid, found[uid], states.get(uid), stored[uid]) for uid in uids]

    def sources(self, uids: Sequence[bytes]) -> dict[bytes, Sources]:
        """UID -> all that is said of it."""
        return calendars.sources(self.transaction, uids)

    def _plan(self, uid: bytes, sources: Sources, state: SeriesRow | None, stored: dict[str, MeetingRow]) -> Plan:
        known = state or SeriesRow(uid, self.now, self.now - SETTLING)
        plan = Plan(
            uid_key=uid,
            sources=sources,
            resolved=matching.resolve(sources.copies, sources.mails),
            level=self._level(sources),
            state=known,
            settled_at=self._heard_at(sources) - SETTLING,
        )
        held = [*self._occurrences(plan, stored), *self._frozen(plan, stored.values())]
        if known.kept_from_at is not None:
            held = [each for each in held if each.row.over_at >= known.kept_from_at]
        if known.named_from_at is not None:
            for each in held:
                if each.row.over_at < known.named_from_at:
                    each.row = each.row._replace(subject=None, location=None, conference_url=None)
        held.sort(key=lambda each: (each.row.over_at, each.row.id))
        plan.held = held
        settled_at = max(plan.settled_at, known.settled_at)
        plan.state = known._replace(settled_at=settled_at, due_at=self._due_at(plan))
        return plan

    def _heard_at(self, sources: Sources) -> datetime:
        """Until when all is known that calendars say of it, or mailboxes where no calendar holds it."""
        found = {self._readings[place.account_id] for place in sources.places if place.account_id in self._readings}
        patient = [each for each in found if each.failing_since is None or self.now - each.failing_since < _PATIENCE]
        return min([self.now, *(each.read_at or LONG_AGO + SETTLING for each in patient)])

    def _level(self, sources: Sources) -> Level:
        choose = widest if self.company.shows_widest else narrowest
        levels = [choose(Level(place.visibility) for place in sources.places)]
        return narrowest([*levels, self.company.confidential] if sources.is_private else levels)

    def _occurrences(self, plan: Plan, stored: dict[str, MeetingRow]) -> Iterator[Held]:
        """Those that may still change, or that were not known before."""
        meeting, known = plan.resolved.meeting, plan.state
        if meeting is None or plan.level is Level.NONE:
            return
        zone = _zone(plan)
        series_id = None
        for each in occurrences(meeting, self._since(plan), self.now + AHEAD, str(zone)):
            over_at = _instant(each.ends, zone)
            row_id = self.key.id("meeting", meeting.uid, each.recurrence_id)
            before = stored.get(row_id)
            if before is not None and before.is_frozen:
                continue
            if before is None and known.first_seen_at < over_at <= known.settled_at:
                continue  # when its time came it was not planned
            if each.recurrence_id and series_id is None:
                series_id = self.key.id("series", meeting.uid)
            # one that was put into a time of which nothing had been heard was there in time
            is_new = before is None and over_at > max(known.first_seen_at, known.settled_at)
            is_observed = over_at > self.now or is_new or (before is not None and before.is_observed)
            yield self._held(plan, meeting, each, row_id, series_id, over_at, is_observed=is_observed)

    def _since(self, plan: Plan) -> datetime:
        since = min((each for each in plan.sources.since if each is not None), default=None)
        return plan.state.first_seen_at - _BACK if since is None or None in plan.sources.since else since

    def _held(
        self,
        plan: Plan,
        meeting: Meeting,
        each: Occurrence,
        row_id: str,
        series_id: str | None,
        over_at: datetime,
        *,
        is_observed: bool,
    ) -> Held:
        event, is_all_day = each.event, not isinstance(each.starts, datetime)
        people = self._people(plan, each, over_at)
        deleted_at = plan.resolved.deleted_at
        is_cancelled = event.status is EventStatus.CANCELLED or (deleted_at is not None and deleted_at < over_at)
        ours = _ours(people, plan)
        status = status_of(is_cancelled=is_cancelled, is_over=over_at <= self.now, ours=ours)
        is_shown = shows_subject(plan.level)
        starts_at = _instant(each.starts, UTC)
        row = MeetingRow(
            id=row_id,
            interaction_id=self.key.id("meeting_interaction", meeting.uid, each.recurrence_id),
            uid=meeting.uid,
            recurrence_id=each.recurrence_id or None,
            series_id=series_id if each.recurrence_id else None,
            starts_at=None if is_all_day else starts_at,
            ends_at=None if is_all_day else over_at,
            starts_on=_day(each.starts) if is_all_day else None,
            ends_on=max(_day(each.starts), _day(each.ends) - timedelta(days=1)) if is_all_day else None,
            is_all_day=is_all_day,
            time_zone=None if is_all_day else _zone_name(event, meeting),
            subject=event.subject if is_shown else None,
            location=event.location if is_shown else None,
            conference_url=event.conference_url or None if is_shown else None,
            status=status.value,
            is_declined=not is_cancelled and is_declined(ours),
            is_tentative=event.status is EventStatus.TENTATIVE,
            moved_count=plan.resolved.moves(event),
            uid_key=plan.uid_key,
            over_at=over_at,
            is_observed=is_observed,
            is_frozen=is_observed and over_at <= plan.settled_at,
        )
        return Held(row, people, starts_at, self._direction(plan.resolved.organizer))

    def _people(self, plan: Plan, each: Occurrence, over_at: datetime) -> Sequence[Person]:
        """The organizer first, then the attendees, each address once."""
        if not plan.resolved.is_alike:
            return self._asked(plan.resolved, each, over_at)
        found = plan.people.get(id(each.event))
        if found is None:
            found = plan.people[id(each.event)] = self._asked(plan.resolved, each, over_at)
        return found

    def _asked(self, resolved: Resolved, each: Occurrence, over_at: datetime) -> list[Person]:
        event = each.event
        organizer = event.organizer or Attendee(email=resolved.organizer)
        found: dict[str, Person] = {}
        for person in (organizer, *event.attendees):
            normal = normalize(person.email)
            if normal is None:
                continue
            known = found.get(normal)
            if normal == resolved.organizer:
                name = person.name or (known.name if known else "")
                found[normal] = self._person(normal, person, name, "organizer", _OWN_MEETING)
            elif known is None:
                answer = resolved.answer(normal, each.recurrence_id, event, over_at)
                found[normal] = self._person(normal, person, person.name, _ROLES[person.role], answer)
        return list(found.values())

    def _person(self, normal: str, person: Attendee, name: str, role: str, answer: Answer) -> Person:
        is_own = self.company.own.owns(normal)
        is_creatable = not person.is_group and person.role is not AttendeeRole.RESOURCE and policy.is_creatable(normal)
        return Person(
            *(normal, person.email, name, role, answer.response.value, answer.at, answer.source, is_own, is_creatable)
        )

    def _direction(self, organizer: str) -> str:
        return "outbound" if not organizer or self.company.own.owns(organizer) else "inbound"

    def _frozen(self, plan: Plan, stored: Iterable[MeetingRow]) -> Iterator[Held]:
        """Those of which nothing changes any more, as they were known when they had ended."""
        return (self._as_it_was(row, plan.resolved) for row in stored if row.is_frozen)

    def _as_it_was(self, row: MeetingRow, resolved: Resolved) -> Held:
        people = [
            Person(
                normal=each.address,
                email=each.address,
                name="",
                role=each.role,
                response=each.response,
                responded_at=each.responded_at,
                source=each.source,
                is_own=self.company.own.owns(each.address),
                is_creatable=policy.is_creatable(each.address),
            )
            for each in self.people_before.get(row.id, ())
        ]
        organizer = next((each.normal for each in people if each.role == "organizer"), resolved.organizer)
        day = row.starts_on
        starts_at = row.starts_at or (datetime.combine(day, time(), UTC) if day else row.over_at)
        return Held(row, people, starts_at, self._direction(organizer))

    def _due_at(self, plan: Plan) -> datetime | None:
        """When time changes something: one ends, is settled, or comes into sight."""
        times = [self.now + _ROLLING] if _is_recurring(plan.resolved.meeting) else []
        again_at = self.now + min(max((self.now - SETTLING - plan.settled_at) / 8, _SOON), _LATE)
        for each in plan.held:
            row = each.row
            if not row.is_frozen and row.is_observed:
                ends = row.over_at if row.over_at > self.now else row.over_at + SETTLING
                times.append(ends if ends > self.now else again_at)
            elif row.over_at > self.now:
                times.append(row.over_at)
        if plan.resolved.meeting is not None and not plan.held:
            times += _entries(plan.resolved.meeting, self.now)
        return min(times, default=None)

    def made(self, plan: Plan) -> Iterator[Person]:
        """Whom the meetings make contacts: those outside who met us, under the policy."""
        create = self.company.create
        if create is Create.OFF:
            return
        for each in plan.held:
            is_met = each.row.status == Status.HELD
            if len(each.people) > MAX_RECIPIENTS or not (is_met or create is Create.ALL):
                continue
            for person in each.people:
                if person.is_outside and person.is_creatable and person.response != Response.DECLINED:
                    yield person


def _ours(people: Iterable[Person], plan: Plan) -> list[Response]:
    """The answers of our people; whose calendar holds it without naming one of ours takes part."""
    answers = [Response(each.response) for each in people if each.is_own]
    is_held = any(copy.removed_at is None for copy in plan.sources.copies) or not plan.sources.copies
    return answers or ([Response.NEEDS_ACTION] if is_held else [])


def _zone(plan: Plan) -> ZoneInfo:
    """Of the calendar's owner: for floating times and whole days."""
    base = plan.resolved.base
    name = plan.sources.zones.get(base.name, "") if base is not None else ""
    try:
        return ZoneInfo(name or "UTC")
    except (LookupError, ValueError, OSError):
        return ZoneInfo("UTC")


def _zone_name(event: Event, meeting: Meeting) -> str | None:
    zone = event.start.zone if event.start is not None else ""
    return zone if zone and all(name != zone for name, _text in meeting.zones) else None


def _instant(value: datetime | date, zone: tzinfo) -> datetime:
    if isinstance(value, datetime):
        return value  # in UTC
    return datetime.combine(value, time(), zone).astimezone(UTC)


def _day(value: datetime | date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _is_recurring(meeting: Meeting | None) -> bool:
    return meeting is not None and any(event.rules or event.extra for event in meeting.events)


def _entries(meeting: Meeting, now: datetime) -> list[datetime]:
    """When a meeting that is far ahead comes into sight, a day too early at most."""
    days = [_day(event.start.local) for event in meeting.events if event.start is not None]
    starts = [datetime.combine(day, time(), UTC) for day in days]
    # nothing is added to them: behind the last of all days, where programs put what has no day, there is none
    return [
        max(start - AHEAD - timedelta(days=1), now + _ROLLING) for start in starts if start > now - timedelta(days=2)
    ]
