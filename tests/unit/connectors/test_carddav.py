"""Servers of address books that break, mislead or overwhelm, from a script: each is told, none leads elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import webdav
from connectors.api import AuthFailed, Book, Card, Cursor, Misconfigured, Secret, Unavailable
from connectors.carddav.reader import CardDav, CardDavSettings
from connectors.http import Origin, canonical, wire
from connectors.webdav import NoMultistatus

HEAD = '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav">{}</d:multistatus>'
CARD = "BEGIN:VCARD\nVERSION:3.0\nUID:{0}\nFN:{0}\nEND:VCARD\n"
BOOK = Book(id="/b/", name="b")
Script = Callable[[str, str, str], tuple[int, dict[str, str], str | bytes]]


def resource(href: str, properties: str, status: int = 200) -> str:
    propstat = f"<d:propstat><d:prop>{properties}</d:prop><d:status>HTTP/1.1 {status} x</d:status></d:propstat>"
    return f"<d:response><d:href>{href}</d:href>{propstat}</d:response>"


def gone(href: str, status: int = 404) -> str:
    return f"<d:response><d:href>{href}</d:href><d:status>HTTP/1.1 {status} x</d:status></d:response>"


def listing(*refs: str) -> str:
    return HEAD.format("".join(resource(ref, f"<d:getetag>{ref}</d:getetag>") for ref in refs))


def given_cards(*refs: str) -> str:
    return HEAD.format(
        "".join(
            resource(ref, f"<d:getetag>{ref}</d:getetag><c:address-data>{CARD.format(ref)}</c:address-data>")
            for ref in refs
        )
    )


@pytest.fixture
def serve() -> Iterator[Callable[[Script], str]]:
    """Starts a server that answers (method, path, body) by a function; its URL."""
    servers: list[ThreadingHTTPServer] = []

    def start(script: Script) -> str:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                status, headers, text = script(self.command, self.path, body)
                octets = text.encode() if isinstance(text, str) else text
                self.send_response(status)
                for name, value in {"Content-Length": str(len(octets)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(octets)

            do_PROPFIND = do_REPORT = do_GET = answer

            def log_message(self, *_words: Any) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=partial(server.serve_forever, 0.01), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def reader(url: str, **more: Any) -> CardDav:
    return CardDav(CardDavSettings(url=url, username="u", timeout_seconds=5, **more), Secret("pw"))


def cards_of(url: str, known: dict[str, str] | None = None, since: str | None = None) -> tuple[list[Card], set[str]]:
    with reader(url) as books:
        pages = list(books.changes(BOOK, Cursor(since) if since else None, known or {}))
    return [card for page in pages for card in page.cards], {ref for page in pages for ref in page.gone}


@pytest.mark.parametrize("status", [301, 307])
@pytest.mark.parametrize(
    "where", ["https://elsewhere.example/", "http://localhost:1/", "//127.0.0.1:1/", "ftp://x/", ""]
)
def test_no_redirect_leads_to_another_server(serve: Callable[[Script], str], status: int, where: str) -> None:
    url = serve(lambda _method, _path, _body: (status, {"Location": where}, ""))
    with reader(url) as books, pytest.raises(Unavailable, match="sends us to another server"):
        books.books()


def test_redirects_on_the_same_server_end(serve: Callable[[Script], str]) -> None:
    seen: list[str] = []

    def script(_method: str, path: str, _body: str) -> tuple[int, dict[str, str], str]:
        seen.append(path)
        return 302, {"Location": f"{path}x/"}, ""

    with reader(serve(script)) as books, pytest.raises(Unavailable, match="sends us on and on"):
        books.books()
    assert seen == ["/", "/x/", "/x/x/", "/x/x/x/"]


def test_no_href_leads_to_another_server(serve: Callable[[Script], str]) -> None:
    home = "<c:addressbook-home-set><d:href>https://elsewhere.example/home/</d:href></c:addressbook-home-set>"
    url = serve(lambda _method, _path, _body: (207, {}, HEAD.format(resource("/", home))))
    with reader(url) as books, pytest.raises(Unavailable, match="keeps the address books on another server"):
        books.books()

    def cards(method: str, _path: str, body: str) -> tuple[int, dict[str, str], str]:
        if method == "PROPFIND":
            return 207, {}, listing("/b/", "/b/1.vcf", "https://elsewhere.example/b/2.vcf", "http://127.0.0.1:1/3.vcf")
        assert "elsewhere" not in body
        return 207, {}, given_cards("/b/1.vcf")

    found, _gone = cards_of(serve(cards))
    assert [card.ref for card in found] == ["/b/1.vcf"]


def _always(answer: str, _method: str, _path: str, _body: str) -> tuple[int, dict[str, str], str]:
    return 207, {}, answer


def test_what_is_no_multistatus_is_told(serve: Callable[[Script], str]) -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    for body in ("", "<html>", "<x/>", "\x00", laughs, "<a>" * 100_000, HEAD.format("<d:x>" * 60 + "</d:x>" * 60)):
        url = serve(partial(_always, body))
        with reader(url) as books, pytest.raises(Unavailable, match="answers what can't be read"):
            books.books()


def test_an_answer_without_end_is_given_up(serve: Callable[[Script], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_BODY", 1 << 20)
    url = serve(lambda _method, _path, _body: (207, {}, "x" * ((1 << 20) + 1)))
    with reader(url) as books, pytest.raises(Unavailable, match="more than 1 MiB"):
        books.books()


def test_a_card_that_spoils_the_answer_for_all_stands_alone(
    serve: Callable[[Script], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MAX_BODY", 30_000)
    refs = [f"/b/{number}.vcf" for number in range(9)]

    def script(method: str, path: str, body: str) -> tuple[int, dict[str, str], str | bytes]:
        if method == "PROPFIND":
            return 207, {}, listing(*refs)
        asked = [ref for ref in refs if f"<d:href>{ref}</d:href>" in body]
        if method == "GET":
            octets = {"/b/3.vcf": b"\x01\xff", "/b/5.vcf": b"x" * 40_000}.get(path)
            return (200, {"ETag": "3"}, octets) if octets is not None else (404, {}, "")
        if "/b/3.vcf" in asked:
            return 207, {}, given_cards(*asked).replace("/b/3.vcf</c", "\x01</c")  # no XML can hold that
        if "/b/5.vcf" in asked:
            return 207, {}, "x" * 40_000
        return 207, {}, given_cards(*(ref for ref in asked if ref != "/b/7.vcf"))

    def spoiled(method: str, path: str, body: str) -> tuple[int, dict[str, str], str | bytes]:
        status, headers, text = script(method, path, body)
        if method == "REPORT" and "/b/3.vcf" in body:
            text = "\x01"
        return status, headers, text

    found, lost = cards_of(serve(spoiled))
    by_ref = {card.ref: card for card in found}
    assert by_ref.keys() == set(refs) - {"/b/7.vcf"}
    assert lost == {"/b/7.vcf"}
    assert by_ref["/b/3.vcf"].octets == b"\x01\xff"
    assert (by_ref["/b/5.vcf"].octets, by_ref["/b/5.vcf"].reason) == (None, "it is larger than 20 MiB")


def test_servers_without_multiget_are_asked_for_each_card(serve: Callable[[Script], str]) -> None:
    def script(method: str, path: str, _body: str) -> tuple[int, dict[str, str], str]:
        if method == "PROPFIND":
            return 207, {}, listing("/b/", "/b/1.vcf", "/b/2.vcf")
        if method == "REPORT":
            return 501, {}, ""
        return (200, {"ETag": "e"}, CARD.format("1")) if path == "/b/1.vcf" else (403, {}, "")

    found, _gone = cards_of(serve(script))
    assert [(card.ref, card.version, card.reason) for card in found] == [
        ("/b/1.vcf", "e", ""),
        ("/b/2.vcf", "/b/2.vcf", "the server does not give it (403)"),
    ]


@pytest.mark.parametrize("refusal", [(403, ""), (412, ""), (207, HEAD.format("")), (207, "nonsense")])
def test_a_token_that_the_server_forgot_means_comparing_everything(
    serve: Callable[[Script], str], refusal: tuple[int, str]
) -> None:
    def script(method: str, _path: str, body: str) -> tuple[int, dict[str, str], str]:
        if method == "PROPFIND":
            return 207, {}, listing("/b/", "/b/1.vcf", "/b/2.vcf")
        if "sync-collection" in body:
            return refusal[0], {}, refusal[1]
        return 207, {}, given_cards("/b/2.vcf")

    found, lost = cards_of(serve(script), {"/b/1.vcf": "/b/1.vcf", "/b/9.vcf": "9"}, '{"token": "old", "ctag": "1"}')
    assert ([card.ref for card in found], lost) == (["/b/2.vcf"], {"/b/9.vcf"})


def test_an_answer_that_was_cut_goes_on_from_its_token(serve: Callable[[Script], str]) -> None:
    def script(_method: str, _path: str, body: str) -> tuple[int, dict[str, str], str]:
        if "sync-collection" not in body:
            return 207, {}, given_cards("/b/1.vcf", "/b/2.vcf")
        if "first" in body:
            parts = resource("/b/1.vcf", "<d:getetag>1</d:getetag>") + gone("/b/", 507)
            return 207, {}, HEAD.format(f"{parts}<d:sync-token>second</d:sync-token>")
        parts = resource("/b/2.vcf", "<d:getetag>2</d:getetag>") + gone("/b/3.vcf")
        return 207, {}, HEAD.format(f"{parts}<d:sync-token>third</d:sync-token>")

    found, lost = cards_of(serve(script), {"/b/3.vcf": "3"}, '{"token": "first"}')
    assert (sorted(card.ref for card in found), lost) == (["/b/1.vcf", "/b/2.vcf"], {"/b/3.vcf"})


def test_refusals_are_what_they_say(serve: Callable[[Script], str]) -> None:
    with reader(serve(lambda *_: (401, {}, ""))) as books, pytest.raises(AuthFailed, match="refused the login"):
        books.books()
    digest = {"WWW-Authenticate": 'Digest realm="a, b", qop="auth", nonce="n", Negotiate'}
    with reader(serve(lambda *_: (401, digest, ""))) as books, pytest.raises(AuthFailed) as unlike:
        books.books()
    assert unlike.value.problem.endswith("takes no login by Basic, only Digest or Negotiate")
    basic = {"WWW-Authenticate": 'Digest realm="x", BASIC realm="x"'}
    with reader(serve(lambda *_: (401, basic, ""))) as books, pytest.raises(AuthFailed, match="refused the login"):
        books.books()
    with reader(serve(lambda *_: (503, {"Retry-After": "120"}, ""))) as books, pytest.raises(Unavailable) as caught:
        books.books()
    assert caught.value.retry_after == 120.0
    with reader(serve(lambda *_: (403, {}, ""))) as books, pytest.raises(Unavailable, match=r"refuses to tell .*403"):
        books.books()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("dav.acme.example", "must begin with https"),
        ("http://dav.acme.example/", "must begin with https"),
        ("https://u:pw@dav.acme.example/", "has a login in it"),
        ("https://[x/", "is no URL"),
        ("https://host:99999999/", "is no URL"),
        ("ftp://host/", "must begin with https"),
    ],
)
def test_a_url_that_cannot_work_is_refused_before_anything_is_sent(url: str, problem: str) -> None:
    with pytest.raises(Misconfigured, match=problem) as caught:
        reader(url)
    assert "pw" not in str(caught.value)


def test_without_a_password_nothing_is_asked() -> None:
    with pytest.raises(Misconfigured, match="password is missing"):
        CardDav(CardDavSettings(url="https://dav.acme.example/", username="u"), None)


@given(st.text() | st.sampled_from(["/a b", "/a%20b", "/%C3%BC", "/ü", "//x", "/%zz", "/%ff", "/a/../b"]))
def test_paths_have_one_spelling(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once
    assert once.isascii()
    assert not any(letter in once for letter in ' \r\n\x00"<>')


@given(st.text(), st.text())
def test_whatever_a_server_calls_an_href_its_origin_is_ours(href: str, base: str) -> None:
    origin, _path = Origin.of("https://dav.acme.example/x")
    path = origin.path_of(href, canonical("/" + base))
    assert path is None or (path.startswith("/") and path.isascii())


@given(st.binary() | st.text().map(lambda text: HEAD.format(text).encode("utf-8", "replace")))
def test_any_body_is_a_multistatus_or_none(body: bytes) -> None:
    try:
        webdav.read(body)
    except NoMultistatus:
        return
