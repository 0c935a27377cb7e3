"""Scores, stages and the weeks of people: the same whatever the order in which mail is read, and told in the feed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daemon.config.scoring import read_scoring
from daemon.erasing import erase
from daemon.options import Reader
from daemon.reprocess import reprocess
from daemon.ticking import tick
from store.contacts import merging
from store.contacts.search import find_contacts
from tests.unit.daemon.followup_store import Mails, Office
from tests.unit.daemon.test_config_problems import problem
from tests.unit.daemon.test_followups import BUSY
from tests.unit.matching.followups.language import address
from tests.unit.store.feed_reader import FeedReader

pytestmark = pytest.mark.later

_COUNTED = "mails_in_90, mails_out_90, answers_in_90, answers_out_90, meetings_held_90, bounces_90, days_since_contact"
#: What each view says, with names instead of ids.
SAID = (
    f"SELECT c.display_name, s.score, {_COUNTED}, their_answer_hours, our_answer_working_hours FROM v1_score s"  # noqa: S608 - words above
    " JOIN v1_contact c ON c.id = s.contact_id",
    "SELECT c.display_name, stage, since_on, previous_stage, rule FROM v1_stage s"
    " JOIN v1_contact c ON c.id = s.contact_id",
    "SELECT p.email, week_starts_on, mails_out_count, mails_in_count, answer_count, answer_seconds,"
    " answer_working_seconds, meeting_count, task_count, settled_count, open_count, done_count, late_count"
    " FROM v1_rep_activity a JOIN v1_person p ON p.id = a.person_id",
)
END = max(each.at for each in BUSY.lines) + timedelta(days=3)


def said(office: Office) -> list[list[tuple[object, ...]]]:
    return [office.rows(each) for each in SAID]


def look(office: Office) -> None:
    office.hear()
    tick(office.store, office.company, lambda: office.now)


@pytest.mark.slow
def test_any_order_gives_the_same_numbers(new_url: Callable[[str], str], tmp_path: Path) -> None:
    with Office(tmp_path, BUSY, url=new_url("live")) as live:
        live.run(BUSY)
        live.now = END
        look(live)
        expected = said(live)
    scores, stages, weeks = ({row[:2]: row[2:] for row in rows} for rows in expected)
    ann = address("ann")
    assert {name: row for (name, _score), row in scores.items()}[ann] == (2, 4, 1, 1, 1, 0, 3, 23.5, 2)
    assert stages[ann, "decision"] == ("2026-02-04", "interest", "meetings_held_90 >= 1")
    assert stages[address("bo"), "interest"] == ("2026-02-09", "awareness", "mails_in_90 >= 1")
    assert weeks[address("alice"), "2026-02-02"] == (2, 3, 0, None, None, 1, 2, 2, 0, 0, 1)
    chance = random.Random(7)
    with Office(tmp_path, BUSY, is_read=False, url=new_url("import")) as office:
        office.now = END
        mails = Mails(BUSY)
        lines = [each for each in BUSY.lines if each.verb != "="]
        chance.shuffle(lines)
        for line in lines:
            office.take(line, mails)
            if chance.random() < 0.1:
                look(office)
        office.reach_horizon()
        look(office)
        office.fetch(BUSY)
        office.now += timedelta(minutes=2)
        look(office)
        assert said(office) == expected
        reprocess(office.store, office.company, lambda: office.now)
        look(office)
        assert said(office) == expected


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path, BUSY)
    office.run(BUSY)
    office.now = END
    look(office)
    return office


def test_what_the_days_change_is_written_and_told(office: Office) -> None:
    reader = FeedReader(office.store)
    computed = office.rows("SELECT contact_id, computed_at FROM v1_score")
    look(office)
    reader.follow()
    assert office.rows("SELECT contact_id, computed_at FROM v1_score") == computed
    assert reader.read == []
    office.now += timedelta(days=1)
    look(office)
    reader.follow()
    assert ("score", "upsert") in reader.read
    assert reader.rows == reader.everything()
    # the meeting of 4 February counts no more, and the last mails of her neither
    office.now = END + timedelta(days=200)
    look(office)
    reader.follow()
    assert ("stage", "upsert") in reader.read
    assert reader.rows == reader.everything()
    (stage,) = [row for row in office.rows(SAID[1]) if row[0] == address("ann")]
    assert stage[1:] == ("awareness", "2026-05-10", "interest", "1")
    # of what is longer ago than is looked back the last is known still
    before = office.rows("SELECT contact_id, days_since_in, days_since_out FROM v1_score")
    office.now = END + timedelta(days=200 + 600)
    look(office)
    after = office.rows("SELECT contact_id, days_since_in, days_since_out FROM v1_score")
    assert [[each and each + 600 for each in row[1:]] for row in before] == [[*row[1:]] for row in after]
    assert {row[1:] for row in office.rows(SAID[1])} == {("awareness", None, None, "1")}
    # who is silent for long is looked at once a month
    assert office.rows("SELECT max(look_on) FROM contact_score") > [(str(office.now.date() + timedelta(days=1)),)]


def test_other_formulas_give_other_numbers(office: Office, tmp_path: Path) -> None:
    tables = {"formula": "mails_in_90 / 0 if mails_in_90 == 1 else mails_in_90"}
    reader = Reader(tmp_path, {}, [])
    only = [{"stage": "action", "when": "bounces_90"}]
    office.company = replace(office.company, scoring=read_scoring(tables, only, reader))
    assert reader.problems == []
    look(office)
    found = {row[0]: row[1] for row in office.rows(SAID[0])}
    assert (found[address("ann")], found[address("eve")], found[address("bo")]) == (2, 0, None)
    assert office.rows(SAID[1]) == [(address("bo"), "action", "2026-02-02", None, "bounces_90")]
    assert len(set(office.rows("SELECT formula_version FROM v1_score"))) == 1


def test_of_merged_and_erased_contacts_nothing_is_left(office: Office) -> None:
    reader = FeedReader(office.store)
    with office.store.write() as transaction:
        (ann,), (ben,) = (find_contacts(transaction, address(each)) for each in ("ann", "ben"))
        merging.merge(transaction, ben.id, ann.id, office.now)
    office.derive()
    look(office)
    assert [row[0] for row in office.rows(SAID[0]) if row[0] in (address("ann"), address("ben"))] == [address("ann")]
    assert office.rows(f"SELECT mails_out_90 FROM v1_score WHERE contact_id = '{ann.id}'") == [(4,)]  # noqa: S608 - an id
    erase(office.ingest(), address("bo"))
    for table in ("contact_score", "contact_stage"):
        assert office.rows(f"SELECT count(*) FROM {table} WHERE contact_id NOT IN (SELECT id FROM contact)") == [(0,)]  # noqa: S608 - words above
    office.derive()
    look(office)
    assert address("bo") not in {row[0] for rows in said(office) for row in rows}
    reader.follow()
    assert reader.rows == reader.everything()


def test_a_formula_that_cannot_be_used_is_refused_with_its_place(tmp_path: Path) -> None:
    found = problem(tmp_path, '[score]\nformula = "mails_in_30 + mials_out_30"')
    assert (found.key, found.problem) == ("score.formula", 'there is no measure "mials_out_30" (at character 15)')
    assert found.hint == 'did you mean "mails_out_30"?'
    found = problem(tmp_path, '[[stages]]\nstage = "action"\nwhen = "1"\n[[stages]]\nstage = "action"\nwhen = "a +"')
    assert (found.key, found.problem) == ("stages[#2].when", "is no formula (at character 4)")
    found = problem(tmp_path, '[[stages]]\nstage = "love"\nwhen = "1"')
    assert found.key == "stages[#1].stage"
