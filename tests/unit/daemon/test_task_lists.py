"""Tasks and a list on any server, edited by both sides at random, with answers lost and turns killed.

The list is a model of a server, also of one that keeps less than CalDAV: days instead of instants, two states, three
priorities (Exchange).
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.api import HeldTask, NotPermitted, TaskList, TaskState, TaskWriter, Unavailable, WantedTask
from daemon.config.tasks import Closed, TasksConfig
from daemon.task_lists import ListTurn
from daemon.ticking import tick
from matching.followups import State
from store.followups import tasks
from tests.unit.daemon.followup_store import Office
from tests.unit.matching.followups.language import read
from tests.unit.matching.followups.mail_scenarios import NEW_YORK

OFFER = read(NEW_YORK + "2026-02-02 10:00 alice > ann Offer\n2026-02-05 10:00 = no_reply open")
LIST = TaskList(name="Follow-ups", server_id="/todo/")


@dataclass
class Lists:
    """A server with one list. `keeps_less`: what it can't say is lost."""

    keeps_less: bool = False
    listed: TaskList = LIST
    held: dict[str, HeldTask] = field(default_factory=dict)
    version: int = 0
    writes: int = 0
    #: Called before the next write, and after it was carried out.
    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None

    def task_lists(self) -> tuple[TaskList, ...]:
        return (self.listed,)

    def held_tasks(self, task_list: TaskList, known: Mapping[str, str | None]) -> Mapping[str, HeldTask]:
        return {each.uid: each for each in self.held.values() if each.uid in known}

    def write_task(self, task_list: TaskList, task: WantedTask, over: HeldTask | None) -> HeldTask | None:
        with self._about_to_write():
            if self._is_changed(task.uid, over):
                return None
            self.writes += 1
            ref = over.ref if over else f"/todo/{task.uid}"
            self.held[ref] = self._kept(ref, task)
        # asked for again, as of a server that gives no ETag with its answer
        return self.held.get(ref)

    def remove_task(self, task_list: TaskList, over: HeldTask) -> bool:
        with self._about_to_write():
            if over.ref in self.held and self._is_changed(over.uid, over):
                return False
            self.writes += 1
            self.held.pop(over.ref, None)
            return True

    @contextlib.contextmanager
    def _about_to_write(self) -> Iterator[None]:
        before, self.before = self.before, None
        if before:
            before()
        yield
        after, self.after = self.after, None
        if after:
            after()

    def _is_changed(self, uid: str, over: HeldTask | None) -> bool:
        there = next((each for each in self.held.values() if each.uid == uid), None)
        return there is not None if over is None else there is None or there.version != over.version

    def _kept(self, ref: str, task: WantedTask) -> HeldTask:
        self.version += 1
        due, state, priority, text = task.due, task.state, task.priority, task.description
        if self.keeps_less:
            due = due.date() if isinstance(due, datetime) else due
            state = TaskState.OPEN if state is TaskState.OPEN else TaskState.DONE
            priority, text = 5 * (priority > 4), f"{text}\n\n"
        names = ("uid", "summary", "completed_at", "categories")
        return HeldTask(
            ref=ref,
            version=str(self.version),
            due=due,
            state=state,
            priority=priority,
            description=text,
            **{name: getattr(task, name) for name in names},
        )

    def edit(self, **changes: object) -> bool:
        """What the person does with the entry; False: there is none."""
        for ref, each in self.held.items():
            self.version += 1
            self.held[ref] = replace(each, version=str(self.version), **changes)  # type: ignore[arg-type]  # of the fields' own types
        return bool(self.held)


class Killed(BaseException):
    """The process ends here."""


class Desk(Office):
    """Alice, her task, and her list."""

    def __init__(self, folder: Path, lists: Lists, closed: Closed, url: str) -> None:
        super().__init__(folder, OFFER, url=url)
        self.run(OFFER)
        self.lists, self.closed = lists, closed
        assert isinstance(lists, TaskWriter)
        ((self.task,),) = self.rows("SELECT id FROM v1_task")

    def turn(self) -> None:
        config = TasksConfig(LIST.name, self.closed)
        ListTurn(self.store, self.accounts["alice"], config, self.lists, lambda: self.now).turn(None)
        tick(self.store, self.company, lambda: self.now)

    @property
    def state(self) -> State:
        ((found,),) = self.rows("SELECT state FROM v1_task")
        return State(found)

    def say(self, state: State, until: datetime | None = None) -> None:
        with self.store.write() as transaction:
            tasks.decide(transaction, self.task, state, self.now, until=until, changed_by="alice")

    def heard(self) -> int:
        """How often the list had a word."""
        return len(self.rows("SELECT 1 FROM task_history WHERE changed_by = 'task list'"))


def fail() -> None:
    raise Unavailable("the answer was lost")


def kill() -> None:
    raise Killed


def test_a_list_that_may_only_be_read_is_told(new_url: Callable[[str], str], tmp_path: Path) -> None:
    lists = Lists()
    with Desk(tmp_path, lists, Closed.COMPLETE, new_url("office")) as desk:
        lists.listed = replace(LIST, is_writable=False)
        with pytest.raises(NotPermitted, match='the list "Follow-ups" may only be read by this login'):
            desk.turn()
        assert lists.held == {}
        lists.listed = replace(LIST, is_writable=None)
        desk.turn()
        assert len(lists.held) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [9, 10, *(pytest.param(n, marks=pytest.mark.soak) for n in range(40) if n not in (9, 10))]
)
def test_both_sides_come_together_whatever_happens(seed: int, new_url: Callable[[str], str], tmp_path: Path) -> None:
    chance = random.Random(seed)
    lists = Lists(keeps_less=seed % 2 == 1)
    closed = Closed.REMOVE if seed % 4 > 1 else Closed.COMPLETE
    note = ""
    with Desk(tmp_path, lists, closed, new_url("office")) as desk:
        desk.turn()
        for _step in range(25):
            words, heard = 0, desk.heard()
            for _edit in range(chance.randrange(3)):
                words += _person(desk, chance)
                if lists.held and chance.random() < 0.3:
                    note = f"note {chance.random()}"
                    lists.edit(description=note)
                elif not lists.held:
                    note = ""
            if chance.random() < 0.5:
                _program(desk, chance)
            meanwhile: list[int] = []
            trouble = chance.choice((None, fail, kill, lambda told=meanwhile: told.append(_person(desk, chance))))
            setattr(lists, chance.choice(("before", "after")), trouble)
            with contextlib.suppress(Unavailable, Killed):
                desk.turn()
            lists.before = lists.after = None
            words += sum(meanwhile)
            if chance.random() < 0.5:
                # before it is known what became of the last
                _program(desk, chance)
            desk.turn()
            before = lists.writes
            desk.turn()
            assert lists.writes == before, "there is nothing left to write"
            assert len(lists.held) <= 1
            assert desk.heard() - heard <= words, "nobody said so"
            _agree(desk, lists)
            if not lists.held:
                note = ""
            for each in lists.held.values():
                assert note in each.description
            desk.now += timedelta(minutes=chance.randrange(1, 60 * 24 * 3))
            tick(desk.store, desk.company, lambda now=desk.now: now)  # type: ignore[misc]  # a default


def _person(desk: Desk, chance: random.Random) -> int:
    """An edit in the list; how many words about the task it can be."""
    lists = desk.lists
    later: datetime | date = desk.now + timedelta(days=chance.randrange(1, 5))
    if chance.random() < 0.5 or lists.keeps_less:
        later = later.date() if isinstance(later, datetime) else later
    done = TaskState.DONE if lists.keeps_less else chance.choice((TaskState.DONE, TaskState.CANCELLED))
    what = chance.randrange(5)
    if what == 0 and lists.held:
        lists.held.clear()
        return 1
    name, value = (("due", later), ("state", done), ("state", TaskState.OPEN), ("due", later))[what - 1]
    return int(lists.edit(**{name: value}))


def _program(desk: Desk, chance: random.Random) -> None:
    """A word on the command line."""
    state = chance.choice((State.SNOOZED, State.DONE, State.DISMISSED, State.OPEN))
    until = desk.now + timedelta(days=chance.randrange(1, 5)) if state is State.SNOOZED else None
    desk.say(state, until)


def _agree(desk: Desk, lists: Lists) -> None:
    """Do the task and the entry say the same?"""
    states = {each.state for each in lists.held.values()}
    if desk.state is State.OPEN:
        assert states == {TaskState.OPEN}
    elif desk.state is State.SNOOZED:
        assert states <= {TaskState.OPEN}
    else:
        assert TaskState.OPEN not in states
