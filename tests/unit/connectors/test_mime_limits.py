"""The limits of a record: at each of them, one below and one above; and what hostility costs."""

from __future__ import annotations

import time

import pytest

from connectors.mime import (
    MAX_ADDRESSES,
    MAX_DEPTH,
    MAX_HEADERS,
    MAX_KEPT_HEADERS,
    MAX_PARTS,
    MAX_TEXT,
    parse_html,
    parse_message,
)
from connectors.records import Message, Role
from tests.unit.connectors.mails import emails, multipart, part, plain, read


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1])
def test_depth_of_multiparts(depth: int) -> None:
    raw = plain(b"innermost")
    for number in range(depth):
        raw = multipart(b"mixed", raw, boundary=b"b%d" % number)
    message = read(raw)
    assert message.text == ("innermost" if depth <= MAX_DEPTH else "")
    assert message.is_truncated == (depth > MAX_DEPTH)


@pytest.mark.parametrize("count", [MAX_PARTS - 1, MAX_PARTS, MAX_PARTS + 1])
def test_number_of_parts(count: int) -> None:
    message = read(multipart(b"mixed", *([b"\nx"] * count)))
    assert message.text.count("x") == min(count, MAX_PARTS)
    assert message.is_truncated == (count > MAX_PARTS)


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_bytes_of_headers_in_all(over: int) -> None:
    line = b"X-Filling: " + b"x" * 500 + b"\n"
    raw = b"Subject: first\n" + line * (MAX_HEADERS // len(line) - 1)
    last = b"X-Last: "
    raw += last + b"y" * (MAX_HEADERS - len(raw) - len(last) - 1 + over) + b"\n"
    assert len(raw) == MAX_HEADERS + over
    message = read(raw + b"\nbody")
    assert (message.subject, message.text) == ("first", "body")
    assert message.is_truncated  # the kept section is shorter anyway
    parts = multipart(b"mixed", *[line + b"\nx"] * 600)
    assert read(parts).is_truncated
    assert read(parts).text.count("x") in range(510, 516)


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_bytes_of_headers_kept(over: int) -> None:
    first = b"Subject: first\n folded\n"
    raw = first + b"X-Last: " + b"y" * (MAX_KEPT_HEADERS - len(first) - 9 + over) + b"\n"
    message = read(raw + b"\nbody")
    assert message.headers == (raw if over <= 0 else first)
    assert message.is_truncated == (over > 0)
    assert message.subject == "first folded"


@pytest.mark.parametrize("count", [MAX_ADDRESSES - 1, MAX_ADDRESSES, MAX_ADDRESSES + 1])
def test_number_of_addresses(count: int) -> None:
    raw = b"From: me@x.example\nTo: " + b"a@x.example,\n " * (count - 2) + b"b@x.example\n\n"
    message = read(raw)
    assert len(message.participants) == min(count, MAX_ADDRESSES)
    assert emails(message, Role.FROM) == ["me@x.example"]
    assert message.is_truncated == (count > MAX_ADDRESSES)


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_bytes_of_text(over: int) -> None:
    message = read(b"A: b\n\n" + b"x" * (MAX_TEXT + over))
    assert len(message.text) == min(MAX_TEXT + over, MAX_TEXT)
    assert message.is_truncated == (over > 0)


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_bytes_of_html(over: int) -> None:
    raw = b"Content-Type: text/html\n\n" + b"x" * (MAX_TEXT + over)
    message = read(raw)
    assert len(parse_html(raw)) == len(message.text) == min(MAX_TEXT + over, MAX_TEXT)
    assert message.is_truncated == (over > 0)


def test_text_is_cut_between_characters() -> None:
    message = read(b"Content-Type: text/plain; charset=utf-8\n\nx" + "س".encode() * MAX_TEXT)
    assert message.text == "x" + "س" * ((MAX_TEXT - 1) // 2)
    assert message.is_truncated


def test_many_texts_are_one_text_within_the_limit() -> None:
    message = read(multipart(b"mixed", *[plain(b"x" * 100_000)] * 9))
    assert len(message.text) == MAX_TEXT
    assert message.is_truncated


ENCODED = b"=?utf-8?B?2LPZhNin2YU=?= "
HOSTILE_HEADERS = {
    "encoded words": b"Subject: " + ENCODED * 10_000,
    "encoded words in a wrong charset": b"Subject: " + b"x =?utf-8?Q?=E9=E9=E9=E9?= " * 9_000,
    "charsets nobody knows": b"Subject: " + b"".join(b"=?x%d?Q?=E9=E9=E9=E9?=x" % n for n in range(9_000)),
    "opened comments": b"From: " + b"(" * 250_000,
    "commas": b"To: " + b"," * 250_000,
    "brackets": b"To: " + b"<" * 250_000,
    "ids": b"References: " + b"<" * 250_000,
    "bare ids": b"In-Reply-To: " + b"a@" * 120_000,
    "dates": b"Date: x\n" * 30_000,
    "comments in dates": b"Received: " + b"(a" * 120_000,
    "parameters": b"Content-Type: text/plain" + b';a="' * 60_000,
    "sections": b"Content-Type: text/plain" + b"".join(b";x*%d*=1" % n for n in range(25_000)),
    "results": b"Authentication-Results: " + b"(" * 250_000,
    "names": b"".join(b"X%d: a\n" % n for n in range(20_000)),
    "lines that are no fields": b"junk\nTo: x\n" * 20_000,
    "carriage returns": b"A: b" + b"\r" * 250_000 + b"x",
}


@pytest.mark.slow
@pytest.mark.parametrize("header", HOSTILE_HEADERS.values(), ids=HOSTILE_HEADERS.keys())
def test_the_worst_headers_take_no_second(header: bytes) -> None:
    start = time.process_time()
    read(header[:MAX_HEADERS] + b"\n\nbody")
    assert time.process_time() - start < 1


SIZE = 2 * 1024 * 1024
HOSTILE_BODIES = {
    "boundaries": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * (SIZE // 4),
    "lines like boundaries": b"Content-Type: multipart/mixed; boundary=zz\n\n" + b"\n--a" * (SIZE // 4),
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(120))
    + b"x" * SIZE,
    "padding": b"Content-Transfer-Encoding: base64\n\n" + b"AA=" * (SIZE // 3),
    "uuencode": b"Content-Transfer-Encoding: x-uuencode\n\n" + b"M\n" * (SIZE // 2),
    "begins": b"\n" + b"begin 644 a\nM\n" * (SIZE // 14),
    "broken charset": b"\n" + b"\xe9 " * (SIZE // 2),
    "status": part(b"\n" * SIZE, b"Content-Type: message/delivery-status"),
    "status without fields": part(b"x\n\n" * (SIZE // 3), b"Content-Type: message/delivery-status"),
    "recipients": part(b"Final-Recipient: rfc822;a@b\n\n" * (SIZE // 29), b"Content-Type: message/delivery-status"),
    "nested html": b"Content-Type: text/html\n\n" + b"<b><pre>" * (SIZE // 8),
    "blank": b"\n" * SIZE + b"x",
}


@pytest.mark.slow
@pytest.mark.parametrize("raw", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES.keys())
def test_the_worst_bodies_take_time_in_proportion(raw: bytes) -> None:
    start = time.process_time()
    assert isinstance(parse_message(raw, ref="1"), Message)
    assert time.process_time() - start < 2
