"""Alerts: what needs somebody is told once when it begins, once when it is over, and again after a quiet period."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from daemon import chores
from daemon.alerts import deciding
from daemon.alerts.attending import attend
from daemon.alerts.conditions import Condition, conditions
from daemon.alerts.telling import BACKOFF, Alerts
from daemon.config.alerts import AlertsConfig
from daemon.config.digest import DigestConfig
from daemon.config.records import Company, Config, ContactsConfig, StoreConfig
from daemon.credentials import SecretSource, SourceKind
from daemon.doctor.accounts import LONG, STILL
from store.accounts.attention import Fares
from store.keeping.space import Space
from store.mails.own_mail import is_own
from store.questions.alerts import Alert
from tests.servers.receiver import Receiver
from tests.servers.smtp_sink import SmtpSink
from tests.unit.daemon.company_mail import NOON, House, as_on_sqlite, mail
from tests.unit.daemon.pushing_connector import PushingConnector
from tests.unit.daemon.test_service import ALICE, ANN, at_work, wait
from tests.unit.daemon.test_webhooks import SECRET, Clock

PARKED = Condition("parked", "bob", "auth_failed: login: the server refused the login", "correct the password")
DISK = Condition("disk", "/var/lib/keeptouch", "100 MiB are left", "make room")
QUIET = timedelta(hours=24)
GIB = 1024**3


def fares(**more: Any) -> Fares:
    usual: dict[str, Any] = {
        "id": "1", "name": "bob", "state": "ok", "since_at": NOON - timedelta(days=9), "reason": None,
        "last_success_at": NOON, "refusals": 0, "coverage": None, "audited_at": None, "read_since_at": None,
        "backlog": 0, "pages": 1, "still_since_at": None,
    }  # fmt: skip
    return Fares(**{**usual, **more})


def test_what_is_told_of() -> None:
    old, late = NOON - LONG - timedelta(minutes=1), NOON - STILL - timedelta(minutes=1)
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, []),
        ({"state": "auth_failed", "last_success_at": old}, ["parked"]),
        ({"state": "missing_rights"}, ["parked"]),
        ({"state": "backoff", "last_success_at": NOON - timedelta(hours=23)}, []),
        ({"state": "backoff", "last_success_at": old}, ["no_success"]),
        ({"state": "backoff", "last_success_at": None}, ["no_success"]),
        ({"state": "backoff", "last_success_at": None, "since_at": NOON}, []),
        ({"state": "new", "last_success_at": None}, []),
        ({"last_success_at": old}, ["no_success"]),
        # an import that comes on has no success to its end for days
        ({"last_success_at": old, "backlog": 9, "still_since_at": NOON}, []),
        ({"last_success_at": old, "backlog": 9, "still_since_at": late}, ["no_success"]),
        ({"coverage": 99.9}, ["coverage"]),
        ({"coverage": 100.0}, []),
    ]
    for more, kinds in cases:
        assert [each.kind for each in conditions([fares(**more)], None, NOON)] == kinds, more
    for free, kinds in ((3 * GIB, []), (GIB, ["disk"])):
        space = Space(Path("/var/lib/keeptouch"), 1, 0, free, 100 * GIB)
        assert [each.kind for each in conditions([], space, NOON)] == kinds
    assert all(
        each.problem and each.hint for each in conditions([fares(state="auth_failed", coverage=1.0)], None, NOON)
    )


def test_when_it_is_told() -> None:
    known: list[Alert] = []
    told = []
    #: (minutes, is it so)
    story = [
        *((0, True), (1, True), (60, False), (61, False), (62, True), (63, True)),
        *((1439, True), (1440, True), (1500, True), (1510, False), (1511, True), (1512, False)),
        *((2949, True), (2950, True), (4389, True), (4390, True), (4395, False), (4400, False), (6000, False)),
    ]
    for minute, is_so in story:
        now = NOON + timedelta(minutes=minute)
        known = deciding.observed(known, [PARKED] if is_so else [], "webhook", now)
        known = [each for each in known if not deciding.is_over_for_good(each, now, QUIET)]
        for each in deciding.due(known, now, QUIET):
            told.append((minute, "over" if each.ended_at else "again" if each.is_told else "begun"))
            known = [deciding.told(each, now)]
    assert told == [
        (0, "begun"),
        (60, "over"),
        # it came again two minutes later, and was quiet about it for a day
        (1500, "begun"),
        (1510, "over"),
        (2950, "begun"),
        (4390, "again"),
        (4400, "over"),  # not within ten minutes of the last message
    ]
    assert known == []


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as found:
        yield found


@pytest.fixture
def server() -> Iterator[SmtpSink]:
    with SmtpSink() as found:
        yield found


def alerts_of(house: House, receiver: Receiver, server: SmtpSink, folder: Path, clock: Clock) -> Alerts:
    (folder / "secret").write_text(SECRET)
    told = AlertsConfig(
        mail_to=("it@acme.example",),
        webhook_url=f"http://127.0.0.1:{receiver.port}/alerts",
        webhook_secret=SecretSource(SourceKind.FILE, "secret"),
        allow_local=True,
    )
    mail = DigestConfig("127.0.0.1", "Keeptouch <k@acme.example>", on=False, port=server.port, security="none")
    config = Config(
        folder / "config.toml", folder, StoreConfig(), Company(("acme.example",)), ContactsConfig(), (), (),
        mail_server=mail, alerts=told,
    )  # fmt: skip
    return Alerts(house.store, config, {}, clock, replace(BACKOFF, chance=lambda: 1.0))


@pytest.mark.later
def test_both_channels_are_told_and_a_restart_forgets_nothing(
    house: House, receiver: Receiver, server: SmtpSink, tmp_path: Path
) -> None:
    clock = Clock(NOON)

    def turn(*found: Condition, wait: timedelta = timedelta(minutes=11)) -> int:
        # as after a restart each time
        taken = alerts_of(house, receiver, server, tmp_path, clock).turn(found)
        clock.now += wait
        return taken

    assert turn() == 0
    assert turn(PARKED, DISK) == 2
    assert turn(PARKED, DISK) == 0
    # a receiver that is away delays nobody else, and is told later, of all that is so then
    receiver.answers = [(503, {"Retry-After": "120"})]
    assert turn(DISK, wait=timedelta(minutes=1)) == 1
    assert turn(DISK, wait=timedelta(minutes=1)) == 0
    server.answers["RCPT"] = b"450 later"
    assert turn(wait=timedelta(minutes=10)) == 1
    del server.answers["RCPT"]
    assert turn() == 1
    assert house.rows('SELECT channel, "key", ended_at IS NULL, is_told FROM alert WHERE is_told') == []
    subjects = [mail["Subject"] for mail in server.mails]
    assert subjects == [
        "keeptouch: 2 things need somebody",
        "keeptouch: parked of bob over",
        "keeptouch: disk of /var/lib/keeptouch over",
    ]
    first = server.mails[0]
    said = first.get_content()
    assert "* bob: auth_failed: login: the server refused the login" in said
    assert "To do: correct the password" in said
    assert (first["To"], first["Auto-Submitted"]) == ("it@acme.example", "auto-generated")
    assert is_own(house.store.key, first["Message-ID"].strip("<>"), server.taken[0][2])
    bodies = [json.loads(each.body) for each in receiver.received]
    told = [[(each["kind"], each["state"]) for each in body["data"]["alerts"]] for body in bodies]
    begun = [("parked", "begun"), ("disk", "begun")]
    assert sorted(told[0]) == sorted(begun)
    assert told[1] == [("parked", "over")]
    assert sorted(told[2]) == [("disk", "over"), ("parked", "over")]
    assert all(each.headers["webhook-signature"].startswith("v1,") for each in receiver.received)
    # a day later nothing is remembered
    clock.now += QUIET
    assert turn() == 0
    assert house.rows("SELECT * FROM alert") == []


@pytest.mark.later
def test_of_two_daemons_one_tells_and_who_was_killed_is_followed(
    house: House, receiver: Receiver, server: SmtpSink, tmp_path: Path
) -> None:
    clock = Clock(NOON)
    one = alerts_of(house, receiver, server, tmp_path, clock)
    claimed = one._claim([PARKED], "webhook", NOON)
    assert [each.key for each in claimed] == ["parked:bob"]
    # the other one finds it taken; as the first was killed, it tells it later, and under the same id
    other = alerts_of(house, receiver, server, tmp_path, clock)
    assert other.turn([PARKED]) == 1
    assert receiver.received == []
    clock.now += timedelta(minutes=6)
    assert other.turn([PARKED]) == 1
    assert [each.headers["webhook-id"] for each in receiver.received] == [one._id(claimed)]
    # whoever is told no more is forgotten
    config = replace(other.config, alerts=AlertsConfig())
    assert replace(other, config=config).turn([PARKED]) == 0
    assert house.rows("SELECT * FROM alert") == []


@pytest.mark.later
def test_the_service_looks_each_minute(house: House, server: SmtpSink, receiver: Receiver, tmp_path: Path) -> None:
    """An account that is parked is told, and an import is noted as it stands."""
    clock = Clock(NOON)
    config = alerts_of(house, receiver, server, tmp_path, clock).config
    house.read("alice", "INBOX", [])
    house.execute("UPDATE account SET state = 'auth_failed', reason = 'refused' WHERE name = 'alice'")
    house.execute("UPDATE stream SET backlog = 5")
    assert attend(house.store, config, {}, clock) == 2
    clock.now += timedelta(minutes=20)
    assert attend(house.store, config, {}, clock) == 0
    assert house.rows("SELECT backlog, changed_at FROM progress") == [(5, as_on_sqlite(NOON))]
    house.execute("UPDATE account SET state = 'ok', last_success_at = '2126-03-02T12:00:00.000000Z'")
    assert attend(house.store, config, {}, clock) == 2
    assert [mail["Subject"] for mail in server.mails] == [
        "keeptouch: parked of alice needs somebody",
        "keeptouch: parked of alice over",
    ]


@pytest.mark.later
def test_a_service_at_work_tells_by_itself(server: SmtpSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "_SETTLED", 0.1)
    monkeypatch.setattr(chores, "_TICK_EVERY", 0.1)
    alice = PushingConnector.mailbox("alice")
    alice.deliver("INBOX", mail(ANN, ALICE, mid="1@x"))
    mail_server = DigestConfig("127.0.0.1", "k@acme.example", on=False, port=server.port, security="none")
    with at_work(tmp_path, "alice") as office:
        wait(lambda: office.states() == {"alice": "ok"})
        told = AlertsConfig(mail_to=("it@acme.example",))
        config = replace(office.session.config, alerts=told, mail_server=mail_server)
        office.service.follow(office.session.under(config))
        with office.session.store.write() as transaction:
            transaction.execute(text("UPDATE account SET coverage = 50"))
        wait(lambda: server.mails)
        assert server.mails[0]["Subject"] == "keeptouch: coverage of alice needs somebody"
