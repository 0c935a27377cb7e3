"""Mail that lies on the server and was never told of, by whatever mistake: a comparison finds and reads it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.api import Unavailable
from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register
from daemon.report import Report
from daemon.worker import Worker
from tests.unit.daemon.company_mail import NOON, House
from tests.unit.daemon.turning import sent, turn

pytestmark = pytest.mark.later

DAY = timedelta(days=1)
AMOUNT = 450
PLACES = "SELECT count(*) FROM placement"


@pytest.fixture
def box() -> Mailbox:
    """A server that does not tell of removals: it is compared daily."""
    box = register("alice", Mailbox())
    for n in range(AMOUNT):
        box.deliver("INBOX", sent(n))
    return box


@pytest.fixture
def house(house: House, box: Mailbox) -> House:
    """It has read the mailbox, and knows of every tenth mail alone."""
    turn(house)
    assert house.rows(PLACES) == [(AMOUNT,)]
    with house.store.write() as transaction:
        transaction.exec_driver_sql("DELETE FROM placement WHERE substr(ref, length(ref)) <> '0'")
    return house


def test_it_is_read_by_the_next_comparison_and_once(house: House, box: Mailbox) -> None:
    fetched = box.fetched
    turn(house, NOON + DAY / 2)
    assert house.rows(PLACES) == [(AMOUNT // 10,)]
    for day in (1, 2, 3):
        turn(house, NOON + day * DAY)
        assert house.rows(PLACES) == [(AMOUNT,)]
        assert box.fetched - fetched == AMOUNT - AMOUNT // 10
    assert house.rows("SELECT count(*), count(DISTINCT message_id) FROM v1_interaction") == [(AMOUNT, AMOUNT)]


def test_a_line_that_is_cut_meanwhile_leaves_the_rest_for_the_next_turn(house: House, box: Mailbox) -> None:
    box.fail(Unavailable("cut", step="fetch"), step="fetch")
    turn(house, NOON + DAY, is_fine=False)
    assert house.rows(PLACES) == [(AMOUNT // 10,)]
    turn(house, NOON + DAY + timedelta(minutes=1))
    assert house.rows(PLACES) == [(AMOUNT,)]


def test_a_stop_meanwhile_leaves_the_rest_for_the_next_turn(house: House) -> None:
    stop = threading.Event()
    later = NOON + DAY

    def progress(_stream: str, _seen: int) -> None:
        if (known := house.rows(PLACES)[0][0]) > AMOUNT // 10:
            assert known < AMOUNT
            stop.set()

    ingest = replace(house.ingest(), clock=lambda: later)
    worker = Worker(ingest, house.accounts["alice"], stop=stop, progress=progress)
    worker.turn(MemoryConnector(MemorySettings(mailbox="alice"), None), Report("alice"))
    assert stop.is_set()
    assert house.rows(PLACES)[0][0] < AMOUNT
    turn(house, later + timedelta(minutes=1))
    assert house.rows(PLACES) == [(AMOUNT,)]
