"""A calendar object with a task (VTODO, RFC 5545, section 3.6.2): read, made, and changed in place. Pure.

What is changed is the lines of our own properties, and only where they say something else. All other lines stay as
they are, in their order, alarms and other components included; only their folding (section 3.1) is made anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from connectors.contentlines import Params, split_line, unescaped, unfolded_lines
from connectors.events import duration_of, moment_of
from connectors.meetings import Moment
from connectors.tasks import HeldTask, TaskState, WantedTask
from connectors.zones import FLOATING, iana_name, own_zone, zone_of

PRODID = "-//keeptouch//follow-ups//EN"
#: Octets of a line on the wire (section 3.1).
_FOLD = 75
_STATES = {"COMPLETED": TaskState.DONE, "CANCELLED": TaskState.CANCELLED}
_STATUS = {TaskState.OPEN: "NEEDS-ACTION", TaskState.DONE: "COMPLETED", TaskState.CANCELLED: "CANCELLED"}
#: What an RFC 5545 text can't hold, but for line ends and tabs (section 3.3.11).
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_COMMA = re.compile(r"(?<!\\),")


class NoTask(ValueError):
    """The object holds no task that can be read; the text says why."""


@dataclass(slots=True)
class _Line:
    """A property of the task itself, and where it stands."""

    at: int
    params: Params
    value: str


class Todo:
    """A calendar object, as its content lines."""

    def __init__(self, raw: bytes) -> None:
        """Raises NoTask."""
        self._lines = [line for line in unfolded_lines(raw) if line]
        self._begin, self._end = self._bounds()
        self._zones = self._own_zones()

    # -- reading ------------------------------------------------------------------------------------------------------

    def held(self, ref: str, version: str) -> HeldTask:
        """What the task says."""
        completed = self._instant("COMPLETED")
        percent = min(self._number("PERCENT-COMPLETE"), 100)
        status = self._value("STATUS").strip().upper()
        state = _STATES.get(status, TaskState.OPEN)
        if not status and (completed is not None or percent == 100):
            state = TaskState.DONE
        return HeldTask(
            uid=unescaped(self._value("UID")).strip(),
            ref=ref,
            version=version,
            summary=self._text("SUMMARY"),
            description=self._text("DESCRIPTION"),
            due=self._due(),
            state=state,
            completed_at=completed,
            percent=100 if state is TaskState.DONE else percent,
            priority=min(self._number("PRIORITY"), 9),
            categories=self._categories(),
        )

    def _due(self) -> datetime | date | None:
        """DUE, or the end that DTSTART and DURATION give (section 3.8.2.5)."""
        due = self._moment("DUE")
        if due is not None:
            return self._resolved(due)
        start, length = self._moment("DTSTART"), duration_of(self._value("DURATION"))
        if start is None or length is None:
            return None
        days, rest = length
        return self._resolved(Moment(start.local + timedelta(days) + rest, start.zone))

    def _resolved(self, moment: Moment) -> datetime | date:
        if not isinstance(moment.local, datetime):
            return moment.local
        where = zone_of(moment.zone, self._zones, UTC)
        try:
            return moment.local.replace(tzinfo=where).astimezone(UTC)
        except OverflowError:
            return moment.local.replace(tzinfo=UTC)

    def _categories(self) -> tuple[str, ...]:
        values = [part for line in self._all("CATEGORIES") for part in _COMMA.split(line.value)]
        return tuple(dict.fromkeys(text for each in values if (text := unescaped(each).strip())))

    def _text(self, name: str) -> str:
        return unescaped(self._value(name))

    def _value(self, name: str) -> str:
        line = self._first(name)
        return line.value if line else ""

    def _number(self, name: str) -> int:
        text = self._value(name).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0

    def _instant(self, name: str) -> datetime | None:
        moment = self._moment(name)
        resolved = None if moment is None else self._resolved(moment)
        return resolved if isinstance(resolved, datetime) else None

    def _moment(self, name: str) -> Moment | None:
        line = self._first(name)
        return moment_of(line.value, line.params, self._zone_name) if line else None

    def _zone_name(self, tzid: str) -> str:
        if not tzid:
            return FLOATING
        return iana_name(tzid) or (tzid if any(name == tzid for name, _text in self._zones) else FLOATING)

    # -- changing -----------------------------------------------------------------------------------------------------

    def change(self, wanted: WantedTask) -> None:
        """Make it say what is wanted; nothing is touched where it does already."""
        before, held = list(self._lines), self.held("", "-")
        self._put_text("SUMMARY", held.summary, one_line(wanted.summary))
        self._put_text("DESCRIPTION", held.description, plain(wanted.description))
        is_moved = held.due != wanted.due
        if is_moved:
            self._put_due(wanted.due)
        is_turned = held.state is not wanted.state
        if is_turned:
            self._put("STATUS", f"STATUS:{_STATUS[wanted.state]}")
        self._put_progress(held, wanted)
        if held.priority != wanted.priority:
            self._put("PRIORITY", f"PRIORITY:{wanted.priority}" if wanted.priority else None)
        if self._value("URL") != wanted.url:
            self._put("URL", f"URL:{wanted.url}" if wanted.url else None)
        missing = [each for each in wanted.categories if each not in held.categories]
        if missing:
            self._add(f"CATEGORIES:{','.join(map(escaped, missing))}")
        if self._lines != before:
            self._stamp(wanted.changed_at, is_revised=is_moved or is_turned)

    def _put_text(self, name: str, before: str, after: str) -> None:
        if before != after:
            self._put(name, f"{name}:{escaped(after)}" if after else None)

    def _put_due(self, due: datetime | date | None) -> None:
        self._put("DUE", None if due is None else _dated("DUE", due))
        self._put("DURATION", None)
        start = self._moment("DTSTART")
        # DUE is of the same type as DTSTART and later (section 3.8.2.3)
        if start is not None and due is not None and not _is_before(self._resolved(start), due):
            self._put("DTSTART", None)

    def _put_progress(self, held: HeldTask, wanted: WantedTask) -> None:
        """COMPLETED and PERCENT-COMPLETE follow the state; how far somebody says to be stays."""
        if wanted.state is TaskState.DONE:
            if held.completed_at is None or held.state is not TaskState.DONE:
                self._put("COMPLETED", _stamped("COMPLETED", wanted.completed_at or wanted.changed_at))
            if self._number("PERCENT-COMPLETE") != 100:
                self._put("PERCENT-COMPLETE", "PERCENT-COMPLETE:100")
            return
        self._put("COMPLETED", None)
        if self._number("PERCENT-COMPLETE") >= 100:
            self._put("PERCENT-COMPLETE", None)

    def _stamp(self, now: datetime, *, is_revised: bool) -> None:
        """DTSTAMP and LAST-MODIFIED never go back; SEQUENCE counts what matters to others (section 3.8.7.4)."""
        latest = max(now, self._instant("LAST-MODIFIED") or now)
        for name in ("DTSTAMP", "LAST-MODIFIED"):
            self._put(name, _stamped(name, latest))
        if is_revised:
            self._put("SEQUENCE", f"SEQUENCE:{self._number('SEQUENCE') + 1}")

    def raw(self) -> bytes:
        """The object, folded."""
        return b"".join(map(_folded, self._lines))

    # -- lines --------------------------------------------------------------------------------------------------------

    def _bounds(self) -> tuple[int, int]:
        """Where the task begins and ends: the first VTODO that is no exception of a series."""
        found: tuple[int, int] | None = None
        for begin, end in _components(self._lines, "VTODO"):
            self._begin, self._end = begin, end
            if self._first("RECURRENCE-ID") is None:
                return begin, end
            found = found or (begin, end)
        if found is None:
            raise NoTask("it holds no task")
        return found

    def _own_zones(self) -> tuple[tuple[str, str], ...]:
        zones = []
        for begin, end in _components(self._lines, "VTIMEZONE"):
            lines = self._lines[begin + 1 : end]
            tzid = next((value.strip() for name, _, value in map(split_line, lines) if name == "TZID"), "")
            text = "\n".join(lines)
            if tzid and own_zone(text) is not None:
                zones.append((tzid, text))
        return tuple(zones)

    def _all(self, name: str) -> list[_Line]:
        """The lines of a property of the task itself, not of alarms in it."""
        found, depth = [], 0
        for at in range(self._begin + 1, self._end):
            head = self._lines[at][: len(name) + 6].upper()
            if head.startswith("BEGIN:"):
                depth += 1
            elif head.startswith("END:"):
                depth -= 1
            elif depth == 0 and head.startswith(name):
                known, params, value = split_line(self._lines[at])
                if known == name:
                    found.append(_Line(at, params, value))
        return found

    def _first(self, name: str) -> _Line | None:
        return next(iter(self._all(name)), None)

    def _put(self, name: str, line: str | None) -> None:
        """The property becomes this one line; None: there is none."""
        places = [each.at for each in self._all(name)]
        if line is not None and places:
            self._lines[places.pop(0)] = line
        elif line is not None:
            self._add(line)
        for at in reversed(places):
            del self._lines[at]
            self._end -= 1

    def _add(self, line: str) -> None:
        """Before the components in it, as section 3.6 has it."""
        at = next((n for n in range(self._begin + 1, self._end) if _is_begin(self._lines[n])), self._end)
        self._lines.insert(at, line)
        self._end += 1


def made(wanted: WantedTask) -> bytes:
    """A new object."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODID}",
        "BEGIN:VTODO",
        f"UID:{wanted.uid}",
        _stamped("DTSTAMP", wanted.changed_at),
        _stamped("CREATED", wanted.created_at),
        "SEQUENCE:0",
        "STATUS:NEEDS-ACTION",
        "END:VTODO",
        "END:VCALENDAR",
    ]
    todo = Todo("\r\n".join(lines).encode())
    todo.change(wanted)
    todo._put("SEQUENCE", "SEQUENCE:0")
    return todo.raw()


def plain(text: str) -> str:
    """A text without what iCalendar can't hold."""
    return _CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """The same in one line."""
    return " ".join(plain(text).split())


def escaped(text: str) -> str:
    """TEXT as section 3.3.11 writes it."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _dated(name: str, when: datetime | date) -> str:
    return _stamped(name, when) if isinstance(when, datetime) else f"{name};VALUE=DATE:{when:%Y%m%d}"


def _stamped(name: str, at: datetime) -> str:
    return f"{name}:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _is_before(start: datetime | date, due: datetime | date) -> bool:
    if isinstance(start, datetime) and isinstance(due, datetime):
        return start < due
    # a day may begin and end on the same
    return not isinstance(start, datetime) and not isinstance(due, datetime) and start <= due


def _is_begin(line: str) -> bool:
    return line[:6].upper() == "BEGIN:"


def _components(lines: list[str], kind: str) -> Iterable[tuple[int, int]]:
    """(place of BEGIN, place of END) of components that lie in the calendar itself."""
    begin, depth = -1, 0
    for at, line in enumerate(lines):
        is_one = line.partition(":")[2].strip().upper() == kind
        if _is_begin(line):
            depth += 1
            if depth == 2 and is_one:
                begin = at
        elif line[:4].upper() == "END:":
            if depth == 2 and begin >= 0 and is_one:
                yield begin, at
                begin = -1
            depth -= 1


def _folded(line: str) -> bytes:
    """A content line, cut into parts of 75 octets between characters."""
    raw = line.encode("utf-8", "surrogatepass")
    parts: list[bytes] = []
    while len(raw) > _FOLD - bool(parts):
        at = _FOLD - bool(parts)
        while raw[at] & 0xC0 == 0x80:
            at -= 1
        parts.append(raw[:at])
        raw = raw[at:]
    return b"\r\n ".join([*parts, raw]) + b"\r\n"
