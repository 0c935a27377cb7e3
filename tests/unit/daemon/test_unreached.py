"""Whom no mail of ours reached is no contact, until something shows that somebody is there; in whatever order."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.api import Auth, Message, Purpose, Report
from daemon.derive import derive
from daemon.reprocess import reprocess
from matching.policy import Create
from store.keeping.invariants import RULES
from store.privacy.retention import Limits, retain
from tests.unit.daemon.company_mail import NOON, House, company, empty_store_at, mail
from tests.unit.daemon.test_signals import ALICE, ANN, OFFER, bounce, reply

FAILED = bounce("b@mx", "offer@acme", 1)
AGAIN = mail(ALICE, ANN, mid="again@acme", subject="Again", minute=20)
FAILED_AGAIN = bounce("b2@mx", "again@acme", 21)
TWICE = bounce("b3@mx", "offer@acme", 30)
HERE = mail(ANN, ALICE, mid="here@client", subject="New address", minute=40)
BEFORE = replace(mail(ANN, ALICE, mid="before@client", subject="Hello", minute=0), ref="1:99")


def fill(house: House, mails: list[Message]) -> None:
    """Each in a page of its own, in this order, and what becomes wanted, until nothing does."""
    folders: dict[tuple[str, str], tuple[Purpose, list[Message]]] = {}
    for each in mails:
        purpose = Purpose.SENT if each.participants[0].email == ALICE else Purpose.INBOX
        folders.setdefault(("alice", purpose.value), (purpose, []))[1].append(each)
        house.read("alice", purpose.value, [each], purpose)
    while house.fetch_wanted(folders):
        pass


def contacts(house: House) -> list[str]:
    return [row[0] for row in house.rows("SELECT address FROM v1_contact_address")]


CASES: list[tuple[list[Message], bool]] = [
    ([OFFER], True),
    ([OFFER, FAILED], False),
    ([OFFER, FAILED, TWICE], False),
    # a delay, or a failure that will pass, is none
    ([OFFER, bounce("d@mx", "offer@acme", 1, status="4.4.1")], True),
    # another mail that did not come back
    ([OFFER, FAILED, AGAIN], True),
    ([OFFER, FAILED, AGAIN, FAILED_AGAIN], False),
    # somebody writes from there, later, or earlier
    ([OFFER, FAILED, HERE], True),
    ([BEFORE, OFFER, FAILED], False),
    ([OFFER, FAILED, replace(HERE, auth=Auth.FAIL)], False),
    # the bounce of another mail
    ([OFFER, bounce("x@mx", "never@acme", 1)], True),
]


@pytest.mark.later
@pytest.mark.parametrize(("mails", "is_contact"), CASES)
def test_only_what_arrived_makes_a_contact(tmp_path: Path, mails: list[Message], is_contact: bool) -> None:
    orders = list(itertools.islice(itertools.permutations(mails), 6))
    # the first and the last are each other's reverse
    are_one(
        lambda number: House(tmp_path, url=empty_store_at(f"sqlite:///{tmp_path / str(number)}.db")),
        orders[::5] or orders,
        is_contact,
    )


@pytest.mark.slow
@pytest.mark.parametrize(("mails", "is_contact"), [CASES[5], CASES[6]])
def test_no_order_makes_another_contact(
    new_house: Callable[..., House], mails: list[Message], is_contact: bool
) -> None:
    are_one(lambda _number: new_house(), list(itertools.islice(itertools.permutations(mails), 6)), is_contact)


def are_one(new: Callable[[int], House], orders: Sequence[Sequence[Message]], is_contact: bool) -> None:
    """Whatever the order, the same store, with this contact or none."""
    seen = set()
    for number, order in enumerate(orders):
        house = new(number)
        fill(house, list(order))
        assert contacts(house) == ([ANN] if is_contact else [])
        assert house.rows("SELECT count(*) FROM v1_interaction") == [(len(order),)]
        seen.add(repr(house.contract()))
        house.store.close()
    assert len(seen) == 1


def test_nothing_is_left_of_the_contact(house: House) -> None:
    fill(house, [OFFER])
    assert house.rows("SELECT count(*) FROM v1_interaction_contact") == [(1,)]
    fill(house, [FAILED])
    for view in ("v1_contact", "v1_contact_address", "v1_organization", "v1_interaction_contact", "v1_engagement"):
        assert house.rows(f"SELECT * FROM {view}") == [], view  # noqa: S608 - names of ours
    assert house.rows("SELECT kind, contact_id, recipient FROM v1_signal") == [("bounce", None, ANN)]
    for rule in RULES:
        assert house.rows(rule.sql) == [], rule.name


def test_what_bounces_is_derived_anew_only_where_it_makes_a_difference(house: House) -> None:
    def derived_by(failure: Message) -> int:
        place, _cursor = house.place("alice", Purpose.INBOX.value)
        house.ingest_page(place, Purpose.INBOX, [failure])
        return derive(house.store, house.company, lambda: NOON)

    fill(house, [OFFER, mail("eve@x.example", ALICE, mid="eve@x")])
    report, returned = FAILED.reports
    full = Report(
        report.type, report.text.replace("5.1.1 no such user", "5.2.2 mailbox full").replace("5.1.1", "5.2.2")
    )
    assert derived_by(replace(FAILED, message_id="full@mx", ref="1:90", reports=(full, returned))) == 1
    assert [row[0] for row in house.rows("SELECT is_hard FROM v1_signal WHERE kind = 'bounce'")] == [0]
    fill(house, [AGAIN])
    assert derived_by(FAILED) == 1, "another mail has not come back"
    assert contacts(house) == [ANN]
    assert derived_by(FAILED_AGAIN) > 1
    assert contacts(house) == []


def test_reprocessing_finds_the_same(new_house: Callable[..., House]) -> None:
    house = new_house(company(Create.ALL))
    fill(house, [OFFER, FAILED, reply("eve@x.example", ALICE, mid="eve@x", answers="offer@acme", minute=5)])
    assert contacts(house) == [ANN, "eve@x.example"], "all who write or are written to"
    house.company = company()
    reprocess(house.store, house.company, lambda: NOON)
    assert contacts(house) == []
    assert house.rows("SELECT message_id FROM v1_interaction") == [("b@mx",), ("offer@acme",)]
    fill(house, [HERE])
    reprocess(house.store, house.company, lambda: NOON)
    assert contacts(house) == [ANN]


def test_what_came_back_is_known_when_its_bounce_has_gone_with_time(house: House) -> None:
    fill(house, [OFFER, FAILED])
    later = NOON + timedelta(days=2)
    house.company = replace(house.company, signal_days=1)
    retain(house.store, Limits(signals=1), later)
    reprocess(house.store, house.company, lambda: later)
    assert house.rows("SELECT * FROM v1_signal") == []
    assert contacts(house) == []
    # mail with the address is kept as before, and makes no contact either
    fill(house, [mail("eve@x.example", ALICE, ANN, mid="eve@x", subject="Both", minute=50)])
    assert contacts(house) == []
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(3,)]
    fill(house, [AGAIN])
    assert contacts(house) == [ANN], "that one did not come back"


def test_who_was_entered_stays(house: House) -> None:
    fill(house, [OFFER])
    house.execute("UPDATE contact SET origin = 'hand'")
    fill(house, [FAILED])
    assert contacts(house) == [ANN]
    assert house.rows("SELECT state FROM v1_contact_address") == [("bounced",)]
