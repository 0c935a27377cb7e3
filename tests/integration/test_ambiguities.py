"""What is open about contacts is listed, on both databases; what was decided, or is plain, is not."""

from __future__ import annotations

from datetime import timedelta

from connectors.api import Purpose
from store.contacts.ambiguities import Ambiguity, ambiguities
from tests.integration.contact_entries import enter, entry, id_of, merge, unmerge
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, ANN, HOME, BEA = "alice@acme.example", "ann@client.example", "ann@home.example", "bea@client.example"


def found(house: House) -> list[Ambiguity]:
    with house.store.read() as transaction:
        return ambiguities(transaction)


def told(house: House) -> list[tuple[str, str, list[str]]]:
    return [(each.kind, each.what, sorted(hit.display_name for hit in each.contacts)) for each in found(house)]


def test_where_all_is_plain_nothing_is_listed(house: House) -> None:
    house.read(
        "alice", "Sent", [mail(ALICE, ANN, mid="a@x"), mail(ALICE, "ann+x@client.example", mid="b@x")], Purpose.SENT
    )
    enter(house, entry(house, BEA, external_id="1", name="Bea"))
    enter(house, entry(house, HOME, external_id="1", name="Bea"), now=NOON + timedelta(days=1))
    enter(house, entry(house, BEA, external_id="2", name="Another"), now=NOON + timedelta(days=1))
    assert told(house) == [], "an address that passed on was one contact's at each time"


def test_an_address_of_two_contacts_is_listed_until_somebody_decides(house: House) -> None:
    enter(house, entry(house, ANN, external_id="1", name="Ann"), entry(house, HOME, external_id="2", name="A.", line=2))
    merge(house, id_of(house, HOME), id_of(house, ANN))
    enter(house, entry(house, ANN, HOME, external_id="1", name="Ann"))
    assert told(house) == []
    unmerge(house, id_of(house, HOME))
    assert told(house) == [("address", HOME, ["A.", "Ann"])]


def test_spellings_of_one_mailbox_that_belong_to_two_are_listed(house: House) -> None:
    ali, sara = "office+ali@client.example", "office+sara@client.example"
    enter(house, entry(house, ali, name="Ali"), entry(house, sara, name="Sara", line=2))
    assert told(house) == [("base_address", "office@client.example", ["Ali", "Sara"])]


def test_namesakes_of_one_organization_from_two_sources_are_listed(house: House) -> None:
    enter(house, entry(house, ANN, external_id="1", name="Ann Lee", source="crm"))
    enter(house, entry(house, "ann.lee@client.example", external_id="9", name="Lee, Ann", source="hub"))
    enter(house, entry(house, "a.lee@client.example", external_id="2", name="Ann Lee", source="crm"))
    enter(house, entry(house, "ann@other.example", external_id="3", name="Ann Lee", source="crm"))
    (only,) = found(house)
    assert (only.kind, only.what) == ("name", "Ann Lee, client.example")
    assert {address for hit in only.contacts for address in hit.addresses} == {
        ANN,
        "ann.lee@client.example",
        "a.lee@client.example",
    }
    for other in ("ann.lee@client.example", "a.lee@client.example"):
        merge(house, id_of(house, other), id_of(house, ANN))
    assert told(house) == []


def test_a_name_that_mail_tells_counts_as_another_source(house: House) -> None:
    enter(house, entry(house, ANN, external_id="1", name="Ann Lee", source="crm"))
    house.read("alice", "Sent", [mail(ALICE, "ann.lee@client.example", mid="a@x")], Purpose.SENT)
    assert told(house) == [], "so far it is called by its address"
    house.read("alice", "INBOX", [mail("ann.lee@client.example", ALICE, mid="b@x", minute=1, name="Ann Lee")])
    assert told(house) == [("name", "Ann Lee, client.example", ["Ann Lee", "Ann Lee"])]
