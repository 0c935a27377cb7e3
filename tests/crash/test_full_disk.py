"""A disk that is full at any moment is told in words, leaves nothing half-written, and costs nothing afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.crash.scenarios import Scenario

pytestmark = pytest.mark.slow
_PAGE = 4096


@pytest.mark.parametrize("times", [8, pytest.param(20, marks=pytest.mark.soak)])
def test_a_full_disk_is_told_and_writes_nothing_by_half(scenario: Callable[[str], Scenario], times: int) -> None:
    """So often the disk is full, each time a little later."""
    subject = scenario("first import")
    whole = subject.company()
    subject.world.warm.finish(whole, "sync")
    needed = whole.store.stat().st_size // _PAGE
    for time in range(times):
        company = subject.company()
        run = subject.start(company, pages=5 + time * (needed - 10) // times)
        assert run.wait() == 2, run.said()
        [problem] = json.loads(run.out.with_suffix(".out").read_text())["problems"]
        assert (problem["step"], problem["problem"].rpartition(": ")[2]) == ("store", "database or disk is full")
        assert "make room on the disk" in problem["hint"]
        assert "Traceback" not in run.said()
        subject.check(company)
