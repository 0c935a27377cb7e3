"""Sealed columns: what is stored opens in its own row alone, and a rotation leaves nothing under the old key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Integer, MetaData, Table, func, insert, select, update
from sqlalchemy.exc import StatementError

from store import sealing
from store.engine import Store
from store.errors import StoreError
from store.schema.tables import metadata
from store.sealing import SealingKeys, parse_keys, place_of, rotate, sealed_columns, unopened
from store.types import Instant, Sealed
from tests.unit.daemon.company_mail import NOON, House

OLD, NEW = "aa" * 32, "bb" * 32
PLACE = "oauth_token/7/refresh_token"


def test_the_form_is_the_documented_one() -> None:
    keys = parse_keys(OLD)
    version, key_id, nonce, sealed = keys.seal("grüße", PLACE).split(":")
    assert (version, key_id) == ("v1", keys.newest)
    assert len(nonce) == 16  # 96 bits in base64url
    assert "=" not in nonce + sealed
    assert keys.seal("grüße", PLACE) != keys.seal("grüße", PLACE)
    assert keys.open(":".join((version, key_id, nonce, sealed)), PLACE) == "grüße"


@pytest.mark.parametrize(
    "place", ["oauth_token/8/refresh_token", "oauth_token/7/access_token", "other/7/refresh_token", ""]
)
def test_a_secret_does_not_open_in_another_place(place: str) -> None:
    keys = parse_keys(OLD)
    with pytest.raises(StoreError, match="comes from another row") as caught:
        keys.open(keys.seal("topsecret", PLACE), place)
    assert "topsecret" not in str(caught.value)


def test_what_was_changed_does_not_open() -> None:
    keys = parse_keys(OLD)
    sealed = keys.seal("topsecret", PLACE)
    for at in range(len(sealed)):
        changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
        if at == len(sealed) - 1:
            continue  # the last letter of base64 may have bits that mean nothing
        with pytest.raises(StoreError):
            keys.open(changed, PLACE)


@pytest.mark.parametrize("text", ["", "topsecret", "v1:", "v1:a:b", "v1:a:b:c", "v2:a:b:c", "v1:a:!:?", "v1:::"])
def test_what_is_no_sealed_text_does_not_open(text: str) -> None:
    with pytest.raises(StoreError):
        parse_keys(OLD).open(text, PLACE)


def test_the_first_line_seals_and_the_others_open() -> None:
    old, both = parse_keys(OLD), parse_keys(f"{NEW}\n\n{OLD.upper()}\n")
    assert both.newest == parse_keys(NEW).newest != old.newest
    assert both.open(old.seal("x", PLACE), PLACE) == "x"
    assert parse_keys(NEW).open(both.seal("x", PLACE), PLACE) == "x"
    with pytest.raises(StoreError, match=f"under the key {both.newest}, which is not at hand"):
        old.open(both.seal("x", PLACE), PLACE)


@pytest.mark.parametrize("text", ["", "\n", "aa", "zz" * 32, "aa" * 33, f"{OLD}\nab"])
def test_what_is_no_key_is_refused_with_how_to_make_one(text: str) -> None:
    with pytest.raises(StoreError, match=r"^store\.secrets_key_file must be lines of 64 hexadecimal") as caught:
        parse_keys(text, "store.secrets_key_file")
    assert caught.value.hint == "make a key with: openssl rand -hex 32"
    assert not text.strip() or text.strip() not in str(caught.value)


def test_keys_do_not_show_themselves() -> None:
    keys = parse_keys(OLD)
    assert OLD not in repr(keys)
    assert str(bytes.fromhex(OLD)) not in repr(keys)


def test_nothing_is_written_in_clear(house: House) -> None:
    with pytest.raises(StatementError, match="would be written in clear"), house.store.write() as transaction:
        transaction.execute(insert(metadata.tables["oauth_token"]).values(token(house, "alice", "topsecret")))


def token(house: House, account: str, secret: str | None) -> dict[str, Any]:
    return {
        "account_id": house.accounts[account],
        "issuer": "x",
        "client_id": "x",
        "refresh_token": secret,
        "version": 1,
        "stored_at": NOON,
    }


def filled(store: Store, keys: SealingKeys, rows: int) -> Iterator[Table]:
    """Rows with secrets in every table that has a sealed column, found by the schema alone."""
    for table in metadata.sorted_tables:
        sealed = [column for column in table.columns if isinstance(column.type, Sealed)]
        if not sealed:
            continue
        with store.write() as transaction:
            for number in range(rows):
                values = {column.name: value_of(column, number, transaction) for column in table.columns}
                row_key = [values[column.name] for column in table.primary_key]
                values |= {
                    column.name: keys.seal(f"{column.name} {number}", place_of(column, *row_key)) for column in sealed
                }
                transaction.execute(insert(table).values(values))
        yield table


def value_of(column: Column[Any], number: int, transaction: Any) -> Any:
    """Something that the column can hold; rows that it refers to are made."""
    if isinstance(column.type, Sealed) or (column.nullable and not column.foreign_keys):
        return None
    value: Any = number if isinstance(column.type, Integer) else f"x{number}"
    if isinstance(column.type, Instant | Boolean):
        return NOON if isinstance(column.type, Instant) else False
    for foreign in column.foreign_keys:
        parent = foreign.column.table
        row = {
            each.name: value if each is foreign.column else value_of(each, number, transaction)
            for each in parent.columns
        }
        if transaction.scalar(select(func.count()).where(foreign.column == value)) == 0:
            transaction.execute(insert(parent).values(row))
    return value


def texts(house: House) -> Iterator[str]:
    """Every text in every column of every table."""
    for name in metadata.tables:
        for row in house.rows(f'SELECT * FROM "{name}"'):  # noqa: S608 - tables of ours
            yield from (value for value in row if isinstance(value, str))


def test_a_rotation_leaves_nothing_under_the_old_key(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 3)
    old, both = parse_keys(OLD), parse_keys(f"{NEW}\n{OLD}")
    tables = list(filled(house.store, old, 8))
    assert tables
    before = sum(f":{old.newest}:" in text for text in texts(house))
    done = rotate(house.store, both)
    assert done.resealed == before
    assert (done.held, done.unopened) == ({both.newest: before}, [])
    assert not any(f":{old.newest}:" in text for text in texts(house))
    with house.store.read() as transaction:
        assert list(unopened(transaction, parse_keys(NEW))) == []
    again = rotate(house.store, both)
    assert (again.resealed, again.held) == (0, {both.newest: before})


def test_every_column_that_holds_sealed_text_is_known_as_one(house: House) -> None:
    list(filled(house.store, parse_keys(OLD), 1))
    known = {(table.name, column.name) for table, column in sealed_columns()}
    for table in metadata.tables.values():
        for column in table.columns:
            rows = house.rows(f'SELECT "{column.name}" FROM "{table.name}"')  # noqa: S608 - as above
            assert (table.name, column.name) in known or not any(str(value).startswith("v1:") for (value,) in rows)


def test_a_rotation_goes_on_where_it_was_ended(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 2)
    old, both = parse_keys(OLD), parse_keys(f"{NEW}\n{OLD}")
    list(filled(house.store, old, 6))

    class Killed(BaseException):
        pass

    def end(resealed: int) -> None:
        if resealed >= 4:
            raise Killed

    with pytest.raises(Killed):
        rotate(house.store, both, end)
    with house.store.read() as transaction:
        between = sealing.held(transaction)
    assert set(between) == {old.newest, both.newest}
    rest = rotate(house.store, both)
    assert rest.resealed == between[old.newest]
    assert rest.held == {both.newest: sum(between.values())}


def test_what_does_not_open_is_named_and_left(house: House) -> None:
    lost, both = parse_keys("cc" * 32), parse_keys(f"{NEW}\n{OLD}")
    table = metadata.tables["oauth_token"]
    place = place_of(table.c.refresh_token, house.accounts["bob"])
    with house.store.write() as transaction:
        for who, keys in (("alice", parse_keys(OLD)), ("bob", lost)):
            there = place_of(table.c.refresh_token, house.accounts[who])
            transaction.execute(insert(table).values(token(house, who, keys.seal(who, there))))
    done = rotate(house.store, both)
    assert (done.resealed, done.unopened, done.held) == (1, [place], {both.newest: 1, lost.newest: 1})
    with house.store.read() as transaction:
        [(where, why)] = unopened(transaction, both)
    assert where == place
    assert lost.newest in why.problem


def test_a_secret_that_was_copied_to_another_row_does_not_open(house: House) -> None:
    keys, table = parse_keys(OLD), metadata.tables["oauth_token"]
    with house.store.write() as transaction:
        for who in ("alice", "bob"):
            place = place_of(table.c.refresh_token, house.accounts[who])
            transaction.execute(insert(table).values(token(house, who, keys.seal(who, place))))
    theirs = select(table.c.refresh_token).where(table.c.account_id == house.accounts["bob"]).scalar_subquery()
    mine = update(table).where(table.c.account_id == house.accounts["alice"])
    with house.store.write() as transaction:
        stolen = transaction.scalar(select(theirs))
        transaction.execute(mine.values(refresh_token=stolen))
    with house.store.read() as transaction:
        assert [where for where, _why in unopened(transaction, keys)] == [
            place_of(table.c.refresh_token, house.accounts["alice"])
        ]


def test_a_column_is_sealed_by_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    other = MetaData()
    table = Table("vault", other, Column("id", Integer, primary_key=True), Column("what", Sealed))
    monkeypatch.setattr(sealing, "metadata", other)
    assert list(sealed_columns()) == [(table, table.c.what)]


def test_the_number_of_rows_is_told_as_it_goes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 2)
    list(filled(house.store, parse_keys(OLD), 4))
    told: list[int] = []
    progress: Callable[[int], None] = told.append
    done = rotate(house.store, parse_keys(f"{NEW}\n{OLD}"), progress)
    assert told == sorted(told)
    assert told[-1] == done.resealed
