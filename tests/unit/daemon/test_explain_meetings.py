"""keeptouch explain: calendars and invitations in, meetings out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.main import main
from tests.unit.connectors.calendars import calendar

SERIES = """DTSTART;TZID=Asia/Tehran:20260328T100000
DTEND;TZID=Asia/Tehran:20260328T110000
RRULE:FREQ=DAILY;COUNT=4
SUMMARY:جلسه
SEQUENCE:2
ORGANIZER:mailto:Ann@x.example
ATTENDEE;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:Ann@x.example
ATTENDEE;CUTYPE=ROOM:mailto:room@x.example"""
MOVED = """RECURRENCE-ID;TZID=Asia/Tehran:20260329T100000
DTSTART:20260329T120000Z
DTEND:20260329T130000Z
STATUS:CANCELLED"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TZ", raising=False)
    return tmp_path


def explained(capsys: pytest.CaptureFixture[str], raw: bytes, *argv: str, code: int = 0) -> list[dict[str, Any]]:
    Path("a.ics").write_bytes(raw)
    assert main(["explain", *argv, "a.ics"]) == code
    meetings: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["meetings"]
    return meetings


def begin(meetings: list[dict[str, Any]]) -> list[str]:
    return sorted(each["starts_at"] for meeting in meetings for each in meeting["occurrences"])


def test_a_series_and_its_exception_in_the_fixed_form(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series, moved = explained(capsys, calendar(SERIES, MOVED, head="METHOD:REQUEST"))
    occurrences = [
        {"starts_at": f"2026-03-{day}T06:30:00Z", "ends_at": f"2026-03-{day}T07:30:00Z"} for day in (28, 30, 31)
    ]
    assert series == {
        "method": "REQUEST",
        "uid": "u@x.example",
        "recurrence_id": None,
        "sequence": 2,
        "status": "CONFIRMED",
        "title": "جلسه",
        "starts_at": "2026-03-28T06:30:00Z",
        "ends_at": "2026-03-28T07:30:00Z",
        "is_all_day": False,
        "time_zone": "Asia/Tehran",
        "organizer": "ann@x.example",
        "attendees": [
            {"address": "ann@x.example", "partstat": "ACCEPTED", "role": "CHAIR"},
            {"address": "room@x.example", "partstat": "NEEDS-ACTION", "role": "NON-PARTICIPANT"},
        ],
        "occurrences": occurrences,
    }
    assert (moved["recurrence_id"], moved["status"]) == ("2026-03-29T06:30:00Z", "CANCELLED")
    assert moved["occurrences"] == [{"starts_at": "2026-03-29T12:00:00Z", "ends_at": "2026-03-29T13:00:00Z"}]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--from", "2026-03-30"], [30, 31]),
        (["--to", "2026-03-28"], [28]),
        (["--from", "2026-03-28", "--to", "2026-03-30"], [28, 30]),
        (["--from", "2026-03-28T06:30:00Z", "--to", "2026-03-30T06:30:00Z"], [28, 30]),
        (["--from", "2026-03-28T10:00:01+03:30", "--to", "2026-03-30T06:29:59Z"], []),
        (["--from", "2026-03-28T10:00:00", "--to", "2026-03-28T10:00:00", "--time-zone", "Asia/Tehran"], [28]),
        (["--to", "2026-03-28", "--time-zone", "America/New_York"], [28]),
    ],
)
def test_a_window(folder: Path, capsys: pytest.CaptureFixture[str], argv: list[str], expected: list[int]) -> None:
    elsewhere = MOVED.replace(":20260329T12", ":20270329T12").replace(":20260329T13", ":20270329T13")
    until = [] if "--to" in argv else ["--to", "2026-12-31"]
    found = begin(explained(capsys, calendar(SERIES, elsewhere), *argv, *until))
    assert found == [f"2026-03-{day}T06:30:00Z" for day in expected]


def test_days_stay_days(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (only,) = explained(capsys, calendar("DTSTART;VALUE=DATE:20260328\nRRULE:FREQ=WEEKLY;COUNT=2"))
    assert (only["is_all_day"], only["time_zone"], only["starts_at"], only["ends_at"]) == (
        True,
        None,
        "2026-03-28",
        None,
    )
    assert only["occurrences"][1] == {"starts_at": "2026-04-04", "ends_at": "2026-04-05"}


def test_times_without_a_zone(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = calendar("DTSTART:20260328T100000\nRRULE:FREQ=DAILY;COUNT=3")
    (only,) = explained(capsys, raw)
    assert (only["starts_at"], only["time_zone"]) == ("2026-03-28T10:00:00", None)
    assert begin([only]) == ["2026-03-28T10:00:00", "2026-03-29T10:00:00", "2026-03-30T10:00:00"]
    # the second begins in Auckland while it is still the 28th in UTC
    assert begin(explained(capsys, raw, "--to", "2026-03-28")) == ["2026-03-28T10:00:00", "2026-03-29T10:00:00"]
    in_tehran = ["2026-03-28T06:30:00Z"]
    assert begin(explained(capsys, raw, "--to", "2026-03-28", "--time-zone", "Asia/Tehran")) == in_tehran
    monkeypatch.setenv("TZ", ":Asia/Tehran")
    assert begin(explained(capsys, raw, "--to", "2026-03-28")) == in_tehran
    monkeypatch.setenv("TZ", "IRST-3:30")
    assert begin(explained(capsys, raw))[0] == "2026-03-28T10:00:00"


def test_tasks_are_shown_where_they_are_due(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = b"BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:t\nDUE:20260328T100000Z\nEND:VTODO\nEND:VCALENDAR\n"
    assert begin(explained(capsys, raw)) == ["2026-03-28T10:00:00Z"]


def test_what_cannot_be_read_is_told_beside_the_rest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = calendar("DTSTART:soon", uid="a") + calendar("DTSTART:20260328T100000Z", uid="b")
    assert [each["uid"] for each in explained(capsys, raw, code=1)] == ["b"]
    main(["explain", "a.ics"])
    assert json.loads(capsys.readouterr().out)["error"] == "its start is no time"


def test_a_mail_shows_its_invitation(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = b"From: a@x.example\nContent-Type: text/calendar; charset=utf-8; method=REQUEST\n\n"
    Path("a.eml").write_bytes(head + calendar(SERIES, head="METHOD:REQUEST"))
    assert main(["explain", "a.eml"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["message"]["from"] == [{"name": None, "address": "a@x.example"}]
    assert [(each["method"], len(each["occurrences"])) for each in document["meetings"]] == [("REQUEST", 4)]


@pytest.mark.parametrize(
    "argv",
    [["--from", "soon"], ["--to", "2026-13-01"], ["--time-zone", "Tehran"], ["--from", "0001-01-01T00:00:00+14:00"]],
)
def test_what_is_no_window_is_refused(folder: Path, capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    Path("a.ics").write_bytes(calendar(SERIES))
    assert main(["explain", *argv, "a.ics"]) == 2
    assert argv[0] in capsys.readouterr().err
