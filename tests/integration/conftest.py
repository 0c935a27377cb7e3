"""What several of these tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.engine import Store
from tests.servers.postgres import Postgres
from tests.unit.daemon.company_mail import KEY, House


@pytest.fixture(scope="session")
def empty_store(postgres: Postgres) -> Callable[[], str]:
    """Makes an empty store on PostgreSQL at each call: copies one, because migrating takes longer than most tests."""
    url = postgres.create_database()
    Store.open(url, key_text=KEY, key_file=Path("unused")).close()
    return lambda: postgres.create_database(url.rpartition("/")[2])


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A small company's store, on each database."""
    url = request.getfixturevalue("empty_store")() if request.param == "postgresql" else None
    with House(tmp_path, url=url) as house:
        yield house
