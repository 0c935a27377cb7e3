"""An account's turn: every stream read, one bad one not in the way, expired cursors healed, stops respected."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from connectors.api import AuthFailed, Message, Purpose, Unavailable, Unreadable
from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register
from daemon.report import Report
from daemon.worker import Worker
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, ANN = "alice@acme.example", "ann@client.example"


@pytest.fixture
def box() -> Mailbox:
    return register("alice", Mailbox(page_size=3))


def fill(box: Mailbox, count: int = 10) -> list[Message]:
    mails = [mail(ALICE, ANN, mid=f"s{i}@x", minute=i) for i in range(count)]
    for item in mails:
        box.deliver("Sent", item)
        box.deliver("INBOX", mail(ANN, ALICE, mid=f"{item.message_id}.re", minute=200 + len(box.contents())))
    return mails


def turn(
    house: House, stop: threading.Event | None = None, only_wanted: bool = False, started_at: datetime = NOON
) -> Report:
    report = Report("alice")
    worker = Worker(house.ingest(started_at), house.accounts["alice"], stop=stop)
    connector = MemoryConnector(MemorySettings(mailbox="alice"), None)
    (worker.catch_up if only_wanted else worker.turn)(connector, report)
    return report


def test_a_turn_reads_everything_and_the_next_one_nothing(box: Mailbox, house: House) -> None:
    fill(box)
    report = turn(house)
    assert (report.total.stored, report.total.seen, report.error) == (20, 20, None)
    before = box.fetched
    assert turn(house).total.seen == 0
    assert box.fetched == before
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(20,)]


def test_an_unreadable_item_is_quarantined_and_the_rest_goes_on(box: Mailbox, house: House) -> None:
    fill(box, 4)
    box.deliver("Sent", Unreadable("", "it holds nothing"))
    box.deliver("Sent", mail(ALICE, ANN, mid="last@x", minute=90))
    report = turn(house)
    assert (report.total.quarantined, report.total.stored) == (1, 9)
    assert house.rows("SELECT count(*) FROM placement WHERE verdict = 'quarantined' AND reason <> ''") == [(1,)]


def test_a_folder_that_is_refused_is_named_and_the_others_are_read(box: Mailbox, house: House) -> None:
    fill(box)
    box.fail(Unavailable("you may not read it", step="select"), step="select")
    report = turn(house)
    assert report.error is not None
    assert report.error.problem == "Sent: you may not read it"
    assert report.total.seen == 10


def test_a_cut_in_the_middle_loses_and_doubles_nothing(box: Mailbox, house: House) -> None:
    fill(box)
    for after in (1, 2, 0, 3):
        box.fail(Unavailable("cut", step="fetch"), step="fetch", after=after)
        turn(house)
    assert turn(house).error is None
    assert house.rows("SELECT count(*), count(DISTINCT message_id) FROM v1_interaction") == [(20, 20)]


def test_renumbered_folders_are_read_anew_without_doubles_or_ghosts(box: Mailbox, house: House) -> None:
    fill(box)
    turn(house)
    before = house.contract()
    box.renumber("Sent")
    report = turn(house)
    assert (report.error, report.total.known, report.total.stored) == (None, 10, 0)
    assert house.contract() == before
    assert house.rows("SELECT count(*) FROM placement WHERE ref LIKE '1:%'") == [(10,)]


def test_a_stop_ends_after_the_page_in_hand(box: Mailbox, house: House) -> None:
    fill(box)
    stop = threading.Event()
    stop.set()
    report = turn(house, stop)
    assert report.is_stopped
    assert report.total.seen <= 3
    turn(house)
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(20,)]


def test_a_refused_login_is_told_apart_from_trouble_on_the_line(box: Mailbox, house: House) -> None:
    box.fail(AuthFailed("no", step="login", hint="look at the password"), step="login")
    report = turn(house)
    assert report.error is not None
    assert (report.error.step, report.error.hint) == ("login", "look at the password")
    assert isinstance(report.failure, AuthFailed)


def test_mail_of_a_later_contact_is_fetched_in_the_same_turn(box: Mailbox, house: House) -> None:
    box.deliver("INBOX", mail(ANN, ALICE, mid="early@x"))
    box.deliver("Other", mail(ALICE, ANN, mid="late@x", minute=9))
    report = turn(house)
    assert (report.total.stored, report.total.skipped, report.total.seen) == (2, 0, 2)
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(2,)]


def test_mail_fetched_late_in_a_later_run_counts_as_seen_by_it(box: Mailbox, house: House) -> None:
    box.deliver("INBOX", mail(ANN, ALICE, mid="early@x"))
    turn(house)
    box.deliver("INBOX", mail(ALICE, ANN, mid="late@x", minute=9))
    report = turn(house, started_at=NOON + timedelta(minutes=1))
    assert (report.total.stored, report.total.skipped, report.total.seen) == (2, 0, 2)


def test_wanted_mail_that_is_gone_from_the_server_is_not_asked_for_again(box: Mailbox, house: House) -> None:
    ref = box.deliver("INBOX", mail(ANN, ALICE, mid="early@x"))
    turn(house)
    box.expunge("INBOX", ref)
    box.deliver("INBOX", mail(ALICE, ANN, mid="late@x", minute=9))
    assert turn(house).error is None
    assert house.rows("SELECT count(*) FROM placement") == [(1,)]
    before = box.fetched
    turn(house, only_wanted=True)
    assert box.fetched == before


def test_drafts_are_counted_and_never_kept(box: Mailbox, house: House) -> None:
    box.folder("Drafts", Purpose.DRAFTS)
    box.deliver("Drafts", mail(ALICE, ANN, mid="d@x"))
    assert turn(house).streams["Drafts"].skipped == 1
    assert house.rows("SELECT count(*) FROM message") == [(0,)]
