"""A folder that is emptied little by little waits for a person's word, and what people do with their mail does not."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

import pytest

from connectors.api import Purpose
from connectors.memory import Mailbox, register
from store.mails.departures import FEW, Shrinkage
from tests.unit.daemon.company_mail import NOON, House, mail
from tests.unit.daemon.turning import ALICE, ANN, accept, held_back, live, turn

DAY = timedelta(days=1)


@dataclass(slots=True)
class Life:
    """A mailbox whose inbox holds 200 mails of the months before, and a person or program that uses it daily."""

    box: Mailbox
    today: datetime = NOON
    rng: random.Random = field(default_factory=lambda: random.Random(3))
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    #: ref -> when it came.
    inbox: dict[str, datetime] = field(default_factory=dict)
    trash: list[str] = field(default_factory=list)

    @classmethod
    def new(cls) -> Self:
        box = register("alice", Mailbox(tells_removals=True))
        for folder, purpose in (("INBOX", Purpose.INBOX), ("Archive", Purpose.ARCHIVE), ("Trash", Purpose.TRASH)):
            box.folder(folder, purpose)
        return cls(box)

    def come(self, amount: int, when: datetime | None = None) -> None:
        when = when or self.today
        for number in itertools.islice(self.numbers, amount):
            item = mail(ALICE, ANN, mid=f"{number}@x", sent_at=when, received_at=when)
            self.inbox[self.box.deliver("INBOX", item)] = when

    def go(self, amount: int) -> None:
        for ref in self._some(amount):
            self.box.expunge("INBOX", ref)

    def move(self, amount: int, folder: str) -> list[str]:
        return [self.box.move("INBOX", ref, folder) for ref in self._some(amount)]

    def expire(self, days: float) -> None:
        old = [ref for ref, when in self.inbox.items() if self.today - when > timedelta(days=days)]
        for ref in old:
            del self.inbox[ref]
            self.box.expunge("INBOX", ref)

    def _some(self, amount: int) -> list[str]:
        chosen = self.rng.sample(sorted(self.inbox), min(amount, len(self.inbox)))
        for ref in chosen:
            del self.inbox[ref]
        return chosen


def _clean_up(life: Life) -> None:
    """Some twenty a day into the trash, which is emptied on the seventh."""
    life.trash += life.move(20, "Trash")
    if (life.today - NOON).days % 7 == 6:
        for ref in life.trash:
            life.box.expunge("Trash", ref)
        life.trash = []
    life.come(3)


def _pop(life: Life) -> None:
    """A client that takes the mail away the day after it came."""
    life.expire(0.5)
    life.come(30)


def _expiring(days: int) -> Callable[[Life], None]:
    """A folder whose mail expires after some days."""

    def live(life: Life) -> None:
        life.expire(days)
        life.come(12)

    return live


def _deleting(life: Life) -> None:
    """Deletes about as much as comes, old and new, for good."""
    life.come(14)
    life.go(13)


def _archiving(life: Life) -> None:
    life.move(25, "Archive")
    life.go(2)
    life.come(4)


#: What people and programs do; three of them stand for all in the short form.
ORDINARY: dict[str, tuple[int, Callable[[Life], None]]] = {
    "clean up": (200, _clean_up),
    "POP": (0, _pop),
    "expiring after 3 days": (36, _expiring(3)),
    "expiring after 8 days": (96, _expiring(8)),
    "expiring after 30 days": (200, _expiring(30)),
    "deleting": (200, _deleting),
    "archiving": (200, _archiving),
}


@pytest.fixture
def life() -> Life:
    return Life.new()


def begin(life: Life, house: House, amount: int, days: int = 30) -> None:
    """The inbox holds as much, which came evenly over some days."""
    for number in range(amount):
        life.come(1, life.today - days * DAY * (number + 1) / amount)
    turn(house, life.today)


@pytest.mark.slow
@pytest.mark.parametrize(
    "habit",
    [
        h if h in ("clean up", "expiring after 3 days", "deleting") else pytest.param(h, marks=pytest.mark.soak)
        for h in ORDINARY
    ],
)
def test_what_people_and_programs_do_for_a_month_is_never_held_back(
    new_house: Callable[..., House], life: Life, habit: str
) -> None:
    amount, act = ORDINARY[habit]
    days = {"expiring after 3 days": 3, "expiring after 8 days": 8}.get(habit, 30)
    with new_house() as house:
        begin(life, house, amount, days)
        for _ in range(30):
            life.today += DAY
            act(life)
            turn(house, life.today)
            assert held_back(house) == []
        assert live(house)["INBOX"] == len(life.inbox)


@pytest.mark.slow
@pytest.mark.parametrize(("come", "every"), [(0, timedelta(minutes=1)), (0, DAY / 4), (2, DAY / 2)])
def test_a_server_that_loses_twenty_mails_at_a_time_loses_about_half_of_a_folder(
    new_house: Callable[..., House], life: Life, come: int, every: timedelta
) -> None:
    with new_house() as house:
        lose_all(house, life, come, every)


def lose_all(house: House, life: Life, come: int = 0, every: timedelta = DAY) -> None:
    """Twenty of 200 mails are lost at a time."""
    begin(life, house, 200)
    life.today += 8 * DAY
    for _ in range(12):
        life.today += every
        life.go(FEW)
        life.come(come)
        turn(house, life.today)
    [held] = held_back(house)
    gone = 200 + 12 * come - live(house)["INBOX"]
    assert (held.stream, held.gone + gone) == ("INBOX", 200 + 12 * come - len(life.inbox))
    assert 80 <= gone <= 120 + 12 * come
    # and so it stays, however long nobody looks
    for _ in range(3):
        life.today += 5 * DAY
        turn(house, life.today)
        assert held_back(house) == [held]
    accept(house, life.today)
    assert (held_back(house), live(house).get("INBOX", 0)) == ([], len(life.inbox))
    # what was accepted counts no more
    begin(life, house, 30)
    life.go(5)
    turn(house, life.today)
    assert held_back(house) == []


def test_what_was_held_back_little_by_little_and_comes_back_ends_it(
    new_house: Callable[..., House], life: Life
) -> None:
    with new_house() as house:
        begin(life, house, 60)
        folder = life.box._folders["INBOX"]
        mails = dict(folder.mails)
        life.today += 8 * DAY
        for _ in range(3):
            life.go(15)
            turn(house, life.today)
        [held] = held_back(house)
        assert (held.gone, held.lately) == (15, 30)
        folder.mails = mails
        life.box.renumber("INBOX")
        turn(house, life.today)
        assert (held_back(house), live(house)) == ([], {"INBOX": 60})


@pytest.mark.parametrize(
    ("found", "is_too_much"),
    [
        (Shrinkage(lost=20, held=20), False),
        (Shrinkage(lost=21, held=42), False),
        (Shrinkage(lost=21, held=41), True),
        (Shrinkage(lost=1, held=50, lost_lately=51, held_before=100), True),
        (Shrinkage(lost=1, held=50, lost_lately=50, held_before=100), False),
        (Shrinkage(lost=1, held=50, lost_lately=60, held_before=100, came=10), False),
        (Shrinkage(lost=1, held=5, lost_lately=20, held_before=21), False),
    ],
)
def test_the_rule(found: Shrinkage, is_too_much: bool) -> None:
    assert found.is_too_much is is_too_much
