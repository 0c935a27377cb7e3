"""People and accounts of the configuration as rows: ids that last, names that may change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.accounts import company, standings
from store.accounts.company import AccountFacts, PersonFacts
from store.accounts.standings import Standing
from store.engine import Store
from store.errors import StoreError
from tests.unit.daemon.company_mail import KEY

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PEOPLE = [PersonFacts(addresses=("alice@acme.example", "a@acme.example"), name="Alice")]


@pytest.fixture
def store(new_url: Callable[[str], str], tmp_path: Path) -> Iterator[Store]:
    with Store.open(new_url("store"), key_text=KEY, key_file=tmp_path / "unused") as store:
        yield store


def save(store: Store, *accounts: tuple[str, str], now: datetime = NOW) -> dict[str, str]:
    facts = [
        AccountFacts(name=name, owner="alice@acme.example", kind="imap", login=login, is_shared=False)
        for name, login in accounts
    ]
    with store.write() as transaction:
        company.save_people(transaction, store.key, PEOPLE)
        return company.save_accounts(transaction, store.key, facts, now)


def succeed(store: Store, account_id: str) -> None:
    with store.write() as transaction:
        standings.save(transaction, account_id, Standing(state="ok", state_since_at=NOW, last_success_at=NOW))


def names(store: Store) -> list[str]:
    with store.read() as transaction:
        return sorted(row[0] for row in transaction.exec_driver_sql("SELECT name FROM v1_account_status"))


def test_an_account_keeps_its_id_under_a_new_name(store: Store) -> None:
    old = save(store, ("alice", "alice@mail"))["alice"]
    assert save(store, ("sales", "alice@mail")) == {"sales": old}
    assert names(store) == ["sales"]


def test_two_accounts_may_swap_their_names(store: Store) -> None:
    before = save(store, ("a", "1@mail"), ("b", "2@mail"))
    assert save(store, ("a", "2@mail"), ("b", "1@mail")) == {"a": before["b"], "b": before["a"]}


def test_another_mailbox_under_the_name_of_one_that_was_read_is_refused(store: Store) -> None:
    succeed(store, save(store, ("alice", "alice@mail"))["alice"])
    with pytest.raises(StoreError, match="alice@mail, now it is alice@elsewhere"):
        save(store, ("alice", "alice@elsewhere"))


def test_a_login_that_never_worked_may_be_put_right(store: Store) -> None:
    save(store, ("alice", "alice@typo"))
    save(store, ("alice", "alice@mail"))
    assert names(store) == ["alice"]


def test_an_account_that_is_left_out_ends_and_may_come_back(store: Store) -> None:
    first = save(store, ("a", "1@mail"), ("b", "2@mail"))
    save(store, ("a", "1@mail"))
    assert names(store) == ["a"]
    again = save(store, ("a", "1@mail"), ("b", "2@mail"), now=NOW + timedelta(days=1))
    assert again == first
    assert names(store) == ["a", "b"]


def test_people_who_are_no_longer_named_stay_inactive_with_their_addresses(store: Store) -> None:
    save(store)
    with store.write() as transaction:
        company.save_people(transaction, store.key, [PersonFacts(addresses=("bob@acme.example",))])
        rows = transaction.exec_driver_sql("SELECT email, is_active FROM v1_person ORDER BY email").all()
        assert [tuple(row) for row in rows] == [("alice@acme.example", False), ("bob@acme.example", True)]
        assert sorted(company.people_by_address(transaction)) == [
            "a@acme.example",
            "alice@acme.example",
            "bob@acme.example",
        ]


def test_an_address_that_changes_hands_belongs_to_the_new_person(store: Store) -> None:
    save(store)
    with store.write() as transaction:
        company.save_people(transaction, store.key, [PersonFacts(addresses=("bob@acme.example", "a@acme.example"))])
        owners = company.people_by_address(transaction)
    assert owners["a@acme.example"] == owners["bob@acme.example"] != owners["alice@acme.example"]
