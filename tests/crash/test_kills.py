"""kill -9 at labelled points and at random: the next run makes of the store what an undisturbed one makes of it."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.crash.labels import LABELS
from tests.crash.scenarios import SCENARIOS, Scenario

pytestmark = pytest.mark.slow
#: Of each scenario on each database. With one more, beside a process that reads, `make test` kills 50 times on each.
_KILLS = [7, pytest.param(200, marks=pytest.mark.soak)]
#: Of so many kills one is at a labelled point; on PostgreSQL `make test` kills at nothing else.
_EVERY = {"sqlite": 2, "postgresql": 1}


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("database", LABELS)
@pytest.mark.parametrize("kills", _KILLS)
def test_a_program_that_is_killed_goes_on(
    scenario: Callable[..., Scenario], database: str, name: str, kills: int
) -> None:
    subject = scenario(name, database)
    every = _EVERY[database] if kills < 200 else 2
    for company in subject.killed(random.Random(f"{name} {kills}"), kills, every=every):
        subject.check(company)


@pytest.mark.parametrize("database", LABELS)
@pytest.mark.parametrize("kills", [1, pytest.param(100, marks=pytest.mark.soak)])
def test_a_program_that_is_killed_while_a_process_beside_it_reads_goes_on(
    scenario: Callable[..., Scenario], database: str, kills: int
) -> None:
    subject = scenario("first import", database)
    for company in subject.killed(random.Random(kills), kills, every=_EVERY[database], apart=True):
        subject.check(company)


@pytest.mark.parametrize("database", LABELS)
def test_every_labelled_point_is_reached(scenario: Callable[..., Scenario], database: str) -> None:
    reached = {point for name in SCENARIOS for point in scenario(name, database).reached}
    assert LABELS[database] - reached == set()
