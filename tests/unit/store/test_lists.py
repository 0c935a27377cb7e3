"""Rows whose column has one of many values, whatever the values are."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, delete, select

from store.schema.core import dirty, person, reference
from store.upsert import one_of, select_in, upsert_rows
from tests.unit.daemon.company_mail import House

_KEYS = [bytes([number]) * 16 for number in range(1, 9)]
_WORDS = ['"', "\\u0000", "a\\", "'", "سلام", "Сайн уу 😀", "[1]", "null", "\u2028"]


def test_values_travel_whole(house: House) -> None:
    rows = select(reference.c.target_key)
    words = select(dirty.c.key).where(dirty.c.kind == bindparam("what"))
    with house.store.write() as connection:
        upsert_rows(connection, reference, reference.c.keys(), [(key, key[::-1]) for key in _KEYS])
        upsert_rows(connection, dirty, ("kind", "key"), [("x", word) for word in _WORDS])
        for keys in (_KEYS[:1], _KEYS[2:4], [*_KEYS[1:7], None, b"\xff" * 16, _KEYS[1]]):
            found = select_in(connection, rows.where, reference.c.message_key, keys)
            assert {row.target_key for row in found} == set(keys) & set(_KEYS)
        for wanted in (_WORDS[:1], _WORDS[3:], [*_WORDS, "y", None]):
            found = select_in(connection, words.where, dirty.c.key, wanted, {"what": "x"})
            assert {row.key for row in found} == set(wanted) & set(_WORDS)
        assert select_in(connection, rows.where, reference.c.message_key, iter(())) == []
        connection.execute(delete(dirty).where(one_of(connection, dirty.c.key, _WORDS[2:])))
        assert set(connection.scalars(select(dirty.c.key).where(dirty.c.kind == "x"))) == set(_WORDS[:2])
        both = (
            one_of(connection, reference.c.message_key, _KEYS[:5]),
            one_of(connection, reference.c.target_key, _KEYS[4:]),
        )
        assert connection.scalars(rows.where(*both)).all() == [_KEYS[4]]


def test_on_sqlite_no_value_is_taken_for_another(sqlite_house: House) -> None:
    with sqlite_house.store.write() as connection:
        upsert_rows(connection, dirty, ("kind", "key"), [("x", "a")])
        asked = select(dirty.c.key).where
        assert select_in(connection, asked, dirty.c.key, ["a\0b", "z"]) == []
        assert select_in(connection, select(person.c.id).where, person.c.id, ["a\0b"]) == []
        with pytest.raises(ValueError, match="16 bytes"):
            select_in(connection, select(reference.c.target_key).where, reference.c.message_key, [b"short"])
