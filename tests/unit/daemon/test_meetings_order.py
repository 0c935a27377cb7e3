"""Calendars, invitations and answers in any order of arrival, with anything in between: one store in the end.

Each calendar tells the versions of an object in their order; all else may come before or after, in pages of any size,
some of them twice. In between everything is derived anew, decided anew, or read anew into another store. What was
watched when it ended stays as it was known then, so it alone may differ.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Auth, Deleted, Event, EventStatus, Meeting, Message, Moment, Purpose
from daemon.reprocess import reprocess
from matching.policy import Company, Create
from store.meetings import calendars
from store.types import instant_text
from tests.unit.daemon.company_mail import NOON, company, mail
from tests.unit.daemon.company_meetings import (
    ALICE,
    ANN,
    BOB,
    Calendars,
    answered,
    at,
    event,
    invitation,
    meeting,
)

pytestmark = pytest.mark.slow

BEN, EVE = "ben@client.example", "eve@mallory.example"
Item = Message | Meeting | Deleted
#: (account, folder or calendar).
Where = tuple[str, str]
#: How far the clock goes in a life.
_DAYS = 4
_FOLDERS = {"INBOX": Purpose.INBOX, "Sent": Purpose.SENT}


def _series(*exceptions: Event, **more: Any) -> Meeting:
    weekly = event(at(2, month=2), f"{ALICE}+", f"{BOB}?", f"{ANN}+", uid="series", rules=("FREQ=WEEKLY;COUNT=9",))
    return meeting(replace(weekly, **more), *exceptions, ref="series.ics")


def _at_series(day: int, hour: int = 10, **more: Any) -> Event:
    found = event(at(day, hour), f"{ALICE}+", f"{BOB}?", f"{ANN}+", uid="series", sequence=1)
    return replace(found, recurrence_id=at(day), **more)


def _mailed(minute: int, method: str, record: Event, sender: str = ANN, to: str = BOB, auth: Auth = Auth.PASS) -> Item:
    return invitation(sender, to, minute=minute, record=meeting(record, method=method), auth=auth)


def world(*, is_timeless: bool) -> dict[Where, list[list[Item]]]:
    """What lies where: a list for each thing, of its versions."""
    moved, called_off = _at_series(16, 15), _at_series(23, status=EventStatus.CANCELLED)
    series = [_series(), _series(moved), _series(moved, called_off, left_out=(at(30),), sequence=2)]
    bobs = [replace(each, ref="b.ics") for each in (answered(series[0], BOB, "~"), answered(series[2], BOB, "+"))]
    bobs.append(answered(bobs[-1], BOB, "-", at(9)))
    both = event(at(20), f"{BOB}?", f"{ANN}+", organizer=ANN, uid="both")
    mailed = event(at(21), f"{BOB}?", organizer=ANN, uid="mailed", rules=("FREQ=DAILY;COUNT=3",))
    later = replace(mailed, start=at(21, 14), end=at(21, 15), sequence=1)
    one = replace(mailed, start=at(22, 14), end=at(22, 15), recurrence_id=at(22, 14), sequence=2, rules=())
    asked = event(at(18), f"{ANN}?", f"{BEN}?", uid="asked")
    days = event(Moment(date(2026, 3, 24)), f"{ANN}+", uid="days", rules=("FREQ=MONTHLY;COUNT=3",))
    onward = replace(days, start=Moment(date(2026, 4, 25)), end=Moment(date(2026, 4, 26)), rules=())
    onward = replace(onward, recurrence_id=Moment(date(2026, 4, 24)), is_this_and_future=True, sequence=1)
    found: dict[Where, list[list[Item]]] = {
        ("alice", "Calendar"): [
            [*series],
            [meeting(asked, ref="asked.ics")],
            [meeting(event(at(1), f"{BEN}+", uid="past"), ref="past.ics")],
            [meeting(event(at(25), f"{ANN}+", uid="gone"), ref="gone.ics"), Deleted("gone.ics")],
            [meeting(event(at(26), f"{ANN}+", uid="taken"), ref="taken.ics"), Deleted("taken.ics")],
            [meeting(days, ref="days.ics"), meeting(days, onward, ref="days.ics")],
            [meeting(event(at(5), f"{ANN}+", uid="soon", rules=("FREQ=DAILY;COUNT=9",)), ref="soon.ics")],
        ],
        ("alice", "Clients"): [[meeting(event(at(26), f"{ANN}+", uid="taken"), ref="taken.ics")]],
        ("bob", "Calendar"): [[*bobs], [replace(meeting(replace(both, sequence=1), ref="both.ics"))]],
        ("bob", "INBOX"): [
            [_mailed(1, "REQUEST", both)],
            [_mailed(2, "REQUEST", mailed)],
            [_mailed(3, "REQUEST", later)],
            [_mailed(4, "CANCEL", replace(one, status=EventStatus.CANCELLED))],
            [_mailed(5, "CANCEL", replace(mailed, sequence=9, status=EventStatus.CANCELLED), sender=EVE)],
            [_mailed(6, "CANCEL", replace(mailed, sequence=8, status=EventStatus.CANCELLED), auth=Auth.FAIL)],
            [_mailed(7, "COUNTER", replace(mailed, sequence=3), sender=EVE)],
            [mail(BEN, BOB, minute=8, mid="ben@x")],
        ],
        ("alice", "INBOX"): [
            [_mailed(11, "REPLY", event(at(18), f"{ANN}~", uid="asked"), to=ALICE)],
            [_mailed(12, "REPLY", event(at(18), f"{ANN}+", uid="asked", stamped_at=NOON), to=ALICE)],
            [_mailed(13, "REPLY", event(at(18), f"{BEN}-", uid="asked"), to=ALICE, sender=EVE)],
            [_mailed(14, "REPLY", replace(_at_series(16), attendees=event(at(1), f"{ANN}-").attendees), to=ALICE)],
        ],
        ("alice", "Sent"): [[mail(ALICE, ANN, minute=20, mid="hello@x")]],
    }
    if is_timeless:
        # when it was found is when Bob refused it
        refused = meeting(event(at(27), f"{BOB}+", organizer=ANN, uid="refused"), ref="refused.ics")
        found["bob", "Calendar"].append([refused, Deleted("refused.ics")])
    return found


def arrival(
    chance: random.Random, things: dict[Where, list[list[Item]]], before: Sequence[tuple[Where, Item]] = ()
) -> Iterator[tuple[Where, list[Item]]]:
    """All of it in pages; `before`: that alone, in another order."""
    queues = [(where, list(versions)) for where, found in things.items() for versions in found]
    if before:
        queues = [(where, [each for each in versions if (where, each) in before]) for where, versions in queues]
    where, page = None, list[Item]()
    while queues := [each for each in queues if each[1]]:
        # often more of the same, so that pages have several
        same = [each for each in queues if each[0] == where]
        source, versions = chance.choice(same if same and chance.random() < 0.5 else queues)
        item = versions.pop(0)
        if page and (source != where or chance.random() < 0.3 or item.ref in {each.ref for each in page}):
            assert where is not None
            yield where, page
            page = []
        where, page = source, [*page, item]
    if page:
        assert where is not None
        yield where, page


@dataclass(slots=True)
class Life:
    """A store from the first page to the last."""

    new: Callable[[], Calendars]
    things: dict[Where, list[list[Item]]]
    chance: random.Random
    days: int
    house: Calendars = field(init=False)
    told: list[tuple[Where, Item]] = field(default_factory=list)

    def live(self) -> Calendars:
        self.house = self.new()
        passed = 0.0
        for where, page in arrival(self.chance, self.things):
            self.read(where, page)
            self.told += [(where, item) for item in page]
            if self.chance.random() < 0.1:
                self.read(where, page)
            if self.days and self.chance.random() < 0.3:
                days = self.chance.random() * (self.days - passed)
                self.house.pass_time(days=days)
                passed += days
            self.disturb()
        self.house.derive()
        while self.house.fetch_wanted(self.on_server()):
            pass
        self.house.now = NOON
        self.house.pass_time(days=self.days)
        return self.house

    def read(self, where: Where, page: Sequence[Item]) -> None:
        account, folder = where
        purpose = _FOLDERS.get(folder, Purpose.OTHER)
        self.house.folders[account][folder] = purpose
        if purpose is Purpose.OTHER:
            found = [each for each in page if not isinstance(each, Message)]
            self.house.plan(account, *found, calendar=folder, derives=False)
            if any(isinstance(each, Deleted) for each in page):
                self.house.settle(account)
        else:
            mails = [each for each in page if isinstance(each, Message)]
            self.house.ingest_page(self.house.place(account, folder)[0], purpose, mails)
        if self.chance.random() < 0.7:
            self.house.derive()

    def disturb(self) -> None:
        """What must change nothing."""
        what = self.chance.random()
        if what < 0.08:
            reprocess(self.house.store, self.house.company, lambda: self.house.now)
        elif what < 0.16:
            with self.house.store.write() as transaction:
                calendars.mark(transaction, calendars.all_uids(transaction))
            self.house.derive()
        elif what < 0.22:
            other = self.new()
            other.now, self.house = self.house.now, other
            for where, page in arrival(self.chance, self.things, self.told):
                self.read(where, page)

    def on_server(self) -> dict[Where, tuple[Purpose, list[Message | Meeting]]]:
        """What lies there in the end."""
        return {
            (account, folder): (
                _FOLDERS.get(folder, Purpose.OTHER),
                [each[-1] for each in found if not isinstance(each[-1], Deleted)],
            )
            for (account, folder), found in self.things.items()
        }


def unwatched(house: Calendars) -> dict[str, list[tuple[Any, ...]]]:
    """The contract without what ended while the clock went on."""
    begin, end = (instant_text(each) for each in (NOON, house.now))
    ended = f"SELECT id, interaction_id FROM meeting WHERE over_at > '{begin}' AND over_at <= '{end}'"  # noqa: S608 - two times of the test
    ids = {each for row in house.rows(ended) for each in row}
    found = house.contract()
    # counts and times of these stand in it
    del found["v1_contact_meetings"]
    return {view: [row for row in rows if not ids.intersection(map(str, row))] for view, rows in found.items()}


@pytest.mark.parametrize(
    "policy", [company(), pytest.param(company(Create.ALL), marks=pytest.mark.soak)], ids=["corresponded", "all"]
)
@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in range(100, 400, 30))])
def test_any_order_of_arrival_gives_the_same_store(
    new_url: Callable[[str], str], tmp_path: Path, policy: Company, first: int
) -> None:
    _compare(new_url, tmp_path, policy, range(first, first + (5 if first == 0 else 30)), days=0)


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in range(100, 400, 30))])
def test_any_order_gives_the_same_store_while_time_passes_but_for_what_was_watched(
    new_url: Callable[[str], str], tmp_path: Path, first: int
) -> None:
    _compare(new_url, tmp_path, company(), range(first, first + (5 if first == 0 else 30)), days=_DAYS)


def _compare(new_url: Callable[[str], str], folder: Path, policy: Company, seeds: range, days: int) -> None:
    numbers = count()
    made: list[Calendars] = []

    def new() -> Calendars:
        made.append(Calendars(folder, policy, url=new_url(f"order{next(numbers)}")))
        return made[-1]

    found: dict[int, dict[str, list[tuple[Any, ...]]]] = {}
    for seed in seeds:
        house = Life(new, world(is_timeless=not days), random.Random(seed), days).live()
        found[seed] = house.contract() if not days else unwatched(house)
        for each in made:
            each.store.close()
        made.clear()
    expected = found[seeds[0]]
    assert len(expected["v1_meeting"]) > 20
    for seed, contract in found.items():
        assert {view for view in contract if contract[view] != expected[view]} == set(), seed
        assert contract == expected, seed
