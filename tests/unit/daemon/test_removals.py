"""Mail that goes, moves and comes back: history stays, and a move never looks like a deletion."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from connectors.api import Cursor, Page, Purpose, Stream, Unavailable
from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register
from daemon.report import Report
from daemon.worker import Worker
from store.derivation import rebuild
from store.mails.removals import HeldBack
from tests.unit.daemon.company_mail import NOON, House, mail
from tests.unit.daemon.turning import ALICE, ANN, accept, held_back, live, sent, turn, unplaced

pytestmark = pytest.mark.later


@pytest.fixture(params=[True, False], ids=["told", "compared"])
def box(request: pytest.FixtureRequest) -> Mailbox:
    """A server that tells of removals, and one that does not."""
    return register("alice", Mailbox(tells_removals=request.param))


def fill(box: Mailbox, folder: str, amount: int) -> list[str]:
    return [box.deliver(folder, sent(n)) for n in range(amount)]


def test_a_mail_that_is_gone_stays_history_and_is_unplaced_since_then(box: Mailbox, house: House) -> None:
    refs = fill(box, "INBOX", 3)
    turn(house)
    before = house.contract()
    box.expunge("INBOX", refs[1])
    later = NOON + timedelta(hours=1)
    turn(house, later)
    assert house.contract() == before
    assert live(house) == {"INBOX": 2}
    [since] = unplaced(house).values()
    assert since == later
    turn(house, later + timedelta(hours=1))
    assert list(unplaced(house).values()) == [later]


def test_a_copy_that_comes_back_ends_it(box: Mailbox, house: House) -> None:
    refs = fill(box, "INBOX", 3)
    turn(house)
    box.expunge("INBOX", refs[1])
    turn(house)
    box.deliver("Archive", sent(1))
    turn(house)
    assert unplaced(house) == {}
    assert live(house) == {"Archive": 1, "INBOX": 2}


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(["Sent", "INBOX", "Archive"], 2)))
@pytest.mark.parametrize("amount", [3, pytest.param(40, marks=pytest.mark.slow)])
def test_a_move_is_none_whichever_folder_is_read_first(
    box: Mailbox, house: House, source: str, target: str, amount: int
) -> None:
    for folder in ("Sent", "INBOX", "Archive"):
        box.folder(folder)
    refs = fill(box, source, amount)
    turn(house)
    for ref in refs:
        box.move(source, ref, target)
    turn(house)
    assert (unplaced(house), held_back(house)) == ({}, [])
    assert live(house) == {target: amount}
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(amount,)]


def test_a_move_while_the_folders_are_read_is_unplaced_for_one_turn_at_most(box: Mailbox, house: House) -> None:
    """The folder that got it was read before it came, and the folder that lost it after."""

    class Moving(MemoryConnector):
        def pages(self, stream: Stream, since: Cursor | None, horizon: datetime | None = None) -> Iterator[Page]:
            yield from super().pages(stream, since, horizon)
            if stream.name == "Archive" and box.contents()["Work"]:
                box.move("Work", next(iter(box.contents()["Work"])), "Archive")

    box.folder("Archive")
    fill(box, "Work", 1)
    turn(house)
    report = Report("alice")
    connector = Moving(MemorySettings(mailbox="alice"), None)
    Worker(house.ingest(), house.accounts["alice"]).turn(connector, report)
    assert list(unplaced(house).values()) == [NOON]
    turn(house)
    assert unplaced(house) == {}
    assert live(house) == {"Archive": 1}


def test_nothing_is_believed_gone_until_all_folders_have_been_read(box: Mailbox, house: House) -> None:
    refs = fill(box, "INBOX", 3)
    box.folder("Work")
    turn(house)
    box.move("INBOX", refs[0], "Work")
    box.fail(Unavailable("not now", step="select"), step="select", after=1)
    assert turn(house, is_fine=False).error is not None
    assert (unplaced(house), live(house)) == ({}, {"INBOX": 3})
    turn(house)
    assert (unplaced(house), live(house)) == ({}, {"INBOX": 2, "Work": 1})


def test_most_of_a_folder_goes_only_when_a_person_says_so_and_new_mail_comes(box: Mailbox, house: House) -> None:
    refs = fill(box, "INBOX", 40)
    turn(house)
    for ref in refs[:25]:
        box.expunge("INBOX", ref)
    box.deliver("INBOX", mail(ANN, ALICE, mid="news@x", minute=90))
    for _ in range(2):
        turn(house)
        assert held_back(house) == [HeldBack("INBOX", 25, 41)]
        assert live(house) == {"INBOX": 41}
    accept(house)
    assert held_back(house) == []
    assert live(house) == {"INBOX": 16}
    assert len(unplaced(house)) == 25
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(41,)]


@pytest.mark.parametrize(("amount", "gone"), [(20, 20), (60, 30)])
def test_few_mails_and_half_of_many_are_believed_gone(box: Mailbox, house: House, amount: int, gone: int) -> None:
    refs = fill(box, "INBOX", amount)
    turn(house)
    for ref in refs[:gone]:
        box.expunge("INBOX", ref)
    turn(house)
    assert held_back(house) == []
    assert live(house).get("INBOX", 0) == amount - gone


def test_a_trash_that_is_emptied_needs_no_word(box: Mailbox, house: House) -> None:
    box.folder("Trash", Purpose.TRASH)
    refs = fill(box, "Trash", 30)
    turn(house)
    for ref in refs:
        box.expunge("Trash", ref)
    turn(house)
    assert (held_back(house), live(house)) == ([], {})
    assert house.rows("SELECT count(*) FROM placement") == [(0,)]


def test_what_was_held_back_and_is_there_again_is_forgotten(house: House) -> None:
    box = register("alice", Mailbox())
    fill(box, "INBOX", 30)
    turn(house)
    folder = box._folders["INBOX"]
    mails, folder.mails = folder.mails, {}
    turn(house)
    assert held_back(house) == [HeldBack("INBOX", 30, 30)]
    folder.mails = mails
    turn(house)
    assert (held_back(house), live(house)) == ([], {"INBOX": 30})
    assert house.rows("SELECT count(*) FROM removal") == [(0,)]


def test_bcc_of_a_sent_mail_that_is_gone_stays(box: Mailbox, house: House) -> None:
    ref = box.deliver("Sent", mail(ALICE, ANN, mid="b@x", bcc=("ben@else.example",)))
    box.deliver("INBOX", mail(ALICE, ANN, mid="b@x"))
    turn(house)
    before = house.contract()
    box.expunge("Sent", ref)
    turn(house)
    house.store.transact(rebuild.mark_all_dirty)
    house.derive()
    assert house.contract() == before
    assert house.rows("SELECT count(*) FROM link WHERE address = 'ben@else.example'") == [(1,)]


def test_flags_that_change_later_reach_readers(box: Mailbox, house: House) -> None:
    ref = box.deliver("INBOX", mail(ANN, ALICE, mid="q@x"), flags=frozenset({"\\Seen"}))
    box.deliver("Sent", sent(1))
    flags = "SELECT is_answered, is_forwarded FROM v1_interaction WHERE message_id = 'q@x'"
    turn(house)
    assert house.rows(flags) == [(0, 0)]
    box.flag("INBOX", ref, "\\Seen", "\\Answered", "$Forwarded")
    later = NOON + timedelta(days=1)
    turn(house, later)
    assert house.rows(flags) == [(1, 1)]
    assert house.rows(f"SELECT flags FROM placement WHERE ref = '{ref}'")[0][0].split() == [  # noqa: S608 - a ref
        "$Forwarded",
        "\\Answered",
        "\\Seen",
    ]
    box.flag("INBOX", ref, "\\Seen")
    turn(house, later + timedelta(days=1))
    assert house.rows(flags) == [(0, 0)]
