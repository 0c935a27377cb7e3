"""Addresses are shown as of the contact that stands for theirs, whatever happens; readers are told of each change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.api import Purpose
from daemon.erasing import erase
from daemon.reprocess import reprocess
from store.published import feed
from tests.integration.contact_entries import enter, entry, id_of, merge, misheld, unmerge
from tests.unit.daemon.company_mail import NOON, House, company, mail
from tests.unit.store.feed_reader import FeedReader

pytestmark = pytest.mark.later

ALICE = "alice@acme.example"
ANN, HOME, BEA, CAT = "ann@client.example", "ann@home.example", "bea@client.example", "cat@client.example"
LATER = NOON + timedelta(days=1)


class Follower:
    """Looks after each step whether readers who follow have what the views say."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._reader = FeedReader(house.store)
        self._addresses: dict[str, str] = {}
        self._learn()

    def _learn(self) -> None:
        self._addresses |= dict(self._house.rows("SELECT id, address FROM v1_contact_address"))

    def told(self) -> dict[str, str]:
        """Address -> what was told of it since the last step."""
        with self._house.store.read() as transaction:
            news = feed.changes(transaction, self._reader.seq, 10_000)
        self._reader.follow()
        assert self._reader.rows == self._reader.everything()
        assert misheld(self._house) == []
        self._learn()
        found = [(self._addresses[each.entity_id], each.op) for each in news if each.entity == "contact_address"]
        assert len(dict(found)) == len(found), "told twice"
        return dict(found)

    def holders(self) -> dict[str, str]:
        """Address -> the contact that readers see it with."""
        return dict(self._house.rows("SELECT address, contact_id FROM v1_contact_address"))


def test_an_address_is_of_who_stands_for_its_contact_at_each_step(house: House) -> None:
    for n, address in enumerate((ANN, HOME, BEA)):
        house.read("alice", "Sent", [mail(ALICE, address, mid=f"to-{address}", minute=n)], Purpose.SENT)
    ann, home, bea = (id_of(house, each) for each in (ANN, HOME, BEA))
    follower = Follower(house)
    assert follower.holders() == {ANN: ann, HOME: home, BEA: bea}
    merge(house, home, ann)
    assert follower.told() == {HOME: "upsert"}
    merge(house, ann, bea)  # with it goes what it stood for
    assert follower.told() == {ANN: "upsert", HOME: "upsert"}
    assert set(follower.holders().values()) == {bea}
    house.read("alice", "Sent", [mail(ALICE, "ann+x@home.example", mid="tag@x", minute=9)], Purpose.SENT)
    assert follower.told() == {}, "a contact by a person's word has what was entered"
    enter(house, entry(house, HOME, CAT, external_id="2", name="A. Lee"))
    assert follower.told() == {CAT: "upsert"}
    assert follower.holders()[CAT] == bea
    enter(house, entry(house, HOME, external_id="2", is_deleted=True), entry(house, BEA, external_id="3", line=2))
    follower.told()
    assert follower.holders() == {ANN: bea, BEA: bea}
    enter(house, entry(house, BEA, external_id="3", is_deleted=True))  # a deleted one stands for nobody
    assert follower.told() == {ANN: "upsert", BEA: "delete"}, "and of what is hidden nothing is told"
    assert follower.holders() == {ANN: ann}
    enter(house, entry(house, BEA, external_id="3"))
    assert follower.told() == {ANN: "upsert", BEA: "upsert"}
    unmerge(house, ann)
    assert follower.told() == {ANN: "upsert"}
    merge(house, bea, ann)
    assert follower.told() == {BEA: "upsert"}
    reprocess(house.store, company(), lambda: LATER)
    assert follower.told() == {}
    assert follower.holders() == {ANN: ann, BEA: ann}
    erase(house.ingest(), BEA)
    assert follower.told() == dict.fromkeys((ANN, BEA, HOME, CAT), "erase"), "with all that was merged into it"
    assert follower.holders() == {}


def test_a_policy_contact_that_is_part_of_another_shares_its_later_spellings(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x"), mail(ALICE, BEA, mid="b@x")], Purpose.SENT)
    ann, bea = id_of(house, ANN), id_of(house, BEA)
    merge(house, ann, bea)
    with house.store.write() as transaction:  # as decisions of another store may have it
        transaction.exec_driver_sql("UPDATE contact SET origin = 'policy'")
    follower = Follower(house)
    tagged = "ann+x@client.example"
    house.read("alice", "Sent", [mail(ALICE, tagged, mid="tag@x", minute=9)], Purpose.SENT)
    assert follower.told() == {tagged: "upsert"}
    assert follower.holders() == {ANN: bea, BEA: bea, tagged: bea}
