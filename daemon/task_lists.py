"""Tasks in the lists of their persons: one turn brings the list of one account and the store together.

A task has one entry, whose uid is the task's id, and one row (`task_entry`) that remembers it. A turn goes so:

1. The entries are read, by uid. Nothing is written yet.
2. In one transaction, what people said in the list is applied to the tasks (done, put off, dismissed), what the
   entries were is remembered, and what is about to be written is noted as `pending`.
3. It is written, each entry on the condition that it is as it was read (daemon.task_merge, connectors.api.TaskWriter),
   and what came of each is noted in a transaction of its own.

Killed or cut off anywhere, the next turn begins with 1 and goes on:

- before 2: nothing was said and nothing was written;
- between 2 and the server: the entry is as it was, and is written again;
- written, and the answer lost or not noted: the entry is as `pending` says, so nobody else changed it and nothing is
  written; a new one is found by its uid, and the server refuses a second one besides (If-None-Match);
- an entry that is missing was taken out by the person only where it had been seen before; one that was only `pending`
  never arrived, and is made.

Once an entry is gone the task is dismissed and the row stays as `over`, so that it is never made again unless somebody
opens the task again. One that its person moved into another list is kept there (`moved`). A task that passes to another
person leaves this list (`leaving`: taken out first, then forgotten) while the turn of that person's account makes an
entry there. Where five or more are gone at once, and no other is left, the list was emptied or made anew rather than
worked on: they are written again.

Nothing is written before all accounts have been read down to their horizon for the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from connectors.api import ConnectorError, HeldTask, NotPermitted, TaskList, TaskWriter, Unavailable, WantedTask
from daemon.config.tasks import TasksConfig
from daemon.task_merge import Found, Step, confirmed, moved, said, snapshot, step, was_there
from daemon.task_texts import wanted_of
from matching.followups import State
from store.engine import Store, Transaction
from store.followups import task_entries, task_turns, tasks
from store.followups.task_entries import KEPT, LEAVING, MOVED, OVER, EnteredTask, Entry, Owner

log = structlog.get_logger()

#: Who changed a task, in its history.
BY = "task list"
#: Readings in one turn, where others change the list at the same time.
_ROUNDS = 4
#: So long after a task was closed its entry is looked at.
_AFTERWARDS = timedelta(days=30)
_EMPTIED = 5
#: Steps of a problem that one entry may have without the others.
_ONE = "write"


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store has of a list."""

    owner: Owner
    entries: Mapping[str, Entry]
    tasks: Mapping[str, EnteredTask]
    #: Of those that matter.
    ids: Collection[str]


@dataclass(frozen=True, slots=True)
class _Held:
    """What is in the lists now."""

    #: uid -> the entry.
    entries: Mapping[str, HeldTask]
    #: uid -> the list, of those that are in another than they were.
    places: Mapping[str, str]


class ListTurn:
    """The list of one account, through an entered connector. Used by one thread."""

    def __init__(
        self, store: Store, account_id: str, config: TasksConfig, writer: TaskWriter, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._account_id = account_id
        self._config = config
        self._writer = writer
        self._clock = clock

    def turn(self, mark: str | None, is_stopped: Callable[[], bool] = lambda: False) -> str | None:
        """Bring the two together; returns the list's mark where all is as it should be. Raises ConnectorError.

        `mark`: what this returned last; where the list still has it, it is read only if there is something to write.
        """
        for _round in range(_ROUNDS):
            lists = self._writer.task_lists()
            target = chosen(lists, self._config.list)
            with self._store.read() as transaction:
                known = self._known(transaction)
            now = _mark(lists, target, known)
            if mark is not None and now == mark and self._is_quiet(known, target):
                return mark
            held = self._held(known, target, lists)
            with self._store.write() as transaction:
                steps, is_more = self._plan(transaction, known, held, target, {each.server_id for each in lists})
            if not self._carry_out(steps, held.entries, target, known.owner, is_stopped) and not is_more:
                return now
            if is_stopped():
                return None
        return None

    # -- what is known ------------------------------------------------------------------------------------------------

    def _known(self, transaction: Transaction) -> _Known:
        owner = task_entries.owner(transaction, self._account_id)
        entries = task_entries.entries(transaction, self._account_id)
        ids = {each.task_id for each in entries.values()} | set(
            task_entries.standing_tasks(transaction, self._account_id)
        )
        found = task_entries.tasks(transaction, ids)
        matter = [each for each in sorted(ids) if _matters(entries.get(each), found.get(each))]
        return _Known(owner, entries, found, matter)

    def _is_quiet(self, known: _Known, target: TaskList) -> bool:
        """Is there nothing to write?"""
        for each in known.ids:
            entry, task = known.entries.get(each), known.tasks.get(each)
            if entry is None or task is None or task.person_id != known.owner.id or entry.pending is not None:
                return False
            if entry.state != MOVED and (entry.state != KEPT or entry.list_id != target.server_id):
                return False
            if entry.held is None and task.listed.state == State.SNOOZED:
                continue
            if snapshot(self._ours(each, task, known.owner)) != entry.wanted:
                return False
        return True

    def _ours(self, task_id: str, task: EnteredTask | None, owner: Owner) -> WantedTask:
        return wanted_of(task_id, task, owner.language, self._clock())

    def _held(self, known: _Known, target: TaskList, lists: Collection[TaskList]) -> _Held:
        """The entries, from whatever list they are in."""
        there = {each.server_id for each in lists}
        by_list: dict[str, dict[str, str | None]] = {}
        for each in known.ids:
            entry = known.entries.get(each)
            place = entry.list_id if entry else target.server_id
            by_list.setdefault(place, {})[each] = entry.ref if entry else None
        found: dict[str, HeldTask] = {}
        for place, refs in by_list.items():
            if place in there:
                found.update(self._writer.held_tasks(_list_at(place, target), refs))
        gone = [each for each in known.ids if each not in found and _may_have_moved(known.entries.get(each), there)]
        return _Held(found, self._moved(known, gone, lists, found))

    def _moved(
        self, known: _Known, gone: Collection[str], lists: Collection[TaskList], found: dict[str, HeldTask]
    ) -> dict[str, str]:
        """uid -> the list that one of those that are gone from theirs is in now; `found` gets the entries."""
        places: dict[str, str] = {}
        for other in lists:
            sought = [each for each in gone if each not in places and known.entries[each].list_id != other.server_id]
            if sought and other.is_writable is not False:
                held = self._writer.held_tasks(other, dict.fromkeys(sought))
                places |= dict.fromkeys(held, other.server_id)
                found |= held
        return places

    # -- what follows -------------------------------------------------------------------------------------------------

    def _plan(
        self,
        transaction: Transaction,
        read: _Known,
        held: _Held,
        target: TaskList,
        there: Collection[str],
    ) -> tuple[list[Step], bool]:
        """Apply what was said, and note what is about to be written; of what was read alone.

        Returns it, and whether there is more to do once it is written.
        """
        now, known = self._clock(), self._known(transaction)
        is_emptied = _is_emptied(known, held.entries, target)
        if is_emptied:
            log.warning("task list emptied", reason="all its tasks were gone at once", effect="they are written again")
        steps: list[Step] = []
        written: list[Entry] = []
        gone: list[str] = []
        for each in read.ids:
            entry = known.entries.get(each)
            if is_emptied and entry is not None and each not in held.entries:
                entry = replace(entry, held=None, pending=None, ref=None, version=None)
            if entry is not None and each in held.places:
                entry = moved(entry, held.places[each], target.server_id)
            elif entry is not None and entry.state == MOVED and entry.list_id not in there:
                # the list that it was put into is gone with it: that is no word about the task
                entry = replace(entry, state=LEAVING)
            found = self._found(each, known, entry, held.entries.get(each))
            if entry is None or entry.list_id in there:
                found = self._heard(transaction, found, known.owner, now)
            ours, zone = self._ours(each, found.task, known.owner), known.owner.time_zone
            planned = step(found, ours, target.server_id, self._config.closed, zone)
            if planned.entry is None:
                gone.append(each)
            elif planned.entry != known.entries.get(each):
                written.append(planned.entry)
            if planned.write or planned.remove:
                steps.append(planned)
        task_entries.drop(transaction, self._account_id, gone)
        task_entries.save(transaction, self._account_id, written, now)
        task_entries.expire(transaction, self._account_id, now - _AFTERWARDS)
        return steps, any(each in known.tasks for each in gone)

    def _found(self, task_id: str, known: _Known, entry: Entry | None, held: HeldTask | None) -> Found:
        task = known.tasks.get(task_id)
        return Found(task, entry, held, is_mine=task is not None and task.person_id == known.owner.id)

    def _heard(self, transaction: Transaction, found: Found, owner: Owner, now: datetime) -> Found:
        """The same, with the task as it is after what its person said in the list."""
        task_id = found.entry.task_id if found.entry else found.task.listed.id if found.task else ""
        told = said(found, self._ours(task_id, found.task, owner), now, owner.time_zone)
        if told is None:
            return found
        try:
            tasks.decide(transaction, task_id, told.state, now, until=told.until, changed_by=BY)
        except tasks.NotPossible as refused:
            log.info("task list not heard", task=task_id, problem=refused.problem)
            return found
        return replace(found, task=task_entries.tasks(transaction, [task_id]).get(task_id))

    def _carry_out(
        self,
        steps: list[Step],
        held: Mapping[str, HeldTask],
        target: TaskList,
        owner: Owner,
        is_stopped: Callable[[], bool],
    ) -> bool:
        """Write them; returns whether the list has to be read again. Raises the first problem, after the others."""
        problem: ConnectorError | None = None
        for each in steps:
            if is_stopped():
                break
            try:
                self._do(each, held, target, owner)
            except Unavailable as error:
                if error.step != _ONE or error.retry_after is not None:
                    raise
                problem = problem or error
        if problem is not None:
            raise problem
        return bool(steps)

    def _do(self, planned: Step, held: Mapping[str, HeldTask], target: TaskList, owner: Owner) -> None:
        entry = planned.entry
        if entry is None:
            return
        before = held.get(entry.task_id)
        if planned.write is not None:
            after = self._writer.write_task(_list_at(entry.list_id, target), planned.write, before)
            if after is not None:
                with self._store.write() as transaction:
                    kept = confirmed(entry, after, planned, owner.time_zone)
                    task_entries.save(transaction, self._account_id, [kept], self._clock())
        elif before is not None and self._writer.remove_task(_list_at(entry.list_id, target), before):
            with self._store.write() as transaction:
                if entry.state == LEAVING:
                    task_entries.drop(transaction, self._account_id, [entry.task_id])
                else:
                    task_entries.save(transaction, self._account_id, [replace(entry, state=OVER)], self._clock())


def may_begin(transaction: Transaction, account_id: str, now: datetime) -> bool:
    """Was the list kept before, or has everything been read down to its horizon?"""
    known = task_entries.standing(transaction, account_id)
    has_begun = known is not None and known.synced_at is not None
    return has_begun or not task_turns.is_importing(transaction, now)


def _matters(entry: Entry | None, task: EnteredTask | None) -> bool:
    """Can there be anything to do? An entry that is over is left alone as long as its task is closed."""
    return entry is None or entry.state != OVER or task is None or task.listed.state == State.OPEN


def _may_have_moved(entry: Entry | None, there: Collection[str]) -> bool:
    """Is it gone from a list that is there, and by its person?"""
    return entry is not None and entry.list_id in there and was_there(entry)


def _mark(lists: Collection[TaskList], target: TaskList, known: _Known) -> str | None:
    """Changes with every list in which there are entries; None: not all of them tell."""
    places = {entry.list_id for entry in known.entries.values() if entry.state == MOVED}
    marks = [(each.server_id, each.mark) for each in lists if each is target or each.server_id in places]
    if any(mark is None for _place, mark in marks):
        return None
    return repr(sorted(marks)) if len(marks) > 1 else target.mark


def _is_emptied(known: _Known, held: Mapping[str, HeldTask], target: TaskList) -> bool:
    """Is every entry gone that a person could still have something to do with, and are they many?"""
    standing = [
        each
        for each, entry in known.entries.items()
        if entry.state == KEPT
        and entry.held is not None
        and entry.list_id == target.server_id
        and (task := known.tasks.get(each)) is not None
        and task.listed.state in (State.OPEN, State.SNOOZED)
    ]
    return len(standing) >= _EMPTIED and not any(each in held for each in known.entries)


def chosen(lists: Collection[TaskList], name: str) -> TaskList:
    """The list of this name, or at this path; raises Unavailable."""
    for each in lists:
        if name in (each.name, each.server_id):
            if each.is_writable is False:
                problem = f'the list "{name}" may only be read by this login'
                raise NotPermitted(problem, step="write", hint="share it with the right to write, or choose another")
            return each
    there = ", ".join(f'"{each.name}"' for each in lists) or "none"
    raise Unavailable(f'there is no task list "{name}"', step="select", hint=f"those that are there: {there}")


def _list_at(place: str, target: TaskList) -> TaskList:
    return target if place == target.server_id else TaskList(name=place, server_id=place)
