"""What a person decides about contacts on the command line, and what readers see of it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.integration.company import Company

pytestmark = pytest.mark.slow

MAIL = (
    "From: {}\nTo: alice@acme.example\nDate: Mon, 2 Mar 2026 {}:00:00 +0000\nMessage-ID: <{}@x>\nSubject: Hello\n\nHi\n"
)
ANN, HOME = "ann@client.example", "ann@home.example"


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Two entered contacts and a mail of each."""
    mail = tmp_path / "mail"
    mail.mkdir()
    for hour, sender in enumerate((ANN, HOME), 10):
        (mail / f"{hour}.eml").write_text(MAIL.format(sender, hour, hour))
    company = Company(tmp_path / "company")
    company.extra = f"""
[[accounts]]
name = "alice"
owner = "alice@acme.example"
kind = "local"
[accounts.options]
path = "{mail}"
format = "eml"
"""
    (tmp_path / "list.csv").write_text(f"id,name,email\n1,Ann Lee,{ANN}\n2,A. Lee,{HOME}\n")
    assert company.run("contacts", "import", str(tmp_path / "list.csv")).code == 0
    assert company.run("sync").code == 0
    return company


def rows(company: Company, sql: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(company.store) as reader:
        found = reader.execute(sql).fetchall()
    reader.close()
    return found


OWNERS = (
    "SELECT i.message_id, c.display_name FROM v1_interaction_contact l JOIN v1_interaction i"
    " ON i.id = l.interaction_id JOIN v1_contact c ON c.id = l.contact_id ORDER BY 1"
)


def test_merging_parting_and_moving(company: Company) -> None:
    merged = company.run("contacts", "merge", "--json", ANN, "A. Lee").document
    assert (merged["contact"]["display_name"], merged["contact"]["addresses"]) == ("Ann Lee", [ANN, HOME])
    assert rows(company, OWNERS) == [("10@x", "Ann Lee"), ("11@x", "Ann Lee")]
    again = company.run("contacts", "merge", ANN, HOME)
    assert (again.code, "the two are the same contact" in again.err) == (1, True)
    assert company.run("contacts", "unmerge", "Ann Lee").out == "A. Lee is a contact of its own again\n"
    assert rows(company, OWNERS) == [("10@x", "Ann Lee"), ("11@x", "A. Lee")]
    nothing = company.run("contacts", "unmerge", HOME)
    assert (nothing.code, "nobody was merged into A. Lee" in nothing.err) == (1, True)
    moved = company.run("contacts", "move", HOME, ANN, "--on", "2026-03-01").out
    assert moved == f"{HOME} is of Ann Lee from 2026-03-01 00:00 UTC on; it was of A. Lee\n"
    assert rows(company, OWNERS) == [("10@x", "Ann Lee"), ("11@x", "Ann Lee")]


def test_words_that_name_nobody_or_several_are_told(company: Company) -> None:
    several = company.run("contacts", "merge", "--json", "lee", ANN)
    assert (several.code, len(several.document["candidates"])) == (1, 2)
    nobody = company.run("contacts", "move", ANN, "zoe")
    assert (nobody.code, 'no contact is known as "zoe"' in nobody.err) == (1, True)
    assert company.run("contacts", "move", ANN, HOME, "--on", "tomorrow").code == 2
    ours = company.run("contacts", "move", "alice@acme.example", HOME)
    assert (ours.code, "is an address of our own" in ours.err) == (1, True)


def test_what_is_open_is_told_with_what_to_do(company: Company, tmp_path: Path) -> None:
    assert company.run("contacts", "ambiguities").out == "nothing is open\n"
    (tmp_path / "hub.csv").write_text("id,name,email\n7,Ann Lee,lee@client.example\n")
    assert company.run("contacts", "import", str(tmp_path / "hub.csv")).code == 0
    told = company.run("contacts", "ambiguities")
    assert (told.code, told.out.splitlines()[0]) == (
        1,
        "Ann Lee, client.example is the name of several contacts, from different sources",
    )
    (only,) = company.run("contacts", "ambiguities", "--json").document["ambiguities"]
    assert (only["kind"], len(only["contacts"])) == ("name", 2)
    assert "contacts merge" in only["hint"]


def test_contacts_go_to_a_file_and_back(company: Company, tmp_path: Path) -> None:
    for name in ("out.csv", "out.vcf"):
        path = tmp_path / name
        assert company.run("contacts", "export", str(path)).out == f"{path}: 2 contacts\n"
        back = company.run("contacts", "import", "--json", str(path))
        assert (back.code, back.document["unchanged"], back.document["updated"]) == (0, 2, 0)
    assert company.run("contacts", "export", "--json", str(path), "--source", "nobody").document["contacts"] == 0
    assert company.run("contacts", "export", str(tmp_path / "out.txt")).code == 2


def test_a_complete_file_is_braked_until_somebody_believes_it(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id,name,email\n")
    held = company.run("contacts", "import", str(path), "--complete")
    assert (held.code, "leaves out 2 contacts" in held.err) == (1, True)
    told = company.run("contacts", "import", str(path), "--complete", "--accept-removals", "--dry-run", "--json")
    assert (told.code, told.document["removed"]) == (0, 2)
    assert company.run("contacts", "import", str(path), "--complete", "--accept-removals").code == 0
    assert rows(company, "SELECT * FROM v1_contact") == []
