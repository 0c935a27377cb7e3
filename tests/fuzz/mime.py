"""Mails: a record within its limits or a reason; the same twice, and with the line ends of transport."""

from __future__ import annotations

from dataclasses import fields, replace

from connectors.api import Letter, Meeting, Message, Unreadable, read_letter
from connectors.mime import (
    MAX_ADDRESSES,
    MAX_KEPT_HEADERS,
    MAX_TEXT,
    parse_addresses,
    parse_date,
    parse_html,
    parse_ids,
    parse_invitations,
    parse_message,
)
from connectors.words import decode_words
from matching.addresses import normalize
from tests.fuzz.sound import check_sound, is_within
from tests.unit.connectors.mails import html, multipart, part, plain

SEEDS = (
    b"From: =?utf-8?B?2LnZhNuM?= <a@x.example>\nDate: Tue, 3 Mar 2026 10:00:00 +0330\n" + plain("سلام".encode()),
    multipart(b"alternative", plain(), html()),
    multipart(
        b"mixed", multipart(b"related", html(), boundary=b"i"), part(b"QUJD", b"Content-Transfer-Encoding: base64")
    ),
    multipart(b"report", plain(), part(b"Final-Recipient: rfc822;a@b", b"Content-Type: message/delivery-status")),
    multipart(
        b"mixed",
        part(
            b"BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:u\nDTSTART:20260301T100000Z\nEND:VEVENT\nEND:VCALENDAR",
            b"Content-Type: text/calendar; method=REQUEST; charset=utf-8",
        ),
    ),
)
#: What breaks parsers, put anywhere.
WORDS = (
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
    *(b"\nContent-Type: ", b"multipart/mixed; boundary==_b", b"text/html", b"; charset=utf-16", b"; charset=hz"),
    *(
        b"charset*0*=",
        b"\nContent-Transfer-Encoding: ",
        b"base64",
        b"quoted-printable",
        b"x-uuencode",
        b"begin 644 a\n",
    ),
    *(
        b"\nend\n",
        b"<pre>",
        b"<table><td>",
        b"</head>",
        b"<!--",
        b"&#x1F;",
        b"message/rfc822",
        b"=0D=0A",
        b"=\n",
        b"+2AA-",
    ),
    *(
        b"text/calendar; method=REPLY",
        b"application/ms-tnef",
        b"group: a@b, c@d;",
        b"Received: x; ",
        b"\nReferences: <",
    ),
)
#: What was found once, by what it does.
FOUND = {
    "a domain that ends with three dots in one": "From: a@م…\n\n".encode(),
}


def check(raw: bytes) -> None:
    """Raise AssertionError, or what a parser raises, where something is wrong."""
    record = parse_message(raw, ref="1")
    assert parse_message(raw, ref="1") == record
    if isinstance(record, Unreadable):
        assert not raw.strip(b" \t\r\n\v\f\0")
        assert record.reason
    else:
        _check_message(raw, record)
    _check_line_ends(raw.replace(b"\r", b""))
    check_sound(parse_invitations(raw, ref="1"))
    letter = read_letter(raw)
    if isinstance(letter, Letter):
        check_sound((letter.message_id, letter.recipients, letter.links))
        assert letter.altered("", {}) in (raw, None)
    _check_value(raw[:2000])


def _check_message(raw: bytes, record: Message) -> None:
    check_sound(record)
    assert is_within(record.text, MAX_TEXT)
    page = parse_html(raw)
    check_sound(page)
    assert is_within(page, MAX_TEXT)
    assert len(record.participants) <= MAX_ADDRESSES
    assert len(record.headers) <= MAX_KEPT_HEADERS
    assert all(each.size is None or 0 <= each.size <= len(raw) for each in record.attachments)
    for each in record.participants:
        normal = normalize(each.email)
        assert normal is None or normalize(normal) == normal, each.email


def _check_line_ends(raw: bytes) -> None:
    lf, crlf = (parse_message(each, ref="1", size=1) for each in (raw, raw.replace(b"\n", b"\r\n")))
    if isinstance(lf, Message) and isinstance(crlf, Message):
        for field in fields(Message):
            assert _without_sizes(getattr(lf, field.name)) == _without_sizes(getattr(crlf, field.name)), field.name
    else:
        assert lf == crlf


def _without_sizes(value: object) -> object:
    """A calendar counts its bytes."""
    return tuple(map(_without_sizes, value)) if isinstance(value, tuple) else _of_size_nothing(value)


def _of_size_nothing(value: object) -> object:
    return replace(value, size=0) if isinstance(value, Meeting) else value


def _check_value(value: bytes) -> None:
    when = parse_date(value)
    assert when is None or when.utcoffset() is not None
    check_sound(parse_ids(value), may_have_nul=True)
    check_sound(parse_addresses(value), may_have_nul=True)
    check_sound(decode_words(value.decode("latin-1")), may_have_nul=True)
