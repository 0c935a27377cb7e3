"""What holds for any bytes: a record or a reason, never an exception; the same with CRLF and LF; sound text."""

from __future__ import annotations

import os
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mime import (
    MAX_ADDRESSES,
    MAX_KEPT_HEADERS,
    MAX_TEXT,
    parse_addresses,
    parse_date,
    parse_html,
    parse_ids,
    parse_message,
)
from connectors.records import Message, Unreadable
from connectors.words import decode_words
from tests.unit.connectors.mails import html, multipart, part, plain

SHARED = Path(os.environ.get("KEEPTOUCH_SHARED") or Path(__file__).parents[4] / "shared")
MAILS = [
    b"From: =?utf-8?B?2LnZhNuM?= <a@x.example>\nDate: Tue, 3 Mar 2026 10:00:00 +0330\n" + plain("سلام".encode()),
    multipart(b"alternative", plain(), html()),
    multipart(
        b"mixed", multipart(b"related", html(), boundary=b"i"), part(b"QUJD", b"Content-Transfer-Encoding: base64")
    ),
    multipart(b"report", plain(), part(b"Final-Recipient: rfc822;a@b", b"Content-Type: message/delivery-status")),
]
#: What breaks parsers, put anywhere.
PIECES = [
    *(
        b"\n",
        b"\n\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\xe9\xe8",
        b"\x1b$B",
        b'"',
        b"<",
        b">",
        b"(",
        b")",
        b":",
        b";",
        b",",
        b"=",
    ),
    *(
        b"=?utf-8?B?",
        b"=?x?Q?=E9",
        b"?=",
        b"--",
        b"--=_b\n",
        b"--i--",
        b"From ",
        b"To: ",
        b"Subject: ",
        b"Date: 31 Feb ",
    ),
    *(
        b"\nContent-Type: ",
        b"multipart/mixed; boundary==_b",
        b"text/html",
        b"; charset=utf-16",
        b"; charset=hz",
        b"charset*0*=",
    ),
    *(b"\nContent-Transfer-Encoding: ", b"base64", b"quoted-printable", b"x-uuencode", b"begin 644 a\n", b"\nend\n"),
    *(b"<pre>", b"<table><td>", b"</head>", b"<!--", b"&#x1F;", b"message/rfc822", b"=0D=0A", b"=\n", b"+2AA-"),
]


@cache
def corpus() -> list[bytes]:
    """Our own mails, and the labelled ones where they are there."""
    files = sorted((SHARED / "corpora" / "dev").glob("mime-*/*/*.[er][ma][lw]"))
    return MAILS + [file.read_bytes()[:6_000].replace(b"\r\n", b"\n") for file in files]


@st.composite
def mails(draw: st.DrawFn) -> bytes:
    """A mail with pieces put in and taken out."""
    raw = draw(st.sampled_from(corpus()))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(raw)))
        cut = draw(st.sampled_from([0, 0, 1, 7, 80]))
        raw = raw[:at] + draw(st.sampled_from(PIECES)) + raw[at + cut :]
    return raw


def check(raw: bytes) -> None:
    record = parse_message(raw, ref="1")
    if isinstance(record, Unreadable):
        assert not raw.strip(b" \t\r\n\v\f\0")
        return
    texts = [record.text, parse_html(raw), record.subject, record.list_id, record.thread_index, record.report_type]
    texts += [text for each in record.participants for text in (each.email, each.name)]
    texts += [text for each in record.attachments for text in (each.name or "", each.type)]
    texts += [record.message_id or "", *record.in_reply_to, *record.references, *record.reported_ids]
    for text in texts:
        assert "\0" not in text
        text.encode("utf-8")  # no surrogates
    assert len(record.text.encode()) <= MAX_TEXT
    assert len(parse_html(raw).encode()) <= MAX_TEXT
    assert len(record.participants) <= MAX_ADDRESSES
    assert len(record.headers) <= MAX_KEPT_HEADERS
    assert all(each.size is None or 0 <= each.size <= len(raw) for each in record.attachments)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_record(raw: bytes) -> None:
    check(raw)


@pytest.mark.slow
@settings(max_examples=600, deadline=None, derandomize=True)
@given(mails())
def test_any_broken_mail_is_a_record(raw: bytes) -> None:
    check(raw)


@pytest.mark.slow
@settings(max_examples=400, deadline=None, derandomize=True)
@given(mails())
def test_the_record_does_not_depend_on_the_line_ends_of_transport(raw: bytes) -> None:
    raw = raw.replace(b"\r", b"")
    lf, crlf = (parse_message(each, ref="1", size=1) for each in (raw, raw.replace(b"\n", b"\r\n")))
    if isinstance(lf, Message) and isinstance(crlf, Message):
        for field in fields(Message):
            assert getattr(lf, field.name) == getattr(crlf, field.name), field.name
    else:
        assert lf == crlf


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=12).map(b"".join))
def test_any_value_can_be_read(value: bytes) -> None:
    parse_date(value)
    parse_ids(value)
    parse_addresses(value)
    decode_words(value.decode("latin-1"))
