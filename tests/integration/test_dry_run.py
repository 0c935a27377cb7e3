"""`sync --dry-run` says what the sync after it does, folder by folder, and leaves no trace."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import Login
from tests.integration.company import Account, Answer, Company
from tests.integration.exchange import PASSWORD, exchange
from tests.integration.mailboxes import letter, opened, put
from tests.integration.recording import RecordingProxy
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import write_maildir
from tests.servers.radicale import Radicale

pytestmark = pytest.mark.slow
#: Operations of EWS that change nothing.
READING = {"GetFolder", "FindFolder", "SyncFolderHierarchy", "SyncFolderItems", "FindItem", "GetItem", "GetAttachment"}


def meeting(uid: str, attendee: str, *, year: int = 2026, more: str = "") -> str:
    """A calendar object of Bob's."""
    lines = f"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//x//EN
BEGIN:VEVENT
UID:{uid}@work
DTSTAMP:20260301T000000Z
DTSTART:{year}0301T090000Z
DTEND:{year}0301T100000Z
SUMMARY:Offer
ORGANIZER:mailto:bob@acme.example
ATTENDEE;PARTSTAT=ACCEPTED:mailto:{attendee}
{more}END:VEVENT
END:VCALENDAR
"""
    return lines.replace("\n", "\r\n")


BOUNCE = """From: MAILER-DAEMON@mx.example
To: alice@example.org
Subject: Undelivered Mail Returned to Sender
Date: Sun, 01 Mar 2026 12:05:00 +0000
Message-ID: <1@bounce>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

User unknown
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ghost@gone.example
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

From: alice@example.org
To: ghost@gone.example
Message-ID: <0@lost>

--b--
""".replace("\n", "\r\n").encode()
#: (account, folder) -> numbers
Counts = Mapping[tuple[str, str], Mapping[str, int]]


def files(folder: Path) -> dict[str, str]:
    """Everything in the folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


def rehearse(company: Company, *argv: str, code: int = 0) -> Answer:
    """A dry run, which changes no file."""
    company.write()
    before = files(company.folder)
    answer = company.run_as_is("sync", "--dry-run", "--json", *argv)
    assert files(company.folder) == before
    assert answer.code == code, answer.err
    assert answer.document["dry_run"] is True
    return answer


def counts(answer: Answer, *, with_wanted: bool = False) -> Counts:
    """What is kept, skipped and quarantined; which copy of a mail is the first one depends on the order."""
    found = {}
    for account in answer.document["accounts"]:
        for each in account["streams"]:
            kept = each["stored"] + each["known"] + (each.get("wanted", 0) if with_wanted else 0)
            numbers = {"kept": kept, "skipped": each["skipped"], "quarantined": each["quarantined"]}
            if any(numbers.values()):
                found[account["account"], each["stream"]] = numbers
    return found


def reasons(answer: Answer) -> dict[tuple[str, str], dict[str, int]]:
    return {
        (account["account"], each["stream"]): each["reasons"]
        for account in answer.document["accounts"]
        for each in account["streams"]
        if each["reasons"]
    }


def kept_reasons(company: Company) -> dict[tuple[str, str], Counter[str]]:
    found: dict[tuple[str, str], Counter[str]] = {}
    for (account, folder, _ref), (verdict, reason) in company.placements().items():
        if verdict == "skipped":
            found.setdefault((account, folder), Counter())[reason] += 1
    return found


def total(answer: Answer, name: str) -> int:
    return sum(account[name] for account in answer.document["accounts"])


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Two mailboxes in files, of people who write to each other and to the same outsiders."""
    company = Company(tmp_path / "company", domains=("example.org",), key=None)
    for seed, (name, amount) in enumerate({"alice": 90, "bob": 45}.items()):
        path = tmp_path / name
        write_maildir(path, n=amount, seed=seed, me=f"{name}@example.org", people=25, median=1200)
        options: dict[str, Any] = {"path": str(path), "format": "maildir"}
        company.accounts[name] = Account(name, f"{name}@example.org", options, kind="local")
    return company


@pytest.mark.parametrize("create", ["off", "corresponded", "all"])
def test_on_no_store_it_says_what_the_first_sync_does_and_makes_none(company: Company, create: str) -> None:
    company.create = create
    foretold = rehearse(company)
    assert not company.store.exists()
    done = company.sync()
    assert counts(foretold) == counts(done)
    assert total(foretold, "stored") == total(done, "stored")
    assert reasons(foretold) == kept_reasons(company)
    assert rehearse(company).document["accounts"][0]["seen"] == 0


def test_on_a_store_it_says_what_is_new(company: Company, tmp_path: Path) -> None:
    inbox = tmp_path / "alice" / "new"
    lost = letter("alice@example.org", "ghost@gone.example", mid="0@lost")
    (tmp_path / "alice" / ".Sent" / "new" / "1800000000.0.test").write_bytes(lost)
    (inbox / "1800000001.0.test").write_bytes(BOUNCE)
    company.sync()
    assert company.rows("SELECT 1 FROM v1_contact_address WHERE address = 'ghost@gone.example'") == []
    stranger = letter("stranger@else.example", "alice@example.org", mid="1@new")
    news = [
        stranger,
        letter("alice@example.org", "friend@new.example", mid="2@new"),
        letter("friend@new.example", "alice@example.org", mid="3@new"),
        letter("bob@example.org", "alice@example.org", mid="4@new"),
        b"",
        # with whom mail of ours came back from: no contact, and kept like that of one
        letter("nobody@else.example", "alice@example.org", cc=["ghost@gone.example"], mid="5@new"),
    ]
    for number, raw in enumerate(news):
        (inbox / f"1900000000.{number}.test").write_bytes(raw)
    foretold = rehearse(company)
    done = company.sync()
    assert counts(foretold) == counts(done)
    assert reasons(foretold)["alice", "INBOX"] == {"internal": 1, "no_contact": 1}
    assert total(foretold, "quarantined") == 1
    assert total(foretold, "seen") == 6


def test_earlier_mail_that_becomes_wanted_is_told(company: Company, tmp_path: Path) -> None:
    other = Company(tmp_path / "other", domains=company.domains, accounts=company.accounts)
    other.sync()
    written_to = [address for (address,) in other.rows("SELECT address FROM v1_contact_address ORDER BY 1 LIMIT 5")]
    company.create = "off"
    company.sync()
    with contextlib.closing(sqlite3.connect(company.store)) as connection, connection:
        for number, address in enumerate(written_to):
            connection.execute(
                "INSERT INTO w1_contact (external_source, external_id) VALUES ('crm', ?)", (str(number),)
            )
            connection.execute(
                "INSERT INTO w1_contact_address (external_source, external_id, address) VALUES ('crm', ?, ?)",
                (str(number), address),
            )
    foretold = rehearse(company)
    done = company.sync()
    assert total(foretold, "wanted") > 0
    assert counts(foretold, with_wanted=True) == counts(done)


def test_what_is_kept_out_is_told(company: Company, tmp_path: Path) -> None:
    company.sync()
    held = company.rows("SELECT address, count(*) FROM link GROUP BY address ORDER BY 2 DESC, 1 LIMIT 6")
    blocked, ours, erased, *_others = [address for address, _count in held]
    company.store.unlink()
    company.extra = f'[privacy]\nblock = ["{blocked}"]\n[privacy.retention]\nparticipants = 200'
    company.accounts["alice"].outer["block"] = ["folder:Archive"]
    company.accounts["bob"].outer["visibility"] = "none"
    company.write()
    # in force before anything is read: a block by a command, and somebody who was erased
    assert company.run("privacy", "block", ours).code == 0
    assert company.run("privacy", "erase", erased).code == 0
    foretold = rehearse(company)
    done = company.sync()
    assert counts(foretold) == counts(done)
    why = Counter(
        "blocked" if reason.startswith("block ") else reason
        for verdict, reason in company.placements().values()
        if verdict in ("suppressed", "expired", "skipped")
    )
    told: Counter[str] = Counter()
    for each in reasons(foretold).values():
        told.update(each)
    assert told == why
    assert {"blocked", "erased", "age"} <= told.keys()


def test_a_policy_that_changed_is_told(company: Company) -> None:
    company.sync()
    assert rehearse(company).document["policy_changed"] is False
    company.create = "off"
    assert rehearse(company).document["policy_changed"] is True
    assert "The policy has changed" in company.run("sync", "--dry-run").out


def test_people_read_a_table(company: Company) -> None:
    answer = company.run("sync", "--dry-run", "--account", "alice")
    assert answer.code == 0
    assert "no_contact" in answer.out
    assert answer.out.endswith("Nothing was written.\n")
    assert "bob" not in answer.out


def test_an_account_that_fails_is_told_and_the_others_are_read(company: Company, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    company.accounts["alice"].options["path"] = str(nothing)
    answer = rehearse(company, code=1)
    alice, bob = answer.document["accounts"]
    assert (alice["ok"], bob["ok"]) == (False, True)
    assert bob["seen"] > 30


def test_on_an_empty_database_of_postgresql_it_makes_nothing(company: Company, postgres_url: str) -> None:
    company.url = postgres_url
    foretold = rehearse(company)
    with contextlib.closing(psycopg.connect(postgres_url.replace("+psycopg", ""))) as connection:
        made = "SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'keeptouch'"
        assert connection.execute(made).fetchone() == (0,)
    done = company.sync()
    assert counts(foretold) == counts(done)
    before = rows(postgres_url)
    assert rehearse(company).document["accounts"][0]["seen"] == 0
    company.create = "off"
    rehearse(company)
    assert rows(postgres_url) == before
    assert len(before) > 30


def rows(url: str) -> dict[str, object]:
    """Table of the store -> its rows, in a hash."""
    with contextlib.closing(psycopg.connect(url.replace("+psycopg", ""))) as connection:
        named = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'keeptouch'"
        names = [name for (name,) in connection.execute(f"{named} AND table_type = 'BASE TABLE'").fetchall()]
        hashed = "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM keeptouch.{} t"
        return {name: connection.execute(hashed.format(name)).fetchone() for name in names}


def test_on_exchange_and_caldav_it_only_asks(tmp_path: Path) -> None:
    company = Company(tmp_path / "company")
    with exchange() as mailbox, Radicale({"bob": PASSWORD}) as radicale:
        for n in range(5):
            mailbox.deliver("INBOX", letter("ann@client.example", "alice@acme.example", mid=f"{n}@a", minute=n))
        mailbox.deliver("Sent", letter("alice@acme.example", "ann@client.example", mid="1@s"))
        mailbox.account(company, "alice")
        # met only, so a contact by the meeting alone; and one whom nobody has met yet
        mailbox.deliver("INBOX", letter("eve@met.example", "alice@acme.example", mid="1@e"))
        mailbox.deliver("INBOX", letter("max@yet.example", "alice@acme.example", mid="1@m"))
        box = mailbox.mailbox
        box.put_event("calendar", "uid-1", datetime(2026, 3, 2, 9, tzinfo=UTC))
        calendar = radicale.calendar("bob", "work")
        made = [
            meeting("0", "ann@client.example"),
            meeting("1", "eve@met.example"),
            meeting("2", "max@yet.example", year=2099),
            meeting("3", "alice@acme.example"),
            # no machine becomes a contact, whoever meets it
            meeting("4", "noreply@client.example"),
            meeting("5", "carol@blocked.example"),
            meeting("6", "ann@client.example", more="CLASS:PRIVATE\n"),
        ]
        for number, each in enumerate(made):
            (calendar / f"{number}.ics").write_text(each)
        company.extra = '[privacy]\nblock = ["blocked.example"]'
        options = {"url": radicale.url, "username": "bob", "password_file": "alice.secret"}
        company.accounts["bob"] = Account("bob", "bob@acme.example", options, "caldav")
        kept = {path: path.read_bytes() for path in calendar.iterdir() if path.is_file()}
        foretold = rehearse(company)
        assert {each.operation for each in mailbox.server.requests} <= READING
        done = counts(company.sync())
        assert counts(foretold) == done
        assert reasons(foretold) == {
            ("alice", "INBOX"): {"no_contact": 1},
            ("alice", "Calendar"): {"internal": 1},
            ("bob", "work"): {"internal": 1, "no_contact": 1, "blocked": 1},
        }
        assert [each["seen"] for each in rehearse(company).document["accounts"]] == [0, 0]
        # an object that changes, one that is new, and a mail with whom it makes a contact
        (calendar / "3.ics").write_text(meeting("3", "max@yet.example"))
        (calendar / "9.ics").write_text(meeting("9", "noreply@client.example"))
        kept = {path: path.read_bytes() for path in calendar.iterdir() if path.is_file()}
        foretold = rehearse(company)
        assert counts(foretold, with_wanted=True) == counts(company.sync())
        assert total(foretold, "wanted") == 1
        assert {each.operation for each in mailbox.server.requests} <= READING
        assert {path: path.read_bytes() for path in calendar.iterdir() if path.is_file()} == kept
        assert mailbox.server.problems == []


def test_on_a_server_it_says_what_the_sync_does_and_reads_only(
    dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path: Path
) -> None:
    login = dovecot_user()
    ann, alice = "ann@client.example", "alice@acme.example"
    put(dovecot, login, "INBOX", *(letter(ann, alice, mid=f"{n}@a", minute=n) for n in range(30)))
    put(dovecot, login, "Sent", letter(alice, ann, mid="1@s", minute=50))
    put(dovecot, login, "Work", *(letter("x@else.example", alice, mid=f"{n}@x", minute=n) for n in range(5)))
    put(dovecot, login, "Trash", *(letter(ann, alice, mid=f"{n}@t", minute=n) for n in range(3)))
    company = Company(tmp_path / "company")
    with RecordingProxy((dovecot.host, dovecot.imap_port)) as proxy:
        company.add("alice", login, proxy.port)
        foretold = rehearse(company)
        assert counts(foretold) == counts(company.sync())
        assert reasons(foretold) == kept_reasons(company) == {
            ("alice", "Trash"): {"trash": 3},
            ("alice", "Work"): {"no_contact": 5},
        }  # fmt: skip
        # a folder is renamed, another made anew, and mail comes
        with opened(dovecot, login) as client:
            client.rename("Work", "Works")
        dovecot.doveadm("mailbox", "update", "-u", login.name, "--uid-validity", "1900000000", "Sent")
        put(dovecot, login, "Works", letter(ann, alice, mid="new@a", minute=99))
        foretold = rehearse(company)
        assert counts(foretold) == {
            ("alice", "Sent"): {"kept": 1, "skipped": 0, "quarantined": 0},
            ("alice", "Works"): {"kept": 1, "skipped": 0, "quarantined": 0},
        }
        assert counts(company.sync()) == counts(foretold)
        assert proxy.harmful == []
