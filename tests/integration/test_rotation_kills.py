"""Killing `keeptouch keys rotate` at any moment loses no secret, and repeating it ends the work."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import pytest

from store.engine import Store
from store.schema.core import account
from store.schema.oauth import oauth_token
from store.sealing import held, parse_keys, place_of, unopened
from tests import warm_start
from tests.integration.company import KEY, Company
from tests.unit.daemon.company_mail import NOON

pytestmark = pytest.mark.slow
OLD, NEW = "aa" * 32, "bb" * 32
TOKENS = 6_000


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A company with thousands of tokens under the old key."""
    made = Company(tmp_path / "company", store_lines=['secrets_key_file = "secrets.key"'])
    (made.folder / "secrets.key").write_text(f"{NEW}\n{OLD}\n")
    made.sync()
    keys = parse_keys(OLD)
    with opened(made) as store, store.write() as transaction:
        transaction.exec_driver_sql("INSERT INTO person VALUES ('p', 'a@b', 'A', NULL, NULL, NULL, NULL, 1)")
        names = [f"a{number}" for number in range(TOKENS)]
        common = {"person_id": "p", "kind": "x", "login": "x", "is_shared": False, "visibility": "full"}
        common |= {"state": "ok", "state_since_at": NOON}
        transaction.execute(account.insert(), [{"id": name, "name": name, **common} for name in names])
        transaction.execute(
            oauth_token.insert(),
            [
                {
                    "account_id": name,
                    "issuer": "x",
                    "client_id": "x",
                    "refresh_token": keys.seal(name, place_of(oauth_token.c.refresh_token, name)),
                    "version": 1,
                    "stored_at": NOON,
                }
                for name in names
            ],
        )
    return made


def opened(company: Company) -> Store:
    return Store.open(f"sqlite:///{company.store}", key_text=KEY, key_file=Path("unused"))


def rotated(company: Company) -> int:
    """How many tokens are under the new key."""
    begins = f"v1:{parse_keys(NEW).newest}:%"
    return int(company.rows("SELECT count(*) FROM oauth_token WHERE refresh_token LIKE ?", begins)[0][0])


def test_kills_lose_no_secret(company: Company) -> None:
    chance, halves = random.Random(5), 0
    for _kill in range(5):
        done = rotated(company)
        process = warm_start.Popen[bytes](
            company.command("keys", "rotate"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and rotated(company) == done:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.01)
        process.kill()
        process.wait()
        with opened(company) as store, store.read() as transaction:
            counts = held(transaction)
            assert list(unopened(transaction, parse_keys(f"{NEW}\n{OLD}"))) == []
        assert sum(counts.values()) == TOKENS
        halves += len(counts) == 2
    assert halves
    answer = company.run_as_is("keys", "rotate", "--json")
    assert answer.document["held"] == {parse_keys(NEW).newest: TOKENS}
    assert answer.document["may_remove_old_keys"] is True
    with opened(company) as store, store.read() as transaction:
        rows = transaction.execute(oauth_token.select()).all()
        keys, column = parse_keys(NEW), oauth_token.c.refresh_token
        for row in rows:
            assert keys.open(row.refresh_token, place_of(column, row.account_id)) == row.account_id
    assert (company.folder / "identity.key").read_text().strip() == KEY
