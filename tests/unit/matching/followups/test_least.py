"""How long after a mail nothing can be due that comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest

from matching.followups import LONGEST, Mail, Override, Plan, Relation, Side
from tests.unit.matching.followups.language import DOMAINS, OURS, read
from tests.unit.matching.followups.mail_scenarios import NEW_YORK, RIYADH, TEHRAN, ULAANBAATAR
from tests.unit.matching.followups.other_scenarios import QUIET
from tests.unit.matching.followups.relations import RULES, World
from tests.unit.matching.followups.test_rules import ALL

NOTHING = "2026-02-02 10:00 = nothing"
HOURS = timedelta(hours=1)


def sooner(world: World, relation: Relation) -> tuple[int, list[object]]:
    """(what comes of plain mails, what of it is due sooner than its rule says)"""
    if relation.absences or relation.bounces:
        return 0, []
    mails = {mail.id for mail in relation.mails if not (mail.promises or mail.complains)}
    found = []
    for name, (rule, settings) in world.plan.rules.items():
        dues = [each for each in rule.find(name, relation, world.desk) if each.trigger_id in mails]
        found += [(each, each.due_at - each.triggered_at >= rule.least(settings)) for each in dues]
    return len(found), [each for each, is_late in found if not is_late]


def test_nothing_is_due_sooner_than_its_rule_says() -> None:
    many = 0
    for texts, gap in ((ALL, None), (QUIET, timedelta(days=4))):
        for text in texts.values():
            world = World(read(text), gap=gap)
            for line in world.scenario.lines:
                for name in DOMAINS.keys() - set(OURS):
                    count, found = sooner(world, world.relation(name, line.at))
                    assert found == [], text
                    many += count
    assert many > 300


@pytest.mark.parametrize("week", [TEHRAN, RIYADH, ULAANBAATAR, NEW_YORK])
def test_nor_at_any_hour_of_weeks_in_which_clocks_are_changed(week: str) -> None:
    """New York's change on 8 March and 1 November 2026."""
    for begin in ("2026-03-01T00:30+00:00", "2026-10-25T00:30+00:00"):
        for days, hours in ((0, 0.5), (1, 8.0), (3, 30.0)):
            rules: dict[str, Any] = {}
            for name, (field, value) in {"no_reply": ("days", days), "unanswered": ("hours", hours)}.items():
                settings = replace(RULES[name].Settings(), **{field: value})
                rules[name] = (RULES[name], settings)
            world = World(read(week + NOTHING), rules=rules)
            for hour in range(0, 12 * 24, 3):
                at = datetime.fromisoformat(begin) + hour * HOURS
                ours, theirs = mail(at, Side.OURS), mail(at, Side.CONTACT)
                for each in (ours, theirs):
                    assert sooner(world, Relation(contact_id="ann", mails=(each,))) == (1, [])


def mail(at: datetime, side: Side) -> Mail:
    whose: dict[str, Any] = {"is_to_us": True, "asked_ids": ("alice",)}
    if side is Side.OURS:
        whose = {"is_to_contact": True, "is_asked": True, "person_id": "alice"}
    return Mail(id="m", thread_id="m", parent_id=None, at=at, side=side, author="a@b.example", address="c@d", **whose)


class Silent:
    """A rule of somebody else's that does not tell."""

    Settings: ClassVar[Any] = RULES["complaint"].Settings


def hurried(rule: str, **changes: Any) -> Override:
    return Override(people=frozenset({"bob@acme.example"}), changes={rule: changes})


@pytest.mark.parametrize(
    ("more", "least"),
    [
        ({}, 8 * HOURS),
        ({"off": frozenset({"unanswered"})}, LONGEST),
        ({"overrides": (hurried("unanswered", hours=2.0), hurried("no_reply", days=2))}, 2 * HOURS),
        ({"overrides": (hurried("no_reply", days=1),)}, 0 * HOURS),
        # one that is off may be on for some
        ({"off": frozenset({"unanswered"}), "overrides": (hurried("unanswered", on=True, hours=3.0),)}, 3 * HOURS),
        ({"rules": {"silent": (Silent(), None)}}, 0 * HOURS),
        ({"rules": {}}, LONGEST),
    ],
)
def test_the_least_of_a_plan_is_that_of_whoever_is_quickest(more: dict[str, Any], least: timedelta) -> None:
    plan: Plan = World(read(NEW_YORK + NOTHING), **more).plan
    assert plan.least == least
