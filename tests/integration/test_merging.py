"""Two contacts made one by a decision, on both databases: what readers see, what comes later, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.api import Purpose
from daemon.merging import apply_merges
from daemon.reprocess import reprocess
from matching.policy import Create
from store.contacts.merging import MergeRefused
from store.contacts.search import find_contacts, find_merged
from tests.integration.contact_entries import LINKS, enter, entry, id_of, merge, misheld, unmerge
from tests.unit.daemon.company_mail import NOON, House, company, mail

pytestmark = pytest.mark.later

ALICE, ANN, HOME, BEA = "alice@acme.example", "ann@client.example", "ann@home.example", "bea@client.example"
LATER = NOON + timedelta(days=1)
REDIRECTS = "SELECT old_id, new_id FROM v1_redirect WHERE entity = 'contact'"
CONTACTS = "SELECT id, merged_into_id FROM v1_contact"


@pytest.fixture(autouse=True)
def _addresses_are_of_who_stands_for_their_contact(house: House) -> Iterator[None]:
    yield
    assert misheld(house) == []


def correspond(house: House, *addresses: str) -> None:
    """Alice writes to each of them, who answers with a name."""
    for n, address in enumerate(addresses):
        house.read("alice", "Sent", [mail(ALICE, address, mid=f"to-{address}", minute=10 * n)], Purpose.SENT)
        answer = mail(address, ALICE, mid=f"from-{address}", minute=10 * n + 1, name=f"Name of {address}")
        house.read("alice", "INBOX", [answer])


def names(house: House) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in house.rows(LINKS)]


def test_a_merged_contact_stays_visible_and_its_history_is_of_the_one_that_stands_for_it(house: House) -> None:
    correspond(house, ANN, HOME)
    ann, home = id_of(house, ANN), id_of(house, HOME)
    assert merge(house, home, ann, LATER)
    assert house.rows(CONTACTS) == sorted([(ann, None), (home, ann)], key=repr)
    assert house.rows(REDIRECTS) == [(home, ann)]
    assert {row[0] for row in house.rows("SELECT contact_id FROM v1_interaction_contact")} == {ann}
    addresses = "SELECT address, contact_id FROM v1_contact_address"
    assert house.rows(addresses) == [(ANN, ann), (HOME, ann)]
    assert house.rows("SELECT address FROM v1_contact_address WHERE is_primary") == [(ANN,)]
    assert not merge(house, home, ann, LATER), "said twice"


def test_later_mail_goes_to_the_one_that_stands_for_both(house: House) -> None:
    correspond(house, ANN, HOME)
    merge(house, id_of(house, HOME), id_of(house, ANN))
    house.read("alice", "INBOX", [mail("ann+tag@home.example", ALICE, mid="late@x", minute=500)])
    late = f"{LINKS} WHERE i.message_id = 'late@x' AND c.id = '{id_of(house, ANN)}'"
    assert len(house.rows(late)) == 1


def test_unmerging_restores_both(house: House, tmp_path: Path) -> None:
    correspond(house, ANN, HOME)
    before = house.contract()
    merge(house, id_of(house, HOME), id_of(house, ANN))
    house.read("alice", "INBOX", [mail(HOME, ALICE, mid="late@x", minute=500, name="Another name")])
    assert house.rows("SELECT display_name FROM v1_contact WHERE merged_into_id IS NULL") == [("Another name",)]
    assert unmerge(house, id_of(house, HOME))
    assert not unmerge(house, id_of(house, HOME))
    assert house.rows(REDIRECTS) == []
    with House(tmp_path, name="fresh.db") as fresh:
        correspond(fresh, ANN, HOME)
        fresh.read("alice", "INBOX", [mail(HOME, ALICE, mid="late@x", minute=500, name="Another name")])
        after = house.contract()
        assert after["v1_contact"] == fresh.contract()["v1_contact"], "as if they had never been one"
        assert after["v1_interaction_contact"] == fresh.contract()["v1_interaction_contact"]
    assert after["v1_contact_address"] == before["v1_contact_address"]


@pytest.mark.parametrize("create", [Create.CORRESPONDED, Create.OFF])
def test_a_merge_survives_a_rebuild_of_the_links(house: House, create: Create) -> None:
    correspond(house, ANN, HOME)
    merge(house, id_of(house, HOME), id_of(house, ANN))
    before = house.contract()
    reprocess(house.store, company(create), lambda: LATER)
    assert house.contract() == before
    assert house.rows(REDIRECTS) == [(id_of(house, HOME), id_of(house, ANN))]


def test_what_lists_say_of_either_goes_on_and_undoes_nothing(house: House) -> None:
    both = [
        entry(house, ANN, external_id="1", name="Ann"),
        entry(house, HOME, external_id="2", name="A. Lee", line=2),
    ]
    enter(house, *both)
    merge(house, id_of(house, HOME), id_of(house, ANN))
    assert [each.verdict.value for each in enter(house, *both, now=LATER)] == ["unchanged", "unchanged"]
    renamed = [
        entry(house, ANN, external_id="1", name="Ann"),
        entry(house, HOME, BEA, external_id="2", name="Ann Lee", line=2),
    ]
    assert [each.verdict.value for each in enter(house, *renamed, now=LATER)] == ["unchanged", "updated"]
    house.read("alice", "INBOX", [mail(BEA, ALICE, mid="b@x", minute=3)])
    assert names(house) == [("b@x", "Ann")]
    unmerge(house, id_of(house, HOME))
    assert names(house) == [("b@x", "Ann Lee")]


def test_both_may_be_said_to_hold_an_address_while_they_are_one(house: House) -> None:
    enter(house, entry(house, ANN, external_id="1", name="Ann"), entry(house, HOME, external_id="2", line=2))
    merge(house, id_of(house, HOME), id_of(house, ANN))
    (outcome,) = enter(house, entry(house, ANN, HOME, external_id="1", name="Ann"))
    assert outcome.refused == ()
    house.read("alice", "INBOX", [mail(HOME, ALICE, mid="b@x")])
    assert names(house) == [("b@x", "Ann")], "linked once"


def test_a_contact_that_was_deleted_stands_for_nobody(house: House) -> None:
    correspond(house, ANN, HOME)
    enter(house, entry(house, ANN, external_id="1", name="Ann"))
    merge(house, id_of(house, HOME), id_of(house, ANN))
    gone = entry(house, external_id="1", is_deleted=True)
    enter(house, gone)
    assert house.rows(CONTACTS) == [(id_of(house, HOME), None)]
    assert house.rows(REDIRECTS) == []
    assert {name for _mail, name in names(house)} == {f"Name of {HOME}"}
    enter(house, entry(house, ANN, external_id="1", name="Ann"))
    assert {name for _mail, name in names(house)} == {"Ann"}
    assert house.rows(REDIRECTS) == [(id_of(house, HOME), id_of(house, ANN))]


def test_merges_of_merges_are_undone_one_by_one(house: House) -> None:
    correspond(house, ANN, HOME, BEA)
    ann, home, bea = (id_of(house, each) for each in (ANN, HOME, BEA))
    merge(house, home, ann)
    merge(house, home, bea)  # with it goes the one that stands for it
    assert house.rows(CONTACTS) == sorted([(ann, bea), (bea, None), (home, bea)], key=repr)
    assert house.rows(REDIRECTS) == sorted([(ann, bea), (home, bea)])
    unmerge(house, ann)
    assert house.rows(CONTACTS) == sorted([(ann, None), (bea, None), (home, ann)], key=repr)
    assert house.rows(REDIRECTS) == [(home, ann)]


@pytest.mark.parametrize("chain", [False, True])
def test_no_contact_becomes_part_of_itself(house: House, chain: bool) -> None:
    correspond(house, ANN, HOME)
    if chain:
        merge(house, id_of(house, HOME), id_of(house, ANN))
    with pytest.raises(MergeRefused):
        merge(house, id_of(house, ANN), id_of(house, HOME if chain else ANN))
    with pytest.raises(MergeRefused, match="there is no contact"):
        merge(house, id_of(house, ANN), id_of(house, "nobody@client.example"))


def test_a_contact_is_found_by_all_that_was_merged_into_it(house: House) -> None:
    correspond(house, ANN, HOME)
    merge(house, id_of(house, HOME), id_of(house, ANN))
    with house.store.read() as transaction:
        for who in (ANN, HOME, id_of(house, HOME), f"Name of {HOME}"):
            (hit,) = find_contacts(transaction, who)
            assert (hit.id, hit.addresses) == (id_of(house, ANN), (ANN, HOME))
        assert [hit.id for hit in find_merged(transaction, HOME)] == [id_of(house, HOME)]
        assert find_merged(transaction, ANN) == []


def test_other_programs_merge_and_part_contacts(house: House) -> None:
    correspond(house, ANN, HOME)
    ann, home, nobody = id_of(house, ANN), id_of(house, HOME), id_of(house, "nobody@client.example")
    rows = "SELECT contact_id, applied_at IS NOT NULL, error FROM w1_merge"

    def write(sql: str) -> None:
        with house.store.write() as transaction:
            transaction.exec_driver_sql(sql)

    def apply() -> int:
        done = apply_merges(house.store, lambda: NOON)
        house.derive()
        return done

    assert apply() == 0
    insert = "INSERT INTO w1_merge (contact_id, merged_into_id) VALUES ('{}', '{}')"
    write(insert.format(home, ann))
    write(insert.format(nobody, ann))
    assert apply() == 2
    assert sorted((row[0], bool(row[1]), row[2]) for row in house.rows(rows)) == sorted(
        [(home, True, None), (nobody, False, f"there is no contact {nobody}")]
    )
    assert house.rows(REDIRECTS) == [(home, ann)]
    assert apply() == 0
    write("UPDATE w1_merge SET is_deleted = true WHERE error IS NULL")
    assert apply() == 1
    assert house.rows(REDIRECTS) == []
    assert house.rows(CONTACTS) == sorted([(ann, None), (home, None)], key=repr)
