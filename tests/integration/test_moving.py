"""An address that passes from one contact to another, on both databases: whose mail is whose, and what undoes it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connectors.api import Purpose
from daemon.entered import address_of
from daemon.reprocess import reprocess
from store.contacts import moving
from store.contacts.merging import MergeRefused
from store.contacts.records import EntryAddress
from tests.integration.contact_entries import LINKS, enter, entry, id_of
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, ANN, SHARED, BEA = "alice@acme.example", "ann@client.example", "sales@client.example", "bea@client.example"
KIM = "kim@client.example"
DAY = timedelta(days=1)
HELD = (
    "SELECT c.display_name, a.valid_from_at IS NOT NULL, a.valid_to_at IS NOT NULL FROM v1_contact_address a"
    " JOIN v1_contact c ON c.id = a.contact_id WHERE a.address LIKE 'sales@client.example'"
)


def move(house: House, address: str, to: str, since: datetime, *, with_past: bool = False) -> list[str]:
    """Move and derive; returns the names of those who held it."""
    form = address_of(address, house.company)
    assert isinstance(form, EntryAddress)
    with house.store.write() as transaction:
        before = moving.move(transaction, house.store.key, form, to, since, NOON + 50 * DAY, with_past=with_past)
    house.derive()
    return [each.display_name for each in before]


def two_contacts(house: House) -> None:
    """Ann holds the shared address; a mail from it comes on each of four days."""
    enter(
        house,
        entry(house, ANN, SHARED, external_id="1", name="Ann"),
        entry(house, BEA, external_id="2", name="Bea", line=2),
    )
    for day in range(4):
        house.read("alice", "INBOX", [mail(SHARED, ALICE, mid=f"{day}@x", minute=day * 24 * 60)])


def owners(house: House) -> dict[str, str]:
    return {row[0]: row[1] for row in house.rows(LINKS)}


def test_the_past_stays_unless_it_is_said_to_go_along(house: House) -> None:
    two_contacts(house)
    assert move(house, SHARED, id_of(house, BEA), NOON + 2 * DAY) == ["Ann"]
    assert owners(house) == {"0@x": "Ann", "1@x": "Ann", "2@x": "Bea", "3@x": "Bea"}
    assert [(row[0], bool(row[1]), bool(row[2])) for row in house.rows(HELD)] == [
        ("Ann", False, True),
        ("Bea", True, False),
    ]
    assert move(house, SHARED, id_of(house, BEA), NOON + 2 * DAY, with_past=True) == ["Ann"]
    assert set(owners(house).values()) == {"Bea"}
    assert [(row[0], bool(row[1]), bool(row[2])) for row in house.rows(HELD)] == [("Bea", False, False)]


def test_what_would_change_nothing_is_refused(house: House) -> None:
    two_contacts(house)
    with pytest.raises(MergeRefused, match=f"{SHARED} belongs to Ann .* already"):
        move(house, SHARED, id_of(house, ANN), NOON + 2 * DAY)
    move(house, SHARED, id_of(house, BEA), NOON + 2 * DAY)
    with pytest.raises(MergeRefused, match="already"):
        move(house, SHARED, id_of(house, BEA), NOON + 2 * DAY)


def test_an_address_that_comes_back_was_anothers_in_between(house: House) -> None:
    two_contacts(house)
    move(house, SHARED, id_of(house, BEA), NOON + 1 * DAY)
    move(house, SHARED, id_of(house, ANN), NOON + 3 * DAY)
    assert owners(house) == {"0@x": "Ann", "1@x": "Bea", "2@x": "Bea", "3@x": "Ann"}
    assert len(house.rows(HELD)) == 3
    ids = [row[0] for row in house.rows("SELECT id FROM v1_contact_address")]
    assert len(ids) == len(set(ids)) == 5


@pytest.mark.parametrize("with_past", [False, True])
def test_no_list_undoes_it(house: House, with_past: bool) -> None:
    two_contacts(house)
    move(house, SHARED, id_of(house, BEA), NOON + 2 * DAY, with_past=with_past)
    before = house.contract(), owners(house)
    lists = [
        entry(house, ANN, SHARED, external_id="1", name="Ann"),
        entry(house, BEA, external_id="2", name="Bea", line=2),
    ]
    first, second = enter(house, *lists, now=NOON + 5 * DAY)
    assert first.refused == (((SHARED, f"{SHARED} already belongs to Bea (from crm, id 2)"),) if with_past else ())
    assert (first.verdict.value, second.verdict.value) == ("unchanged", "unchanged")
    assert (house.contract(), owners(house)) == before


def test_it_survives_a_rebuild_of_the_links(house: House) -> None:
    two_contacts(house)
    move(house, SHARED, id_of(house, BEA), NOON + 2 * DAY)
    before = house.contract()
    reprocess(house.store, house.company, lambda: NOON)
    assert house.contract() == before


def test_from_a_contact_of_the_policy_that_keeps_its_past(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, KIM, mid="0@x")], Purpose.SENT)
    enter(house, entry(house, BEA, external_id="2", name="Bea"))
    move(house, KIM, id_of(house, BEA), NOON + DAY)
    house.read("alice", "INBOX", [mail(KIM, ALICE, mid="1@x", minute=48 * 60)])
    assert owners(house) == {"0@x": KIM, "1@x": "Bea"}
    enter(house, entry(house, BEA, KIM, external_id="2", name="Bea"), now=NOON + 2 * DAY)
    assert owners(house) == {"0@x": KIM, "1@x": "Bea"}


def test_mail_of_a_time_in_which_nobody_holds_the_address_is_not_kept(house: House) -> None:
    two_contacts(house)
    enter(house, entry(house, ANN, external_id="1", name="Ann"), now=NOON + 3 * DAY)
    counts = house.read("alice", "INBOX", [mail(SHARED, ALICE, mid="late@x", minute=7 * 24 * 60)])
    assert (counts["stored"], counts["skipped"]) == (0, 1)
    early = mail(SHARED, ALICE, mid="early@x", minute=-60, ref="1:99")
    assert house.read("alice", "INBOX", [early])["stored"] == 1
    assert owners(house) == {"early@x": "Ann", "0@x": "Ann", "1@x": "Ann", "2@x": "Ann"}
    reprocess(house.store, house.company, lambda: NOON)
    assert {row[0] for row in house.rows("SELECT message_id FROM v1_interaction")} == set(owners(house)), (
        "what was stored before the address was taken back is judged alike"
    )
