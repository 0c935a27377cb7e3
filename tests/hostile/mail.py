"""Mails made to break programs: each is stored, passed over or quarantined, with its reason; the next one is stored."""

from __future__ import annotations

import base64
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

from connectors.api import Cursor, Message, Page, Purpose, Unreadable, parse_message
from connectors.mime import MAX_ADDRESSES, MAX_KEPT_HEADERS, MAX_TEXT
from store.mails.write import Place
from tests.fuzz.sound import check_sound, is_within
from tests.hostile.running import Case
from tests.unit.daemon.company_mail import NOON, House
from tests.unit.daemon.company_mail import mail as record

ALICE, ANN = b"alice@acme.example", b"ann@client.example"
LONE, NUL = b"\xed\xa0\x80", b"\x00"
_numbers = count(1)


class World(NamedTuple):
    """A store, and the folder of sent mail that is read."""

    house: House

    @property
    def place(self) -> Place:
        self.house.folders["alice"]["Sent"] = Purpose.SENT
        return self.house.place("alice", "Sent")[0]


@contextmanager
def world() -> Iterator[World]:
    """Empty."""
    with tempfile.TemporaryDirectory() as folder, House(Path(folder)) as house:
        yield World(house)


def good(at: World) -> None:
    """The next mail is stored, and its recipient a contact."""
    number = next(_numbers)
    to = f"good{number % 5}@client.example"
    sent = record(ALICE.decode(), to, mid=f"good{number}@acme.example", ref=f"good{number}", minute=number)
    assert at.house.read("alice", "Sent", [sent], Purpose.SENT)["stored"] == 1
    assert at.house.execute("SELECT count(*) FROM v1_contact_address WHERE address = ?", to) == [(1,)]


def _taken(raw: bytes, verdicts: tuple[str, ...], at: World, received_at: datetime | None = NOON) -> str:
    """What becomes of it, from its bytes to its place in the store."""
    ref = f"hostile{next(_numbers)}"
    read = parse_message(raw, ref=ref, received_at=received_at)
    check_sound(read)
    if isinstance(read, Message):
        assert is_within(read.text, MAX_TEXT)
        assert len(read.participants) <= MAX_ADDRESSES
        assert len(read.headers) <= MAX_KEPT_HEADERS
    ingest = at.house.ingest()
    # what follows from it is derived with the good mail behind it
    ingest.page(
        at.place, Purpose.SENT, ingest.drafting.prepared(Page(changes=(read,), cursor=Cursor(ref)), Purpose.SENT)
    )
    ((verdict, reason),) = at.house.execute("SELECT verdict, reason FROM placement WHERE ref = ?", ref)
    assert verdict in verdicts, (verdict, reason)
    assert not isinstance(read, Unreadable) or (verdict, reason) == ("quarantined", read.reason)
    assert reason or verdict == "stored"
    cut = " and cut at a limit" if isinstance(read, Message) and read.is_truncated else ""
    return f"{verdict}{cut}: {reason or 'it concerns a contact'}"


SUBJECTS = (
    *(b"\xff\xfe\x80", LONE, b"a\x00b", b"", b"\x1b[31m", b"\xe2\x80\xae rtl", b"x" * 200_000, b"Re: " * 5000),
    *(b"=?utf-8?q?=ED=A0=80?=", b"=?utf-8?b?AAAA?=", b"=?utf-16?b?2AA=?=", b"=?utf-7?q?+2AA-?=", b"=?hex?q?41?="),
    *(b"=?unicode-escape?q?\\ud800?=", b"=?idna?q?xn--?=", b"=?zlib?q?x?=", b"=?undefined?q?x?="),
    *(
        b"=?utf-8?b?" + b"A" * 100_000 + b"?=",
        b"=?utf-8?q?a?=" * 5000,
        b"=?" * 10_000,
        b"=?utf-8*x?q?a?=",
        b"\t \r\n \r\n x",
    ),
)
DATES = (
    *(b"Fri, 31 Dec 9999 23:59:59 -1200", b"Mon, 01 Jan 0001 00:00:00 +1400", b"Mon, 2 Mar 2026 12:00:00 +9999"),
    *(b"2 Mar 99999 12:00:00 +0000", b"0", b"", b"Sat, 30 Feb 2026 00:00:00 +0000", b"1 Jan 1 00:00:00 +0000"),
    *(b"(" * 5000 + b"2 Mar 2026", b"2 Mar 2026 25:61:61 +0000", b"9" * 5000, b"Mon, 2 Mar 2026 12:00:00 -0000 (\xff)"),
)
LAST_DAYS = (b"Wed, 1 Dec 9999 10:00:00 +0000", b"Fri, 31 Dec 9999 10:00:00 +0000", b"Mon, 1 Jan 0001 10:00:00 +0000")
PEOPLE = (
    *(b"", b"<>", b"@@@@", b"a@b@c@d", b"\xff\xff@\xff", LONE + b"@client.example", b"a\x00b@client.example"),
    *(b'"a\x00b" <ann@client.example>', b"<ann\x00@client.example>", b"group: a@b.c, d@e.f;", b"(" * 3000),
    *(b'"' * 3001, b"<" * 500 + ANN + b">" * 500, b"x" * 70_000 + b"@client.example", b"ann@xn--a", b"ann@."),
    *(b"ann@" + b"x." * 300 + b"example", b"ann@[IPv6:::1]", b"ann@client..example", "مریم@مثال.ایران".encode()),
    *(b"=?utf-8?q?ann=00=40client.example?=", b"=?utf-8?q?=ED=A0=80?= <ann@client.example>"),
    *("\u202eann@client.example\u202c".encode(), "an\u200bn@client.example".encode(), "аnn@client.example".encode()),
    *(
        "ann@ｃｌｉｅｎｔ.example".encode(),
        "ann@client。example".encode(),
        "ann@\u2100.example…".encode(),
        b"ann@xn--" + b"a" * 300,
    ),
    *(b"g:" * 3000 + b";" * 3000, b"g: a@b.c;" * 2000, b"a@b.c;" * 3000, b"@a,@b:ann@client.example", b"\\" * 3001),
)
IDS = (
    *(b"", b"<>", b"<a\x00b@x>", b"<\xff@x>", b"<" + b"y" * 100_000 + b"@x>", b"<<a@b>>", b"a b c", b"<a@b> <c@d>"),
    *(b"<" + LONE + b"@x>", b"<n1@x>", b" ".join(b"<r%d@x>" % n for n in range(20_000))),
)
CHARSETS = (
    *(b"utf-16", b"utf-7", b"unicode-escape", b"rot13", b"zlib", b"idna", b"punycode", NUL, b"x" * 10_000, b"hz"),
    *(b"utf-32", b"raw-unicode-escape", b"undefined", b"mbcs", b"iso-2022-jp-3", b'"utf-8\xff"', b"../../etc/passwd"),
)
PARAMETERS = {
    "a name in 20,000 sections": b";".join(b" name*%d=a" % n for n in range(20_000)),
    "a name in sections that go back": b" name*9=a; name*1=b; name*0*=utf-8''c; name*0=d",
    "a name of a section of 40 digits": b" name*" + b"9" * 40 + b"=a",
    "a name in an unknown charset": b" name*=hostile''%FF%00",
    "a name of half a character": b" name*=utf-8''%ED%A0%80%00",
    "a name of broken escapes": b" name*=utf-8''%%%zz%f",
    "a name that is a path": b' name="../../../../etc/passwd"',
    "a name that turns the reading": ' name="invoice\u202egnp.exe"'.encode(),
    "a name without an end": b' name="' + b"x" * 100_000,
    "10,000 names": b"; name=x" * 10_000,
}


def _part(kind: bytes, body: bytes) -> bytes:
    return b"--b\r\nContent-Type: " + kind + b"\r\n\r\n" + body + b"\r\n"


def _parts(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b--\r\n"


_MIXED = b"multipart/mixed; boundary=b"
_REPORT = b"multipart/report; report-type=delivery-status; boundary=b"
_INVITATION = b"text/calendar; method=REQUEST"
_NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(2000))
BODIES: dict[str, tuple[bytes, bytes]] = {
    "50,000 parts": (_MIXED, b"--b\r\n\r\nx\r\n" * 50_000 + b"--b--"),
    "mails in mails, 3,000 deep": (b"message/rfc822", b"Content-Type: message/rfc822\r\n\r\n" * 3000),
    "parts in parts, 2,000 deep": (_MIXED, b"--b\r\n" + _NESTED),
    "HTML 100,000 deep, with numbers that are no characters": (
        b"text/html",
        b"<div>" * 100_000 + b"&#55296; &#0; &#1114112; x",
    ),
    "HTML without an end": (b"text/html", b"<!--" + b"x" * 500_000),
    "HTML of attributes": (b"text/html", b"<a " + b"b=c " * 100_000 + b">x</a>"),
    "tables in tables": (b"text/html", b"<table><tr><td>" * 20_000 + b"x"),
    "quotes in quotes": (b"text/html", b"<blockquote>" * 20_000 + b"x"),
    "a report about nobody": (
        _REPORT,
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a\x00b@client.example\r\n"
        b"Original-Recipient: utf-8; \\x{D800}@x\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"Message-ID: <\x00>\r\n\r\n--b--\r\n",
    ),
    "a report about 20,000 recipients": (
        _REPORT,
        _parts(
            _part(
                b"message/delivery-status",
                b"\r\n\r\n".join(
                    b"Final-Recipient: rfc822; u%d@x.example\r\nAction: failed" % n for n in range(20_000)
                ),
            )
        ),
    ),
    "a report of a status of 100,000 digits": (
        _REPORT,
        _parts(_part(b"message/delivery-status", b"Final-Recipient: rfc822;a@b.c\r\nStatus: 5." + b"1" * 100_000)),
    ),
    "an attachment named in no charset": (
        _MIXED,
        b'--b\r\nContent-Type: application/x; name="\xff\x00.bin"\r\n'
        b"Content-Disposition: attachment; filename*=utf-8''%ED%A0%80%00\r\n\r\nx\r\n--b--\r\n",
    ),
    "a boundary of nothing": (b'multipart/mixed; boundary=""', b"--\r\n\r\nx\r\n----\r\n"),
    "a boundary of 10,000 letters": (b"multipart/mixed; boundary=" + b"b" * 10_000, b"x"),
    "a boundary that is another's beginning": (_MIXED, b"--bb\r\n\r\nx\r\n--b\r\n\r\ny\r\n--bb--\r\n"),
    "base64 of padding": (b"text/plain\r\nContent-Transfer-Encoding: base64", b"AA=" * 100_000),
    "base64 that packs 100 times": (
        b"application/gzip\r\nContent-Transfer-Encoding: base64",
        base64.b64encode(zlib.compress(bytes(10_000_000))),
    ),
    "quoted-printable of equal signs": (b"text/plain\r\nContent-Transfer-Encoding: quoted-printable", b"=" * 300_000),
    "uuencode without an end": (b"text/plain", b"begin 644 a\r\n" + b"M\r\n" * 100_000),
    "an unknown encoding": (b"text/plain\r\nContent-Transfer-Encoding: hostile", b"x"),
    "TNEF that is none": (b"application/ms-tnef", b"\x78\x9f\x3e\x22" + b"\xff" * 10_000),
    "an invitation that is none": (_INVITATION, b"BEGIN:VCALENDAR\r\n" * 1000),
    "an invitation of a flood": (
        _INVITATION,
        b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n"
        + b"BEGIN:VEVENT\r\nUID:x\r\nDTSTART:20260301T100000Z\r\nRRULE:FREQ=SECONDLY\r\nEND:VEVENT\r\n" * 5000
        + b"END:VCALENDAR\r\n",
    ),
    "200 invitations": (
        _MIXED,
        _parts(
            *(_part(_INVITATION, b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n") for _each in range(200))
        ),
    ),
    "a line of 5 MB": (b"text/plain", b"x" * 5_000_000),
    "a million blank lines": (b"text/plain", b"\r\n" * 1_000_000 + b"x"),
    "quotes of a megabyte": (b"text/plain", b"> " * 500_000),
    "format=flowed of blanks": (b"text/plain; format=flowed; delsp=yes", b" \r\n" * 200_000),
    "an encrypted mail of nothing": (b"multipart/encrypted; boundary=b", b"--b--"),
    "a part of a mail of 40 digits": (b"message/partial; number=" + b"9" * 40 + b"; id=x", b"x"),
    "a body elsewhere": (b"message/external-body; access-type=local-file; name=/etc/passwd", b"\r\n"),
}
NO_MAIL = {
    "letters": b"garbage",
    "colons": b":\r\n:\r\n",
    "names of headers alone": b"a:" * 100_000,
    "no UTF-8": b"\xff" * 10_000,
    "all bytes": bytes(range(256)) * 200,
    "a program": b"\x7fELF" + bytes(5000) + b"x",
    "an mbox line": b"From nobody Mon Mar  2 12:00:00 2026\r\n",
    "carriage returns": b"\r" * 100_000 + b"x",
}
EMPTY = {
    "nothing": b"",
    "a NUL": b"\x00",
    "a line end": b"\r\n",
    "blanks": b" \r\n\t\r\n",
    "5,000 NULs": b"\x00" * 5000,
}


def mail(headers: dict[str, bytes], body: bytes = b"hello\r\n") -> bytes:
    """A mail of Alice's to Ann, with these headers otherwise."""
    number = zlib.crc32(repr((headers, body)).encode())
    usual = {
        "Date": b"Mon, 2 Mar 2026 %02d:%02d:%02d +0000" % (number % 24, number % 59, number % 53),
        "From": ALICE,
        "To": ANN,
        "Subject": b"Offer",
        "Message-ID": b"<%x@acme.example>" % number,
    }
    lines = [name.encode() + b": " + value for name, value in (usual | headers).items()]
    return b"\r\n".join([*lines, b"", body])


def _named(name: str, value: bytes) -> str:
    return f"{name}: {value[:40]!r} of {len(value)} bytes"


def mails() -> Iterator[tuple[str, bytes]]:
    """Each with its name: one header or body that should not be."""
    for name, values in (("Subject", SUBJECTS), ("Date", DATES), ("Message-ID", IDS)):
        yield from ((_named(name, value), mail({name: value})) for value in values)
    for value in PEOPLE:
        yield _named("From", value), mail({"From": value, "To": ALICE + b", " + ANN})
        yield _named("To", value), mail({"To": value + b", " + ANN})
        yield from ((_named(name, value), mail({name: value})) for name in ("Cc", "Bcc", "Reply-To", "Sender"))
    for value in (*IDS, NUL, b"\xff" * 5000):
        names = ("References", "In-Reply-To", "Thread-Index", "List-Id")
        yield from ((_named(name, value), mail({name: value})) for name in names)
    for charset in CHARSETS:
        body = b"\\ud800 +2AA- \xff\xfe\x00\xd8"
        yield _named("charset", charset), mail({"Content-Type": b"text/plain; charset=" + charset}, body)
    for name, value in PARAMETERS.items():
        yield name, mail({"Content-Type": b"application/x;" + value})
    yield from ((name, mail({"Content-Type": kind}, body)) for name, (kind, body) in BODIES.items())
    yield from ((_named("Received", date), mail({"Received": b"from a by b; " + date})) for date in DATES)
    for date in LAST_DAYS:
        away = {
            "From": ANN,
            "To": ALICE,
            "Date": date,
            "Auto-Submitted": b"auto-replied",
            "Subject": b"Automatic reply",
        }
        yield _named("an absence that begins", date), mail(away, b"I am out of the office until 9 December.\r\n")
        yield _named("a promise of", date), mail({"Date": date}, b"I will send you the offer by Friday, next week.\r\n")
    yield "5,000 recipients", mail({"To": b", ".join(b"p%d@client.example" % n for n in range(5000))})
    yield "100,000 headers", mail({"X-Long": b"y\r\nX: y" * 100_000})
    yield from NO_MAIL.items()


_ALIKE = ("From: ", "Cc: ", "Bcc: ", "Sender: ", "Reply-To: ", "In-Reply-To: ", "Thread-Index: ", "List-Id: ")


def _cases() -> Iterator[Case[World]]:
    for name, raw in mails():
        # the same in other headers takes the same way; `test_whole` goes through all
        if not name.startswith(_ALIKE):
            yield Case(name, partial(_taken, raw, ("stored", "skipped")))
    for when in (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)):
        come = partial(_taken, mail({"Subject": str(when).encode()}), ("stored",), received_at=when)
        yield Case(f"received at {when}", come)
        never = partial(
            _taken, mail({"Date": f"{when:%d %b %Y %H:%M:%S} +0000".encode()}), ("stored",), received_at=None
        )
        yield Case(f"sent at {when}, and never received", never)
    for name, raw in EMPTY.items():
        yield Case(f"a mail of {name}", partial(_taken, raw, ("quarantined",)))


CASES: tuple[Case[World], ...] = tuple(_cases())
