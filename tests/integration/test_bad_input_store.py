"""What can be wrong with the store, its key and the configuration: one clear message, exit code 2, nothing touched."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import store.engine
from connectors.memory import Mailbox, register
from tests.integration.company import KEY, Account, Company
from tests.integration.mailboxes import letter

MAIL = letter("alice@acme.example", "ann@client.example", mid="1@acme")
OTHER_KEY = "77" * 32


@pytest.fixture(scope="module")
def read_once(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """An account of mail in files, read once."""
    company = Company(tmp_path_factory.mktemp("store") / "company")
    folder = company.folder / "mail" / "Sent"
    folder.mkdir(parents=True)
    (folder / "1.eml").write_bytes(MAIL)
    company.accounts["alice"] = Account("alice", "alice@acme.example", {"path": "mail", "format": "eml"}, "local")
    company.sync()
    assert len(company.rows("SELECT id FROM v1_interaction")) == 1
    shutil.copytree(company.folder, _kept(company))
    return company


def _kept(company: Company) -> Path:
    return company.folder.with_name("kept")


@pytest.fixture
def company(read_once: Company) -> Company:
    """The same at the same place, which is part of who the account is, as if no test had been there."""
    shutil.rmtree(read_once.folder)
    shutil.copytree(_kept(read_once), read_once.folder)
    company = Company(read_once.folder)
    company.accounts |= read_once.accounts
    return company


def fingerprint(company: Company) -> dict[str, str]:
    """Name -> hash of every file of the company's folder; what SQLite keeps while it is open does not count."""
    return {
        str(path.relative_to(company.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(company.folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def refused(company: Company, *, says: str, hint: str, step: str = "store") -> None:
    """Every command that needs the store says the same, once, and leaves all files alone."""
    company.write()
    before = fingerprint(company)
    for verb in (["sync"], ["status"], ["timeline", "ann@client.example"], ["why", "1@acme"], ["reprocess"]):
        answer = company.run_as_is(*verb, "--json")
        assert answer.code == 2, verb
        [problem] = answer.document["problems"]
        assert problem["step"] == step
        assert says in problem["problem"], verb
        assert hint in problem["hint"], verb
        assert answer.err.count(problem["problem"]) == 1
        assert KEY not in answer.out + answer.err
        assert OTHER_KEY not in answer.out + answer.err
    assert fingerprint(company) == before


def change(company: Company, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(company.store)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_store_of_a_newer_version(company: Company) -> None:
    change(company, "UPDATE alembic_version SET version_num = '9999'")
    refused(company, says="written by a newer keeptouch", hint="install that version again")


def test_a_database_of_another_program(company: Company) -> None:
    company.store.unlink()
    change(company, "CREATE TABLE invoice (id INTEGER)", "INSERT INTO invoice VALUES (1)")
    refused(company, says="tables that are not keeptouch's", hint="empty database")


def test_a_file_that_is_no_database(company: Company) -> None:
    company.store.write_text("minutes of the meeting\n" * 100)
    refused(company, says="not a database", hint="store.url")


def test_a_database_whose_pages_are_broken(company: Company) -> None:
    data = bytearray(company.store.read_bytes())
    data[1024:] = b"\x55" * (len(data) - 1024)
    company.store.write_bytes(data)
    refused(company, says="malformed", hint="backup")


def test_another_identity_key(company: Company) -> None:
    (company.folder / "identity.key").write_text(OTHER_KEY)
    refused(company, says="not the one this store was made with", hint="put the store's own key back")


def test_a_lost_identity_key_is_never_made_anew(company: Company) -> None:
    (company.folder / "identity.key").unlink()
    refused(company, says="is missing, but the store was made with one", hint="restore the key file")
    assert not (company.folder / "identity.key").exists()


@pytest.mark.parametrize(("text", "says"), [("not hexadecimal", "hexadecimal"), (OTHER_KEY[:40], "32 bytes"), ("", "")])
def test_a_damaged_identity_key(company: Company, text: str, says: str) -> None:
    (company.folder / "identity.key").write_text(text)
    refused(company, says=says, hint="backup")


def test_a_store_that_another_program_keeps_locked(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.engine, "BUSY_SECONDS", 0.2)
    with contextlib.closing(sqlite3.connect(company.store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = company.run("sync", "--json")
        # who only reads is not kept waiting by a writer
        assert company.run_as_is("timeline", "ann@client.example").code == 0
    [problem] = answer.document["problems"]
    assert (answer.code, problem["step"]) == (2, "store")
    assert "locked" in problem["problem"]
    assert "another process" in problem["hint"]
    company.sync()


def test_a_store_in_a_folder_that_is_not_there(company: Company) -> None:
    company.write()
    company.config.write_text(company.config.read_text().replace("keeptouch.db", "nowhere/keeptouch.db"))
    answer = company.run_as_is("sync", "--json")
    [problem] = answer.document["problems"]
    assert (answer.code, problem["step"]) == (2, "configuration")
    assert problem["problem"].startswith("store.url: the folder ")
    assert not (company.folder / "nowhere").exists()


def test_reading_commands_make_no_store(tmp_path: Path) -> None:
    company = Company(tmp_path / "new", key=None)
    for verb in (["status"], ["timeline", "ann"], ["why", "1@acme"], ["reprocess"]):
        answer = company.run(*verb)
        assert answer.code == 2
        assert "keeptouch sync" in answer.err
    assert [path.name for path in company.folder.iterdir()] == ["config.toml"]


def broken_toml(text: str) -> str:
    return text.replace("[company]", "[company")


def foreign_plain_text(text: str) -> str:
    return text + _account("bob", 'kind = "imap"', 'host = "mail.foreign.example"\nsecurity = "none"\nusername = "bob"')


def many_problems(text: str) -> str:
    text = text.replace("domains", "domain").replace('create = "corresponded"', 'create = "maybe"')
    text += _account("bob", 'kind = "pigeon"', "")
    text += _account(
        "cara", 'kind = "imap"', 'host = "h.example"\nport = "143"\nusername = "c"\npassword_file = "gone"'
    )
    return text + _account("alice", 'kind = "local"', 'path = "nowhere"\nformat = "eml"\ncolour = "blue"')


def _account(name: str, kind: str, options: str) -> str:
    owner = f"{name}@acme.example"
    return f'\n[[accounts]]\nname = "{name}"\nowner = "{owner}"\n{kind}\n[accounts.options]\n{options}\n'


@pytest.mark.parametrize(
    ("breaking", "told"),
    [
        (broken_toml, ["config.toml: is not valid TOML"]),
        (foreign_plain_text, ["accounts[bob].options: security = 'none' would send the password in plain text"]),
        (
            many_problems,
            [
                "company.domain: is no known key",
                "company.domains: is missing",
                "contacts.create: must be one of",
                "accounts[bob].kind: ",
                "accounts[cara].options.port: must be a whole number, not text",
                "accounts[cara].options.password_file: ",
                "accounts[alice].name: is that of another account",
                "accounts[alice].options.path: ",
                "accounts[alice].options.colour: is no known key",
            ],
        ),
    ],
)
def test_a_broken_configuration_is_told_whole_before_anything_is_touched(
    company: Company, breaking: Callable[[str], str], told: list[str]
) -> None:
    company.write()
    company.config.write_text(breaking(company.config.read_text()))
    before = fingerprint(company)
    for verb in (["sync"], ["check"], ["run"], ["status"]):
        answer = company.run_as_is(*verb, "--json")
        assert answer.code == 2
        problems = answer.document["problems"]
        missing = [start for start in told if not any(p["problem"].startswith(start) for p in problems)]
        assert not missing, problems
        assert len(problems) == len(told), problems
        for problem in problems:
            assert problem["step"] == "configuration"
            name = problem["problem"].partition("accounts[")[2].partition("]")[0]
            assert problem["account"] == (name or None)
            assert problem["problem"] in answer.err
    assert fingerprint(company) == before


def test_no_configuration_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    company = Company(tmp_path / "empty", key=None)
    answer = company.run_as_is("sync")
    assert answer.code == 2
    assert "config.toml" in answer.err
    assert list(company.folder.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("argv", [["sync", "--account", "alise"], ["timeline"], ["sync", "--fast"], ["snyc"], []])
def test_wrong_usage(company: Company, argv: list[str]) -> None:
    answer = company.run(*argv)
    assert answer.code == 2
    assert answer.err
    assert "Traceback" not in answer.err


def test_a_bug_of_a_connector_is_its_accounts_problem_alone(company: Company) -> None:
    """A plug-in may raise anything; what it raises may hold a password."""
    box = register("buggy", Mailbox())
    box.deliver("INBOX", letter("ann@client.example", "bob@acme.example", mid="2@client"))
    bug: Any = ZeroDivisionError("secret-4711")
    box.fail(bug, step="fetch")
    company.accounts["bob"] = Account("bob", "bob@acme.example", {"mailbox": "buggy"}, "memory")
    (company.folder / "mail" / "Sent" / "2.eml").write_bytes(
        letter("alice@acme.example", "ann@client.example", mid="2@acme")
    )
    answer = company.run("sync", "--json")
    assert answer.code == 1
    assert answer.account("bob")["error"]["step"] == "bug"
    assert "ZeroDivisionError" in answer.account("bob")["error"]["problem"]
    assert "connectors/memory.py" in answer.err
    assert "secret-4711" not in answer.out + answer.err
    assert answer.account("alice")["stored"] == 1
    assert company.sync().account("bob")["stored"] == 1
