"""Lists that say who is left out: what goes, what is held back, and that a dry run disturbs nobody."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.api import Purpose
from daemon.contacts.files import FileAddress, FileContact, Rejected
from daemon.contacts.importing import import_contacts, read_contacts
from daemon.contacts.lists import FEW, is_too_much
from daemon.contacts.reading import Imported
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, ANN = "alice@acme.example", "ann@client.example"


def take(house: House, path: Path, text: str, **options: Any) -> Imported:
    path.write_text(text, "utf-8")
    imported = import_contacts(house.store, house.company, lambda: NOON, read_contacts(path), "list", **options)
    house.derive()
    return imported


def rows_of(*numbers: int) -> str:
    return "id,name,email\n" + "".join(f"{n},Name {n},p{n}@client.example\n" for n in numbers)


def ids(house: House) -> list[str]:
    return [row[0] for row in house.rows("SELECT external_id FROM v1_contact")]


def test_a_complete_file_removes_whom_it_leaves_out(house: House, tmp_path: Path) -> None:
    take(house, tmp_path / "a.csv", rows_of(1, 2, 3))
    assert take(house, tmp_path / "a.csv", rows_of(1, 3)).removed == 0, "by itself a file only adds and changes"
    done = take(house, tmp_path / "a.csv", rows_of(1, 3), complete=True)
    assert (done.removed, done.held_back, done.unchanged) == (1, 0, 2)
    assert ids(house) == ["1", "3"]
    house.read("alice", "Sent", [mail(ALICE, "p2@client.example", mid="a@x")], Purpose.SENT)
    assert ids(house) == ["1", "3"], "the policy does not make it again"
    assert take(house, tmp_path / "a.csv", rows_of(1, 2, 3), complete=True).updated == 1
    assert ids(house) == ["1", "2", "3"]


def test_whom_others_entered_stays(house: House, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("id,email\n9,zoe@client.example\n")
    import_contacts(house.store, house.company, lambda: NOON, read_contacts(tmp_path / "b.csv"), "other")
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    take(house, tmp_path / "a.csv", rows_of(1, 2))
    assert take(house, tmp_path / "a.csv", rows_of(1), complete=True).removed == 1
    assert house.rows("SELECT external_id FROM v1_contact") == [("1",), ("9",), (None,)]


def test_contacts_without_an_id_are_known_by_their_addresses(house: House, tmp_path: Path) -> None:
    take(house, tmp_path / "a.csv", "name,email\nAnn,ann@client.example\nBo,bo@client.example\n")
    done = take(house, tmp_path / "a.csv", "name,email\nAnn,ann@client.example\n", complete=True)
    assert done.removed == 1
    assert house.rows("SELECT display_name FROM v1_contact") == [("Ann",)]


def test_an_address_of_one_who_went_is_free(house: House, tmp_path: Path) -> None:
    take(house, tmp_path / "a.csv", rows_of(1, 2))
    done = take(
        house, tmp_path / "a.csv", "id,name,email\n1,One,p1@client.example\n5,Five,p2@client.example\n", complete=True
    )
    assert (done.removed, done.rejected) == (1, [])
    assert house.rows("SELECT external_id, display_name FROM v1_contact") == [("1", "One"), ("5", "Five")]


@pytest.mark.parametrize("left", [(), (1, 2, 3)])
def test_an_empty_or_truncated_file_removes_nobody_until_somebody_says_so(
    house: House, tmp_path: Path, left: tuple[int, ...]
) -> None:
    everybody = range(1, 31)
    take(house, tmp_path / "a.csv", rows_of(*everybody))
    held = take(house, tmp_path / "a.csv", rows_of(*left), complete=True)
    assert (held.removed, held.held_back) == (0, 30 - len(left))
    assert len(ids(house)) == 30
    done = take(house, tmp_path / "a.csv", rows_of(*left), complete=True, accept_removals=True)
    assert (done.removed, done.held_back) == (30 - len(left), 0)
    assert len(ids(house)) == len(left)


def test_what_is_too_much() -> None:
    assert not is_too_much(0, 0)
    assert is_too_much(1, 1), "nothing would be left"
    assert not is_too_much(1, 2)
    assert not is_too_much(FEW, FEW + 1)
    assert is_too_much(FEW + 1, FEW + 2)
    assert not is_too_much(100, 1000)
    assert is_too_much(101, 1000)


def test_who_stands_in_a_line_that_is_rejected_is_not_left_out(house: House, tmp_path: Path) -> None:
    take(house, tmp_path / "a.csv", rows_of(1, 2, 3))
    broken = "id,name,email\n1,One,p1@client.example\n2,Two,not an address\n3," + "x" * 1001 + ",p3@client.example\n"
    done = take(house, tmp_path / "a.csv", broken, complete=True)
    assert (done.removed, done.held_back, len(done.rejected)) == (0, 0, 2)
    assert ids(house) == ["1", "2", "3"]


def test_a_line_that_cannot_be_read_at_all_may_be_anybody(house: House, tmp_path: Path) -> None:
    take(house, tmp_path / "a.csv", rows_of(1, 2, 3))
    torn = rows_of(1, 2) + '3,"Name 3,p3@client.example\n'
    done = take(house, tmp_path / "a.csv", torn, complete=True, accept_removals=True)
    assert (done.removed, done.held_back, done.is_unclear) == (0, 1, True)
    assert ids(house) == ["1", "2", "3"]


def test_a_dry_run_keeps_nobody_from_writing(sqlite_house: House, tmp_path: Path) -> None:
    take(sqlite_house, tmp_path / "a.csv", rows_of(1, 2, 3))
    other = sqlite3.connect(str(sqlite_house.store.engine.url.database), timeout=0)
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO w1_contact (external_source, external_id) VALUES ('crm', '1')")
    dry = import_contacts(
        sqlite_house.store,
        sqlite_house.company,
        lambda: NOON,
        [FileContact(line=2, external_id="4", name="Four", addresses=(FileAddress(2, "p4@client.example"),))],
        "list",
        complete=True,
        accept_removals=True,
        dry_run=True,
    )
    assert (dry.created, dry.removed) == (1, 3)
    other.commit()
    other.close()


_ADDRESSES = [f"{who}{tag}@x.example" for who in "abc" for tag in ("", "+1")]


@st.composite
def files(draw: st.DrawFn) -> list[FileContact | Rejected]:
    found: list[FileContact | Rejected] = []
    for line in range(2, 2 + draw(st.integers(0, 4))):
        addresses = draw(st.lists(st.sampled_from(_ADDRESSES), max_size=2, unique=True))
        found.append(
            FileContact(
                line=line,
                external_id=draw(st.sampled_from([None, "1", "2", "3"])),
                name=draw(st.sampled_from(["", "Ann", "Bo"])),
                addresses=tuple(FileAddress(line, each) for each in addresses),
            )
        )
    return found


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(files(), st.sampled_from(["list", "other"]), st.booleans()), max_size=4))
def test_a_dry_run_tells_what_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[list[FileContact | Rejected], str, bool]]
) -> None:
    with House(tmp_path_factory.mktemp("dry")) as house:
        for found, source, complete in steps:
            told, done = (
                import_contacts(
                    house.store, house.company, lambda: NOON, found, source, complete=complete, dry_run=dry_run
                )
                for dry_run in (True, False)
            )
            assert told == done
            once, twice = (
                import_contacts(house.store, house.company, lambda: NOON, found, source, complete=complete)
                for _ in range(2)
            )
            # what came with a list whose removals were held back makes those few the next time, and frees addresses;
            # an address that was refused to one line may be free once the others have taken effect
            assert (once.created, once.updated, once.removed) == (0, 0, 0) or done.held_back or done.rejected
            assert (twice.created, twice.updated, twice.removed) == (0, 0, 0) or done.held_back
            house.derive()
