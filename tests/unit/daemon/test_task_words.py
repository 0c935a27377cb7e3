"""What reps read in their own language."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon import task_words
from matching.followups import How
from tests.unit.matching.followups.language import read
from tests.unit.matching.followups.other_scenarios import QUIET
from tests.unit.matching.followups.relations import World
from tests.unit.matching.followups.test_rules import ALL


def test_every_language_says_what_the_rules_say() -> None:
    told = set()
    for gap, scenarios in ((None, ALL), (timedelta(days=4), QUIET)):
        for text in scenarios.values():
            world = World(read(text), gap=gap)
            world.run()
            end = max(each.at for each in world.scenario.lines)
            found = [task.due for _contact, task in world.tasks(end)]
            told |= {(each.title, each.reason) for each in found}
    named = {title for title, _reason in told} - {"Offer"}
    assert len(named) >= 12, named
    for language in ("de", "fa", "ar", "mn"):
        for title, reason in told:
            assert task_words.title(language, title) != title
            assert task_words.reason(language, reason) != reason, (language, reason)
            day = reason.split()[-1]
            assert not day[:4].isdigit() or day in task_words.reason(language, reason)
        for how in How:
            assert task_words.settled(language, how) != how
    assert task_words.reason("en", "whatever") == task_words.reason("fa", "whatever") == "whatever"
    assert task_words.title("mn", "Something new") == "Something new"
    assert task_words.settled("fa", "by_magic") == "by magic"


@pytest.mark.parametrize(
    ("tag", "language", "is_rtl"),
    [
        ("fa-IR", "fa", True),
        ("AR", "ar", True),
        ("mn-Mong", "mn", False),
        ("mn_MN", "mn", False),
        ("de", "de", False),
        ("az-Arab", "en", True),
        ("pa-Arab-PK", "en", True),
        ("ur-Latn", "en", False),
        ("he", "en", True),
        ("", "en", False),
    ],
)
def test_tags(tag: str, language: str, is_rtl: bool) -> None:
    assert task_words.language_of(tag) == language
    assert task_words.is_right_to_left(tag) is is_rtl
