"""Libraries that bring HTTP clients of their own ask through ours, and are held to the same."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from caldav.davclient import DAVClient
from exchangelib.protocol import BaseProtocol

from connectors.api import AuthFailed, Misconfigured, Secret, Unavailable
from connectors.http import HttpClient, TooLarge, basic
from connectors.http.adapter import Adapter, session
from tests.servers.certificates import CertificateAuthority
from tests.servers.scripted_http import Request, ScriptedHttp, reply

HOME = """<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:response>
<d:href>/u/</d:href><d:propstat><d:prop>{}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
</d:multistatus>"""
#: Status, headers and text of an answer.
Seen = tuple[int, Mapping[str, str], str]
Ask = Callable[[HttpClient, str], Seen]


def by_requests(client: HttpClient, where: str) -> Seen:
    with session(client) as asking:
        # what a library says of trust, proxies and redirects is not heard
        answer = asking.request("PROPFIND", where, data="<x/>", verify=False, proxies={"http": "http://127.0.0.1:1"})
    return answer.status_code, answer.headers, answer.text


def by_exchangelib(client: HttpClient, where: str) -> Seen:
    with protocol(client).raw_session(where) as asking:
        answer = asking.post(where, data=b"<x/>", allow_redirects=False, timeout=9)
    return answer.status_code, answer.headers, answer.text


def by_caldav(client: HttpClient, where: str) -> Seen:
    with dav_client(client, where) as asking:
        answer = asking.propfind(where, "<x/>")
    return answer.status, answer.headers, answer.raw


def protocol(client: HttpClient) -> Any:
    class Ours(BaseProtocol):  # type: ignore[misc] # exchangelib ships no types
        HTTP_ADAPTER_CLS = partial(Adapter, client)

    return Ours


def dav_client(client: HttpClient, url: str) -> Any:
    made: Any = DAVClient(url=url, enable_rfc6764=False, rate_limit_handle=False)
    made.session.close()
    made.session = session(client)
    return made


LIBRARIES = pytest.mark.parametrize("ask", [by_requests, by_caldav, by_exchangelib])


def asked(server: ScriptedHttp, ask: Ask, where: str = "/x", **more: Any) -> Seen:
    with HttpClient(server.url, login=basic("u", Secret("p")), **more) as client:
        return ask(client, where if "//" in where else server.url + where)


@LIBRARIES
def test_an_answer_comes_as_the_library_knows_it(ask: Ask) -> None:
    packed = gzip.compress(HOME.format("").encode())
    with ScriptedHttp(
        lambda _request: reply(207, packed, Content_Encoding="gzip", Content_Type="text/xml; charset=utf-8")
    ) as server:
        status, headers, text = asked(server, ask)
    assert (status, headers["Content-Type"]) == (207, "text/xml; charset=utf-8")
    assert "multistatus" in text
    (request,) = server.requests
    assert (request.target, request.body) == ("/x", b"<x/>")
    assert request.headers["authorization"] == "Basic dTpw"
    assert request.headers["content-length"] == "4"


@LIBRARIES
def test_no_library_is_led_elsewhere(ask: Ask) -> None:
    with ScriptedHttp(lambda _request: reply(200)) as victim:
        with ScriptedHttp(lambda _request: reply(302, Location=victim.url)) as server:
            with pytest.raises(Unavailable, match="sends us to another server"):
                asked(server, ask)
            with pytest.raises(Unavailable, match="names a URL that is not its own"):
                asked(server, ask, victim.url + "/")
        assert victim.connections == 0


@LIBRARIES
def test_no_library_reads_more_than_it_may(ask: Ask) -> None:
    head = b"HTTP/1.1 200 x\r\nConnection: close\r\n\r\n"
    endless = itertools.repeat(b"x" * 65536)
    with ScriptedHttp(lambda _request: itertools.chain([head], endless)) as server, pytest.raises(TooLarge):
        asked(server, ask)


@LIBRARIES
def test_no_library_waits_longer_than_it_may(ask: Ask) -> None:
    def drip(_request: Request) -> Iterator[bytes]:
        while not server.ended.wait(0.02):
            yield b"x"

    with ScriptedHttp(drip) as server, pytest.raises(Unavailable, match="did not answer in time"):
        asked(server, ask, timeout=0.1)


@LIBRARIES
def test_no_library_tries_again_or_waits_by_itself(ask: Ask) -> None:
    with ScriptedHttp(lambda _request: reply(503, Retry_After="1")) as server:
        with pytest.raises(Unavailable) as caught:
            asked(server, ask)
        assert caught.value.retry_after == 1.0
        server.answer = lambda _request: reply(401, WWW_Authenticate="Basic realm=x")
        with pytest.raises(AuthFailed):
            asked(server, ask)
    assert len(server.requests) == 2


@LIBRARIES
def test_no_library_sends_anything_in_clear(ask: Ask) -> None:
    with pytest.raises(Misconfigured, match="must begin with https"):
        ask(HttpClient("http://dav.acme.example/"), "http://dav.acme.example/")


@LIBRARIES
@pytest.mark.slow
def test_every_library_trusts_as_we_do(ask: Ask, tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path / "ca")
    with ScriptedHttp(lambda _request: reply(207, HOME.format("").encode()), authority.issue()) as server:
        asked(server, ask, ca_file=authority.file)
        with pytest.raises(Unavailable, match="not trusted"):
            asked(server, ask)
    assert len(server.requests) == 1


def test_a_streamed_answer_comes_part_by_part_and_has_no_deadline() -> None:
    def events(_request: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n"
        for number in range(10):
            server.ended.wait(0.04)
            yield b"2\r\n%d\n\r\n" % number
        yield b"0\r\n\r\n"

    with (
        ScriptedHttp(events) as server,
        HttpClient(server.url, timeout=0.15) as client,
        session(client) as asking,
        asking.post(f"{server.url}/", data=b"", stream=True) as answer,
    ):
        assert list(answer.iter_content(2)) == [b"%d\n" % number for number in range(10)]


def test_a_login_in_steps_stays_on_its_connection_and_sees_the_certificate(tmp_path: Path) -> None:
    """As requests-ntlm does: by further requests from the answer before."""
    authority = CertificateAuthority(tmp_path / "ca")
    with (
        ScriptedHttp(lambda _request: reply(401, b"who?"), authority.issue()) as server,
        HttpClient(server.url, ca_file=authority.file) as client,
        session(client) as asking,
    ):
        answer = asking.get(f"{server.url}/")
        assert answer.content == b"who?"
        assert answer.raw._fp.fp.raw._sock.getpeercert(True)
        answer.raw.release_conn()
        assert vars(answer)["connection"].send(answer.request.copy()).status_code == 401
    assert server.connections == 1
