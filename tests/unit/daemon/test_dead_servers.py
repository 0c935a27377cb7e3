"""A server that swallows what it is sent holds nobody's polls but its own, and is asked by one account for all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import pytest

from connectors.api import AuthFailed, ConnectorError, Secret, Unavailable
from connectors.memory import MemorySettings
from daemon.agenda import Agenda
from daemon.config import Account, Config
from daemon.config.records import Company, ContactsConfig, Person, StoreConfig
from daemon.environment import Environment, open_store
from daemon.plugins import Connectors, Given
from daemon.retry import Backoff
from daemon.servers import Servers, is_about_server
from daemon.service import Service
from daemon.session import Session
from daemon.standing import Resting
from matching.policy import Create
from store.questions.read import account_statuses
from tests.unit.daemon.pushing_connector import PushingConnector
from tests.unit.daemon.test_service import wait

pytestmark = pytest.mark.slow
NO_ANSWER = Unavailable("dead did not answer in time", step="connect")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedSettings:
    """A mailbox in memory that says where it lies."""

    mailbox: str
    host: str


class HostedConnector(PushingConnector):
    """Logins at the host "dead" hang until `patience` is over, unless it is well again."""

    Settings: ClassVar[type[HostedSettings]] = HostedSettings  # type: ignore[assignment]  # more than the memory's own
    is_dead: ClassVar[bool] = True
    patience: ClassVar[threading.Event] = threading.Event()
    hanging: ClassVar[list[str]] = []

    def __init__(self, settings: HostedSettings, secret: Secret | None) -> None:
        super().__init__(MemorySettings(mailbox=settings.mailbox), secret)
        self._host, self._name = settings.host, settings.mailbox

    def __enter__(self) -> Self:
        if self._host == "dead" and self.is_dead:
            self.hanging.append(self._name)
            self.patience.wait()
            self.hanging.remove(self._name)
            raise Unavailable("dead did not answer in time", step="connect")
        return super().__enter__()


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    HostedConnector.is_dead, HostedConnector.patience, HostedConnector.hanging = True, threading.Event(), []
    yield
    HostedConnector.patience.set()


@contextmanager
def at_work(
    folder: Path, hosts: dict[str, str], interval: float = 0.05, backoff: Backoff | None = None
) -> Iterator[Session]:
    """The service polls these accounts: name -> host."""
    connector = Connectors([Given("memory", HostedConnector)]).get("memory")
    for name in hosts:
        PushingConnector.mailbox(name).can_push = False
    config = Config(
        path=folder / "config.toml",
        folder=folder,
        store=StoreConfig(url=f"sqlite:///{folder / 'keeptouch.db'}"),
        company=Company(domains=("acme.example",)),
        contacts=ContactsConfig(create=Create.ALL),
        people=tuple(Person(email=f"{name}@acme.example") for name in hosts),
        accounts=tuple(
            Account(
                name=name,
                owner=f"{name}@acme.example",
                shared=False,
                kind="memory",
                settings=HostedSettings(mailbox=name, host=host),
                secret=None,
                connector=connector,
                login=name,
            )
            for name, host in hosts.items()
        ),
    )
    with (
        Session(config, open_store(config, {}), Environment({})) as session,
        Service(session, interval, threading.Event(), backoff=backoff or Backoff(first=0.02, longest=0.02), grace=0.2),
    ):
        yield session
        HostedConnector.patience.set()


def polls(name: str) -> int:
    return PushingConnector.boxes[name].read.count("INBOX")


def states(session: Session) -> dict[str, tuple[str, str]]:
    with session.store.read() as transaction:
        return {each.name: (each.state, each.reason or "") for each in account_statuses(transaction)}


DEAD = {f"dead{number}": "dead" for number in range(40)}


def test_a_server_that_answers_nobody_delays_no_poll_of_another(tmp_path: Path) -> None:
    """Not at the first turns, though all its accounts come before the others', nor afterwards."""
    with at_work(tmp_path, {**DEAD, "one": "alive", "two": "alive"}) as session:
        # all that may be hangs, and nothing has timed out
        wait(lambda: len(HostedConnector.hanging) == 4)
        for _ in range(3):
            before = polls("one"), polls("two")
            wait(lambda: polls("one") > before[0] + 3 and polls("two") > before[1] + 3)  # noqa: B023 - called at once
        assert len(HostedConnector.hanging) == 4
        assert states(session)["dead0"][0] == "new"


def test_one_account_asks_for_all_of_a_server_that_answers_nobody(tmp_path: Path) -> None:
    with at_work(tmp_path, {**DEAD, "one": "alive"}) as session:
        wait(lambda: len(HostedConnector.hanging) == 4)
        HostedConnector.patience.set()
        # every account is told, and did not ask: the four, and one at a time afterwards
        wait(lambda: all(states(session)[name][0] == "backoff" for name in DEAD))
        assert all("did not answer in time" in states(session)[name][1] for name in DEAD)
        HostedConnector.patience.clear()
        wait(lambda: len(HostedConnector.hanging) == 1)
        time.sleep(0.3)
        assert len(HostedConnector.hanging) == 1
        before = polls("one")
        wait(lambda: polls("one") > before + 3)


def test_a_server_that_answers_again_is_polled_for_all_accounts_at_once(tmp_path: Path) -> None:
    """However long they would have waited by themselves."""
    few = dict(list(DEAD.items())[:12])
    long = Backoff(first=2.0, longest=3600.0, chance=lambda: 0.0)
    with at_work(tmp_path, few, backoff=long) as session:
        HostedConnector.patience.set()
        wait(lambda: all(states(session)[name][0] == "backoff" for name in few))
        HostedConnector.is_dead = False
        wait(lambda: all(states(session)[name][0] == "ok" for name in few))
        wait(lambda: all(polls(name) > 3 for name in few))


# the parts


def test_of_a_group_as_many_jobs_are_done_as_it_may_have_and_the_rest_later() -> None:
    agenda = Agenda("test", 3, share=2)
    gate, done, other = threading.Event(), list[int](), threading.Event()
    for number in range(6):

        def work(number: int = number) -> None:
            if number < 2:
                gate.wait()
            done.append(number)

        agenda.put(work, float(number), "group")
    for _ in range(3):
        other.clear()
        agenda.put(other.set, time.monotonic())
        assert other.wait(5)
    assert done == []
    gate.set()
    wait(lambda: len(done) == 6)
    assert sorted(done) == [0, 1, 2, 3, 4, 5]
    agenda.close()
    assert agenda.join(time.monotonic() + 5)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def servers(clock: Clock) -> Servers:
    return Servers(Backoff(first=10.0, longest=1000.0, chance=lambda: 1.0), clock)


def fail(servers: Servers, *accounts: str) -> None:
    for account in accounts:
        assert servers.ask("s", account) is None
    for account in accounts:
        servers.failed("s", account, NO_ANSWER)


def test_one_account_alone_says_nothing_of_its_server(servers: Servers) -> None:
    for _ in range(5):
        fail(servers, "a")
    assert servers.ask("s", "b") is None
    assert not servers.answered("s")


def test_a_server_that_fails_two_accounts_is_asked_by_one_at_a_time_later_and_later(
    servers: Servers, clock: Clock
) -> None:
    fail(servers, "a", "b")
    waits = []
    for _ in range(8):
        assert servers.ask("s", "c") is not None
        began = clock.now
        while servers.ask("s", "d") is not None:
            clock.now += 1
        waits.append(clock.now - began)
        # somebody asks: the others still wait
        assert servers.ask("s", "c") is not None
        assert servers.problem("s") is not None
        assert servers.ask("t", "c") is None
        servers.failed("s", "d", NO_ANSWER)
    assert waits == [10, 20, 40, 80, 160, 300, 300, 300]
    clock.now += 300
    assert servers.ask("s", "e") is None
    assert servers.answered("s")
    assert servers.ask("s", "c") is None
    assert servers.problem("s") is None


def test_a_rest_that_one_account_is_asked_for_is_kept_by_all(servers: Servers, clock: Clock) -> None:
    busy = Unavailable("too many requests", step="fetch", retry_after=3600)
    servers.failed("s", "a", busy)
    told = servers.ask("s", "b")
    assert told is not None
    assert (told.problem, told.retry_after) == ("too many requests", 3600)
    clock.now += 1800
    # a page of another account that was on its way changes nothing
    assert not servers.answered("s")
    told = servers.ask("s", "b")
    assert told is not None
    assert told.retry_after == 1800
    clock.now += 1800
    # then one asks for all
    assert servers.ask("s", "b") is None
    assert servers.ask("s", "a") is not None
    assert servers.answered("s")
    assert servers.ask("s", "a") is None


@pytest.mark.parametrize(
    "error",
    [
        Resting("the password is wrong", step="login", retry_after=3600),
        Unavailable("the provider is busy", step="token", retry_after=3600),
    ],
)
def test_one_accounts_own_rest_is_not_its_servers(servers: Servers, error: Unavailable) -> None:
    servers.failed("s", "a", error)
    assert servers.ask("s", "b") is None
    assert servers.problem("s") is None


def test_a_rest_goes_on_whoever_was_told_of_it(servers: Servers, clock: Clock) -> None:
    """A list of contacts, a watch, an earlier process: what they say holds the accounts off, and is handed on once."""
    heard: list[tuple[object, float]] = []
    servers.rested = lambda server, seconds: heard.append((server, seconds))
    servers.resume("s", Unavailable("before", step="connect", retry_after=100), 100)
    assert heard == []
    servers.rest("s", Unavailable("busy", step="books", retry_after=300))
    servers.rest("s", Unavailable("busy", step="books", retry_after=5))
    servers.rest("s", Unavailable("gone", step="connect"))
    servers.rest(None, Unavailable("busy", step="books", retry_after=300))
    servers.rest("s", None)
    assert heard == [("s", 300), ("s", 5)]
    assert servers.rest_left("s") == 300
    clock.now += 299
    assert servers.is_resting("s")
    assert servers.ask("s", "a") is not None
    assert not servers.answered("s")
    clock.now += 1
    assert not servers.is_resting("s")
    assert servers.ask("s", "a") is None
    assert not servers.is_resting(None)


def test_a_rest_is_at_most_a_day(servers: Servers, clock: Clock) -> None:
    servers.failed("s", "a", Unavailable("go away", step="fetch", retry_after=1e9))
    clock.now += 24 * 3600
    assert servers.ask("s", "a") is None


def test_who_asks_and_learns_nothing_lets_another_one_ask(servers: Servers, clock: Clock) -> None:
    fail(servers, "a", "b")
    clock.now += 10
    assert servers.ask("s", "c") is None
    servers.failed("s", "c", None)
    assert servers.ask("s", "d") is None


def _timeout(step: str) -> Unavailable:
    error = Unavailable("silence", step=step)
    error.__cause__ = TimeoutError()
    return error


@pytest.mark.parametrize(
    ("error", "is_servers"),
    [
        (Unavailable("x", step="resolve"), True),
        (Unavailable("x", step="connect"), True),
        (Unavailable("x", step="tls"), True),
        (_timeout("login"), True),
        (Unavailable("too many connections", step="login"), False),
        (_timeout("fetch"), False),
        (Unavailable("x", step="select"), False),
        (AuthFailed("x", step="login"), False),
        (None, False),
    ],
)
def test_what_is_said_about_a_server(error: ConnectorError | None, is_servers: bool) -> None:
    assert is_about_server(error) is is_servers


def test_accounts_without_a_server_are_never_in_each_others_way(servers: Servers) -> None:
    check: Callable[[str], object] = lambda name: servers.ask(None, name)  # noqa: E731 - a word for it
    for name in ("a", "b", "c"):
        servers.failed(None, name, NO_ANSWER)
        assert check(name) is None
