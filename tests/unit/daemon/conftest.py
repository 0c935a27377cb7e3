"""Companies with calendars, for tests of meetings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from matching.policy import Company
from tests.unit.daemon.company_meetings import Calendars


@pytest.fixture
def new_calendars(new_url: Callable[[str], str], tmp_path: Path) -> Iterator[Callable[..., Calendars]]:
    """Gives a company with empty calendars at each call; on each of the two databases."""
    made: list[Calendars] = []

    def make(policy: Company | None = None) -> Calendars:
        made.append(Calendars(tmp_path, policy, url=new_url(f"calendars{len(made)}")))
        return made[-1]

    yield make
    for each in made:
        each.store.close()
