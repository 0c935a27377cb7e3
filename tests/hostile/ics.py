"""Calendars in files: floods of rules and zones, lies about times, and what is no calendar."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

from connectors.api import Change, Meeting, Unreadable, occurrences
from connectors.conformance import read
from connectors.local import LocalConnector, LocalSettings
from connectors.occurrences import MAX_OCCURRENCES
from tests.fuzz.sound import check_sound
from tests.hostile.running import Case
from tests.servers.calendars import event
from tests.unit.connectors.calendars import calendar

_SINCE, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
_START = "DTSTART:20260301T100000Z"
_numbers = count(1)


@contextmanager
def world() -> Iterator[Path]:
    """A folder that is a calendar."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def good(folder: Path) -> None:
    """The next meeting beside it is read."""
    number = next(_numbers)
    (folder / "good.ics").write_bytes(event(f"good{number}"))
    assert f"good{number}" in {each.uid for each in _read(folder) if isinstance(each, Meeting)}
    (folder / "hostile.ics").unlink(missing_ok=True)


def _read(folder: Path) -> list[Change]:
    with LocalConnector(LocalSettings(path=folder, format="ics")) as connector:
        (stream,) = connector.streams()
        return read(connector.pages(stream, None))


def told(raw: bytes, says: str, folder: Path) -> str:
    """It can't be read, and the reason is told."""
    (folder / "hostile.ics").write_bytes(raw)
    (found,) = [each for each in _read(folder) if isinstance(each, Unreadable)]
    assert says in found.reason, found.reason
    return found.reason


def _held(raw: bytes, least: int, most: int, folder: Path) -> str:
    """It is a meeting that takes place so often, within ten years."""
    (folder / "hostile.ics").write_bytes(raw)
    found = [each for each in _read(folder) if not each.ref.startswith("good")]
    check_sound(found)
    meetings = [each for each in found if isinstance(each, Meeting)]
    assert len(meetings) == len(found) == 1, found
    held = list(occurrences(meetings[0], _SINCE, _UNTIL, "Asia/Tehran"))
    check_sound([(each.recurrence_id, each.starts, each.ends) for each in held])
    assert least <= len(held) <= most, len(held)
    cut = ", cut at a limit" if meetings[0].is_truncated else ""
    return f"it takes place {len(held)} times{cut}"


def _case(name: str, raw: bytes, least: int = 1, most: int = 1) -> Case[Path]:
    return Case(name, partial(_held, raw, least, most))


def _bad(name: str, raw: bytes, says: str) -> Case[Path]:
    return Case(name, partial(told, raw, says))


def _rule(rule: str, least: int = 0, most: int = MAX_OCCURRENCES) -> Case[Path]:
    return _case(f"a rule: {rule[:60]}", calendar(f"{_START}\nRRULE:{rule}"), least, most)


_ZONE = "BEGIN:VTIMEZONE\nTZID:own\n{}\nEND:VTIMEZONE"
_CHANGE = "BEGIN:STANDARD\nDTSTART:{}\nTZOFFSETFROM:{}\nTZOFFSETTO:{}\n{}\nEND:STANDARD"


def _zone(name: str, *changes: str) -> Case[Path]:
    head = _ZONE.format("\n".join(changes))
    return _case(f"a zone: {name}", calendar("DTSTART;TZID=own:20260301T100000", head=head))


CASES: tuple[Case[Path], ...] = (
    _rule("FREQ=SECONDLY"),
    _rule("FREQ=SECONDLY;COUNT=99999999", 1, 100),
    _rule("FREQ=MINUTELY;UNTIL=99991231T235959Z"),
    _rule("FREQ=HOURLY;INTERVAL=1;COUNT=100", 100, 100),
    _rule("FREQ=DAILY", MAX_OCCURRENCES),
    _rule("FREQ=DAILY;COUNT=0"),
    _rule("FREQ=DAILY;COUNT=-1"),
    _rule("FREQ=DAILY;COUNT=" + "9" * 5000),
    _rule("FREQ=DAILY;INTERVAL=0"),
    _rule("FREQ=DAILY;INTERVAL=" + "9" * 40, 1),
    _rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
    _rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=99999"),
    _rule("FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYYEARDAY=1"),
    _rule("FREQ=DAILY;UNTIL=00010101T000000Z"),
    _rule("FREQ=DAILY;UNTIL=20260230"),
    _rule("FREQ=NEVER"),
    _rule("FREQ="),
    _rule("FREQ=DAILY;FREQ=WEEKLY"),
    _rule("FREQ=MONTHLY;BYDAY=" + ",".join(["MO"] * 20_000)),
    _rule("FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 367))), 1),
    _rule("FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))), 1),
    _rule("FREQ=MONTHLY;BYSETPOS=" + ",".join(map(str, range(1, 367)))),
    _rule("FREQ=WEEKLY;BYDAY=-99MO"),
    _rule(";" * 10_000),
    _case("1,000 rules", calendar(_START + "\nRRULE:FREQ=SECONDLY" * 1000), 0, MAX_OCCURRENCES),
    _case("50,000 further times", calendar(f"{_START}\nRDATE:" + ",".join(["20260301T100000Z"] * 50_000)), 1, 1),
    _case(
        "20,000 days that are left out",
        calendar(f"{_START}\nRRULE:FREQ=DAILY\nEXDATE:" + ",".join(["20260302T100000Z"] * 20_000)),
        1,
        MAX_OCCURRENCES,
    ),
    _case(
        "a period that ends before it begins",
        calendar(f"{_START}\nRDATE;VALUE=PERIOD:20260401T100000Z/20200101T000000Z"),
        1,
        2,
    ),
    _case("an end before the start", calendar(f"{_START}\nDTEND:20200101T000000Z")),
    _case("a length of 99,999,999 hours", calendar(f"{_START}\nDURATION:PT99999999H")),
    _case("a length below nothing", calendar(f"{_START}\nDURATION:-P99999999W")),
    _case("a length of 5,000 digits", calendar(f"{_START}\nDURATION:P{'9' * 5000}D")),
    _case("an end after all time", calendar(f"{_START}\nDTEND:99991231T235959")),
    _case("a start before all time", calendar("DTSTART;TZID=Asia/Tehran:00010101T000000"), 0, 0),
    _case("a start after all time", calendar("DTSTART;TZID=America/New_York:99991231T235959\nDURATION:P1D"), 0, 0),
    _case("the last of all instants", calendar("DTSTART:99991231T235959Z"), 0, 0),
    _case("the first of all instants", calendar("DTSTART:00010101T000000Z"), 0, 0),
    _case("the last of all days", calendar("DTSTART;VALUE=DATE:99991231"), 0, 0),
    _case("the first of all days", calendar("DTSTART;VALUE=DATE:00010101"), 0, 0),
    _case("the first of all hours in the east", calendar("DTSTART;TZID=Asia/Tokyo:00010101T000000"), 0, 0),
    _case("from the first to the last of all days", calendar("DTSTART:00010101T000000Z\nDTEND:99991231T235959Z"), 0, 0),
    _case("stamped at the first of all instants", calendar(f"{_START}\nDTSTAMP:00010101T000000Z")),
    _case("stamped at the last of all instants", calendar(f"{_START}\nDTSTAMP:99991231T235959Z")),
    _case("a start told twice", calendar(f"{_START}\nDTSTART:19700101T000000Z"), 0, 1),
    _case("times of days and of hours", calendar("DTSTART;VALUE=DATE:20260301\nDTEND:20260301T100000Z")),
    _case("a zone of no name", calendar("DTSTART;TZID=:20260301T100000")),
    _case("a zone that is a path", calendar("DTSTART;TZID=../../../etc/passwd:20260301T100000")),
    _case("a zone of 100,000 letters", calendar(f"DTSTART;TZID={'z' * 100_000}:20260301T100000"), 0, 1),
    _case("a zone of NUL", calendar("DTSTART;TZID=\0:20260301T100000")),
    _zone("of nothing"),
    _zone("of a day and a half", _CHANGE.format("20200101T000000", "+3600", "+3600", "")),
    _zone("of impossible hours", _CHANGE.format("20200101T000000", "+9999", "-9999", "")),
    _zone("of no times", _CHANGE.format("never", "x", "y", "RRULE:FREQ=NEVER")),
    _zone("that changes each second", _CHANGE.format("20200101T000000", "+0100", "+0200", "RRULE:FREQ=SECONDLY")),
    _zone("that changes each day", _CHANGE.format("00010101T000000", "+0100", "+0200", "RRULE:FREQ=DAILY")),
    _zone("of 5,000 changes", *[_CHANGE.format("20200101T000000", "+0100", "+0200", "")] * 5000),
    _zone(
        "of 50,000 further times",
        _CHANGE.format("20200101T000000", "+0100", "+0200", "RDATE:" + ",".join(["20210101T000000"] * 50_000)),
    ),
    _case(
        "10,000 zones",
        calendar(_START, head="\n".join(f"BEGIN:VTIMEZONE\nTZID:z{n}\nEND:VTIMEZONE" for n in range(10_000))),
    ),
    _case(
        "20,000 attendees", calendar(_START + "".join(f"\nATTENDEE:mailto:p{n}@client.example" for n in range(20_000)))
    ),
    _case(
        "attendees that are no addresses",
        calendar(f"{_START}\nATTENDEE:javascript:x\nATTENDEE:mailto:\nATTENDEE:\nORGANIZER:x"),
    ),
    _case("an attendee of 200,000 letters", calendar(f"{_START}\nATTENDEE:mailto:{'a' * 200_000}@client.example")),
    _case(
        "a name with NUL and half a character",
        calendar(_START).replace(b"END:VEVENT", b"SUMMARY:a\0\xed\xa0\x80b\r\nEND:VEVENT"),
    ),
    _case("a text of 5 MB", calendar(f"{_START}\nDESCRIPTION:" + "x" * 5_000_000)),
    _case(
        "a text in 200,000 folded lines",
        calendar(_START).replace(b"END:VEVENT", b"DESCRIPTION:x" + b"\r\n y" * 200_000 + b"\r\nEND:VEVENT"),
    ),
    _case("parameters of 100,000 quotes", calendar(f"{_START}\nSUMMARY;X={chr(34) * 100_000}:x")),
    _case("10,000 parameters", calendar(f"{_START}\nSUMMARY" + ";X=y" * 10_000 + ":x")),
    _case("a sequence of 5,000 digits", calendar(f"{_START}\nSEQUENCE:{'9' * 5000}")),
    _case("a sequence below nothing", calendar(f"{_START}\nSEQUENCE:-5")),
    _case("stamped after all time", calendar(f"{_START}\nDTSTAMP:99999999T999999Z")),
    _case("an unknown status, class and form", calendar(f"{_START}\nSTATUS:EXPLODED\nCLASS:HOSTILE\nTRANSP:PERHAPS")),
    _case("a UID of 200,000 letters", calendar(_START, uid="u" * 200_000)),
    _case("a UID that is a path", calendar(_START, uid="../../etc/passwd")),
    _case("no UID", calendar(_START).replace(b"UID:", b"X-UID:")),
    _case("alarms in alarms", calendar(_START + "\nBEGIN:VALARM" * 5000)),
    _case(
        "exceptions of nothing",
        calendar(f"{_START}\nRRULE:FREQ=DAILY;COUNT=2", "RECURRENCE-ID:19990101T000000Z\nDTSTART:19990101T000000Z"),
        2,
        3,
    ),
    _case(
        "this and all that follow, without an end",
        calendar(
            f"{_START}\nRRULE:FREQ=DAILY",
            *(
                f"RECURRENCE-ID;RANGE=THISANDFUTURE:2026030{n}T100000Z\nDTSTART:2026030{n}T230000Z"
                for n in range(2, 10)
            ),
        ),
        1,
        MAX_OCCURRENCES,
    ),
    _bad("nothing", b"", "it is no calendar"),
    _bad("HTML", b"<html>sign in</html>", "it is no calendar"),
    _bad("all bytes", bytes(range(256)) * 1000, "it is no calendar"),
    _bad("a vCard", b"BEGIN:VCARD\r\nFN:Ann\r\nEND:VCARD\r\n", "it is no calendar"),
    _case("UTF-16", calendar(_START).decode().encode("utf-16")),
    _bad("no start", calendar("SUMMARY:x"), "no start"),
    _bad("a start that is none", calendar("DTSTART:never"), "start"),
    _bad("a start on 30 February", calendar("DTSTART:20260230T100000Z"), "start"),
    _bad("a start of 10,000 digits", calendar("DTSTART:" + "1" * 10_000), "start"),
    _bad(
        "5,001 exceptions",
        calendar(*(f"RECURRENCE-ID:{n:04}0101T000000Z\nDTSTART:{n:04}0101T000000Z" for n in range(1, 5003))),
        "more than 5,000",
    ),
    _bad(
        "100,001 events",
        b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n" * 100_001 + b"END:VCALENDAR\r\n",
        "more than 100,000 events",
    ),
)
