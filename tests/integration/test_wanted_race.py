"""Two accounts that are read at once: what one makes wanted while the other fetches is not forgotten."""

from __future__ import annotations

from pathlib import Path

from connectors.api import Purpose
from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register
from daemon.report import Report
from daemon.worker import Worker
from store.derivation import rebuild
from tests.unit.daemon.company_mail import House, mail

ALICE, BOB, CARL = "alice@acme.example", "bob@acme.example", "carl@quiet.example"


def test_mail_that_becomes_wanted_while_it_is_fetched_for_another_reason_is_stored(tmp_path: Path) -> None:
    house = House(tmp_path)
    box = register("race", Mailbox())
    early = mail(CARL, BOB, ref=box.deliver("INBOX", mail(CARL, BOB, mid="early@quiet")), mid="early@quiet")
    house.read("bob", "INBOX", [early])
    with house.store.write() as transaction:
        rebuild.want_all_skipped(transaction)
    colleague = [mail(ALICE, CARL, mid="offer@acme", minute=9)]

    def colleague_writes(_stream: str, _items: int) -> None:
        while colleague:
            house.read("alice", "Sent", [colleague.pop()], Purpose.SENT)

    report = Report("bob")
    worker = Worker(house.ingest(), house.accounts["bob"], progress=colleague_writes)
    worker.catch_up(MemoryConnector(MemorySettings(mailbox="race"), None), report)
    assert report.error is None
    assert not colleague
    assert worker.wanted() == 0
    assert house.rows("SELECT message_id FROM v1_interaction") == [("early@quiet",), ("offer@acme",)]
