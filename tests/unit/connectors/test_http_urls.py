"""Where a client of HTTP goes: to the server that a person named, and nowhere that a server names (SSRF)."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.api import Misconfigured, Secret, Unavailable
from connectors.http import HttpClient, Origin, basic, bearer
from tests.servers.scripted_http import Request, ScriptedHttp, reply

#: What a server may write as a link; PORT is a server of ours that must never be asked.
TRICKS = (
    "http://127.0.0.1:PORT/",
    "https://127.0.0.1:PORT/",
    "//127.0.0.1:PORT/",
    "///127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "http://localhost:PORT/",
    "http://LOCALHOST.:PORT/",
    "http://dav.acme.example@127.0.0.1:PORT/",
    "http://127.0.0.1:OWN@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT#@127.0.0.1:OWN/",
    "http://127.0.0.1:PORT?@127.0.0.1:OWN/",
    "http://127.0.0.1:PORT\\@127.0.0.1:OWN/",
    "http:\\\\127.0.0.1:PORT\\",
    "/\\127.0.0.1:PORT/",
    "\\\\127.0.0.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://[::1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[64:ff9b::7f00:1]:PORT/",
    "http://１２７.0.0.1:PORT/",
    "http://127。0。0。1:PORT/",
    "http://127.0.0.1%2f:PORT/",
    "http://127.0.0.1%00.acme.example:PORT/",
    "ht\ttp://127.0.0.1:PORT/",
    "http://127.0.0.1:\nPORT/",
    " http://127.0.0.1:PORT/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/",
    "http://metadata.google.internal/",
    "http://100.100.100.200/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:PORT/",
    "ftp://127.0.0.1:PORT/",
    "javascript:alert(1)",
)


@pytest.fixture
def victim() -> Iterator[ScriptedHttp]:
    """A server beside ours that nobody named."""
    with ScriptedHttp(lambda _request: reply(200, b"secret of the house")) as server:
        yield server


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hosts whose address was asked for; none but this machine is."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look(host: str, *words: Any, **more: Any) -> Any:
        asked.append(host)
        assert host in ("127.0.0.1", "localhost"), f"{host} is asked for"
        return real(host, *words, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return asked


def trick(text: str, victim: ScriptedHttp, own: ScriptedHttp) -> str:
    return text.replace("PORT", str(victim.port)).replace("OWN", str(own.port))


def said(client: HttpClient, where: str) -> str:
    """What our own server answers, or the problem."""
    try:
        return client.request("GET", where).body.decode()
    except Unavailable as error:
        return error.problem


@pytest.mark.parametrize("text", TRICKS)
def test_no_link_leads_to_another_server(text: str, victim: ScriptedHttp, looked_up: list[str]) -> None:
    with (
        ScriptedHttp(lambda _request: reply(200, b"ours")) as own,
        HttpClient(own.url, login=basic("u", Secret("p"))) as client,
    ):
        answer = said(client, trick(text, victim, own))
    # some of them are only odd paths of our own server
    assert answer == "ours" or "names a URL that is not its own" in answer
    assert victim.connections == 0


@pytest.mark.parametrize("status", [301, 307])
@pytest.mark.parametrize("text", TRICKS)
def test_no_redirect_leads_to_another_server(
    text: str, status: int, victim: ScriptedHttp, looked_up: list[str]
) -> None:
    def script(request: Request) -> bytes:
        if request.target != "/":
            return reply(200, b"ours")
        return reply(status, Location=trick(text, victim, own).encode().decode("latin-1"))

    with ScriptedHttp(script) as own, HttpClient(own.url, login=basic("u", Secret("p"))) as client:
        answer = said(client, "/")
    assert answer == "ours" or "sends us" in answer or "gives no answer of HTTP" in answer
    assert victim.connections == 0


@pytest.mark.parametrize(
    "text", [*TRICKS, "http://dav.acme.example/", "http://10.0.0.1/", "https://dav.acme.example:0/"]
)
def test_what_could_send_a_secret_in_clear_or_astray_is_no_url_of_a_configuration(text: str) -> None:
    try:
        origin, _path = Origin.of(text.replace("PORT", "1").replace("OWN", "2"))
    except Misconfigured:
        return
    assert origin.is_tls or origin.host in ("127.0.0.1", "localhost", "::1")
    assert origin.host != "dav.acme.example"


def test_a_redirect_from_https_leads_to_no_http() -> None:
    origin, path = Origin.of("https://localhost:8443/a/")
    assert origin.derived("http://localhost:8443/a/", path) is None
    assert origin.derived("http://localhost/a/", path) is None
    assert origin.derived("b?c=d#e", path) == (origin, "/a/b?c=d")


def test_redirects_on_the_same_server_are_followed_three_times() -> None:
    def script(request: Request) -> bytes:
        number = int(request.target.strip("/") or "0")
        return reply(200, b"there") if number == 3 else reply(307, Location=f"/{number + 1}")

    with ScriptedHttp(script) as server, HttpClient(server.url) as client:
        answer = client.request("POST", "/", b"x")
        assert (answer.body, answer.path) == (b"there", "/3")
        with pytest.raises(Unavailable, match="on and on"):
            client.request("POST", "/-1", b"x")
    assert {(request.method, request.body) for request in server.requests} == {("POST", b"x")}
    assert server.connections == 1


def test_after_303_the_answer_is_fetched() -> None:
    with (
        ScriptedHttp(lambda r: reply(303, Location="/there") if r.method == "POST" else reply(200, b"there")) as server,
        HttpClient(server.url) as client,
    ):
        assert client.request("POST", "/", b"x").body == b"there"
    assert [(request.method, request.body) for request in server.requests] == [("POST", b"x"), ("GET", b"")]


def test_no_other_host_is_asked_than_the_allowed_ones(victim: ScriptedHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedHttp(lambda request: reply(200, request.headers.get("authorization", "").encode())) as own:
        allowed = HttpClient(own.url, login=bearer(lambda: Secret("t")), allowed_hosts=("idp.acme.example",))
        with allowed as client:
            assert "not its own" in said(client, f"{victim.url}/")
            assert "not its own" in said(client, "https://idp.acme.example:8443/")
            assert said(client, "/") == "Bearer t"

            def unknown(host: str, *_words: Any, **_more: Any) -> None:
                raise socket.gaierror(socket.EAI_NONAME, host)

            monkeypatch.setattr(socket, "getaddrinfo", unknown)
            assert said(client, "https://idp.acme.example/keys") == "there is no host idp.acme.example"
    assert (len(own.requests), victim.connections) == (1, 0)


def addresses(*found: str) -> list[tuple[Any, ...]]:
    return [(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in found]


@pytest.mark.parametrize(
    "ip", ["127.0.0.1", "169.254.169.254", "::1", "fe80::1", "::ffff:127.0.0.1", "100.100.100.200", "0.0.0.0"]
)
def test_an_allowed_host_that_means_a_local_address_is_not_asked(ip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: addresses("93.184.215.14", ip))
    monkeypatch.setattr(socket.socket, "connect", lambda *_words: pytest.fail("it connects"))
    with (
        HttpClient("https://dav.acme.example/", allowed_hosts=("files.acme.example",)) as client,
        pytest.raises(Unavailable, match="local address"),
    ):
        client.request("GET", "https://files.acme.example/")


def test_a_name_is_looked_up_once_for_a_connection(victim: ScriptedHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    real, answers = socket.getaddrinfo, itertools.chain(["127.0.0.1"], itertools.repeat("127.0.0.9"))

    def rebinding(_host: str, *words: Any, **more: Any) -> Any:
        return real(next(answers), *words, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with HttpClient(f"http://localhost:{victim.port}/") as client:
        assert client.request("GET", "/").status == 200
        assert client.request("GET", "/").status == 200
    assert victim.connections == 1


def test_a_name_of_this_machine_that_means_another_is_not_asked_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: addresses("93.184.215.14"))
    monkeypatch.setattr(socket.socket, "connect", lambda *_words: pytest.fail("it connects"))
    with HttpClient("http://localhost/") as client, pytest.raises(Unavailable, match="must be https"):
        client.request("GET", "/")
