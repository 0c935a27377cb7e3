"""Erasing a person: what goes, what stays, and that nothing comes back by any way."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, inspect

from connectors.api import Message, Purpose
from daemon.contacts.importing import import_contacts, read_contacts
from daemon.entered import apply_entered
from daemon.erasing import erase, planned
from daemon.reprocess import reprocess
from matching.policy import Create
from store.privacy import suppression
from store.schema.w1 import w1_contact, w1_contact_address
from tests.unit.daemon.company_mail import NOON, House, company, mail

pytestmark = pytest.mark.later

ALICE, BOB = "alice@acme.example", "bob@acme.example"
#: Found nowhere else.
ANN, NAME = "ann.quux@client.example", "Ann Quuxbottom"
CARL = "carl@other.example"
#: Longer than a keyed hash when packed.
HEADERS = f"From: {NAME} <{ANN}>\r\nTo: a@b.example\r\nX-Other: yes, and then some more\r\n".encode()


def ann_wrote(*to: str, **more: Any) -> Message:
    return mail(ANN, *to, name=NAME, headers=HEADERS, **more)


SERVER: dict[tuple[str, str], tuple[Purpose, list[Message]]] = {
    ("alice", "Sent"): (
        Purpose.SENT,
        [
            mail(ALICE, ANN, mid="to-ann@acme", minute=1),
            mail(ALICE, CARL, mid="to-carl@acme", minute=2),
            mail(ALICE, ANN, CARL, mid="to-both@acme", minute=3, text=f"Dear both, as {NAME} said"),
            mail(ALICE, CARL, mid="bcc@acme", minute=4, bcc=(ANN,), text="secretly"),
        ],
    ),
    ("alice", "INBOX"): (
        Purpose.INBOX,
        [
            ann_wrote(ALICE, mid="1.ann.quux@client.example", ref="1:11", minute=5),
            ann_wrote(ALICE, mid="cc@client", ref="1:12", minute=6, cc=(CARL,)),
            mail(
                CARL,
                ALICE,
                mid="quote@other",
                ref="1:13",
                minute=7,
                text=f"> On Monday {NAME} <{ANN.title()}> wrote:\n> hello\nmailto:{ANN}",
                references=("1.ann.quux@client.example",),
                headers=f"From: {CARL}\nReferences: <1.ann.quux@client.example>\nX-Ok: all is well\n".encode(),
            ),
            mail("list@shop.example", ALICE, ANN, mid="bulk@shop", ref="1:14", minute=8, list_id="shop"),
            mail("stranger@else.example", ALICE, mid="stranger@else", ref="1:15", minute=9),
        ],
    ),
    ("bob", "INBOX"): (Purpose.INBOX, [ann_wrote(ALICE, BOB, mid="cc@client", ref="1:12", minute=6, cc=(CARL,))]),
}


def fill(house: House) -> None:
    for (account, folder), (purpose, mails) in SERVER.items():
        house.read(account, folder, mails, purpose)
    while house.fetch_wanted(SERVER):
        pass


def everything(house: House) -> str:
    """All that any table holds, unpacked."""
    parts = []
    with house.store.read() as transaction:
        for name in inspect(transaction).get_table_names():
            for row in transaction.exec_driver_sql(f'SELECT * FROM "{name}"').all():  # noqa: S608 - a name the database gave
                # what is longer than a keyed hash is a header block
                parts += [zlib.decompress(v).decode() if isinstance(v, bytes) and len(v) > 16 else str(v) for v in row]
    return "\n".join(parts)


def traces(house: House) -> list[str]:
    """Lines in the tables that hold the address."""
    return [line for line in everything(house).splitlines() if ANN in line.lower()]


@pytest.fixture
def house(house: House) -> House:
    fill(house)
    assert traces(house)
    return house


def test_the_plan_says_what_would_go_and_changes_nothing(house: House) -> None:
    before = house.rows("SELECT * FROM message"), house.contract()
    plan = planned(house.ingest(), ANN)
    assert (house.rows("SELECT * FROM message"), house.contract()) == before
    assert (sorted(plan.person.addresses), plan.person.names) == ([ANN], {NAME})
    done = erase(house.ingest(), ANN)
    assert (done.removed, done.changed) == (plan.removed, plan.changed)
    assert len(done.naming) == len(plan.naming) == 2


def test_the_address_is_nowhere_and_other_mail_stays(house: House) -> None:
    before = len(house.rows("SELECT * FROM v1_interaction"))
    erase(house.ingest(), ANN)
    assert traces(house) == []
    assert house.rows("SELECT display_name FROM contact") == [(CARL,)]
    # of six, the two between Ann and Alice alone went
    assert len(house.rows("SELECT * FROM v1_interaction")) == before - 2
    assert house.rows("SELECT body_text FROM v1_interaction WHERE message_id = 'quote@other'") == [
        (f"> On Monday {NAME} <[erased]> wrote:\n> hello\nmailto:[erased]",)
    ]
    assert house.rows("SELECT ref, reason FROM placement WHERE verdict = 'suppressed'") == [
        ("1:11", "erased"),
        ("1:2", "erased"),
    ]
    assert house.rows(
        "SELECT role, address FROM v1_interaction_contact JOIN v1_interaction ON interaction_id = id"
        " WHERE message_id = 'cc@client'"
    ) == [("cc", CARL)]
    of_others = "kind NOT IN ('contact', 'score') OR key NOT IN (SELECT id FROM contact)"
    assert house.rows(f"SELECT count(*) FROM dirty WHERE {of_others}") == [(0,)]  # noqa: S608 - the words above


def test_what_is_suppressed_keeps_no_hash_and_no_time(house: House) -> None:
    erase(house.ingest(), ANN)
    kept = house.rows("SELECT * FROM placement WHERE verdict = 'suppressed'")
    assert all(not isinstance(value, bytes) for row in kept for value in row)
    assert house.rows("SELECT received_at, occurred_at, size FROM placement WHERE verdict = 'suppressed'") == [
        (None, None, 0),
        (None, None, 0),
    ]


def test_read_again_nothing_comes_back_and_nothing_is_doubled(house: House) -> None:
    erase(house.ingest(), ANN)
    contract, placements = house.contract(), house.rows("SELECT * FROM placement")
    messages = house.rows("SELECT * FROM message")
    fill(house)
    assert traces(house) == []
    assert house.contract() == contract
    assert house.rows("SELECT * FROM message") == messages
    assert house.rows("SELECT * FROM placement") == placements


def test_an_erased_store_equals_one_that_was_read_after_the_erasure(tmp_path: Path) -> None:
    house, fresh = House(tmp_path), House(tmp_path, name="fresh.db")
    fill(house)
    erase(house.ingest(), ANN)
    with fresh.store.write() as transaction:
        suppression.add(transaction, suppression.keys_of(fresh.store.key, [ANN]), NOON)
    fill(fresh)
    assert house.contract() == fresh.contract()
    assert house.rows("SELECT ref, verdict, reason FROM placement") == fresh.rows(
        "SELECT ref, verdict, reason FROM placement"
    )


@pytest.mark.parametrize("create", [Create.ALL, Create.CORRESPONDED, Create.OFF])
def test_another_policy_does_not_bring_it_back(house: House, create: Create) -> None:
    erase(house.ingest(), ANN)
    house.company = company(create)
    reprocess(house.store, house.company, lambda: NOON)
    while house.fetch_wanted(SERVER):
        pass
    assert traces(house) == []


def test_a_contact_of_the_address_is_refused_by_import_and_by_w1(house: House, tmp_path: Path) -> None:
    erase(house.ingest(), ANN)
    (tmp_path / "a.csv").write_text(f"id,name,email\n1,{NAME},{ANN}\n2,Dora,dora@x.example\n", "utf-8")
    imported = import_contacts(house.store, house.company, lambda: NOON, read_contacts(tmp_path / "a.csv"), "list")
    assert (imported.created, [each.line for each in imported.rejected]) == (1, [2])
    with house.store.write() as transaction:
        of_crm = {"external_source": "crm", "external_id": "7"}
        transaction.execute(insert(w1_contact).values(**of_crm, display_name=NAME))
        transaction.execute(insert(w1_contact_address).values(**of_crm, address=ANN.upper()))
    for _ in range(2):
        apply_entered(house.store, house.company, lambda: NOON)
        house.derive()
    assert traces(house) == []
    assert house.rows("SELECT display_name, error IS NOT NULL FROM w1_contact") == [(None, True)]
    assert house.rows("SELECT display_name FROM v1_contact") == [("Dora",), (CARL,)]


def test_the_files_hold_neither_the_address_nor_the_name(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.read("alice", "Sent", [mail(ALICE, CARL, mid="to-carl@acme", minute=2)], Purpose.SENT)
    house.read("alice", "INBOX", [ann_wrote(ALICE, mid="1@client", ref="1:11", minute=5)])
    house.read("alice", "Sent", [mail(ALICE, ANN, ref="1:9", mid="to-ann@acme", minute=1)], Purpose.SENT)
    house.fetch_wanted({("alice", "INBOX"): (Purpose.INBOX, [ann_wrote(ALICE, mid="1@client", ref="1:11", minute=5)])})
    copy = tmp_path / "store.db.before-0002"
    (tmp_path / "store.db.mine").write_bytes(b"SQLite format 3\0 and more")
    with sqlite3.connect(copy) as target, sqlite3.connect(tmp_path / "store.db") as source:
        source.backup(target)
    target.close()
    source.close()
    assert any(NAME.encode() in path.read_bytes() for path in tmp_path.iterdir())
    done = erase(house.ingest(), ANN)
    for path in tmp_path.iterdir():
        data = path.read_bytes().lower()
        assert NAME.lower().encode() not in data, path.name
        assert ANN.encode() not in data, path.name
    assert done.purged is not None
    assert done.purged.removed == (copy,), "what we made by ourselves"
    assert [str(tmp_path / "store.db.mine") in each for each in done.purged.left] == [True], (
        "what somebody made is told"
    )


def test_all_addresses_of_the_person_go_and_a_taken_one_stays(house: House, tmp_path: Path) -> None:
    home = "ann@home.example"
    (tmp_path / "a.csv").write_text(f"id,name,email,email 2\n1,{NAME},{ANN},{home}\n", "utf-8")
    import_contacts(house.store, house.company, lambda: NOON, read_contacts(tmp_path / "a.csv"), "list")
    house.derive()
    done = erase(house.ingest(), home)
    assert sorted(done.person.addresses) == [ANN, home]
    assert traces(house) == []


def test_an_erasure_that_was_cut_short_is_noticed_and_repeated(house: House) -> None:
    with house.store.write() as transaction:
        suppression.add(transaction, suppression.keys_of(house.store.key, [ANN]), NOON)
        assert suppression.is_unfinished(transaction)
    erase(house.ingest(), ANN)
    with house.store.read() as transaction:
        assert not suppression.is_unfinished(transaction)
    assert traces(house) == []
