"""Mail, imported files and other programs' rows in any order: one store in the end."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Message, Purpose
from daemon.contacts.importing import import_contacts, read_contacts
from daemon.entered import apply_entered
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, BOB, ANN, HOME = "alice@acme.example", "bob@acme.example", "ann@client.example", "ann@home.example"
BEA, DIRK, EVA, FAY = "bea@client.example", "dirk@partner.example", "eva@client.example", "fay@client.example"

#: Each of them could come before or after the others; they speak of different people.
_FILES = (
    f"id,name,email,email 2\n1,Ann Lee,{ANN},{HOME}\n",
    f"name,email\nBea,bea+crm@client.example\n,{DIRK}\n",
    "id,name,email\n9,Office,info@client.example\n",
)
_ROWS = (
    "INSERT INTO w1_contact (external_source, external_id, display_name) VALUES ('crm', '5', 'Fay')",
    f"INSERT INTO w1_contact_address (external_source, external_id, address) VALUES ('crm', '5', '{FAY}')",  # noqa: S608 # a name of ours
)
_MAILS: tuple[tuple[str, str, Purpose, Message], ...] = (
    ("alice", "Sent", Purpose.SENT, mail(ALICE, ANN, mid="1@x", minute=1)),
    ("alice", "Sent", Purpose.SENT, mail(ALICE, HOME, cc=(BOB,), mid="2@x", minute=2)),
    ("alice", "Sent", Purpose.SENT, mail(ALICE, BEA, mid="3@x", minute=3)),
    ("alice", "Sent", Purpose.SENT, mail(ALICE, EVA, "bea+crm@client.example", mid="4@x", minute=4)),
    ("alice", "Sent", Purpose.SENT, mail(ALICE, "ann+offers@home.example", FAY, mid="5@x", minute=5)),
    ("alice", "INBOX", Purpose.INBOX, mail(ANN, ALICE, mid="6@x", minute=6, name="A. Lee", in_reply_to=("1@x",))),
    ("alice", "INBOX", Purpose.INBOX, mail("info@client.example", ALICE, mid="7@x", minute=7)),
    ("alice", "INBOX", Purpose.INBOX, mail(DIRK, ALICE, mid="8@x", minute=8, name="Dirk as mail says")),
    ("alice", "INBOX", Purpose.INBOX, mail(EVA, ALICE, mid="9@x", minute=9, name="Eva")),
    ("bob", "INBOX", Purpose.INBOX, mail(ALICE, HOME, cc=(BOB,), mid="2@x", minute=2, ref="1:1")),
    ("bob", "INBOX", Purpose.INBOX, mail("stranger@else.example", BOB, mid="10@x", minute=10)),
)


def _take(house: House, path: Path, number: int) -> None:
    path.write_text(_FILES[number], "utf-8")
    import_contacts(house.store, house.company, lambda: NOON, read_contacts(path), f"file {number}")
    house.derive()


def _write(house: House, number: int) -> None:
    with house.store.write() as transaction:
        transaction.exec_driver_sql(_ROWS[number])
    apply_entered(house.store, house.company, lambda: NOON)
    house.derive()


def _live(house: House, path: Path, seed: int) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the order of the seed, then late linking until nothing is wanted."""
    steps: list[Callable[[], object]] = [
        *(partial(house.read, account, folder, [each], purpose) for account, folder, purpose, each in _MAILS),
        *(partial(_take, house, path, number) for number in range(len(_FILES))),
        *(partial(_write, house, number) for number in range(len(_ROWS))),
    ]
    random.Random(seed).shuffle(steps)
    for step in steps:
        step()
    server: dict[tuple[str, str], tuple[Purpose, Sequence[Message]]] = {}
    for account, folder, purpose, each in _MAILS:
        before = server.get((account, folder), (purpose, ()))[1]
        server[account, folder] = (purpose, [*before, each])
    while house.fetch_wanted(server):
        pass
    return house.contract()


@pytest.mark.slow
def test_the_order_does_not_matter(new_house: Callable[..., House], tmp_path: Path) -> None:
    house = new_house()
    expected = _live(house, tmp_path / "file", 0)
    names = house.rows("SELECT display_name FROM v1_contact")
    assert names == [("Ann Lee",), ("Bea",), ("Dirk as mail says",), ("Eva",), ("Fay",), ("Office",)]
    assert len(expected["v1_interaction"]) == 9
    for seed in range(1, 11):
        assert _live(new_house(), tmp_path / "file", seed) == expected, seed
