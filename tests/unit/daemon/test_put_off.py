"""Looks at contacts that are put off until something can be due, and those that are not; on both databases."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from daemon import followups
from daemon.erasing import erase
from daemon.ticking import tick
from matching.followups import Override, Plan
from matching.visibility import Level
from store.contacts import merging
from store.derivation import thread_levels
from store.types import instant_text
from tests.unit.daemon.followup_store import Mails, Office
from tests.unit.matching.followups.language import Scenario, read
from tests.unit.matching.followups.mail_scenarios import NEW_YORK

pytestmark = pytest.mark.later

#: Ten in the morning of a Monday there; an answer is owed eight working hours later, at nine on Tuesday or later.
ASKED = "2026-02-02 10:00 ann > alice Question asks"
LOOK_AT = datetime.fromisoformat("2026-02-02T23:00:00+00:00")
#: A rhythm of two days.
OFTEN = "\n".join(
    f"2026-02-{day:02} 10:00 ann > alice S{day}\n2026-02-{day:02} 11:00 alice > ann S{day} thanks"
    for day in (2, 4, 6, 9)
)
NewUrl = Callable[[str], str]
COLUMNS = "rule, contact_id, trigger_id, state, due_at, person_id, title, settled_by"


def said(text: str) -> Scenario:
    return read(NEW_YORK + text)


def taken(office: Office, scenario: Scenario, part: slice = slice(None), *, ticks: bool = False) -> None:
    """What happened, or a part of it, each read when it did; the rules were on before."""
    mails = Mails(scenario)
    tick(office.store, office.company, lambda: office.now)
    for line in scenario.lines[part]:
        office.now = max(office.now, line.at)
        office.hear()
        office.take(line, mails)
        if ticks:
            tick(office.store, office.company, lambda: office.now)


def looks(office: Office) -> list[str]:
    assert office.rows("SELECT 1 FROM dirty WHERE kind = 'task'") == []
    return [str(at) for (at,) in office.rows("SELECT look_at FROM task_look ORDER BY look_at")]


def is_looked_at_once(office: Office, text: str) -> bool:
    """Is the contact looked at as soon as the last of it has come, whatever was to be done before?"""
    scenario = said(text)
    taken(office, scenario, slice(-1))
    office.execute("DELETE FROM task_look")
    taken(office, scenario, slice(-1, None))
    return looks(office) != [instant_text(office.now + timedelta(hours=8))]


def test_mail_of_which_nothing_can_be_due_is_looked_at_later(new_url: NewUrl, tmp_path: Path) -> None:
    scenario = said(f"{ASKED}\n2026-02-02 11:00 bob > ann Other\n2026-02-03 12:00 alice > ann Question")
    with Office(tmp_path, scenario, url=new_url("office")) as office:
        for many in (1, 2):
            # what follows within that time costs no look either, and moves nothing
            taken(office, scenario, slice(many), ticks=True)
            assert looks(office) == [instant_text(LOOK_AT)]
        office.pass_time(hours=23, minutes=30)
        assert office.states() == ["ann:unanswered open"]
        # now that something is open the next word settles it at once
        taken(office, scenario)
        assert office.states() == ["ann:unanswered reply"]


@pytest.mark.parametrize(
    ("text", "states"),
    [
        pytest.param(f"{ASKED}\n2026-02-02 10:05 ann > alice Question", None, id="nothing of it"),
        pytest.param("2026-02-02 10:00 ann > alice Pump complains", ["ann:complaint open"], id="a complaint"),
        pytest.param(
            "2026-02-02 10:00 alice > ann Offer\n2026-02-02 10:05 ann away Offer 2026-02-03\n"
            "2026-02-02 23:00 alice > ann Plans",
            [],
            id="to one who is away",
        ),
        pytest.param("2026-02-02 10:00 alice > ann List promises=2026-02-02", [], id="a promise"),
    ],
)
def test_mail_of_which_something_may_be_due_is_looked_at_at_once(
    text: str, states: list[str] | None, tmp_path: Path
) -> None:
    with Office(tmp_path, said(text)) as office:
        assert is_looked_at_once(office, text) is (states is not None)
        assert office.states() == (states or [])


def test_late_mail_and_short_times_are_looked_at_at_once(tmp_path: Path) -> None:
    scenario = said(ASKED)
    with Office(tmp_path, scenario) as office:
        office.now = scenario.lines[0].at + timedelta(hours=30)
        office.hear()
        office.take(scenario.lines[0], Mails(scenario))
        assert office.states() == ["ann:unanswered open"]
    plan = office.company.followups
    hurried = Override(contacts=frozenset({"eve@other.example"}), changes={"unanswered": {"hours": 0}})
    (tmp_path / "hurried").mkdir()
    with Office(tmp_path / "hurried", scenario) as office:
        office.company = replace(office.company, followups=replace(plan, overrides=(hurried,)))
        assert is_looked_at_once(office, ASKED)


def test_mail_from_before_all_that_rules_look_at_is_looked_at_for_what_is_open_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = said(f"2025-03-03 10:00 bob > ann Old\n2025-03-04 10:00 bob > eve Older\n{ASKED}")
    looked_at: list[str] = []
    really = followups._Look.at

    def look_at(look: followups._Look, ids: Sequence[str]) -> list[str]:
        looked_at.extend(ids)
        return really(look, ids)

    monkeypatch.setattr(followups._Look, "at", look_at)
    with Office(tmp_path, scenario) as office:
        taken(office, scenario, slice(2, None))
        office.pass_time(days=2)
        assert office.states() == ["ann:unanswered open"]
        looked_at.clear()
        taken(office, scenario, slice(2))
        ids = dict(office.rows("SELECT address, contact_id FROM v1_contact_address"))
        assert looked_at == [ids["ann@client.example"]]
        assert "eve@other.example" in ids


def test_what_was_due_or_not_known_is_looked_at_with_the_next_mail(tmp_path: Path) -> None:
    scenario = said(f"{ASKED}\n2026-02-03 11:00 bob > ann Other\n2026-02-03 11:01 bob > ann Third")
    with Office(tmp_path, scenario) as office:
        taken(office, scenario, slice(1))
        office.now = scenario.lines[1].at
        # the mailboxes were not read since, so the answer may lie there
        office.take(scenario.lines[1], Mails(scenario))
        assert office.states() == []
        ((look_at,),) = office.rows("SELECT look_at FROM task_look")
        assert instant_text(office.now) < str(look_at) <= instant_text(office.now + timedelta(hours=1))
        taken(office, scenario, slice(2, None))
        assert office.states() == ["ann:unanswered open"]


def test_silence_is_found_when_it_is_long_whatever_was_known_at_the_last_look(tmp_path: Path) -> None:
    scenario = said(OFTEN)
    with Office(tmp_path, scenario) as office:
        taken(office, scenario, ticks=True)
        # as long as years of mail are yet to be read nobody knows a rhythm
        office.execute("UPDATE stream SET backlog = 9")
        office.execute("INSERT INTO dirty (kind, key) SELECT 'task', id FROM contact")
        office.pass_time(minutes=1)
        assert office.rows("SELECT look_at FROM task_look") == []
        office.execute("UPDATE stream SET backlog = 0")
        office.pass_time(days=13)
        assert office.states() == []
        office.pass_time(days=2)
        assert office.states() == ["ann:gone_quiet open"]


def test_silence_that_became_long_while_the_past_was_read_is_found_when_it_is_known(
    new_url: NewUrl, tmp_path: Path
) -> None:
    with Office(tmp_path, said(OFTEN), url=new_url("office")) as office:
        taken(office, said(OFTEN), ticks=True)
        office.execute("UPDATE stream SET backlog = 9")
        office.pass_time(days=15)
        assert office.states() == []
        office.execute("UPDATE stream SET backlog = 0")
        office.pass_time(minutes=1)
        assert office.states() == ["ann:gone_quiet open"]


def test_no_rhythm_waits_for_an_account_that_fails_for_long(new_url: NewUrl, tmp_path: Path) -> None:
    with Office(tmp_path, said(OFTEN), url=new_url("office")) as office:
        taken(office, said(OFTEN), ticks=True)
        office.execute("UPDATE stream SET backlog = 9")
        office.execute("UPDATE account SET state = 'auth_failed', state_since_at = ?", instant_text(office.now))
        office.pass_time(days=15, is_heard=False)
        assert office.states() == ["ann:gone_quiet open"]


def test_whoever_is_put_off_may_change_until_then(new_url: NewUrl, tmp_path: Path) -> None:
    scenario = said(f"{ASKED}\n2026-02-02 10:01 eve > bob Hello asks\n2026-02-02 10:02 bo > bob Plans asks")
    with Office(tmp_path, scenario, url=new_url("office")) as office:
        taken(office, scenario)
        assert len(looks(office)) == 3
        ids = dict(office.rows("SELECT address, contact_id FROM v1_contact_address"))
        found = {name.partition("@")[0]: contact_id for name, contact_id in ids.items()}
        with office.store.write() as transaction:
            merging.merge(transaction, found["ann"], found["bo"], office.now)
        office.derive()
        erase(office.ingest(), next(each for each in ids if each.startswith("eve@")))
        office.derive()
        assert found["eve"] not in {each for (each,) in office.rows("SELECT contact_id FROM task_look")}
        ((thread_id,),) = office.rows("SELECT thread_id FROM v1_interaction WHERE subject = 'Matter 0'")
        with office.store.write() as transaction:
            thread_levels.decide(transaction, thread_id, Level.NONE, office.now)
        office.derive()
        office.pass_time(days=2)
        ((rule, contact_id, state),) = office.rows("SELECT rule, contact_id, state FROM v1_task")
        assert (rule, contact_id, state) == ("unanswered", found["bo"], "open")


def test_other_settings_hold_for_whoever_is_put_off(tmp_path: Path) -> None:
    scenario = said(ASKED)
    with Office(tmp_path, scenario) as office:
        taken(office, scenario)
        changed = Override(contacts=frozenset({"ann@client.example"}), changes={"unanswered": {"hours": 1}})
        plan = replace(office.company.followups, overrides=(changed,))
        office.company = replace(office.company, followups=plan)
        office.pass_time(minutes=5)
        office.pass_time(minutes=56)
        assert office.states() == ["ann:unanswered open"]


def test_one_who_is_put_off_is_looked_at_after_a_kill(
    new_url: NewUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the page wrote says when; nothing else remembers it."""
    scenario = said(f"{ASKED}\n2026-02-02 10:01 eve > bob Pump complains")

    class Killed(Exception):
        pass

    def killed(*_args: object, **_more: object) -> bool:
        raise Killed

    with Office(tmp_path, scenario, url=new_url("office")) as office:
        tick(office.store, office.company, lambda: office.now)
        for line in scenario.lines:
            office.now = line.at
            office.hear()
            with monkeypatch.context() as patch:
                patch.setattr(followups, "raise_tasks", killed)
                with pytest.raises(Killed):
                    office.take(line, Mails(scenario))
        assert office.states() == []
        office.pass_time(minutes=1)
        assert office.states() == ["eve:complaint open"]
        office.pass_time(days=1, hours=1)
        assert office.states() == ["ann:unanswered open", "eve:complaint open"]


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in range(1, 20))])
def test_what_is_open_is_the_same_as_if_nothing_were_put_off(
    seed: int, new_url: NewUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    scenario = said(_weeks(chance, 12))
    lines = list(scenario.lines)
    for place in range(0, len(lines), 7):
        # some come late
        lines.insert(place + chance.randrange(5), lines.pop(place))
    whole, put_off = property(lambda _plan: timedelta(0)), Plan.least
    (tmp_path / "whole").mkdir()
    with (
        Office(tmp_path, scenario, url=new_url("put_off")) as office,
        Office(tmp_path / "whole", scenario, url=new_url("whole")) as other,
    ):
        mails = {each: Mails(scenario) for each in (office, other)}

        def open_now() -> list[list[tuple[object, ...]]]:
            query = f"SELECT {COLUMNS} FROM task WHERE state = 'open'"  # noqa: S608 - names above
            return [sorted(each.rows(query)) for each in (office, other)]

        for line in lines:
            is_heard, ticks = chance.random() < 0.6, chance.random() < 0.3
            for each, least in ((office, put_off), (other, whole)):
                monkeypatch.setattr(Plan, "least", least)
                each.now = max(each.now, line.at)
                if is_heard:
                    each.hear()
                each.take(line, mails[each])
                if ticks:
                    tick(each.store, each.company, lambda each=each: each.now)  # type: ignore[misc] # mypy knows no lambda with a default
            one, two = open_now()
            assert one == two, line
        for each, least in ((office, put_off), (other, whole)):
            monkeypatch.setattr(Plan, "least", least)
            each.pass_time(days=1)
        query = f"SELECT {COLUMNS} FROM task"  # noqa: S608 - names above
        assert sorted(office.rows(query)) == sorted(other.rows(query)) != []


def _weeks(chance: random.Random, many: int) -> str:
    """So many mails of some weeks, and a meeting and an absence among them."""
    at, subjects, lines = datetime.fromisoformat("2026-02-02T08:00"), ["S"], list[str]()
    for number in range(many):
        at += timedelta(minutes=chance.expovariate(1 / 2_000))
        if chance.random() < 0.4:
            subjects.append(f"S{number}")
        theirs, ours = chance.choice(["ann", "ann", "ben", "eve"]), chance.choice(["alice", "alice", "bob"])
        sender, to = (theirs, ours) if chance.random() < 0.5 else (ours, theirs)
        likely = (("thanks", 0.1), ("asks", 0.2), ("fwd", 0.05), ("bulk", 0.05), ("auto", 0.05), ("fresh", 0.1))
        flags = [flag for flag, part in likely if chance.random() < part]
        if chance.random() < 0.1:
            flags.append("complains" if sender == theirs else "promises")
        lines.append(f"{at:%Y-%m-%d %H:%M} {sender} > {to} {chance.choice(subjects[-3:])} {' '.join(flags)}")
        if number == many // 2:
            lines.append(f"{at + timedelta(minutes=5):%Y-%m-%d %H:%M} meet {ours} {theirs} 60")
            lines.append(f"{at:%Y-%m-%d %H:%M} leave bob {at + timedelta(2):%Y-%m-%d} {at + timedelta(4):%Y-%m-%d}")
    return "\n".join(lines)
