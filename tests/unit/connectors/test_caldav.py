"""Servers of calendars that break, mislead or overwhelm, from a script: each is told, none leads elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from connectors.api import AuthFailed, Bearer, Cursor, CursorExpired, Deleted, Meeting, Secret, Unavailable, Unreadable
from connectors.conformance import last_cursor, read
from connectors.dav import CalDavConnector, CalDavSettings, discovery
from connectors.http import wire
from tests.servers.calendars import event
from tests.servers.scripted_http import CUT, Request, ScriptedHttp, reply

HEAD = '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">{}</d:multistatus>'
Said = bytes | list[bytes]


@pytest.fixture(autouse=True)
def undiscovered() -> None:
    discovery._found.clear()


def multistatus(*responses: str, token: str = "") -> bytes:
    told = f"<d:sync-token>{token}</d:sync-token>" if token else ""
    return reply(207, HEAD.format("".join(responses) + told).encode(), Content_Type="application/xml")


def resource(href: str, properties: str) -> str:
    propstat = f"<d:propstat><d:prop>{properties}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
    return f"<d:response><d:href>{href}</d:href>{propstat}</d:response>"


def status(href: str, code: int) -> str:
    return f"<d:response><d:href>{href}</d:href><d:status>HTTP/1.1 {code} x</d:status></d:response>"


def etag(ref: str, tag: str = "1", size: str = "") -> str:
    told = f"<d:getcontentlength>{size}</d:getcontentlength>" if size else ""
    return resource(ref, f"<d:getetag>{tag}</d:getetag>{told}")


CALENDAR = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype><d:displayname>Work</d:displayname>"


class Script:
    """A server of one calendar /c/, as strange as its attributes."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.token = "t1"
        self.before: Callable[[Request], Said | None] = lambda _request: None
        self.sync: Callable[[str], bytes] = self.everything

    def everything(self, _token: str) -> bytes:
        return multistatus(*(etag(ref) for ref in sorted(self.objects)), token=self.token)

    def __call__(self, request: Request) -> Said:
        said = self.before(request)
        if said is not None:
            return said
        body = request.body.decode()
        if request.method == "PROPFIND":
            return multistatus(resource("/c/", f"{CALENDAR}<d:sync-token>{self.token}</d:sync-token>"))
        if request.method == "GET":
            found = self.objects.get(request.target)
            return reply(404) if found is None else reply(200, found)
        if "sync-collection" in body:
            found_token = re.search(r"<d:sync-token>(.*?)</d:sync-token>", body)
            return self.sync(found_token[1] if found_token else "")
        if "calendar-query" in body:
            return multistatus(*(etag(ref) for ref in sorted(self.objects)))
        asked = re.findall(r"<d:href>(.*?)</d:href>", body)
        return multistatus(
            *(
                resource(
                    ref, f"<d:getetag>1</d:getetag><c:calendar-data>{self.objects[ref].decode()}</c:calendar-data>"
                )
                if ref in self.objects
                else status(ref, 404)
                for ref in asked
            )
        )


@pytest.fixture
def script() -> Script:
    made = Script()
    made.objects = {f"/c/{uid}.ics": event(uid) for uid in ("a", "b", "c", "d")}
    return made


@pytest.fixture
def server(script: Script) -> Iterator[ScriptedHttp]:
    with ScriptedHttp(script) as running:
        yield running


def connector(
    server: ScriptedHttp, secret: Secret | None = None, path: str = "/c/", timeout_seconds: int = 5
) -> CalDavConnector:
    settings = CalDavSettings(url=f"{server.url}{path}", username="u", timeout_seconds=timeout_seconds)
    return CalDavConnector(settings, secret or Secret("a password"))


def pages(server: ScriptedHttp, cursor: Cursor | None = None) -> list[Any]:
    with connector(server) as reader:
        (stream,) = reader.streams()
        return list(reader.pages(stream, cursor))


def test_a_server_that_answers_an_unknown_token_with_everything_has_the_store_compare(
    script: Script, server: ScriptedHttp
) -> None:
    before = pages(server)
    assert len([change for change in read(before) if isinstance(change, Meeting)]) == 4
    del script.objects["/c/a.ics"]
    script.token = "t2"
    after = pages(server, last_cursor(before))
    assert [page.asks_comparison for page in after] == [True]
    with connector(server) as reader:
        assert "/c/a.ics" not in set(reader.refs(reader.streams()[0]))
    script.objects.clear()
    script.token = "t3"
    assert [page.asks_comparison for page in pages(server, last_cursor(after))] == [True]


def test_folders_of_scheduling_are_no_calendars_but_one_that_is_also_a_calendar_is(
    script: Script, server: ScriptedHttp
) -> None:
    """As SOGo 5.8 lists the personal calendar of each user, and other servers their folders of scheduling."""
    kinds = {
        "personal": "<c:calendar/><g:vevent-collection xmlns:g='http://groupdav.org/'/><c:schedule-outbox/>",
        "outbox": "<c:schedule-outbox/>",
        "inbox": "<c:calendar/><c:schedule-inbox/>",
    }
    script.before = lambda _request: multistatus(
        *(
            resource(f"/c/{name}/", f"<d:resourcetype><d:collection/>{kind}</d:resourcetype>")
            for name, kind in kinds.items()
        )
    )
    with connector(server) as reader:
        assert [stream.server_id for stream in reader.streams()] == ["/c/personal/"]
        assert [each.name for each in reader.task_lists()] == ["personal"]


def test_an_answer_that_names_much_but_not_all_asks_for_no_comparison(script: Script, server: ScriptedHttp) -> None:
    before = pages(server)
    script.token = "t2"
    script.sync = lambda _token: multistatus(*(etag(f"/c/{uid}.ics") for uid in "abc"), token="t2")
    assert [page.asks_comparison for page in pages(server, last_cursor(before))] == [False]


def test_a_cut_answer_leads_on_by_its_token(script: Script, server: ScriptedHttp) -> None:
    before = pages(server)
    script.token = "t4"
    answers = {
        "t1": multistatus(status("/c/a.ics", 404), status("/c/", 507), token="t2"),
        "t2": multistatus(etag("/c/b.ics"), status("/c/", 507), token="t3"),
        "t3": multistatus(etag("/c/c.ics"), token="t4"),
    }
    script.sync = answers.__getitem__
    after = pages(server, last_cursor(before))
    assert [change.ref for change in read(after)] == ["/c/a.ics", "/c/b.ics", "/c/c.ics"]
    assert pages(server, after[0].cursor)[0].changes[0].ref == "/c/b.ics"
    assert pages(server, last_cursor(after)) == []


def test_answers_without_end_are_left_at_some_time(
    script: Script, server: ScriptedHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.dav.connector._MAX_ANSWERS", 20)
    before = pages(server)
    numbers = count(2)
    script.sync = lambda _token: multistatus(etag("/c/a.ics"), status("/c/", 507), token=f"t{next(numbers)}")
    script.token = "another"
    assert len(pages(server, last_cursor(before))) == 20
    script.sync = lambda token: multistatus(etag("/c/a.ics"), status("/c/", 507), token=token)
    with pytest.raises(CursorExpired, match="again and again"):
        pages(server, last_cursor(before))


def test_a_token_of_seconds_is_asked_for_once_more(script: Script, server: ScriptedHttp) -> None:
    script.token = "1795919964"
    before = pages(server)
    script.token = "1795919970"
    script.sync = lambda _token: multistatus(etag("/c/a.ics"), token="1795919970")
    first = pages(server, last_cursor(before))
    second = pages(server, last_cursor(first))
    assert [change.ref for change in read(second)] == ["/c/a.ics"]
    assert pages(server, last_cursor(second)) == []


def test_a_hash_with_the_digits_of_a_time_is_not_asked_for_once_more(script: Script, server: ScriptedHttp) -> None:
    before = pages(server)
    script.token = "http://server.example/ns/sync/9b1691325737c2"
    script.sync = lambda _token: multistatus(etag("/c/a.ics"), token=script.token)
    first = pages(server, last_cursor(before))
    assert [change.ref for change in read(first)] == ["/c/a.ics"]
    assert pages(server, last_cursor(first)) == []


def test_objects_that_are_refused_large_odd_or_gone_are_told_and_the_others_come(
    script: Script, server: ScriptedHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MAX_BODY", 30_000)
    script.objects |= {
        "/c/broken.ics": b"\x01\x00",
        "/c/half.ics": event("half")[:80],
        "/c/huge.ics": b"x" * 40_000,
        "/c/many.ics": event("m1") + event("m2"),
        "/c/task.ics": event("task", kind="VTODO"),
    }

    def before(request: Request) -> Said | None:
        if b"calendar-query" in request.body:
            listed = [etag(ref) for ref in (*script.objects, "/c/lost.ics", "/c/refused.ics")]
            return multistatus(*listed, etag("/c/told.ics", size=str(17 << 20)))
        return reply(403) if request.target == "/c/refused.ics" else None

    script.before = before
    found = {change.ref: change for change in read(pages(server))}
    assert {ref for ref, change in found.items() if isinstance(change, Meeting)} == {
        f"/c/{uid}.ics" for uid in ("a", "b", "c", "d")
    }
    unreadable = {ref[3:-4]: change.reason for ref, change in found.items() if isinstance(change, Unreadable)}
    assert unreadable.keys() >= {"broken", "huge", "many", "told"}
    assert {ref[3:-4] for ref, change in found.items() if isinstance(change, Deleted)} >= {"task", "lost"}


@pytest.mark.parametrize("property_name", ["d:current-user-principal", "c:calendar-home-set"])
def test_no_calendars_are_sought_on_another_server(script: Script, server: ScriptedHttp, property_name: str) -> None:
    def before(_request: Request) -> Said:
        href = "https://elsewhere.example/u/"
        own = "<d:current-user-principal><d:href>/</d:href></d:current-user-principal>"
        return multistatus(
            resource(
                "/",
                f"{own if 'home' in property_name else ''}<{property_name}><d:href>{href}</d:href></{property_name}>",
            )
        )

    script.before = before
    with pytest.raises(Unavailable, match=r"elsewhere\.example"):
        connector(server, path="/").__enter__()


def test_entities_are_refused_where_the_library_asks(script: Script, server: ScriptedHttp) -> None:
    def before(request: Request) -> Said:
        if b"calendar-home-set" in request.body:
            home = '<!DOCTYPE x [<!ENTITY a "/c/">]>' + HEAD.format("<d:response><d:href>&a;</d:href></d:response>")
            return reply(207, home.encode(), Content_Type="application/xml")
        principal = "<d:current-user-principal><d:href>/p/</d:href></d:current-user-principal>"
        return multistatus(resource(request.target, principal))

    script.before = before
    with pytest.raises(Unavailable):
        connector(server, path="/").__enter__()


def test_a_multistatus_of_too_many_elements_is_none(
    script: Script, server: ScriptedHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.webdav._Builder.most", 10_000)
    script.before = lambda _request: reply(207, HEAD.format("<a/>" * 20_000).encode())
    with pytest.raises(Unavailable, match="too many elements"):
        connector(server).__enter__()


def test_a_cut_connection_and_a_busy_server_are_waited_for(script: Script, server: ScriptedHttp) -> None:
    before = last_cursor(pages(server))
    script.token = "t2"
    for said in ([CUT], [b"HTTP/1.1 207 x\r\nContent-Length: 900\r\n\r\n<d:multi", CUT]):
        script.before = lambda request, said=said: said if request.method == "REPORT" else None  # type: ignore[misc] # mypy knows no lambda with a default
        with pytest.raises(Unavailable):
            pages(server, before)
    script.before = lambda _request: reply(503, Retry_After="120")
    with pytest.raises(Unavailable) as caught:
        pages(server, before)
    assert caught.value.retry_after == 120


def test_a_refused_password_is_sent_once_and_a_refused_token_exchanged_once(
    script: Script, server: ScriptedHttp
) -> None:
    script.before = lambda _request: reply(401)
    with pytest.raises(AuthFailed):
        connector(server).__enter__()
    assert len(server.requests) == 1
    script.before = lambda request: None if request.headers["authorization"] == "Bearer fresh1" else reply(401)
    with connector(server, Bearer(lambda refused: "fresh1" if refused else "stale")) as reader:
        assert [stream.name for stream in reader.streams()] == ["Work"]
    server.requests.clear()
    script.before = lambda _request: reply(401)
    with pytest.raises(AuthFailed):
        connector(server, Bearer(lambda _refused: "stale")).__enter__()
    assert len(server.requests) == 1


def test_a_home_that_moved_is_sought_again(script: Script, server: ScriptedHttp) -> None:
    homes = ["/c/"]

    def before(request: Request) -> Said | None:
        if request.target == "/":
            principal = "<d:current-user-principal><d:href>/p/</d:href></d:current-user-principal>"
            return multistatus(resource("/", principal))
        if request.target == "/p/":
            home = f"<c:calendar-home-set><d:href>{homes[0]}</d:href></c:calendar-home-set>"
            return multistatus(resource("/p/", home))
        return None if request.target.startswith(homes[0]) else reply(404)

    script.before = before
    with connector(server, path="/") as reader:
        assert [stream.name for stream in reader.streams()] == ["Work"]
    homes[0] = "/new/"
    server.requests.clear()
    with connector(server, path="/"):
        pass
    assert [request.target for request in server.requests] == ["/c/", "/", "/p/", "/new/"]


def test_an_import_that_was_stopped_goes_on_where_it_was(
    script: Script, server: ScriptedHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.dav.reading._BATCH", 1)
    with connector(server) as reader:
        (stream,) = reader.streams()
        first = next(iter(reader.pages(stream, None)))
    assert (first.backlog, json.loads(first.cursor or "")[3]) == (3, "/c/a.ics")
    script.sync = lambda _token: multistatus(status("/c/a.ics", 404), token="t2")
    script.token = "t2"
    rest = [change.ref for change in read(pages(server, first.cursor))]
    assert rest == ["/c/a.ics", "/c/b.ics", "/c/c.ics", "/c/d.ics"]
