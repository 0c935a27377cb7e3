"""Outgoing mails: which are left alone, and that of the others nothing but the HTML's bytes changes."""

from __future__ import annotations

import base64
from email import message_from_bytes
from email.policy import SMTP

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.api import Letter, read_letter
from connectors.outgoing.transport import quoted_printable, read_text
from connectors.transfer import decoded

IMAGE = '<img src="https://t.acme.example/o/T.gif" width="1" height="1" alt="">'
LINK, URL = "https://acme.example/offer", "https://t.acme.example/c/T"
HEAD = (
    b"From: Alice <alice@acme.example>\r\nTO:ann@client.example,\r\n\t Bea <bea@other.example>\r\n"
    b"Bcc: cy@client.example\r\nX-Odd:  kept \r\nMessage-ID: <1@acme.example>\r\nMIME-Version: 1.0\r\n"
)


def mail(*parts: bytes, kind: bytes = b"mixed", head: bytes = HEAD) -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return head + b'Content-Type: multipart/%s;\r\n boundary="b"\r\n\r\npreamble\r\n%s--b--\r\nepilogue\r\n' % (
        kind,
        body,
    )


def part(kind: str, body: bytes, *fields: str) -> bytes:
    return "\r\n".join((f"Content-Type: {kind}", *fields, "", "")).encode() + body


HTML = f'<html><body>سلام <a href="{LINK}">offer</a></body></html>'
PLAIN = part("text/plain; charset=utf-8", b"hello\r\n. dot")
PAGE = part("text/html; charset=utf-8", HTML.encode(), "Content-Transfer-Encoding: 8bit")
SIMPLE = mail(PLAIN, PAGE, kind=b"alternative")


def page_of(raw: bytes) -> bytes:
    """The HTML part of a mail, as the standard library decodes it."""
    (page,) = (each for each in message_from_bytes(raw, policy=SMTP).walk() if each.get_content_type() == "text/html")
    found = page.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found


def letter(raw: bytes) -> Letter:
    found = read_letter(raw)
    assert isinstance(found, Letter), found
    return found


def test_a_letter_tells_whom_it_is_to_and_where_its_links_lead() -> None:
    found = letter(SIMPLE)
    assert found.message_id == "1@acme.example"
    assert found.recipients == ("ann@client.example", "bea@other.example", "cy@client.example")
    assert found.links == (LINK,)


def test_nothing_but_the_html_changes_in_its_own_encoding_and_charset() -> None:
    text = HTML.replace("سلام", "Grüße")
    for name, charset, encoding, body in [
        ("8bit", "utf-8", "8bit", HTML.encode()),
        ("latin", "iso-8859-1", "8bit", text.encode("latin-1")),
        ("none told", "", "8bit", HTML.encode()),
        ("japanese", "iso-2022-jp", "7bit", HTML.replace("سلام", "こんにちは").encode("iso-2022-jp")),
        ("arabic", "windows-1256", "quoted-printable", quoted_printable(HTML.encode("cp1256"))),
        ("soft breaks", "utf-8", "Quoted-Printable", quoted_printable((HTML + "x" * 300 + " \r\n\r\n.").encode())),
        ("base64", "utf-8", "base64", base64.encodebytes(HTML.encode()).replace(b"\n", b"\r\n")),
        ("wide", "utf-16", "base64", base64.encodebytes(HTML.encode("utf-16"))[:-1].replace(b"\n", b"\r\n")),
    ]:
        kind = f"text/html; charset={charset}" if charset else "text/html"
        raw = mail(PLAIN, part(kind, body, f"Content-Transfer-Encoding: {encoding}"), kind=b"alternative")
        altered = letter(raw).altered(IMAGE, {LINK: URL})
        assert altered is not None, name
        start = raw.index(body)
        rest = raw[start + len(body) :]
        assert altered.startswith(raw[:start]), name
        assert altered.endswith(rest), name
        codec = charset or "latin-1"
        was, now = (page_of(each).decode(codec) for each in (raw, altered))
        assert now == was.replace(LINK, URL).replace("</body>", IMAGE + "</body>"), name
        assert max(map(len, altered.split(b"\r\n"))) <= 998


def test_whatever_is_no_plain_letter_is_left_alone() -> None:
    signature = part("application/pkcs7-signature; name=smime.p7s", b"AAAA")
    pgp = part("text/plain", b"-----BEGIN PGP SIGNED MESSAGE-----\r\n")
    hidden = part("text/plain", b"=2D----BEGIN PGP MESSAGE", "Content-Transfer-Encoding: quoted-printable")
    file = part("application/octet-stream", b"x", "Content-Disposition: attachment; filename=a.ICS")
    calendar = part("text/calendar; method=REQUEST", b"BEGIN:VCALENDAR")
    signed = part('multipart/signed; boundary="c"', b"--c\r\n" + PAGE + b"\r\n--c--")
    for name, raw in {
        "DKIM": b"DKIM-Signature: v=1\r\n" + SIMPLE,
        "ARC": b"arc-seal: i=1\r\n" + SIMPLE,
        "S/MIME": HEAD + b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nAAAA\r\n",
        "S/MIME signature": mail(PAGE, signature),
        "multipart/signed": mail(PAGE, part("text/plain", b"x"), kind=b"signed"),
        "multipart/signed inside": mail(signed),
        "multipart/encrypted": mail(part("application/pgp-encrypted", b"Version: 1"), PAGE, kind=b"encrypted"),
        "inline PGP": mail(pgp, PAGE),
        "inline PGP in QP": mail(hidden, PAGE),
        "encrypted file": mail(PAGE, part("application/octet-stream; name=encrypted.asc", b"x")),
        "invitation": mail(PAGE, calendar, kind=b"alternative"),
        "calendar file": mail(PAGE, file),
        "Outlook's own": mail(PAGE, part("application/ms-tnef", b"x")),
        "report": mail(PAGE, part("message/disposition-notification", b"x"), kind=b"report"),
        "no HTML": HEAD + b"\r\nhello\r\n",
        "HTML as file": mail(PLAIN, part("text/html", HTML.encode(), "Content-Disposition: attachment")),
        "a mail inside": mail(PLAIN, part("message/rfc822", SIMPLE.replace(b"--b", b"--i").replace(b'"b"', b'"i"'))),
        "unknown encoding": mail(part("text/html", b"x", "Content-Transfer-Encoding: x-odd")),
        "uuencoded": mail(part("text/html", b"x", "Content-Transfer-Encoding: x-uuencode")),
        "broken base64": mail(part("text/html", b"PGI+?", "Content-Transfer-Encoding: base64")),
        "unknown charset": mail(part("text/html; charset=x-odd", b"x")),
        "not in its charset": mail(part("text/html; charset=utf-8", b"\xff")),
        "checksum": mail(part("text/html", b"x", "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==")),
        "another boundary": SIMPLE.replace(b'"b"', b'"c"'),
        "no Message-ID": SIMPLE.replace(b"Message-ID", b"X-ID"),
        "two Message-IDs": b"Message-ID: <2@acme.example>\r\n" + SIMPLE,
        "bare line ends": SIMPLE.replace(b"hello\r\n", b"hello\n"),
        "nothing": b"",
        "NUL": b"\0",
    }.items():  # fmt: skip
        assert isinstance(read_letter(raw), str), name
    assert read_letter(b"X-Mark: 1\r\n" + SIMPLE, lambda field: field == b"x-mark") == "marked"


def test_a_line_that_would_become_too_long_leaves_the_mail_alone() -> None:
    page = part("text/html; charset=utf-8", b"x" * 950)
    assert letter(mail(page)).altered(IMAGE, {}) is None
    already = letter(mail(part("text/html; charset=utf-8", b"x" * 2_000))).altered(IMAGE, {})
    assert already is not None
    assert already.count(IMAGE.encode()) == 1


def test_links_to_unsubscribe_are_nobodys_clicks() -> None:
    field = f"List-Unsubscribe: <mailto:off@acme.example>,\r\n <{LINK}>\r\n".encode()
    assert letter(field + SIMPLE).links == ()


@given(st.binary(max_size=200), st.sampled_from(["", "quoted-printable", "base64"]))
@settings(max_examples=80, deadline=None)
def test_a_part_is_written_as_it_was_read(body: bytes, encoding: str) -> None:
    raw = {"": body, "quoted-printable": quoted_printable(body), "base64": base64.b64encode(body)}[encoding]
    assert decoded(raw, encoding) == body
    assert all(len(line) <= 76 for line in raw.split(b"\r\n")) or encoding != "quoted-printable"
    found = read_text(raw, encoding, None)
    if found is not None:
        written = found.written(found.text)
        assert written is not None
        assert decoded(written, encoding) == body


_PIECES = [b"\r\n", b"--b", b"--", b"Content-Type: text/html", b": ", b"<a href=", b"\xff", SIMPLE]


@given(st.lists(st.sampled_from(_PIECES), max_size=12))
@settings(max_examples=80, deadline=None)
def test_no_bytes_make_it_raise(pieces: list[bytes]) -> None:
    found = read_letter(b"".join(pieces))
    if isinstance(found, Letter):
        assert found.altered("", {}) is not None
