"""Calendar objects as bytes, and back: all that occurrences are made of, without another download.

What a meeting is described by (DESCRIPTION) is not kept.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

from connectors.api import Attendee, AttendeeRole, Event, EventStatus, Meeting, Moment, Response
from matching.meetings import Former
from store.keys import IdentityKey

#: More than so many bytes of JSON are no meeting of people: the object is quarantined.
LONGEST = 1024 * 1024


class TooLong(ValueError):
    """The object holds more than is kept of one."""


def uid_key(key: IdentityKey, uid: str) -> bytes:
    """The keyed hash by which all that speaks of a UID is found."""
    return key.digest("uid", uid)


def dump(meeting: Meeting) -> bytes:
    """All of it but where it lies and its description; raises TooLong."""
    value = {
        "uid": meeting.uid,
        "method": meeting.method,
        "events": [_changed(each, _BLANK_EVENT) for each in meeting.events],
        "zones": meeting.zones,
        "size": meeting.size,
        "is_truncated": meeting.is_truncated,
    }
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8", "replace")
    if len(text) > LONGEST:
        raise TooLong
    return zlib.compress(text, 6)


def load(data: bytes, ref: str = "") -> Meeting:
    """What `dump` was given."""
    value = json.loads(zlib.decompress(data))
    return Meeting(
        ref=ref,
        uid=value["uid"],
        method=value["method"],
        events=tuple(_event_of(each) for each in value["events"]),
        zones=tuple((name, text) for name, text in value["zones"]),
        size=value["size"],
        is_truncated=value["is_truncated"],
    )


def text_of(data: bytes) -> str:
    """All words in it, for whoever looks for an address."""
    return zlib.decompress(data).decode("utf-8")


def bare(data: bytes) -> bytes:
    """The same without what it is about and where: when it takes place and with whom stays."""
    meeting = load(data)
    return dump(replace(meeting, events=tuple(map(bare_event, meeting.events))))


def bare_event(event: Event) -> Event:
    """When, and with whom."""
    return replace(event, subject="", location="", conference_url="")


def dump_former(former: Former) -> str:
    """As JSON; "" where there is nothing."""
    if not former:
        return ""
    value = {"starts": former.starts, "left_out": [_moment(each) for each in former.left_out]}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def load_former(text: str) -> Former:
    """What `dump_former` was given."""
    if not text:
        return Former()
    value = json.loads(text)
    starts = tuple((rid, start) for rid, start in value["starts"])
    return Former(starts, tuple(_moment_of(each) for each in value["left_out"]))


def _moment(value: Moment) -> list[str]:
    return [value.local.isoformat(), value.zone]


def _moment_of(value: Sequence[str]) -> Moment:
    text, zone = value
    return Moment(datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text), zone)


def _plain(value: Any) -> Any:
    match value:
        case str() | int() | None:
            return value
        case Moment():
            return _moment(value)
        case Attendee():
            return _changed(value, _BLANK_ATTENDEE)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case tuple():
            return [_plain(each) for each in value]
        case _:
            return value


def _changed(record: Event | Attendee, blank: dict[str, Any]) -> dict[str, Any]:
    """The fields that are not as in a blank record."""
    return {name: _plain(value) for name, nothing in blank.items() if (value := getattr(record, name)) != nothing}


def _fields_of(record: Event | Attendee) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


_BLANK_EVENT = {name: value for name, value in _fields_of(Event(uid="")).items() if name != "text"}
_BLANK_ATTENDEE = _fields_of(Attendee(email=""))


def _attendee_of(value: dict[str, Any]) -> Attendee:
    return Attendee(**{"email": "", **_read(value)})


def _event_of(value: dict[str, Any]) -> Event:
    return Event(**{"uid": "", **_read(value)})


def _read(value: dict[str, Any]) -> dict[str, Any]:
    """The fields of a record from JSON."""
    return {name: _READ[name](each) if name in _READ else each for name, each in value.items()}


_READ: dict[str, Callable[[Any], Any]] = {
    # enums by their values: a call of the class takes three times as long
    "role": {each.value: each for each in AttendeeRole}.__getitem__,
    "response": {each.value: each for each in Response}.__getitem__,
    "status": {each.value: each for each in EventStatus}.__getitem__,
    "recurrence_id": _moment_of,
    "start": _moment_of,
    "end": _moment_of,
    "left_out": lambda moments: tuple(map(_moment_of, moments)),
    "extra": lambda spans: tuple((_moment_of(start), _moment_of(end) if end else None) for start, end in spans),
    "stamped_at": datetime.fromisoformat,
    "organizer": _attendee_of,
    "attendees": lambda people: tuple(map(_attendee_of, people)),
    "rules": tuple,
    "delegated_to": tuple,
    "delegated_from": tuple,
}


#: From and until: aware UTC instants, or days, the last exclusive.
Span: TypeAlias = tuple[datetime | date, datetime | date]


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody outside or of ours who takes part in a calendar object."""

    normal: str
    base: str
    is_outside: bool
    #: May a meeting make a contact of this address? No machine, no room, no group.
    is_creatable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingDraft:
    """A calendar object on its way into the store; plain values, for it may be made in another process."""

    ref: str
    uid: str
    uid_key: bytes
    meeting: Meeting
    data: bytes
    size: int
    parties: tuple[Party, ...]
    #: Bases of the outsiders whom it may make contacts, now or when it has been held.
    made: tuple[str, ...]
    #: Is somebody of ours the organizer?
    is_own: bool
    starts_at: datetime | None
    is_private: bool
    subject: str
    #: When whose calendar it is is away by it.
    away: tuple[Span, ...] = ()

    @property
    def outside(self) -> tuple[Party, ...]:
        """Those of other companies, in the order of the event."""
        return tuple(each for each in self.parties if each.is_outside)


def invited(meetings: Iterable[Meeting], key: IdentityKey) -> tuple[tuple[int, bytes, str, bytes], ...]:
    """(position, UID's hash, method, data) of a mail's calendar objects; those that are too long are left out."""
    found = []
    for position, each in enumerate(meetings):
        try:
            found.append((position, uid_key(key, each.uid), each.method, dump(each)))
        except TooLong:
            continue
    return tuple(found)
