"""Days that other programs set by SQL: taken within a poll, each row answered; what they are set on may move on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Purpose
from daemon.deadlines import apply_deadlines
from daemon.decisions import export as write_decisions
from daemon.decisions import import_decisions
from daemon.erasing import erase
from store.contacts import merging
from store.privacy import erasure, export
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, ANN, BEN = "alice@acme.example", "ann@client.example", "ben@client.example"
TAKEN = "SELECT external_id, applied_at IS NOT NULL, error FROM w1_deadline"
DAYS = (
    "SELECT d.external_id, d.due_on, c.display_name, d.ended_at IS NOT NULL"
    " FROM deadline d JOIN contact c ON c.id = d.contact_id"
)
LATER = NOON + timedelta(days=1)


def expect(house: House, **values: Any) -> None:
    """Another program writes a row."""
    row = {"external_source": "crm", "external_id": "1", "due_on": "2026-03-20", **values}
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    house.execute(f"INSERT INTO w1_deadline ({columns}) VALUES ({marks})", *row.values())  # noqa: S608 - names above


def filled(house: House) -> tuple[str, str]:
    """Ann, and the thread of a mail to her and Ben."""
    house.read("alice", "sent", [mail(ALICE, ANN, BEN, mid="offer@acme", subject="Offer")], Purpose.SENT)
    ((contact_id,),) = house.rows(f"SELECT contact_id FROM v1_contact_address WHERE address = '{ANN}'")  # noqa: S608 - words above
    ((thread_id,),) = house.rows("SELECT thread_id FROM v1_interaction")
    return contact_id, thread_id


def test_each_row_is_answered(house: House) -> None:
    contact_id, thread_id = filled(house)
    nobody = "00000000-0000-8000-8000-000000000000"
    rows: list[tuple[dict[str, Any], str | None]] = [
        ({"contact_id": contact_id}, None),
        ({"thread_id": thread_id}, None),
        ({"contact_id": contact_id, "thread_id": thread_id, "title": "Offer 17"}, None),
        ({}, "contact_id and thread_id are both NULL: one of them must say what it is set on"),
        ({"contact_id": nobody}, f"there is no contact {nobody}"),
        ({"thread_id": nobody}, f"no mail of the thread {nobody} has to do with a contact"),
        ({"contact_id": ""}, "contact_id or thread_id is no id"),
        ({"contact_id": contact_id, "title": ""}, "title is empty, or no text in UTF-8"),
        ({"contact_id": contact_id, "title": "x" * 201}, "title has 201 characters; at most 200 are possible"),
    ]
    if house.store.engine.dialect.name == "sqlite":
        rows += [
            ({"contact_id": contact_id, "due_on": "soon"}, "due_on is no day such as 2026-03-01"),
            ({"contact_id": contact_id, "is_deleted": 7}, "is_deleted is neither true nor false"),
            ({"contact_id": contact_id, "title": b"\xff"}, "title is empty, or no text in UTF-8"),
            ({"contact_id": contact_id, "since_at": "soon"}, "since_at is no instant such as 2026-03-01T08:00:00Z"),
            ({"external_source": b"\xff"}, "external_source or external_id is no text in UTF-8"),
        ]
    for number, (row, _error) in enumerate(rows):
        expect(house, external_id=f"{number:02}", **row)
    assert apply_deadlines(house.store, lambda: NOON) == len(rows)
    assert house.rows(TAKEN) == [(f"{number:02}", int(not error), error) for number, (_row, error) in enumerate(rows)]
    taken = [(number, str(day), name) for number, day, name, _ended in house.rows(DAYS)]
    assert taken == [(f"{number:02}", "2026-03-20", ANN) for number in range(3)]
    assert apply_deadlines(house.store, lambda: NOON) == 0


def test_a_row_that_is_written_again_says_the_same(house: House) -> None:
    contact_id, _thread = filled(house)
    expect(house, contact_id=contact_id)
    apply_deadlines(house.store, lambda: NOON)
    house.execute("UPDATE w1_deadline SET due_on = '2026-03-20'")
    assert apply_deadlines(house.store, lambda: LATER) == 0
    before = house.rows("SELECT * FROM deadline")
    house.execute("UPDATE w1_deadline SET applied_at = NULL")
    assert apply_deadlines(house.store, lambda: LATER) == 1
    assert house.rows("SELECT * FROM deadline") == before
    house.execute("UPDATE w1_deadline SET due_on = '2026-03-27'")
    house.execute("UPDATE w1_deadline SET due_on = '2026-03-20'")
    apply_deadlines(house.store, lambda: LATER)
    assert house.rows("SELECT * FROM deadline") == before


def test_its_key_does_not_change(house: House) -> None:
    contact_id, _thread = filled(house)
    expect(house, contact_id=contact_id)
    with pytest.raises(Exception, match="the key of a row of w1_deadline does not change"):
        house.execute("UPDATE w1_deadline SET external_id = '2'")


def test_it_goes_with_the_contact_that_is_merged_and_erased(house: House) -> None:
    contact_id, _thread = filled(house)
    ((other,),) = house.rows(f"SELECT contact_id FROM v1_contact_address WHERE address = '{BEN}'")  # noqa: S608 - words above
    expect(house, contact_id=contact_id)
    apply_deadlines(house.store, lambda: NOON)
    house.derive()
    with house.store.write() as transaction:
        merging.merge(transaction, contact_id, other, NOON)
    assert (other,) in house.rows("SELECT key FROM dirty WHERE kind = 'task'")
    house.derive()
    # whoever names the merged one means the one that stands for it
    expect(house, external_id="2", contact_id=contact_id)
    apply_deadlines(house.store, lambda: NOON)
    assert ("2", other) in house.rows("SELECT external_id, contact_id FROM deadline")
    with house.store.read() as transaction:
        found = erasure.find(transaction, house.company.rules, BEN)
        told = list(export.records(transaction, house.store.key, found, house.company.rules))
    days = [(each["external_id"], each["due_on"]) for each in told if each["record"] == "deadline"]
    assert ("2", "2026-03-20") in days
    erase(house.ingest(), ANN)
    erase(house.ingest(), BEN)
    assert house.rows("SELECT * FROM deadline") == house.rows("SELECT * FROM w1_deadline") == []


def test_in_a_store_that_is_built_anew_answers_count_as_before(new_house: Callable[..., House], tmp_path: Path) -> None:
    old = new_house()
    contact_id, _thread = filled(old)
    expect(old, contact_id=contact_id, title="Offer 17")
    apply_deadlines(old.store, lambda: NOON)
    write_decisions(old.store, tmp_path / "decisions.jsonl", NOON, "0.1.0")
    new = new_house()
    filled(new)
    import_decisions(new.store, new.company, lambda: LATER, tmp_path / "decisions.jsonl")
    assert apply_deadlines(new.store, lambda: LATER) == 1
    everything = "SELECT * FROM deadline"
    assert new.rows(everything) == old.rows(everything)
