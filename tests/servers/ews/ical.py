"""iCalendar as Exchange takes it in. ([MS-OXCICAL]) Rules that Exchange can't hold are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from importlib import import_module
from typing import Any
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tests.servers.ews.agenda import Agenda, Attendee
from tests.servers.ews.appointments import Appointment, Exception_
from tests.servers.ews.mime import mailbox as mailbox_element
from tests.servers.ews.recurrence import DAYS, Recurrence
from tests.servers.ews.store import FolderPath
from tests.servers.ews.wire import t, value
from tests.servers.ews.zones import WINDOWS

#: Its types name every kind of property at once.
icalendar: Any = import_module("icalendar")

_DAYS = {day[:2].upper(): day for day in DAYS}
_INDEX = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", -1: "Last"}
_RESPONSES = {
    "ACCEPTED": "Accept",
    "DECLINED": "Decline",
    "TENTATIVE": "Tentative",
    "NEEDS-ACTION": "NoResponseReceived",
}
_SENSITIVITY = {"PRIVATE": "Private", "CONFIDENTIAL": "Confidential"}
_GROUPS = {frozenset(DAYS): "Day", frozenset(DAYS[:5]): "Weekday", frozenset(DAYS[5:]): "WeekendDay"}


def put_ical(mailbox: Agenda, path: FolderPath, raw: bytes) -> str:
    """Put the one object of a calendar file, new or again; its ItemId.

    Raises ValueError where Exchange has no such rule.
    """
    events = list(icalendar.Calendar.from_ical(raw).walk("VEVENT"))
    master = next((one for one in events if "RECURRENCE-ID" not in one), None)
    if master is None or "UID" not in master:
        raise ValueError("an object without a master, or without a UID, is not held by Exchange")
    if any(one is not master and "RECURRENCE-ID" not in one for one in events):
        raise ValueError("more than one object")
    made = _appointment(mailbox, master)
    for one in events:
        if one is master:
            continue
        day = made.day_of(_moment(one["RECURRENCE-ID"].dt, made.zone))
        start, end = _times(one, made.zone)
        properties: dict[str, Element | None] = dict(_properties(mailbox, one))
        properties.pop("UID")
        made.exceptions[day] = Exception_(start, end, properties)
    return mailbox.put_appointment(path, made)


def read_ical(mailbox: Agenda, raw: bytes) -> tuple[Appointment, datetime | None]:
    """(the meeting of an invitation, which occurrence it is about or None). Raises ValueError."""
    events = list(icalendar.Calendar.from_ical(raw).walk("VEVENT"))
    if not events:
        raise ValueError("no VEVENT")
    made = _appointment(mailbox, events[0])
    held = events[0].get("RECURRENCE-ID")
    return made, None if held is None else _moment(held.dt, made.zone)


def _appointment(mailbox: Agenda, event: Any) -> Appointment:
    zone = _zone(event["DTSTART"].dt)
    start, end = _times(event, zone)
    is_all_day = not isinstance(event["DTSTART"].dt, datetime)
    made = Appointment(start, end, zone, is_all_day, properties=_properties(mailbox, event))
    if "RDATE" in event or isinstance(event.get("RRULE"), list):
        raise ValueError("Exchange holds one rule, and no times beside it")
    if "RRULE" in event:
        made.recurrence = _recurrence(event["RRULE"], start.astimezone(ZoneInfo(zone)).date(), zone)
    out = event.get("EXDATE", [])
    for held in out if isinstance(out, list) else [out]:
        made.deleted |= {made.day_of(_moment(one.dt, zone)) for one in held.dts}
    made.deleted &= set(made.days()) if made.deleted else set()
    return made


def _times(event: Any, zone: str) -> tuple[datetime, datetime]:
    begin = event["DTSTART"].dt
    start = _moment(begin, zone)
    if "DTEND" in event:
        return start, _moment(event["DTEND"].dt, zone)
    if "DURATION" in event:
        return start, start + event["DURATION"].dt
    return start, start if isinstance(begin, datetime) else _moment(begin + timedelta(days=1), zone)


def _moment(said: date, zone: str) -> datetime:
    if not isinstance(said, datetime):
        said = datetime.combine(said, time())
    return (said.replace(tzinfo=ZoneInfo(zone)) if said.tzinfo is None else said).astimezone(UTC)


def _zone(start: date) -> str:
    """The zone of the database; one that Exchange can't name becomes UTC."""
    name = str(getattr(getattr(start, "tzinfo", None), "key", "UTC"))
    name = WINDOWS.get(name, name)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"
    return name


def _properties(mailbox: Agenda, event: Any) -> dict[str, Element]:
    said: dict[str, object] = {"UID": str(event["UID"])}
    for name, key in (("Subject", "SUMMARY"), ("Location", "LOCATION")):
        if event.get(key):
            said[name] = str(event[key])
    said["AppointmentSequenceNumber"] = int(event.get("SEQUENCE", 0))
    said["Sensitivity"] = _SENSITIVITY.get(str(event.get("CLASS", "")), "Normal")
    said["LegacyFreeBusyStatus"] = "Free" if event.get("TRANSP") == "TRANSPARENT" else "Busy"
    if str(event.get("STATUS", "")) == "TENTATIVE":
        said["LegacyFreeBusyStatus"] = "Tentative"
    said["IsCancelled"] = str(event.get("STATUS", "")) == "CANCELLED"
    made = {name: value(name, one) for name, one in said.items()}
    if event.get("DESCRIPTION"):
        made["Body"] = t("Body", text=str(event["DESCRIPTION"]), BodyType="Text")
    organizer = event.get("ORGANIZER")
    held = event.get("ATTENDEE", [])
    people = [_attendee(one) for one in (held if isinstance(held, list) else [held])]
    if organizer is not None:
        box = mailbox_element(str(organizer.params.get("CN", "")), _address(organizer), mailbox.legacy)
        made["Organizer"] = t("Organizer", box)
    made |= mailbox.attendee_elements(people)
    mine = [one.response for one in people if one.address.lower() == mailbox.address]
    is_mine = organizer is not None and _address(organizer).lower() == mailbox.address
    response = "Organizer" if is_mine else mine[0] if mine else "Unknown"
    made["MyResponseType"] = value("MyResponseType", response)
    return made


def _attendee(said: Any) -> Attendee:
    role = str(said.params.get("ROLE", ""))
    is_resource = str(said.params.get("CUTYPE", "")) in {"ROOM", "RESOURCE"}
    kind = "Resource" if is_resource else "Optional" if role == "OPT-PARTICIPANT" else "Required"
    response = _RESPONSES.get(str(said.params.get("PARTSTAT", "")), "Unknown")
    return Attendee(_address(said), str(said.params.get("CN", "")), response, kind)


def _address(said: Any) -> str:
    text = str(said)
    return text[7:] if text.lower().startswith("mailto:") else text


def _recurrence(rule: Any, start: date, zone: str) -> Recurrence:
    parts = {str(key): list(held) for key, held in rule.items()}
    frequency = str(parts.pop("FREQ")[0])
    interval = int(parts.pop("INTERVAL", [1])[0])
    ending: dict[str, Any] = {}
    if "COUNT" in parts:
        ending["count"] = int(parts.pop("COUNT")[0])
    if "UNTIL" in parts:
        until = parts.pop("UNTIL")[0]
        is_time = isinstance(until, datetime) and until.tzinfo is not None
        ending["end"] = until.astimezone(ZoneInfo(zone)).date() if is_time else date(until.year, until.month, until.day)
    ending["first_day"] = _DAYS[str(parts.pop("WKST", ["MO"])[0])]
    days = [str(one) for one in parts.pop("BYDAY", [])]
    names = tuple(_DAYS[one[-2:]] for one in days)
    numbers = {int(one[:-2]) for one in days if one[:-2]}
    positions = [int(one) for one in parts.pop("BYSETPOS", [])] or sorted(numbers)
    month_days = [int(one) for one in parts.pop("BYMONTHDAY", [])]
    months = [int(one) for one in parts.pop("BYMONTH", [])]
    if parts or len(months) > 1 or len(month_days) > 1 or len(positions) > 1 or (month_days and days):
        raise ValueError(f"Exchange has no such rule: {rule.to_ical()!r}")
    if frequency in {"DAILY", "WEEKLY"} and not (positions or month_days or months):
        if frequency == "DAILY" and not names:
            return Recurrence("DailyRecurrence", start, interval, **ending)
        if frequency == "WEEKLY" or interval == 1:
            return Recurrence("WeeklyRecurrence", start, interval, names or (DAYS[start.weekday()],), **ending)
    span = {"MONTHLY": "Monthly", "YEARLY": "Yearly"}.get(frequency)
    if span is None or (span == "Monthly" and months) or (span == "Yearly" and interval != 1):
        raise ValueError(f"Exchange has no such rule: {rule.to_ical()!r}")
    month = (months[0] if months else start.month) if span == "Yearly" else 0
    if days:
        chosen = names[0] if len(names) == 1 else _GROUPS.get(frozenset(names), "")
        if not positions or positions[0] not in _INDEX or not chosen or (span == "Yearly" and not months):
            raise ValueError(f"Exchange has no such rule: {rule.to_ical()!r}")
        return Recurrence(
            f"Relative{span}Recurrence", start, interval, (chosen,), _INDEX[positions[0]], 0, month, **ending
        )
    day = month_days[0] if month_days else start.day
    if positions or day < -1:
        raise ValueError(f"Exchange has no such rule: {rule.to_ical()!r}")
    return Recurrence(f"Absolute{span}Recurrence", start, interval, (), "", 31 if day == -1 else day, month, **ending)
