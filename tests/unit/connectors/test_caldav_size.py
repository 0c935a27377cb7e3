"""Servers of calendars that say far too much are given up in little time and memory; large calendars are read."""

from __future__ import annotations

import resource
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat

import pytest

from connectors import webdav
from connectors.api import Unavailable
from tests.servers.scripted_http import Request, ScriptedHttp, reply
from tests.unit.connectors.test_caldav import (
    CALENDAR,
    HEAD,
    Said,
    Script,
    connector,
    etag,
    multistatus,
    pages,
    undiscovered,
)
from tests.unit.connectors.test_caldav import resource as told

__all__ = ["undiscovered"]
_MIB = 1 << 20
#: Ten gigabytes, in pieces of a mebibyte.
_PIECES = 10 * 1024
_OPENING, _ENDING = (part.encode() for part in HEAD.split("{}"))


class Bomb:
    """What is sent packed and becomes 10 GB; made as it is sent, and no further than it is read."""

    def __init__(self, piece: bytes, first: bytes = b"") -> None:
        self._piece = piece
        self._first = first
        #: Pieces that were sent.
        self.sent = 0

    def __call__(self) -> Iterator[bytes]:
        packer = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
        yield b"HTTP/1.1 207 told\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
        yield packer.compress(self._first) + packer.flush(zlib.Z_SYNC_FLUSH)
        for piece in repeat(self._piece, _PIECES):
            self.sent += 1
            yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
        yield packer.compress(_ENDING) + packer.flush()


class Telling(Script):
    """Its answers to some requests are bombs."""

    def __init__(self) -> None:
        super().__init__()
        self.bomb: Bomb | None = None
        self.is_struck: Callable[[Request], bool] = lambda _request: True

    def __call__(self, request: Request) -> Said | Iterable[bytes]:  # type: ignore[override]  # a stream, where Script has whole answers
        return self.bomb() if self.bomb is not None and self.is_struck(request) else super().__call__(request)


def _peak() -> int:
    """Most bytes that this process has had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


_RESPONSE = etag("/c/x.ics").encode()
BOMBS = {
    "comments": Bomb(b"<!-- -->" * (_MIB // 8), _OPENING),
    "an attribute without end": Bomb(b"x" * _MIB, _OPENING + b'<d:response a="'),
    "one response": Bomb(b"<d:href/>" * (_MIB // 9), _OPENING + b"<d:response>"),
    "responses without end": Bomb(_RESPONSE * (_MIB // len(_RESPONSE)), _OPENING),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("step", ["calendars", "objects"])
@pytest.mark.parametrize(
    "responses", [webdav.MAX_RESPONSES // 10, pytest.param(webdav.MAX_RESPONSES, marks=pytest.mark.soak)]
)
def test_ten_gigabytes_are_given_up_early(
    name: str, step: str, responses: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webdav, "MAX_RESPONSES", responses)
    script = Telling()
    script.bomb = bomb = BOMBS[name]
    bomb.sent = 0
    if step == "objects":
        # the calendar-query, and the PROPFIND of the calendar that is asked where that fails
        script.is_struck = lambda request: (
            b"calendar-query" in request.body or (request.method == "PROPFIND" and b"getcontentlength" in request.body)
        )
    before, start = _peak(), time.process_time()
    with ScriptedHttp(script) as server, pytest.raises(Unavailable):
        pages(server)
    # of each of two answers at most what a list may have, and what the buffers between us hold, packed
    assert bomb.sent < 3_000
    assert _peak() - before < 150 * _MIB
    assert time.process_time() - start < 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "has_query"),
    [
        (30_000, False),
        pytest.param(100_000, False, marks=pytest.mark.soak),
        pytest.param(100_000, True, marks=pytest.mark.soak),
    ],
)
def test_a_calendar_of_very_many_objects_is_read(count: int, has_query: bool) -> None:
    script = Script()
    names = [f"/c/{number:06}-{'x' * 120}.ics" for number in range(count)]
    listing = multistatus(*(etag(name, f"&quot;{'e' * 40}&quot;", "400") for name in names))
    assert len(listing) > 250 * count

    def before(request: Request) -> Said | None:
        if b"calendar-query" in request.body:
            return listing if has_query else reply(501)
        if request.method == "PROPFIND" and b"getcontentlength" in request.body:
            return listing
        return None

    script.before = before
    script.sync = lambda _token: reply(501)
    peak, start = _peak(), time.process_time()
    with ScriptedHttp(script) as server, connector(server, timeout_seconds=60) as reader:
        (stream,) = reader.streams()
        assert list(reader.refs(stream)) == names
        first = next(iter(reader.pages(stream, None)))
    assert (len(first.changes), first.backlog) == (100, count - 100)
    assert _peak() - peak < 400 * _MIB
    assert time.process_time() - start < 60


def test_all_homes_of_a_principal_are_read() -> None:
    script = Script()

    def before(request: Request) -> Said | None:
        if request.target == "/":
            return multistatus(told("/", "<d:current-user-principal><d:href>/p/</d:href></d:current-user-principal>"))
        if request.target == "/p/":
            hrefs = "".join(f"<d:href>{href}</d:href>" for href in ("/one/", "/two/", "https://else.example/three/"))
            return multistatus(told("/p/", f"<c:calendar-home-set>{hrefs}</c:calendar-home-set>"))
        if request.method == "PROPFIND" and request.target in ("/one/", "/two/"):
            name = request.target.strip("/")
            # a calendar that lies in both is one
            shared = told("/shared/", CALENDAR.replace("Work", "Shared"))
            return multistatus(told(f"{request.target}c/", CALENDAR.replace("Work", name)), shared)
        return None

    script.before = before
    with ScriptedHttp(script) as server:
        with connector(server, path="/") as reader:
            assert [(each.name, each.server_id) for each in reader.streams()] == [
                ("one", "/one/c/"),
                ("Shared", "/shared/"),
                ("two", "/two/c/"),
            ]
        server.requests.clear()
        with connector(server, path="/"):
            pass
        assert [request.target for request in server.requests] == ["/one/", "/two/"]
