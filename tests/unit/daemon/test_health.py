"""Looking inside the service: alive, ready and why not, and numbers that are right and name nobody."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from connectors.api import AuthFailed, Misconfigured, NotPermitted, Unavailable
from daemon.config.metrics import MetricsConfig
from daemon.environment import Environment
from daemon.health import looking as looking_module
from daemon.health.collecting import quantile
from daemon.health.counting import result_of
from daemon.health.looking import Looking
from daemon.health.readiness import SILENT, STALLED, is_live, why_not_ready
from daemon.health.service import Health
from daemon.health.watched import Watched
from daemon.notify import Notifier
from daemon.report import Report
from daemon.session import Session
from daemon.standing import Resting
from daemon.watchdog import HANGS_AFTER, Underway, Watchdog
from store.errors import StoreError
from store.questions.figures import DIRTY_COUNTED, figures
from tests.unit.daemon.company_mail import NOON, House, mail
from tests.unit.daemon.pushing_connector import PushingConnector
from tests.unit.daemon.test_service import ALICE, ANN, BOB, Office, at_work, wait

METRICS = MetricsConfig(True, "127.0.0.1:0")


class Asked:
    """Who asks a listener."""

    def __init__(self, office: Office, watched: Watched, health: Health) -> None:
        self.office = office
        self.watched = watched
        self.health = health

    def ask(self, path: str, method: str = "GET") -> tuple[int, str]:
        assert self.health.listener is not None
        with closing(http.client.HTTPConnection("127.0.0.1", self.health.listener.port, timeout=10)) as line:
            line.request(method, path)
            answer = line.getresponse()
            return answer.status, answer.read().decode()

    def sample(self, name: str, **labels: str) -> float | None:
        """A number of a scrape; None: it is not told."""
        status, body = self.ask("/metrics")
        assert status == 200
        for family in text_string_to_metric_families(body):
            for each in family.samples:
                if each.name == name and labels.items() <= each.labels.items():
                    return float(each.value)
        return None


@contextmanager
def asked(folder: Path, *names: str) -> Iterator[Asked]:
    """A service at work, and its listener."""
    watched = Watched()
    health = Health(watched)
    with at_work(folder, *names) as office:
        office.session.config = replace(office.session.config, metrics=METRICS)
        with Watchdog(Notifier({}), watched.tick, office.session.underway, watched.status) as watchdog:
            watched.service = office.service
            watched.watchdog = watchdog
            health.follow(office.session)
            assert health.listener is not None
            assert health.listener.is_up.wait(10)
            try:
                yield Asked(office, watched, health)
            finally:
                health.stop()


@pytest.mark.slow
def test_what_is_asked_over_http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking_module, "FRESH", 0.0)
    alice, bob = PushingConnector.mailbox("alice"), PushingConnector.mailbox("bob")
    alice.deliver("INBOX", mail(ANN, ALICE, mid="one@x"))
    with asked(tmp_path, "alice", "bob") as found:
        service, session = found.office.service, found.office.session
        wait(lambda: found.office.states() == {"alice": "ok", "bob": "ok"})
        written = found.sample("keeptouch_interactions_written_total", type="email") or 0
        wait(lambda: service.watching.count() == 4)
        bob.fail(Unavailable("the server ended the connection", step="fetch"), step="fetch")
        bob.fail(AuthFailed("the password is wrong", step="login"), step="login", times=1_000)
        bob.deliver("INBOX", mail(ANN, BOB, mid="three@x"))
        bob.push("INBOX")
        alice.push("INBOX")
        wait(lambda: found.office.states() == {"alice": "ok", "bob": "backoff"})
        assert found.ask("/livez") == (200, '{"format": 1, "live": true}\n')
        status, body = found.ask("/readyz")
        assert (status, json.loads(body)) == (200, {"format": 1, "ready": True, "problems": []})
        assert [found.ask(path, method)[0] for path, method in (("/o/x", "GET"), ("/metrics", "POST"))] == [404, 405]
        # counted in the process
        wait(lambda: (found.sample("keeptouch_idle_hints_total") or 0) >= 1)
        wait(lambda: found.sample("keeptouch_sync_runs_total", kind="memory", result="ok"))
        assert found.sample("keeptouch_sync_runs_total", kind="memory", result="refused") == 1
        assert found.sample("keeptouch_logins_total", result="refused") == 1
        assert found.sample("keeptouch_idle_logins_total", result="failed") is None
        alice.deliver("INBOX", mail(ANN, ALICE, mid="two@x"))
        alice.push("INBOX")
        wait(lambda: (found.sample("keeptouch_interactions_written_total", type="email") or 0) > written)
        assert (found.sample("keeptouch_messages_stored_total", kind="memory") or 0) >= 1
        new = (found.sample("keeptouch_interactions_written_total", type="email") or 0) - written
        assert 1 <= new <= 2, "the mails to Alice, and to Bob if he was read before"
        assert (found.sample("keeptouch_sync_duration_seconds_count", kind="memory") or 0) >= 2
        # read from the store, the engine and the process
        assert found.sample("keeptouch_accounts", kind="memory", state="backoff") == 1
        assert found.sample("keeptouch_idle_connections") == 4
        assert found.sample("keeptouch_sync_lag_seconds", quantile="0.95") == 0
        assert found.sample("keeptouch_engine_queue_depth", queue="poll") == 0
        assert (found.sample("keeptouch_disk_free_bytes") or 0) > 0
        assert abs((found.sample("process_start_time_seconds") or 0) - time.time()) < 3600
        assert (found.sample("process_open_fds") or 0) > 3
        assert found.sample("keeptouch_ready") == 1
        # nobody is named
        body = found.ask("/metrics")[1]
        assert "alice" not in body
        assert "@" not in body
        # the store goes away
        (tmp_path / "keeptouch.db").rename(tmp_path / "elsewhere.db")
        found.office.session.store.engine.dispose()
        (tmp_path / "keeptouch.db").mkdir()
        status, body = found.ask("/readyz")
        assert status == 503
        assert [each["check"] for each in json.loads(body)["problems"]] == ["database"]
        assert (found.sample("keeptouch_store_up"), found.sample("keeptouch_ready")) == (0, 0)
        assert found.sample("keeptouch_accounts", state="ok") == 1
        assert found.ask("/livez")[0] == 200
        (tmp_path / "keeptouch.db").rmdir()
        (tmp_path / "elsewhere.db").rename(tmp_path / "keeptouch.db")
        assert found.ask("/readyz")[0] == 200
        # another policy
        found.watched.service = None
        status, body = found.ask("/readyz")
        assert [each["check"] for each in json.loads(body)["problems"]] == ["policy"]
        # the configuration turns it off
        quiet = Session(replace(session.config, metrics=MetricsConfig()), session.store, Environment({}))
        found.health.follow(quiet)
        assert found.health.listener is None


def test_a_service_that_stands_still_is_not_ready(tmp_path: Path) -> None:
    PushingConnector.mailbox("alice")
    with at_work(tmp_path, "alice") as office:
        watched, looking = Watched(), Looking(office.session.store, patience=10)
        assert not is_live(watched)
        underway = Underway()
        with Watchdog(Notifier({}), watched.tick, underway, watched.status) as watchdog:
            watched.watchdog = watchdog
            watched.service = office.service
            wait(lambda: office.states() == {"alice": "ok"})
            assert why_not_ready(watched, looking) == []
            engine = office.service.engine
            now = time.monotonic()
            engine._clock = lambda: now + 3600 * 1.2 + STALLED + 1
            (turns,) = why_not_ready(watched, looking)
            assert turns.check == "turns"
            assert turns.problem.startswith("1 accounts are due and no turn has begun for 4")
            engine._clock = time.monotonic
            watchdog._signed_at -= SILENT + 1
            (silent,) = why_not_ready(watched, looking)
            assert (silent.check, is_live(watched)) == ("engine", False)


def test_a_turn_that_hangs_is_no_sign_of_life() -> None:
    now = [0.0]
    underway = Underway(lambda: now[0])
    watchdog = Watchdog(Notifier({}), lambda: None, underway, lambda: "")
    watchdog._every = 0.005
    watchdog._signed_at -= SILENT
    with underway.turn("alice"), watchdog:
        wait(lambda: watchdog.silent_for < SILENT / 2)
        now[0] = HANGS_AFTER + 1
        watchdog._signed_at -= SILENT
        time.sleep(0.05)
        assert watchdog.silent_for >= SILENT


class _Away:
    """A store that does not answer before it is let."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.let = threading.Event()
        self.error: StoreError | None = None
        self.asked = 0

    @contextmanager
    def read(self) -> Iterator[object]:
        self.asked += 1
        self.let.wait(10)
        if self.error is not None:
            raise self.error
        with self._house.store.read() as transaction:
            yield transaction


def test_the_store_is_asked_seldom_and_never_waited_for_long(sqlite_house: House) -> None:
    now, away = [0.0], _Away(sqlite_house)
    looking = Looking(away, lambda: now[0], patience=0.01)  # type: ignore[arg-type] # a store that reads and no more
    assert looking.latest().problem == "the store has not answered for 0 seconds"
    away.let.set()
    wait(lambda: looking.latest().figures is not None)
    assert [looking.latest().problem for _ in range(20)] == [""] * 20
    assert away.asked == 1
    # busy for a moment, away after half a minute
    away.let.clear()
    now[0] = 10
    assert (looking.latest().problem, looking.latest().age, away.asked) == ("", 10, 2)
    now[0] = 31
    assert looking.latest().problem == "the store has not answered for 31 seconds"
    away.error = StoreError("database disk image is malformed", "restore it")
    away.let.set()
    wait(lambda: looking.latest().problem == "database disk image is malformed")
    assert looking.latest().hint == "restore it"


def test_quantiles() -> None:
    assert [quantile((), 0.5), quantile((7.0,), 0.95), quantile((1.0, 2.0, 3.0), 1.0)] == [0, 7, 3]
    assert quantile(tuple(float(n) for n in range(101)), 0.95) == 95


def test_figures_of_the_store(house: House) -> None:
    with house.store.write() as transaction:
        transaction.exec_driver_sql("UPDATE account SET state = 'auth_failed' WHERE name = 'bob'")
        transaction.exec_driver_sql("UPDATE account SET coverage = 99.5, state = 'ok' WHERE name = 'alice'")
    house.read("alice", "INBOX", [mail(ANN, ALICE, mid="one@x")])
    with house.store.write() as transaction:
        transaction.exec_driver_sql("UPDATE stream SET backlog = 7, state = 'ok'")
        transaction.exec_driver_sql(
            "INSERT INTO dirty (kind, key) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
            "WHERE i < 10005) SELECT 'contact', CAST(i AS TEXT) FROM n"
        )
    with house.store.read() as transaction:
        found = figures(transaction)
    assert found.is_current
    assert found.accounts == {("memory", "ok"): 1, ("memory", "auth_failed"): 1}
    assert (found.never_read, found.oldest_success_at, found.failing_since_at) == (2, None, NOON)
    assert (found.audited, found.incomplete, found.lowest_coverage) == (1, 1, 99.5)
    assert (found.backlog, found.dirty, found.tasks) == (7, DIRTY_COUNTED, {"open": 0, "snoozed": 0})
    assert (found.dead_webhooks, found.waiting_deliveries, found.missing_streams) == (0, 0, 0)
    with house.store.write() as transaction:
        transaction.exec_driver_sql("UPDATE account SET state = 'disabled'")
        transaction.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    with house.store.read() as transaction:
        found = figures(transaction)
    assert (found.is_current, found.never_read, found.backlog, found.failing_since_at) == (False, 0, 0, None)


def test_what_a_turn_came_to_is_one_word() -> None:
    report = Report("alice")
    assert result_of(report) == "ok"
    report.is_stopped = True
    assert result_of(report) == "partial"
    words = {
        "refused": AuthFailed("x", step="login"),
        "missing_rights": NotPermitted("x", step="list"),
        "misconfigured": Misconfigured("x", step="login"),
        "resting": Resting("x", step="login"),
        "bug": Unavailable("x", step="bug"),
        "unavailable": Unavailable("x", step="connect"),
    }
    for word, failure in words.items():
        failed = Report("alice")
        failed.fail(failure)
        assert result_of(failed) == word
