"""kill -9 at labelled points and at random: the next run makes of the store what an undisturbed one makes of it."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.crash.labels import LABELS
from tests.crash.scenarios import SCENARIOS, Scenario

pytestmark = pytest.mark.slow
#: Of each scenario: `make test` kills 50 times in all on SQLite, 21 times on PostgreSQL; `make soak` 1,400 times.
_SHORT = {"sqlite": 7, "postgresql": 3}
KILLS = [
    *((database, kills) for database, kills in _SHORT.items()),
    *(pytest.param(database, 200, marks=pytest.mark.soak) for database in _SHORT),
]


@pytest.mark.parametrize(("database", "kills"), KILLS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_program_that_is_killed_goes_on(
    scenario: Callable[..., Scenario], database: str, name: str, kills: int
) -> None:
    subject = scenario(name, database)
    for company in subject.killed(random.Random(f"{name} {kills}"), kills):
        subject.check(company)


@pytest.mark.parametrize("kills", [1, pytest.param(100, marks=pytest.mark.soak)])
def test_a_program_that_is_killed_while_a_process_beside_it_reads_goes_on(
    scenario: Callable[[str], Scenario], kills: int
) -> None:
    subject = scenario("first import")
    for company in subject.killed(random.Random(kills), kills, apart=True):
        subject.check(company)


@pytest.mark.parametrize("database", LABELS)
def test_every_labelled_point_is_reached(scenario: Callable[..., Scenario], database: str) -> None:
    reached = {point for name in SCENARIOS for point in scenario(name, database).reached}
    assert LABELS[database] - reached == set()
