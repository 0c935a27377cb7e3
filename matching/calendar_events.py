"""Events of calendar objects: which occurrence each is, who takes part, which is newer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from connectors.api import Event, EventStatus, Meeting, Moment, occurrences
from matching.addresses import normalize

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
#: Between these absence is looked for (as matching.workdays has working time).
_FIRST, _LAST = datetime(1950, 1, 1, tzinfo=UTC), datetime(2150, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def key_of(moment: Moment | None) -> str:
    """An occurrence's name, as `Occurrence` has it, where its zone has a name; "" is the series itself."""
    if moment is None:
        return ""
    local = moment.local
    if not isinstance(local, datetime):
        return local.isoformat()
    try:
        instant = local.replace(tzinfo=ZoneInfo(moment.zone)).astimezone(UTC)
    except (ValueError, OSError, OverflowError):
        return f"{local.isoformat()} {moment.zone}"  # floating, or of a zone of its own
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def normals_of(event: Event) -> list[str]:
    """Normal forms of all who take part, the organizer first."""
    people = ([event.organizer] if event.organizer else []) + list(event.attendees)
    return list(dict.fromkeys(normal for each in people if (normal := normalize(each.email))))


def organizer_of(meeting: Meeting) -> str:
    """Normal form; "" where no event names one."""
    named = (normalize(each.organizer.email) for each in meeting.events if each.organizer)
    return next((normal for normal in named if normal), "")


def order_of(events: Sequence[Event]) -> tuple[int, datetime]:
    """SEQUENCE, then DTSTAMP, of the newest (RFC 5546, section 2.1.5)."""
    return max(((each.sequence, each.stamped_at or LONG_AGO) for each in events), default=(0, LONG_AGO))


def master_of(events: Iterable[Event]) -> Event | None:
    """The meeting or series itself."""
    return next((each for each in events if each.recurrence_id is None), None)


def cancelled_at(master: Event, recurrence_id: Moment) -> Event:
    """A cancelled occurrence of a series."""
    end = None
    if master.start is not None and master.end is not None:
        until = _clock(recurrence_id.local) + (_clock(master.end.local) - _clock(master.start.local))
        end = Moment(until if isinstance(recurrence_id.local, datetime) else until.date(), recurrence_id.zone)
    return replace(
        master,
        recurrence_id=recurrence_id,
        start=recurrence_id,
        end=end,
        rules=(),
        extra=(),
        left_out=(),
        status=EventStatus.CANCELLED,
    )


def _clock(value: datetime | date) -> datetime:
    """Wall clock, midnight of days."""
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def away(meeting: Meeting, zone: str) -> tuple[tuple[datetime | date, datetime | date], ...]:
    """When whose calendar it is is away by it: from and until, instants or days, the last day exclusive.

    Only what is marked as absence counts, whole days too. `zone`: of floating times. Of a series without end the first
    1,000 times.
    """
    if not any(event.is_away for event in meeting.events):
        return ()
    found = occurrences(meeting, _FIRST, _LAST, zone, earliest=True)
    return tuple(
        (each.starts, each.ends)
        for each in found
        if each.event.is_away and each.event.status is not EventStatus.CANCELLED
    )
