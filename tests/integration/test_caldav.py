"""The conformance suite of calendars on Radicale, Xandikos and Cyrus, and behind proxies that leave them less."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest

from connectors.api import AuthFailed, Cursor, CursorExpired, Deleted, Secret
from connectors.calendar_conformance import CalendarConformance, CalendarExpiryConformance, uids
from connectors.choices import Choice
from connectors.conformance import last_cursor, read, stream_named
from connectors.dav import CalDavConnector, CalDavSettings
from daemon.cli.main import main
from tests.conftest import require
from tests.servers.calendars import CalendarUser, event
from tests.servers.certificates import CertificateAuthority
from tests.servers.cyrus import Cyrus
from tests.servers.filterproxy import FilteringProxy
from tests.servers.radicale import Radicale
from tests.servers.xandikos import Xandikos

pytestmark = pytest.mark.server
_NUMBERS = count()
_USERS = {f"c{number}": "secret" for number in range(1000)}


@pytest.fixture(scope="module")
def radicale_calendars() -> Iterator[Radicale]:
    yield from require(Radicale(_USERS))


@pytest.fixture(scope="module")
def xandikos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Xandikos]:
    yield from require(Xandikos(_USERS, CertificateAuthority(tmp_path_factory.mktemp("authority"))))


@dataclass(slots=True)
class Person:
    """A fresh user with the calendars "work" and "home"."""

    user: CalendarUser
    #: Where the connector asks.
    url: str
    files: list[tuple[str, str]] = field(default_factory=list)

    def put(self, calendar: str, uid: str, raw: bytes) -> None:
        self.user.put(calendar, f"{uid}.ics", raw)
        self.files.append((calendar, uid))

    def remove(self, calendar: str, uid: str) -> None:
        self.user.remove(calendar, f"{uid}.ics")
        self.files.remove((calendar, uid))

    def snapshot(self) -> object:
        return [self.user.get(calendar, f"{uid}.ics") for calendar, uid in sorted(set(self.files))]

    def connector(self, calendars: Choice | None = None) -> CalDavConnector:
        user = self.user
        choice = calendars or Choice()
        settings = CalDavSettings(url=self.url, username=user.username, ca_file=user.ca_file, calendars=choice)
        return CalDavConnector(settings, Secret(user.password))


def made(user: CalendarUser) -> Person:
    user.make("work")
    user.make("home")
    return Person(user, user.url)


def on_radicale(request: pytest.FixtureRequest) -> Person:
    server: Radicale = request.getfixturevalue("radicale_calendars")
    name = f"c{next(_NUMBERS)}"
    return made(CalendarUser(server.url, name, "secret", f"/{name}/"))


def on_xandikos(request: pytest.FixtureRequest) -> Person:
    server: Xandikos = request.getfixturevalue("xandikos")
    name = f"c{next(_NUMBERS)}"
    user = CalendarUser(server.url, name, "secret", f"/{name}/calendars/", server.ca_file)
    # the first request makes the user's own
    with CalDavConnector(CalDavSettings(url=user.url, username=name, ca_file=user.ca_file), Secret("secret")):
        return made(user)


def on_cyrus(request: pytest.FixtureRequest) -> Person:
    server: Cyrus = request.getfixturevalue("cyrus")
    name = f"c{next(_NUMBERS)}"
    server.add_user(name, "secret")
    user = CalendarUser(server.url, name, "secret", f"/dav/calendars/user/{name}/")
    with CalDavConnector(CalDavSettings(url=user.url, username=name), Secret("secret")):
        return made(user)


SERVERS = {"radicale": on_radicale, "xandikos": on_xandikos, "cyrus": on_cyrus}


def foreign(cursor: Cursor) -> Cursor:
    """The same place with a token that the server did not make."""
    fields = json.loads(cursor)
    fields[1] = fields[1][:-4] + "beef"
    return Cursor(json.dumps(fields))


class TestServers(CalendarConformance, CalendarExpiryConformance):
    """All three as they are."""

    @pytest.fixture(params=SERVERS)
    def calendars(self, request: pytest.FixtureRequest) -> Person:
        return SERVERS[request.param](request)

    @pytest.fixture
    def connector_factory(self, calendars: Person) -> Callable[[], CalDavConnector]:
        return calendars.connector

    @pytest.fixture
    def expired(self) -> Callable[[Cursor], Cursor]:
        return foreign


class TestWithLess(CalendarConformance):
    """Servers without sync-collection, with tokens that nobody answers for, without ctag, query or multiget.

    Each of these on one of two servers; on the other too in the long form.
    """

    @pytest.fixture(
        params=[
            pytest.param(
                (server, lack), id="-".join((server, *lack)), marks=[pytest.mark.soak] if (row + place) % 2 else []
            )
            for row, lack in enumerate(
                (("sync",), ("tokens",), ("sync", "ctag"), ("sync", "query", "multiget", "ctag"))
            )
            for place, server in enumerate(("radicale", "cyrus"))
        ]
    )
    def calendars(self, request: pytest.FixtureRequest) -> Iterator[Person]:
        server, without = request.param
        person = SERVERS[server](request)
        with FilteringProxy(person.url, without) as proxy:
            person.url = proxy.url
            yield person
            assert {method for method, _path in proxy.seen} <= {"PROPFIND", "REPORT", "GET"}

    @pytest.fixture
    def connector_factory(self, calendars: Person) -> Callable[[], CalDavConnector]:
        return calendars.connector


@pytest.fixture(params=["radicale", "cyrus"])
def person(request: pytest.FixtureRequest) -> Person:
    return SERVERS[request.param](request)


@pytest.mark.parametrize("without", [(), ("sync",), ("tokens",)])
def test_a_poll_without_news_is_one_request_for_all_calendars(person: Person, without: tuple[str, ...]) -> None:
    person.put("work", "a", event("a"))
    person.put("home", "b", event("b"))
    with FilteringProxy(person.url, without) as proxy:
        person.url = proxy.url
        with person.connector() as connector:
            cursors = {s.name: last_cursor(connector.pages(s, None)) for s in connector.streams()}
        proxy.seen.clear()
        with person.connector() as connector:
            for stream in connector.streams():
                assert list(connector.pages(stream, cursors[stream.name])) == []
        assert proxy.seen == [("PROPFIND", person.user.home)]


def test_nothing_but_reading_is_ever_asked_for(person: Person) -> None:
    person.put("work", "a", event("a"))
    with FilteringProxy(person.url) as proxy:
        person.url = proxy.url
        with person.connector() as connector:
            work = stream_named(connector, "work")
            pages = list(connector.pages(work, None))
            person.put("work", "b", event("b"))
            person.remove("work", "a")
            assert uids(read(connector.pages(work, last_cursor(pages)))) == ["b"]
            refs = list(connector.refs(work))
            assert len([batch.changes for batch in connector.fetch(work, refs)]) == 1
        assert {method for method, _path in proxy.seen} <= {"PROPFIND", "REPORT", "GET"}


@pytest.mark.parametrize("server", SERVERS)
def test_tasks_and_calendars_for_tasks_are_left_out(server: str, request: pytest.FixtureRequest) -> None:
    person = SERVERS[server](request)
    person.user.make("chores", kinds=("VTODO",))
    person.put("work", "a", event("a"))
    person.put("work", "t", event("t", kind="VTODO"))
    with person.connector() as connector:
        names = {stream.name for stream in connector.streams()}
        assert {"work", "home"} <= names
        assert not names & {"chores", "Inbox", "Outbox"}
        work = stream_named(connector, "work")
        pages = list(connector.pages(work, None))
        assert uids(read(pages)) == ["a"]
        assert [ref.rpartition("/")[2] for ref in connector.refs(work)] == ["a.ics"]
        person.put("work", "t2", event("t2", kind="VTODO"))
        assert uids(read(connector.pages(work, last_cursor(pages)))) == []


def test_calendars_are_chosen_by_name_and_names_are_unique(person: Person) -> None:
    person.user.make("second", "Планирование / برنامه")
    person.user.make("third", "Планирование / برنامه")
    with person.connector(calendars=Choice(include=("Планирование*", "work", "nothing"))) as connector:
        names = [stream.name for stream in connector.streams()]
        assert sorted(names) == sorted(["work", "Планирование / برنامه", "Планирование / برنامه (third)"])
        assert "home" in connector.left_out
        assert connector.unmatched == ("nothing",)


def test_the_url_of_one_calendar_is_that_calendar_alone(person: Person) -> None:
    person.put("work", "a", event("a"))
    person.url = person.url.partition("://")[0] + "://" + person.url.partition("://")[2].partition("/")[0]
    person.url += person.user.path("work")
    with person.connector() as connector:
        assert [stream.name for stream in connector.streams()] == ["work"]
        assert uids(read(connector.pages(stream_named(connector, "work"), None))) == ["a"]


def test_a_wrong_password_is_sent_once(person: Person) -> None:
    person.user = replace(person.user, password="wrong")
    with FilteringProxy(person.url) as proxy:
        person.url = proxy.url
        with pytest.raises(AuthFailed):
            person.connector().__enter__()
        assert len(proxy.seen) == 1


def test_a_token_from_before_a_removal_without_trace_is_told() -> None:
    with Cyrus({}, expunge_mode="immediate") as server:
        server.add_user("alice", "secret")
        user = CalendarUser(server.url, "alice", "secret", "/dav/calendars/user/alice/")
        with CalDavConnector(CalDavSettings(url=user.url, username="alice"), Secret("secret")):
            person = made(user)
        for uid in ("a", "b"):
            person.put("work", uid, event(uid))
        with person.connector() as connector:
            work = stream_named(connector, "work")
            cursor = last_cursor(connector.pages(work, None))
        person.remove("work", "a")

        def ask() -> None:
            # while another of its processes has the calendar open, Cyrus leaves the trace for later
            for number in range(50):
                assert [each for each in read(connector.pages(work, cursor)) if isinstance(each, Deleted)]
                person.put("work", f"c{number}", event("c"))
                person.remove("work", f"c{number}")
                time.sleep(0.1)

        with person.connector() as connector:
            with pytest.raises(CursorExpired):
                ask()
            assert uids(read(connector.pages(work, None))) == ["b"]


def test_check_and_accounts_folders_tell_of_calendars(
    person: Person, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "secret").chmod(0o600)
    config = tmp_path / "config.toml"
    config.write_text(f"""
[company]
domains = ["acme.example"]
[[accounts]]
name = "plans"
owner = "alice@acme.example"
kind = "caldav"
[accounts.options]
url = "{person.url}"
username = "{person.user.username}"
password_file = "secret"
calendars = {{include = ["work", "wrok"]}}
""")
    assert main(["--config", str(config), "check", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["accounts"] == [{"account": "plans", "ok": True, "streams": 1}]
    assert [each["problem"] for each in told["warnings"]] == ['no calendar is called "wrok"']
    assert main(["--config", str(config), "accounts", "folders", "--json"]) == 0
    (listing,) = json.loads(capsys.readouterr().out)["accounts"]
    found = {each["stream"]: (each["kind"], each["followed"], each["reason"]) for each in listing["folders"]}
    assert found["work"] == ("calendar", True, None)
    assert found["home"] == ("calendar", False, "not among options.calendars")
