"""Importing a file of contacts: what is taken, what is told, and that it can be repeated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from connectors.api import Purpose
from daemon.contacts.importing import import_contacts, read_contacts
from daemon.contacts.reading import Imported
from matching.policy import Create
from tests.unit.daemon.company_mail import NOON, House, company, mail

ALICE, ANN = "alice@acme.example", "ann@client.example"


def take(house: House, path: Path, text: str, source: str = "list", *, dry_run: bool = False) -> Imported:
    """Import a file of this text and derive."""
    path.write_text(text, "utf-8")
    found = read_contacts(path)
    imported = import_contacts(house.store, house.company, lambda: NOON, found, source, dry_run=dry_run)
    house.derive()
    return imported


def counts(imported: Imported) -> tuple[int, int, int]:
    return imported.created, imported.updated, imported.unchanged


def rejected(imported: Imported) -> list[tuple[int, str]]:
    return [(each.line, each.reason) for each in imported.rejected]


def everything(house: House) -> list[list[tuple[Any, ...]]]:
    tables = ("contact", "contact_address", "organization", "redirect", "dirty", "link")
    return [house.rows(f"SELECT * FROM {table}") for table in tables]  # noqa: S608 # names of ours


def test_a_second_import_of_a_file_changes_nothing(house: House, tmp_path: Path) -> None:
    text = (
        "id,name,email,email 2\n1,Ann,ann@client.example,ann@home.example\n2,Bo,bo@client.example,\n,Cy,c@x.example,\n"
    )
    assert counts(take(house, tmp_path / "a.csv", text)) == (3, 0, 0)
    before = everything(house)
    assert counts(take(house, tmp_path / "a.csv", text)) == (0, 0, 3)
    assert everything(house) == before
    changed = text.replace(",Bo,", ",Bob,").replace(",ann@home.example", ",")
    assert counts(take(house, tmp_path / "a.csv", changed)) == (0, 2, 1)


def test_what_cannot_be_taken_is_told_with_its_line(house: House, tmp_path: Path) -> None:
    take(house, tmp_path / "b.csv", "id,name,email\n7,Zoe,zoe@client.example\n", "crm")
    text = (
        "id,name,email,email 2\n"
        "1,Ann,ann@client.example,not an address\n"
        "2,Alice,Alice@ACME.example,\n"
        "3,Twice,ANN@client.example,twice@client.example\n"
        "1,Same id,other@client.example,\n"
        "4,Taken,zoe@client.example,four@client.example\n"
        ",Nothing,,\n"
        f"{'x' * 201},Long id,long@client.example,\n"
        f"5,{'y' * 1001},long@client.example,\n"
        "6,Phone only,,\n"
    )
    imported = take(house, tmp_path / "a.csv", text)
    assert counts(imported) == (4, 0, 0)
    assert rejected(imported) == [
        (2, '"not an address" is no e-mail address'),
        (3, "alice@acme.example is an address of our own"),
        (4, "ann@client.example stands in line 2 already"),
        (5, "the id 1 stands in line 2 already"),
        (6, "zoe@client.example already belongs to Zoe (from crm, id 7)"),
        (7, "neither an e-mail address nor an id"),
        (8, "the id is no text of at most 200 printable characters"),
        (9, "the name has 1001 characters; at most 1000 are possible"),
    ]
    assert house.rows("SELECT display_name FROM v1_contact WHERE external_source = 'list'") == [
        ("Ann",),
        ("Phone only",),
        ("Taken",),
        ("Twice",),
    ]


def test_a_typing_error_takes_nothing_away(house: House, tmp_path: Path) -> None:
    take(house, tmp_path / "a.csv", "id,name,email\n1,Ann,ann@client.example\n")
    imported = take(house, tmp_path / "a.csv", "id,name,email\n1,Ann,ann@client@example\n")
    assert (counts(imported), len(imported.rejected)) == ((0, 0, 0), 1)
    assert house.rows("SELECT address, valid_to_at FROM v1_contact_address") == [(ANN, None)]


def test_addresses_are_shown_as_typed_but_for_what_is_no_spelling(house: House, tmp_path: Path) -> None:
    typed = ["Ann.Lee@Client.example", "mailto:bo@client.example", "\u200fcy@client.example", "d@مثال.example"]
    take(house, tmp_path / "a.csv", "email\n" + "\n".join(typed))
    assert house.rows("SELECT address FROM v1_contact_address") == [
        ("Ann.Lee@Client.example",),
        ("bo@client.example",),
        ("cy@client.example",),
        ("d@مثال.example",),
    ]


def test_names_are_composed_and_found_in_every_spelling(house: House, tmp_path: Path) -> None:
    take(house, tmp_path / "a.csv", "name,email\nعلي رضائي,a@x.example\nБүрэн Й,b@x.example\n")
    assert house.rows("SELECT display_name, name_key FROM contact ORDER BY 1") == [
        ("Бүрэн Й", "бүрэн й"),
        ("علي رضائي", "رضایی علی"),
    ]


def test_a_dry_run_says_what_would_happen_and_writes_nothing(house: House, tmp_path: Path) -> None:
    take(house, tmp_path / "a.csv", "id,name,email\n1,Ann,ann@client.example\n2,Bo,bo@client.example\n")
    before = everything(house)
    text = "id,name,email\n1,Ann,bo@client.example\n2,Bo,ann@client.example\n3,Cy,cy@client.example\n"
    dry = take(house, tmp_path / "a.csv", text, dry_run=True)
    assert everything(house) == before
    assert counts(dry) == (1, 2, 0)
    assert take(house, tmp_path / "a.csv", text) == dry


def test_contacts_of_a_policy_that_makes_none_have_their_history(
    new_house: Callable[..., House], tmp_path: Path
) -> None:
    sent = mail(ALICE, ANN, mid="a@x")
    house = new_house(company(Create.OFF))
    house.read("alice", "Sent", [sent], Purpose.SENT)
    take(house, tmp_path / "a.csv", "email\nann@client.example\n")
    assert house.fetch_wanted({("alice", "Sent"): (Purpose.SENT, [sent])}) == 1
    assert house.rows("SELECT reason FROM v1_interaction_contact") == [("address",)]
