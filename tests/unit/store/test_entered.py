"""Entering contacts: which contact an entry is, what it changes, and what stays as it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.api import Purpose
from matching.addresses import AddressRules
from store.contacts import entered
from store.contacts.records import Entry, EntryAddress, Outcome, Verdict
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, ANN = "alice@acme.example", "ann@client.example"
LATER = NOON + timedelta(days=1)


def entry(*addresses: str, external_id: str | None = None, name: str = "", source: str = "crm", **more: Any) -> Entry:
    """An entry of a file, complete where it has an id."""
    forms = tuple(EntryAddress(a, a.lower(), AddressRules().base(a.lower())) for a in addresses)
    fields: dict[str, Any] = {
        "line": 1,
        "origin": "import",
        "primary": forms[0].normal if forms else None,
        "is_complete": external_id is not None,
        "may_lack_address": not forms,
    }
    return Entry(source=source, external_id=external_id, name=name, addresses=forms, **{**fields, **more})


def enter(house: House, *entries: Entry, now: datetime = NOON) -> list[Outcome]:
    """What an import does, without the file."""
    with house.store.write() as transaction:
        entered.release(transaction, house.store.key, entries, now)
    with house.store.write() as transaction:
        outcomes = entered.enter(transaction, house.store.key, entries, now)
    house.derive()
    return outcomes


def verdicts(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.verdict.value for outcome in outcomes]


def addresses(house: House) -> list[tuple[Any, ...]]:
    """(address, is primary, until) of living contacts."""
    return house.rows("SELECT address, is_primary, valid_to_at FROM v1_contact_address")


def contact_id(house: House, base: str) -> str:
    return house.store.key.id("contact", base)


def test_a_new_contact_has_the_id_of_its_primary_mailbox_and_its_organization(house: House) -> None:
    assert verdicts(enter(house, entry("ann+crm@client.example", "ann@home.example", name="Ann"))) == ["created"]
    assert house.rows(
        "SELECT c.id, c.display_name, o.domain, external_source FROM v1_contact c"
        " JOIN (SELECT id, domain FROM v1_organization) o ON o.id = organization_id"
    ) == [(contact_id(house, ANN), "Ann", "client.example", "crm")]
    assert addresses(house) == [("ann+crm@client.example", 1, None), ("ann@home.example", 0, None)]


def test_the_same_entries_again_touch_no_row(house: House) -> None:
    entries = [
        entry(ANN, "ann@home.example", external_id="1", name="Ann"),
        entry("bea@client.example", line=2),
        entry(external_id="3", name="Cora", line=3),
    ]
    assert verdicts(enter(house, *entries)) == ["created"] * 3
    before = house.rows("SELECT * FROM contact") + house.rows("SELECT * FROM contact_address")
    assert verdicts(enter(house, *entries, now=LATER)) == ["unchanged"] * 3
    assert house.rows("SELECT * FROM contact") + house.rows("SELECT * FROM contact_address") == before


def test_an_entry_takes_over_the_contact_that_the_policy_made(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    ((policy_id,),) = house.rows("SELECT id FROM v1_contact")
    assert verdicts(enter(house, entry(ANN, external_id="1", name="Ann Lee"))) == ["updated"]
    assert house.rows("SELECT id, display_name, external_id, origin FROM contact") == [
        (policy_id, "Ann Lee", "1", "import")
    ]
    assert house.rows("SELECT contact_id FROM v1_interaction_contact") == [(policy_id,)]
    assert house.rows("SELECT * FROM v1_redirect") == []


def test_names_from_mail_never_override_an_entered_one(house: House) -> None:
    enter(house, entry(ANN, name="Ann Lee"))
    house.read("alice", "INBOX", [mail(ANN, ALICE, mid="a@x", name="A. L.")])
    assert house.rows("SELECT display_name FROM v1_contact") == [("Ann Lee",)]


def test_an_entry_without_a_name_keeps_the_one_that_is_there(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    house.read("alice", "INBOX", [mail(ANN, ALICE, mid="b@x", minute=1, name="Ann from mail")])
    enter(house, entry(ANN, external_id="1"))
    assert house.rows("SELECT display_name FROM v1_contact") == [("Ann from mail",)]
    enter(house, entry(ANN, external_id="1", name="Ann Lee"))
    enter(house, entry(ANN, external_id="1"))
    assert house.rows("SELECT display_name FROM v1_contact") == [("Ann Lee",)]


def test_an_entry_without_any_name_is_called_by_its_address_or_its_id(house: House) -> None:
    enter(house, entry(ANN), entry(external_id="77", line=2))
    assert house.rows("SELECT display_name FROM v1_contact") == [("77",), (ANN,)]


def test_policy_contacts_of_further_addresses_are_merged_with_their_history(house: House) -> None:
    home = "ann@home.example"
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x"), mail(ALICE, home, mid="b@x", minute=1)], Purpose.SENT)
    assert len(house.rows("SELECT * FROM v1_contact")) == 2
    enter(house, entry(ANN, home, name="Ann"))
    target = contact_id(house, ANN)
    assert house.rows("SELECT id FROM v1_contact") == [(target,)]
    assert house.rows("SELECT old_id, new_id FROM v1_redirect WHERE entity = 'contact'") == [
        (contact_id(house, home), target)
    ]
    assert house.rows("SELECT contact_id, address FROM v1_interaction_contact") == [(target, ANN), (target, home)]
    assert house.rows("SELECT domain FROM v1_organization") == [("client.example",)]


def test_the_primary_mailbox_gives_the_id_though_only_another_was_known(house: House) -> None:
    home = "ann@home.example"
    house.read("alice", "Sent", [mail(ALICE, home, mid="b@x")], Purpose.SENT)
    assert verdicts(enter(house, entry(ANN, home))) == ["updated"]
    assert house.rows("SELECT old_id, new_id FROM v1_redirect") == [(contact_id(house, home), contact_id(house, ANN))]


def test_other_spellings_of_a_mailbox_are_linked_by_its_base_form(house: House) -> None:
    tagged = "ann+offer@client.example"
    house.read("alice", "Sent", [mail(ALICE, tagged, mid="a@x")], Purpose.SENT)
    enter(house, entry(ANN))
    assert addresses(house) == [(ANN, 1, None)]
    assert house.rows("SELECT contact_id, address, reason FROM v1_interaction_contact") == [
        (contact_id(house, ANN), tagged, "base_address")
    ]


def test_an_address_of_another_entered_contact_stays_there(house: House) -> None:
    enter(house, entry(ANN, external_id="1", name="Ann Lee"))
    (outcome,) = enter(house, entry("bea@client.example", ANN, external_id="2", name="Bea"))
    assert outcome.verdict is Verdict.CREATED
    assert outcome.refused == ((ANN, f"{ANN} already belongs to Ann Lee (from crm, id 1)"),)
    (outcome,) = enter(house, entry(ANN, external_id="3"))
    assert outcome.verdict is Verdict.REJECTED
    assert len(house.rows("SELECT * FROM v1_contact")) == 2


def test_entries_without_an_id_find_their_contact_by_its_address(house: House) -> None:
    enter(house, entry(ANN, name="Ann", source="spring"))
    assert verdicts(enter(house, entry(ANN, "ann@home.example", name="Ann Lee", source="autumn"))) == ["updated"]
    assert house.rows("SELECT display_name, external_source FROM v1_contact") == [("Ann Lee", "spring")]
    (outcome,) = enter(house, entry(ANN, external_id="7", name="Ann Lee", source="crm"))
    assert outcome.verdict is Verdict.UPDATED
    assert house.rows("SELECT external_source, external_id FROM v1_contact") == [("crm", "7")]
    (outcome,) = enter(house, entry(ANN, name="Somebody"))
    assert outcome.refused == ((ANN, f"{ANN} already belongs to Ann Lee (from crm, id 7)"),)


def test_a_file_under_another_name_has_the_same_ids(house: House) -> None:
    enter(house, entry(ANN, external_id="uid-1", name="Ann", source="contacts"))
    assert verdicts(enter(house, entry(ANN, external_id="uid-1", name="Ann", source="contacts (1)"))) == ["unchanged"]
    assert house.rows("SELECT external_source FROM v1_contact") == [("contacts",)]


def test_an_address_taken_back_keeps_its_history_up_to_then(house: House) -> None:
    home = "ann@home.example"
    enter(house, entry(ANN, home, external_id="1"))
    house.read("alice", "INBOX", [mail(home, ALICE, mid="a@x")])
    assert verdicts(enter(house, entry(ANN, external_id="1"), now=LATER)) == ["unchanged"]
    assert addresses(house) == [(ANN, 1, None), (home, 0, "2026-03-03T12:00:00.000000Z")]
    late = mail(home, ALICE, mid="b@x", minute=3000)
    assert house.read("alice", "INBOX", [late])["skipped"] == 1, "nobody's mail is not kept"
    linked = "SELECT message_id FROM v1_interaction JOIN v1_interaction_contact ON interaction_id = id"
    assert house.rows(linked) == [("a@x",)]
    enter(house, entry(ANN, home, external_id="1"), now=LATER)
    assert addresses(house) == [(ANN, 1, None), (home, 0, None)]
    assert house.fetch_wanted({("alice", "INBOX"): (Purpose.INBOX, [late])}) == 1
    assert house.rows(linked) == [("a@x",), ("b@x",)]


def test_an_address_can_pass_between_entries_in_any_order(house: House) -> None:
    bea = "bea@client.example"
    enter(house, entry(ANN, external_id="1"), entry(bea, external_id="2", line=2))
    house.read("alice", "INBOX", [mail(ANN, ALICE, mid="a@x")])
    swapped = [entry(bea, external_id="1"), entry(ANN, external_id="2", line=2)]
    outcomes = enter(house, *swapped, now=LATER)
    assert [outcome.refused for outcome in outcomes] == [(), ()]
    house.read("alice", "INBOX", [mail(ANN, ALICE, mid="b@x", minute=3000)])
    holders = "SELECT message_id, external_id FROM v1_interaction_contact JOIN v1_contact c ON c.id = contact_id"
    assert house.rows(f"{holders} JOIN v1_interaction i ON i.id = interaction_id") == [("a@x", "1"), ("b@x", "2")]


def test_a_deleted_contact_is_gone_with_its_links_and_stops_the_policy(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    gone = entry(ANN, external_id="1", origin="w1", is_deleted=True)
    enter(house, gone)
    assert house.rows("SELECT * FROM v1_contact") == []
    assert house.rows("SELECT * FROM v1_interaction_contact") == []
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="b@x", minute=5)], Purpose.SENT)
    assert house.rows("SELECT * FROM v1_contact") == []
    assert verdicts(enter(house, gone)) == ["unchanged"]
    enter(house, entry(ANN, external_id="1", origin="w1"))
    assert house.rows("SELECT id FROM v1_contact") == [(contact_id(house, ANN),)]
    assert len(house.rows("SELECT * FROM v1_interaction_contact")) == 1
    assert house.rows("SELECT is_wanted FROM placement WHERE verdict = 'skipped'") == [(1,)]


def test_deleting_what_nobody_knows_is_nothing(house: House) -> None:
    assert verdicts(enter(house, entry(external_id="1", is_deleted=True))) == ["unchanged"]
    assert house.rows("SELECT * FROM contact") == []


def test_an_address_of_a_deleted_contact_is_free(house: House) -> None:
    enter(house, entry(ANN, "ann@home.example", external_id="1"))
    enter(house, entry(ANN, external_id="1", is_deleted=True))
    (outcome,) = enter(house, entry(ANN, external_id="2", name="Ann again"))
    assert outcome.refused == ()
    assert house.rows("SELECT id, external_id FROM v1_contact") == [(contact_id(house, ANN), "2")]
    assert [address for address, _primary, until in addresses(house) if until is None] == [ANN]


def test_a_contact_entered_before_its_addresses_becomes_what_it_would_have_been(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    assert verdicts(enter(house, entry(external_id="1", name="Ann"))) == ["created"]
    first = contact_id(house, "crm\x001")
    assert {row[0] for row in house.rows("SELECT id FROM v1_contact")} == {first, contact_id(house, ANN)}
    assert verdicts(enter(house, entry(ANN, external_id="1", name="Ann"))) == ["updated"]
    assert house.rows("SELECT id, external_id FROM v1_contact") == [(contact_id(house, ANN), "1")]
    assert house.rows("SELECT old_id, new_id FROM v1_redirect") == [(first, contact_id(house, ANN))]


def test_two_contacts_of_one_mailbox_have_two_ids(house: House) -> None:
    ali, sara = "office+ali@client.example", "office+sara@client.example"
    outcomes = enter(house, entry(ali, name="Ali"), entry(sara, name="Sara", line=2))
    assert verdicts(outcomes) == ["created", "created"]
    house.read("alice", "INBOX", [mail(sara, ALICE, mid="a@x"), mail("office@client.example", ALICE, mid="b@x")])
    linked = house.rows(
        "SELECT display_name, reason FROM v1_interaction_contact JOIN v1_contact c ON c.id = contact_id"
    )
    assert linked == [("Ali", "base_address"), ("Sara", "address"), ("Sara", "base_address")]
    assert verdicts(enter(house, entry(ali, name="Ali"), entry(sara, name="Sara", line=2))) == ["unchanged"] * 2


def test_an_id_that_comes_alive_again_leads_nowhere_else(house: House) -> None:
    home = "ann@home.example"
    house.read("alice", "Sent", [mail(ALICE, home, mid="a@x")], Purpose.SENT)
    enter(house, entry(ANN, home, external_id="1"))
    assert len(house.rows("SELECT * FROM v1_redirect")) == 1
    enter(house, entry(ANN, external_id="1"), now=LATER)
    enter(house, entry(home, external_id="2"), now=LATER)
    assert (contact_id(house, home),) in house.rows("SELECT id FROM v1_contact")
    assert house.rows("SELECT * FROM v1_redirect") == []


def test_another_primary_address_changes_the_organization(house: House) -> None:
    enter(house, entry(ANN, "ann@other.example", external_id="1"))
    enter(house, entry("ann@other.example", ANN, external_id="1"))
    assert addresses(house) == [(ANN, 0, None), ("ann@other.example", 1, None)]
    assert house.rows("SELECT domain FROM v1_organization") == [("other.example",)]
    assert house.rows("SELECT id FROM v1_contact") == [(contact_id(house, ANN),)]


def test_earlier_mail_of_an_entered_contact_is_wanted(house: House) -> None:
    early = mail(ANN, ALICE, mid="a@x")
    house.read("alice", "INBOX", [early])
    enter(house, entry(ANN))
    assert house.fetch_wanted({("alice", "INBOX"): (Purpose.INBOX, [early])}) == 1
    assert house.rows("SELECT reason FROM v1_interaction_contact") == [("address",)]
