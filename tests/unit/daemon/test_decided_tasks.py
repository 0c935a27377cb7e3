"""What people said of tasks outlives a store: what was done stays done where it is built anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.decisions import BadFile, export, import_decisions
from daemon.erasing import erase
from daemon.ticking import tick
from tests.unit.daemon.followup_store import Mails, Office
from tests.unit.daemon.test_followups import OFFER, OFFER_DONE

SAID = "SELECT rule, address, state, changed_by FROM task_decision"


def take(office: Office, path: Path) -> tuple[int, int]:
    """(restored, unchanged)"""
    done = import_decisions(office.store, office.company, lambda: office.now, path)
    assert done.refused == []
    tick(office.store, office.company, lambda: office.now)
    return done.restored, done.unchanged


@pytest.fixture
def path(new_url: Callable[[str], str], tmp_path: Path) -> Path:
    """The decisions of a store in which a task is done."""
    with Office(tmp_path, OFFER, url=new_url("old")) as office:
        office.run(OFFER)
        office.decide(OFFER_DONE)
        export(office.store, tmp_path / "decisions.jsonl", office.now, "test")
    return tmp_path / "decisions.jsonl"


def test_what_is_done_is_done_in_a_store_that_is_built_anew(
    new_url: Callable[[str], str], tmp_path: Path, path: Path
) -> None:
    with Office(tmp_path, OFFER, url=new_url("new")) as office:
        assert take(office, path) == (1, 0)
        office.take(OFFER.lines[0], Mails(OFFER))
        office.now = OFFER_DONE.at
        office.hear()
        tick(office.store, office.company, lambda: office.now)
        assert office.states() == ["ann:no_reply done"]
        assert take(office, path) == (0, 1)


def test_it_can_come_after_the_mail(new_url: Callable[[str], str], tmp_path: Path, path: Path) -> None:
    with Office(tmp_path, OFFER, url=new_url("new")) as office:
        office.run(OFFER)
        assert office.states() == ["ann:no_reply open"]
        assert take(office, path) == (1, 0)
        assert office.states() == ["ann:no_reply done"]


def test_nothing_is_kept_of_an_erased_person(new_url: Callable[[str], str], tmp_path: Path, path: Path) -> None:
    with Office(tmp_path, OFFER, url=new_url("new")) as office:
        office.run(OFFER)
        erase(office.ingest(), "ann@client.example")
        assert take(office, path) == (0, 1)
        assert office.rows(SAID) == []


def test_a_state_that_nobody_says_is_refused(new_url: Callable[[str], str], tmp_path: Path, path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    (place,) = (n for n, line in enumerate(lines) if json.loads(line)["kind"] == "task")
    for change in ({"state": "settled"}, {"state": "snoozed"}, {"state": "gone"}):
        lines[place] = json.dumps(json.loads(lines[place]) | change)
        path.write_text("\n".join(lines) + "\n", "utf-8")
        with Office(tmp_path, OFFER, url=new_url("new")) as office, pytest.raises(BadFile, match="of kind task"):
            take(office, path)
