"""Where accounts stand: two refusals park, whoever met them, and what was parked stays so after a restart."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from structlog.testing import capture_logs

from connectors.api import AuthFailed, ConnectorError, Misconfigured, NotPermitted, Secret, Stream, Unavailable
from connectors.memory import MemoryConnector, MemorySettings
from daemon.apart import Opening
from daemon.plugins import Connectors, Given
from daemon.report import Report
from daemon.retry import PARKED
from daemon.standing import Resting, Standings, login_key
from store.accounts import company, standings
from store.accounts.company import AccountFacts, PersonFacts
from store.accounts.standings import Standing
from store.engine import Store
from store.errors import StoreError
from store.keys import IdentityKey
from tests.unit.daemon.company_mail import KEY

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
REFUSED = AuthFailed("the password is wrong", step="login")
DOWN = Unavailable("the line is down", step="connect")
CONNECTOR = Connectors([Given("memory", MemoryConnector)]).get("memory")
WRONG = Opening(CONNECTOR, MemorySettings(mailbox="alice"), Secret("wr0ng-pass"))


@dataclass
class Times:
    """A wall clock and a monotonic one."""

    wall: datetime = BEGAN
    seconds: float = 0.0

    def move(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds


class Office:
    """One account of a store, as processes see it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.times = Times()
        self.account = self.configure()
        self.standings = self.process()

    def configure(self, *, is_enabled: bool = True) -> str:
        person = PersonFacts(addresses=("alice@acme.example",))
        facts = AccountFacts(
            name="alice",
            owner="alice@acme.example",
            kind="memory",
            login="alice",
            is_shared=False,
            is_enabled=is_enabled,
        )
        with self.store.write() as transaction:
            company.save_people(transaction, self.store.key, [person])
            return company.save_accounts(transaction, self.store.key, [facts], self.times.wall)["alice"]

    def process(self) -> Standings:
        """Another one, which began now."""
        return Standings(self.store, lambda: self.times.wall, lambda: self.times.seconds)

    def meet(self, error: ConnectorError | None, opening: Opening = WRONG, process: Standings | None = None) -> None:
        """A turn, should the account be let in."""
        process, report = process or self.standings, Report("alice")
        try:
            process.admit(self.account, "alice", opening)
        except Resting as resting:
            report.fail(resting)
        else:
            if error is not None:
                report.fail(error)
        process.note(self.account, report)

    def may_log_in(self, opening: Opening = WRONG, process: Standings | None = None) -> bool:
        with suppress(Resting):
            (process or self.standings).admit(self.account, "alice", opening)
            return True
        return False

    @property
    def now(self) -> Standing:
        with self.store.read() as transaction:
            found = standings.standing(transaction, self.account)
        assert found is not None
        return found


@pytest.fixture
def office(new_url: Callable[[str], str], tmp_path: Path) -> Iterator[Office]:
    with Store.open(new_url("store"), key_text=KEY, key_file=tmp_path / "unused") as store:
        yield Office(store)


def test_one_refusal_rests_a_while_two_park_and_then_there_is_one_try_in_six_hours(office: Office) -> None:
    office.meet(REFUSED)
    assert (office.now.state, office.now.refusals) == ("backoff", 1)
    tries = []
    for minute in range(24 * 60):
        if office.may_log_in():
            tries.append(minute)
            office.meet(REFUSED)
        office.times.move(60)
    assert tries == [10, 370, 730, 1090]
    assert (office.now.state, office.now.refusals, office.now.failures) == ("auth_failed", 5, 5)
    assert office.now.state_since_at == BEGAN + timedelta(minutes=10)


def test_who_is_not_let_in_is_told_why_and_how_to_try_at_once(office: Office) -> None:
    office.meet(AuthFailed("mail.example refused the login.", step="login"))
    with pytest.raises(Resting) as resting:
        office.standings.admit(office.account, "alice of sales", WRONG)
    until = office.times.wall + timedelta(minutes=10)
    said = "mail.example refused the login"
    assert resting.value.problem == f"{said}; it is not tried again before {until:%Y-%m-%d %H:%M} UTC"
    assert resting.value.hint.endswith("keeptouch sync --account 'alice of sales'")


def test_a_restart_does_not_forget(office: Office) -> None:
    office.meet(REFUSED)
    office.times.move(600)
    office.meet(REFUSED)
    office.times.move(PARKED - 60)
    later = office.process()
    assert not office.may_log_in(process=later)
    office.times.move(60)
    assert office.may_log_in(process=later)


def test_refusals_of_all_processes_are_one_count(office: Office) -> None:
    office.meet(REFUSED)
    office.times.move(600)
    office.meet(REFUSED, process=office.process())
    assert office.now.state == "auth_failed"
    assert not office.may_log_in()


def test_logins_that_are_refused_at_once_are_one_refusal(office: Office) -> None:
    beside = office.process()
    for process in (office.standings, beside):
        process.admit(office.account, "alice", WRONG)
    for process in (office.standings, beside, office.standings):
        report = Report("alice")
        report.fail(REFUSED)
        wait = process.note(office.account, report)
        assert wait is not None
        assert wait > 0
        assert (office.now.state, office.now.refusals) == ("backoff", 1)
    assert not office.may_log_in(process=beside)
    office.times.move(office.standings.backoff.refused + 1)
    office.meet(REFUSED, process=beside)
    assert office.now.state == "auth_failed"


@contextmanager
def unwritable(store: Store) -> Iterator[None]:
    """It can be read and not written, as on a full disk."""

    def forbid(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")

    def allow(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only = OFF")

    event.listen(store.engine, "begin", forbid)
    event.listen(store.engine, "checkin", allow)
    yield
    event.remove(store.engine, "begin", forbid)


def test_refusals_that_a_full_disk_does_not_take_count_all_the_same(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/store.db", key_text=KEY, key_file=tmp_path / "unused") as store:
        office, tries = Office(store), []
        with unwritable(store):
            for minute in range(0, 24 * 60, 10):
                if office.may_log_in():
                    tries.append(minute)
                with pytest.raises(StoreError):
                    office.meet(REFUSED)
                office.times.move(600)
            assert tries == [0, 10, 370, 730, 1090]
            assert (office.now.state, office.now.refusals) == ("new", 0)
            assert not office.may_log_in()
        # as soon as there is room it is told, and a process that comes after this one knows it
        office.meet(REFUSED)
        assert (office.now.state, office.now.refusals) == ("auth_failed", 5)
        assert not office.may_log_in(process=office.process())
        assert office.may_log_in(Opening(CONNECTOR, MemorySettings(mailbox="alice"), Secret("right-pass")))


def test_a_clock_that_jumps_moves_no_rest(office: Office) -> None:
    for _ in range(2):
        office.meet(REFUSED)
        office.times.move(600)
    office.times.wall += timedelta(days=1)
    assert not office.may_log_in()
    office.times.wall -= timedelta(days=400)
    office.times.seconds += PARKED
    assert office.may_log_in()
    # a new process knows the wall clock alone, and never rests for longer than six hours
    later = office.process()
    assert not office.may_log_in(process=later)
    office.times.seconds += PARKED
    assert office.may_log_in(process=later)


@pytest.mark.parametrize(
    "changed",
    [
        Opening(CONNECTOR, MemorySettings(mailbox="alice"), Secret("r1ght-pass")),
        Opening(CONNECTOR, MemorySettings(mailbox="alicia"), Secret("wr0ng-pass")),
    ],
)
def test_another_secret_or_other_settings_are_tried_at_once(office: Office, changed: Opening) -> None:
    for _ in range(2):
        office.meet(REFUSED)
        office.times.move(600)
    assert not office.may_log_in()
    assert office.may_log_in(changed)
    office.meet(REFUSED, changed)
    # refused as well, it counts on
    assert (office.now.state, office.now.refusals) == ("auth_failed", 3)
    assert not office.may_log_in(changed)


def test_what_a_person_asks_for_is_tried_at_once_and_counts(office: Office) -> None:
    for _ in range(2):
        office.meet(REFUSED)
        office.times.move(600)
    office.standings.insist(office.account)
    assert office.may_log_in()
    office.meet(REFUSED)
    assert office.now.refusals == 3
    assert not office.may_log_in()


def test_only_a_turn_that_read_through_forgets_refusals(office: Office) -> None:
    office.meet(REFUSED)
    office.times.move(600)
    report = Report("alice", is_stopped=True)
    office.standings.note(office.account, report)
    assert (office.now.state, office.now.refusals) == ("backoff", 1)
    office.meet(DOWN)
    assert (office.now.state, office.now.refusals) == ("backoff", 1)
    office.times.move(600)
    office.meet(None)
    assert (office.now.state, office.now.refusals, office.now.failures) == ("ok", 0, 0)
    assert (office.now.reason, office.now.next_try_at, office.now.refused_key) == (None, None, None)
    assert office.now.last_success_at == office.times.wall


def test_one_folder_that_is_refused_proves_the_login(office: Office) -> None:
    office.meet(REFUSED)
    office.times.move(600)
    office.meet(NotPermitted("no", step="select"))
    assert (office.now.state, office.now.refusals) == ("backoff", 0)


def test_network_trouble_is_no_refusal(office: Office) -> None:
    waits = []
    for _ in range(12):
        office.meet(DOWN)
        assert office.now.next_try_at is not None
        waits.append((office.now.next_try_at - office.times.wall).total_seconds())
    assert (office.now.state, office.now.refusals, office.now.failures) == ("backoff", 0, 12)
    assert 2 < waits[0] <= 5
    assert 900 <= waits[-1] <= 1800
    assert office.may_log_in()


def test_options_that_cannot_work_have_no_next_try(office: Office) -> None:
    office.meet(Misconfigured("there is no password", step="login"))
    assert (office.now.state, office.now.next_try_at) == ("backoff", None)


def test_rights_that_are_missing_are_told_as_such(office: Office) -> None:
    office.meet(NotPermitted("alice may not open sales", step="login"))
    assert (office.now.state, office.now.refusals) == ("missing_rights", 0)
    assert office.now.reason == "login: alice may not open sales"


def test_where_every_folder_is_refused_it_is_the_mailbox_that_is() -> None:
    streams = [Stream(name="INBOX"), Stream(name="Sent")]
    report = Report("alice")
    report.refuse(streams[0], NotPermitted("no", step="select"))
    report.judge(streams)
    assert report.error is not None
    assert report.error.step == "select"
    report.refuse(streams[1], NotPermitted("no", step="select"))
    report.judge(streams)
    assert (report.error.step, type(report.failure)) == ("list", NotPermitted)
    assert "none of the 2 folders" in report.error.problem
    assert "right to read" in report.error.hint


def test_a_state_that_changes_is_one_event(office: Office) -> None:
    with capture_logs() as logged:
        for error in (None, DOWN, DOWN, DOWN, None, None):
            office.meet(error)
    told = [(each["before"], each["state"], each["log_level"]) for each in logged if each["event"] == "account state"]
    assert told == [("new", "ok", "info"), ("ok", "backoff", "warning"), ("backoff", "ok", "info")]


def test_a_disabled_account_keeps_its_history_and_its_refusals(office: Office) -> None:
    office.meet(None)
    office.meet(REFUSED)
    assert office.configure(is_enabled=False) == office.account
    assert (office.now.state, office.now.reason, office.now.next_try_at) == ("disabled", None, None)
    assert office.now.last_success_at == BEGAN
    # a process that does not know yet
    office.meet(None)
    assert office.now.state == "disabled"
    office.configure()
    assert (office.now.state, office.now.refusals) == ("new", 1)
    assert office.may_log_in()
    office.meet(REFUSED)
    assert office.now.state == "auth_failed"


def test_the_hash_of_a_login_is_the_same_in_every_process_and_tells_no_secret() -> None:
    one = login_key(IdentityKey(b"k" * 32), WRONG)
    assert one == login_key(IdentityKey(b"k" * 32), Opening(CONNECTOR, WRONG.settings, Secret("wr0ng-pass")))
    assert one != login_key(IdentityKey(b"l" * 32), WRONG)
    assert b"wr0ng" not in one
