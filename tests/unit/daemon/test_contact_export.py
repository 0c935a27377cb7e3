"""Files that are written and read back: the same contacts, in every script and with every character."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.api import Purpose
from daemon.contacts.exporting import exported, write_csv, write_vcards
from daemon.contacts.files import FileAddress, FileContact, Rejected
from daemon.contacts.importing import import_contacts, read_contacts
from daemon.contacts.reading import Imported
from matching.names import clean_name
from tests.unit.daemon.company_mail import NOON, House, mail

ALICE, ANN = "alice@acme.example", "ann@client.example"
SINCE = datetime(2026, 2, 1, 8, 30, 0, 123456, tzinfo=UTC)
VIEWS = (
    "SELECT id, display_name, organization_id, external_source, external_id FROM v1_contact",
    "SELECT contact_id, address, is_primary, valid_from_at FROM v1_contact_address",
    "SELECT id, display_name, domain FROM v1_organization",
)


def bring(house: House, found: list[FileContact | Rejected], source: str = "list") -> Imported:
    imported = import_contacts(house.store, house.company, lambda: NOON, found, source)
    house.derive()
    return imported


def written(house: House, path: Path, *, with_policy: bool = False) -> Path:
    with house.store.read() as transaction, path.open("w", encoding="utf-8", newline="") as file:
        contacts = exported(transaction, None, with_policy=with_policy)
        (write_csv if path.suffix == ".csv" else write_vcards)(contacts, file)
    return path


def seen(house: House) -> list[list[tuple[Any, ...]]]:
    return [house.rows(view) for view in VIEWS]


def contact(line: int, *addresses: FileAddress, **more: Any) -> FileContact:
    return FileContact(**{"line": line, "external_id": None, "name": "", "addresses": addresses, **more})


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_NAMES = _TEXT.filter(lambda text: clean_name(text) or not text)
_IDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=9)


@st.composite
def contacts(draw: st.DrawFn) -> list[FileContact | Rejected]:
    found: list[FileContact | Rejected] = []
    ids = draw(st.lists(st.none() | _IDS, max_size=4, unique=True))
    for line, external_id in enumerate(ids, 2):
        texts = [f"p{line}.{n}@c{line}.example" for n in range(draw(st.integers(0 if external_id else 1, 3)))]
        times = [draw(st.none() | st.just(SINCE)) for _text in texts]
        addresses = (FileAddress(line, text, since) for text, since in zip(texts, times, strict=True))
        found.append(
            contact(
                line,
                *addresses,
                external_id=external_id,
                name=draw(_NAMES),
                organization=draw(_NAMES),
                source=draw(st.sampled_from(["", "crm", "=cmd|calc"])),
            )
        )
    return found


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "vcf"])
@settings(max_examples=40, deadline=None)
@given(found=contacts())
def test_what_was_written_is_read_as_the_same(
    tmp_path_factory: pytest.TempPathFactory, ending: str, found: list[FileContact | Rejected]
) -> None:
    folder = tmp_path_factory.mktemp("export")
    with House(folder) as house, House(folder, name="other.db") as other:
        bring(house, found)
        path = written(house, folder / f"all.{ending}")
        count = len(house.rows("SELECT id FROM v1_contact"))
        if not count:
            return
        before = seen(house)
        again = bring(house, read_contacts(path))
        assert (again.created, again.updated, again.unchanged, again.rejected) == (0, 0, count, [])
        assert seen(house) == before
        assert bring(other, read_contacts(path)).created == count
        assert seen(other) == before


def test_what_the_policy_made_is_left_out_unless_it_is_asked_for(house: House, tmp_path: Path) -> None:
    house.read("alice", "Sent", [mail(ALICE, ANN, mid="a@x")], Purpose.SENT)
    assert len(read_contacts(written(house, tmp_path / "a.csv", with_policy=True))) == 1
    assert read_contacts(written(house, tmp_path / "a.csv")) == []


def test_a_spreadsheet_carries_nothing_out(house: House, tmp_path: Path) -> None:
    bring(house, [contact(2, FileAddress(2, ANN), name='=HYPERLINK("http://x.example")', external_id="+1")])
    text = written(house, tmp_path / "a.csv").read_text("utf-8")
    assert '"\t=HYPERLINK' in text
    assert ",\t+1," in text


def test_a_card_is_what_the_standard_says(house: House) -> None:
    long = "Ü" * 60
    bring(house, [contact(2, FileAddress(2, ANN), name=f"{long}, Ann; B", organization="A\\B", external_id="1")])
    file = io.StringIO(newline="")
    with house.store.read() as transaction:
        assert write_vcards(exported(transaction, None, with_policy=False), file) == 1
    text = file.getvalue()
    lines = text.split("\r\n")
    assert lines[:2] == ["BEGIN:VCARD", "VERSION:4.0"]
    assert lines[-2:] == ["END:VCARD", ""]
    assert all(len(line.encode()) <= 75 for line in lines)
    assert f"FN:{long}\\, Ann\\; B" in text.replace("\r\n ", "")
    assert "ORG:A\\\\B" in lines


# -- what is read beside names and addresses ----------------------------------------------------------------------


def test_a_file_tells_since_when_an_address_is_whose(house: House, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "id,name,email,email valid from,email valid to\n"
        f"1,Ann,{ANN},,2026-03-01\n2,Bo,{ANN},2026-03-01T00:00:00Z,\n3,Cy,{ANN},2026-02-01,2026-02-02\n"
        "4,Di,di@client.example,soon,\n5,Ed,ed@client.example,2026-03-02,2026-03-01\n"
        "6,Flo,flo@client.example,,9999-12-31T23:59:59-14:00\n"
    )
    imported = bring(house, read_contacts(tmp_path / "a.csv"))
    assert [(each.line, each.reason) for each in imported.rejected] == [
        (4, f"{ANN} stands in line 2 already"),
        (5, '"soon" is no day or instant, such as 2026-03-01 or 2026-03-01T08:00:00Z'),
        (6, "valid_to_at must be later than valid_from_at"),
        (7, '"9999-12-31T23:59:59-14:00" is no day or instant, such as 2026-03-01 or 2026-03-01T08:00:00Z'),
    ]


def test_organizations_are_called_as_most_lists_call_them(house: House, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "id,company,email\n1,Client GmbH,a@client.example\n2,Client GmbH,b@client.example\n3,Client,c@client.example\n"
        "4,Gmail friends,d@gmail.com\n5,,e@other.example\n"
    )
    bring(house, read_contacts(tmp_path / "a.csv"))
    names = "SELECT display_name, domain FROM v1_organization"
    assert house.rows(names) == [
        ("Client GmbH", "client.example"),
        ("Gmail friends", None),
        ("other.example", "other.example"),
    ]
    (tmp_path / "a.csv").write_text("id,company,email\n1,Client,a@client.example\n4,Friends,d@gmail.com\n")
    bring(house, read_contacts(tmp_path / "a.csv"))
    assert house.rows(names) == [("Client", "client.example"), ("Friends", None), ("other.example", "other.example")]
