"""What several of these tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.daemon.company_mail import House


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A small company's store, on each database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    with House(tmp_path, url=url) as house:
        yield house
