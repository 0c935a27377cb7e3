"""Privacy on a real server: what is erased is in no byte and does not come back; what is blocked comes back whole."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Login
from tests.integration.company import Company, differences
from tests.integration.mailboxes import letter, put
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.slow

ALICE, BOB = "alice@acme.example", "bob@acme.example"
#: Found nowhere else.
NAME, ADDRESS = "Annegret Quuxbottom", "annegret.quux@client.example"
ANN, CARL = f"{NAME} <{ADDRESS}>", "Carl Other <carl@other.example>"
ENCODED = f"=?utf-8?q?Annegret_Quuxbottom?= <{ADDRESS.replace('annegret', 'Annegret')}>"


@pytest.fixture
def company(dovecot: Dovecot, dovecot_user: Callable[[], Login], tmp_path: Path) -> Company:
    """Alice, Bob and their mail with Ann, with Carl, and with both; Carl quotes Ann's address."""
    company = Company(tmp_path / "company")
    alice, bob = dovecot_user(), dovecot_user()
    company.add("alice", alice, dovecot.imap_port)
    company.add("bob", bob, dovecot.imap_port)
    put(
        dovecot,
        alice,
        "Sent",
        letter(ALICE, ANN, mid="1@acme", minute=1, subject="Offer"),
        letter(ALICE, CARL, mid="2@acme", minute=2, subject="Lunch"),
        letter(ALICE, ANN, mid="3@acme", minute=3, cc=(CARL, BOB), subject="All of you"),
    )
    put(
        dovecot,
        alice,
        "INBOX",
        letter(ENCODED, ALICE, mid=f"77.{ADDRESS}", minute=4, subject="Re: Offer"),
        letter(
            CARL, ALICE, mid="5@other", minute=5, subject="Fwd", text=f"> Von: <{ADDRESS.upper()}>\nmailto:{ADDRESS}"
        ),
        letter(CARL, ALICE, mid="6@other", minute=6, subject="Re: Lunch"),
        letter("Stranger <stranger@else.example>", ALICE, mid="8@else", minute=8, cc=(ANN,), subject="Who"),
    )
    put(
        dovecot,
        bob,
        "INBOX",
        letter(ALICE, ANN, mid="3@acme", minute=3, cc=(CARL, BOB), subject="All of you"),
        letter(ANN, BOB, mid="7@client", minute=7, subject="Only you"),
    )
    company.sync()
    company.sync()
    return company


def forget_cursors(company: Company) -> None:
    """Have every folder read anew, as after a change of UIDVALIDITY."""
    with closing(sqlite3.connect(company.store)) as connection, connection:
        connection.execute("UPDATE stream SET cursor = NULL, is_uncompared = 1, version = version + 1")


def dump(company: Company) -> str:
    """All rows as SQL, and what is packed in them."""
    with closing(sqlite3.connect(f"{company.store.as_uri()}?mode=ro", uri=True)) as connection:
        text = "\n".join(connection.iterdump())
        packed = connection.execute("SELECT headers FROM content WHERE headers IS NOT NULL").fetchall()
    return text + "\n".join(zlib.decompress(headers).decode("utf-8", "replace") for (headers,) in packed)


def bytes_beside(company: Company) -> dict[str, bytes]:
    """The store's files and all that lies beside them under its name."""
    return {path.name: path.read_bytes().lower() for path in company.folder.glob(f"{company.store.name}*")}


def test_after_an_erasure_nothing_of_the_person_is_left_or_comes_back(company: Company) -> None:
    shutil.copy(company.store, company.folder / "keeptouch.db.before-0002")
    assert ADDRESS in dump(company)
    plan = company.run("privacy", "erase", ADDRESS, "--dry-run", "--json").document
    assert (plan["dry_run"], plan["addresses"]) == (True, [ADDRESS])
    answer = company.run("privacy", "erase", ADDRESS, "--json")
    assert answer.code == 0, answer.out + answer.err
    done = answer.document
    assert (done["mails_removed"], done["mails_changed"]) == (plan["mails_removed"], plan["mails_changed"]) == (4, 2)
    assert [Path(path).name for path in done["copies_removed"]] == ["keeptouch.db.before-0002"]
    for _ in range(2):
        forget_cursors(company)
        company.sync()
    text = dump(company).lower()
    assert ADDRESS not in text
    assert NAME.lower() not in text
    for name, data in bytes_beside(company).items():
        assert ADDRESS.encode() not in data, name
        assert NAME.lower().encode() not in data, name
    assert "[erased]" in company.rows("SELECT body_text FROM v1_interaction WHERE message_id = '5@other'")[0][0]
    mails = company.rows("SELECT message_id FROM v1_interaction ORDER BY 1")
    assert mails == [("2@acme",), ("3@acme",), ("5@other",), ("6@other",)]
    audit = company.run("accounts", "audit", "--json")
    assert (audit.code, [each["coverage"] for each in audit.document["accounts"]]) == (0, [100.0, 100.0])
    company.check_integrity()


def test_while_the_service_runs_an_erasure_empties_the_log_too(company: Company) -> None:
    service = company.spawn("run", "--interval", "1")
    try:
        answer = company.run("privacy", "erase", ADDRESS, "--json")
        assert answer.code == 0, answer.out + answer.err
        for name, data in bytes_beside(company).items():
            assert ADDRESS.encode() not in data, name
    finally:
        service.terminate()
        service.communicate(timeout=30)
    assert ADDRESS not in dump(company)


@pytest.mark.parametrize("what", [ADDRESS, "other.example", "folder:INBOX", "subject:*lunch*"])
def test_blocked_forward_back_and_undone(company: Company, tmp_path: Path, what: str) -> None:
    before = company.contract()
    placements = company.placements()
    plan = company.run("privacy", "block", what, "--dry-run", "--json").document
    assert company.contract() == before
    done = company.run("privacy", "block", what, "--json").document
    assert (plan["removed"], plan["suppressed"]) == (done["removed"], done["suppressed"])
    assert done["suppressed"] > 0
    company.sync()
    fresh = Company(tmp_path / "fresh")
    fresh.accounts = company.accounts
    for secret in company.folder.glob("*.secret"):
        shutil.copy(secret, fresh.folder)
    fresh.extra = f"[privacy]\nblock = [{json.dumps(what)}]"
    fresh.sync()
    fresh.sync()
    assert differences(company.contract(), fresh.contract()) == {}
    forget_cursors(company)
    company.sync()
    assert differences(company.contract(), fresh.contract()) == {}
    assert company.run("privacy", "blocks", "--json").document["blocks"][0]["held"] == done["suppressed"]
    assert company.run("privacy", "unblock", what).code == 0
    company.sync()
    company.sync()
    assert differences(company.contract(), before) == {}
    assert company.placements() == placements


def test_an_export_tells_all(company: Company) -> None:
    lines = [json.loads(line) for line in company.run("privacy", "export", ADDRESS).out.splitlines()]
    kinds = [each["record"] for each in lines]
    assert kinds[0] == "person"
    assert lines[0]["names"] == [NAME]
    mails = {each["mid"]: each for each in lines if each["record"] == "mail"}
    assert mails.keys() == {"1@acme", "3@acme", f"77.{ADDRESS}", "5@other", "7@client", "8@else"}
    assert (mails["1@acme"]["takes_part"], mails["5@other"]["takes_part"]) == (True, False)
    assert {place["account"] for place in mails["3@acme"]["places"]} == {"alice", "bob"}
    assert kinds.count("contact") == kinds.count("contact_address") == 1


def test_on_the_command_line_what_cannot_be_is_refused(company: Company) -> None:
    for words, problem in (
        (("erase", "nonsense"), "is no address"),
        (("erase", ALICE), "an address of our own"),
        (("block", "*"), "fits everything"),
        (("unblock", "law.example"), "is not blocked"),
        (("visibility", "abc"), "is missing"),
        (("visibility", "abc", "none"), "there is no thread"),
    ):
        answer = company.run("privacy", *words)
        assert (answer.code, problem in answer.err) == (2, True), answer.err


def test_visibility_and_retention_by_configuration(company: Company) -> None:
    account = company.accounts["bob"]
    company.extra = "[privacy.retention]\ntext = 1\n"
    assert company.run("privacy", "retain", "--json").document["expired"]["text"] > 0
    assert company.rows("SELECT count(*) FROM v1_interaction WHERE body_text IS NOT NULL") == [(0,)]
    account.outer = {"visibility": "none"}
    company.sync()
    assert company.rows("SELECT count(*) FROM v1_interaction WHERE message_id IN ('3@acme', '7@client')") == [(0,)]
    [(thread,)] = company.rows("SELECT thread_id FROM v1_interaction WHERE message_id = '2@acme'")
    assert company.run("privacy", "visibility", thread, "metadata").code == 0
    assert company.rows("SELECT subject FROM v1_thread WHERE id = ?", thread) == [(None,)]
    assert company.run("privacy", "visibility", "--json").document["threads"] == [
        {"thread_id": thread, "level": "metadata"}
    ]
