"""A store that is put back from a backup catches up with its server, and its readers are told to begin anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Login
from tests.crash.state import differences, state_of
from tests.integration.company import Company
from tests.integration.company import differences as view_differences
from tests.integration.mailboxes import letter, opened, put, received
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.slow
ALICE, ANN, BEN, CEM = "alice@acme.example", "Ann <ann@client.example>", "ben@else.example", "cem@third.example"


@pytest.fixture
def login(dovecot: Dovecot, dovecot_user: Callable[[], Login]) -> Login:
    """Alice's mailbox."""
    login = dovecot_user()
    put(dovecot, login, "Sent", letter(ALICE, ANN, mid="offer@acme"))
    for number in range(1, 31):
        mail = letter(ANN, ALICE, mid=f"{number}@client", minute=number)
        put(dovecot, login, "INBOX", received(mail))
        if number % 5 == 0:
            put(dovecot, login, "Archive", received(mail))
    put(dovecot, login, "INBOX", received(letter(BEN, ALICE, mid="stranger@else", minute=40)))
    return login


def made(folder: Path, dovecot: Dovecot, login: Login) -> Company:
    company = Company(folder)
    company.add("alice", login, dovecot.imap_port)
    return company


def change_much(dovecot: Dovecot, login: Login) -> None:
    """New mail, new contacts, flags, moves, removals, a renamed folder, another UIDVALIDITY."""
    put(dovecot, login, "INBOX", received(letter(ANN, ALICE, mid="new@client", minute=50)))
    put(dovecot, login, "Sent", letter(ALICE, BEN, mid="toben@acme", minute=51))
    put(dovecot, login, "Sent", letter(ALICE, CEM, mid="tocem@acme", minute=52))
    put(dovecot, login, "Later", letter(CEM, ALICE, mid="fromcem@third", minute=53))
    with opened(dovecot, login) as client:
        client.select("INBOX")
        client.store("1,2", "+FLAGS", r"(\Answered)")
        client.copy("3,4", "Archive")
        client.store("3,4", "+FLAGS", r"(\Deleted)")
        client.store("5", "+FLAGS", r"(\Deleted)")  # it lies in Archive as well
        client.expunge()
        client.close()
        client.rename("Archive", "Old")
    dovecot.doveadm("mailbox", "update", "-u", login.name, "--uid-validity", "77", "Sent")


def remove(dovecot: Dovecot, login: Login, mid: str) -> None:
    dovecot.doveadm("expunge", "-u", login.name, "mailbox", "INBOX", "header", "message-id", f"<{mid}>")


def by_backup(company: Company, saved: Path) -> Callable[[], object]:
    """`store backup` while it lies there, put back by cp."""
    assert company.run("store", "backup", str(saved)).code == 0
    return lambda: company.store.write_bytes(saved.read_bytes())


def by_copy(company: Company, saved: Path) -> Callable[[], object]:
    """The file and what is beside it, copied while nothing runs, and put back as new files."""
    beside = Path(f"{company.store}.generation")
    shutil.copy(company.store, saved)
    shutil.copy(beside, saved.with_suffix(".generation"))

    def put_back() -> None:
        again = saved.with_suffix(".again")
        shutil.copy(saved, again)
        again.replace(company.store)
        shutil.copy(saved.with_suffix(".generation"), beside)

    return put_back


@pytest.mark.parametrize("save", [by_backup, by_copy])
def test_a_store_that_was_put_back_is_as_if_nothing_had_happened(
    dovecot: Dovecot,
    login: Login,
    tmp_path: Path,
    save: Callable[[Company, Path], Callable[[], object]],
) -> None:
    company = made(tmp_path / "company", dovecot, login)
    company.sync()
    put_back = save(company, tmp_path / "saved")
    change_much(dovecot, login)
    remove(dovecot, login, "7@client")
    company.sync()
    undisturbed, [(epoch,)] = state_of(company), company.rows("SELECT feed_epoch FROM v1_store")
    put_back()
    answer = company.sync()
    assert "store put back" in answer.err
    assert differences(undisturbed, state_of(company)) == {}
    company.check_integrity()
    assert company.run("store", "verify").code == 0
    [(second,)] = company.rows("SELECT feed_epoch FROM v1_store")
    assert second != epoch
    # what the server has lost meanwhile is history here and unknown to a new store; all else is the same
    remaining = made(tmp_path / "fresh", dovecot, login)
    remaining.sync()
    mine, fresh = company.contract(), remaining.contract()
    gone = company.rows("SELECT id FROM v1_interaction WHERE message_id = '7@client'")
    for view, rows in mine.items():
        mine[view] = [row for row in rows if not set(row) & {gone[0][0]}]
    assert len(gone) == 1
    assert set(view_differences(mine, fresh)) <= {"v1_thread", "v1_rep_activity"}
    # and the next sync has nothing to do
    account = company.sync().account("alice")
    assert account["seen"] == 0
    assert company.rows("SELECT feed_epoch FROM v1_store") == [(second,)]


def test_what_came_and_went_meanwhile_is_lost_and_nothing_else(dovecot: Dovecot, login: Login, tmp_path: Path) -> None:
    company = made(tmp_path / "company", dovecot, login)
    company.sync()
    put_back = by_backup(company, tmp_path / "saved")
    before = {mid for (mid,) in company.rows("SELECT message_id FROM v1_interaction")}
    put(dovecot, login, "INBOX", received(letter(ANN, ALICE, mid="brief@client", minute=60)))
    company.sync()
    remove(dovecot, login, "brief@client")
    company.sync()
    assert {mid for (mid,) in company.rows("SELECT message_id FROM v1_interaction")} == before | {"brief@client"}
    put_back()
    company.sync()
    assert {mid for (mid,) in company.rows("SELECT message_id FROM v1_interaction")} == before
