"""The rules of follow-ups, each in the weeks of Tehran, Riyadh, Ulaanbaatar and New York."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from matching.followups import How, Override, judge
from matching.followups.asking import BRIEF, asks, is_brief
from matching.followups.owing import UnansweredSettings
from matching.followups.replying import NoReplySettings
from matching.workdays import WorkingTime
from matching.workweeks import read_week
from tests.unit.matching.followups.language import address, read
from tests.unit.matching.followups.mail_scenarios import LEAVE, NEW_YORK, NO_REPLY, TEHRAN
from tests.unit.matching.followups.other_scenarios import AFTER_MEETING, BOUNCED, DEADLINE, INVITATION, OUR_LEAVE, QUIET
from tests.unit.matching.followups.owing_scenarios import UNANSWERED
from tests.unit.matching.followups.relations import LONG_AGO, RULES, World
from tests.unit.matching.followups.word_scenarios import COMPLAINT, PROMISED

SINCE = dict.fromkeys(RULES, LONG_AGO)
ALL = {
    f"{rule}: {name}": text
    for rule, found in (
        ("no_reply", NO_REPLY),
        ("back_from_leave", LEAVE),
        ("unanswered", UNANSWERED),
        ("bounced", BOUNCED),
        ("after_meeting", AFTER_MEETING),
        ("invitation_open", INVITATION),
        ("deadline", DEADLINE),
        ("our leave", OUR_LEAVE),
        ("promised", PROMISED),
        ("complaint", COMPLAINT),
    )
    for name, text in found.items()
}


@pytest.mark.parametrize("name", ALL)
def test_what_there_is_to_do(name: str) -> None:
    World(read(ALL[name])).run()


@pytest.mark.parametrize("name", QUIET)
def test_what_there_is_to_do_where_there_is_a_rhythm(name: str) -> None:
    World(read(QUIET[name]), gap=timedelta(days=4)).run()


def test_a_slow_rhythm_takes_longer() -> None:
    text = (
        TEHRAN
        + """2026-02-01 10:00 ann > alice Order
    2026-02-01 11:00 alice > ann Order thanks
    2026-03-03 10:59 = nothing
    2026-03-03 11:00 = gone_quiet open"""
    )
    World(read(text), gap=timedelta(days=10)).run()


OFFER = "2026-02-02 10:00 alice > ann Offer\n"
ASKED = "2026-02-02 10:00 ann > bob Question asks\n"


def whose(text: str, **more: Any) -> list[str | None]:
    """Who has the tasks that there are at the end of the week."""
    world = World(read(NEW_YORK + text), **more)
    at = read(NEW_YORK + "2026-02-06 17:00 = nothing").lines[0].at
    return [task.due.person_id for _contact, task in world.tasks(at)]


def test_a_task_is_whose_mail_it_was() -> None:
    assert whose(OFFER) == ["alice"]


def test_in_the_conversation_it_is_whose_mail_was_last() -> None:
    assert whose(OFFER + "2026-02-02 11:00 bob > ann Offer") == ["bob"]


def test_of_who_left_it_goes_to_whose_contact_it_is() -> None:
    assert whose(OFFER, left=("alice",), contact_of={"ann": "carol"}) == ["carol"]


def test_of_who_left_it_goes_to_who_wrote_before() -> None:
    earlier = "2026-01-12 10:00 bob > ann Hello\n2026-01-12 11:00 ann > bob Hello thanks\n"
    assert whose(earlier + OFFER, left=("alice",)) == ["bob"]


def test_of_who_left_and_nobody_else_knows_it_is_nobodys_and_there() -> None:
    assert whose(OFFER, left=("alice",)) == [None]


def test_who_is_asked_owes_the_answer_not_who_wrote_of_something_else() -> None:
    assert whose("2026-02-02 09:00 alice > ann Party bulk\n" + ASKED) == ["bob"]


def test_who_wrote_in_the_conversation_owes_the_answer() -> None:
    assert whose("2026-02-02 09:00 alice > ann Question\n" + ASKED) == ["alice"]


def test_each_works_when_that_one_works() -> None:
    tehran = WorkingTime(zone="Asia/Tehran", week=read_week(["sat-wed 09:00-17:00"]))
    text = (
        NEW_YORK
        + """2026-02-03 01:00 bob > ann Offer
    2026-02-08 00:59 = nothing
    2026-02-08 01:00 = no_reply open"""
    )
    # Tuesday 9:30 in Tehran, and so Sunday
    World(read(text), own={"bob": tehran}).run()


def test_settings_of_a_rule() -> None:
    rules = {**{n: (r, r.Settings()) for n, r in RULES.items()}, "no_reply": (RULES["no_reply"], NoReplySettings(1))}
    text = NEW_YORK + OFFER + "2026-02-03 10:00 = no_reply open"
    World(read(text), rules=rules).run()


@pytest.mark.parametrize(
    ("override", "day"),
    [
        (Override(people=frozenset({address("alice")}), changes={"no_reply": {"days": 1}}), 3),
        (Override(people=frozenset({address("bob")}), changes={"no_reply": {"days": 1}}), 5),
        (Override(teams=frozenset({"alices"}), changes={"no_reply": {"days": 1}}), 3),
        (
            Override(
                people=frozenset({address("bob")}), teams=frozenset({"alices"}), changes={"no_reply": {"days": 1}}
            ),
            3,
        ),
        (Override(organizations=frozenset({"client.example"}), changes={"no_reply": {"days": 2}}), 4),
        (Override(organizations=frozenset({"other.example"}), changes={"no_reply": {"days": 2}}), 5),
        (Override(contacts=frozenset({address("ann")}), changes={"no_reply": {"days": 2}}), 4),
        (Override(teams=frozenset({"x"}), contacts=frozenset({address("ann")}), changes={"no_reply": {"days": 2}}), 5),
        (Override(contacts=frozenset({address("ann")}), changes={"no_reply": {"on": False}}), None),
        (Override(contacts=frozenset({address("ann")}), changes={"unanswered": {"hours": 2.0}}), 5),
    ],
)
def test_other_settings_for_some(override: Override, day: int | None) -> None:
    checks = [f"2026-02-0{n} 10:00 = {'no_reply open' if day and n >= day else 'nothing'}" for n in range(3, 7)]
    World(read(NEW_YORK + OFFER + "\n".join(checks)), overrides=(override,)).run()


def test_of_several_overrides_the_last_holds() -> None:
    found = tuple(Override(changes={"no_reply": {"days": days}}) for days in (1, 2))
    World(
        read(NEW_YORK + OFFER + "2026-02-03 12:00 = nothing\n2026-02-04 10:00 = no_reply open"), overrides=found
    ).run()


def test_a_rule_that_is_off_may_be_on_for_some() -> None:
    only = Override(contacts=frozenset({address("ann")}), changes={"no_reply": {"on": True}})
    text = NEW_YORK + OFFER + "2026-02-02 10:00 alice > eve Offer\n2026-02-06 10:00 = no_reply open"
    World(read(text), off=frozenset({"no_reply"}), overrides=(only,)).run()
    World(read(text.replace("no_reply open", "nothing")), off=frozenset({"no_reply"})).run()


def test_without_back_from_leave_an_absence_changes_nothing() -> None:
    text = NEW_YORK + OFFER + "2026-02-02 10:01 ann away Offer 2026-02-20\n2026-02-05 10:00 = no_reply open"
    World(read(text), off=frozenset({"back_from_leave"})).run()


def test_without_complaint_a_mail_that_complains_is_owed_an_answer() -> None:
    text = NEW_YORK + "2026-02-02 10:00 ann > alice Pump complains\n2026-02-04 10:00 = unanswered open"
    World(read(text), off=frozenset({"complaint"})).run()


def test_what_is_suggested_is_told() -> None:
    world = World(read(NEW_YORK + "2026-02-02 10:00 alice > ann Offer promises=2026-02-04\n2026-02-04 09:00 = nothing"))
    ((_contact, task),) = world.tasks(world.scenario.lines[-1].at)
    assert task.due.is_suggested
    assert task.due.reason == "promised on 2026-02-02 to send something by 2026-02-04"


def test_an_answered_mark_settles_without_a_time() -> None:
    world = World(read(NEW_YORK + ASKED + "2026-02-03 10:00 = unanswered open"))
    world.run()
    at = world.scenario.lines[-1].at
    relation = world.relation("ann", at)
    marked = replace(relation, mails=tuple(replace(each, is_answered=True) for each in relation.mails))
    open_before = judge(relation, world.desk, at, SINCE).tasks
    assert [each.settled for each in open_before] == [None]
    # whoever never saw it open does not hear of it
    assert judge(marked, world.desk, at, SINCE).tasks == ()
    (task,) = judge(marked, world.desk, at, SINCE, [each.key for each in open_before]).tasks
    assert task.settled is not None
    assert (task.settled.how, task.settled.at) == (How.REPLY, None)


def test_what_is_asked_weighs_more() -> None:
    def priorities(text: str) -> list[int]:
        world = World(read(NEW_YORK + text + "2026-02-04 10:00 = nothing"))
        return [task.due.priority for _contact, task in world.tasks(world.scenario.lines[-1].at)]

    assert priorities(ASKED) > priorities(ASKED.replace(" asks", ""))
    later = ASKED.replace(" asks", "") + ASKED.replace("10:00", "11:00")
    assert priorities(later) == priorities(ASKED)


def test_what_is_not_known_yet_raises_nothing() -> None:
    world = World(read(NEW_YORK + OFFER + "2026-02-05 10:00 = nothing"))
    at = world.scenario.lines[-1].at
    relation = world.relation("ann", at)
    early = judge(relation, world.desk, at - timedelta(seconds=1), SINCE)
    assert (early.tasks, early.look_at) == ((), at)
    assert [each.due.rule for each in judge(relation, world.desk, at, SINCE).tasks] == ["no_reply"]


def test_what_is_old_when_a_rule_begins_raises_nothing() -> None:
    world = World(read(NEW_YORK + OFFER + "2026-02-25 10:00 = nothing"))
    written, at = world.scenario.lines[0].at, world.scenario.lines[-1].at
    relation = world.relation("ann", at)
    for days, count in ((13, 1), (14, 1), (15, 0)):
        since = dict.fromkeys(RULES, written + timedelta(days=days))
        assert len(judge(relation, world.desk, at, since).tasks) == count, days


def test_a_rule_that_never_began_raises_nothing() -> None:
    world = World(read(NEW_YORK + OFFER + "2026-02-25 10:00 = nothing"))
    at = world.scenario.lines[-1].at
    assert judge(world.relation("ann", at), world.desk, at, {}).tasks == ()


@pytest.mark.parametrize("text", ["Any news?", "آیا پیشنهاد رسید؟", "هل وصل العرض؟", "好吗？", "Ирэх үү?"])
def test_asking_in_any_script(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text", ["See https://x.example/?a=1", "با تشکر", "Баярлалаа", "شكرا لكم", "Thank you, received."]
)
def test_a_brief_answer_in_any_script(text: str) -> None:
    assert not asks(text)
    assert is_brief(text)


def test_what_is_brief_is_bounded() -> None:
    assert not is_brief("a" * BRIEF)
    assert is_brief("a 1" * (BRIEF - 1))


@pytest.mark.parametrize("days", [-1, 91])
def test_days_have_bounds(days: int) -> None:
    with pytest.raises(ValueError, match="days must be"):
        NoReplySettings(days)


@pytest.mark.parametrize("hours", [-1.0, 501.0])
def test_hours_have_bounds(hours: float) -> None:
    with pytest.raises(ValueError, match="hours must be"):
        UnansweredSettings(hours)
