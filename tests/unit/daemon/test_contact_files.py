"""Reading files of contacts: what exports really look like, and what is broken in them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.contacts.csv_files import MAX_RECORD_LINES, read_csv
from daemon.contacts.files import FileAddress, FileContact, Rejected, UnknownFile
from daemon.contacts.importing import read_contacts
from daemon.contacts.vcards import read_vcards

Row = tuple[int, str | None, str, list[str]]


def plain(found: list[FileContact | Rejected]) -> list[Row | tuple[int, str]]:
    """Contacts as (line, id, name, addresses), rejections as (line, reason)."""
    return [
        (each.line, each.external_id, each.name, [address.text for address in each.addresses])
        if isinstance(each, FileContact)
        else (each.line, each.reason)
        for each in found
    ]


def csv(text: str | bytes) -> list[Row | tuple[int, str]]:
    return plain(list(read_csv(io.BytesIO(text.encode() if isinstance(text, str) else text))))


def vcards(text: str | bytes) -> list[Row | tuple[int, str]]:
    return plain(list(read_vcards(io.BytesIO(text.encode() if isinstance(text, str) else text))))


def card(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""))


# -- CSV ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "record", "expected"),
    [
        ("name,email", "Ann Lee,ann@x.example", (None, "Ann Lee", ["ann@x.example"])),
        ("E-Mail;Full Name;ID", "ann@x.example;Ann Lee;17", ("17", "Ann Lee", ["ann@x.example"])),
        ("external_id\tEMAIL\tname", "17\tann@x.example\tAnn", ("17", "Ann", ["ann@x.example"])),
        ("First Name,Last Name,Email Address", "Ann,Lee,ann@x.example", (None, "Ann Lee", ["ann@x.example"])),
        (
            "email,email 2,Email3",
            "a@x.example,b@x.example,c@x.example",
            (None, "", ["a@x.example", "b@x.example", "c@x.example"]),
        ),
        ("Home Email,Primary Email", "h@x.example,p@x.example", (None, "", ["p@x.example", "h@x.example"])),
        ("Email (work)|Name", "w@x.example|Ann", (None, "Ann", ["w@x.example"])),
        ("Vorname;Nachname;E-Mail-Adresse", "Ann;Müller;a@x.example", (None, "Ann Müller", ["a@x.example"])),
        ("Name;Vorname;E-Mail", "Müller;Ann;a@x.example", (None, "Ann Müller", ["a@x.example"])),
        ("نام,نام خانوادگی,ایمیل", "علی,رضایی,ali@x.example", (None, "علی رضایی", ["ali@x.example"])),
        ("نام و نام خانوادگي,پست الكترونيك", "علی رضایی,ali@x.example", (None, "علی رضایی", ["ali@x.example"])),
        ("الاسم,البريد الإلكتروني", "فاطمة,f@x.example", (None, "فاطمة", ["f@x.example"])),
        ("Овог,Нэр,И-мэйл", "Бат,Дорж,d@x.example", (None, "Дорж Бат", ["d@x.example"])),
        ("email,name", '"Ann Lee" <ann@x.example>,', (None, "Ann Lee", ["ann@x.example"])),
        ("email", "a@x.example; b@x.example", (None, "", ["a@x.example", "b@x.example"])),
    ],
)
def test_columns_are_known_by_many_names(header: str, record: str, expected: tuple[object, ...]) -> None:
    assert csv(f"{header}\n{record}\n") == [(2, *expected)]


def test_googles_export_with_its_star_and_its_joined_values() -> None:
    header = (
        "Name,Given Name,Additional Name,Family Name,E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Type,E-mail 2 - Value"
    )
    record = "Ann Bo Lee,Ann,Bo,Lee,Home,home@x.example ::: old@x.example,* Work,work@x.example"
    assert csv(f"{header}\n{record}") == [
        (2, None, "Ann Bo Lee", ["work@x.example", "home@x.example", "old@x.example"])
    ]


def test_outlooks_export_with_notes_of_many_lines() -> None:
    header = '"First Name","Middle Name","Last Name","E-mail Address","E-mail Type","E-mail 2 Address","Notes"'
    ann = '"Ann","B.","Lee","ann@x.example","SMTP","","one\r\ntwo, ""three""\r\n"'
    bo = '"Bo","","","bo@x.example","SMTP","",""'
    text = f"{header}\r\n{ann}\r\n{bo}\r\n"
    assert csv(text) == [(2, None, "Ann B. Lee", ["ann@x.example"]), (5, None, "Bo", ["bo@x.example"])]


def test_a_spreadsheets_declared_delimiter_and_empty_lines() -> None:
    assert csv("sep=;\n\nname;email\n\nLee, Ann;a@x.example\n;;\n \n") == [(5, None, "Lee, Ann", ["a@x.example"])]


def test_lines_that_are_not_utf8_are_rejected_alone() -> None:
    assert csv("name,email\nJosé,j@x.example\n".encode() + "José,k@x.example\nAnn,a@x.example".encode("cp1252")) == [
        (2, None, "José", ["j@x.example"]),
        (3, 'this is not text in UTF-8; save the file as "CSV UTF-8"'),
        (4, None, "Ann", ["a@x.example"]),
    ]


def test_an_unclosed_quotation_mark_costs_one_line() -> None:
    many = "".join(f"n{n},a{n}@x.example\n" for n in range(MAX_RECORD_LINES + 10))
    found = csv(f'name,email\n"Ann,ann@x.example\n{many}"Bo,bo@x.example\n')
    unclosed = "a quotation mark is opened and never closed"
    assert (found[0], found[-1], len(found)) == (
        (2, unclosed),
        (MAX_RECORD_LINES + 13, unclosed),
        MAX_RECORD_LINES + 12,
    )


def test_quotation_marks_that_nobody_doubled() -> None:
    assert csv('name,email\n"Ann "Annie" Lee",a@x.example\nBo 5" Lee,b@x.example') == [
        (2, None, 'Ann Annie" Lee"', ["a@x.example"]),
        (3, None, 'Bo 5" Lee', ["b@x.example"]),
    ]


def test_more_fields_than_columns_are_told_and_fewer_are_empty() -> None:
    assert csv("name,email,id\nLee, Ann,a@x.example,1\nBo,b@x.example\nCy,c@x.example,3,,\n") == [
        (2, "4 fields, but the first line names 3"),
        (3, None, "Bo", ["b@x.example"]),
        (4, "3", "Cy", ["c@x.example"]),
    ]


def test_a_field_without_end_is_told() -> None:
    found = csv("name,email\n" + '"' + "x" * 200_000 + '",a@x.example\nBo,b@x.example\n')
    assert found == [(2, "a field is longer than 131072 characters"), (3, None, "Bo", ["b@x.example"])]


@pytest.mark.parametrize("text", ["", "\n \n", "name,phone\nAnn,1\n", "%PDF-1.7\n\x00\x01", "PK\x03\x04\n,,\n"])
def test_files_without_a_column_of_addresses_are_refused(text: str) -> None:
    with pytest.raises(UnknownFile) as caught:
        csv(text)
    assert "id,name,email" in caught.value.hint


# -- vCard --------------------------------------------------------------------------------------------------------


def test_a_card_of_each_version() -> None:
    old = card("N:Lee;Ann", "EMAIL;INTERNET:a@x.example", "EMAIL;INTERNET;PREF:b@x.example", version="2.1")
    middle = card("FN:Ann\\, Lee", "item1.EMAIL;type=INTERNET;type=pref:a@x.example", "UID:7")
    new = card(
        "FN;PREF=2:Second", "FN;PREF=1:First", 'EMAIL;TYPE="work,home";PREF=2:a@x.example', "EMAIL;PREF=1:b@x.example",
        "UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1", version="4.0",
    )  # fmt: skip
    assert vcards(old + middle + new) == [
        (1, None, "Ann Lee", ["b@x.example", "a@x.example"]),
        (7, "7", "Ann, Lee", ["a@x.example"]),
        (13, "urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1", "First", ["b@x.example", "a@x.example"]),
    ]


def test_addresses_have_their_own_lines() -> None:
    (found,) = read_vcards(io.BytesIO(card("FN:A", "EMAIL:a@x.example", "EMAIL:b@x.example").encode()))
    assert isinstance(found, FileContact)
    assert found.addresses == (FileAddress(4, "a@x.example"), FileAddress(5, "b@x.example"))


@pytest.mark.parametrize(
    "name", ["علی رضایی‌نژاد", "عبد الله بن محمد الأنصاري", "Бат-Эрдэнийн Мөнхзүл", "Zoë Müller-Łuczak"]
)
@pytest.mark.parametrize("width", [7, 16, 75])
def test_names_survive_folds_within_a_letter(name: str, width: int) -> None:
    octets = f"FN:{name}".encode()
    folded = b"\r\n ".join(octets[start : start + width] for start in range(0, len(octets), width))
    text = b"BEGIN:VCARD\r\nVERSION:3.0\r\n" + folded + b"\r\nEMAIL:a@x.example\r\nEND:VCARD\r\n"
    assert vcards(text) == [(1, None, name, ["a@x.example"])]


def test_quoted_printable_names_with_soft_breaks() -> None:
    name = "=D8=B1=D8=B6=D8=A7=DB=8C=DB=8C;=D8=B9=\r\n=D9=84=DB=8C;;;"
    note = "NOTE;ENCODING=QUOTED-PRINTABLE:a=\r\nEMAIL:not@x.example"
    text = card(f"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{name}", note, "EMAIL;INTERNET:a@x.example", version="2.1")
    assert vcards(text) == [(1, None, "علی رضایی", ["a@x.example"])]


def test_each_property_has_the_charset_it_names() -> None:
    lines = ("FN;CHARSET=windows-1256:" + "علي", "EMAIL:a@x.example")
    text = card(*lines, version="2.1").encode("cp1256") + card(*lines, version="2.1").encode("utf-8")
    assert vcards(text)[0] == (1, None, "علي", ["a@x.example"])
    assert vcards(card("FN;CHARSET=klingon:Qapla", "EMAIL:a@x.example")) == [(1, "line 3 is not text in KLINGON")]
    assert vcards(card("FN:José", "EMAIL:a@x.example").encode("latin-1")) == [(1, "line 3 is not text in UTF-8")]


def test_photos_and_notes_are_passed_over_however_they_are_written() -> None:
    photo = "PHOTO;ENCODING=BASE64;TYPE=JPEG:/9j/4AAQSkZJRg\r\n ABAQSA==\r\nno-colon-and-no-space==\r\n"
    note = "NOTE:first\r\nraw second line\r\nwith: a colon"
    assert vcards(card("FN:Ann", photo, note, "EMAIL:a@x.example")) == [(1, None, "Ann", ["a@x.example"])]


def test_a_broken_card_is_rejected_and_the_rest_go_on() -> None:
    text = (
        card("FN:Ann", "EMAIL a@x.example")
        + "BEGIN:VCARD\r\nFN:No end\r\n"
        + card("FN:Bo", "EMAIL:b@x.example")
        + "lost\r\nand lost\r\n"
        + card("X-ADDRESSBOOKSERVER-KIND:group", "FN:Friends")
        + "BEGIN:VCARD\r\nFN:Cut"
    )
    assert vcards(text) == [
        (1, "line 4 is no property of a vCard"),
        (6, "the card has no END:VCARD"),
        (8, None, "Bo", ["b@x.example"]),
        (13, "text that belongs to no card"),
        (15, "a group of contacts, not a contact"),
        (20, "the card has no END:VCARD"),
    ]


def test_a_card_within_a_card_is_not_a_contact() -> None:
    agent = "AGENT:\r\n" + card("FN:The agent", "EMAIL:agent@x.example").rstrip()
    assert vcards(card("FN:Ann", agent, "EMAIL:a@x.example")) == [(1, None, "Ann", ["a@x.example"])]


def test_a_name_is_put_together_where_none_is_written() -> None:
    cards = (
        card("FN: ", "N:Lee;Ann;Bo,Cy;Dr.;", "EMAIL:a@x.example"),
        card("N:;;;;", "ORG:Client Ltd;Sales", "EMAIL:b@x.example"),
        card("N:Lee\\;Ltd;Ann", "EMAIL:c@x.example"),
        card("EMAIL:d@x.example"),
    )
    found = list(read_vcards(io.BytesIO("".join(cards).encode())))
    names = [each.name for each in found if isinstance(each, FileContact)]
    assert names == ["Ann Bo Cy Lee", "Client Ltd", "Ann Lee;Ltd", ""]


# -- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_files_are_told_apart_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    path = tmp_path / "contacts"
    path.write_bytes((mark + "name,email\nعلی,a@x.example\n").encode(encoding))
    assert plain(read_contacts(path)) == [(2, None, "علی", ["a@x.example"])]
    path.write_bytes((mark + "\n begin:vcard\nFN:علی\nEMAIL:a@x.example\nend:VCARD\n").encode(encoding))
    assert plain(read_contacts(path)) == [(2, None, "علی", ["a@x.example"])]


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(UnknownFile, match="can't be read"):
            read_contacts(path)


_PIECES = st.sampled_from(
    [
        *(b"BEGIN:VCARD\r\n", b"END:VCARD\n", b"VERSION:2.1\n", b"FN", b"N", b"EMAIL", b"UID", b"AGENT:\n", b"KIND:"),
        *(b";ENCODING=QUOTED-PRINTABLE", b";ENCODING=b", b";CHARSET=", b"utf-16", b";PREF=", b"9" * 30, b"=\n", b"=D8"),
        *(
            b":",
            b";",
            b",",
            b'"',
            b"\\",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b"\x00",
            b"\xff\xfe",
            b"\xd8",
            "علی".encode(),
            b"a@x.example",
        ),
        *(b"name,email\n", b"sep=", b"email", b"<", b">", b"*", b" ::: ", b"E-mail 1 - Type,E-mail 1 - Value\n"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=30).map(b"".join))
def test_no_file_makes_the_readers_fail(data: bytes) -> None:
    assert all(each.line >= 1 for each in read_vcards(io.BytesIO(data)))
    try:
        found = list(read_csv(io.BytesIO(b"name,email,id\n" + data)))
        found += read_csv(io.BytesIO(data))
    except UnknownFile:
        return
    assert all(each.line >= 1 for each in found)
