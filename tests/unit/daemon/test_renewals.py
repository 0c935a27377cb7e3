"""A folder whose mails get other references at each visit is read anew a few times an hour, and says so."""

from __future__ import annotations

from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register
from daemon.renewals import Renewals
from daemon.report import Report
from daemon.worker import Worker
from tests.unit.daemon.company_mail import House, mail

ALICE, ANN = "alice@acme.example", "ann@client.example"


def visit(house: House, renewals: Renewals) -> Report:
    """One turn of the account, as the service takes it."""
    report = Report("alice")
    worker = Worker(house.ingest(), house.accounts["alice"], renewals=renewals)
    worker.turn(MemoryConnector(MemorySettings(mailbox="alice"), None), report)
    return report


def test_a_folder_that_is_always_renumbered_rests_between_readings(house: House) -> None:
    box, now = register("alice", Mailbox(page_size=3)), [0.0]
    renewals = Renewals(lambda: now[0])
    for n in range(7):
        box.deliver("Sent", mail(ALICE, ANN, mid=f"{n}@x", minute=n))
        box.deliver("INBOX", mail(ANN, ALICE, mid=f"in{n}@x", minute=n))
    assert visit(house, renewals).error is None
    for _time in range(3):
        box.renumber("INBOX")
        assert visit(house, renewals).error is None
        now[0] += 300
    box.renumber("INBOX")
    box.deliver("INBOX", mail(ANN, ALICE, mid="late@x"))
    box.deliver("Sent", mail(ALICE, ANN, mid="sent@x"))
    report = visit(house, renewals)
    assert report.error is not None
    assert "renumbered again and again" in report.error.problem
    assert "Courier" in report.error.hint
    # the other folders are read as ever, and nothing is forgotten meanwhile
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(15,)]
    now[0] = 3600
    assert visit(house, renewals).error is None
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(16,)]


def test_one_folder_does_not_count_for_another() -> None:
    renewals = Renewals(lambda: 0.0)
    assert [renewals.begins(1) for _time in range(4)] == [True, True, True, False]
    assert renewals.begins(2)
