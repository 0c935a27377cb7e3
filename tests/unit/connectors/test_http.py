"""What an HTTP client of ours does, whatever a server says: servers from a script, on real sockets."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Iterator

import pytest

from connectors.api import AuthFailed, ConnectorError, Misconfigured, Secret, Unavailable
from connectors.http import Answer, HttpClient, TooLarge, basic, bearer, retry_after
from connectors.traffic import Traffic
from tests.servers.scripted_http import CUT, Request, ScriptedHttp, reply
from tests.traffic_counts import asked_of
from tests.unit.connectors import bounds
from tests.unit.connectors.bounds import bounded

__all__ = ["bounded"]
#: 10 GB of zeros, as gzip makes them: 10 MB.
_ZEROS = 10 * 1000**3


def packed(octets: bytes, level: int = 9) -> bytes:
    """gzip without the time, so that all workers of a run name a test alike."""
    return gzip.compress(octets, level, mtime=0)


def asked(server: ScriptedHttp, method: str = "GET", *, timeout: float = 5.0, body: bytes = b"") -> Answer:
    with HttpClient(server.url, timeout=timeout) as client:
        return client.request(method, "/x", body)


def failure(server: ScriptedHttp, timeout: float = 5.0) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        asked(server, timeout=timeout)
    return caught.value


def zeros() -> Iterator[bytes]:
    machine = zlib.compressobj(9, wbits=31)
    yield b"HTTP/1.1 200 x\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
    part = bytes(1024 * 1024)
    for _ in range(_ZEROS // len(part)):
        yield machine.compress(part)
    yield machine.flush()
    yield CUT


# -- bodies -----------------------------------------------------------------------------------------------------------


def test_a_little_that_becomes_much_is_refused_while_it_comes(monkeypatch: pytest.MonkeyPatch, bounded: None) -> None:
    # read when the test is over
    monkeypatch.setattr(bounds, "MEMORY", 32 * 1024 * 1024)
    with ScriptedHttp(lambda _request: zeros()) as server:
        error = failure(server, timeout=30.0)
    assert isinstance(error, TooLarge)
    assert "more than 20 MiB" in error.problem


def test_a_body_without_end_is_refused(bounded: None) -> None:
    head = b"HTTP/1.1 200 x\r\nConnection: close\r\n\r\n"
    with ScriptedHttp(lambda _request: itertools.chain([head], itertools.repeat(b"x" * 65536))) as server:
        assert isinstance(failure(server), TooLarge)
    with ScriptedHttp(lambda _request: reply(200, b"", content_length=str(10**12))) as server:
        assert isinstance(failure(server), TooLarge)


@pytest.mark.parametrize(
    ("coding", "octets"),
    [
        ("gzip", packed(b"fine")),
        ("x-gzip", packed(b"fine")),
        ("GZIP", packed(b"fine")),
        ("deflate", zlib.compress(b"fine")),
        ("identity", b"fine"),
        ("", b"fine"),
    ],
)
def test_bodies_come_decoded(coding: str, octets: bytes) -> None:
    with ScriptedHttp(lambda _request: reply(200, octets, content_encoding=coding)) as server:
        assert asked(server).body == b"fine"
    assert server.requests[0].headers["accept-encoding"] == "gzip"


def test_twenty_mebibytes_are_read_to_the_last_byte() -> None:
    large = bytes(range(256)) * (20 * 1024 * 4)
    with ScriptedHttp(lambda _request: reply(200, packed(large, 1), content_encoding="gzip")) as server:
        assert asked(server).body == large
    with ScriptedHttp(lambda _request: reply(200, packed(large + b"x", 1), content_encoding="gzip")) as server:
        assert isinstance(failure(server), TooLarge)


@pytest.mark.parametrize(
    ("coding", "octets"),
    [
        ("gzip", packed(b"fine")[:-4]),
        ("gzip", packed(b"fine") + b"more"),
        ("gzip", b"no gzip"),
        ("br", b"x"),
        ("gzip, gzip", packed(packed(b"fine"))),
    ],
)
def test_a_body_that_cannot_be_decoded_is_no_answer(coding: str, octets: bytes) -> None:
    with ScriptedHttp(lambda _request: reply(200, octets, content_encoding=coding)) as server:
        assert "gives no answer of HTTP" in failure(server).problem


@pytest.mark.parametrize(
    "octets",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\nx",
        b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx",
        b"HTTP/1.1 200 x\r\n" + b"".join(b"A%d: x\r\n" % number for number in range(200)) + b"\r\n",
        b"HTTP/1.1 200 x\r\nA: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 999999 x\r\n\r\n",
        b"\x00" * 1000,
        b"",
    ],
)
def test_what_is_no_http_or_ends_early_is_told(octets: bytes) -> None:
    with ScriptedHttp(lambda _request: [octets, CUT]) as server:
        error = failure(server)
    assert isinstance(error, Unavailable)
    assert "gives no answer of HTTP" in error.problem or "the connection to" in error.problem


# -- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "start", [b"", b"H", b"HTTP/1.1 200 x\r\nA: ", b"HTTP/1.1 200 x\r\nConnection: close\r\n\r\nx"]
)
def test_a_server_that_drips_is_given_up_wherever_it_begins_to(start: bytes) -> None:
    def drip(_request: Request) -> Iterator[bytes]:
        yield start
        while not server.ended.wait(0.02):
            yield b"x"

    with ScriptedHttp(drip) as server:
        error = failure(server, timeout=0.1)
    assert "did not answer in time" in error.problem


def test_a_server_that_falls_silent_is_given_up() -> None:
    def silent(_request: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 x\r\nContent-Length: 3\r\n\r\nx"
        server.ended.wait()

    with ScriptedHttp(silent) as server:
        assert "did not answer in time" in failure(server, timeout=0.2).problem


# -- what is counted ---------------------------------------------------------------------------------------------------


def test_requests_and_octets_are_counted_by_the_kind_of_server_alone() -> None:
    said = iter([reply(200, b"a" * 100), reply(404, b""), reply(299, b""), CUT])
    heard: list[Request] = []

    def script(request: Request) -> bytes | list[bytes]:
        heard.append(request)
        return next(said)

    with asked_of("tested") as counted, ScriptedHttp(script) as server:
        with HttpClient(server.url, traffic=Traffic("tested")) as client:
            assert [client.request("POST", "/x", b"b" * 50).status for _ in range(3)] == [200, 404, 299]
            with pytest.raises(Unavailable):
                client.request("POST", "/x")
        with HttpClient("http://127.0.0.1:1/", traffic=Traffic("tested")) as client, pytest.raises(Unavailable):
            client.request("GET", "/x")
    # what no standard knows does not make a series of its own
    assert counted.requests == {"200": 1, "404": 1, "other": 1, "none": 2}
    assert counted.octets["received"] == sum(map(len, [reply(200, b"a" * 100), reply(404, b""), reply(299, b"")]))
    assert counted.octets["sent"] > 150 + sum(len(each.target) for each in heard)


# -- connections ------------------------------------------------------------------------------------------------------


def test_one_connection_serves_many_requests() -> None:
    with ScriptedHttp(lambda request: reply(200, request.target.encode())) as server, HttpClient(server.url) as client:
        assert [client.request("GET", f"/{number}").body for number in range(5)] == [b"/%d" % n for n in range(5)]
    assert server.connections == 1


def test_a_connection_that_ended_while_it_rested_is_made_anew() -> None:
    with (
        ScriptedHttp(lambda request: [reply(200, request.body), CUT]) as server,
        HttpClient(server.url) as client,
    ):
        for number in range(3):
            assert client.request("POST", "/", b"%d" % number).body == b"%d" % number
            assert server.closed.acquire(timeout=5)
    assert [request.body for request in server.requests] == [b"0", b"1", b"2"]


@pytest.mark.parametrize(("method", "times"), [("GET", 2), ("PROPFIND", 2), ("POST", 1)])
def test_only_what_changes_nothing_is_sent_again(method: str, times: int) -> None:
    def script(request: Request) -> list[bytes]:
        return [reply(200)] if len(server.requests) == 1 else [CUT]

    with ScriptedHttp(script) as server, HttpClient(server.url) as client:
        client.request("GET", "/")
        with pytest.raises(Unavailable):
            client.request(method, "/again")
    assert [request.target for request in server.requests] == ["/", *["/again"] * times]


# -- what an answer means ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "Sun, 06 Nov 2044 08:49:37 GMT", "date": "Sun, 06 Nov 2044 08:48:37 GMT"}, 60.0),
        ({"retry-after": "Sunday, 06-Nov-44 08:49:37 GMT", "date": "Sun, 06 Nov 2044 08:48:37 GMT"}, 60.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Sun, 99 Nov 2044 08:49:37 GMT"}, None),
        ({"retry-after": f"Sun, 06 Nov {'9' * 30} 08:49:37 GMT"}, None),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT", "date": f"Sun, {'9' * 30} Nov 2044 08:48:37 GMT"}, 0.0),
        ({}, None),
    ],
)
def test_how_long_a_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_for_rest_gets_it(status: int) -> None:
    with ScriptedHttp(lambda _request: reply(status, retry_after="7")) as server:
        error = failure(server)
    assert isinstance(error, Unavailable)
    assert error.retry_after == 7.0


def test_a_refused_login_is_one_only_where_we_logged_in() -> None:
    with ScriptedHttp(lambda _request: reply(401, b"invalid_client")) as server:
        assert (asked(server).status, asked(server).body) == (401, b"invalid_client")
        with HttpClient(server.url, login=basic("u", Secret("p"))) as client, pytest.raises(AuthFailed):
            client.request("GET", "/")


@pytest.mark.parametrize("status", [200, 204, 304, 400, 403, 404, 418, 500, 502, 504])
def test_other_answers_are_the_callers(status: int) -> None:
    with ScriptedHttp(lambda _request: reply(status)) as server:
        assert asked(server).status == status


# -- logins -----------------------------------------------------------------------------------------------------------


def test_a_login_is_made_anew_for_each_request() -> None:
    tokens = iter(["one", "two"])
    with (
        ScriptedHttp(lambda _request: reply(200)) as server,
        HttpClient(server.url, login=bearer(lambda: Secret(next(tokens)))) as client,
    ):
        client.request("GET", "/")
        client.request("GET", "/")
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize(
    "token", ["kanarienvogel\r\nX: y", "kanarienvogel\x00", "kanarienvogel\u00fc", "a\nkanarienvogel"]
)
def test_a_login_that_no_header_can_hold_is_never_quoted(token: str) -> None:
    with (
        ScriptedHttp(lambda _request: reply(200)) as server,
        HttpClient(server.url, login=bearer(lambda: Secret(token))) as client,
        pytest.raises(Misconfigured) as caught,
    ):
        client.request("GET", "/")
    assert "kanarienvogel" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    assert server.requests == []
