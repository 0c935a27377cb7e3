"""Mail that goes from a real server: believed, held back, or restored as something else."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Login
from tests.integration.company import Company
from tests.integration.mailboxes import counts, letter, opened, put, quoted
from tests.integration.recording import RecordingProxy
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.slow
ALICE, ANN = "alice@acme.example", "Ann Lee <ann@client.example>"
HISTORY = "SELECT message_id FROM v1_interaction ORDER BY occurred_at"
REASON = "SELECT state, reason FROM v1_account_status"


@pytest.fixture
def login(dovecot: Dovecot, dovecot_user: Callable[[], Login]) -> Login:
    """Alice's mailbox: 30 mails to Ann in a folder of their own."""
    login = dovecot_user()
    put(dovecot, login, "Ann", *(letter(ALICE, ANN, mid=f"a{n}@acme", minute=n) for n in range(30)))
    return login


@pytest.fixture
def company(dovecot: Dovecot, login: Login, tmp_path: Path) -> Company:
    company = Company(tmp_path / "company")
    company.add("alice", login, dovecot.imap_port)
    company.sync()
    return company


def delete(dovecot: Dovecot, login: Login, folder: str, uids: str) -> None:
    with opened(dovecot, login) as client:
        client.select(quoted(folder))
        assert client.uid("STORE", uids, "+FLAGS", "(\\Deleted)")[0] == "OK"
        client.expunge()


def test_most_of_a_folder_goes_when_the_operator_says_so(dovecot: Dovecot, login: Login, company: Company) -> None:
    before = company.rows(HISTORY)
    delete(dovecot, login, "Ann", "1:25")
    put(dovecot, login, "Ann", letter(ALICE, ANN, mid="new@acme", minute=50))
    for _ in range(2):
        company.sync()
        [(state, reason)] = company.rows(REASON)
        assert state == "ok"
        assert "25 of 31 items are gone at once from Ann" in reason
        assert "keeptouch accounts accept-deletions alice" in reason
        assert company.run("status", "--json").document["accounts"][0]["reason"] == reason
        assert len(company.placements()) == 31
    assert company.rows(HISTORY) == [*before, ("new@acme",)]
    answer = company.run("accounts", "accept-deletions", "alice", "--json")
    assert answer.document["accounts"] == [
        {"account": "alice", "streams": [{"stream": "Ann", "removed": 25, "held": 31, "missing": False}]}
    ]
    assert company.rows(REASON) == [("ok", None)]
    assert len(company.placements()) == counts(dovecot, login)["Ann"] == 6
    assert company.rows(HISTORY) == [*before, ("new@acme",)]
    [item] = company.run("why", "--json", "a3@acme").document["items"]
    assert item["unplaced_at"] == item["placements"][0]["removed_at"] is not None
    assert "no longer there since" in company.run("why", "a3@acme").out
    [item] = company.run("why", "--json", "a29@acme").document["items"]
    assert (item["unplaced_at"], item["placements"][0]["removed_at"]) == (None, None)
    assert "no deletions are waiting" in company.run("accounts", "accept-deletions", "alice").out


def test_a_folder_moved_into_another_is_no_deletion(dovecot: Dovecot, login: Login, company: Company) -> None:
    with opened(dovecot, login) as client:
        client.select(quoted("Ann"))
        assert client.uid("MOVE", "1:30", "Archive")[0] == "OK"
    company.sync()
    assert company.rows(REASON) == [("ok", None)]
    assert {folder for _account, folder, _ref in company.placements()} == {"Archive"}
    [item] = company.run("why", "--json", "a3@acme").document["items"]
    assert item["unplaced_at"] is None


def test_a_backup_restored_under_the_same_uidvalidity_loses_and_doubles_nothing(
    dovecot: Dovecot, login: Login, company: Company
) -> None:
    dovecot.doveadm("mailbox", "update", "-u", login.name, "--uid-validity", "77", "Ann")
    company.sync()
    folder = login.maildir / ".Ann"
    # the last ten mails are not in the backup, and the server counts on from there
    files = [file for part in ("cur", "new") for file in (folder / part).iterdir()]
    for file in files:
        if any(f"<a{n}@acme>".encode() in file.read_bytes() for n in range(20, 30)):
            file.unlink()
    for file in folder.glob("dovecot*"):
        if "index" in file.name or file.name == "dovecot-uidlist":
            file.unlink()
    put(dovecot, login, "Ann", *(letter(ALICE, ANN, mid=f"b{n}@acme", minute=100 + n) for n in range(15)))
    dovecot.doveadm("mailbox", "update", "-u", login.name, "--uid-validity", "77", "Ann")
    company.sync()
    assert [mid for (mid,) in company.rows(HISTORY)] == [
        *(f"a{n}@acme" for n in range(30)),
        *(f"b{n}@acme" for n in range(15)),
    ]
    assert len(company.placements()) == counts(dovecot, login)["Ann"] == 35
    with RecordingProxy((dovecot.host, dovecot.imap_port)) as proxy:
        company.accounts["alice"].options["port"] = proxy.port
        company.sync()
        assert proxy.bodies_asked == []


def test_a_folder_that_is_deleted_is_told_and_gone_when_the_operator_says_so(
    dovecot: Dovecot, login: Login, company: Company
) -> None:
    before = company.rows(HISTORY)
    dovecot.doveadm("mailbox", "delete", "-u", login.name, "Ann")
    company.sync()
    [status] = company.run("status", "--json").document["accounts"]
    assert (status["missing_streams"], status["reason"]) == (1, None)
    [missing] = status["missing"]
    assert (missing["stream"], missing["mails"]) == ("Ann", 30)
    assert "alice: the server does not list Ann since 20" in company.run("status").out
    assert len(company.placements()) == 30
    # seven days later
    with contextlib.closing(sqlite3.connect(company.store)) as connection, connection:
        connection.execute("UPDATE stream SET missing_since_at = '2026-01-01T00:00:00.000000Z' WHERE name = 'Ann'")
    company.sync()
    [(state, reason)] = company.rows(REASON)
    assert (state, len(company.placements())) == ("ok", 30)
    assert "the folder Ann is gone from the server, with 30 of its 30 items" in reason
    answer = company.run("accounts", "accept-deletions", "alice", "--json")
    assert answer.document["accounts"] == [
        {"account": "alice", "streams": [{"stream": "Ann", "removed": 30, "held": 30, "missing": True}]}
    ]
    [status] = company.run("status", "--json").document["accounts"]
    assert (status["missing"], status["missing_streams"], status["reason"]) == ([], 0, None)
    assert (company.rows(HISTORY), company.placements()) == (before, {})
    [item] = company.run("why", "--json", "a3@acme").document["items"]
    assert item["unplaced_at"] is not None


def test_a_folder_that_is_deleted_and_made_again_is_read(dovecot: Dovecot, login: Login, company: Company) -> None:
    dovecot.doveadm("mailbox", "delete", "-u", login.name, "Ann")
    company.sync()
    company.run("accounts", "accept-deletions", "alice")
    put(dovecot, login, "Ann", *(letter(ALICE, ANN, mid=f"a{n}@acme", minute=n) for n in range(30)))
    company.sync()
    assert len(company.placements()) == 30
    assert len(company.rows(HISTORY)) == 30
    [item] = company.run("why", "--json", "a3@acme").document["items"]
    assert item["unplaced_at"] is None


def test_a_folder_left_out_for_a_while_is_not_missing_and_goes_on(
    dovecot: Dovecot, login: Login, company: Company
) -> None:
    company.accounts["alice"].options["folders"] = {"exclude": ["Ann"]}
    company.sync()
    [status] = company.run("status", "--json").document["accounts"]
    assert (status["missing_streams"], status["missing"]) == (0, [])
    assert "no deletions are waiting" in company.run("accounts", "accept-deletions", "alice").out
    assert len(company.placements()) == 30
    put(dovecot, login, "Ann", letter(ALICE, ANN, mid="new@acme", minute=50))
    del company.accounts["alice"].options["folders"]
    with RecordingProxy((dovecot.host, dovecot.imap_port)) as proxy:
        company.accounts["alice"].options["port"] = proxy.port
        assert company.sync().account("alice")["stored"] == 1
        assert [c for c in proxy.bodies_asked if b"31" not in c] == []


def test_an_answer_given_in_a_mail_program_reaches_readers(dovecot: Dovecot, login: Login, company: Company) -> None:
    flags = "SELECT is_answered, is_forwarded FROM v1_interaction WHERE message_id = 'a3@acme'"
    assert company.rows(flags) == [(0, 0)]
    with opened(dovecot, login) as client:
        client.select(quoted("Ann"))
        client.uid("STORE", "4", "+FLAGS", "(\\Answered $Forwarded)")
    company.sync()
    assert company.rows(flags) == [(1, 1)]
