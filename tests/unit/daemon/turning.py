"""One account's mailbox in memory and a house that reads it, at any time the test says."""

from __future__ import annotations

from datetime import datetime

from connectors.api import Message
from connectors.memory import MemoryConnector, MemorySettings
from daemon.ingest import Ingest
from daemon.report import Report
from daemon.worker import Worker
from store.accounts import missing
from store.accounts.missing import Missing
from store.mails import removals
from store.mails.removals import HeldBack
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, ANN = "alice@acme.example", "ann@client.example"
LIVE = "SELECT s.name, count(*) FROM placement p JOIN stream s ON s.id = p.stream_id WHERE p.removed_at IS NULL"


def turn(
    house: House, now: datetime = NOON, *, by: type[MemoryConnector] = MemoryConnector, is_fine: bool = True
) -> Report:
    """Alice's turn at that time."""
    report = Report("alice")
    ingest = Ingest(store=house.store, company=house.company, policy_version=1, clock=lambda: now, started_at=NOON)
    Worker(ingest, house.accounts["alice"]).turn(by(MemorySettings(mailbox="alice"), None), report)
    assert (report.error is None) is is_fine
    return report


def sent(number: int) -> Message:
    """A mail of Alice's, which is history."""
    return mail(ALICE, ANN, mid=f"s{number}@x", minute=number)


def live(house: House) -> dict[str, int]:
    """Folder -> placements that are there."""
    return dict(house.rows(f"{LIVE} GROUP BY s.name"))


def unplaced(house: House) -> dict[str, datetime]:
    ids = [row[0] for row in house.rows("SELECT id FROM interaction")]
    with house.store.read() as transaction:
        return removals.unplaced_since(transaction, ids)


def held_back(house: House) -> list[HeldBack]:
    with house.store.read() as transaction:
        return removals.held_back(transaction, house.accounts["alice"])


def missed(house: House) -> list[Missing]:
    with house.store.read() as transaction:
        return missing.missing(transaction, house.accounts["alice"])


def accept(house: House, now: datetime = NOON) -> None:
    """As `accounts accept-deletions` does."""
    with house.store.write() as transaction:
        assert removals.settle(transaction, house.accounts["alice"], now, is_accepted=True) == []
