"""What could not be read is asked for again: for a month with each comparison, later when an operator says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.api import Unavailable, Unreadable
from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register
from daemon.audit import AccountAudit, Audit
from daemon.following import ASKED_AGAIN
from tests.unit.daemon.company_mail import NOON, House, mail
from tests.unit.daemon.turning import ALICE, ANN, sent, turn

DAY = timedelta(days=1)
VERDICTS = "SELECT verdict, count(*) FROM placement GROUP BY verdict"


@pytest.fixture
def box() -> Mailbox:
    """A server that does not tell of removals: it is compared daily."""
    box = register("alice", Mailbox())
    box.deliver("INBOX", sent(1))
    box.deliver("INBOX", Unreadable("", "the server ends the connection over this message"))
    return box


@pytest.fixture
def house(house: House, box: Mailbox) -> House:
    turn(house)
    assert dict(house.rows(VERDICTS)) == {"quarantined": 1, "stored": 1}
    return house


def mend(box: Mailbox) -> None:
    box._folders["INBOX"].mails[2].item = mail(ANN, ALICE, mid="mended@x", minute=5)


def test_what_can_be_read_the_next_day_is_read_then(box: Mailbox, house: House) -> None:
    mend(box)
    turn(house, NOON + DAY / 2)
    assert dict(house.rows(VERDICTS)) == {"quarantined": 1, "stored": 1}
    turn(house, NOON + DAY)
    assert dict(house.rows(VERDICTS)) == {"stored": 2}
    assert house.rows("SELECT count(*) FROM v1_interaction WHERE message_id = 'mended@x'") == [(1,)]


def test_what_can_never_be_read_is_asked_for_once_a_comparison_and_no_more_after_a_month(
    box: Mailbox, house: House
) -> None:
    before = box.fetched
    for day in range(1, ASKED_AGAIN.days + 10):
        for hour in (0, 12):
            turn(house, NOON + day * DAY + timedelta(hours=hour))
    assert ASKED_AGAIN.days - 1 <= box.fetched - before <= ASKED_AGAIN.days
    assert house.rows("SELECT count(*) FROM placement WHERE is_wanted") == [(0,)]
    mend(box)
    turn(house, NOON + 80 * DAY)
    assert dict(house.rows(VERDICTS)) == {"quarantined": 1, "stored": 1}


def test_a_server_that_is_away_when_it_is_asked_again_costs_no_mail(box: Mailbox, house: House) -> None:
    mend(box)
    box.fail(Unavailable("not now", step="fetch"), step="fetch")
    turn(house, NOON + DAY, is_fine=False)
    turn(house, NOON + DAY + timedelta(minutes=1))
    assert dict(house.rows(VERDICTS)) == {"stored": 2}


def audit(house: House, *, repair: bool) -> AccountAudit:
    def connect() -> MemoryConnector:
        return MemoryConnector(MemorySettings(mailbox="alice"), None)

    return Audit(house.ingest(), house.accounts["alice"], connect).run(repair=repair)


def test_an_audit_that_repairs_asks_again_however_old_it_is(box: Mailbox, house: House) -> None:
    with house.store.write() as transaction:
        transaction.exec_driver_sql("UPDATE placement SET seen_at = '2020-01-01T00:00:00.000000Z'")
    assert audit(house, repair=True).fetched == 0
    assert dict(house.rows(VERDICTS)) == {"quarantined": 1, "stored": 1}
    mend(box)
    [folder] = audit(house, repair=False).folders
    assert (len(folder.quarantined), folder.is_whole, folder.differs) == (1, True, False)
    assert audit(house, repair=True).fetched == 1
    assert dict(house.rows(VERDICTS)) == {"stored": 2}
