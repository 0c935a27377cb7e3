"""A company with Exchange: the same history as from files, nothing changed on the server, and its rest respected."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daemon.cli.opening import session_of
from daemon.config import load
from daemon.engine import Engine
from daemon.retry import Backoff
from daemon.session import Session
from daemon.sources import Sources
from store.questions.read import account_statuses
from tests.integration.company import Account, Company, Raw, differences
from tests.integration.exchange import PASSWORD, ExchangeMailbox, exchange
from tests.integration.mailboxes import NOON, letter, received
from tests.integration.test_watch_faults import wait
from tests.servers.ews import EwsServer, Fault, http_status, server_busy
from tests.unit.daemon.company_mail import KEY

pytestmark = pytest.mark.slow
ALICE, BOB = "alice@acme.example", "bob@acme.example"
ANN, BEN = "ann@client.example", "ben@client.example"
SERVICE = "ACME\\svc-keeptouch"
#: All that reads; what writes has other names.
READING = {"GetFolder", "FindFolder", "SyncFolderItems", "FindItem", "GetItem"}
BOUNCE = (
    b"From: MAILER-DAEMON@acme.example\r\nTo: alice@acme.example\r\nSubject: Undelivered\r\n"
    b"Date: Mon, 2 Mar 2026 12:30:00 +0000\r\nMessage-ID: <bounce@acme.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.acme.example\r\n\r\n"
    b"Final-Recipient: rfc822; ann@client.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    b"Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
    b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <1@acme>\r\nSubject: Matter 1\r\n\r\n--b--\r\n"
)
#: By all servers, on the clock of all letters.
DELIVERED = NOON + timedelta(hours=1)
#: What alice has written, and what came to her.
SENT = [
    *(letter(ALICE, ANN, BOB, mid=f"{n}@acme", minute=n, cc=[BEN]) for n in range(3)),
    letter(
        f'"Amini, Alice" <{ALICE}>',
        f"Бат-Эрдэнэ <{BEN}>",
        mid="4@acme",
        minute=4,
        subject="Гэрээ № 12",
        text="Сайн байна уу\n",
    ),
]
CAME = [
    received(
        letter(ANN, ALICE, mid="1@client", minute=21, headers=["In-Reply-To: <1@acme>"], text="Yes.\n\n> Hello.\n")
    ),
    received(letter(f"علی رضایی <{BEN}>", ALICE, mid="2@client", minute=22, subject="قرارداد", text="سلام علیکم\n")),
    received(letter("news@shop.example", ALICE, mid="n@shop", minute=25, headers=["List-Unsubscribe: <mailto:x@y.z>"])),
    received(letter(ANN, ALICE, minute=26, subject="No id")),
    BOUNCE,
]


@pytest.fixture
def alice() -> Iterator[ExchangeMailbox]:
    with EwsServer() as server:
        server.add_account(SERVICE, PASSWORD, impersonates=["*"])
        box = ExchangeMailbox(server, server.add_mailbox(ALICE, PASSWORD, names={"sentitems": "Sent"}))
        for raw in SENT:
            box.mailbox.deliver("sentitems", raw, received=DELIVERED)
        for raw in CAME:
            box.mailbox.deliver("inbox", raw, received=DELIVERED)
        yield box


def add(company: Company, server: EwsServer, name: str = "alice", **options: object) -> None:
    """An account of the company's."""
    secret = company.folder / "ews.secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    given = {
        "url": server.url,
        "username": f"{name}@acme.example",
        "password_file": secret.name,
        "since": Raw("2000-01-01"),
        **options,
    }
    kept = {key: each for key, each in given.items() if each is not None}
    company.accounts[name] = Account(name, f"{name}@acme.example", kept, "ews")


def company_of(folder: Path, alice: ExchangeMailbox) -> Company:
    company = Company(folder, create="all")
    add(company, alice.server)
    return company


def in_files(folder: Path, mails: Sequence[tuple[str, bytes]]) -> Path:
    """A Maildir with folders."""
    for number, (name, raw) in enumerate(mails):
        path = folder if name == "INBOX" else folder / f".{name}"
        for part in ("cur", "new", "tmp"):
            (path / part).mkdir(parents=True, exist_ok=True)
        file = path / "cur" / f"{number}.test:2,S"
        file.write_bytes(raw)
        os.utime(file, (DELIVERED.timestamp(),) * 2)
    return folder


def test_the_same_mail_is_the_same_history_once(alice: ExchangeMailbox, tmp_path: Path) -> None:
    mails = [*(("Sent", raw) for raw in SENT), *(("INBOX", raw) for raw in CAME)]
    maildir = in_files(tmp_path / "maildir", mails)
    local = {"path": str(maildir), "format": "maildir"}
    by_ews = company_of(tmp_path / "ews", alice)
    by_files = Company(tmp_path / "files", create="all")
    by_files.accounts["alice"] = Account("alice", ALICE, local, "local")
    both = company_of(tmp_path / "both", alice)
    both.accounts["bob"] = Account("bob", BOB, local, "local")
    for company in (by_ews, by_files, both):
        company.sync()
        company.check_integrity()
    apart = differences(by_ews.contract(), by_files.contract())
    # an account of another kind is another account
    assert apart.keys() <= {"v1_account_status", "v1_interaction_person"}
    people = "SELECT interaction_id, person_id FROM v1_interaction_person ORDER BY 1, 2"
    assert by_ews.rows(people) == by_files.rows(people)
    assert both.rows("SELECT count(*) FROM v1_interaction") == by_ews.rows("SELECT count(*) FROM v1_interaction")
    mine = "SELECT id, message_id, subject, body_text FROM v1_interaction ORDER BY id"
    assert both.rows(mine) == by_ews.rows(mine)


def test_nothing_that_is_ever_asked_changes_a_mailbox(alice: ExchangeMailbox, tmp_path: Path) -> None:
    company = company_of(tmp_path, alice)
    company.create = "corresponded"
    before = alice.mailbox.snapshot()
    assert company.run("check").code == 0
    assert company.run("accounts", "folders").code == 0
    company.sync()
    company.sync()
    assert alice.mailbox.snapshot() == before
    alice.deliver("INBOX", received(letter(BEN, ALICE, mid="late@client", minute=99)))
    alice.mailbox.mark_answered(alice.mailbox.find("inbox", "1@client"))
    alice.mailbox.remove(alice.mailbox.find("inbox", "2@client"))
    before = alice.mailbox.snapshot()
    company.sync()
    company.create = "all"
    assert company.run("reprocess").code == 0
    company.sync()
    with contextlib.closing(sqlite3.connect(company.store)) as connection, connection:
        connection.execute("UPDATE stream SET cursor = 'x' WHERE name = 'Sent'")
        connection.execute("DELETE FROM placement WHERE ref IN (SELECT min(ref) FROM placement)")
    assert company.run("accounts", "audit").code == 1
    assert company.run("accounts", "audit", "--repair").code == 0
    company.sync()
    assert alice.mailbox.snapshot() == before
    asked = {request.operation for request in alice.server.requests}
    assert asked == READING
    assert company.rows("SELECT count(*) FROM v1_interaction WHERE message_id = 'late@client'") == [(1,)]


def test_a_poll_without_news_is_one_question_a_folder(alice: ExchangeMailbox, tmp_path: Path) -> None:
    company = company_of(tmp_path, alice)
    company.sync()
    company.sync()
    began = time.monotonic()
    company.sync()
    folders = company.rows("SELECT count(*) FROM stream")[0][0]
    assert alice.server.count("SyncFolderItems", since=began) == folders
    assert alice.server.count(since=began) == folders + 1


def test_one_service_account_reads_many_mailboxes(alice: ExchangeMailbox, tmp_path: Path) -> None:
    server = alice.server
    boxes = [ExchangeMailbox(server, server.add_mailbox(f"rep{n}@acme.example")) for n in range(3)]
    for n, box in enumerate(boxes):
        box.deliver("INBOX", received(letter(ANN, box.mailbox.address, mid=f"rep{n}@client", minute=n)))
    company = Company(tmp_path, create="all")
    (company.folder / "mailboxes.txt").write_text("".join(f"{box.mailbox.address}\n" for box in boxes))
    add(company, server, "all", username=SERVICE, impersonate=True, mailboxes_file="mailboxes.txt")
    company.accounts["all"].owner = "boss@acme.example"
    company.sync()
    assert company.rows("SELECT message_id FROM v1_interaction ORDER BY 1") == [(f"rep{n}@client",) for n in range(3)]
    assert {request.user for request in server.requests} == {SERVICE}
    names = company.rows("SELECT name FROM v1_account_status ORDER BY 1")
    assert names == [(f"all/rep{n}@acme.example",) for n in range(3)]


def test_check_says_how_an_administrator_grants_what_is_missing(alice: ExchangeMailbox, tmp_path: Path) -> None:
    alice.server.add_account("ACME\\powerless", PASSWORD)
    company = Company(tmp_path)
    for name, options in {"alice": {"impersonate": True}, "bob": {"impersonate": False}}.items():
        add(company, alice.server, name, username="ACME\\powerless", mailbox=ALICE, **options)
    answer = company.run("check")
    assert answer.code == 1
    said = answer.out + answer.err
    assert "New-ManagementRoleAssignment" in said
    assert "Add-MailboxPermission -Identity alice@acme.example" in said


class Work:
    """The turns of a company's accounts, on a clock that can be set forward."""

    def __init__(self, company: Company, session: Session) -> None:
        self._session = session
        self._skipped = 0.0
        self.engine = Engine(session, 1.0, Backoff(first=0.1, longest=1.0), self.clock)
        self.engine.run()

    def clock(self) -> float:
        return time.monotonic() + self._skipped

    def skip(self, seconds: float) -> None:
        self._skipped += seconds
        # who waits looks at the clock anew
        self.engine.follow(self._session)
        time.sleep(0.03)

    def states(self) -> list[str]:
        with self._session.store.read() as transaction:
            return [each.state for each in account_statuses(transaction)]


@contextlib.contextmanager
def at_work(company: Company) -> Iterator[Work]:
    with session_of(load(company.config, environ=os.environ, today=datetime.now(UTC).date())) as session:
        stop = threading.Event()
        work = Work(company, session)
        sources = Sources(session, stop, Backoff(), work.engine.servers)
        sources.begin()
        try:
            yield work
        finally:
            stop.set()
            sources.stop()
            assert work.engine.stop(10)


def test_a_sync_leaves_a_server_alone_that_wants_its_rest(tmp_path: Path, new_url: Callable[[str], str]) -> None:
    """The accounts after the one that was told so, and the next command; a person who names one has his way."""
    with exchange() as one:
        server = one.server
        company = Company(tmp_path / "company", create="all", key=KEY, url=new_url("store"))
        for n in range(8):
            box = ExchangeMailbox(server, server.add_mailbox(f"rep{n}@acme.example", PASSWORD))
            box.deliver("INBOX", received(letter(ANN, box.mailbox.address, mid=f"{n}@client", minute=n)))
            add(company, server, f"rep{n}")
        server.fail(server_busy(297_000), operation="FindFolder", times=None)
        answer = company.run("sync", "--json")
        assert answer.code == 1
        told = [each["error"]["problem"] for each in answer.document["accounts"]]
        assert ["takes no request now" in problem for problem in told] == [True] * 8
        # as many as are read at a time
        assert server.count() <= 4
        server.heal()
        before = server.count()
        assert company.run("sync").code == 1
        assert server.count() == before
        assert company.run("sync", "--account", "rep0").code == 0


def quiet(work: Work, server: EwsServer, seconds: float, since: float) -> None:
    """So many seconds go by, in which each account would be polled about as often, and nobody asks anything."""
    until = work.clock() + seconds
    while (left := until - work.clock()) > 0:
        work.skip(min(4, left))
        assert server.count(since=since) == 0, f"asked with {left:.1f} s to go"


@pytest.mark.parametrize(
    ("fault", "seconds"), [(server_busy(297_000), 297), (http_status(503, Retry_After="40"), 40)], ids=["busy", "503"]
)
def test_a_server_that_wants_its_rest_has_it_from_all_its_accounts(tmp_path: Path, fault: Fault, seconds: int) -> None:
    """It says so once, to one of them; the whole time is gone through, and once more by the process after this one."""
    with exchange() as one:
        server = one.server
        company = Company(tmp_path / "company", create="all")
        for n in range(3):
            box = ExchangeMailbox(server, server.add_mailbox(f"rep{n}@acme.example", PASSWORD))
            box.deliver("INBOX", received(letter(ANN, box.mailbox.address, mid=f"{n}@client", minute=n)))
            add(company, server, f"rep{n}")
        company.extra = (
            f'[[contacts.sources]]\nname = "book"\nkind = "ews"\nurl = "{server.url}"\n'
            'username = "rep0@acme.example"\npassword_file = "ews.secret"'
        )
        company.write()
        with at_work(company) as work:
            wait(lambda: work.states() == ["ok"] * 3)
            server.fail(fault, operation="SyncFolderItems")
            work.skip(2)
            wait(lambda: "backoff" in work.states())
            # turns that were already asking have their answer
            time.sleep(0.3)
            told = time.monotonic()
            [(refused, at)] = [(each.mailbox, each.at) for each in server.requests if each.status is None]
            assert server.count(mailbox=refused, since=at) == 1, "it went on with its other folders"
            quiet(work, server, seconds - 5, told)
        with at_work(company) as work:
            quiet(work, server, seconds - (time.monotonic() - told) - 5, told)
            assert set(work.states()) == {"backoff"}
            work.skip(10)
            wait(lambda: work.states() == ["ok"] * 3)
            assert len({each.mailbox for each in server.requests if each.at > told}) == 3
