"""Tasks in lists of Radicale and Cyrus, both ways: one task, one entry, whatever is edited, cut or lost meanwhile."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connectors.api import AuthFailed, ConnectorError, NotPermitted, Secret, Unavailable
from connectors.dav import CalDavConnector, CalDavSettings
from daemon.config.tasks import Closed, TasksConfig
from daemon.task_lists import may_begin
from daemon.ticking import tick
from matching.followups import State
from store.followups import task_entries
from tests.conftest import require
from tests.integration.list_desk import LIST, Desk
from tests.servers.calendars import CalendarUser
from tests.servers.cyrus import Cyrus
from tests.servers.faultproxy import FaultProxy
from tests.servers.radicale import Radicale

pytestmark = [pytest.mark.server, pytest.mark.slow]
_NUMBERS = count()
#: Five offers to five people, none of whom answers.
MANY = "\n".join(
    f"2026-02-02 10:0{n} alice > {who} Offer{n}" for n, who in enumerate(("ann", "ben", "bea", "eve", "bo"))
)
MANY += "\n2026-02-05 10:05 = no_reply open, ben:no_reply open, bea:no_reply open, eve:no_reply open, bo:no_reply open"
#: For what does not hang on the server.
ON_ONE = pytest.mark.parametrize("user", ["radicale", pytest.param("cyrus", marks=pytest.mark.soak)], indirect=True)
ALARM = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:ring\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n"


@pytest.fixture(scope="module")
def servers(request: pytest.FixtureRequest) -> Iterator[dict[str, Radicale]]:
    names = {f"t{number}": "secret" for number in range(100)}
    yield from ({"radicale": each} for each in require(Radicale(names)))


@pytest.fixture(params=["radicale", "cyrus"])
def user(request: pytest.FixtureRequest, servers: dict[str, Radicale]) -> CalendarUser:
    """Somebody who has a list of that name, and a calendar beside it."""
    name = f"t{next(_NUMBERS)}"
    if request.param == "radicale":
        found = CalendarUser(servers["radicale"].url, name, "secret", f"/{name}/")
    else:
        server: Cyrus = request.getfixturevalue("cyrus")
        server.add_user(name, "secret")
        found = CalendarUser(server.url, name, "secret", f"/dav/calendars/user/{name}/")
        with CalDavConnector(CalDavSettings(url=found.url, username=name), Secret("secret")):
            pass  # the first login makes the user's own
    found.make("todo", LIST, kinds=("VTODO",))
    return found


@pytest.fixture
def desk(user: CalendarUser, tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path, user) as found, found.proxy:
        yield found


def line(text: str, name: str) -> str:
    """A property of the task itself."""
    found = [each for each in text.split("BEGIN:VALARM")[0].split("\r\n") if re.match(f"{name}[:;]", each)]
    assert len(found) == 1, (name, text)
    return found[0]


def test_a_task_is_there_and_is_settled_there_with_the_reason(desk: Desk) -> None:
    mark = desk.turn()
    text = desk.only
    assert line(text, "UID") == f"UID:{desk.task}"
    assert line(text, "SUMMARY").startswith("SUMMARY:Ask again: no answer – ")
    assert "no answer 3 working days after the mail of 2026-02-02\\nMatter 0" in line(text, "DESCRIPTION")
    assert line(text, "DUE") == "DUE:20260205T150000Z"
    assert (line(text, "STATUS"), line(text, "PRIORITY")) == ("STATUS:NEEDS-ACTION", "PRIORITY:5")
    desk.proxy.seen.clear()
    assert desk.turn(mark=mark) == mark
    assert {method for method, _path in desk.proxy.seen} == {"PROPFIND"}, "without news it is not read"
    desk.edit(("^END:VTODO", f"X-COLOUR:blue\r\n{ALARM}END:VTODO"), ("^SUMMARY:.*\r$", "SUMMARY:Call Ann\r"))
    desk.turn()
    assert desk.states() == ["ann:no_reply open"]
    desk.answer()
    desk.turn()
    text = desk.only
    assert line(text, "STATUS") == "STATUS:COMPLETED"
    assert line(text, "PERCENT-COMPLETE") == "PERCENT-COMPLETE:100"
    assert line(text, "COMPLETED").startswith("COMPLETED:20260205T17")
    assert "✓ answered" in line(text, "DESCRIPTION")
    assert line(text, "SUMMARY") == "SUMMARY:Call Ann"
    assert "X-COLOUR:blue" in text
    assert ALARM in text
    assert int(line(text, "SEQUENCE").partition(":")[2]) >= 1
    before = text
    desk.turn()
    assert desk.only == before
    assert desk.history() == [("open", None), ("settled", None)]


def test_what_is_done_in_the_list_holds_here(desk: Desk) -> None:
    desk.turn()
    later = desk.now + timedelta(days=2)
    # moved to an instant, then to a day, then to now
    desk.edit(("^DUE.*\r$", f"DUE:{later:%Y%m%dT%H%M%SZ}\r"))
    desk.turn()
    assert desk.states() == ["ann:no_reply snoozed"]
    assert desk.rows("SELECT snoozed_until_at FROM v1_task") == [(f"{later:%Y-%m-%dT%H:%M:%S}.000000Z",)]
    desk.edit(("^DUE.*\r$", "DUE;VALUE=DATE:20260212\r"))
    desk.turn()
    assert desk.rows("SELECT snoozed_until_at FROM v1_task") == [("2026-02-12T00:00:00.000000Z",)]
    assert line(desk.only, "DUE") == "DUE;VALUE=DATE:20260212", "as the person wrote it"
    # put off on the command line meanwhile: that is the latest word
    desk.say(State.SNOOZED, until=later + timedelta(days=9, microseconds=7))
    heard = len(desk.history())
    desk.turn()
    assert len(desk.history()) == heard, "a fraction of a second is nobody's word"
    assert line(desk.only, "DUE") == f"DUE:{later + timedelta(days=9):%Y%m%dT%H%M%SZ}"
    desk.now = later + timedelta(days=9, microseconds=7)
    tick(desk.store, desk.company, lambda: desk.now)
    desk.turn()
    assert desk.states() == ["ann:no_reply open"]
    assert line(desk.only, "DUE") == f"DUE:{desk.now:%Y%m%dT%H%M%SZ}", "it was due again when it came back"
    desk.edit(("^STATUS:.*\r$", "STATUS:COMPLETED\r\nCOMPLETED:20260220T120000Z\r"))
    desk.turn()
    assert desk.states() == ["ann:no_reply done"]
    desk.edit(("^STATUS:.*\r$", "STATUS:NEEDS-ACTION\r"), ("^COMPLETED:.*\r\n", ""))
    desk.turn()
    assert desk.states() == ["ann:no_reply open"]
    desk.user.remove("todo", f"{desk.task}.ics")
    desk.turn()
    assert desk.states() == ["ann:no_reply dismissed"]
    desk.turn()
    assert desk.objects() == []
    assert {by for _state, by in desk.history() if by} == {"task list", "alice"}
    desk.now += timedelta(minutes=1)
    desk.say(State.OPEN)
    desk.turn()
    assert line(desk.only, "STATUS") == "STATUS:NEEDS-ACTION", "opened again, it is there again"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_lost_answer_doubles_and_loses_nothing(method: str, user: CalendarUser, tmp_path: Path) -> None:
    with Desk(tmp_path, user, closed=Closed.REMOVE) as desk, desk.proxy as proxy:
        if method == "PUT":
            proxy.lose = {"PUT"}
            with pytest.raises(Unavailable):
                desk.turn()
            assert len(desk.objects()) == 1
            # ticked off before we ever knew that it is there
            desk.edit(("^STATUS:.*\r$", "STATUS:COMPLETED\r\nCOMPLETED:20260205T160000Z\r"))
            desk.turn()
            assert desk.states() == ["ann:no_reply done"]
            assert len(desk.objects()) == 1, "what the person ticked off stays"
            return
        desk.turn()
        proxy.lose = {"PUT"}
        desk.say(State.SNOOZED, until=desk.now + timedelta(days=1))
        with pytest.raises(Unavailable):
            desk.turn()
        desk.turn()
        assert desk.history()[1:] == [("snoozed", "alice")], "what we wrote ourselves is nobody's word"
        desk.say(State.DONE)
        proxy.lose = {"DELETE"}
        with pytest.raises(Unavailable):
            desk.turn()
        desk.say(State.OPEN)
        desk.turn()
        assert desk.states() == ["ann:no_reply open"], "it was not the person who took it out"
        assert len(desk.objects()) == 1
        desk.say(State.DONE)
        desk.turn()
        assert desk.objects() == []
        assert desk.states() == ["ann:no_reply done"]


@ON_ONE
def test_who_edits_between_reading_and_writing_loses_nothing(desk: Desk) -> None:
    desk.turn()
    later = desk.now + timedelta(days=3)
    desk.say(State.SNOOZED, until=later)
    desk.proxy.before["PUT"] = lambda: desk.edit(("^STATUS:", "X-NOTE:mine\r\nSTATUS:"), ("^PRIORITY:5", "PRIORITY:1"))
    desk.turn()
    text = desk.only
    assert (line(text, "X-NOTE"), line(text, "PRIORITY")) == ("X-NOTE:mine", "PRIORITY:1")
    assert line(text, "DUE") == f"DUE:{later:%Y%m%dT%H%M%SZ}"
    # and one who makes the same entry first: a store that was put back knows nothing of it
    with desk.store.write() as transaction:
        transaction.exec_driver_sql("DELETE FROM task_entry")
    before = desk.only
    desk.turn()
    assert desk.only == before
    # another program gave it another place
    desk.user.remove("todo", f"{desk.task}.ics")
    desk.user.put("todo", "elsewhere.ics", before.encode())
    desk.say(State.DONE)
    desk.turn()
    assert line(desk.only, "STATUS") == "STATUS:COMPLETED"
    assert desk.states() == ["ann:no_reply done"]


@ON_ONE
def test_who_is_told_that_a_list_cannot_be_written(desk: Desk) -> None:
    refusals: tuple[tuple[int, type[ConnectorError], str], ...] = (
        (403, NotPermitted, 'does not let the list "Follow-ups" be changed'),
        (404, Unavailable, "is gone"),
        (507, Unavailable, "has no room left"),
        (500, Unavailable, "does not take a task"),
        (503, Unavailable, "takes no request now"),
        (401, AuthFailed, "refused the login"),
    )
    for status, kind, problem in refusals:
        desk.proxy.refuse = {"PUT": (status, b"no")}
        with pytest.raises(kind, match=problem):
            desk.turn()
        assert desk.objects() == []
    # a server that says that there is one, and shows none
    desk.proxy.refuse = {"PUT": (412, b"no")}
    assert desk.turn() is None
    desk.proxy.refuse = {}
    desk.config = TasksConfig("Nowhere")
    with pytest.raises(Unavailable, match='there is no task list "Nowhere"') as told:
        desk.turn()
    assert f'"{LIST}"' in told.value.hint
    desk.config = TasksConfig(LIST)
    desk.turn()
    assert len(desk.objects()) == 1
    # a list that is gone dismisses nothing
    desk.user.remove("todo")
    with pytest.raises(Unavailable, match="there is no task list"):
        desk.turn()
    assert desk.states() == ["ann:no_reply open"]
    # nor does one that is followed instead
    desk.user.make("other", "Other", kinds=("VTODO", "VEVENT"))
    desk.config = TasksConfig("Other")
    desk.turn()
    assert len(desk.objects("other")) == 1
    assert desk.states() == ["ann:no_reply open"]


@ON_ONE
def test_a_task_that_passes_to_another_person_changes_lists(desk: Desk) -> None:
    desk.turn()
    desk.turn("bob")
    assert len(desk.objects()) == 1
    other = CalendarUser(desk.user.url, desk.user.username, desk.user.password, desk.user.home)
    other.make("bobs", "Bobs", kinds=("VTODO",))
    with desk.store.write() as transaction:
        transaction.exec_driver_sql(
            "UPDATE task SET person_id = (SELECT id FROM person WHERE email = 'bob@acme.example')"
        )
    config = desk.config
    desk.turn()
    desk.config = replace(config, list="Bobs")
    desk.turn("bob")
    assert desk.objects() == []
    assert len(desk.objects("bobs")) == 1
    assert desk.rows("SELECT state FROM v1_task") == [("open",)]
    # and one that is there no more goes
    with desk.store.write() as transaction:
        transaction.exec_driver_sql("DELETE FROM task")
    desk.turn("bob")
    assert desk.objects("bobs") == []
    assert desk.rows("SELECT * FROM task_entry") == []


@ON_ONE
def test_a_connection_that_is_cut_anywhere_doubles_and_loses_nothing(desk: Desk) -> None:
    parts = urlsplit(desk.user.url)
    assert parts.hostname
    assert parts.port
    until = desk.now
    with FaultProxy((parts.hostname, parts.port)) as cuts:
        desk.url = f"http://127.0.0.1:{cuts.port}{parts.path}"
        for number, octets in enumerate([*range(0, 6000, 1000), *range(500, 6000, 1000)]):
            # each time there is something to write: a longer rest
            until += timedelta(days=1)
            desk.say(State.SNOOZED if number else State.OPEN, until=until)
            way = cuts.up if number % 2 else cuts.down
            way.cut_after = octets
            with contextlib.suppress(Unavailable):
                desk.turn()
            cuts.heal()
            assert len(desk.objects()) <= 1
            if number % 3 == 0:
                desk.turn()
                assert desk.history()[-1][1] in (None, "alice"), desk.history()
        desk.turn()
    assert line(desk.only, "DUE") == f"DUE:{until:%Y%m%dT%H%M%SZ}"
    assert {by for _state, by in desk.history()} == {None, "alice"}


@ON_ONE
def test_a_list_that_is_emptied_dismisses_nothing(user: CalendarUser, tmp_path: Path) -> None:
    with Desk(tmp_path, user, MANY) as desk, desk.proxy:
        desk.turn()
        ids = [row[0] for row in desk.rows("SELECT id FROM v1_task")]
        for each in ids:
            user.remove("todo", f"{each}.ics")
        desk.turn()
        assert len(desk.objects()) == 5
        assert {each.rpartition(" ")[2] for each in desk.states()} == {"open"}
        for each in ids[1:]:
            user.remove("todo", f"{each}.ics")
        desk.turn()
        assert sorted(each.rpartition(" ")[2] for each in desk.states()) == ["dismissed"] * 4 + ["open"]
        assert len(desk.objects()) == 1


@ON_ONE
def test_nothing_is_written_before_all_has_been_read(desk: Desk) -> None:
    account = desk.accounts["alice"]
    with desk.store.write() as transaction:
        assert may_begin(transaction, account, desk.now)
        transaction.exec_driver_sql("UPDATE account SET horizon_reached_at = NULL WHERE name = 'bob'")
        assert not may_begin(transaction, account, desk.now)
        known = task_entries.Standing(name=LIST, synced_at=datetime(2026, 1, 1, tzinfo=UTC))
        task_entries.note(transaction, account, known)
        assert may_begin(transaction, account, desk.now), "an account that is new stops no list that was kept before"


@ON_ONE
def test_a_turn_that_is_killed_anywhere_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each write to the store and to the server of a life of one task."""

    class Killed(BaseException):
        """Nothing catches it."""

    def lives(turn: Callable[[], object]) -> None:
        turn()
        desk.say(State.SNOOZED, until=desk.now + timedelta(days=1))
        turn()
        desk.edit(("^DESCRIPTION:", "DESCRIPTION:my note\\n"))
        turn()
        desk.say(State.DONE)
        turn()

    def dying() -> None:
        """Killed at the first write, at the second…, until a turn goes through."""
        for allowed in count():
            left = [allowed]

            def alive(left: list[int] = left) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise Killed

            with monkeypatch.context() as patch:
                for name in ("save", "drop"):
                    patch.setattr(task_entries, name, _counted(getattr(task_entries, name), alive))
                for name in ("write_task", "remove_task"):
                    patch.setattr(CalDavConnector, name, _counted(getattr(CalDavConnector, name), alive, after=True))
                try:
                    desk.turn()
                except Killed:
                    assert len(desk.objects()) <= 1
                    continue
            return

    lives(dying)
    text = desk.only
    assert line(text, "STATUS") == "STATUS:COMPLETED"
    assert "my note" in line(text, "DESCRIPTION")
    assert desk.history() == [("open", None), ("snoozed", "alice"), ("done", "alice")]


def _counted(work: Callable[..., object], alive: Callable[[], None], *, after: bool = False) -> Callable[..., object]:
    """Asks before each call, or after, whether the process is still alive."""

    def call(*args: object) -> object:
        if not after:
            alive()
        found = work(*args)
        if after:
            alive()
        return found

    return call
