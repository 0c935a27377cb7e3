"""The engine: slices of an import in turn, on one connection, and each account at its own time."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from connectors.api import AuthFailed, Unavailable
from connectors.memory import MemorySettings
from daemon.config import Config
from daemon.config.records import Person
from daemon.credentials import SecretSource, SourceKind
from daemon.pool import Priority
from daemon.slices import Slice
from tests.unit.daemon.company_mail import NOON, mail
from tests.unit.daemon.pushing_connector import PushingConnector, PushingMailbox
from tests.unit.daemon.test_dead_servers import at_work as hosted
from tests.unit.daemon.test_dead_servers import polls, states
from tests.unit.daemon.test_service import ALICE, ANN, Office, at_work, wait

pytestmark = pytest.mark.later


@pytest.fixture
def alice() -> PushingMailbox:
    box = PushingConnector.mailbox("alice")
    box.can_push = False
    return box


@pytest.fixture
def _shortest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every slice ends behind its first page."""
    monkeypatch.setattr("daemon.engine.Slice", partial(Slice, seconds=0.0))


def fill(box: PushingMailbox, count: int) -> None:
    """So many mails of a year ago in each of two folders."""
    box.page_size = 1
    for number in range(count):
        for folder in ("INBOX", "Sent"):
            item = mail(ALICE, ANN, mid=f"{folder}{number}@x")
            box.deliver(folder, item, received_at=NOON - timedelta(days=365))


def turns(office: Office, box: PushingMailbox) -> int:
    return box.read.count("Archive")


@pytest.mark.usefixtures("_shortest")
def test_an_import_is_a_chain_of_slices_on_one_connection(tmp_path: Path, alice: PushingMailbox) -> None:
    fill(alice, 8)
    with capture_logs() as logged, at_work(tmp_path, "alice") as office:
        wait(lambda: len(office.stored()) == 16)
        wait(lambda: any(each.get("event") == "turn" for each in logged))
        assert alice.logins == 1
    causes = [each["cause"] for each in logged if each["event"] == "turn"]
    assert causes == ["backfill"] * 16
    assert all(each["seen"] == 1 for each in logged if each["event"] == "turn")


@pytest.mark.usefixtures("_shortest")
def test_a_connection_that_breaks_between_two_slices_costs_nothing_but_a_login(
    tmp_path: Path, alice: PushingMailbox
) -> None:
    fill(alice, 8)
    alice.fail(Unavailable("the server ended the connection", step="fetch"), step="fetch", after=4)
    with at_work(tmp_path, "alice") as office:
        wait(lambda: len(office.stored()) == 16)
        assert (alice.logins, office.states()) == (2, {"alice": "ok"})


@pytest.mark.usefixtures("_shortest")
def test_a_folder_that_is_refused_does_not_slow_an_import(tmp_path: Path, alice: PushingMailbox) -> None:
    fill(alice, 8)
    alice.fail(Unavailable("you may not", step="select"), step="select")
    with at_work(tmp_path, "alice") as office:
        wait(lambda: len(office.stored()) == 16)


def test_every_account_has_its_own_interval(tmp_path: Path, alice: PushingMailbox) -> None:
    bob = PushingConnector.mailbox("bob")
    bob.can_push = False
    with at_work(tmp_path, "alice", "bob", poll_seconds={"bob": 0.05}):
        wait(lambda: bob.read.count("Archive") > 5)
        assert alice.read.count("Archive") == 1


def test_who_is_asked_for_is_read_at_once(tmp_path: Path, alice: PushingMailbox) -> None:
    with capture_logs() as logged, at_work(tmp_path, "alice") as office:
        wait(lambda: alice.read.count("Archive") == 1)
        alice.deliver("INBOX", mail(ANN, ALICE, mid="new@x"))
        office.service.engine.request("alice", Priority.USER)
        wait(lambda: office.stored() == {"new@x"})
        office.service.engine.request("nobody", Priority.USER)
    assert [each["cause"] for each in logged if each["event"] == "turn"] == ["user"]


def test_first_polls_of_many_accounts_do_not_come_at_once(tmp_path: Path) -> None:
    names = [f"a{number}" for number in range(40)]
    for name in names:
        PushingConnector.mailbox(name).can_push = False
    with at_work(tmp_path, *names, interval=2.0):
        began = time.monotonic()
        wait(lambda: all(PushingConnector.boxes[name].logins for name in names[:16]))
        assert any(not PushingConnector.boxes[name].logins for name in names) or time.monotonic() - began > 1
        wait(lambda: all(PushingConnector.boxes[name].logins for name in names))


# a configuration that changes meanwhile


def follow(office: Office, config: Config) -> None:
    """As SIGHUP does."""
    office.session = office.session.under(config)
    office.service.follow(office.session)


def with_accounts(config: Config, *names: str, secret: SecretSource | None = None) -> Config:
    """The configuration with these accounts; the first one it has is their pattern."""
    [pattern, *_rest] = config.accounts
    accounts = [
        replace(pattern, name=n, login=n, owner=f"{n}@acme.example", settings=MemorySettings(mailbox=n)) for n in names
    ]
    people = tuple(Person(email=each.owner) for each in accounts)
    return replace(config, people=people, accounts=tuple(replace(each, secret=secret) for each in accounts))


def test_accounts_that_are_as_they_were_are_not_disturbed(tmp_path: Path) -> None:
    alice, bob = PushingConnector.mailbox("alice"), PushingConnector.mailbox("bob")
    with at_work(tmp_path, "alice") as office:
        wait(lambda: office.service.watching.watched("alice") == {"INBOX", "Sent"})
        wait(lambda: alice.read.count("Sent") > 1)
        before = alice.logins, alice.watch_logins
        config = office.session.config
        follow(office, with_accounts(config, "alice", "bob"))
        wait(lambda: office.service.watching.watched("bob") == {"INBOX", "Sent"})
        bob.deliver("INBOX", mail(ANN, "bob@acme.example", mid="bob@x"))
        bob.push("INBOX")
        wait(lambda: "bob@x" in office.stored())
        follow(office, with_accounts(config, "alice"))
        wait(lambda: all(watch.fileno() == -1 for watch in bob.watches))
        alice.deliver("INBOX", mail(ANN, ALICE, mid="alice@x"))
        alice.push("INBOX")
        wait(lambda: "alice@x" in office.stored())
        assert (alice.logins, alice.watch_logins) == before


@pytest.mark.usefixtures("_shortest")
def test_an_import_that_is_renamed_goes_on_under_its_new_name(tmp_path: Path, alice: PushingMailbox) -> None:
    fill(alice, 40)
    with capture_logs() as logged, at_work(tmp_path, "alice") as office:
        wait(lambda: len(office.stored()) > 4)
        [account] = office.session.config.accounts
        follow(office, replace(office.session.config, accounts=(replace(account, name="alicia"),)))
        wait(lambda: len(office.stored()) == 80)
        assert office.states() == {"alicia": "ok"}
    accounts = [each["account"] for each in logged if each["event"] == "turn"]
    assert sorted(accounts) == accounts
    assert set(accounts) == {"alice", "alicia"}


def test_a_refused_secret_is_tried_again_when_it_has_changed(tmp_path: Path, alice: PushingMailbox) -> None:
    secret = SecretSource(SourceKind.FILE, str(tmp_path / "secret"))
    (tmp_path / "secret").write_text("wrong")
    alice.fail(AuthFailed("the password is wrong", step="login"), step="login", times=2)
    with at_work(tmp_path, "alice") as office:
        wait(lambda: office.states() == {"alice": "backoff"})
        config = with_accounts(office.session.config, "alice", secret=secret)
        # another secret is tried, and refused again
        follow(office, config)
        wait(lambda: office.states() == {"alice": "auth_failed"})
        assert alice.logins == 2
        follow(office, config)
        time.sleep(0.2)
        assert alice.logins == 2
        (tmp_path / "secret").write_text("right")
        follow(office, config)
        wait(lambda: office.states() == {"alice": "ok"})


def test_an_account_whose_password_is_wrong_keeps_nobody_from_its_server(tmp_path: Path) -> None:
    """Neither its refused logins nor its rests are the server's."""
    with hosted(tmp_path, {"wrong": "alive", "well": "alive"}) as session:
        wrong = PushingConnector.boxes["wrong"]
        wrong.fail(AuthFailed("the password is wrong", step="login"), step="login", times=1_000)
        wait(lambda: states(session)["wrong"][0] == "backoff")
        logins, before = wrong.logins, polls("well")
        wait(lambda: polls("well") > before + 10)
        assert states(session)["well"][0] == "ok"
        assert wrong.logins == logins


def test_a_clock_that_jumps_stops_nothing(tmp_path: Path, alice: PushingMailbox) -> None:
    class Jumping:
        now = datetime(2026, 11, 28, 12, tzinfo=UTC)

        def __call__(self) -> datetime:
            return self.now

    clock = Jumping()
    with capture_logs() as logged, at_work(tmp_path, "alice", interval=0.05, clock=clock) as office:
        for number, days in enumerate((0, 400, -800, 3000)):
            clock.now += timedelta(days=days)
            alice.deliver("INBOX", mail(ANN, ALICE, mid=f"{number}@x"))
            wait(lambda: len(office.stored()) == number + 1)  # noqa: B023 - called at once
            wait(lambda: [each["event"] for each in logged].count("upkeep") == number + 1)  # noqa: B023 - called at once
            read = turns(office, alice)
            wait(lambda: turns(office, alice) > read + 2)  # noqa: B023 - called at once
        assert office.states() == {"alice": "ok"}
