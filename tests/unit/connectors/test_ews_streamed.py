"""Answers without an end, taken apart as they come: however they are cut, and whatever a server does to us."""

from __future__ import annotations

import pytest

from connectors.ews.soap import NoAnswer
from connectors.ews.streamed import Answer

ENVELOPES = [
    b"<?xml version='1.0'?><s:Envelope>one</s:Envelope>",
    b"<Envelope>\xd9\xbe</Envelope >",
    b"<a:Envelope/></a:Envelope>",
]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


def chunked(*parts: bytes, extension: bytes = b"") -> bytes:
    said = b"".join(b"%x%s\r\n%s\r\n" % (len(part), extension, part) for part in parts)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + said + b"0\r\nX-Trailer: y\r\n\r\n"


BODY = b"\r\n".join(ENVELOPES)
FORMS = {
    "an envelope a chunk": chunked(*ENVELOPES),
    "other chunks": chunked(*(BODY[at : at + 7] for at in range(0, len(BODY), 7)), extension=b" ;x=y"),
    "a length": HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    "until the end": HEAD + b"\r\n" + BODY,
    "after another answer": b"HTTP/1.1 100 Continue\r\n\r\n" + chunked(*ENVELOPES),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 2, 13, 10_000])
def test_envelopes_come_whole_however_they_are_cut(form: str, size: int) -> None:
    said, answer = FORMS[form], Answer()
    found = [each for at in range(0, len(said), size) for each in answer.feed(said[at : at + size])]
    assert found == ENVELOPES
    assert answer.status == 200
    assert answer.is_over is (form != "until the end")
    assert answer.headers["content-type"] == "text/xml"


@pytest.mark.parametrize(
    ("head", "more"),
    [
        (b"", b"X-Y: " + b"z" * 1000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"<Envelope>" * 1000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"f" * 1000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X" * 1000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"-5\r\nabc\r\n"),
        (b"ICY 200 OK\r\n\r\n", b""),
    ],
)
def test_what_has_no_end_or_is_no_http_is_given_up(head: bytes, more: bytes) -> None:
    answer = Answer()

    def feed() -> None:
        for part in [head, *[more] * 10_000]:
            list(answer.feed(part))

    with pytest.raises(NoAnswer):
        feed()
