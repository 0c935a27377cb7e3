"""Who may write beside whom on PostgreSQL, and what becomes of transactions that meet."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.api import Cursor, Page, Purpose
from store import engine, postgresql
from store.accounts import company
from store.engine import Store, Transaction
from store.errors import Fenced, StoreError
from store.mails import write
from tests.unit.daemon.company_mail import KEY, House, mail, skimmed

pytestmark = pytest.mark.server

ALICE, BOB, ANN = "alice@acme.example", "bob@acme.example", "ann@client.example"
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
def house(postgres_house: House) -> House:
    return postgres_house


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def wait_until_one_waits(postgres_url: str, future: Future[Any]) -> None:
    """Wait until a transaction waits for a lock, or it has ended without."""
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        while not future.done():
            row = connection.execute(_WAITING).fetchone()
            if row and row[0]:
                return
            time.sleep(0.01)


def test_an_answer_that_is_decided_about_while_its_mail_is_derived_is_found(
    house: House, postgres_url: str, threads: ThreadPoolExecutor
) -> None:
    answer = mail(ANN, BOB, mid="re@x", minute=3, in_reply_to=("a@x",))
    house.folders["bob"]["INBOX"] = Purpose.INBOX
    place, _cursor = house.place("bob", "INBOX")
    ingest = house.ingest()
    ready = ingest.drafting.prepared(
        Page(changes=(skimmed(answer, house.company, Purpose.INBOX),), cursor=Cursor("c")), Purpose.INBOX
    )
    house.folders["alice"]["Sent"] = Purpose.SENT
    sent, _cursor = house.place("alice", "Sent")
    decided, go_on = threading.Event(), threading.Event()

    def slowly(transaction: Transaction) -> None:
        write.advance(transaction, place, ready.page)
        assert ingest._write(transaction, place, Purpose.INBOX, ready.changes) == {"skipped": 1}
        decided.set()
        assert go_on.wait(60)

    page = threads.submit(house.store.transact, slowly, shared=True)
    assert decided.wait(60)
    house.ingest_page(sent, Purpose.SENT, [mail(ALICE, ANN, mid="a@x")])
    derivation = threads.submit(house.derive)
    wait_until_one_waits(postgres_url, derivation)
    go_on.set()
    page.result()
    derivation.result()
    assert house.fetch_wanted({("bob", "INBOX"): (Purpose.INBOX, [answer])}) == 1
    assert house.rows("SELECT interaction_count FROM v1_thread") == [(2,)]


def test_what_is_marked_while_a_batch_is_derived_is_derived_by_the_one_who_marked_it(
    house: House, postgres_url: str, threads: ThreadPoolExecutor
) -> None:
    """The same key: an answer's second copy comes while its first is derived."""
    house.folders = {"alice": {"Sent": Purpose.SENT}, "bob": {"INBOX": Purpose.INBOX}}
    place, _cursor = house.place("bob", "INBOX")
    house.ingest_page(house.place("alice", "Sent")[0], Purpose.SENT, [mail(ALICE, BOB, mid="a@x", cc=(ANN,))])
    taken, go_on = threading.Event(), threading.Event()

    def slowly(transaction: Transaction) -> None:
        assert len(transaction.exec_driver_sql("DELETE FROM dirty RETURNING key").all()) == 1
        taken.set()
        assert go_on.wait(60)

    derivation = threads.submit(house.store.transact, slowly)
    assert taken.wait(60)
    copy = mail(ALICE, BOB, mid="a@x", cc=(ANN,), text="with a footer")
    page = threads.submit(house.ingest_page, place, Purpose.INBOX, [copy])
    wait_until_one_waits(postgres_url, page)
    assert not page.done()
    go_on.set()
    derivation.result()
    page.result()
    house.derive()
    assert len(house.rows("SELECT account_id FROM v1_interaction_person WHERE account_id IS NOT NULL")) == 2


def test_a_deriver_waits_for_another_and_finds_its_own_keys_derived(
    house: House, postgres_url: str, threads: ThreadPoolExecutor
) -> None:
    house.folders["alice"]["Sent"] = Purpose.SENT
    house.ingest_page(house.place("alice", "Sent")[0], Purpose.SENT, [mail(ALICE, ANN, mid="a@x")])
    begun, go_on = threading.Event(), threading.Event()

    def hold(transaction: Transaction) -> None:
        begun.set()
        assert go_on.wait(60)

    holder = threads.submit(house.store.transact, hold)
    assert begun.wait(60)
    derivers = [threads.submit(house.derive) for _ in range(2)]
    wait_until_one_waits(postgres_url, derivers[0])
    go_on.set()
    holder.result()
    for each in derivers:
        each.result()
    assert house.rows("SELECT message_id FROM v1_interaction") == [("a@x",)]


def test_a_transaction_that_a_deadlock_undid_is_done_again(house: House, threads: ThreadPoolExecutor) -> None:
    both, calls = threading.Barrier(2), {"ab": 0, "ba": 0}
    for name in "ab":
        house.store.transact(partial(company.save_setting, name=name, value=""))

    def cross(order: str, transaction: Transaction) -> None:
        calls[order] += 1
        for name in order:
            before = company.setting(transaction, name) or ""
            company.save_setting(transaction, name, before + order[0])
            if name == order[0] and sum(calls.values()) <= 2:
                both.wait(60)

    for each in [
        threads.submit(house.store.transact, lambda tx, o=order: cross(o, tx), shared=True) for order in calls
    ]:
        each.result()
    assert sorted(calls.values()) == [1, 2]
    values = house.rows("SELECT value FROM meta WHERE name IN ('a', 'b')")
    assert {"".join(sorted(value)) for (value,) in values} == {"ab"}


def test_two_pages_of_one_stream_meet_and_one_is_fenced(
    house: House, postgres_url: str, threads: ThreadPoolExecutor
) -> None:
    house.folders["bob"]["INBOX"] = Purpose.INBOX
    place, _cursor = house.place("bob", "INBOX")
    page = Page(changes=(), cursor=Cursor("c"))
    begun, go_on = threading.Event(), threading.Event()

    def slowly(transaction: Transaction) -> None:
        write.advance(transaction, place, page)
        begun.set()
        assert go_on.wait(60)

    first = threads.submit(house.store.transact, slowly, shared=True)
    assert begun.wait(60)
    second = threads.submit(house.ingest_page, place, Purpose.INBOX, [mail(ANN, BOB, mid="re@x")])
    wait_until_one_waits(postgres_url, second)
    go_on.set()
    first.result()
    with pytest.raises(Fenced):
        second.result()
    assert house.rows("SELECT * FROM placement") == []


def test_a_program_that_keeps_rows_locked_is_told_of(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgresql._SETTINGS, "lock_timeout", "100ms")
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.5)
    with House(tmp_path, url=postgres_url) as house:
        with psycopg.connect(postgres_url.replace("+psycopg", "")) as other:
            other.execute("SELECT * FROM keeptouch.meta FOR UPDATE")
            calls = 0

            def change(transaction: Transaction) -> None:
                nonlocal calls
                calls += 1
                transaction.exec_driver_sql("UPDATE meta SET value = value")

            with pytest.raises(StoreError, match="another program keeps the store locked") as error:
                house.store.transact(change)
            assert "pg_stat_activity" in error.value.hint
            assert calls > 1
        house.store.transact(change)


def test_a_process_that_stands_still_in_a_transaction_does_not_stop_the_others(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_STILL", "300ms")
    with House(tmp_path, url=postgres_url) as still, House(tmp_path, url=postgres_url) as other:

        def stand(transaction: Transaction) -> None:
            company.save_setting(transaction, "a", "1")
            other.store.transact(lambda tx: company.save_setting(tx, "a", "2"))
            company.save_setting(transaction, "b", "1")

        with pytest.raises(StoreError) as error:
            still.store.transact(stand)
        assert error.value.hint
        assert other.rows("SELECT value FROM meta WHERE name IN ('a', 'b')") == [("2",)]


def test_what_is_read_is_of_one_moment(house: House) -> None:
    with house.store.read() as transaction:
        assert company.setting(transaction, "a") is None
        house.store.transact(lambda tx: company.save_setting(tx, "a", "1"))
        assert company.setting(transaction, "a") is None


def test_processes_that_open_an_empty_database_at_once_make_one_store(
    tmp_path: Path, postgres_url: str, threads: ThreadPoolExecutor
) -> None:
    def opened() -> str:
        with Store.open(postgres_url, key_text=KEY, key_file=tmp_path / "unused") as store, store.read() as transaction:
            return str(company.setting(transaction, "feed_epoch"))

    epochs = [threads.submit(opened) for _ in range(4)]
    assert len({each.result() for each in epochs}) == 1
