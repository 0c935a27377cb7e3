"""What a calendar item holds: when it is, its series, its exceptions; all else is properties as they are shown."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from tests.servers.ews.attachments import html_text
from tests.servers.ews.fields import MEETING_SET, ExtendedKey, Shape
from tests.servers.ews.recurrence import Recurrence, at, read_recurrence
from tests.servers.ews.wire import EwsError, moment, t, value
from tests.servers.ews.zones import WINDOWS, definition, windows_name

#: PidLidGlobalObjectId and PidLidCleanGlobalObjectId, by their long ids.
GLOBAL_OBJECT_ID: ExtendedKey = (MEETING_SET, 0x3, "Binary")
CLEAN_GLOBAL_OBJECT_ID: ExtendedKey = (MEETING_SET, 0x23, "Binary")
_GOID = bytes.fromhex("040000008200E00074C5B7101A82E008")
#: What changes when a series is.
_TIMES = frozenset({"Start", "End", "StartTimeZone", "EndTimeZone", "IsAllDayEvent", "Recurrence"})


@dataclass(slots=True)
class Span:
    """One time that it takes place; `original` is the day in the series, None for a meeting that stands alone."""

    start: datetime
    end: datetime
    original: date | None = None
    kind: str = "Single"


@dataclass(slots=True)
class Exception_:
    """An occurrence that is otherwise than its series."""

    start: datetime
    end: datetime
    properties: dict[str, Element | None] = field(default_factory=dict)


@dataclass(slots=True)
class Appointment:
    """Times are UTC; `zone` is a name of the database, in which the series goes on."""

    start: datetime
    end: datetime
    zone: str = "UTC"
    is_all_day: bool = False
    recurrence: Recurrence | None = None
    #: By the day in the zone on which the series has it.
    exceptions: dict[date, Exception_] = field(default_factory=dict)
    deleted: set[date] = field(default_factory=set)
    properties: dict[str, Element] = field(default_factory=dict)

    def get(self, name: str, shape: Shape) -> Element | None:
        """The property of this name, of a master or of what stands alone."""
        kind = "Single" if self.recurrence is None else "RecurringMaster"
        series = self._of_series(name)
        return series if series is not None else self.shown(name, Span(self.start, self.end, kind=kind), {}, shape)

    def _of_series(self, name: str) -> Element | None:
        if self.recurrence is None:
            return None
        if name == "Recurrence":
            return self.recurrence.element(self.zone)
        if name == "ModifiedOccurrences" and self.exceptions:
            return t(name, [_occurrence("Occurrence", day, e.start, e.end, self.begin(day))
                            for day, e in sorted(self.exceptions.items())])  # fmt: skip
        if name == "DeletedOccurrences" and self.deleted:
            return t(name, [t("DeletedOccurrence", value("Start", self.begin(day))) for day in sorted(self.deleted)])
        is_endless = self.recurrence.end is None and self.recurrence.count is None
        if name == "FirstOccurrence" or (name == "LastOccurrence" and not is_endless):
            spans = list(self.spans()) if name == "LastOccurrence" else [next(self.spans(), None)]
            span = spans[-1] if spans else None
            if span is not None and span.original is not None:
                return _occurrence(name, span.original, span.start, span.end, self.begin(span.original))
        return None

    def shown(self, name: str, span: Span, own: dict[str, Element | None], shape: Shape) -> Element | None:
        """The property of one time that it takes place; `own` stands before what the series has."""
        if name in own:
            return copy.deepcopy(own[name])
        held = {**self.properties, **{key: one for key, one in own.items() if one is not None}}
        if name in {"StartTimeZone", "EndTimeZone"}:
            return definition(name, windows_name(self.zone))
        if name == "TextBody":
            return _text_body(held.get("Body"))
        if name == "Body":
            return _body(held.get("Body"), shape)
        original = None if span.original is None else self.begin(span.original)
        plain: dict[str, object] = {
            "Start": span.start,
            "End": span.end,
            "OriginalStart": original,
            "RecurrenceId": original,
            "IsAllDayEvent": self.is_all_day,
            "CalendarItemType": span.kind,
            "IsRecurring": self.recurrence is not None,
            "StartTimeZoneId": windows_name(self.zone),
            "EndTimeZoneId": windows_name(self.zone),
            "StartWallClock": None,
            "Duration": _duration(span.end - span.start),
            "TimeZone": f"({windows_name(self.zone)})",
            "IsMeeting": "Organizer" in held and bool({"RequiredAttendees", "OptionalAttendees"} & held.keys()),
            "IsCancelled": False,
            "MeetingRequestWasSent": False,
            "IsResponseRequested": True,
            "MyResponseType": "Unknown",
            "LegacyFreeBusyStatus": "Busy",
            "AppointmentSequenceNumber": 0,
            "AppointmentState": 0,
            "ConflictingMeetingCount": 0,
            "AdjacentMeetingCount": 0,
            "AllowNewTimeProposal": True,
            "IsOnlineMeeting": False,
        }
        if name in held:
            return copy.deepcopy(held[name])
        said = plain.get(name)
        return None if said is None else value(name, said)

    def set(self, name: str, element: Element | None) -> bool:
        """Change when it is; False where the property is of another kind. A changed series loses its exceptions."""
        if name not in _TIMES:
            return False
        if element is None and name != "Recurrence":
            raise EwsError("ErrorInvalidPropertyDelete", "The property can't be deleted.")
        text = "" if element is None else element.text or ""
        if name == "Start":
            self.end += moment(text) - self.start if self.recurrence is not None else timedelta()
            self.start = moment(text)
        elif name == "End":
            self.end = moment(text)
        elif name == "IsAllDayEvent":
            self.is_all_day = text in {"true", "1"}
        elif name == "Recurrence":
            self.recurrence = None if element is None else read_recurrence(element)
        elif element is not None:
            self.zone = WINDOWS.get(element.get("Id", ""), "UTC")
        self.exceptions.clear()
        self.deleted.clear()
        return True

    def extended(self, key: ExtendedKey, day: date | None = None) -> str | None:
        """GlobalObjectId, and the same without the day."""
        uid = self.properties.get("UID")
        if uid is None or key not in {GLOBAL_OBJECT_ID, CLEAN_GLOBAL_OBJECT_ID}:
            return None
        raw = global_object_id(uid.text or "")
        return base64.b64encode(with_day(raw, day) if key == GLOBAL_OBJECT_ID else raw).decode()

    # the series

    def begin(self, day: date) -> datetime:
        """When the series has its occurrence of that day."""
        return at(day, self.start.astimezone(ZoneInfo(self.zone)).time(), self.zone)

    def day_of(self, when: datetime | date) -> date:
        """The day of the series that an original start names."""
        return when.astimezone(ZoneInfo(self.zone)).date() if isinstance(when, datetime) else when

    def days(self) -> Iterator[date]:
        """All days of the series, also those that were taken out."""
        return iter(()) if self.recurrence is None else self.recurrence.dates()

    def span(self, day: date) -> Span | None:
        """The occurrence of that day; None where there is none."""
        if day in self.deleted or self.recurrence is None:
            return None
        exception = self.exceptions.get(day)
        if exception is not None:
            return Span(exception.start, exception.end, day, "Exception")
        if next((one for one in self.days() if one >= day), None) != day:
            return None
        return self._regular(day)

    def _regular(self, day: date) -> Span:
        begin = self.begin(day)
        zone = ZoneInfo(self.zone)
        # the length is that on the clock: a night's watch ends at six, also when summer begins
        length = self.end.astimezone(zone).replace(tzinfo=None) - self.start.astimezone(zone).replace(tzinfo=None)
        local = datetime.combine(day, self.start.astimezone(zone).time()) + length
        return Span(begin, local.replace(tzinfo=zone).astimezone(UTC), day, "Occurrence")

    def spans(self, until: datetime | None = None) -> Iterator[Span]:
        """All times that it takes place, in the order of the series, as far as it begins before `until`."""
        if self.recurrence is None:
            yield Span(self.start, self.end)
            return
        for day in self.days():
            if until is not None and self.begin(day) > until:
                # exceptions may have been moved to before it
                later = [day_ for day_ in self.exceptions if day_ >= day]
                yield from (Span(self.exceptions[d].start, self.exceptions[d].end, d, "Exception") for d in later)
                return
            if day in self.deleted:
                continue
            if day in self.exceptions:
                yield Span(self.exceptions[day].start, self.exceptions[day].end, day, "Exception")
            else:
                yield self._regular(day)

    def change(self, day: date) -> Exception_:
        """The exception of that day, made where there is none. Raises EwsError where the series has no such day."""
        if day not in self.exceptions:
            span = self.span(day)
            if span is None:
                raise EwsError("ErrorItemNotFound")
            self.exceptions[day] = Exception_(span.start, span.end)
        return self.exceptions[day]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An occurrence seen as an item's content."""

    series: Appointment
    span: Span
    #: Properties that the master's item was given later.
    inherited: dict[str, Element | None]

    def get(self, name: str, shape: Shape) -> Element | None:
        """The property of this name."""
        day = self.span.original
        exception = None if day is None else self.series.exceptions.get(day)
        own = {**self.inherited, **({} if exception is None else exception.properties)}
        return self.series.shown(name, self.span, own, shape)


def global_object_id(uid: str) -> bytes:
    """PidLidGlobalObjectId of a UID: itself, or around a UID of another program. ([MS-OXOCAL] section 2.2.1.27)"""
    try:
        raw = bytes.fromhex(uid)
    except ValueError:
        raw = b""
    if raw.startswith(_GOID):
        return raw
    data = b"vCal-Uid\x01\x00\x00\x00" + uid.encode() + b"\x00"
    return _GOID + bytes(20) + len(data).to_bytes(4, "little") + data


def with_day(raw: bytes, day: date | None) -> bytes:
    """The GlobalObjectId of an occurrence: with its day in it."""
    if day is None:
        return raw
    return raw[:16] + day.year.to_bytes(2, "big") + bytes([day.month, day.day]) + raw[20:]


def _occurrence(name: str, day: date, start: datetime, end: datetime, original: datetime) -> Element:
    """An OccurrenceInfo; the item puts its own id in place of the day's number."""
    ids = t("ItemId", Id=str(day.toordinal()))
    return t(name, ids, value("Start", start), value("End", end), value("OriginalStart", original))


def _duration(length: timedelta) -> str:
    minutes = length // timedelta(minutes=1)
    days, minutes = divmod(minutes, 24 * 60)
    said = f"P{days}D" if days else "P"
    return said + (f"T{minutes // 60}H{minutes % 60}M" if minutes else "" if days else "T0S")


def _body(held: Element | None, shape: Shape) -> Element:
    kind = "Text" if held is None else held.get("BodyType", "Text")
    text = "" if held is None else held.text or ""
    if shape.body_type == "Text" and kind == "HTML":
        kind, text = "Text", html_text(text)
    elif shape.body_type == "HTML" and kind == "Text":
        kind, text = "HTML", f"<html><body>{text}</body></html>"
    return t("Body", text=text, BodyType=kind, IsTruncated="false")


def _text_body(held: Element | None) -> Element:
    said = _body(held, replace(Shape(frozenset()), body_type="Text"))
    return t("TextBody", text=said.text or "", BodyType="Text", IsTruncated="false")
