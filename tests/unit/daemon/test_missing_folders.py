"""A folder that is not listed: missing, left out, or gone for good, and in the end never in doubt for ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from connectors.api import Stream
from connectors.memory import Mailbox, MemoryConnector, register
from connectors.records import Unavailable
from store.accounts.missing import PATIENCE
from store.mails.removals import HeldBack
from tests.unit.daemon.company_mail import NOON, House, mail
from tests.unit.daemon.turning import ALICE, ANN, accept, held_back, live, missed, sent, turn, unplaced

pytestmark = pytest.mark.later

STATES = "SELECT name, state FROM stream ORDER BY name"
LATER = NOON + PATIENCE
INBOX_MAIL = mail(ANN, ALICE, mid="in@x")


@pytest.fixture(params=[True, False], ids=["ids", "names"])
def box(request: pytest.FixtureRequest) -> Mailbox:
    box = register("alice", Mailbox(has_ids=request.param))
    box.deliver("INBOX", INBOX_MAIL)
    return box


def fill(box: Mailbox, folder: str, numbers: Iterable[int]) -> list[str]:
    return [box.deliver(folder, sent(n)) for n in numbers]


def test_mail_of_a_folder_that_is_deleted_for_good_is_unplaced_after_seven_days(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(5))
    # no history: it concerns nobody
    box.deliver("Work", mail("nobody@else.example", ALICE, mid="skipped@x"))
    turn(house)
    history = house.contract()
    box.remove("Work")
    for now in (NOON, NOON + timedelta(days=3), LATER - timedelta(seconds=1)):
        turn(house, now)
        assert (unplaced(house), live(house)) == ({}, {"INBOX": 1, "Work": 6})
        assert [(each.stream, each.mails, each.gone_at) for each in missed(house)] == [("Work", 6, LATER)]
    turn(house, LATER)
    assert (set(unplaced(house).values()), live(house)) == ({LATER}, {"INBOX": 1})
    assert (missed(house), held_back(house)) == ([], [])
    assert dict(house.rows(STATES)) == {"INBOX": "ok", "Work": "gone"}
    assert house.contract() == history
    turn(house, LATER + PATIENCE)
    assert set(unplaced(house).values()) == {LATER}


def test_a_folder_that_is_listed_in_between_begins_anew(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(5))
    turn(house)
    box.hide("Work")
    turn(house, NOON)
    box.hide("Work", False)
    turn(house, NOON + timedelta(days=6))
    box.hide("Work")
    turn(house, NOON + timedelta(days=7))
    turn(house, NOON + timedelta(days=13))
    assert (unplaced(house), live(house)["Work"]) == ({}, 5)
    turn(house, NOON + timedelta(days=14))
    assert len(unplaced(house)) == 5


def test_a_folder_that_comes_back_after_all_brings_its_mail_back(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(5))
    box.deliver("Work", mail("nobody@else.example", ALICE, mid="skipped@x"))
    turn(house)
    history, places = house.contract(), house.rows("SELECT ref, verdict, removed_at FROM placement")
    box.hide("Work")
    turn(house)
    turn(house, LATER)
    assert len(unplaced(house)) == 5
    box.hide("Work", False)
    turn(house, LATER + timedelta(days=30))
    assert (unplaced(house), live(house)) == ({}, {"INBOX": 1, "Work": 6})
    assert (house.contract(), house.rows("SELECT ref, verdict, removed_at FROM placement")) == (history, places)
    assert dict(house.rows(STATES))["Work"] == "ok"
    fill(box, "Work", [7])
    assert turn(house, LATER + timedelta(days=31)).total.stored == 1


def test_mail_that_was_moved_out_before_is_at_its_new_place(box: Mailbox, house: House) -> None:
    refs = fill(box, "Work", range(60))
    turn(house)
    for ref in refs:
        box.move("Work", ref, "Archive")
    box.remove("Work")
    turn(house)
    turn(house, LATER)
    assert (unplaced(house), held_back(house), live(house)) == ({}, [], {"Archive": 60, "INBOX": 1})


def test_a_large_folder_that_is_gone_waits_for_a_persons_word(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(30))
    turn(house)
    box.remove("Work")
    turn(house)
    for days in (7, 20):
        turn(house, NOON + timedelta(days=days))
        assert held_back(house) == [HeldBack("Work", 30, 30, is_missing=True)]
        assert (unplaced(house), live(house)["Work"]) == ({}, 30)
    accept(house, NOON + timedelta(days=21))
    assert (held_back(house), live(house), len(unplaced(house))) == ([], {"INBOX": 1}, 30)
    assert dict(house.rows(STATES))["Work"] == "gone"


def test_many_small_folders_that_are_gone_together_wait_for_a_persons_word(box: Mailbox, house: House) -> None:
    """As when a server lists its inbox alone."""
    for n in range(10):
        fill(box, f"Project {n}", range(10 * n, 10 * n + 3))
    turn(house)
    for n in range(10):
        box.hide(f"Project {n}")
    turn(house)
    turn(house, LATER)
    assert [each.gone for each in held_back(house)] == [3] * 10
    assert unplaced(house) == {}
    for n in range(10):
        box.hide(f"Project {n}", False)
    turn(house, LATER + timedelta(days=1))
    assert (held_back(house), sum(live(house).values())) == ([], 31)
    assert house.rows("SELECT count(*) FROM removal") == [(0,)]


def test_a_persons_word_makes_a_missing_folder_gone_at_once(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(30))
    turn(house)
    box.remove("Work")
    turn(house)
    accept(house, NOON + timedelta(minutes=1))
    assert (missed(house), len(unplaced(house)), live(house)) == ([], 30, {"INBOX": 1})


class Choosing(MemoryConnector):
    """One whose options leave folders out."""

    without: frozenset[str] = frozenset()

    def streams(self) -> tuple[Stream, ...]:
        return tuple(each for each in super().streams() if each.name not in self.without)

    @property
    def left_out(self) -> tuple[str, ...]:
        return tuple(each.name for each in super().streams() if each.name in self.without)


class Excluding(Choosing):
    without = frozenset({"Work"})


def test_a_folder_that_the_options_leave_out_is_never_gone(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(5))
    turn(house, by=Choosing)
    for days in (0, 8, 30):
        turn(house, NOON + timedelta(days=days), by=Excluding)
        assert dict(house.rows(STATES))["Work"] == "left_out"
    # even where it goes afterwards: it is not followed
    box.remove("Work")
    for days in (31, 50):
        turn(house, NOON + timedelta(days=days), by=Excluding)
    assert (unplaced(house), missed(house), live(house)["Work"]) == ({}, [], 5)
    accept(house, NOON + timedelta(days=51))
    assert unplaced(house) == {}


def test_a_folder_that_is_chosen_again_goes_on(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(5))
    turn(house, by=Choosing)
    turn(house, by=Excluding)
    fill(box, "Work", [6])
    assert turn(house, by=Choosing).total.stored == 1
    assert dict(house.rows(STATES)) == {"INBOX": "ok", "Work": "ok"}


class Silent(MemoryConnector):
    """One that can't tell what its options leave out."""

    left_out = None  # type: ignore[assignment]  # as if it had no such thing

    def __getattribute__(self, name: str) -> object:
        if name == "left_out":
            raise AttributeError(name)
        return super().__getattribute__(name)


def test_of_a_connector_that_cannot_tell_no_folder_is_ever_gone(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(5))
    turn(house, by=Silent)
    box.remove("Work")
    for days in (0, 8, 30):
        turn(house, NOON + timedelta(days=days), by=Silent)
    assert (unplaced(house), missed(house), live(house)["Work"]) == ({}, [], 5)


def test_an_empty_list_makes_no_folder_gone(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(5))
    turn(house)
    for folder in ("INBOX", "Work"):
        box.hide(folder)
    for days in (0, 8, 30):
        turn(house, NOON + timedelta(days=days))
    assert (unplaced(house), live(house)) == ({}, {"INBOX": 1, "Work": 5})
    # a list again, without one of them: from now on it is missed
    box.hide("INBOX", False)
    turn(house, NOON + timedelta(days=31))
    assert [each.since_at for each in missed(house)] == [NOON + timedelta(days=31)]


def test_a_turn_that_does_not_read_all_folders_makes_none_gone(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(5))
    turn(house)
    box.remove("Work")
    turn(house)
    box.fail(Unavailable("not now", step="fetch"), step="fetch", times=1)
    fill(box, "INBOX", [9])
    turn(house, LATER, is_fine=False)
    assert unplaced(house) == {}
    turn(house, LATER)
    assert len(unplaced(house)) == 5
