"""Calendars in .ics files and at a URL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.api import Connector, Deleted, Meeting, Misconfigured, StreamKind, Unavailable, Unreadable
from connectors.calendar_conformance import CalendarConformance, meeting, uids
from connectors.conformance import last_cursor, read, stream_named
from connectors.local import LocalConnector, LocalSettings
from tests.servers.scripted_http import Request, ScriptedHttp, reply


class Folders:
    """Calendars as folders of files, one meeting each."""

    def __init__(self, top: Path) -> None:
        self.top = top

    def put(self, calendar: str, uid: str, raw: bytes) -> None:
        (self.top / calendar / f"{uid}.ics").write_bytes(raw)

    def remove(self, calendar: str, uid: str) -> None:
        (self.top / calendar / f"{uid}.ics").unlink()

    def snapshot(self) -> object:
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in self.top.rglob("*.ics")}


class TestFolders(CalendarConformance):
    """A folder with a folder for each calendar."""

    @pytest.fixture
    def calendars(self, tmp_path: Path) -> Folders:
        for name in ("work", "home"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "holidays.txt").write_text("no calendar")
        return Folders(tmp_path)

    @pytest.fixture
    def connector_factory(self, calendars: Folders) -> Callable[[], Connector]:
        return lambda: LocalConnector(LocalSettings(path=calendars.top, format="ics"))


def together(*uids: str) -> bytes:
    """One file of several meetings."""
    events = [raw[raw.index(b"BEGIN:VEVENT") : raw.index(b"END:VCALENDAR")] for raw in map(meeting, uids)]
    head = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//keeptouch//tests//EN\r\n"
    return head + b"".join(events) + b"END:VCALENDAR\r\n"


def test_a_file_of_many_meetings_tells_which_changed(tmp_path: Path) -> None:
    file = tmp_path / "plans.ics"
    file.write_bytes(together("a", "b", "c"))
    with LocalConnector(LocalSettings(path=file, format="ics")) as connector:
        (stream,) = connector.streams()
        assert (stream.name, stream.kind) == ("plans", StreamKind.CALENDAR)
        pages = list(connector.pages(stream, None))
        assert uids(read(pages)) == ["a", "b", "c"]
        file.write_bytes(together("a", "b", "c") + b"\r\n")
        same = list(connector.pages(stream, last_cursor(pages)))
        assert read(same) == []
        file.write_bytes(together("a", "c", "d").replace(b"SUMMARY:c", b"SUMMARY:changed"))
        told = read(connector.pages(stream, last_cursor(same)))
    assert uids(told) == ["c", "d"]
    assert [change for change in told if isinstance(change, Deleted)] == [Deleted("plans.ics#b")]


def test_a_spoiled_file_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_bytes(b"\x00\xff no calendar")
    (tmp_path / "b.ics").write_bytes(meeting("b"))
    with LocalConnector(LocalSettings(path=tmp_path, format="ics")) as connector:
        changes = read(connector.pages(connector.streams()[0], None))
    assert [type(change) for change in changes] == [Unreadable, Meeting]


class Feed:
    """A published calendar."""

    def __init__(self) -> None:
        self.body = together("a", "b")
        self.tag = '"1"'
        self.status = 200

    def __call__(self, request: Request) -> bytes:
        if self.tag and request.headers.get("if-none-match") == self.tag:
            return reply(304, ETag=self.tag)
        return reply(self.status, self.body, **({"ETag": self.tag} if self.tag else {}))


def connector_of(server: ScriptedHttp) -> LocalConnector:
    return LocalConnector(LocalSettings(url=f"{server.url}/team/plans.ics?key=1", format="ics"))


def test_a_feed_is_sent_only_where_it_changed() -> None:
    feed = Feed()
    with ScriptedHttp(feed) as server, connector_of(server) as connector:
        stream = stream_named(connector, "plans")
        pages = list(connector.pages(stream, None))
        assert uids(read(pages)) == ["a", "b"]
        assert list(connector.pages(stream, last_cursor(pages))) == []
        assert server.requests[-1].headers["if-none-match"] == '"1"'
        feed.body, feed.tag = together("b", "c"), '"2"'
        news = list(connector.pages(stream, last_cursor(pages)))
        assert (uids(read(news)), read(news)[-1]) == (["c"], Deleted("#a"))
        assert list(connector.refs(stream)) == ["#b", "#c"]
        (batch,) = connector.fetch(stream, ["#b", "#a"])
        assert (uids(batch.changes), batch.changes[1]) == (["b"], Deleted("#a"))
        assert {request.method for request in server.requests} == {"GET"}


def test_a_feed_without_etag_is_read_and_compared_each_time() -> None:
    feed = Feed()
    feed.tag = ""
    with ScriptedHttp(feed) as server, connector_of(server) as connector:
        stream = connector.streams()[0]
        cursor = last_cursor(connector.pages(stream, None))
        assert list(connector.pages(stream, cursor)) == []


@pytest.mark.parametrize(("status", "body"), [(404, b""), (200, b"<html>log in</html>"), (200, b"")])
def test_what_stands_in_the_place_of_a_feed_takes_no_meetings_away(status: int, body: bytes) -> None:
    feed = Feed()
    with ScriptedHttp(feed) as server, connector_of(server) as connector:
        stream = connector.streams()[0]
        cursor = last_cursor(connector.pages(stream, None))
        feed.status, feed.body, feed.tag = status, body, '"2"'
        with pytest.raises(Unavailable):
            list(connector.pages(stream, cursor))


def test_a_feed_leads_to_no_other_server() -> None:
    where = "https://elsewhere.example/x.ics"
    with ScriptedHttp(lambda _request: reply(302, Location=where)) as server, connector_of(server) as connector:
        pages = connector.pages(connector.streams()[0], None)
        with pytest.raises(Unavailable, match="another server"):
            next(pages)


def test_options_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    for settings in (
        LocalSettings(format="ics"),
        LocalSettings(format="ics", path=tmp_path, url="https://a.example/"),
        LocalSettings(format="eml", url="https://a.example/"),
        LocalSettings(format="ics", url="http://a.example/x.ics"),
    ):
        with pytest.raises(Misconfigured):
            LocalConnector(settings)
