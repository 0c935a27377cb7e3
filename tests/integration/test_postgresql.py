"""The store on PostgreSQL is a matter of the URL: the same mail gives the same rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event

from store import migrate
from store.accounts import company as company_store
from store.accounts.company import AccountFacts
from store.engine import Store, make_engine
from tests.unit.daemon.company_mail import KEY, NOON, House, company
from tests.unit.daemon.test_pipeline import _copies as copies
from tests.unit.daemon.test_pipeline import _fill as fill
from tests.unit.daemon.test_reprocess import _apply as apply_policy

pytestmark = pytest.mark.server


def test_both_databases_hold_the_same_rows(tmp_path: Path, postgres_url: str) -> None:
    with House(tmp_path) as here, House(tmp_path, url=postgres_url) as there:
        fill(here, copies(), 1)
        fill(there, copies(), 2)
        assert there.contract() == here.contract()


def test_a_changed_policy_is_applied_alike(tmp_path: Path, postgres_url: str) -> None:
    later = company(domains=("acme.example", "client.example"))
    with House(tmp_path, later) as fresh, House(tmp_path, url=postgres_url) as old:
        fill(fresh, copies(), 1)
        fill(old, copies(), 2)
        apply_policy(old, later)
        assert old.contract() == fresh.contract()


def test_accounts_exchange_their_names(tmp_path: Path, postgres_url: str) -> None:
    for house in (House(tmp_path), House(tmp_path, url=postgres_url)):
        facts = [
            AccountFacts(name=name, owner=f"{login}@acme.example", kind="memory", login=login, is_shared=False)
            for name, login in (("bob", "alice"), ("alice", "bob"))
        ]
        with house, house.store.write() as transaction:
            ids = company_store.save_accounts(transaction, house.store.key, facts, NOON)
            assert ids == {"bob": house.accounts["alice"], "alice": house.accounts["bob"]}


def test_a_store_that_is_made_just_now_is_not_taken_for_anothers(tmp_path: Path, postgres_url: str) -> None:
    engine = make_engine(postgres_url, None)
    made: list[Store] = []

    def make(*_asked: object) -> None:
        if not made:
            made.append(Store.open(postgres_url, key_text=KEY, key_file=tmp_path / "unused"))

    with engine.connect() as connection:
        event.listen(connection, "after_cursor_execute", make)
        seen = [migrate.condition_of(connection).state for _ in range(2)]
    assert seen == [migrate.State.EMPTY, migrate.State.CURRENT]
    made[0].close()
    engine.dispose()
