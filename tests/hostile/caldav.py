"""Servers of calendars that break, mislead, overwhelm or lead elsewhere."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count, repeat

import pytest

from connectors.api import AuthFailed, Change, ConnectorError, CursorExpired, Deleted, Meeting, Unavailable, Unreadable
from connectors.conformance import last_cursor, read
from connectors.dav import discovery
from tests.hostile.running import Case
from tests.servers.calendars import event
from tests.servers.scripted_http import CUT, Request, ScriptedHttp, reply
from tests.unit.connectors.bounds import MEMORY
from tests.unit.connectors.test_caldav import HEAD, Said, Script, etag, multistatus, pages, status

Before = Callable[[Request], Said | Iterable[bytes] | None]
_OBJECTS = {f"/c/{uid}.ics": event(uid) for uid in ("a", "b", "c", "d")}


class World:
    """A server of one calendar with four meetings, read by a connector."""

    def __init__(self, server: ScriptedHttp, script: Script) -> None:
        self.server = server
        self.script = script

    def heal(self) -> None:
        """A server as others."""
        discovery._found.clear()
        self.script.__init__()  # type: ignore[misc]  # as it was made
        self.script.objects = dict(_OBJECTS)

    def says(self, before: Before) -> None:
        """From now on, and nothing of before is known."""
        discovery._found.clear()
        self.script.before = before  # type: ignore[assignment]  # streams too, see `_Streaming`


class _Streaming(Script):
    """Answers may be made as they are sent."""


@contextmanager
def world() -> Iterator[World]:
    """Server and connector."""
    script = _Streaming()
    with ScriptedHttp(script) as server:
        made = World(server, script)
        made.heal()
        yield made


def good(at: World) -> None:
    """All four meetings are read."""
    at.heal()
    assert {each.ref for each in read(pages(at.server)) if isinstance(each, Meeting)} == set(_OBJECTS)


def _refused(before: Before, kind: type[ConnectorError], match: str, at: World) -> str:
    """Whatever is asked, this is the answer."""
    at.says(before)
    with pytest.raises(kind, match=match) as caught:
        pages(at.server)
    assert caught.value.step
    return caught.value.problem


def _fails_later(said: bytes, kind: type[ConnectorError], at: World) -> str:
    """What changed is asked for, and this is the answer."""
    cursor = last_cursor(pages(at.server))
    at.script.token = "t2"
    at.script.sync = lambda _token: said
    with pytest.raises(kind) as caught:
        pages(at.server, cursor)
    return caught.value.problem


def _one_is_odd(data: bytes, at: World) -> str:
    """A fifth object: told, or gone, and the four others come."""
    at.script.objects["/c/odd.ics"] = data
    found: dict[str, Change] = {each.ref: each for each in read(pages(at.server))}
    assert {ref for ref, each in found.items() if isinstance(each, Meeting)} >= set(_OBJECTS)
    odd = found.get("/c/odd.ics")
    if isinstance(odd, Unreadable):
        return odd.reason
    assert isinstance(odd, Meeting | Deleted)
    return "it holds no event" if isinstance(odd, Deleted) else f"read: {odd.uid[:30]}, {len(odd.events)} events"


def _listed(hrefs: Iterable[str], at: World) -> str:
    """A list that names these beside the four."""

    def before(request: Request) -> Said | None:
        if b"calendar-query" in request.body:
            return multistatus(*(etag(ref) for ref in (*at.script.objects, *hrefs)))
        return None

    at.says(before)
    at.server.requests.clear()
    found = read(pages(at.server))
    assert {each.ref for each in found if isinstance(each, Meeting)} == set(_OBJECTS)
    assert all(request.target.startswith("/c/") for request in at.server.requests)
    rest = [each for each in found if not isinstance(each, Meeting)]
    return "; ".join(str(each)[:80] for each in rest[:3]) or "passed over: it is no object of this calendar"


def _everything(said: Said | Callable[[], Iterable[bytes]]) -> Before:
    return lambda _request: said() if callable(said) else said


def _xml(text: str, status: int = 207) -> bytes:
    return reply(status, text.encode("utf-8", "surrogatepass"), Content_Type="application/xml")


def _packed(piece: bytes, pieces: int, first: bytes = b"") -> Callable[[], Iterable[bytes]]:
    """What is sent packed and becomes far more; made as it is sent."""

    def said() -> Iterator[bytes]:
        packer = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
        yield b"HTTP/1.1 207 told\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
        yield packer.compress(first) + packer.flush(zlib.Z_SYNC_FLUSH)
        for each in repeat(piece, pieces):
            yield packer.compress(each) + packer.flush(zlib.Z_SYNC_FLUSH)

    return said


def _endless(piece: bytes) -> Callable[[], Iterable[bytes]]:
    return lambda: [b"HTTP/1.1 207 told\r\n", *repeat(piece, 3000)]


def _away(name: str, before: Before, match: str = ".", kind: type[ConnectorError] = Unavailable) -> Case[World]:
    return Case(name, partial(_refused, before, kind, match))


_LAUGHS = '<!DOCTYPE x [<!ENTITY a "aaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12)
)
_XMLS = {
    "a billion laughs": _LAUGHS + "]><x>&m;</x>",
    "an entity of a file": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "an entity of another server": '<!DOCTYPE x [<!ENTITY a SYSTEM "http://169.254.169.254/">]><x>&a;</x>',
    "an entity of parameters": '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:1/x.dtd">%a;]><x/>',
    "a document type": "<!DOCTYPE html><html><body>sign in</body></html>",
    "nothing": "",
    "HTML": "<html>",
    "another document": "<x/>",
    "NUL": "\0",
    "elements 100,000 deep": "<a>" * 100_000,
    "half a document": HEAD.partition("{}")[0] + "<d:response><d:href>/c/",
    "a wrong prefix": "<d:multistatus/>",
    "two documents": HEAD.format("") + HEAD.format(""),
    "a lone surrogate": HEAD.format("\ud800"),
    "a reference to NUL": HEAD.format("&#0;"),
    "an attribute 200 times": "<x " + "".join(f'a{n % 3}="1" ' for n in range(200)) + "/>",
    "a charset that is none": '<?xml version="1.0" encoding="hostile-1"?><x/>',
    "UTF-7": '<?xml version="1.0" encoding="UTF-7"?>+ADw-x+AD4-',
}
_REDIRECTS = (
    *("https://elsewhere.example/", "http://127.0.0.1:1/", "ftp://x/", "file:///etc/passwd", "gopher://127.0.0.1:25/x"),
    *("http://169.254.169.254/latest/meta-data/", "http://[::1]/", "//elsewhere.example/c/", "http://0x7f000001:1/"),
    *("javascript:alert(1)", "http://u:p@elsewhere.example/", "data:text/xml,<x/>"),
)
_HREFS = {
    "of another server": ["https://elsewhere.example/c/1.ics", "http://127.0.0.1:1/c/2.ics"],
    "of another folder": ["/other/3.ics", "/c/../x.ics", "/c/%2e%2e/x.ics", "/c/..%2fx.ics"],
    "of a file": ["file:///c/1.ics", "file:/c/1.ics"],
    "that are empty or blank": ["", " ", "/c/"],
    "with a line end": ["/c/a%0d%0aHost:%20x.ics"],
    "of a megabyte": ["/c/" + "x" * 1_000_000 + ".ics"],
    "told 10,000 times": ["/c/a.ics"] * 10_000,
}
_ODD_OBJECTS = {
    "bytes that are no calendar": b"\x01\x02",
    "half a calendar": event("half")[:80],
    "two calendars": event("m1") + event("m2"),
    "a to-do": event("task", kind="VTODO"),
    "nothing": b"",
    "no events": b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
    "an event without UID": event("x").replace(b"UID:", b"X-UID:"),
    "a UID of 100,000 letters": event("u" * 100_000),
    "an event that starts never": event("x").replace(b"DTSTART", b"X-START"),
    "a line of 2 MB": event("long").replace(b"SUMMARY:", b"SUMMARY:" + b"x" * 2_000_000),
    "200,000 lines": event("many").replace(b"END:VEVENT", b"X-A:b\r\n" * 200_000 + b"END:VEVENT"),
    "10,000 alarms": event("alarms").replace(
        b"END:VEVENT", b"BEGIN:VALARM\r\nTRIGGER:-PT1M\r\nEND:VALARM\r\n" * 10_000 + b"END:VEVENT"
    ),
    "5,001 exceptions": b"BEGIN:VCALENDAR\r\n"
    + b"".join(
        b"BEGIN:VEVENT\nUID:e\nRECURRENCE-ID:%04d0101T000000Z\nDTSTART:%04d0101T000000Z\nEND:VEVENT\n" % (n, n)
        for n in range(1, 5002)
    )
    + b"END:VCALENDAR\r\n",
}
_SYNCS = {
    f"a token that is refused by {code}": reply(code, b"<d:error xmlns:d='DAV:'><d:valid-sync-token/></d:error>")
    for code in (403, 409, 410, 412, 507)
} | {
    "changes that can't be read": _xml("<nonsense"),
    "the same token again and again": multistatus(etag("/c/a.ics"), status("/c/", 507), token="t2"),
    "changes without a token": multistatus(etag("/c/a.ics")),
}
_HTTPS: dict[str, tuple[Said | Callable[[], Iterable[bytes]], type[ConnectorError]]] = {
    "no HTTP": (b"SSH-2.0-OpenSSH_9\r\n", Unavailable),
    "a status of letters": (b"HTTP/1.1 abc def\r\n\r\n", Unavailable),
    "a status of 10 digits": (b"HTTP/1.1 2070000000 x\r\nContent-Length: 0\r\n\r\n", Unavailable),
    "an end at once": ([CUT], Unavailable),
    "an end in the head": ([b"HTTP/1.1 207 x\r\nContent-", CUT], Unavailable),
    "an end in the body": ([b"HTTP/1.1 207 x\r\nContent-Length: 900\r\n\r\n<d:multi", CUT], Unavailable),
    "a length below nothing": ([b"HTTP/1.1 207 x\r\nContent-Length: -5\r\n\r\n", CUT], Unavailable),
    "a length of 20 digits": ([b"HTTP/1.1 207 x\r\nContent-Length: " + b"9" * 20 + b"\r\n\r\n<x", CUT], Unavailable),
    "two lengths": ([b"HTTP/1.1 207 x\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\n<x/>", CUT], Unavailable),
    "a chunk below nothing": ([b"HTTP/1.1 207 x\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n", CUT], Unavailable),
    "a chunk of 2^80": (
        [b"HTTP/1.1 207 x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 20 + b"\r\na", CUT],
        Unavailable,
    ),
    "a chunk that is no number": ([b"HTTP/1.1 207 x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", CUT], Unavailable),
    "a head without end": (_endless(b"X-Y: " + b"z" * 1000 + b"\r\n"), Unavailable),
    "a header of 10 MB": ([b"HTTP/1.1 207 x\r\nX: " + b"y" * 10_000_000 + b"\r\n\r\n", CUT], Unavailable),
    "10,000 headers": ([b"HTTP/1.1 207 x\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", CUT], Unavailable),
    "gzip that is none": (reply(207, b"no gzip at all", Content_Encoding="gzip"), Unavailable),
    "gzip that is cut": (reply(207, gzip.compress(HEAD.encode() * 50)[:40], Content_Encoding="gzip"), Unavailable),
    "a wish to be left alone": (reply(503, Retry_After="120"), Unavailable),
    "a wish of a million years": (reply(503, Retry_After="9" * 14), Unavailable),
    "a wish of a date of 30 digits": (reply(503, Retry_After=f"Sun, 06 Nov {'9' * 30} 08:49:37 GMT"), Unavailable),
    "a date of 30 digits": (reply(503, Retry_After="Sun, 06 Nov 1994 08:49:37 GMT", Date="9" * 30), Unavailable),
    "a wish that is no time": (reply(503, Retry_After="soon \xff"), Unavailable),
    "a refused password": (reply(401, WWW_Authenticate='Basic realm="x"'), AuthFailed),
    "a login of an unknown kind": (reply(401, WWW_Authenticate="Hostile " + "x" * 10_000), AuthFailed),
    "payment": (reply(402), Unavailable),
    "a teapot": (reply(418), Unavailable),
    "only continue": ([b"HTTP/1.1 100 Continue\r\n\r\n" * 200, CUT], Unavailable),
    "a switch of protocols": ([b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n", CUT], Unavailable),
}
_numbers = count()

CASES: tuple[Case[World], ...] = (
    *(_away(f"XML: {name}", _everything(_xml(text))) for name, text in _XMLS.items()),
    *(
        _away(f"a redirect to {where}", _everything(reply(301, Location=where)), "another server|redirect")
        for where in _REDIRECTS
    ),
    _away("redirects without end", lambda _request: reply(302, Location=f"/c/{next(_numbers)}")),
    _away("a redirect to itself", lambda _request: reply(302, Location="/c/")),
    *(Case(f"objects {name}", partial(_listed, hrefs)) for name, hrefs in _HREFS.items()),
    *(Case(f"an object: {name}", partial(_one_is_odd, data)) for name, data in _ODD_OBJECTS.items()),
    *(Case(f"changes: {name}", partial(_fails_later, said, CursorExpired)) for name, said in _SYNCS.items()),
    *(_away(f"HTTP: {name}", _everything(said), kind=kind) for name, (said, kind) in _HTTPS.items()),
    _away("packed zeros of 10 GB", _everything(_packed(bytes(1 << 20), 10_000))),
    _away("packed blanks of 10 GB", _everything(_packed(b" " * (1 << 20), 10_000, HEAD.partition("{}")[0].encode()))),
    _away("a comment of 10 GB, packed", _everything(_packed(b"-x" * (1 << 19), 10_000, b"<x><!--"))),
    _away(
        "elements without end, packed",
        _everything(_packed(b"<d:x/>" * 170_000, 10_000, HEAD.partition("{}")[0].encode())),
    ),
    # as many as a list of 70,000 objects has are let in
    replace(_away("a million elements", _everything(_xml(HEAD.format("<d:x/>" * 1_000_000)))), memory=2 * MEMORY),
    _away("every object is refused", lambda r: reply(500) if r.method == "GET" or b"multiget" in r.body else None),
)
