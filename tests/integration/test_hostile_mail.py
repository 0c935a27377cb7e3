"""Mail made to break programs, through the whole of ours: each is stored or told, and nothing stops."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.company import Account, Company

pytestmark = pytest.mark.slow
ALICE, ANN = b"alice@acme.example", b"ann@client.example"
LONE, NUL = b"\xed\xa0\x80", b"\x00"
SUBJECTS = (
    *(b"\xff\xfe\x80", LONE, b"a\x00b", b"", b"\x1b[31m", b"\xe2\x80\xae rtl", b"x" * 200_000, b"Re: " * 5000),
    *(b"=?utf-8?q?=ED=A0=80?=", b"=?utf-8?b?AAAA?=", b"=?utf-16?b?2AA=?=", b"=?utf-7?q?+2AA-?=", b"=?hex?q?41?="),
    *(b"=?unicode-escape?q?\\ud800?=", b"=?idna?q?xn--?=", b"=?zlib?q?x?=", b"=?undefined?q?x?="),
)
DATES = (
    *(b"Fri, 31 Dec 9999 23:59:59 -1200", b"Mon, 01 Jan 0001 00:00:00 +1400", b"Mon, 2 Mar 2026 12:00:00 +9999"),
    *(b"2 Mar 99999 12:00:00 +0000", b"0", b"", b"Sat, 30 Feb 2026 00:00:00 +0000", b"1 Jan 1 00:00:00 +0000"),
)
PEOPLE = (
    *(b"", b"<>", b"@@@@", b"a@b@c@d", b"\xff\xff@\xff", LONE + b"@client.example", b"a\x00b@client.example"),
    *(b'"a\x00b" <ann@client.example>', b"<ann\x00@client.example>", b"group: a@b.c, d@e.f;", b"(" * 3000),
    *(b'"' * 3001, b"<" * 500 + ANN + b">" * 500, b"x" * 70_000 + b"@client.example", b"ann@xn--a", b"ann@."),
    *(b"ann@" + b"x." * 300 + b"example", b"ann@[IPv6:::1]", b"ann@client..example", "مریم@مثال.ایران".encode()),
    *(b"=?utf-8?q?ann=00=40client.example?=", b"=?utf-8?q?=ED=A0=80?= <ann@client.example>"),
)
IDS = (
    *(b"", b"<>", b"<a\x00b@x>", b"<\xff@x>", b"<" + b"y" * 100_000 + b"@x>", b"<<a@b>>", b"a b c", b"<a@b> <c@d>"),
    *(b"<" + LONE + b"@x>", b"<n1@x>", b" ".join(b"<r%d@x>" % n for n in range(20_000))),
)
CHARSETS = (
    *(b"utf-16", b"utf-7", b"unicode-escape", b"rot13", b"zlib", b"idna", b"punycode", NUL, b"x" * 10_000, b"hz"),
    *(b"utf-32", b"raw-unicode-escape", b"undefined", b"mbcs", b"iso-2022-jp-3"),
)
BODIES = (
    (b"multipart/mixed; boundary=b", b"--b\r\n\r\nx\r\n" * 50_000 + b"--b--"),
    (b"message/rfc822", b"Content-Type: message/rfc822\r\n\r\n" * 3000),
    (b"text/html", b"<div>" * 100_000 + b"&#55296; &#0; &#1114112; x"),
    (
        b"multipart/report; report-type=delivery-status; boundary=b",
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a\x00b@client.example\r\n"
        b"Original-Recipient: utf-8; \\x{D800}@x\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"Message-ID: <\x00>\r\n\r\n--b--\r\n",
    ),
    (
        b"multipart/mixed; boundary=b",
        b'--b\r\nContent-Type: application/x; name="\xff\x00.bin"\r\n'
        b"Content-Disposition: attachment; filename*=utf-8''%ED%A0%80%00\r\n\r\nx\r\n--b--\r\n",
    ),
)
NO_MAIL = (b"garbage", b":\r\n:\r\n", b"a:" * 100_000, b"\xff" * 10_000, bytes(range(256)) * 200)
EMPTY = (b"", b"\x00", b"\r\n", b" \r\n\t\r\n", b"\x00" * 5000)


def mails() -> Iterator[bytes]:
    """Mails of Alice's to Ann, each with one header or body that should not be."""
    for name, values in (("Subject", SUBJECTS), ("Date", DATES), ("Message-ID", IDS)):
        yield from (mail({name: value}) for value in values)
    for value in PEOPLE:
        yield mail({"From": value, "To": ALICE + b", " + ANN})
        yield mail({"To": value + b", " + ANN})
        yield from (mail({name: value}) for name in ("Cc", "Bcc", "Reply-To", "Sender"))
    for value in (*IDS, NUL, b"\xff" * 5000):
        yield from (mail({name: value}) for name in ("References", "In-Reply-To", "Thread-Index", "List-Id"))
    for charset in CHARSETS:
        yield mail({"Content-Type": b"text/plain; charset=" + charset}, b"\\ud800 +2AA- \xff\xfe\x00\xd8")
    yield from (mail({"Content-Type": kind}, body) for kind, body in BODIES)
    yield mail({"To": b", ".join(b"p%d@client.example" % n for n in range(5000))})
    yield mail({"X-Long": b"y\r\nX: y" * 100_000})
    yield from NO_MAIL
    yield from EMPTY


def mail(headers: dict[str, bytes], body: bytes = b"hello\r\n") -> bytes:
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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    company = Company(tmp_path / "company")
    if request.param == "postgresql":
        company.url = request.getfixturevalue("postgres_url").replace("+psycopg", "")
    company.accounts["alice"] = Account("alice", ALICE.decode(), {"path": "mail", "format": "eml"}, "local")
    folder = company.folder / "mail" / "Sent"
    folder.mkdir(parents=True)
    for number, data in enumerate(mails()):
        (folder / f"{number}.eml").write_bytes(data)
    return company


def test_every_hostile_mail_is_accounted_for_and_none_stops_the_others(company: Company) -> None:
    total = sum(1 for _ in mails())
    account = company.sync().account("alice")
    assert account["seen"] == total
    assert account["quarantined"] == len(EMPTY)
    assert account["stored"] > 0.6 * total
    assert company.sync().account("alice")["seen"] == 0
    items = company.run("timeline", "--json", ANN.decode(), "--limit", "1000").document["items"]
    assert len(items) > 0.5 * total
    for item in items[::20]:
        assert company.run("why", "--json", item["id"]).code == 0
    for create in ("all", "off", "corresponded"):
        company.create = create
        company.sync()
    again = company.run("timeline", "--json", ANN.decode(), "--limit", "1000").document["items"]
    assert again == items
