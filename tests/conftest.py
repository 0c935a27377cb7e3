"""What tests share: real servers, started once for a run, and the folder of labelled mail.

A test that asks for a server carries the mark `server` by itself. Where the server is not installed, such a
test is skipped on a laptop and fails in CI.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest

from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.servers.process import MissingServer, Server
from tests.servers.radicale import Radicale

S = TypeVar("S", bound=Server)
_SERVER_FIXTURES = {"cyrus", "dovecot", "dovecot_user", "postgres", "postgres_url", "radicale"}
_ROOT = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    """Take interrupts, which a run started in the background ignores, and its children with it."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server, before `-m` chooses."""
    for item in items:
        if _SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("server")


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
def postgres_url(postgres: Postgres) -> str:
    """SQLAlchemy URL of an empty database of the test's own."""
    return postgres.create_database()


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with `corpora/`: $KEEPTOUCH_SHARED, else `shared` beside the repository."""
    folder = Path(os.environ.get("KEEPTOUCH_SHARED", _ROOT.parent / "shared"))
    if not (folder / "corpora").is_dir():
        pytest.skip("no labelled mail here: set KEEPTOUCH_SHARED to the folder that holds corpora/")
    return folder
