"""Transfer encodings, sound and broken."""

from __future__ import annotations

import base64
import binascii

import pytest

from connectors.transfer import decoded, decoded_size, encoding_of


@pytest.mark.parametrize(
    ("value", "encoding"),
    [
        (b" Base64 ", "base64"),
        (b"quoted-printable  \t\r", "quoted-printable"),
        (b"base64;", "base64"),
        (b"x-uuencode", "uuencode"),
        (b"8bit", ""),
        (b"base9000", ""),
        (b"", ""),
    ],
)
def test_names(value: bytes, encoding: str) -> None:
    assert encoding_of(value.strip()) == encoding


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"SGVsbG8gV29ybGQh", b"Hello World!"),
        (b"SGVs\r\nbG8g\r\nV29ybGQ=\r\n", b"Hello World"),
        (b"SGVsbG8gV29ybGQ", b"Hello World"),
        (b"SGVsbG8gV29ybGQhA", b"Hello World!"),
        (b"SGVs!bG8gV29ybGQ", b"Hello World"),
        (b"SGVsbG8=\nSGVsbG8=\n", b"HelloHello"),
        (b"SGVsbG8gV29ybGQ=\n____\nlist mailing list\n", b"Hello World"),
        (b"SGVsbG8gV29ybGQh\n-- \nthe list's footer\n", b"Hello World!"),
        (b"SGVsbG8= ignored", b"Hello"),
        (b"This was never encoded at all", b"This was never encoded at all"),
        (b"?garbage", b"?garbage"),
        (b"", b""),
    ],
)
def test_base64_in_any_state(raw: bytes, text: bytes) -> None:
    assert decoded(raw, "base64") == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"p=C3=A4iv=c3=a4", "päivä".encode()),
        (b"a=\nb=\r\nc", b"abc"),
        (b"a= \nb=\t \r\nc", b"abc"),
        (b"1=2 =ZZ =", b"1=2 =ZZ "),
    ],
)
def test_quoted_printable_in_any_state(raw: bytes, text: bytes) -> None:
    assert decoded(raw, "quoted-printable") == text


def test_uuencode_with_lost_blanks_and_garbage() -> None:
    lines = [binascii.b2a_uu(b"Hello World, this is a longer line of 45 bytes!"[:45]), binascii.b2a_uu(b"end")]
    raw = b"begin 644 x\n" + lines[0] + b"garbage that is too short\n" + lines[1].rstrip() + b"\n`\nend\n"
    assert b"Hello World" in decoded(raw, "uuencode")
    assert decoded(raw, "uuencode").endswith(b"end")


@pytest.mark.parametrize("length", [0, 1, 2, 3, 57, 58, 1000])
def test_sizes_are_known_without_decoding(length: int) -> None:
    encoded = base64.encodebytes(b"x" * length)
    for raw in (encoded, encoded.replace(b"\n", b"\r\n"), encoded.rstrip()):
        assert decoded_size(b"??" + raw + b"??", 2, 2 + len(raw), "base64") == length
    assert decoded_size(b"a\r\nb\nc", 0, 6, "") == 5
    assert decoded_size(b"=41=42", 0, 6, "quoted-printable") == 2
