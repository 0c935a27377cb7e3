"""Through a proxy: which one, for whom, and what it may learn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.api import Misconfigured, Secret, Unavailable
from connectors.http import HttpClient, basic
from tests.servers.certificates import CertificateAuthority
from tests.servers.scripted_http import ScriptedHttp, reply
from tests.servers.tunnel_proxy import TunnelProxy

NAMES = ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def dav(authority: CertificateAuthority) -> Iterator[ScriptedHttp]:
    """Nobody but a proxy knows where dav.acme.example is."""
    with ScriptedHttp(lambda _request: reply(200, b"fine"), authority.issue(names=("dav.acme.example",))) as server:
        yield server


def asked(ca_file: Path, proxy: str | None = None) -> bytes:
    login = basic("u", Secret("pw"))
    with HttpClient("https://dav.acme.example/", login=login, ca_file=ca_file, proxy=proxy, timeout=5) as client:
        return client.request("GET", "/").body


@pytest.mark.slow
def test_a_proxy_sees_where_to_and_no_more(dav: ScriptedHttp, authority: CertificateAuthority) -> None:
    with TunnelProxy(dav.port) as proxy:
        assert asked(authority.file, proxy.url) == b"fine"
    assert proxy.asked == ["CONNECT dav.acme.example:443 HTTP/1.1\r\nHost: dav.acme.example:443\r\n\r\n"]
    assert dav.requests[0].headers["host"] == "dav.acme.example"


@pytest.mark.slow
def test_without_the_option_the_environment_names_the_proxy(
    dav: ScriptedHttp, authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TunnelProxy(dav.port) as proxy, TunnelProxy(dav.port) as other:
        monkeypatch.setenv("HTTPS_PROXY", f"http://us%40er:p%3Aw@127.0.0.1:{proxy.port}")
        assert asked(authority.file) == b"fine"
        assert asked(authority.file, other.url) == b"fine"
        monkeypatch.setenv("NO_PROXY", "other.example, .acme.example")
        with pytest.raises(Unavailable, match=r"no host dav\.acme\.example|looked up"):
            asked(authority.file)
    assert "Proxy-Authorization: Basic dXNAZXI6cDp3\r\n" in proxy.asked[0]
    assert "Proxy-Authorization" not in other.asked[0]
    assert (len(proxy.asked), len(other.asked)) == (1, 1)


def test_this_machine_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedHttp(lambda _request: reply(200, b"fine")) as server, TunnelProxy() as proxy:
        for name in NAMES[:2]:
            monkeypatch.setenv(name, proxy.url)
        for option in (None, proxy.url):
            for host in ("127.0.0.1", "localhost"):
                with HttpClient(f"http://{host}:{server.port}/", proxy=option) as client:
                    assert client.request("GET", "/").body == b"fine"
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "refuses to connect to dav.acme.example: HTTP/1.1 407"),
        (b"HTTP/1.1 403 No\r\n\r\n", "refuses to connect"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "refuses to connect"),
        (b"x" * 9000, "no answer of HTTP"),
        (b"HTTP/1.1 200 fine\r\n\r\nHTTP/1.1 200 fine\r\nContent-Length: 4\r\n\r\nfine", "TLS with"),
    ],
)
def test_a_proxy_that_refuses_or_lies_is_told(answer: bytes, problem: str, tmp_path: Path) -> None:
    with (
        TunnelProxy(0, answer) as proxy,
        HttpClient("https://dav.acme.example/", proxy=proxy.url) as client,
        pytest.raises(Unavailable) as caught,
    ):
        client.request("GET", "/")
    assert problem in caught.value.problem


def test_a_proxy_that_drips_is_given_up() -> None:
    with TunnelProxy(drips=True) as proxy:
        client = HttpClient("https://dav.acme.example/", proxy=proxy.url, timeout=0.1)
        with client, pytest.raises(Unavailable, match="did not answer in time"):
            client.request("GET", "/")


@pytest.mark.parametrize(
    "proxy",
    [
        "proxy.acme.example:3128",
        "https://proxy:3128",
        "http://u:geheim@proxy:3128",
        "http://proxy",
        "http://p:1/x",
        "",
        "http://[x",
    ],
)
def test_what_is_no_proxy_is_refused_before_anything_is_sent(proxy: str) -> None:
    with pytest.raises(Misconfigured, match="proxy is no address") as caught:
        HttpClient("https://dav.acme.example/", proxy=proxy)
    assert "geheim" not in str(caught.value)


def test_a_broken_proxy_of_the_environment_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://u:geheim@proxy.acme.example:1080")
    with HttpClient("https://dav.acme.example/") as client, pytest.raises(Misconfigured, match="HTTPS_PROXY") as caught:
        client.request("GET", "/")
    assert "geheim" not in f"{caught.value}{caught.value.hint}{caught.value.__context__}"
