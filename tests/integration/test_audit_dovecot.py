"""`accounts audit` on servers and files: each kind of hole is found, told and repaired, and nothing else is one."""

from __future__ import annotations

import contextlib
import mailbox
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Login
from tests.integration.company import Account, Answer, Company, Raw, differences
from tests.integration.mailboxes import letter, mail_files, opened, put
from tests.integration.recording import RecordingProxy
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.slow
ALICE, ANN = "alice@acme.example", "Ann Lee <ann@client.example>"


@pytest.fixture
def login(dovecot: Dovecot, dovecot_user: Callable[[], Login]) -> Login:
    """Alice's mailbox: five mails to Ann, five answers."""
    login = dovecot_user()
    put(dovecot, login, "Sent", *(letter(ALICE, ANN, mid=f"{n}@acme", minute=n) for n in range(5)))
    put(dovecot, login, "INBOX", *(letter(ANN, ALICE, mid=f"{n}@client", minute=50 + n) for n in range(5)))
    return login


def company_of(dovecot: Dovecot, login: Login, folder: Path) -> Company:
    company = Company(folder)
    company.add("alice", login, dovecot.imap_port, folders={"include": ["INBOX", "Sent"]})
    return company


def harm(company: Company, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(company.store)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def streams(answer: Answer, name: str = "alice") -> dict[str, dict[str, Any]]:
    return {each["stream"]: each for each in answer.account(name)["streams"]}


def numbers(folder: dict[str, Any]) -> tuple[int, ...]:
    return tuple(folder[word] for word in ("expected", "covered", "missing", "hollow", "surplus"))


def test_a_hole_of_each_kind_is_found_told_and_repaired(dovecot: Dovecot, login: Login, tmp_path: Path) -> None:
    company = company_of(dovecot, login, tmp_path / "company")
    company.sync()
    files = mail_files(login.maildir)
    put(dovecot, login, "INBOX", *(letter(ANN, ALICE, mid=f"late{n}@client", minute=90 + n) for n in range(2)))
    whole = company_of(dovecot, login, tmp_path / "whole")
    whole.sync()
    # the cursor of one who has read them, in the store of one who has not
    [(cursor,)] = whole.rows("SELECT cursor FROM stream WHERE name = 'INBOX'")
    harm(
        company,
        f"UPDATE stream SET cursor = '{cursor}' WHERE name = 'INBOX'",  # noqa: S608 - a cursor of ours, no input
        "DELETE FROM placement WHERE ref LIKE '%:1' AND stream_id = (SELECT id FROM stream WHERE name = 'Sent')",
        "DELETE FROM message WHERE mid = '2@acme'",
        "DELETE FROM interaction WHERE message_key = (SELECT key FROM message WHERE mid = '3@acme')",
    )
    assert company.sync().account("alice")["seen"] == 0
    with RecordingProxy((dovecot.host, dovecot.imap_port)) as proxy:
        company.accounts["alice"].options["port"] = proxy.port
        found = company.run("accounts", "audit", "--json")
        assert found.code == 1
        assert {name: numbers(each) for name, each in streams(found).items()} == {
            "INBOX": (7, 5, 2, 0, 0),
            "Sent": (5, 2, 1, 2, 0),
        }
        account = found.account("alice")
        assert (account["ok"], account["coverage"]) == (False, 58.33)
        assert [ref.partition(":")[2] for ref in streams(found)["INBOX"]["refs"]["missing"]] == ["6", "7"]
        status = "SELECT coverage, audited_at IS NOT NULL FROM v1_account_status"
        assert company.rows(status) == [(58.33, 1)]
        repaired = company.run("accounts", "audit", "--repair", "--json")
        assert repaired.code == 0, repaired.out + repaired.err
        assert (repaired.account("alice")["fetched"], repaired.account("alice")["coverage"]) == (5, 100.0)
        assert proxy.harmful == []
    assert company.rows(status) == [(100, 1)]
    told = company.run("status", "--json").account("alice")
    assert (told["coverage"], told["audited_at"] is not None, told["backlog"]) == (100.0, True, 0)
    whole.run("accounts", "audit")
    assert differences(company.contract(), whole.contract()) == {}
    company.check_integrity()
    assert {name: data for name, data in mail_files(login.maildir).items() if name in files} == files


def test_a_place_without_a_mail_is_surplus_and_its_history_stays(
    dovecot: Dovecot, login: Login, tmp_path: Path
) -> None:
    company = company_of(dovecot, login, tmp_path / "company")
    company.sync()
    harm(
        company,
        "UPDATE placement SET ref = substr(ref, 1, instr(ref, ':')) || '77'"
        " WHERE ref LIKE '%:5' AND stream_id = (SELECT id FROM stream WHERE name = 'INBOX')",
    )
    found = company.run("accounts", "audit", "alice")
    assert found.code == 1
    assert [line.split() for line in found.out.splitlines()[1:]] == [
        ["alice", "10", "9", "1", "0", "1", "90", "%"],
        ["INBOX", "5", "4", "1", "0", "1", "80", "%"],
    ]
    repaired = company.run("accounts", "audit", "--repair", "--json")
    assert (repaired.code, repaired.account("alice")["removed"]) == (0, 1)
    assert numbers(streams(repaired)["INBOX"]) == (5, 5, 0, 0, 0)
    assert company.rows("SELECT count(*) FROM v1_interaction") == [(10,)]


def test_what_is_older_than_the_option_since_need_not_be_there_but_may(
    dovecot: Dovecot, login: Login, tmp_path: Path
) -> None:
    company = company_of(dovecot, login, tmp_path / "company")
    old = datetime(2019, 5, 5, 12, tzinfo=UTC)
    put(dovecot, login, "INBOX", letter(ANN, ALICE, mid="old@client", minute=99), when=old)
    options = company.accounts["alice"].options
    options["since"] = Raw("2020-01-01")
    company.sync()
    assert numbers(streams(company.run("accounts", "audit", "--json"))["INBOX"]) == (5, 5, 0, 0, 0)
    options["since"] = Raw("2018-01-01")
    company.sync()
    options["since"] = Raw("2020-01-01")
    found = company.run("accounts", "audit", "--json")
    assert (found.code, numbers(streams(found)["INBOX"])) == (0, (6, 6, 0, 0, 0))


def test_an_account_that_cannot_be_asked_is_told_and_the_others_are_audited(
    dovecot: Dovecot, login: Login, tmp_path: Path
) -> None:
    company = company_of(dovecot, login, tmp_path / "company")
    company.add("bob", Login(login.name, "wrong", login.maildir), dovecot.imap_port, authorize_as="bob")
    found = company.run("accounts", "audit", "--json")
    assert found.code == 1
    [error] = found.account("bob")["errors"]
    assert error["step"] == "login"
    assert (found.account("bob")["ok"], found.account("bob")["coverage"]) == (False, None)
    assert (found.account("alice")["ok"], found.account("alice")["coverage"]) == (True, 100.0)
    assert company.run("accounts", "audit", "alice").code == 0


@pytest.mark.parametrize("kind", ["maildir", "mbox"])
def test_mail_in_files_is_audited_too(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "mail"
    box: Any = mailbox.Maildir(str(path)) if kind == "maildir" else mailbox.mbox(str(path))
    for n in range(3):
        box.add(letter(ALICE, ANN, mid=f"{n}@acme", minute=n))
    box.close()
    company = Company(tmp_path / "company")
    company.accounts["files"] = Account("files", ALICE, {"path": str(path), "format": kind}, kind="local")
    company.sync()
    harm(company, "DELETE FROM placement WHERE message_key = (SELECT key FROM message WHERE mid = '1@acme')")
    found = company.run("accounts", "audit", "--json")
    [folder] = streams(found, "files").values()
    assert (found.code, numbers(folder)) == (1, (3, 2, 1, 0, 0))
    assert company.run("accounts", "audit", "--repair").code == 0
    assert company.rows("SELECT count(*) FROM placement") == [(3,)]


def test_beside_the_service_mail_that_comes_and_goes_is_no_hole(dovecot: Dovecot, login: Login, tmp_path: Path) -> None:
    company = company_of(dovecot, login, tmp_path / "company")
    company.sync()
    done = threading.Event()

    def live() -> None:
        with opened(dovecot, login) as client:
            client.select("INBOX")
            for n in count():
                if done.wait(0.02):
                    return
                client.append("INBOX", "", "", letter(ANN, ALICE, mid=f"live{n}@client", minute=100 + n))
                if n % 3 == 2:
                    client.store("1", "+FLAGS", "\\Deleted")
                    client.expunge()

    life = threading.Thread(target=live)
    service = company.spawn("run", "--interval", "1")
    life.start()
    try:
        answers = [company.run("accounts", "audit", "--json") for _ in range(5)]
    finally:
        done.set()
        life.join()
        service.terminate()
        service.communicate(timeout=30)
    for answer in answers:
        assert answer.code == 0, answer.out + answer.err
        assert numbers(streams(answer)["INBOX"])[2:4] == (0, 0)
    assert company.run("accounts", "audit", "--repair", "--json").code == 0
    last = company.run("accounts", "audit", "--json").account("alice")["streams"]
    assert {each["surplus"] for each in last} == {0}
