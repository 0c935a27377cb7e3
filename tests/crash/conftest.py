"""One warm process for all tests, and one scenario of each kind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.conftest import Login, require
from tests.crash.calendars import USERS
from tests.crash.labels import LABELS
from tests.crash.scenarios import SCENARIOS, SYNC, Scenario, World, fill
from tests.crash.state import state_of
from tests.crash.stores import Databases, Files
from tests.crash.warm import Warm, warm_process
from tests.integration.company import Company
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.servers.radicale import Radicale


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    with warm_process(tmp_path_factory.mktemp("warm")) as process:
        yield process


@pytest.fixture(scope="session")
def crash_radicale() -> Iterator[Radicale]:
    yield from require(Radicale(USERS))


@pytest.fixture(scope="session")
def world(
    request: pytest.FixtureRequest,
    dovecot: Dovecot,
    dovecot_user: Callable[[], Login],
    warm: Warm,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., World]:
    """Gives mailboxes that nobody else has, and companies that read them, at each call."""

    def make(database: str = "sqlite") -> World:
        logins = {"alice": dovecot_user(), "bob": dovecot_user()}
        fill(logins)
        stores = Files() if database == "sqlite" else Databases(request.getfixturevalue("postgres"))
        radicale = partial(request.getfixturevalue, "crash_radicale")
        return World(dovecot, warm, tmp_path_factory.mktemp("world"), logins, stores, radicale)

    return make


@pytest.fixture(scope="session")
def scenario(world: Callable[..., World]) -> Callable[..., Scenario]:
    """The scenario of a name on a database, made once."""
    made: dict[tuple[str, str], Scenario] = {}

    def make(name: str, database: str = "sqlite") -> Scenario:
        if (name, database) not in made:
            made[name, database] = _watched(world(database), SCENARIOS[name])
        return made[name, database]

    return make


def _watched(world: World, prepare: Callable[[World], Company | None]) -> Scenario:
    before = prepare(world)
    reached = world.warm.learn(world.company(before), LABELS[world.stores.name], *SYNC)
    company = world.company(before)
    start = time.monotonic()
    world.warm.finish(company, *SYNC)
    return Scenario(world, before, state_of(company), time.monotonic() - start, reached)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.server, pytest.mark.soak])])
def new_database(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Gives the URL of an empty database at each call; "" is a file in the company's folder."""
    if request.param == "sqlite":
        return lambda: ""
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.create_database
