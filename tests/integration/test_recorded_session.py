"""Everything that the program does with a server, recorded: no command changes anything, no poll reads anything."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Login
from tests.integration.company import Company
from tests.integration.mailboxes import letter, mail_files, opened, put
from tests.integration.recording import RecordingProxy
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.slow
ALICE, ANN, BEN = "alice@acme.example", "ann@client.example", "ben@client.example"
#: A cursor that means nothing any more, and a place that nobody remembers.
HOLES = ("UPDATE stream SET cursor = 'x' WHERE name = 'Sent'", "DELETE FROM placement WHERE ref LIKE '%:2'")


@contextmanager
def untouched(login: Login) -> Iterator[None]:
    """The mailbox's files, whose names tell their flags, are afterwards as they were."""
    before = mail_files(login.maildir)
    yield
    assert mail_files(login.maildir) == before


def enter_contact(company: Company, address: str) -> None:
    with contextlib.closing(sqlite3.connect(company.store)) as connection, connection:
        connection.execute("INSERT INTO w1_contact (external_source, external_id) VALUES ('crm', '1')")
        connection.execute(
            "INSERT INTO w1_contact_address (external_source, external_id, address) VALUES ('crm', '1', ?)", (address,)
        )


def test_nothing_that_is_ever_sent_changes_a_mailbox(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path: Path
) -> None:
    login = dovecot_user()
    put(dovecot, login, "Sent", *(letter(ALICE, ANN, mid=f"{n}@acme", minute=n) for n in range(5)))
    put(dovecot, login, "INBOX", *(letter(BEN, ALICE, mid=f"{n}@client", minute=50 + n) for n in range(5)))
    with RecordingProxy((dovecot.host, dovecot.imap_port)) as proxy:
        company = Company(tmp_path / "company")
        company.add("alice", login, proxy.port)
        with untouched(login):
            assert company.run("check").code == 0
            assert company.run("accounts", "folders").code == 0
            company.sync()
            company.sync()
        _change(dovecot, login)
        with untouched(login):
            company.sync()
            enter_contact(company, BEN)
            company.sync()
            company.create = "all"
            assert company.run("reprocess").code == 0
            company.sync()
            with contextlib.closing(sqlite3.connect(company.store)) as connection, connection:
                connection.executescript(";".join(HOLES))
            assert company.run("accounts", "audit").code == 1
            assert company.run("accounts", "audit", "--repair").code == 0
            company.sync()
        dovecot.doveadm("mailbox", "update", "-u", login.name, "--uid-validity", "1900000000", "INBOX")
        with untouched(login):
            company.sync()
        _serve(dovecot, login, company, proxy)
        assert proxy.harmful == []
        assert proxy.verbs == {
            *("CAPABILITY", "AUTHENTICATE", "ENABLE", "LIST", "EXAMINE", "UID SEARCH", "UID FETCH"),
            *("IDLE", "DONE", "LOGOUT"),
        }


def _change(dovecot: Dovecot, login: Login) -> None:
    """What the person does meanwhile."""
    put(dovecot, login, "INBOX", letter(ANN, ALICE, mid="late@client", minute=99))
    with opened(dovecot, login) as client:
        client.select("INBOX")
        client.uid("MOVE", "1", "Archive")
        client.store("1", "+FLAGS", r"(\Answered)")
        client.store("2", "+FLAGS", r"(\Deleted)")
        client.expunge()


def _serve(dovecot: Dovecot, login: Login, company: Company, proxy: RecordingProxy) -> None:
    """The service, which is told of a new mail and stores it, and is stopped."""
    arrived = "SELECT count(*) FROM v1_interaction WHERE message_id = 'pushed@client'"
    with company.spawn("run", "--interval", "2") as process:
        watched = time.monotonic() + 60
        while "IDLE" not in proxy.verbs and time.monotonic() < watched:
            time.sleep(0.2)
        put(dovecot, login, "INBOX", letter(ANN, ALICE, mid="pushed@client", minute=120))
        with untouched(login):
            end = time.monotonic() + 30
            while company.rows(arrived) != [(1,)] and time.monotonic() < end:
                time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    assert company.rows(arrived) == [(1,)]


class Cost(NamedTuple):
    """Of one poll, as counted on the wire."""

    commands: list[bytes]
    sent: int
    received: int


def _poll(dovecot: Dovecot, login: Login, messages: int, folder: Path) -> Cost:
    """A poll of a folder of so many messages where nothing is new."""
    place = login.maildir / "cur"
    place.mkdir(parents=True)
    for number in range(messages):
        mail = b"From: ann@client.example\nMessage-ID: <%d@client.example>\n\nhello\n" % number
        (place / f"1700000000.M{number:06d}P1.test,S={len(mail)}:2,S").write_bytes(mail)
    dovecot.adopt(login.name)
    company = Company(folder)
    account = company.add("alice", login, dovecot.imap_port)
    assert company.sync().account("alice")["seen"] == messages
    with RecordingProxy((dovecot.host, dovecot.imap_port)) as proxy:
        account.options["port"] = proxy.port
        company.sync()
        proxy.forget()
        sent, received = proxy.up.passed, proxy.down.passed
        assert company.sync().account("alice")["seen"] == 0
        return Cost(proxy.commands, proxy.up.passed - sent, proxy.down.passed - received)


@pytest.mark.parametrize("messages", [2000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_a_poll_without_news_costs_the_same_whatever_the_size_of_the_folder(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path: Path, messages: int
) -> None:
    small = _poll(dovecot, dovecot_user(), 10, tmp_path / "small")
    large = _poll(dovecot, dovecot_user(), messages, tmp_path / "large")
    print(f"{messages} messages: {len(large.commands)} commands, {large.sent} bytes sent, {large.received} received")
    assert [command.split()[0] for command in large.commands] == [command.split()[0] for command in small.commands]
    # greeting and capabilities apart: one command after the login, and the goodbye
    assert [c.split()[0] for c in large.commands if c.split()[0] not in {b"CAPABILITY", b"AUTHENTICATE"}] == [
        b"LIST",
        b"LOGOUT",
    ]
    # the numbers of the folder have a few digits more
    assert abs(large.sent - small.sent) < 30
    assert abs(large.received - small.received) < 100
