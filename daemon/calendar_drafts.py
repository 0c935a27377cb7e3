"""Calendar objects made ready for the store, under the company's policy. Knows no database."""

from __future__ import annotations

from datetime import UTC, datetime, time

from connectors.api import AttendeeRole, Meeting, Unreadable
from matching import policy
from matching.addresses import normalize
from matching.calendar_events import away, organizer_of
from matching.policy import MAX_RECIPIENTS, Company, Create
from store.keys import IdentityKey
from store.meetings.meeting_facts import MeetingDraft, Party, TooLong, dump, uid_key


def draft(meeting: Meeting, company: Company, key: IdentityKey) -> MeetingDraft | Unreadable:
    """The calendar object as the store takes it, under the company's policy."""
    try:
        data = dump(meeting)
    except TooLong:
        return Unreadable(meeting.ref, "the calendar object holds too much")
    parties = _parties(meeting, company)
    own = organizer_of(meeting)
    may_make = company.create is not Create.OFF and len(parties) <= MAX_RECIPIENTS
    return MeetingDraft(
        ref=meeting.ref,
        uid=meeting.uid,
        uid_key=uid_key(key, meeting.uid),
        meeting=meeting,
        data=data,
        size=meeting.size,
        parties=parties,
        made=tuple(p.base for p in parties if p.is_creatable) if may_make else (),
        is_own=not own or company.own.owns(own),
        starts_at=_starts_at(meeting),
        is_private=any(event.classification != "public" for event in meeting.events),
        subject=next((event.subject for event in meeting.events), ""),
        away=away(meeting, company.times.usual.zone),
    )


def _parties(meeting: Meeting, company: Company) -> tuple[Party, ...]:
    """All who take part in any of its events, each once; rooms are nobody."""
    found: dict[str, Party] = {}
    for event in meeting.events:
        for person in (*([event.organizer] if event.organizer else ()), *event.attendees):
            normal = normalize(person.email)
            if normal is None or person.role is AttendeeRole.RESOURCE:
                continue
            is_outside = not company.own.owns(normal)
            is_creatable = is_outside and not person.is_group and policy.is_creatable(normal)
            found.setdefault(normal, Party(normal, company.rules.base(normal), is_outside, is_creatable))
    return tuple(found.values())


def _starts_at(meeting: Meeting) -> datetime | None:
    """Roughly: for whoever orders what was skipped."""
    local = next((event.start.local for event in meeting.events if event.start is not None), None)
    if local is None:
        return None
    return local.replace(tzinfo=UTC) if isinstance(local, datetime) else datetime.combine(local, time(), UTC)
