"""Requests to the public listener: of no protocol, too large, too slow, smuggled, with tokens of every shape."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from daemon.tracking.answers import MAX_HEAD, PIXEL
from daemon.tracking.api import MAX_BODY
from daemon.tracking.creating import Made
from matching.consent import Consent
from store.opens.tracking_keys import TOKEN_LENGTH
from tests.hostile.running import Case
from tests.unit.daemon.company_mail import House
from tests.unit.daemon.test_tracking_listener import LINK, WORD, Open, path_of
from tests.unit.daemon.tracking_house import ANN, Tracking, config_in


class World(NamedTuple):
    """A listener, and a mail that was made before."""

    open: Open
    made: Made


@contextmanager
def world() -> Iterator[World]:
    """A listener for a company with one contact who agreed."""
    with tempfile.TemporaryDirectory() as folder, House(Path(folder)) as house:
        at = Tracking(house, config_in(Path(folder)))
        at.contact(ANN, Consent.GRANTED)
        with Open(at) as found:
            yield World(found, found.at.create(ANN, links=[LINK]))


def good(at: World) -> None:
    """The link of a mail is answered, and that of no other."""
    status, fields, _body = at.open.ask(path_of(at.made.links[0][1]))
    assert (status, fields["location"]) == (302, LINK)


def _raw(request: bytes, statuses: tuple[int, ...], at: World) -> str:
    """Bytes as they are: each answer that comes has one of these statuses; 0: the connection ends without a word."""
    said = at.open.send(request)
    found = [int(each[:3]) for each in said.split(b"HTTP/1.1 ")[1:] if each[:3].isdigit()] or [0]
    assert set(found) <= set(statuses), said[:300]
    # 404 is for links: nothing of an answer says more than the status does
    assert b"Traceback" not in said
    assert b"sqlite" not in said.lower()
    return f"the connection ends, after {' '.join(map(str, found))}" if found != [0] else "the connection ends"


def _image(token: str, at: World) -> str:
    """Whatever it is asked for, an image is an image, and says nothing of the token."""
    answer = at.open.ask(f"/o/{token}")
    assert answer == at.open.ask(path_of(at.made.pixel))
    assert (answer[0], answer[2]) == (200, PIXEL)
    return "the same image as for a good one"


def _no_link(path: str, at: World) -> str:
    """No link leads where a request wants it to."""
    status, fields, _body = at.open.ask(path)
    assert status == 404
    assert "location" not in fields
    return "404"


def _call(document: Any, status: int, headers: dict[str, str], at: World) -> str:
    """A program asks for something, and is told why not."""
    found, answer = at.open.post(document, **headers)
    assert found == status, answer
    assert answer["problem"]
    assert WORD not in json.dumps(answer)
    return ascii(answer["problem"])


_HEAD = b"GET /o/x.gif HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
_POST = b"POST /v1/tracking HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer " + WORD.encode() + b"\r\n"
_JSON = b"Content-Type: application/json\r\n"
#: Refused, or ended without a word.
_NO = (0, 400, 404, 405, 408, 411, 413, 414, 415, 431, 501, 505)
_SECOND = b"GET /openapi.json HTTP/1.1\r\nHost: t\r\n\r\n"
_RAW: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "nothing": (b"", _NO),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 100, _NO),
    "NUL": (bytes(2000), _NO),
    "random bytes": (bytes(range(256)) * 100, _NO),
    "SSH": (b"SSH-2.0-x\r\n", _NO),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", _NO),
    "HTTP/0.9": (b"GET /o/x.gif\r\n", _NO),
    "HTTP/9.9": (b"GET /o/x.gif HTTP/9.9\r\nHost: t\r\nConnection: close\r\n\r\n", (200, *_NO)),
    "an endless path": (b"GET " + b"/" * 300_000, _NO),
    "a path of 60,000 letters": (
        b"GET /o/" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n",
        (200, *_NO),
    ),
    "a method of 10,000 letters": (b"A" * 10_000 + b" / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", (200, *_NO)),
    "a method of control characters": (b"G\x00T / HTTP/1.1\r\nHost: t\r\n\r\n", _NO),
    "a header as long as all may be": (_HEAD + b"X: " + b"a" * (2 * MAX_HEAD) + b"\r\n\r\n", (431, 400)),
    "10,000 headers": (_HEAD + b"X: y\r\n" * 10_000 + b"\r\n", (431, 400)),
    "a header of NUL": (_HEAD + b"X: a\x00b\r\n\r\n", _NO),
    "a header without a colon": (_HEAD + b"nonsense\r\n\r\n", _NO),
    "a header with a blank before the colon": (_HEAD + b"X : y\r\n\r\n", _NO),
    "a folded header": (_HEAD + b"X: y\r\n folded\r\n\r\n", (200, 400)),
    "a bare line feed in a header": (_HEAD + b"X: y\nContent-Length: 5\r\n\r\n", (200, 400)),
    "a bare carriage return in a header": (_HEAD + b"X: y\rEvil: z\r\n\r\n", _NO),
    "no host": (b"GET /o/x.gif HTTP/1.1\r\nConnection: close\r\n\r\n", _NO),
    "two hosts": (_HEAD + b"Host: u\r\n\r\n", _NO),
    "a host with a path": (b"GET /o/x.gif HTTP/1.1\r\nHost: t/../..\r\nConnection: close\r\n\r\n", (200, 400)),
    "a request to another server": (b"GET http://evil.example/ HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", _NO),
    "a tunnel": (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", _NO),
    "an upgrade": (_HEAD + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n", (200, *_NO)),
    "a trace": (b"TRACE / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", _NO),
    "a head without end": (_HEAD, _NO),
    "half a body": (_POST + _JSON + b"Content-Length: 9\r\n\r\n{", _NO),
    "a length below nothing": (_POST + _JSON + b"Content-Length: -1\r\n\r\n{}", _NO),
    "a length of 30 digits": (_POST + _JSON + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n{}", _NO),
    "a length in words": (_POST + _JSON + b"Content-Length: five\r\n\r\n{}", _NO),
    "a length with a sign": (_POST + _JSON + b"Content-Length: +2\r\n\r\n{}", _NO),
    "two lengths": (_POST + _JSON + b"Content-Length: 2\r\nContent-Length: 60\r\n\r\n{}" + _SECOND, _NO),
    "a length and chunks": (
        _POST
        + _JSON
        + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"
        + _SECOND,
        _NO,
    ),
    "chunks of an unknown kind": (_POST + _JSON + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + _SECOND, _NO),
    "chunks twice": (_POST + _JSON + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", _NO),
    "a chunk below nothing": (_POST + _JSON + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n", _NO),
    "a chunk of 2^80": (_POST + _JSON + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 20 + b"\r\n{}", _NO),
    "a chunk that is longer than it says": (
        _POST + _JSON + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}}}}}}\r\n0\r\n\r\n",
        _NO,
    ),
    "chunks without end": (
        _POST + _JSON + b"Transfer-Encoding: chunked\r\n\r\n" + (b"8000\r\n" + b" " * 0x8000 + b"\r\n") * 100,
        _NO,
    ),
    "a mebibyte to an image": (
        b"GET /o/x.gif HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 1048576\r\n\r\n" + bytes(1 << 20),
        (200, *_NO),
    ),
    "300 requests at once": (b"GET /o/x.gif HTTP/1.1\r\nHost: t\r\n\r\n" * 300, (200, *_NO)),
    "an expectation of another kind": (_POST + _JSON + b"Expect: the unexpected\r\nContent-Length: 2\r\n\r\n{}", _NO),
    "gzip as a body": (
        _POST + _JSON + b"Content-Encoding: gzip\r\nConnection: close\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
        _NO,
    ),
}
_TOKENS = {
    "as long as ones of ours": "A" * TOKEN_LENGTH,
    "of one letter": "x",
    "of nothing": "",
    "of chance": secrets.token_urlsafe(32),
    "of NUL": "%00",
    "that leads up": "..%2f..%2f..%2fetc%2fpasswd",
    "of a letter in UTF-8": "%C3%A9",
    "of no UTF-8": "%FF%FE",
    "of half a character": "%ED%A0%80",
    "of 5,000 letters": "A" * 5000,
    "with an extension twice": "x.gif.gif",
    "with a question": "x.gif?token=" + "y" * 1000,
    "with commands": "'%3BDROP%20TABLE%20tracking_hit--",
    "of percent signs": "%25" * 500,
    "of a broken escape": "%zz%",
    "of folders": "a/b/c/d",
    "of right to left": "%E2%80%AE",
}
_PATHS = {
    "to another server": "/c/https://evil.example/",
    "to another server, escaped": "/c/https%3A%2F%2Fevil.example",
    "of two slashes": "//evil.example/%2f..",
    "of a backslash": "/c/%5c%5cevil.example",
    "of a script": "/c/javascript:alert(1)",
    "with where to go as a question": "/c/x?url=https://evil.example/",
    "of an unknown token": "/c/" + "A" * TOKEN_LENGTH,
    "with a line end": "/c/x%0d%0aLocation:%20https://evil.example",
    "to an image with a line end": "/o/x%0d%0aSet-Cookie:%20a=b",
    "to files": "/../../../../etc/passwd",
    "to files, escaped": "/%2e%2e/%2e%2e/etc/passwd",
    "to the store": "/store.db",
    "to the configuration": "/config.toml",
    "to what is not public": "/metrics",
    "to what a scanner looks for": "/wp-login.php",
    "to an environment": "/.env",
}
_CALLS: dict[str, tuple[Any, int, dict[str, str]]] = {
    "another key": ({"to": [ANN]}, 401, {"Authorization": "Bearer another"}),
    "no key": ({"to": [ANN]}, 401, {"Authorization": ""}),
    "a key of another kind": ({"to": [ANN]}, 401, {"Authorization": "Basic eA=="}),
    "a key of 10,000 letters": ({"to": [ANN]}, 401, {"Authorization": "Bearer " + "x" * 10_000}),
    "a key that is no ASCII": ({"to": [ANN]}, 401, {"Authorization": "Bearer \xe9\xff"}),
    "half an object": (b"{", 400, {}),
    "nothing": (b"", 400, {}),
    "100,000 brackets": (b"[" * 100_000, 400, {}),
    "100,000 objects in objects": (b'{"a":' * 10_000, 400, {}),
    "a list": ([], 400, {}),
    "a number without end": (b'{"to": [1e999]}', 400, {}),
    "a number of 100,000 digits": (b'{"to": [' + b"9" * 100_000 + b"]}", 400, {}),
    "NaN": (b'{"to": NaN}', 400, {}),
    "the same name twice": (b'{"to": ["x"], "to": 1}', 400, {}),
    "a text for a list": ({"to": "x"}, 400, {}),
    "numbers for addresses": ({"to": [1]}, 400, {}),
    "lists for addresses": ({"to": [[ANN]]}, 400, {}),
    "nobody": ({"to": []}, 400, {}),
    "no address": ({"to": ["nobody at all"]}, 400, {}),
    "an address with a line end": ({"to": [f"{ANN}\r\nBcc: x@y.example"]}, 400, {}),
    "half a character": (b'{"to": ["\\ud800@client.example"]}', 400, {}),
    "10,000 people": ({"to": [f"p{n}@client.example" for n in range(10_000)]}, 400, {}),
    "a number for an id": ({"to": [ANN], "message_id": 7}, 400, {}),
    "an unknown name": ({"to": [ANN], "html": "x"}, 400, {}),
    "a link that is a script": ({"to": [ANN], "links": ["javascript:1"]}, 400, {}),
    "a link to a file": ({"to": [ANN], "links": ["file:///etc/passwd"]}, 400, {}),
    "a link with a line end": ({"to": [ANN], "links": ["https://x.example/\r\nX: y"]}, 400, {}),
    "a link of 100,000 letters": ({"to": [ANN], "links": ["https://x.example/" + "y" * 100_000]}, 400, {}),
    "too many bytes": (b" " * (MAX_BODY + 1), 413, {}),
    "another kind": ({"to": [ANN]}, 415, {"Content_Type": "text/plain"}),
    "no UTF-8": (b'{"to": ["\xff"]}', 400, {}),
    "UTF-16": ('{"to": []}'.encode("utf-16"), 400, {}),
}

CASES: tuple[Case[World], ...] = (
    *(Case(f"a request: {name}", partial(_raw, request, statuses)) for name, (request, statuses) in _RAW.items()),
    *(Case(f"a token {name}", partial(_image, token)) for name, token in _TOKENS.items()),
    *(Case(f"a link {name}", partial(_no_link, path)) for name, path in _PATHS.items()),
    *(Case(f"a call with {name}", partial(_call, body, status, more)) for name, (body, status, more) in _CALLS.items()),
)
