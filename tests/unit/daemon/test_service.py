"""The service: a hint is followed at once, none is lost, and no account is in the way of another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pytest
from structlog.testing import capture_logs

from connectors.api import AuthFailed, Unavailable
from connectors.memory import MemorySettings
from daemon.config import Account, Config
from daemon.config.records import Company, ContactsConfig, Person, StoreConfig
from daemon.environment import Environment, open_store, utc_now
from daemon.plugins import Connectors, Given
from daemon.retry import Backoff
from daemon.service import Service
from daemon.session import Session
from matching.policy import Create
from store.questions.read import account_statuses
from tests.unit.daemon.company_mail import mail
from tests.unit.daemon.pushing_connector import PushingConnector, PushingMailbox

ALICE, BOB, ANN = "alice@acme.example", "bob@acme.example", "ann@client.example"
CONNECTOR = Connectors([Given("memory", PushingConnector)]).get("memory")
QUICK = Backoff(first=0.02, longest=0.02)


class Office:
    """A service at work, polling every hour, and what its store holds."""

    def __init__(self, session: Session, service: Service) -> None:
        self.session = session
        self.service = service

    def stored(self) -> set[str]:
        """Message-IDs in the store."""
        with self.session.store.read() as transaction:
            rows = transaction.exec_driver_sql("SELECT message_id FROM v1_interaction")
            return {row[0] for row in rows}

    def states(self) -> dict[str, str]:
        with self.session.store.read() as transaction:
            return {each.name: each.state for each in account_statuses(transaction)}


def wait(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Until the condition holds; fails where it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


@pytest.fixture
def alice() -> PushingMailbox:
    return PushingConnector.mailbox("alice")


@pytest.fixture
def bob() -> PushingMailbox:
    return PushingConnector.mailbox("bob")


@contextmanager
def at_work(
    folder: Path,
    *names: str,
    grace: float = 5.0,
    create: Create = Create.ALL,
    interval: float = 3600.0,
    url: str = "",
    backoff: Backoff = QUICK,
    poll_seconds: Mapping[str, float] = MappingProxyType({}),
    clock: Callable[[], datetime] = utc_now,
) -> Iterator[Office]:
    accounts = tuple(
        Account(
            name=name,
            owner=f"{name}@acme.example",
            shared=False,
            kind="memory",
            settings=MemorySettings(mailbox=name),
            secret=None,
            connector=CONNECTOR,
            login=name,
            poll_seconds=poll_seconds.get(name),
        )
        for name in names
    )
    config = Config(
        path=folder / "config.toml",
        folder=folder,
        store=StoreConfig(url=url or f"sqlite:///{folder / 'keeptouch.db'}"),
        company=Company(domains=("acme.example",)),
        contacts=ContactsConfig(create=create),
        people=tuple(Person(email=f"{name}@acme.example") for name in names),
        accounts=accounts,
    )
    with (
        Session(config, open_store(config, {}), Environment({}, clock)) as session,
        Service(session, interval, threading.Event(), backoff=backoff, grace=grace) as service,
    ):
        yield Office(session, service)


def _is_ready(office: Office, name: str, box: PushingMailbox) -> bool:
    is_watched = office.service.watching.watched(name) == {"INBOX", "Sent"}
    return is_watched and box.read.count("INBOX") > 1 and box.read.count("Sent") > 1


@contextmanager
def watching(folder: Path, *boxes: tuple[str, PushingMailbox], create: Create = Create.ALL) -> Iterator[Office]:
    """At work, with both folders of each mailbox watched and read once more for it."""
    with at_work(folder, *(name for name, _ in boxes), create=create) as office:
        for name, box in boxes:
            wait(partial(_is_ready, office, name, box))
        yield office


def test_a_hint_is_followed_at_once_and_on_that_folder_alone(tmp_path: Path, alice: PushingMailbox) -> None:
    with watching(tmp_path, ("alice", alice)) as office:
        alice.deliver("INBOX", mail(ANN, ALICE, mid="new@x"))
        alice.deliver("Archive", mail(ANN, ALICE, mid="other@x"))
        before = len(alice.read)
        alice.push("INBOX")
        wait(lambda: office.stored() == {"new@x"})
        assert alice.read[before:] == ["INBOX"]


def test_a_hint_during_a_turn_is_not_lost_and_many_are_one(tmp_path: Path, alice: PushingMailbox) -> None:
    with watching(tmp_path, ("alice", alice)) as office:
        before = len(alice.read)
        alice.gate.clear()
        alice.deliver("INBOX", mail(ANN, ALICE, mid="one@x"))
        alice.push("INBOX")
        wait(lambda: len(alice.read) > before)
        alice.deliver("INBOX", mail(ANN, ALICE, mid="two@x"))
        alice.deliver("Sent", mail(ALICE, ANN, mid="three@x"))
        for _ in range(50):
            alice.push("INBOX")
            alice.push("Sent")
            time.sleep(0.002)
        alice.gate.set()
        wait(lambda: office.stored() == {"one@x", "two@x", "three@x"})
        assert sorted(alice.read[before:]) == ["INBOX", "INBOX", "Sent"]


def test_a_slow_account_delays_no_other(tmp_path: Path, alice: PushingMailbox, bob: PushingMailbox) -> None:
    with watching(tmp_path, ("alice", alice), ("bob", bob)) as office:
        alice.gate.clear()
        alice.push("INBOX")
        bob.deliver("INBOX", mail(ANN, BOB, mid="quick@x"))
        bob.push("INBOX")
        wait(lambda: "quick@x" in office.stored())
        alice.gate.set()


def test_hints_that_follow_each_other_pay_for_one_login(tmp_path: Path, alice: PushingMailbox) -> None:
    with watching(tmp_path, ("alice", alice)) as office:
        for number in range(3):
            alice.deliver("INBOX", mail(ANN, ALICE, mid=f"{number}@x"))
            alice.push("INBOX")
            wait(partial(_holds, office, f"{number}@x"))
        # the first poll's, and one that was kept
        assert alice.logins == 2


def test_a_kept_connection_that_broke_is_replaced_unnoticed(tmp_path: Path, alice: PushingMailbox) -> None:
    with watching(tmp_path, ("alice", alice)) as office:
        alice.fail(Unavailable("the server ended the connection", step="fetch"), step="fetch")
        alice.deliver("INBOX", mail(ANN, ALICE, mid="new@x"))
        alice.push("INBOX")
        wait(lambda: office.stored() == {"new@x"})
        assert (alice.logins, office.states()) == (3, {"alice": "ok"})


def test_a_login_that_is_refused_after_a_hint_lets_the_account_rest(tmp_path: Path, alice: PushingMailbox) -> None:
    with watching(tmp_path, ("alice", alice)) as office:
        alice.fail(Unavailable("the server ended the connection", step="fetch"), step="fetch")
        alice.fail(AuthFailed("the password is wrong", step="login"), step="login", times=1_000)
        alice.deliver("INBOX", mail(ANN, ALICE, mid="new@x"))
        alice.push("INBOX")
        wait(lambda: office.states() == {"alice": "backoff"})
        logins = alice.logins
        alice.push("INBOX")
        time.sleep(0.2)
        assert alice.logins == logins == 3


def test_a_turn_that_fails_after_a_hint_becomes_a_poll(tmp_path: Path, alice: PushingMailbox) -> None:
    with watching(tmp_path, ("alice", alice)) as office:
        alice.fail(Unavailable("the line is down", step="fetch"), step="fetch", times=3)
        alice.deliver("INBOX", mail(ANN, ALICE, mid="new@x"))
        alice.deliver("Archive", mail(ANN, ALICE, mid="other@x"))
        alice.push("INBOX")
        wait(lambda: office.stored() == {"new@x", "other@x"})
        wait(lambda: office.states() == {"alice": "ok"})


def test_mail_that_another_accounts_mail_made_wanted_comes_without_a_poll(
    tmp_path: Path, alice: PushingMailbox, bob: PushingMailbox
) -> None:
    bob.deliver("INBOX", mail(ANN, BOB, mid="earlier@x"))
    with watching(tmp_path, ("alice", alice), ("bob", bob), create=Create.CORRESPONDED) as office:
        assert office.stored() == set()
        alice.deliver("Sent", mail(ALICE, ANN, mid="new@x"))
        alice.push("Sent")
        wait(lambda: office.stored() == {"new@x", "earlier@x"})


def test_a_watch_that_is_lost_comes_back_and_what_was_missed_is_read(tmp_path: Path, alice: PushingMailbox) -> None:
    with watching(tmp_path, ("alice", alice)) as office:
        alice.cut()
        alice.deliver("INBOX", mail(ANN, ALICE, mid="missed@x"))
        wait(lambda: office.stored() == {"missed@x"})
        wait(lambda: office.service.watching.watched("alice") == {"INBOX", "Sent"})


def test_a_folder_that_is_gone_is_watched_no_more(tmp_path: Path, alice: PushingMailbox) -> None:
    with watching(tmp_path, ("alice", alice)) as office:
        office.service.watching.want("alice", alice_streams := PushingConnector.watched(_connector())[:1])
        assert office.service.watching.watched("alice") == {alice_streams[0].name}
        [gone] = [watch for watch in alice.watches if watch.streams == ("Sent",)]
        wait(lambda: gone.fileno() == -1)


def _holds(office: Office, message_id: str) -> bool:
    return message_id in office.stored()


def _connector() -> PushingConnector:
    return PushingConnector(MemorySettings(mailbox="alice"), None)


def test_a_login_refused_twice_parks_the_account(tmp_path: Path, alice: PushingMailbox) -> None:
    alice.fail(AuthFailed("the password is wrong", step="login"), step="login", times=1_000)
    with at_work(tmp_path, "alice", interval=0.05, backoff=replace(QUICK, refused=0.05)) as office:
        wait(lambda: office.states() == {"alice": "auth_failed"})
        time.sleep(0.3)
        assert alice.logins == 2


def test_a_login_for_watching_that_is_refused_is_not_tried_again_soon(tmp_path: Path, alice: PushingMailbox) -> None:
    alice.refusal = AuthFailed("the password is wrong", step="login")
    with at_work(tmp_path, "alice") as office:
        wait(lambda: office.states() == {"alice": "backoff"})
        time.sleep(0.3)
        assert (alice.watch_logins, alice.logins) == (1, 1)


def test_a_server_that_takes_no_further_connection_is_polled_meanwhile(tmp_path: Path, alice: PushingMailbox) -> None:
    alice.refusal = Unavailable("too many connections", step="login")
    with at_work(tmp_path, "alice") as office:
        wait(lambda: alice.watch_logins > 5)
        assert office.states() == {"alice": "ok"}
        alice.refusal = None
        wait(lambda: office.service.watching.watched("alice") == {"INBOX", "Sent"})


def test_a_server_that_cannot_push_is_polled_and_that_is_said_once(tmp_path: Path, alice: PushingMailbox) -> None:
    alice.can_push = False
    with capture_logs() as logged, at_work(tmp_path, "alice") as office:
        wait(lambda: alice.watch_logins)
        wait(lambda: any(each["event"] == "polled only" for each in logged))
        for _ in range(3):
            office.service.watching.want("alice", _connector().watched())
        time.sleep(0.1)
        assert [each["account"] for each in logged if each["event"] == "polled only"] == ["alice"]


def test_imports_and_accounts_that_fail_delay_no_polls(tmp_path: Path, alice: PushingMailbox) -> None:
    slow = {f"slow{number}": PushingConnector.mailbox(f"slow{number}") for number in range(4)}
    for box in slow.values():
        box.gate.clear()
    broken = PushingConnector.mailbox("broken")
    broken.fail(Unavailable("the line is down", step="connect"), step="connect", times=1_000_000)
    with at_work(tmp_path, "alice", "broken", *slow, interval=0.05):
        wait(lambda: all(box.read for box in slow.values()))
        before = alice.read.count("Archive")
        wait(lambda: alice.read.count("Archive") > before + 3)
        for box in slow.values():
            box.gate.set()


@pytest.mark.slow
def test_a_flood_of_hints_is_followed_now_and_then(tmp_path: Path, alice: PushingMailbox) -> None:
    with watching(tmp_path, ("alice", alice)) as office:
        before, end = len(alice.read), time.monotonic() + 2
        while time.monotonic() < end:
            office.service.engine.hinted("alice", frozenset({"INBOX"}))
            time.sleep(0.0005)
        assert 10 <= len(alice.read) - before <= 25
        alice.deliver("INBOX", mail(ANN, ALICE, mid="last@x"))
        alice.push("INBOX")
        wait(lambda: office.stored() == {"last@x"})


def test_stopping_does_not_wait_for_a_server_that_hangs(tmp_path: Path, alice: PushingMailbox) -> None:
    try:
        alice.gate.clear()
        with capture_logs() as logged, at_work(tmp_path, "alice", grace=0.2):
            wait(lambda: alice.read)
            began = time.monotonic()
        assert time.monotonic() - began < 3
        assert logged[-1]["event"] == "stopped in the middle"
    finally:
        alice.gate.set()
        time.sleep(0.2)
