"""Follow-ups through the store: the same scenarios as of the rules, in any order, on both databases."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.api import Meeting
from daemon.derived import made_by_now
from daemon.erasing import erase
from daemon.reprocess import reprocess
from daemon.ticking import tick
from matching.visibility import Level
from store.derivation import thread_levels
from store.followups import relation_mails, relations
from store.privacy.retention import Limits, retain
from store.types import instant_text
from tests.unit.daemon.company_meetings import at, event, meeting
from tests.unit.daemon.followup_store import Mails, Office
from tests.unit.matching.followups.language import Line, Scenario, read
from tests.unit.matching.followups.mail_scenarios import NEW_YORK
from tests.unit.matching.followups.test_rules import ALL

pytestmark = pytest.mark.later

#: Of which a store has nothing: another rep, answers in calendars that come later, invitations by mail.
_WITHOUT = ("carol", "cancelled", "declined", "invite", "organizer=", "series=")
STORED = {name: text for name, text in ALL.items() if not any(each in text for each in _WITHOUT)}
#: Of rules that see what a store shows other rules too, those scenarios in which it has more to do.
_FEW = ("promised", "complaint", "deadline", "our leave")
_STORED_OF_FEW = (
    *("two working days later where none was named", "of a Friday there the Wednesday before", "kept late"),
    *("kept by something attached to a mail of its own", "answered by a colleague", "again after our answer"),
    *("answered late", "in a conversation another one is no answer", "moved late", "taken back"),
    *("what is told late moves what is due",),
)
for _name in [name for name in STORED if name.startswith(_FEW)]:
    if _name.partition(": ")[2] not in _STORED_OF_FEW:
        del STORED[_name]
#: Those that PostgreSQL goes through too; of the others every third is tried by `make test`, and all by `make soak`.
BOTH = [name for place, name in enumerate(STORED) if place % 12 == 0]
SQLITE = [
    name if place % 3 == 0 else pytest.param(name, marks=pytest.mark.soak)
    for place, name in enumerate(each for each in STORED if each not in BOTH)
]
OFFER_DONE = read(NEW_YORK + "2026-02-05 10:01 done no_reply").lines[0]
DUE = "EXPLAIN QUERY PLAN SELECT contact_id FROM task_look WHERE look_at <= 'x' ORDER BY look_at LIMIT 9"
OFFER = read(NEW_YORK + "2026-02-02 10:00 alice > ann Offer\n2026-02-05 10:00 = no_reply open")


@pytest.mark.parametrize("name", SQLITE)
def test_what_there_is_to_do(name: str, tmp_path: Path) -> None:
    scenario = read(STORED[name])
    with Office(tmp_path, scenario) as office:
        office.run(scenario)


@pytest.mark.parametrize("name", BOTH)
def test_what_there_is_to_do_on_both_databases(name: str, new_url: Callable[[str], str], tmp_path: Path) -> None:
    scenario = read(STORED[name])
    with Office(tmp_path, scenario, url=new_url("office")) as office:
        office.run(scenario)


#: Two weeks of mail of two of ours with several people, all that happens in them at once.
BUSY = read(
    NEW_YORK
    + """2026-02-02 10:00 alice > ann Offer
    2026-02-02 10:30 ben > alice Question asks
    2026-02-02 11:00 bob > eve Prices
    2026-02-02 11:01 eve away Prices 2026-02-09
    2026-02-02 12:00 bob > bo Visit
    2026-02-02 12:01 bo lost Visit
    2026-02-03 09:30 ann > bob Offer asks
    2026-02-04 10:00 alice > ben+ann Plans
    2026-02-04 15:00 meet alice ann 60
    2026-02-05 10:00 bea > bob Plans thanks direct
    2026-02-05 11:00 bea > alice Help asks
    2026-02-05 12:00 bob > bea Help
    2026-02-06 10:00 bob > eve Prices
    2026-02-09 10:00 ann > alice Offer
    2026-02-09 12:00 bob > ann Offer thanks
    2026-02-09 09:00 bo > alice Order asks
    2026-02-10 09:00 bea > bob Lunch asks
    2026-02-10 10:00 bob > ann Contract
    2026-02-09 11:00 alice > eve Terms promises=2026-02-10
    2026-02-10 11:00 bea > bob Pump complains
    2026-02-08 12:00 leave bob 2026-02-11 2026-02-12"""
)


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in range(1, 20))])
def test_any_order_raises_the_same_and_nothing_before_all_is_read(
    seed: int, new_url: Callable[[str], str], tmp_path: Path
) -> None:
    chance = random.Random(seed)
    end = max(each.at for each in BUSY.lines) + timedelta(days=3)
    with Office(tmp_path, BUSY, url=new_url("live")) as live:
        live.run(BUSY)
        live.now = end
        live.hear()
        tick(live.store, live.company, lambda: end)
        expected = live.states()
    assert len([each for each in expected if each.endswith(" open")]) == 6
    assert len(expected) > 4
    raised = sum(made_by_now("task").values())
    with Office(tmp_path, BUSY, is_read=False, url=new_url("import")) as office:
        office.now = end
        office.hear()
        first = chance.choice(("alice", "bob"))
        lines = _arrivals(BUSY, chance)
        mails = Mails(BUSY)
        for place, line in enumerate(lines):
            office.take(line, mails)
            if place == len(lines) // 2:
                office.reach_horizon(first)
            if chance.random() < 0.3:
                tick(office.store, office.company, lambda: end)
            assert office.states() == [], place
        office.reach_horizon("bob" if first == "alice" else "alice")
        tick(office.store, office.company, lambda: end)
        # what is yet to be fetched may settle it
        assert set(office.states()) <= set(expected)
        office.fetch(BUSY)
        office.now += timedelta(minutes=2)
        tick(office.store, office.company, lambda: office.now)
        assert office.states() == expected
        history = office.rows("SELECT task_id, position, state FROM task_history")
        for line in _arrivals(BUSY, chance):
            office.take(line, mails)
        reprocess(office.store, office.company, lambda: end)
        tick(office.store, office.company, lambda: end)
        assert office.states() == expected
        assert office.rows("SELECT task_id, position, state FROM task_history") == history
    assert sum(made_by_now("task").values()) - raised == 6, "each that is open, once"


def _arrivals(scenario: Scenario, chance: random.Random) -> list[Line]:
    """What happened, in another order, and some of it twice."""
    lines = [each for each in scenario.lines if each.verb != "="]
    lines += chance.sample(lines, 3)
    chance.shuffle(lines)
    return lines


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """With a task that is open."""
    with Office(tmp_path, OFFER) as office:
        office.run(OFFER)
        yield office


def test_an_erased_person_leaves_no_task_and_nothing_that_was_said_of_one(office: Office) -> None:
    office.decide(OFFER_DONE)
    tables = ("task", "task_history", "task_decision")
    assert all(office.rows(f"SELECT count(*) FROM {each}") != [(0,)] for each in tables)  # noqa: S608 - words above
    erase(office.ingest(), "ann@client.example")
    office.derive()
    for each in (*tables, "task_look"):
        assert office.rows(f"SELECT count(*) FROM {each}") == [(0,)], each  # noqa: S608 - words above
    assert ("erase",) in office.rows("SELECT op FROM v1_change WHERE entity = 'task'")


def test_a_task_of_a_thread_that_nobody_may_see_goes(office: Office) -> None:
    ((thread_id,),) = office.rows("SELECT thread_id FROM v1_interaction")
    with office.store.write() as transaction:
        thread_levels.decide(transaction, thread_id, Level.NONE, office.now)
    office.derive()
    assert office.states() == []


def test_a_task_goes_with_the_mail_that_it_came_of(office: Office) -> None:
    retain(office.store, Limits(participants=1), office.now)
    office.derive()
    assert office.rows("SELECT (SELECT count(*) FROM task), (SELECT count(*) FROM task_history)") == [(0, 0)]


def test_whoever_is_not_read_any_more_is_not_waited_for(tmp_path: Path) -> None:
    with Office(tmp_path, OFFER) as late:
        late.take(OFFER.lines[0], Mails(OFFER))
        read_at, due_at = late.now, OFFER.lines[-1].at
        late.now = due_at
        # the mailbox was last read days ago, so the answer may lie there
        late.pass_time(is_heard=False, minutes=5)
        assert late.states() == []
        assert read_at < due_at
        failing = f"UPDATE account SET state = 'auth_failed', state_since_at = '{instant_text(late.now)}'"  # noqa: S608 - a time
        late.execute(failing)
        late.pass_time(is_heard=False, hours=47)
        assert late.states() == []
        late.pass_time(is_heard=False, hours=2)
        assert late.states() == ["ann:no_reply open"]


def test_a_task_is_found_by_the_tick_without_looking_at_others(office: Office) -> None:
    """Time rules cost what is due: contacts that nothing is due for are not looked at."""
    office.pass_time(days=1)
    assert office.rows("SELECT count(*) FROM task_look") == [(0,)]
    with office.store.read() as transaction:
        plan = "\n".join(str(row) for row in transaction.exec_driver_sql(DUE))
    assert "ix_task_look_look_at" in plan


def test_an_invitation_of_theirs_is_open_in_the_calendar_where_it_lies(
    new_url: Callable[[str], str], tmp_path: Path
) -> None:
    scenario = read(NEW_YORK + "2026-02-20 10:00 = nothing")
    with Office(tmp_path, scenario, url=new_url("office")) as office:
        start = replace(at(1, zone="UTC"), local=scenario.lines[0].at.replace(tzinfo=None))

        def told(answer: str, rule: str = "") -> Meeting:
            people = (f"alice@acme.example{answer}", "bob@acme.example?")
            whole = event(start, *people, organizer="ann@client.example")
            return meeting(replace(whole, rules=(rule,) if rule else ()), ref="1.ics")

        office.plan("alice", told("?"))
        office.pass_time(days=5)
        assert office.states() == []
        office.pass_time(days=1, hours=1)
        # whether Bob comes stands in no calendar of his that is read
        assert office.states() == ["ann:invitation_open open"]
        office.plan("alice", told("+"))
        assert office.states() == ["ann:invitation_open answer"]
        office.plan("alice", told("+", "FREQ=WEEKLY;COUNT=2"))
        office.pass_time(days=6)
        assert [each for each in office.states() if "after" in each] == []
        office.pass_time(days=7)
        assert [each for each in office.states() if "after" in each] == ["ann:after_meeting open"]


def test_of_very_many_mails_the_last_are_looked_at(
    new_url: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = [f"2026-02-02 1{n}:00 alice > ann Offer\n2026-02-02 1{n}:30 alice > ann Plan{n}" for n in range(4)]
    scenario = read(NEW_YORK + "\n".join(mails) + "\n2026-02-05 18:00 = nothing")
    with Office(tmp_path, scenario, url=new_url("office")) as office:
        monkeypatch.setattr(relations, "MOST", 3)
        monkeypatch.setattr(relation_mails, "MOST", 3)
        for line in scenario.lines[:-1]:
            office.take(line, Mails(scenario))
        with office.store.read() as transaction:
            ((contact_id,),) = office.rows("SELECT id FROM v1_contact WHERE display_name LIKE 'ann%'")
            long_ago = scenario.lines[0].at - timedelta(days=200)
            loaded = relations.load(transaction, [contact_id], long_ago, {}, office.company.own.owns)
        # the last three, and what else is among the last three of the conversation that one of them is in
        found = [mail.at.strftime("%H:%M") for mail in loaded.relations[contact_id].mails]
        assert found == ["16:00", "17:00", "17:30", "18:00", "18:30"]
