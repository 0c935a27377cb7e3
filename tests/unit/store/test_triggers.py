"""Rows of the tables w1_* that change wait for the daemon again, whatever statement changed them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.daemon.company_mail import House

_ADDRESS = "INSERT INTO w1_contact_address (external_source, external_id, address) VALUES ('crm', '1', 'a@x.example')"
_UPSERT = (
    "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', '1', ?)"
    " ON CONFLICT (external_source, external_id) DO UPDATE SET display_name = excluded.display_name"
)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection to a store with one contact whose rows were answered."""
    with House(tmp_path) as house:
        connection = sqlite3.connect(str(house.store.engine.url.database), isolation_level=None)
        connection.execute(_UPSERT, ("Ann",))
        connection.execute(_ADDRESS)
        connection.execute("UPDATE w1_contact SET applied_at = '2026', error = 'e'")
        connection.execute("UPDATE w1_contact_address SET applied_at = '2026', error = 'e'")
        yield connection
        connection.close()


def answers(other: sqlite3.Connection) -> list[tuple[str | None, str | None]]:
    """Of the contact and of its address."""
    query = "SELECT applied_at, error FROM w1_contact UNION ALL SELECT applied_at, error FROM w1_contact_address"
    return list(other.execute(query))


def test_answers_stay_while_nothing_changes(other: sqlite3.Connection) -> None:
    other.execute(_UPSERT, ("Ann",))
    other.execute("UPDATE w1_contact SET is_deleted = is_deleted, external_id = external_id")
    assert answers(other) == [("2026", "e"), ("2026", "e")]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE w1_contact SET display_name = 'Ann Lee'",
        "UPDATE w1_contact SET display_name = NULL",
        "UPDATE w1_contact SET is_deleted = 1",
        _UPSERT.replace("?", "'Ann Lee'"),
        _UPSERT.replace("?", "NULL"),
        "INSERT OR REPLACE INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', '1', 'Ann')",
    ],
)
def test_a_changed_contact_waits_again(other: sqlite3.Connection, change: str) -> None:
    other.execute(change)
    assert answers(other) == [(None, None), ("2026", "e")]


@pytest.mark.parametrize("flag", ["is_primary", "is_deleted"])
def test_a_changed_address_waits_again(other: sqlite3.Connection, flag: str) -> None:
    other.execute(f"UPDATE w1_contact_address SET {flag} = 1")  # noqa: S608 # two names of ours
    assert answers(other) == [("2026", "e"), (None, None)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE w1_contact SET external_id = '2'",
        "UPDATE w1_contact SET external_source = 'hub'",
        "UPDATE w1_contact_address SET address = 'b@x.example'",
        "UPDATE w1_contact_address SET external_id = '2'",
    ],
)
def test_keys_do_not_change(other: sqlite3.Connection, change: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="does not change: set is_deleted and insert another row"):
        other.execute(change)
