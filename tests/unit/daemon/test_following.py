"""Folders that are renamed, hidden, made anew, restored: each keeps what is its own, and nothing is fetched again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.api import Message, Purpose, Stream
from connectors.local import LocalConnector, LocalSettings
from connectors.memory import Mailbox, MemoryConnector, MemorySettings, register
from daemon.following import is_due
from daemon.report import Report
from daemon.worker import Worker
from store.accounts import streams
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, ANN = "alice@acme.example", "ann@client.example"
STREAMS = "SELECT id, name, state FROM stream ORDER BY id"


@pytest.fixture(params=[True, False], ids=["ids", "samples"])
def box(request: pytest.FixtureRequest) -> Mailbox:
    """A server whose folders have ids, and one whose folders are known by what lies in them."""
    return register("alice", Mailbox(has_ids=request.param))


def turn(house: House) -> Report:
    report = Report("alice")
    connector = MemoryConnector(MemorySettings(mailbox="alice"), None)
    Worker(house.ingest(), house.accounts["alice"]).turn(connector, report)
    assert report.error is None
    return report


def sent(number: int) -> Message:
    return mail(ALICE, ANN, mid=f"s{number}@x", minute=number)


def fill(box: Mailbox, folder: str, numbers: range) -> list[str]:
    return [box.deliver(folder, sent(n)) for n in numbers]


def test_a_renamed_folder_keeps_its_stream_and_nothing_is_fetched_again(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(12))
    turn(house)
    [(number, _, _)] = house.rows(STREAMS)
    before = (house.contract(), house.rows("SELECT * FROM placement ORDER BY ref"), box.fetched)
    box.rename("Work", "پروژه/2026")
    assert turn(house).total.seen == 0
    assert house.rows(STREAMS) == [(number, "پروژه/2026", "ok")]
    assert (house.contract(), house.rows("SELECT * FROM placement ORDER BY ref"), box.fetched) == before
    box.deliver("پروژه/2026", sent(20))
    assert turn(house).total.stored == 1


def test_two_folders_that_swap_their_names_swap_nothing_else(house: House) -> None:
    box = register("alice", Mailbox(has_ids=True))
    fill(box, "A", range(5))
    fill(box, "B", range(5, 8))
    turn(house)
    ids = dict(house.rows("SELECT name, id FROM stream"))
    for old, new in (("A", "C"), ("B", "A"), ("C", "B")):
        box.rename(old, new)
    assert turn(house).total.seen == 0
    assert dict(house.rows("SELECT name, id FROM stream")) == {"A": ids["B"], "B": ids["A"]}


def test_names_swapped_on_a_server_without_ids_lose_and_double_nothing(house: House) -> None:
    box = register("alice", Mailbox())
    fill(box, "A", range(5))
    fill(box, "B", range(5, 8))
    turn(house)
    before = house.contract()
    for old, new in (("A", "C"), ("B", "A"), ("C", "B")):
        box.rename(old, new)
    turn(house)
    turn(house)
    assert house.contract() == before


def test_a_folder_that_is_hidden_is_missing_and_goes_on_when_it_is_back(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(30))
    box.folder("INBOX")
    turn(house)
    before, fetched = house.contract(), box.fetched
    box.hide("Work")
    turn(house)
    assert house.rows("SELECT state FROM stream WHERE name = 'Work'") == [("missing",)]
    assert house.rows("SELECT count(*) FROM placement WHERE removed_at IS NULL") == [(30,)]
    assert house.contract() == before
    box.deliver("Work", sent(40))
    box.hide("Work", False)
    assert turn(house).total.stored == 1
    assert box.fetched == fetched + 1


def test_a_folder_whose_name_another_took_is_found_under_its_new_one(house: House) -> None:
    box = register("alice", Mailbox(has_ids=True))
    fill(box, "Work", range(5))
    turn(house)
    box.rename("Work", "Work 2025")
    fill(box, "Work", range(10, 12))
    assert turn(house).total.stored == 2
    counts = "SELECT s.name, count(*) FROM placement p JOIN stream s ON s.id = p.stream_id GROUP BY s.name"
    assert dict(house.rows(counts)) == {"Work": 2, "Work 2025": 5}


def test_a_new_folder_is_not_taken_for_a_missing_one(box: Mailbox, house: House) -> None:
    fill(box, "Work", range(6))
    box.folder("INBOX")
    turn(house)
    box.remove("Work")
    # the same places and sizes, but other times of delivery
    fill(box, "Other", range(50, 56))
    turn(house)
    assert house.rows("SELECT name, state FROM stream ORDER BY name") == [
        ("INBOX", "ok"),
        ("Other", "ok"),
        ("Work", "missing"),
    ]
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(12,)]


def test_a_folder_made_anew_under_its_name_on_a_server_with_ids_is_read_anew(house: House) -> None:
    box = register("alice", Mailbox(has_ids=True))
    fill(box, "Work", range(3))
    turn(house)
    box.remove("Work")
    fill(box, "Work", range(10, 13))
    turn(house)
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(6,)]
    assert house.rows("SELECT count(*) FROM placement WHERE removed_at IS NULL") == [(3,)]


def test_a_server_restored_from_a_backup_that_gives_old_refs_to_other_mails_is_read_anew(house: House) -> None:
    """The numbers are the same as before, so that only a comparison can notice."""
    box = register("alice", Mailbox())
    fill(box, "Work", range(10))
    turn(house)
    for number in (8, 9):
        box._folders["Work"].mails[number + 1].item = sent(100 + number)
    with house.store.write() as transaction:
        transaction.exec_driver_sql(
            "UPDATE stream SET is_uncompared = false, compared_at = '2026-01-01T00:00:00.000000Z'"
        )
    turn(house)
    history = {mid for (mid,) in house.rows("SELECT message_id FROM v1_interaction")}
    assert history == {f"s{n}@x" for n in (*range(10), 108, 109)}
    placed = "SELECT count(*), count(DISTINCT message_key) FROM placement WHERE removed_at IS NULL"
    assert house.rows(placed) == [(10, 10)]
    assert house.rows("SELECT count(*) FROM placement WHERE removed_at IS NOT NULL") == [(2,)]
    before = box.fetched
    turn(house)
    assert box.fetched == before


def test_a_stream_that_lost_its_name_to_another_can_come_back(house: House) -> None:
    listed = [Stream(name="A", purpose=Purpose.OTHER, server_id="1")]
    with house.store.write() as transaction:
        account = house.accounts["alice"]
        first = streams.save(transaction, account, listed, NOON)["A"]
        second = streams.save(transaction, account, [Stream(name="A", server_id="2")], NOON)["A"]
        assert first == second
        both = [Stream(name="A", server_id="2"), Stream(name="B", server_id="1")]
        ids = streams.save(transaction, account, both, NOON)
        assert (ids["A"], streams.save(transaction, account, both, NOON)) == (first, ids)


def test_streams_that_began_together_are_compared_at_different_times() -> None:
    told, plain = Stream(name="A", tells_removals=True), Stream(name="B")
    for stream, days in ((plain, 1), (told, 7)):
        due = [is_due(stream, n, NOON, NOON + timedelta(days=0.9 * days)) for n in range(500)]
        assert 100 < sum(due) < 400
        assert not any(is_due(stream, n, NOON, NOON + timedelta(days=0.75 * days)) for n in range(500))
        assert all(is_due(stream, n, NOON, NOON + timedelta(days=days)) for n in range(500))
    assert is_due(told, 1, None, NOON)


def test_a_folder_of_files_that_is_renamed_is_recognized_too(house: House, tmp_path: Path) -> None:
    root = tmp_path / "Maildir"
    for part in ("cur", "new", "tmp"):
        (root / ".Work" / part).mkdir(parents=True)
    for n in range(5):
        raw = f"From: {ALICE}\nTo: {ANN}\nMessage-ID: <f{n}@x>\nDate: Mon, 2 Mar 2026 12:0{n}:00 +0000\n\ntext\n"
        (root / ".Work" / "cur" / f"17000000{n}0.M{n}.host:2,S").write_text(raw)

    def read() -> Report:
        report = Report("alice")
        connector = LocalConnector(LocalSettings(path=root, format="maildir"))
        Worker(house.ingest(), house.accounts["alice"]).turn(connector, report)
        assert report.error is None
        return report

    assert read().total.stored == 5
    (root / ".Work").rename(root / ".Kept")
    assert read().total.seen == 0
    assert house.rows("SELECT name, state FROM stream") == [("Kept", "ok")]
    next((root / ".Kept" / "cur").iterdir()).unlink()
    read()
    assert house.rows("SELECT count(*) FROM placement WHERE removed_at IS NULL") == [(4,)]
    assert house.rows("SELECT count(*) FROM v1_interaction") == [(5,)]
