"""Contacts entered on PostgreSQL: as on SQLite, and beside programs that hold rows locked."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from connectors.api import Purpose
from daemon.contacts.importing import import_contacts, read_contacts
from daemon.entered import apply_entered
from tests.unit.daemon.company_mail import NOON, House, mail

pytestmark = pytest.mark.server

ALICE, ANN, HOME = "alice@acme.example", "ann@client.example", "ann@home.example"
_CONTACT = (
    "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', %s, %s)"
    " ON CONFLICT (external_source, external_id) DO UPDATE SET display_name = excluded.display_name"
)
_ADDRESS = "INSERT INTO w1_contact_address (external_source, external_id, address) VALUES ('crm', %s, %s)"


@pytest.fixture
def house(postgres_house: House) -> House:
    return postgres_house


def apply(house: House) -> int:
    done = apply_entered(house.store, house.company, lambda: NOON)
    house.derive()
    return done


def test_a_file_merges_what_the_policy_made(house: House, tmp_path: Path) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x"), mail(ALICE, HOME, mid="b@x", minute=1)], Purpose.SENT)
    (tmp_path / "a.csv").write_text(f"id,name,email,email 2\n1,Ann,{ANN},{HOME}\n", "utf-8")
    for expected in ((0, 1, 0), (0, 0, 1)):
        found = read_contacts(tmp_path / "a.csv")
        done = import_contacts(house.store, house.company, lambda: NOON, found, "list")
        house.derive()
        assert (done.created, done.updated, done.unchanged) == expected
    assert house.rows("SELECT display_name, external_id FROM v1_contact") == [("Ann", "1")]
    assert house.rows("SELECT address, reason FROM v1_interaction_contact") == [(ANN, "address"), (HOME, "address")]
    assert len(house.rows("SELECT * FROM v1_redirect WHERE entity = 'contact'")) == 1


def test_rows_are_applied_answered_and_wait_again_when_they_change(house: House, other: psycopg.Connection) -> None:
    other.execute(_CONTACT, ("1", "Ann"))
    other.execute(_ADDRESS, ("1", ANN))
    other.execute(_ADDRESS, ("1", "nonsense"))
    other.commit()
    assert (apply(house), apply(house)) == (1, 0)
    answers = "SELECT address, applied_at IS NOT NULL, error FROM w1_contact_address"
    assert house.rows(answers) == [(ANN, True, None), ("nonsense", False, '"nonsense" is no e-mail address')]
    other.execute(_CONTACT, ("1", "Ann"))
    other.commit()
    assert apply(house) == 0
    other.execute(_CONTACT, ("1", "Ann Lee"))
    other.execute("UPDATE w1_contact_address SET is_deleted = true WHERE address = %s", (ANN,))
    other.commit()
    assert apply(house) == 1
    assert house.rows("SELECT display_name FROM v1_contact") == [("Ann Lee",)]
    assert house.rows("SELECT valid_to_at IS NULL FROM v1_contact_address") == [(False,)]
    with pytest.raises(psycopg.errors.RaiseException, match="the key of a row of w1_contact does not change"):
        other.execute("UPDATE w1_contact SET external_id = '2'")


def test_rows_that_another_program_holds_wait_and_stop_nobody(house: House, other: psycopg.Connection) -> None:
    for number in ("1", "2"):
        other.execute(_CONTACT, (number, f"Contact {number}"))
        other.execute(_ADDRESS, (number, f"c{number}@client.example"))
    other.commit()
    other.execute("UPDATE w1_contact_address SET is_primary = true WHERE external_id = '1'")
    apply(house)
    names = "SELECT display_name FROM v1_contact"
    assert house.rows(names) == [("Contact 2",)]
    other.commit()
    apply(house)
    assert house.rows(names) == [("Contact 1",), ("Contact 2",)]


def test_a_refused_row_waits_again_unless_another_program_holds_it(
    house: House, other: psycopg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"

    def take(line: str) -> None:
        path.write_text(f"id,name,email\n{line}\n", "utf-8")
        import_contacts(house.store, house.company, lambda: NOON, read_contacts(path), "list")

    take(f"1,Ann,{ANN}")
    other.execute(_CONTACT, ("7", "Bea"))
    other.execute(_ADDRESS, ("7", ANN))
    other.commit()
    apply(house)
    is_refused = "SELECT error IS NOT NULL FROM w1_contact_address"
    assert house.rows(is_refused) == [(True,)]
    other.execute("SELECT * FROM w1_contact_address FOR UPDATE")
    take("1,Ann,")
    assert house.rows(is_refused) == [(True,)]
    other.commit()
    take(f"1,Ann,{ANN}")
    take("1,Ann,")
    assert house.rows(is_refused) == [(False,)]
    assert apply(house) == 1
    assert house.rows(
        "SELECT external_id FROM contact c JOIN contact_address a ON contact_id = c.id WHERE valid_to_at IS NULL"
    ) == [("7",)]
