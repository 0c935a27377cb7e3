"""The feed on PostgreSQL: beside many writers a reader misses nothing, sees nothing twice, and waits for nobody."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from store.engine import Store
from tests.servers.postgres import Postgres
from tests.unit.daemon.company_mail import KEY

WRITERS = 8
#: In one transaction.
_CHANGES = 5
#: A writer sleeps so long inside every so manieth transaction: later ones overtake it.
_SLOW_EVERY, _SLOW = 50, 0.05


def _open(url: str, folder: Path) -> Store:
    return Store.open(url, key_text=KEY, key_file=folder / "unused")


def _write(store: Store, writer: int, count: int) -> None:
    """So many transactions."""
    for number in range(count):
        with store.write() as transaction:
            transaction.execute(
                text("INSERT INTO organization (id, display_name) VALUES (:id, 'x')"),
                [{"id": f"{writer}-{number}-{each}"} for each in range(_CHANGES)],
            )
            if number % _SLOW_EVERY == writer:
                time.sleep(_SLOW)


class _Reader:
    """Follows until `ended` is set and nothing is left; notes what it saw and how long it waited for an answer."""

    def __init__(self, store: Store, ended: threading.Event) -> None:
        self._store = store
        self._ended = ended
        self.seen: Counter[str] = Counter()
        self.numbers: list[int] = []
        self.longest = 0.0

    def run(self) -> None:
        seq = 0
        while True:
            is_last = self._ended.is_set()
            began = time.monotonic()
            with self._store.read() as connection:
                rows = connection.execute(
                    text("SELECT seq, entity_id FROM v1_change WHERE seq > :seq ORDER BY seq LIMIT 1000"), {"seq": seq}
                ).all()
            self.longest = max(self.longest, time.monotonic() - began)
            for seq, entity_id in rows:
                self.numbers.append(seq)
                self.seen[entity_id] += 1
            if is_last and not rows:
                return


@pytest.mark.parametrize(
    "total", [pytest.param(2_000, marks=pytest.mark.slow), pytest.param(50_000, marks=pytest.mark.soak)]
)
def test_a_reader_beside_eight_writers_misses_nothing(postgres: Postgres, tmp_path: Path, total: int) -> None:
    url, other = postgres.create_database(), postgres.create_database()
    stores = [_open(url, tmp_path) for _ in range(WRITERS + 1)]
    ended = threading.Event()
    reader = _Reader(stores[-1], ended)
    # a transaction with an id, in another database of the cluster, that nobody ends: it holds back every horizon
    idle = psycopg.connect(other.replace("postgresql+psycopg", "postgresql"))
    try:
        idle.execute("CREATE TABLE held_open (n int)")
        with ThreadPoolExecutor(WRITERS + 1) as pool:
            following = pool.submit(reader.run)
            writing = [pool.submit(_write, stores[n], n, total // WRITERS // _CHANGES) for n in range(WRITERS)]
            for each in writing:
                each.result()
            ended.set()
            following.result()
        assert idle.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    finally:
        idle.close()
        for store in stores:
            store.close()
    numbers = range(total // WRITERS // _CHANGES)
    wanted = {f"{writer}-{n}-{each}" for writer in range(WRITERS) for n in numbers for each in range(_CHANGES)}
    assert reader.seen == Counter(dict.fromkeys(wanted, 1))
    assert reader.numbers == list(range(1, total + 1))
    # it was never held up by the writers or by the idle transaction, only by the machine
    assert reader.longest < 10


@pytest.mark.slow
def test_readers_are_notified(postgres_url: str, tmp_path: Path) -> None:
    with (
        _open(postgres_url, tmp_path) as store,
        psycopg.connect(postgres_url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as listener,
    ):
        listener.execute("LISTEN keeptouch_changes")
        with store.write() as transaction:
            transaction.execute(text("INSERT INTO organization (id, display_name) VALUES ('1', 'x')"))
        (heard,) = listener.notifies(timeout=20, stop_after=1)
    assert heard.payload == "1"
