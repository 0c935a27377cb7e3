"""A task and its entry in a list, brought together: what the person said there, and what is to be written. Pure.

Three states are compared field by field: what the entry was when it was last read or written, what it is now, and
what the task asks for now against what it asked for then. What a person changed in the list counts as that person's
word and stays there; what changed here is written, unless the person changed the same. Words are written over ours
alone: a summary or a description that somebody edited stays that person's.

An answer that was lost tells nothing about whether something was written. So what is about to be written is noted
before (`Entry.pending`), and an entry that is either as it was or as noted was changed by nobody else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from connectors.api import HeldTask, TaskState, WantedTask
from daemon.config.tasks import Closed
from matching.followups import State
from store.followups.task_entries import KEPT, LEAVING, MOVED, OVER, EnteredTask, Entry, Snapshot

#: Fields that two sides can change, and of these the words.
_WORDS = ("summary", "description", "priority")
_FIELDS = (*_WORDS, "due", "state")
#: Before the names of what a task asked for, in what is noted.
_ASKED = "asked "
#: Noted where the entry is about to be taken out.
_REMOVED: Snapshot = {"removed": "yes"}
_STANDING = (State.OPEN, State.SNOOZED)


@dataclass(frozen=True, slots=True)
class Said:
    """What the person said of a task in the list."""

    state: State
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One task on all sides."""

    #: None: there is none any more.
    task: EnteredTask | None
    #: None: nothing is known of one.
    entry: Entry | None
    #: None: there is none in the list.
    held: HeldTask | None
    #: Is the task that of the list's owner?
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done about one entry. At most one of `write` and `remove`."""

    #: What is known of it from now on; None: nothing any more.
    entry: Entry | None
    write: WantedTask | None = None
    remove: bool = False
    #: What the task asks for, to be remembered once it is written.
    wanted: Snapshot | None = None


def snapshot(of: HeldTask | WantedTask) -> Snapshot:
    """What stands for the fields: values where they are short, digests of words."""
    return {
        "summary": _digest(of.summary),
        "description": _digest(of.description),
        "priority": str(of.priority),
        "due": "" if of.due is None else of.due.isoformat(),
        "state": of.state.value,
    }


def _digest(text: str) -> str:
    # servers break lines and drop blanks as they like
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def said(found: Found, ours: WantedTask, now: datetime, zone: str) -> Said | None:
    """What a person said in the list since it was last looked at; None: nothing that concerns the task."""
    entry, held = found.entry, found.held
    if found.task is None or not found.is_mine or (entry is not None and entry.state not in (KEPT, MOVED)):
        return None
    state = State(found.task.listed.state)
    if held is None:
        return Said(State.DISMISSED) if entry is not None and was_there(entry) and state in _STANDING else None
    changed = _changed(entry, held, ours, zone)
    if state in _STANDING:
        return _said_of_standing(state, changed, held, now, zone)
    if state is not State.SETTLED and "state" in changed and held.state is TaskState.OPEN:
        return Said(State.OPEN)
    return None


def was_there(entry: Entry) -> bool:
    """Was it in its list, and not about to be taken out by us? Where it is no more, its person did that."""
    return entry.state in (KEPT, MOVED) and entry.held is not None and entry.pending != _REMOVED


def moved(entry: Entry, place: str, list_id: str) -> Entry:
    """The same, put into another list by its person; `list_id`: the one that tasks are made in."""
    return replace(entry, list_id=place, state=KEPT if place == list_id else MOVED)


def _said_of_standing(state: State, changed: set[str], held: HeldTask, now: datetime, zone: str) -> Said | None:
    if "state" in changed and held.state is TaskState.DONE:
        return Said(State.DONE)
    if "state" in changed and held.state is TaskState.CANCELLED:
        return Said(State.DISMISSED)
    if "due" not in changed or held.due is None:
        return None
    until = _instant(held.due, zone)
    if until > now:
        return Said(State.SNOOZED, until)
    return Said(State.OPEN) if state is State.SNOOZED else None


def _instant(due: datetime | date, zone: str) -> datetime:
    """When it is due: a day begins at its midnight where the person is."""
    if isinstance(due, datetime):
        return due
    return datetime.combine(due, time(), ZoneInfo(zone)).astimezone(UTC)


def _changed(entry: Entry | None, held: HeldTask, ours: WantedTask, zone: str) -> set[str]:
    """Fields that somebody else changed."""
    now = snapshot(held)
    known: list[Snapshot] = [each for each in (entry.held, _being_written(entry)) if each] if entry else []
    if not known:
        # a store that was put back knows nothing of it: what differs from the task is the person's
        known = [{**snapshot(ours), "state": TaskState.OPEN.value, "due": now["due"]}]
    changed = {name for name in _FIELDS if all(now[name] != each[name] for each in known)}
    if any(_is_day_of(now["due"], each["due"], zone) for each in known):
        changed.discard("due")
    return changed


def _is_day_of(day: str, instant: str, zone: str) -> bool:
    """Is the one the day of the other, as servers keep it that know days alone?"""
    if len(day) != len("2026-03-02") or len(instant) <= len(day):
        return False
    at = datetime.fromisoformat(instant)
    return day in (at.astimezone(ZoneInfo(zone)).date().isoformat(), at.date().isoformat())


def step(found: Found, ours: WantedTask, list_id: str, closed: Closed, zone: str) -> Step:
    """What follows, once the task says what the person said."""
    task, held = found.task, found.held
    before = found.entry or Entry(task_id=ours.uid, list_id=list_id)
    is_elsewhere = before.list_id != list_id and before.state != MOVED
    if task is None or not found.is_mine or before.state == LEAVING or is_elsewhere:
        leaving = replace(before, state=LEAVING)
        return Step(None) if held is None else Step(leaving, remove=True)
    state = State(task.listed.state)
    if before.state == OVER and state is not State.OPEN:
        return Step(before)
    # what was over was closed with it; open, somebody opened it again
    before = moved(before, before.list_id, list_id)
    if held is None:
        return _absent(before, state, ours)
    return _present(before, held, _merged(before, held, ours, zone), ours, state, closed)


def _absent(before: Entry, state: State, ours: WantedTask) -> Step:
    if state is State.OPEN:
        noted = replace(before, ref=None, version=None, held=None, pending=_noted(ours, ours), wanted=snapshot(ours))
        return Step(noted, write=ours, wanted=snapshot(ours))
    if before.held is None and state is State.SNOOZED:
        return Step(before)
    return Step(replace(before, state=OVER, pending=None))


def _present(before: Entry, held: HeldTask, target: WantedTask, ours: WantedTask, state: State, closed: Closed) -> Step:
    seen = replace(before, ref=held.ref, version=held.version, held=snapshot(held), pending=None, wanted=snapshot(ours))
    is_closed_here = target.state is not TaskState.OPEN and held.state is TaskState.OPEN
    if is_closed_here and closed is Closed.REMOVE and state not in _STANDING:
        noted = replace(before, ref=held.ref, version=held.version, held=snapshot(held), pending=_REMOVED)
        return Step(noted, remove=True)
    if _says(held, target):
        return Step(seen)
    # what was asked for is noted as agreed only when it is there
    noted = replace(before, ref=held.ref, version=held.version, held=snapshot(held), pending=_noted(target, ours))
    return Step(noted, write=target, wanted=snapshot(ours))


def _merged(before: Entry, held: HeldTask, ours: WantedTask, zone: str) -> WantedTask:
    """The entry as it should be: the person's own changes kept, ours made."""
    now, asked, earlier = snapshot(held), snapshot(ours), _asked_before(before, held, zone)
    changed = _changed(before, held, ours, zone)
    known = [each for each in (before.wanted, _being_written(before)) if each]
    values: dict[str, Any] = {}
    for name in _FIELDS:
        is_asked_anew = asked[name] != earlier.get(name)
        if name in _WORDS:
            # over words that are ours alone
            is_ours = is_asked_anew and any(now[name] == each[name] for each in known)
        else:
            is_ours = is_asked_anew and name not in changed
        if not is_ours:
            values[name] = getattr(held, name)
    return replace(ours, **values)


def _noted(target: WantedTask, ours: WantedTask) -> Snapshot:
    """What is being written, and what the task asks for with it."""
    return {**snapshot(target), **{f"{_ASKED}{name}": value for name, value in snapshot(ours).items()}}


def _being_written(entry: Entry) -> Snapshot | None:
    """What was to be written when the last turn ended; None: nothing, or the entry was to go."""
    return entry.pending if entry.pending and entry.pending != _REMOVED else None


def _asked_before(entry: Entry, held: HeldTask, zone: str) -> Snapshot:
    """What the task asked for when the entry came to say what it says: with what was being written, if that arrived."""
    pending, now = _being_written(entry), snapshot(held)
    found = dict(entry.wanted or {})
    for name in _FIELDS if pending else ():
        assert pending
        has_arrived = now[name] == pending[name] or (name == "due" and _is_day_of(now[name], pending[name], zone))
        if has_arrived and (asked := pending.get(f"{_ASKED}{name}")) is not None:
            found[name] = asked
    return found


def _says(held: HeldTask, target: WantedTask) -> bool:
    return snapshot(held) == snapshot(target) and set(target.categories) <= set(held.categories)


def confirmed(entry: Entry, after: HeldTask, step: Step, zone: str) -> Entry:
    """What is known of an entry that was just written, and is there as `after` says."""
    held, pending = dict(snapshot(after)), entry.pending or {}
    # what a server tells afterwards may hold a person's change already, which is yet to be heard
    held["state"] = pending.get("state", held["state"])
    due = pending.get("due", held["due"])
    held["due"] = held["due"] if _is_day_of(held["due"], due, zone) else due
    return replace(entry, ref=after.ref, version=after.version, held=held, pending=None, wanted=step.wanted)
