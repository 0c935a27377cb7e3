"""Content-Type and Content-Disposition with their parameters."""

from __future__ import annotations

import time

import pytest

from connectors.parameters import file_name, read_disposition, read_type


@pytest.mark.parametrize(
    ("value", "kind", "parameters"),
    [
        (b"text/plain; charset=utf-8", "text/plain", {"charset": "utf-8"}),
        (b" TEXT / Plain; Charset =us-ascii (Plain text)", "text/plain", {"charset": "us-ascii"}),
        (b'multipart/mixed;\tboundary="--- main ---"', "multipart/mixed", {"boundary": "--- main ---"}),
        (b"(hello) text (plain) / (world) plain (eod);charset=x", "text/plain", {"charset": "x"}),
        (b'message/partial; id="a";', "message/partial", {"id": "a"}),
        (b"text/plain>", "text/plain", {}),
        (b"a/b; = ", "a/b", {}),
        (b"text", "", {}),
        (b"/", "", {}),
        (b"; charset=x", "", {"charset": "x"}),
        (b"", "", {}),
    ],
)
def test_types(value: bytes, kind: str, parameters: dict[str, str]) -> None:
    assert read_type(value) == (kind, parameters)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b'attachment; filename="a b;c.pdf"', "a b;c.pdf"),
        (b"attachment; filename=my file (1).pdf; size=3", "my file (1).pdf"),
        (b'attachment; filename="best \\"file\\" \\\\ ever"', 'best "file" \\ ever'),
        (b'attachment; filename="C:\\Users\\x.pdf"', "C:\\Users\\x.pdf"),
        (b'attachment; filename="un;closed', "un"),
        (b"attachment; filename*=UTF-8''%D8%B3%D9%84.pdf", "سل.pdf"),
        (b"attachment; filename*=\"iso-8859-1'de'Hasen%20Fr%F6sche.txt\"", "Hasen Frösche.txt"),
        (b"attachment; filename*0*=UTF-8''%D8%B3%D9; filename*1*=%84; filename*2=\".txt\"", "سل.txt"),
        (b"attachment; filename*1=b; filename*0=a", "ab"),
        (b"attachment; filename=plain.txt; filename*=utf-8''%C3%A9.txt", "é.txt"),
        (b'attachment; filename="=?utf-8?B?2LPZhA==?=.pdf"', "سل.pdf"),
        (b"attachment; filename==?utf-8?Q?=D8=B3?=.pdf", "س.pdf"),
        (b"attachment; filename=%D8%B3%D9%84.pdf", "سل.pdf"),
        (b"attachment; filename=100%25.pdf", "100%25.pdf"),
        ('attachment; filename="سلام.pdf"'.encode(), "سلام.pdf"),
        ('attachment; filename="سلام.pdf"'.encode("windows-1256"), "سلام.pdf"),
        (b'attachment; filename="a\tb.pdf"', "a b.pdf"),
    ],
)
def test_names_of_files_in_every_spelling(value: bytes, name: str) -> None:
    kind, parameters = read_disposition(value)
    assert kind == "attachment"
    assert file_name(parameters, {}) == name


def test_the_type_s_name_stands_in_for_a_missing_file_name() -> None:
    assert file_name({}, {"name": "a.png"}) == "a.png"
    assert file_name({"filename": "b.png"}, {"name": "a.png"}) == "b.png"
    assert file_name({"filename": ""}, {}) is None


@pytest.mark.parametrize(
    ("value", "kind"), [(b"inline", "inline"), (b"ATTACHMENT;", "attachment"), (b"filename=x", ""), (b"", "")]
)
def test_dispositions(value: bytes, kind: str) -> None:
    assert read_disposition(value)[0] == kind


@pytest.mark.parametrize("unit", [b';a="\\', b';a="', b"=;", b";", b"; a", b";(=", b" a=", b";a=(", b";x*1=1"])
def test_hostile_values_take_time_in_proportion(unit: bytes) -> None:
    value = b"a/b;" + unit * (256 * 1024 // len(unit))
    start = time.process_time()
    read_type(value)
    assert time.process_time() - start < 1
