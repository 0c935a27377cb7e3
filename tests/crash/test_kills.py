"""kill -9 at labelled points and at random: the next run makes of the store what an undisturbed one makes of it."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.crash.labels import LABELS
from tests.crash.scenarios import SCENARIOS, Scenario

pytestmark = pytest.mark.slow
#: Of each scenario: `make test` kills 50 times in all on SQLite, and in two scenarios on PostgreSQL; `make soak` 200
#: times in each on both.
_SHORT = {"sqlite": 7, "postgresql": 3}
_ON_POSTGRESQL = ("first import", "news")
KILLS = [
    pytest.param(name, database, kills, marks=marks)
    for name in SCENARIOS
    for database, few in _SHORT.items()
    for kills, marks in ((few, []), (200, [pytest.mark.soak]))
    if kills == 200 or database == "sqlite" or name in _ON_POSTGRESQL
]


@pytest.mark.parametrize(("name", "database", "kills"), KILLS)
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


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def test_every_labelled_point_is_reached(scenario: Callable[..., Scenario], database: str) -> None:
    reached = {point for name in SCENARIOS for point in scenario(name, database).reached}
    assert LABELS[database] - reached == set()
