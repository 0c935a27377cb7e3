"""Rows of the tables w1_* that change wait for the daemon again, whatever statement changed them."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest

from tests.unit.daemon.company_mail import House

_ADDRESS = "INSERT INTO w1_contact_address (external_source, external_id, address) VALUES ('crm', '1', 'a@x.example')"
_REPLACE = "INSERT OR REPLACE INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', '1', ?)"
_THEN = "2026-01-01T00:00:00.000000Z"
_UPSERT = (
    "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', '1', ?)"
    " ON CONFLICT (external_source, external_id) DO UPDATE SET display_name = excluded.display_name"
)


@pytest.fixture
def other(house: House) -> House:
    """With one contact whose rows were answered."""
    house.execute(_UPSERT, "Ann")
    house.execute(_ADDRESS)
    for table in ("w1_contact", "w1_contact_address"):
        house.execute(f"UPDATE {table} SET applied_at = '{_THEN}', error = 'e'")  # noqa: S608 # two names of ours
    return house


def answers(other: House) -> list[tuple[object, ...]]:
    """Of the contact and of its address."""
    return [
        row
        for table in ("w1_contact", "w1_contact_address")
        for row in other.execute(f"SELECT applied_at, error FROM {table}")  # noqa: S608 # two names of ours
    ]


def test_answers_stay_while_nothing_changes(other: House) -> None:
    other.execute(_UPSERT, "Ann")
    other.execute("UPDATE w1_contact SET is_deleted = is_deleted, external_id = external_id")
    assert answers(other) == [(_THEN, "e"), (_THEN, "e")]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE w1_contact SET display_name = 'Ann Lee'",
        "UPDATE w1_contact SET display_name = NULL",
        "UPDATE w1_contact SET is_deleted = true",
        _UPSERT.replace("?", "'Ann Lee'"),
        _UPSERT.replace("?", "NULL"),
    ],
)
def test_a_changed_contact_waits_again(other: House, change: str) -> None:
    other.execute(change)
    assert answers(other) == [(None, None), (_THEN, "e")]


def test_a_replaced_contact_waits_again(sqlite_house: House) -> None:
    for value in ("Ann", "Ann"):
        sqlite_house.execute(_REPLACE, value)
        assert sqlite_house.execute("SELECT applied_at, error FROM w1_contact") == [(None, None)]
        sqlite_house.execute("UPDATE w1_contact SET applied_at = ?, error = 'e'", _THEN)


@pytest.mark.parametrize("flag", ["is_primary", "is_deleted"])
def test_a_changed_address_waits_again(other: House, flag: str) -> None:
    other.execute(f"UPDATE w1_contact_address SET {flag} = true")  # noqa: S608 # two names of ours
    assert answers(other) == [(_THEN, "e"), (None, None)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE w1_contact SET external_id = '2'",
        "UPDATE w1_contact SET external_source = 'hub'",
        "UPDATE w1_contact_address SET address = 'b@x.example'",
        "UPDATE w1_contact_address SET external_id = '2'",
    ],
)
def test_keys_do_not_change(other: House, change: str) -> None:
    with pytest.raises(
        (sqlite3.IntegrityError, psycopg.errors.RaiseException),
        match="does not change: set is_deleted and insert another row",
    ):
        other.execute(change)
