"""Contacts that other programs write by SQL: applied at the next poll, each row answered, bad rows told why."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Purpose
from daemon.deadlines import apply_deadlines
from daemon.entered import BATCH, apply_entered
from daemon.merging import apply_merges
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, ANN = "alice@acme.example", "ann@client.example"
LATER = NOON + timedelta(days=1)
CONTACTS = "SELECT external_id, display_name FROM v1_contact"
ANSWERS = "SELECT external_id, applied_at IS NOT NULL, error FROM w1_contact"
ADDRESS_ANSWERS = "SELECT address, applied_at IS NOT NULL, error FROM w1_contact_address"


def write(house: House, sql: str, *values: Any) -> None:
    """What another program does, on a connection of its own."""
    house.execute(sql, *values)


def contact(house: House, external_id: str, name: str | None = None, is_deleted: Any = False) -> None:
    write(
        house,
        "INSERT INTO w1_contact (external_source, external_id, display_name, is_deleted) VALUES ('crm', ?, ?, ?)"
        " ON CONFLICT (external_source, external_id) DO UPDATE SET display_name = excluded.display_name,"
        " is_deleted = excluded.is_deleted, applied_at = NULL, error = NULL",
        external_id,
        name,
        is_deleted,
    )


def address(house: House, external_id: str, text: Any, is_primary: Any = False, is_deleted: Any = False) -> None:
    write(
        house,
        "INSERT INTO w1_contact_address (external_source, external_id, address, is_primary, is_deleted)"
        " VALUES ('crm', ?, ?, ?, ?) ON CONFLICT (external_source, external_id, address) DO UPDATE SET"
        " is_primary = excluded.is_primary, is_deleted = excluded.is_deleted, applied_at = NULL, error = NULL",
        external_id,
        text,
        is_primary,
        is_deleted,
    )


def apply(house: House) -> int:
    done = apply_entered(house.store, house.company, lambda: NOON)
    house.derive()
    return done


def test_rows_become_a_contact_and_are_answered(house: House) -> None:
    contact(house, "1", "Ann Lee")
    address(house, "1", "ann@home.example")
    address(house, "1", "Ann@Client.example", is_primary=True)
    assert apply(house) == 1
    assert house.rows(CONTACTS) == [("1", "Ann Lee")]
    assert house.rows("SELECT id FROM v1_contact") == [(house.store.key.id("contact", ANN),)]
    assert house.rows("SELECT address, is_primary FROM v1_contact_address") == [
        ("Ann@Client.example", 1),
        ("ann@home.example", 0),
    ]
    assert house.rows("SELECT applied_at, error FROM w1_contact") == [("2026-03-02T12:00:00.000000Z", None)]
    assert house.rows(ADDRESS_ANSWERS) == [("Ann@Client.example", 1, None), ("ann@home.example", 1, None)]


def test_where_nothing_waits_nothing_is_done(house: House) -> None:
    assert apply(house) == 0
    contact(house, "1")
    assert apply(house) == 1
    before = house.rows("SELECT * FROM contact"), house.rows("SELECT * FROM w1_contact")
    assert apply(house) == 0
    contact(house, "1")
    assert apply_entered(house.store, house.company, lambda: LATER) == 1
    assert house.rows("SELECT * FROM contact") == before[0]


def test_what_waits_is_found_without_looking_at_the_rest(sqlite_house: House) -> None:
    for table in ("w1_contact", "w1_contact_address"):
        plan = sqlite_house.rows(
            f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE applied_at IS NULL AND error IS NULL LIMIT 1"  # noqa: S608 # two names of ours
        )
        assert f"ix_{table}_waiting" in str(plan)


def test_addresses_before_their_contact_wait_for_it(house: House) -> None:
    address(house, "1", ANN)
    apply(house)
    assert house.rows(ADDRESS_ANSWERS) == [(ANN, 0, "there is no row (crm, 1) in w1_contact yet")]
    assert apply(house) == 0
    contact(house, "1", "Ann")
    apply(house)
    assert house.rows(ADDRESS_ANSWERS) == [(ANN, 1, None)]
    assert house.rows("SELECT id FROM v1_contact") == [(house.store.key.id("contact", ANN),)]


def test_a_contact_before_its_addresses_ends_as_the_same(house: House) -> None:
    contact(house, "1", "Ann")
    apply(house)
    assert house.rows(CONTACTS) == [("1", "Ann")]
    address(house, "1", ANN)
    apply(house)
    assert house.rows("SELECT id FROM v1_contact") == [(house.store.key.id("contact", ANN),)]


def test_bad_rows_have_their_error_and_the_rest_go_on(sqlite_house: House) -> None:
    write(
        sqlite_house,
        "INSERT INTO w1_contact_address (external_source, external_id, address) VALUES ('hub', '9', ?)",
        ANN,
    )
    write(
        sqlite_house, "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('hub', '9', 'Ann')"
    )
    apply(sqlite_house)
    contact(sqlite_house, "1", "One")
    address(sqlite_house, "1", "not an address")
    contact(sqlite_house, "2", "Two")
    address(sqlite_house, "2", ALICE)
    address(sqlite_house, "2", ANN)
    address(sqlite_house, "2", "two@client.example")
    contact(sqlite_house, "3", "x" * 1001)
    address(sqlite_house, "3", "three@client.example")
    contact(sqlite_house, "4", "Four", is_deleted="perhaps")
    contact(sqlite_house, "5", "Five")
    address(sqlite_house, "5", "five@client.example", is_primary=7)
    address(sqlite_house, "5", "good@client.example")
    apply(sqlite_house)
    assert sqlite_house.rows(f"{ANSWERS} WHERE external_source = 'crm'") == [
        ("1", 0, "none of its addresses can be used; their rows say why"),
        ("2", 1, None),
        ("3", 0, "display_name has 1001 characters; at most 1000 are possible"),
        ("4", 0, "is_deleted is neither true nor false"),
        ("5", 1, None),
    ]
    assert sqlite_house.rows(f"{ADDRESS_ANSWERS} WHERE external_source = 'crm'") == [
        ("alice@acme.example", 0, "alice@acme.example is an address of our own"),
        (ANN, 0, f"{ANN} already belongs to Ann (from hub, id 9)"),
        ("five@client.example", 0, "is_primary or is_deleted is neither true nor false"),
        ("good@client.example", 1, None),
        ("not an address", 0, '"not an address" is no e-mail address'),
        (
            "three@client.example",
            0,
            "its row in w1_contact has an error: display_name has 1001 characters; at most 1000 are possible",
        ),
        ("two@client.example", 1, None),
    ]
    assert sqlite_house.rows(CONTACTS) == [("2", "Two"), ("5", "Five"), ("9", "Ann")]
    assert apply(sqlite_house) == 0


def test_text_that_is_none_stops_nothing(sqlite_house: House) -> None:
    cast = "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', {}, {})"
    write(sqlite_house, cast.format("CAST(x'6fff' AS TEXT)", "'key'"))
    write(sqlite_house, cast.format("x'6f6f'", "'blob'"))
    write(sqlite_house, cast.format("'7'", "CAST(x'c3' AS TEXT)"))
    address(sqlite_house, "8", b"bytes@client.example")
    contact(sqlite_house, "8", "Good")
    address(sqlite_house, "8", "good@client.example")
    write(
        sqlite_house,
        "INSERT INTO w1_contact_address (external_source, external_id, address)"
        " VALUES ('crm', '8', CAST(x'ff4078' AS TEXT))",
    )
    apply(sqlite_house)
    assert sqlite_house.rows("SELECT hex(external_id), error FROM w1_contact") == [
        ("37", "display_name is not text in UTF-8"),
        ("38", None),
        ("6F6F", "external_id is not text in UTF-8"),
        ("6FFF", "external_id is not text in UTF-8"),
    ]
    assert sqlite_house.rows("SELECT hex(address), error FROM w1_contact_address WHERE error IS NOT NULL") == [
        ("627974657340636C69656E742E6578616D706C65", "address is not text in UTF-8"),
        ("FF4078", "address is not text in UTF-8"),
    ]
    assert sqlite_house.rows(CONTACTS) == [("8", "Good")]
    assert apply(sqlite_house) == 0
    contact(sqlite_house, "8", "Better")
    apply(sqlite_house)
    assert sqlite_house.rows(CONTACTS) == [("8", "Better")]


def test_a_deleted_address_row_takes_the_address_back(house: House) -> None:
    contact(house, "1", "Ann")
    address(house, "1", ANN, is_primary=True)
    address(house, "1", "ann@home.example")
    apply(house)
    address(house, "1", "ANN@home.example", is_deleted=True)
    apply(house)
    held = "SELECT address, is_primary, valid_to_at IS NULL FROM v1_contact_address"
    assert house.rows(held) == [(ANN, 1, 1), ("ann@home.example", 0, 1)], "another spelling is still there"
    address(house, "1", "ann@home.example", is_deleted=True)
    apply(house)
    assert house.rows(held) == [(ANN, 1, 1), ("ann@home.example", 0, 0)]
    address(house, "1", "nonsense", is_deleted=True)
    apply(house)
    assert house.rows(f"{ADDRESS_ANSWERS} WHERE address = 'nonsense'") == [("nonsense", 1, None)]


def test_without_a_primary_flag_the_primary_address_stays(house: House) -> None:
    contact(house, "1")
    address(house, "1", ANN)
    apply(house)
    address(house, "1", "a@client.example")
    apply(house)
    primary = "SELECT address FROM v1_contact_address WHERE is_primary"
    assert house.rows(primary) == [(ANN,)]
    address(house, "1", "a@client.example", is_primary=True)
    apply(house)
    assert house.rows(primary) == [("a@client.example",)]


def test_a_deleted_contact_is_a_tombstone_until_it_is_undeleted(house: House) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    contact(house, "1", "Ann", is_deleted=True)
    address(house, "1", ANN)
    apply(house)
    assert house.rows(CONTACTS) == []
    assert house.rows(ANSWERS) == [("1", 1, None)]
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="b@x", minute=9)], Purpose.SENT)
    assert house.rows(CONTACTS) == []
    contact(house, "1", "Ann")
    apply(house)
    assert house.rows(CONTACTS) == [("1", "Ann")]
    assert len(house.rows("SELECT * FROM v1_interaction_contact")) == 1


@pytest.mark.parametrize("is_late", [False, True])
def test_an_address_moves_to_another_contact_at_one_poll_or_at_two(house: House, is_late: bool) -> None:
    contact(house, "1", "Ann")
    address(house, "1", ANN)
    apply(house)
    contact(house, "0", "Successor")
    address(house, "0", ANN)
    if is_late:
        apply(house)
        assert house.rows("SELECT error IS NULL FROM w1_contact_address") == [(0,), (1,)]
        assert apply(house) == 0
    address(house, "1", ANN, is_deleted=True)
    apply(house)
    apply(house)
    assert house.rows(ADDRESS_ANSWERS) == [(ANN, 1, None), (ANN, 1, None)]
    assert house.rows(
        "SELECT display_name, valid_to_at IS NULL FROM v1_contact_address a JOIN contact c ON c.id = contact_id"
    ) == [
        ("Ann", 0),
        ("Successor", 1),
    ]


def test_many_rows_are_applied_in_several_transactions(house: House) -> None:
    number = BATCH + 20
    many = "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < ?)"
    columns = "external_source, external_id"
    entered = f"INSERT INTO w1_contact ({columns}) {many} SELECT 'crm', CAST(n AS text) FROM many"  # noqa: S608 # two constants of ours
    house.execute(entered, number)
    columns = "external_source, external_id, address"
    rows = "SELECT 'crm', CAST(n AS text), 'p' || n || '@client.example' FROM many"
    house.execute(f"INSERT INTO w1_contact_address ({columns}) {many} {rows}", number)
    assert apply(house) == number
    assert house.rows("SELECT count(*), count(applied_at) FROM w1_contact_address") == [(number, number)]
    assert house.rows("SELECT count(*) FROM v1_contact") == [(number,)]


def test_the_same_address_from_a_file_and_from_another_program(house: House) -> None:
    """A contact entered without an id is taken on by the program that has one for it."""
    contact(house, "1", "Ann")
    address(house, "1", ANN)
    apply(house)
    write(house, "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('hub', '2', 'A.')")
    write(house, "INSERT INTO w1_contact_address (external_source, external_id, address) VALUES ('hub', '2', ?)", ANN)
    apply(house)
    assert house.rows("SELECT error FROM w1_contact_address WHERE external_source = 'hub'") == [
        (f"{ANN} already belongs to Ann (from crm, id 1)",)
    ]


def test_an_address_is_a_contacts_between_two_instants(house: House) -> None:
    day = "2026-03-0{}T00:00:00.000000Z"
    times = "UPDATE w1_contact_address SET valid_from_at = ?, valid_to_at = ? WHERE external_id = ?"
    for external_id, organization in (("1", "Client GmbH"), ("2", None)):
        contact(house, external_id, f"Contact {external_id}")
        write(house, "UPDATE w1_contact SET organization = ? WHERE external_id = ?", organization, external_id)
        address(house, external_id, ANN)
    write(house, times, None, day.format(2), "1")
    write(house, times, day.format(2), None, "2")
    apply(house)
    assert house.rows("SELECT contact_id IS NOT NULL, valid_from_at, valid_to_at FROM v1_contact_address") == [
        (1, day.format(2), None),
        (1, None, day.format(2)),
    ]
    assert ("Client GmbH",) in house.rows("SELECT display_name FROM v1_organization")
    write(house, times, day.format(3), day.format(2), "2")
    apply(house)
    assert house.rows("SELECT error FROM w1_contact_address WHERE error IS NOT NULL") == [
        ("valid_to_at must be later than valid_from_at",)
    ]
    write(house, times, None, day.format(4), "1")
    apply(house)
    (error,) = house.rows("SELECT error FROM w1_contact_address WHERE external_id = '1'")
    assert error == (f"{ANN} already belongs to Contact 2 (from crm, id 2)",)


@pytest.mark.parametrize("time", ["soon", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_an_instant_that_is_none_is_told(sqlite_house: House, time: str) -> None:
    """PostgreSQL lets none in. What has none in UTC is none."""
    contact(sqlite_house, "1", "Ann")
    address(sqlite_house, "1", ANN)
    write(sqlite_house, "UPDATE w1_contact_address SET valid_from_at = ?", time)
    apply(sqlite_house)
    assert sqlite_house.rows("SELECT error FROM w1_contact_address") == [
        ("valid_from_at or valid_to_at is no instant such as 2026-03-01T08:00:00Z",)
    ]


def test_what_the_manual_shows_works(house: House) -> None:
    manual = Path(__file__).resolve().parents[3] / "docs" / "contacts.md"
    merge, shown, expected = re.findall(r"```sql\n(.*?)```", manual.read_text("utf-8"), re.DOTALL)
    for statement in shown.split(";"):
        write(house, statement)
    apply(house)
    assert house.rows(CONTACTS) == [("17", "Ann Lee")]
    assert house.rows("SELECT address, is_primary FROM v1_contact_address") == [(ANN, 1)]
    contact(house, "18", "A. Lee")
    address(house, "18", "ann@home.example")
    apply(house)
    write(house, merge)
    assert apply_merges(house.store, lambda: NOON) == 1
    assert house.rows("SELECT external_id FROM v1_contact WHERE merged_into_id IS NOT NULL") == [("18",)]
    for statement in filter(str.strip, expected.split(";")):
        write(house, statement)
        assert apply_deadlines(house.store, lambda: NOON) == 1
    days = [("2026-03-20", 1, "Offer 2026-17"), ("2026-03-27", 0, "Offer 2026-17")]
    found = house.rows("SELECT due_on, ended_at IS NOT NULL, title FROM deadline")
    assert [(str(day), ended, title) for day, ended, title in found] == days
