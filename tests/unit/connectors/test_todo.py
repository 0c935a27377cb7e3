"""Tasks as calendar objects: what is written is read again, and what others wrote stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dav.todo import NoTask, Todo, made
from connectors.tasks import TaskState, WantedTask

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 9, 7, 30, tzinfo=UTC)
WANTED = WantedTask(
    uid="4d5e6f7a-8b9c-8d0e-9f1a-2b3c4d5e6f7a",
    summary="Ask again: no answer; Ann, of Client",
    description="no answer 3 working days\nafter the mail",
    due=NOW,
    priority=5,
    categories=("keeptouch",),
    created_at=NOW,
    changed_at=NOW,
)
#: As another program leaves it: its own properties, an alarm, a start, a zone of its own, long and folded lines.
THEIRS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Others//Tasks//FA
BEGIN:VTIMEZONE
TZID:Office
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0330
TZOFFSETTO:+0330
END:STANDARD
END:VTIMEZONE
BEGIN:VTODO
UID:4d5e6f7a-8b9c-8d0e-9f1a-2b3c4d5e6f7a
DTSTAMP:20260301T000000Z
LAST-MODIFIED:20260305T000000Z
SEQUENCE:4
SUMMARY;LANGUAGE=fa:پیگیری\\, قرارداد
DESCRIPTION:my own words\\nand mo
 re
DTSTART;TZID=Office:20260301T090000
DUE;TZID=Office:20260303T120000
STATUS:IN-PROCESS
PERCENT-COMPLETE:40
CATEGORIES:work,دفتر
X-OTHERS-SORT:17
ATTENDEE;CN="A; B":mailto:ann@client.example
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:wake up
SUMMARY:not of the task
TRIGGER:-PT15M
END:VALARM
END:VTODO
END:VCALENDAR
"""


def lines(raw: bytes) -> list[str]:
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    return raw.replace(b"\r\n ", b"").decode().split("\r\n")


def changed(raw: bytes, wanted: WantedTask) -> list[str]:
    todo = Todo(raw)
    todo.change(wanted)
    return lines(todo.raw())


def test_a_new_one_says_all_that_is_wanted_and_no_more() -> None:
    assert lines(made(WANTED)) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//keeptouch//follow-ups//EN",
        "BEGIN:VTODO",
        "UID:4d5e6f7a-8b9c-8d0e-9f1a-2b3c4d5e6f7a",
        "DTSTAMP:20260302T120000Z",
        "CREATED:20260302T120000Z",
        "SEQUENCE:0",
        "STATUS:NEEDS-ACTION",
        "SUMMARY:Ask again: no answer\\; Ann\\, of Client",
        "DESCRIPTION:no answer 3 working days\\nafter the mail",
        "DUE:20260302T120000Z",
        "PRIORITY:5",
        "CATEGORIES:keeptouch",
        "LAST-MODIFIED:20260302T120000Z",
        "END:VTODO",
        "END:VCALENDAR",
        "",
    ]
    by_day = replace(WANTED, due=date(2026, 3, 9), state=TaskState.DONE, completed_at=LATER, changed_at=LATER)
    told = lines(made(by_day))
    for line in ("DUE;VALUE=DATE:20260309", "STATUS:COMPLETED", "COMPLETED:20260309T073000Z", "PERCENT-COMPLETE:100"):
        assert line in told


def test_what_others_wrote_stays_and_what_says_the_same_is_not_touched() -> None:
    raw = THEIRS.replace("\n", "\r\n").encode()
    held = Todo(raw).held("ref", "v")
    assert (held.summary, held.description) == ("پیگیری, قرارداد", "my own words\nand more")
    assert held.due == datetime(2026, 3, 3, 8, 30, tzinfo=UTC)
    assert (held.state, held.percent, held.categories) == (TaskState.OPEN, 40, ("work", "دفتر"))
    same = replace(
        WANTED, summary=held.summary, description=held.description, due=held.due, priority=0, categories=("work",)
    )
    assert changed(raw, same) == lines(raw)
    before = lines(raw)
    done = changed(raw, replace(same, state=TaskState.DONE, completed_at=LATER, changed_at=NOW))
    assert [line for line in done if line not in before] == [
        "DTSTAMP:20260305T000000Z",
        "SEQUENCE:5",
        "STATUS:COMPLETED",
        "PERCENT-COMPLETE:100",
        "COMPLETED:20260309T073000Z",
    ]
    assert [line.split(":")[0] for line in before if line not in done] == [
        "DTSTAMP",
        "SEQUENCE",
        "STATUS",
        "PERCENT-COMPLETE",
    ]
    # back again: what was done is open, and how far somebody was is not known any more
    again = changed("\r\n".join(done).encode(), replace(same, changed_at=LATER))
    assert "STATUS:NEEDS-ACTION" in again
    assert not [line for line in again if line.startswith(("COMPLETED", "PERCENT"))]
    assert again[again.index("BEGIN:VALARM") :] == before[before.index("BEGIN:VALARM") :]


def test_another_due_takes_away_only_what_could_not_stand_beside_it() -> None:
    raw = THEIRS.replace("\n", "\r\n").encode()
    for due, starts in ((LATER, True), (date(2026, 3, 9), False), (datetime(2026, 2, 1, tzinfo=UTC), False)):
        told = changed(raw, replace(WANTED, due=due))
        assert any(line.startswith("DTSTART;TZID=Office:2026") for line in told) is starts
        assert len([line for line in told if line.startswith("DUE")]) == 1
    length = raw.replace(b"DUE;TZID=Office:20260303T120000", b"DURATION:P1DT2H")
    assert Todo(length).held("", "v").due == datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
    assert not [line for line in changed(length, replace(WANTED, due=LATER)) if line.startswith("DURATION")]


@pytest.mark.parametrize(
    ("told", "state", "percent"),
    [
        ("", TaskState.OPEN, 0),
        ("STATUS:NEEDS-ACTION\nPERCENT-COMPLETE:100", TaskState.OPEN, 100),
        ("STATUS:completed", TaskState.DONE, 100),
        ("COMPLETED:20260302T120000Z", TaskState.DONE, 100),
        ("PERCENT-COMPLETE:100", TaskState.DONE, 100),
        ("STATUS:CANCELLED\nPERCENT-COMPLETE:x", TaskState.CANCELLED, 0),
    ],
)
def test_how_programs_say_that_it_is_done(told: str, state: TaskState, percent: int) -> None:
    text = f"BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:a\n{told}\nEND:VTODO\nEND:VCALENDAR\n"
    held = Todo(text.encode()).held("", "v")
    assert (held.state, held.percent) == (state, percent)


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:a", b"BEGIN:VEVENT\nEND:VEVENT"])
def test_what_is_none(raw: bytes) -> None:
    with pytest.raises(NoTask):
        Todo(raw)


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n;,\\:"'), max_size=200)


@given(
    _TEXT,
    _TEXT,
    st.dates(date(1900, 1, 1), date(2200, 1, 1)) | st.none(),
    st.integers(0, 9),
    st.sampled_from(TaskState),
)
def test_what_is_written_is_read_again(
    summary: str, description: str, due: date | None, priority: int, state: TaskState
) -> None:
    wanted: Any = replace(WANTED, summary=summary, description=description, due=due, priority=priority, state=state)
    raw = made(wanted)
    held = Todo(raw).held("r", "v")
    assert held.summary == " ".join(summary.split())
    assert (held.description, held.due, held.priority, held.state) == (description, due, priority, state)
    assert held.categories == ("keeptouch",)
    todo = Todo(raw)
    todo.change(replace(wanted, changed_at=LATER))
    assert todo.raw() == raw
