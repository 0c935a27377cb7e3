"""Changes reach a receiver in their order, signed, each until it is taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connectors.api import Purpose, Secret
from daemon.cli.main import main
from daemon.config.webhooks import Webhook
from daemon.credentials import SecretSource, SourceKind
from daemon.webhooks import ATTEMPTS, Sender, Webhooks, key_of, signature
from store.published import feed, webhooks
from tests.integration.company import Company
from tests.servers.receiver import Receiver
from tests.unit.daemon.company_mail import KEY, House, mail
from tests.unit.daemon.test_pipeline import ALICE, ANN

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def house(house: House) -> House:
    """A store whose accounts have been read down to their horizon."""
    run(house, "UPDATE account SET horizon_reached_at = '2026-03-02T12:00:00.000000Z'")
    return house


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
def sender(house: House, receiver: Receiver, tmp_path: Path, clock: Clock) -> Sender:
    return sender_of(house, receiver, tmp_path, clock)


def sender_of(house: House, receiver: Receiver, folder: Path, clock: Clock, *entities: str) -> Sender:
    (folder / "secret").write_text(SECRET)
    webhook = Webhook(
        name="crm",
        url=f"http://127.0.0.1:{receiver.port}/hook",
        secret=SecretSource(SourceKind.FILE, "secret"),
        entities=entities,
        allow_local=True,
    )
    return Sender(house.store, webhook, {}, folder, clock)


def run(house: House, statement: str, **values: object) -> None:
    with house.store.write() as transaction:
        transaction.execute(text(statement), values)


def messages(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in receiver.received]


def told(receiver: Receiver) -> list[tuple[str, str]]:
    return [
        (change["entity"], change["op"])
        for message in messages(receiver)
        if message["type"] == "changes"
        for change in message["data"]["changes"]
    ]


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the specification (github.com/standard-webhooks, spec, "Signature scheme")."""
    body = b'{"test": 2432232314}'
    signed = signature(key_of(Secret(SECRET)), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("text", ["", "geheim", "whsec_", "whsec_c2hvcnQ=", "whsec_no base64", SECRET[6:]])
def test_a_secret_that_protects_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at least 24 random bytes") as error:
        key_of(Secret(text))
    assert text in ("", "whsec_") or text not in str(error.value)


def test_first_a_receiver_is_told_to_read_everything_then_what_changed(
    house: House, sender: Sender, receiver: Receiver
) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    with house.store.read() as transaction:
        standing = feed.standing(transaction)
    assert sender.has_news()
    assert sender.turn() == 1
    (first,) = messages(receiver)
    assert (first["type"], first["data"]["feed_epoch"]) == ("reload", standing.epoch)
    assert first["data"]["last_seq"] == standing.last_seq
    assert not sender.has_news()
    run(house, "UPDATE contact SET display_name = 'Ann'")
    assert sender.turn() == 1
    second = receiver.received[1]
    (change,) = json.loads(second.body)["data"]["changes"]
    assert (change["entity"], change["op"], change["seq"]) == ("contact", "upsert", standing.last_seq + 1)
    stamp = second.headers["webhook-timestamp"]
    signed = f"{second.headers['webhook-id']}.{stamp}.".encode() + second.body
    mac = hmac.new(base64.b64decode(SECRET[6:]), signed, hashlib.sha256).digest()
    assert second.headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert second.headers["content-type"] == "application/json"
    assert house.rows("SELECT * FROM webhook_delivery") == []


def test_nothing_is_sent_before_all_accounts_have_reached_their_horizon(
    house: House, sender: Sender, receiver: Receiver
) -> None:
    run(house, "UPDATE account SET horizon_reached_at = NULL WHERE name = 'bob'")
    assert not sender.has_news()
    assert sender.turn() == 0
    run(house, "UPDATE account SET horizon_reached_at = '2026-03-02T12:00:00.000000Z'")
    assert sender.turn() == 1
    # once begun it goes on, whatever accounts are added
    run(house, "UPDATE account SET horizon_reached_at = NULL WHERE name = 'bob'")
    run(house, "UPDATE organization SET display_name = 'x'")
    run(house, "UPDATE person SET team = 'sales'")
    assert sender.turn() == 1
    assert told(receiver) == [("person", "upsert")] * 2


def test_a_message_comes_again_with_the_same_id_and_bytes_until_it_is_taken(
    house: House, sender: Sender, receiver: Receiver, clock: Clock
) -> None:
    sender.turn()
    receiver.answers = [(500, {}), (429, {"Retry-After": "900"}), (302, {"Location": "/else"})]
    run(house, "UPDATE person SET team = 'sales'")
    waits = []
    for _ in range(4):
        sender.turn()
        with house.store.read() as transaction:
            state = webhooks.state(transaction, "crm")
        assert state is not None
        if state.next_try_at is None:
            break
        assert not sender.has_news()
        run(house, "UPDATE person SET team = team || '!'")
        assert sender.turn() == 0, "not before its time"
        waits.append((state.next_try_at - clock.now).total_seconds())
        clock.now = state.next_try_at
    assert 2 <= waits[0] <= 5
    assert waits[1] == 900
    tries = receiver.received[1:5]
    assert len({each.headers["webhook-id"] for each in tries}) == len({each.body for each in tries}) == 1
    # then what changed meanwhile, in the same turn
    assert len(receiver.received) == 6
    assert not sender.has_news()


def test_a_receiver_that_takes_nothing_is_dead_until_it_is_replayed(
    house: House, sender: Sender, receiver: Receiver, clock: Clock
) -> None:
    sender.turn()
    receiver.answers = [(500, {})] * ATTEMPTS
    run(house, "UPDATE person SET team = 'sales'")
    for _ in range(ATTEMPTS):
        sender.turn()
        clock.now += timedelta(hours=6)
    assert len(receiver.received) == 1 + ATTEMPTS
    assert not sender.has_news()
    assert sender.turn() == 0
    with house.store.write() as transaction:
        state = webhooks.state(transaction, "crm")
        assert state is not None
        assert (state.is_dead, state.reason) == (True, "the receiver answers 500")
        assert webhooks.revive(transaction, "crm", None)
        assert not webhooks.revive(transaction, "other", None)
    assert sender.turn() == 1
    assert receiver.received[-1].body == receiver.received[-2].body
    with house.store.write() as transaction:
        assert webhooks.revive(transaction, "crm", 0)
    before = len(told(receiver))
    sender.turn()
    with house.store.read() as transaction:
        assert len(told(receiver)) - before == feed.standing(transaction).last_seq


def test_gone_means_gone(house: House, sender: Sender, receiver: Receiver) -> None:
    receiver.answers = [(410, {})]
    sender.turn()
    assert not sender.has_news()


def test_a_receiver_that_is_down_loses_nothing(house: House, sender: Sender, receiver: Receiver, clock: Clock) -> None:
    elsewhere = replace(sender, webhook=replace(sender.webhook, url="http://127.0.0.1:1/hook"))
    assert elsewhere.turn() == 0
    with house.store.read() as transaction:
        state = webhooks.state(transaction, "crm")
    assert state is not None
    assert "refused the connection" in (state.reason or "")
    clock.now += timedelta(minutes=1)
    assert sender.turn() == 1


def test_a_secret_that_is_missing_is_a_reason_and_no_bug(house: House, sender: Sender, receiver: Receiver) -> None:
    (sender.folder / "secret").unlink()
    assert sender.turn() == 0
    with house.store.read() as transaction:
        state = webhooks.state(transaction, "crm")
    assert state is not None
    assert "does not exist" in (state.reason or "")
    assert receiver.received == []


def test_only_the_entities_asked_for_and_what_was_erased(
    house: House, receiver: Receiver, tmp_path: Path, clock: Clock
) -> None:
    sender = sender_of(house, receiver, tmp_path, clock, "contact")
    sender.turn()
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    run(house, "UPDATE person SET team = 'sales'")
    with house.store.write() as transaction:
        feed.erased(transaction, "thread", ["0a8c6a1e-8d41-8c5f-9d0e-5f1f6f3f7b10"])
    run(house, "UPDATE person SET team = 'support'")
    while sender.has_news():
        sender.turn()
    assert told(receiver) == [("contact", "upsert"), ("thread", "erase")]


def test_after_a_restore_or_behind_the_feed_everything_is_to_be_read_anew(
    house: House, sender: Sender, receiver: Receiver
) -> None:
    sender.turn()
    run(house, "UPDATE meta SET value = 'another' WHERE name = 'feed_epoch'")
    sender.turn()
    run(house, "UPDATE person SET team = 'sales'")
    with house.store.write() as transaction:
        feed.prune(transaction, datetime.now(UTC) + timedelta(days=1))
    run(house, "UPDATE person SET team = 'support'")
    sender.turn()
    assert [message["type"] for message in messages(receiver)] == ["reload"] * 3
    assert messages(receiver)[1]["data"]["feed_epoch"] == "another"
    assert not sender.has_news()


def test_two_processes_do_not_send_at_once(house: House, sender: Sender, receiver: Receiver, clock: Clock) -> None:
    sender.turn()
    run(house, "UPDATE person SET team = 'sales'")
    with house.store.write() as transaction:
        assert webhooks.lease(transaction, "crm", clock(), timedelta(minutes=1))
    assert sender.turn() == 0
    clock.now += timedelta(minutes=2)  # the other one died
    assert sender.turn() == 1


def test_the_service_sends_by_itself(
    house: House, sender: Sender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.webhooks._EVERY", 0.02)
    stop = threading.Event()
    service = Webhooks([sender], stop)
    service.begin()
    end = time.monotonic() + 30
    while not receiver.received and time.monotonic() < end:
        time.sleep(0.02)
    stop.set()
    service.join(time.monotonic() + 20)
    assert [message["type"] for message in messages(receiver)] == ["reload"]


def test_the_command_line(tmp_path: Path, receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    company = Company(tmp_path / "company", key=KEY)
    (company.folder / "crm.secret").write_text(SECRET)
    os.chmod(company.folder / "crm.secret", 0o600)
    company.extra = f"""
[[webhooks]]
name = "crm"
url = "http://127.0.0.1:{receiver.port}/hook"
secret_file = "crm.secret"
allow_local = true
"""
    assert company.sync().code == 0
    assert [message["type"] for message in messages(receiver)] == ["reload"]
    answer = company.run("webhooks", "list", "--json")
    (listed,) = answer.document["webhooks"]
    assert (answer.code, listed["state"], listed["behind"]) == (0, "ok", 0)
    assert company.run("webhooks", "replay", "crm", "--since", "0").code == 0
    assert company.sync().code == 0
    assert company.run("webhooks", "replay", "cmr").code == 2
    assert company.run("webhooks", "replay", "crm", "--since", "99").code == 2
    assert "crm" in company.run("webhooks", "list").out
    assert main(["--config", str(company.config), "webhooks", "list"]) == 0
    assert SECRET not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('url = "http://crm.example/"', "must be https"),
        ('url = "https://crm.example/"\nentities = ["contacts"]', 'knows no "contacts"'),
        ('url = "https://u:geheim@crm.example/"', "must hold no password"),
        ('secret = "geheim"', "secret_file"),
    ],
)
def test_what_is_wrong_with_a_webhook_is_told(tmp_path: Path, lines: str, problem: str) -> None:
    company = Company(tmp_path / "company")
    (company.folder / "crm.secret").write_text(SECRET)
    company.extra = f'[[webhooks]]\nname = "crm"\nsecret_file = "crm.secret"\n{lines}'
    answer = company.run("check", "--config-only")
    assert answer.code == 2
    assert problem in answer.err
    assert "geheim" not in answer.err
