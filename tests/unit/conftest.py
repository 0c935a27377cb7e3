"""Stores for tests that hold on both databases: each runs on SQLite, and with the mark `server` on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from matching.policy import Company
from tests.servers.emptystores import EmptyStores
from tests.servers.postgres import Postgres
from tests.unit.daemon.company_mail import House, empty_store_at


@pytest.fixture(scope="session")
def empty_stores(postgres: Postgres) -> EmptyStores:
    """Empty stores on the PostgreSQL server of the run."""
    return EmptyStores(postgres, empty_store_at)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Gives the URL of an empty store at each call, for a name; on each of the two databases."""
    taken: list[str] = []

    def sqlite(name: str) -> str:
        return empty_store_at(f"sqlite:///{tmp_path / name}.db")

    if request.param == "sqlite":
        yield sqlite
        return
    stores: EmptyStores = request.getfixturevalue("empty_stores")

    def postgresql(_name: str) -> str:
        taken.append(stores.take())
        return taken[-1]

    yield postgresql
    for url in taken:
        stores.give_back(url)


@pytest.fixture
def new_house(new_url: Callable[[str], str], tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Gives a company with an empty store at each call, under a policy; on each of the two databases."""
    made: list[House] = []

    def make(policy: Company | None = None) -> House:
        made.append(House(tmp_path, policy, url=new_url(f"store{len(made)}")))
        return made[-1]

    yield make
    for house in made:
        house.store.close()


@pytest.fixture
def house(new_house: Callable[..., House]) -> House:
    """A company with an empty store; on each of the two databases."""
    return new_house()


@pytest.fixture
def sqlite_house(tmp_path: Path) -> Iterator[House]:
    """A company with an empty store on SQLite, for what only SQLite does."""
    with House(tmp_path) as house:
        yield house


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is slow on SQLite is a long form on PostgreSQL."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and callspec.params.get("new_url") == "postgresql" and item.get_closest_marker("slow"):
            item.add_marker("soak")
