"""Several processes write to one PostgreSQL store at once: what it holds in the end is what one process makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.api import Message, Purpose
from tests.integration.racers import (
    Server,
    fetch_wanted,
    opened,
    race,
    read_alone,
    read_folder,
    read_shared_folder,
)
from tests.unit.daemon.company_mail import House, mail

pytestmark = [pytest.mark.server, pytest.mark.slow]
ALICE, BOB = "alice@acme.example", "bob@acme.example"


def pairs(number: int, size: int = 4) -> Server:
    """Mails that Alice sent to people nobody knows, and their answers to Bob: each makes the other worth keeping."""
    sent: list[Message] = []
    answers: list[Message] = []
    for n in range(number):
        person, mid, offer = f"p{n}@client{n % 50}.example", f"offer{n}@acme", {"subject": f"Offer {n}"}
        sent.append(mail(ALICE, person, mid=mid, ref=f"2:{n + 1}", minute=n % 1000, **offer))
        reply: dict[str, Any] = {"subject": f"Re: Offer {n}", "in_reply_to": (mid,), "references": (mid,)}
        answers.append(mail(person, BOB, mid=f"re{n}@client", ref=f"1:{n + 1}", minute=n % 1000 + 3, **reply))

    def pages(mails: list[Message]) -> list[list[Message]]:
        return [mails[start : start + size] for start in range(0, len(mails), size)]

    return {("alice", "Sent"): (Purpose.SENT, pages(sent)), ("bob", "INBOX"): (Purpose.INBOX, pages(answers))}


def finished(folder: Path, url: str, server: Server) -> House:
    """The store when all that became wanted was fetched."""
    house = opened(folder, url, server)
    house.derive()
    while fetch_wanted(house, server):
        pass
    assert house.rows("SELECT * FROM dirty WHERE kind NOT IN ('contact', 'score')") == []
    return house


@pytest.mark.parametrize("number", [100, pytest.param(10_000, marks=pytest.mark.soak)])
def test_sent_mail_and_its_answers_that_race_find_each_other(tmp_path: Path, postgres_url: str, number: int) -> None:
    server = pairs(number, 10 if number <= 200 else 25)
    race(postgres_url, server, read_folder, list(server))
    with finished(tmp_path, postgres_url, server) as house:
        assert house.rows("SELECT count(*) FROM v1_thread WHERE interaction_count = 2") == [(number,)]
        answered = (
            "SELECT count(*) FROM interaction a JOIN interaction o ON o.id = a.parent_id"
            " JOIN v1_interaction_contact l ON l.interaction_id = a.id WHERE o.direction = 'outbound'"
        )
        assert house.rows(answered) == [(number,)]
        assert house.contract() == read_alone(tmp_path, server)


def everywhere(number: int) -> Server:
    """The same mails in many folders of two accounts: Sent, copies, a list's copies with another subject, answers."""
    folders: dict[tuple[str, str], tuple[Purpose, list[list[Message]]]] = {
        ("alice", "Sent"): (Purpose.SENT, []),
        ("alice", "INBOX"): (Purpose.INBOX, []),
        ("bob", "INBOX"): (Purpose.INBOX, []),
        ("bob", "Lists"): (Purpose.OTHER, []),
    }
    for n in range(number):
        # few people and few threads, so that pages meet in both
        ann, mid = f"ann{n % 7}@client.example", f"one{n}@acme"
        before = (f"re{n - 1}@client",) if n % 5 else ()
        one: dict[str, Any] = {"mid": mid, "minute": 10 * n, "subject": f"Offer {n // 5}", "references": before}
        sent = mail(ALICE, ann, "dev@lists.example", cc=(BOB,), ref=f"2:{n + 1}", **one)
        copy = mail(ALICE, ann, "dev@lists.example", cc=(BOB,), ref=f"1:{n + 1}", **one)
        more = {"reply_to": (ALICE,), "list_id": "dev", "text": "text\n-- \nfooter", "ref": f"3:{n + 1}"}
        listed = mail("dev@lists.example", ann, "dev@lists.example", cc=(BOB,), **{**one, **more})
        reply = mail(ann, ALICE, mid=f"re{n}@client", minute=10 * n + 5, references=(*before, mid), ref=f"1:{n + 1}")
        for where, each in zip(folders, (sent, reply, copy, listed), strict=True):
            pages = folders[where][1]
            if not n % 3:
                pages.append([])
            pages[-1].append(each)
    return folders


@pytest.mark.parametrize("number", [30, pytest.param(600, marks=pytest.mark.soak)])
def test_copies_that_processes_read_at_once_are_one_mail(tmp_path: Path, postgres_url: str, number: int) -> None:
    server = everywhere(number)
    race(postgres_url, server, read_folder, list(server))
    with finished(tmp_path, postgres_url, server) as house:
        alone = read_alone(tmp_path, server)
        assert len(alone["v1_interaction"]) == 2 * number
        assert house.contract() == alone


@pytest.mark.parametrize("number", [30, pytest.param(2_000, marks=pytest.mark.soak)])
def test_processes_that_read_the_same_folders_double_nothing(tmp_path: Path, postgres_url: str, number: int) -> None:
    server = pairs(number, 10 if number <= 200 else 25)
    race(postgres_url, server, read_shared_folder, [*server, *server])
    with finished(tmp_path, postgres_url, server) as house:
        pages = len(next(iter(server.values()))[1])
        assert house.rows("SELECT version, cursor FROM stream") == [(pages, str(pages))] * 2
        assert house.rows("SELECT count(*) FROM placement") == [(2 * number,)]
        assert house.contract() == read_alone(tmp_path, server)
