"""Which parts of a mail are its text, its HTML, its attachments."""

from __future__ import annotations

import base64

import pytest

from connectors.mime import parse_html
from connectors.records import Attachment, Message
from tests.unit.connectors.mails import html, multipart, part, plain, read

PNG = part(b"iVBORw0KGgo=", b"Content-Type: image/png; name=a.png", b"Content-Transfer-Encoding: base64")


def kinds(message: Message) -> list[str]:
    return [attachment.type for attachment in message.attachments]


def test_of_two_alternatives_each_is_taken_for_what_it_is() -> None:
    raw = multipart(b"alternative", plain(), html())
    message = read(raw)
    assert (message.text, parse_html(raw), message.attachments) == ("text", "<p>html</p>", ())


def test_html_with_its_pictures_beside_plain_text() -> None:
    related = multipart(b"related", html(), PNG, boundary=b"r")
    raw = multipart(b"mixed", multipart(b"alternative", plain(), related, boundary=b"a"), PNG)
    message = read(raw)
    assert (message.text, parse_html(raw)) == ("text", "<p>html</p>")
    assert message.attachments == (Attachment("a.png", "image/png", 8),) * 2


def test_apple_s_alternative_of_mixed_parts_is_not_read_twice() -> None:
    mixed = multipart(b"mixed", html(b"<p>one</p>"), PNG, html(b"<p>two</p>"), boundary=b"m")
    raw = multipart(b"alternative", plain(), mixed)
    message = read(raw)
    assert (message.text, parse_html(raw)) == ("text", "<p>one</p>\n<p>two</p>")


def test_html_alone_gets_readable_text() -> None:
    raw = html("<h1>سلام</h1><p>one<br>two <a href='x'>link</a>".encode())
    message = read(raw)
    assert message.text == "سلام\n\none\ntwo link"
    assert parse_html(raw).startswith("<h1>")


def test_blank_plain_text_gives_way_to_the_html() -> None:
    assert read(multipart(b"alternative", plain(b" \n"), html())).text == "html"


def test_html_before_a_plain_footer_is_the_text_and_html_behind_plain_text_is_not() -> None:
    assert read(multipart(b"mixed", html(), plain(b"footer"))).text == "html\n\nfooter"
    assert read(multipart(b"mixed", plain(), html())).text == "text"


def test_several_plain_parts_are_one_text() -> None:
    assert read(multipart(b"mixed", plain(b"one"), PNG, plain(b"two"))).text == "one\ntwo"


def test_text_with_a_name_is_an_attachment_unless_it_comes_first() -> None:
    named = part(b"x", b"Content-Type: text/plain; name=notes.txt")
    message = read(multipart(b"mixed", plain(), named))
    assert (message.text, message.attachments) == ("text", (Attachment("notes.txt", "text/plain", 1),))
    assert read(named).text == "x"


def test_what_is_sent_as_attachment_is_one() -> None:
    attached = part(b"x", b"Content-Type: text/plain", b"Content-Disposition: attachment; filename=a.txt")
    message = read(multipart(b"mixed", attached, plain()))
    assert (message.text, message.attachments) == ("text", (Attachment("a.txt", "text/plain", 1),))
    assert read(attached).text == ""


def test_invitations_and_signatures_are_attachments() -> None:
    calendar = part(b"BEGIN:VCALENDAR", b"Content-Type: text/calendar; method=REQUEST")
    assert kinds(read(multipart(b"alternative", plain(), html(), calendar))) == ["text/calendar"]
    signature = part(b"sig", b"Content-Type: application/pgp-signature; name=signature.asc")
    assert kinds(read(multipart(b"signed", plain(), signature))) == ["application/pgp-signature"]


def test_a_forwarded_mail_is_an_attachment_and_its_text_not_the_mail_s() -> None:
    forwarded = part(b"Subject: inner\n\ninner text", b"Content-Type: message/rfc822")
    message = read(b"Subject: outer\n" + multipart(b"mixed", plain(), forwarded))
    assert (message.subject, message.text, kinds(message)) == ("outer", "text", ["message/rfc822"])
    assert kinds(read(multipart(b"digest", b"\nSubject: a\n\none", b"\nSubject: b\n\ntwo"))) == ["message/rfc822"] * 2


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_line_end_before_a_boundary_is_not_text(end: bytes) -> None:
    raw = multipart(b"mixed", plain(b"one\n"), plain(b"")).replace(b"\n", end)
    assert read(raw).text == "one\n\n"


def test_preamble_and_epilogue_are_no_text() -> None:
    raw = multipart(b"mixed", plain()).replace(b"\n\n", b"\n\nThis is MIME.\n", 1) + b"epilogue\n--=_b\n\nx"
    assert read(raw).text == "text"


def test_a_boundary_that_begins_like_another_is_another() -> None:
    inner = multipart(b"mixed", plain(b"one"), plain(b"--a b\n--ac\ntwo"), boundary=b"ab")
    message = read(multipart(b"mixed", inner, plain(b"three"), boundary=b"a"))
    assert message.text == "one\n--a b\n--ac\ntwo\nthree"


def test_an_outer_boundary_ends_what_was_never_closed() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=i\n\n--i\n" + plain(b"one")
    assert read(multipart(b"mixed", inner, plain(b"two"))).text == "one\ntwo"


def test_a_mail_that_was_cut_off_keeps_what_came() -> None:
    whole = multipart(b"mixed", plain(b"one"), PNG, plain(b"two"))
    assert read(whole[: whole.index(b"two") + 2]).text == "one\ntw"
    assert read(whole[: whole.index(b"name=a.png")]).text == "one"
    assert read(whole[: whole.index(b"--=_b--")]).text == "one\ntwo\n"


def test_the_last_boundary_may_hang_on_the_last_line() -> None:
    assert read(multipart(b"mixed", plain(b"one")).replace(b"one\n--=_b--", b"one--=_b--")).text == "one"


@pytest.mark.parametrize("said", [b"", b"; boundary=wrong", b'; boundary=""'])
def test_a_missing_or_wrong_boundary_is_found_in_the_body(said: bytes) -> None:
    body = multipart(b"mixed", plain(b"one"), plain(b"two")).partition(b"\n\n")[2]
    assert read(b"Content-Type: multipart/mixed" + said + b"\n\n" + body).text == "one\ntwo"


def test_a_multipart_without_boundaries_is_read_as_text() -> None:
    assert read(b"Content-Type: multipart/mixed; boundary=b\n\njust text\n").text == "just text\n"


def test_parts_may_lack_header_or_body() -> None:
    assert read(multipart(b"mixed", b"\nno header", b"Content-Type: text/plain")).text == "no header\n"


def test_what_text_was_encoded_with_is_undone() -> None:
    encoded = base64.encodebytes("سلام".encode("windows-1256"))
    assert (
        read(
            part(encoded, b"Content-Type: text/plain; charset=windows-1256", b"Content-Transfer-Encoding: BASE64")
        ).text
        == "سلام"
    )
    assert read(part(b"p=C3=A4=\n!", b"Content-Transfer-Encoding: quoted-printable")).text == "pä!"


def test_html_may_name_its_charset_itself() -> None:
    body = '<meta charset="windows-1256"><p>سلام'.encode("windows-1256")
    assert read(part(body, b"Content-Type: text/html")).text == "سلام"


def test_line_ends_of_text_are_lf_and_nul_is_dropped() -> None:
    assert read(b"A: b\r\n\r\none\r\ntwo\rthree\r\r\nfo\0ur").text == "one\ntwo\nthree\nfour"


def test_a_file_uuencoded_in_the_text_is_an_attachment() -> None:
    message = read(b"A: b\n\nsee below\n\nbegin 644 a b.txt\n#0V%T\n`\nend\nbye\n")
    assert message.text == "see below\n\nbye\n"
    assert message.attachments == (Attachment("a b.txt", "application/octet-stream", 3),)
    assert read(b"A: b\n\nwe begin 644 cats\nhere\n").text == "we begin 644 cats\nhere\n"
