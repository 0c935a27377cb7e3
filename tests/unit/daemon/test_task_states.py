"""Other programs say how it stands with tasks: rows of w1_task_state take effect, and each is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.erasing import erase
from daemon.task_states import apply_task_states
from daemon.ticking import tick
from tests.unit.daemon.followup_store import Office
from tests.unit.matching.followups.language import read
from tests.unit.matching.followups.mail_scenarios import NEW_YORK

OFFER = read(NEW_YORK + "2026-02-02 10:00 alice > ann Offer\n2026-02-05 10:00 = no_reply open")
ANSWERS = "SELECT applied_at IS NOT NULL, error FROM w1_task_state"
HISTORY = "SELECT position, state, changed_by, note FROM task_history"
UNKNOWN = "00000000-0000-8000-8000-000000000000"


@pytest.fixture
def office(new_url: Callable[[str], str], tmp_path: Path) -> Iterator[Office]:
    with Office(tmp_path, OFFER, url=new_url("office")) as found:
        found.run(OFFER)
        yield found


def say(office: Office, state: Any, until: Any = None, by: Any = None, note: Any = None, task: str = "") -> str | None:
    """What a CRM does, and the error that it is answered with."""
    task = task or task_of(office)
    office.execute(
        "INSERT INTO w1_task_state (task_id, state, snoozed_until_at, changed_by, note) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (task_id) DO UPDATE SET state = excluded.state, changed_by = excluded.changed_by,"
        " snoozed_until_at = excluded.snoozed_until_at, note = excluded.note",
        *(task, state, until, by, note),
    )
    apply(office)
    ((is_applied, error),) = office.rows(f"{ANSWERS} WHERE task_id = '{task}'")
    assert bool(is_applied) != bool(error)
    return str(error) if error else None


def apply(office: Office) -> int:
    done = apply_task_states(office.store, lambda: office.now)
    tick(office.store, office.company, lambda: office.now)
    return done


def task_of(office: Office) -> str:
    ((found,),) = office.rows("SELECT id FROM v1_task")
    return str(found)


def test_what_a_program_says_takes_effect_and_is_answered(office: Office) -> None:
    later = office.now + timedelta(days=2)
    assert say(office, "snoozed", later.isoformat(), "crm", "calls back") is None
    assert office.states() == ["ann:no_reply snoozed"]
    assert apply(office) == 0, "nothing waits any more"
    office.now = later
    assert apply(office) == 0
    assert office.states() == ["ann:no_reply open"]
    assert say(office, "done", later.isoformat(), "crm", "called") is None, "a time that was left there means nothing"
    assert office.states() == ["ann:no_reply done"]
    before = office.rows(HISTORY)
    assert [row[1:] for row in before] == [
        ("open", None, None),
        ("snoozed", "crm", "calls back"),
        ("open", None, None),
        ("done", "crm", "called"),
    ]
    # repeated as it is nothing waits; asked for once more nothing changes
    say(office, "done", later.isoformat(), "crm", "called")
    office.execute("UPDATE w1_task_state SET applied_at = NULL")
    assert apply(office) == 1
    assert office.rows(HISTORY) == before
    assert say(office, "open") is None
    assert office.states() == ["ann:no_reply open"]
    assert office.rows(HISTORY)[-1][2:] == ("w1_task_state", None)


def test_what_cannot_be_is_said_in_the_row_and_the_rest_goes_on(office: Office) -> None:
    task, past = task_of(office), (office.now - timedelta(hours=1)).isoformat()
    office.execute("INSERT INTO w1_task_state (task_id, state) VALUES (?, 'done')", UNKNOWN)
    for state, until, note, problem in (
        ("finished", None, None, 'state "finished" is none of open, snoozed, done, dismissed'),
        ("settled", None, None, 'state "settled" is none of open, snoozed, done, dismissed'),
        ("snoozed", past, None, "it can be put off to a time to come only"),
        ("snoozed", None, None, "it can be put off to a time to come only"),
        ("done", None, "n" * 10_001, "note has 10001 characters; at most 10000 are possible"),
    ):
        assert say(office, state, until, None, note) == problem
        assert office.states() == ["ann:no_reply open"]
    ((_applied, error),) = office.rows(f"{ANSWERS} WHERE task_id = '{UNKNOWN}'")
    assert error == f"there is no task {UNKNOWN}"
    if office.store.engine.dialect.name == "sqlite":
        assert say(office, "snoozed", "soon") == "snoozed_until_at is no instant such as 2026-03-01T08:00:00Z"
        assert say(office, "done", None, b"\xff") == "changed_by is not text in UTF-8"
        with pytest.raises(Exception, match="the key of a row of w1_task_state does not change"):
            office.execute("UPDATE w1_task_state SET task_id = ? WHERE task_id = ?", UNKNOWN[:-1] + "1", task)
    assert say(office, "dismissed") is None
    assert office.states() == ["ann:no_reply dismissed"]


def test_an_erased_person_leaves_nothing_of_it(office: Office) -> None:
    say(office, "done", None, "crm", "Ann was on the phone")
    erase(office.ingest(), "ann@client.example")
    assert office.rows("SELECT * FROM w1_task_state") == []
