"""Somebody with tasks and a list on a real server, and the steps of both sides."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from connectors.api import Secret, TaskWriter
from connectors.dav import CalDavConnector, CalDavSettings
from connectors.dav.server import Server
from daemon.config.tasks import Closed, TasksConfig
from daemon.task_lists import ListTurn
from daemon.ticking import tick
from matching.followups import State
from store.followups import tasks
from tests.servers.calendars import CalendarUser
from tests.servers.filterproxy import FilteringProxy
from tests.unit.daemon.followup_store import Mails, Office
from tests.unit.matching.followups.language import read
from tests.unit.matching.followups.mail_scenarios import NEW_YORK

ONE = "2026-02-02 10:00 alice > ann Offer\n2026-02-05 10:00 = no_reply open"
LIST = "Follow-ups"


class Desk(Office):
    """Alice's tasks, and her list behind a proxy."""

    def __init__(self, folder: Path, user: CalendarUser, lines: str = ONE, *, closed: Closed = Closed.COMPLETE) -> None:
        self.scenario = read(NEW_YORK + lines)
        super().__init__(folder, self.scenario)
        self.run(self.scenario)
        self.user = user
        self.proxy = FilteringProxy(user.url)
        #: Where the connector asks instead.
        self.url = ""
        self.config = TasksConfig(LIST, closed)

    def connector(self) -> CalDavConnector:
        settings = CalDavSettings(url=self.url or self.proxy.url, username=self.user.username)
        return CalDavConnector(settings, Secret(self.user.password))

    def turn(self, account: str = "alice", mark: str | None = None) -> str | None:
        """One turn; then what follows of it."""
        with self.connector() as connector:
            assert isinstance(connector, TaskWriter)
            turn = ListTurn(self.store, self.accounts[account], self.config, connector, lambda: self.now)
            found = turn.turn(mark)
        tick(self.store, self.company, lambda: self.now)
        return found

    def files(self, calendar: str = "todo") -> list[str]:
        """Their names, of all that lies in the list."""
        server = Server(CalDavSettings(url=self.user.url, username=self.user.username), Secret(self.user.password))
        path = self.user.path(calendar)
        found = [each for each, _told in server.members(path, "d:getetag") if each.rstrip("/") != path.rstrip("/")]
        server.close()
        return [each.rpartition("/")[2] for each in found]

    def objects(self, calendar: str = "todo") -> list[str]:
        """All that lies in the list, unfolded."""
        return [self.user.get(calendar, each).decode().replace("\r\n ", "") for each in self.files(calendar)]

    @property
    def only(self) -> str:
        (found,) = self.objects()
        return found

    @property
    def task(self) -> str:
        ((found,),) = self.rows("SELECT id FROM v1_task")
        return str(found)

    def edit(self, *changes: tuple[str, str]) -> None:
        """What another program does with the only entry."""
        text = self.only
        for pattern, by in changes:
            text, times = re.subn(pattern, lambda _match, by=by: by, text, count=1, flags=re.M)  # type: ignore[misc]  # a default
            assert times, (pattern, text)
        self.user.put("todo", f"{self.task}.ics", text.encode())

    def say(self, state: State, **more: datetime) -> None:
        """On the command line."""
        with self.store.write() as transaction:
            tasks.decide(transaction, self.task, state, self.now, changed_by="alice", **more)  # type: ignore[arg-type]  # the only one is until

    def history(self) -> list[tuple[str, str | None]]:
        return [row[1:] for row in self.rows("SELECT position, state, changed_by FROM task_history")]

    def answer(self) -> None:
        """Ann answers."""
        scenario = read(NEW_YORK + ONE + "\n2026-02-05 12:00 ann > alice Offer thanks")
        line = scenario.lines[-1]
        self.now = max(self.now, line.at)
        self.take(line, Mails(scenario))
        self.hear()
        tick(self.store, self.company, lambda: self.now)
