"""What tests share: real servers, started once for a run, stores on both databases, and the folder of labelled mail.

A test that asks for a server carries the mark `server` by itself. Where the server is not installed, such a
test is skipped on a laptop and fails in CI.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest

from matching.policy import Company
from tests import shared_work
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.emptystores import EmptyStores
from tests.servers.memory import can_hold_programs, work_in_memory
from tests.servers.postgres import Postgres
from tests.servers.process import MissingServer, Server
from tests.servers.radicale import Radicale
from tests.unit.daemon.company_mail import House, empty_store_at

S = TypeVar("S", bound=Server)
_SERVER_FIXTURES = {"cyrus", "dovecot", "dovecot_user", "postgres", "postgres_url", "radicale"}
_ROOT = Path(__file__).resolve().parent.parent
#: Of so many cases of a test PostgreSQL goes through one in `make test`.
_OF_CASES = 3
#: Files that take longest, and begin first: the others are done meanwhile.
_LONGEST = (
    "test_kills.py",
    "test_endurance.py",
    "test_machine.py",
    "test_caldav.py",
    "test_setup.py",
    "test_packaging.py",
    "test_crash.py",
    "test_entrances.py",
    "test_reload.py",
    "test_systemd.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Share what every store would do again; and take interrupts, which a run started in the background ignores.

    Files of the tests lie in memory too, as far as nobody gave a --basetemp: each commit would wait for the disk.
    """
    shared_work.share_statements()
    shared_work.share_making()
    shared_work.share_comparisons()
    memory = work_in_memory()
    if memory is not None and can_hold_programs(memory) and not config.option.basetemp:
        config.option.basetemp = memory / "tests"
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many workers `-n auto` means: half as many again as cores, for some tests wait for a clock."""
    return -(-3 * (os.cpu_count() or 1) // 2)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server, before `-m` chooses; what is slow on SQLite is a long form on PostgreSQL.

    Of the cases of one test PostgreSQL goes through every third; the others are long forms too. The longest come first.
    """
    cases: Counter[str] = Counter()
    for item in items:
        if _SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("server")
        callspec = getattr(item, "callspec", None)
        is_postgresql = callspec is not None and callspec.params.get("new_url") == "postgresql"
        if callspec is None or not is_postgresql:
            continue
        place = 0
        if len(callspec.params) > 1:
            test = item.nodeid.partition("[")[0]
            place = cases[test]
            cases[test] += 1
        if place % _OF_CASES or item.get_closest_marker("slow"):
            item.add_marker("soak")
    order = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is made meanwhile stays; from then on the tests alone make garbage."""
    with shared_work.kept_for_good():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Generator[None, object, object]:
    """A test may start a server of its own."""
    try:
        return (yield)
    except MissingServer as missing:
        _skip(missing)


def _skip(missing: MissingServer) -> NoReturn:
    if os.environ.get("CI") == "true":
        raise missing
    pytest.skip(f"{missing}; install it with: sudo make servers")


def require(server: S) -> Iterator[S]:
    """Run a server for the tests; without its packages, fail in CI and skip elsewhere."""
    try:
        server.__enter__()
    except MissingServer as missing:
        _skip(missing)
    try:
        yield server
    finally:
        server.stop()


@dataclass(frozen=True, slots=True)
class Login:
    """A user of the IMAP server that no other test has."""

    name: str
    password: str
    #: The user's Maildir, as yet empty or missing.
    maildir: Path


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One IMAP server for the whole run."""
    yield from require(Dovecot({}))


@pytest.fixture(scope="session")
def dovecot_user(dovecot: Dovecot) -> Callable[[], Login]:
    """Gives a fresh user of that server at each call."""
    numbers = count(1)

    def fresh() -> Login:
        name = f"rep{next(numbers)}"
        dovecot.add_user(name, f"secret of {name}")
        return Login(name, f"secret of {name}", dovecot.maildir(name))

    return fresh


@pytest.fixture(scope="session")
def cyrus() -> Iterator[Cyrus]:
    """Another IMAP server for the whole run."""
    yield from require(Cyrus({}))


@pytest.fixture(scope="session")
def radicale() -> Iterator[Radicale]:
    """One server of address books for the whole run; users are called u0 to u49, with the password "secret"."""
    yield from require(Radicale({f"u{number}": "secret" for number in range(50)}))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL cluster for the whole run."""
    yield from require(Postgres())


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """SQLAlchemy URL of an empty database of the test's own."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


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


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with `corpora/`: $KEEPTOUCH_SHARED, else `shared` beside the repository."""
    folder = Path(os.environ.get("KEEPTOUCH_SHARED", _ROOT.parent / "shared"))
    if not (folder / "corpora").is_dir():
        pytest.skip("no labelled mail here: set KEEPTOUCH_SHARED to the folder that holds corpora/")
    return folder
