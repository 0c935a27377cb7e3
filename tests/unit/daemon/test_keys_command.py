"""keeptouch keys rotate, and what other commands say of sealed secrets."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from store.engine import Store
from store.schema.oauth import oauth_token
from store.sealing import parse_keys, place_of
from tests.integration.company import KEY, Account, Company
from tests.unit.daemon.company_mail import NOON

pytestmark = pytest.mark.slow
OLD, NEW = "aa" * 32, "bb" * 32
SECRET = "kanarienvogel-7713"


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A company with one token, sealed under the old key."""
    made = Company(tmp_path / "company")
    (made.folder / "mail").mkdir()
    made.accounts["alice"] = Account("alice", "alice@acme.example", {"path": "mail", "format": "eml"}, "local")
    made.sync()
    with Store.open(f"sqlite:///{made.store}", key_text=KEY, key_file=Path("unused")) as store:
        account_id = store.key.id("account", "local", str(made.folder / "mail"))
        place = place_of(oauth_token.c.refresh_token, account_id)
        with store.write() as transaction:
            transaction.execute(
                oauth_token.insert().values(
                    account_id=account_id,
                    issuer="x",
                    client_id="x",
                    refresh_token=parse_keys(OLD).seal(SECRET, place),
                    version=1,
                    stored_at=NOON,
                )
            )
    return made


def give(company: Company, *keys: str) -> None:
    """Name a file with these keys in the configuration."""
    (company.folder / "secrets.key").write_text("\n".join(keys) + "\n")
    (company.folder / "secrets.key").chmod(0o600)
    company.write()
    text = company.config.read_text()
    company.config.write_text(text.replace("[store]\n", '[store]\nsecrets_key_file = "secrets.key"\n'))


def test_secrets_are_sealed_anew_and_the_old_key_may_go(company: Company) -> None:
    give(company, NEW, OLD)
    answer = company.run_as_is("keys", "rotate")
    assert (answer.code, answer.err) == (0, "")
    assert "1 secrets sealed anew; 1 are under the newest key" in answer.out
    assert "older keys may be removed" in answer.out
    give(company, NEW)
    again = company.run_as_is("keys", "rotate", "--json")
    newest = parse_keys(NEW).newest
    assert again.document == {
        "format": 1,
        "ok": True,
        "resealed": 0,
        "newest_key": newest,
        "held": {newest: 1},
        "unopened": [],
        "may_remove_old_keys": True,
    }
    assert (company.folder / "identity.key").read_text().strip() == KEY


def test_what_does_not_open_is_told_and_the_old_key_must_stay(company: Company) -> None:
    give(company, NEW)
    answer = company.run_as_is("keys", "rotate")
    assert answer.code == 1
    assert "1 do not open with the keys given: oauth_token/" in answer.err
    assert "may be removed" not in answer.out
    document = company.run_as_is("keys", "rotate", "--json").document
    assert (document["ok"], document["may_remove_old_keys"], document["held"]) == (
        False,
        False,
        {parse_keys(OLD).newest: 1},
    )


def test_without_a_key_the_command_tells_how_to_make_one(company: Company) -> None:
    answer = company.run("keys", "rotate")
    assert answer.code == 2
    assert "store.secrets_key_file: is missing" in answer.err
    assert "openssl rand -hex 32" in answer.err


@pytest.mark.parametrize("key", ["ab", "zz" * 32])
def test_a_key_that_is_none_is_refused_everywhere(company: Company, key: str) -> None:
    give(company, key)
    for words in (("keys", "rotate"), ("store", "verify")):
        answer = company.run_as_is(*words)
        assert answer.code == 2
        assert "store.secrets_key_file: must be lines of 64 hexadecimal digits" in answer.err
        assert key not in answer.err
    checked = company.run_as_is("check")
    assert checked.code == 1
    assert "must be lines of 64 hexadecimal digits" in checked.err


def test_verify_opens_what_is_sealed_where_the_key_is_named(company: Company) -> None:
    assert company.run("store", "verify").code == 0
    give(company, OLD)
    assert company.run_as_is("store", "verify").code == 0
    give(company, NEW)
    found = company.run_as_is("store", "verify", "--json")
    assert found.code == 1
    [problem] = found.document["problems"]
    assert problem["step"] == "secrets"
    assert f"under the key {parse_keys(OLD).newest}, which is not at hand" in problem["problem"]
    assert (problem["count"], len(problem["examples"])) == (1, 1)


def test_verify_tells_of_a_secret_in_clear(company: Company) -> None:
    with contextlib.closing(sqlite3.connect(company.store)) as connection, connection:
        connection.execute("UPDATE oauth_token SET refresh_token = ?", [SECRET])
    for keys in ((), (OLD,)):
        if keys:
            give(company, *keys)
        else:
            company.write()
        answer = company.run_as_is("store", "verify", "--json")
        assert answer.code == 1
        assert [each["step"] for each in answer.document["problems"]] == ["secrets"]
        assert SECRET not in answer.out + answer.err


def test_backups_and_copies_hold_the_secrets_sealed(company: Company, tmp_path: Path) -> None:
    give(company, OLD)
    backup, copy = tmp_path / "backup.db", tmp_path / "copy.db"
    assert company.run_as_is("store", "backup", str(backup)).code == 0
    assert company.run_as_is("store", "copy-to", f"sqlite:///{copy}").code == 0
    for file in (company.store, backup, copy):
        assert SECRET.encode() not in file.read_bytes()
        assert company.run_as_is("store", "verify", str(file)).code == 0
