"""Tasks in folders of an Exchange mailbox: the power `TaskWriter` ([MS-OXWSTASK], [MS-OXWSCORE] 3.1.4).

An entry is a task of Outlook that bears the uid in a named property of its own (PS_PUBLIC_STRINGS), by which it is
looked for before one is made: Exchange takes no condition for that. It is changed under its change key
(NeverOverwrite). Exchange compares no key when something is deleted, so the key is read once more before, and the entry
goes to Deleted Items, where a person finds what was changed in between. What changes something is never sent twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

from connectors.ews import errors, folders, todo
from connectors.ews.items import extended_named, item_of
from connectors.ews.reading import Reader
from connectors.ews.server import Server
from connectors.ews.soap import M, NoAnswer, Reply, T, instant, text_of
from connectors.records import ConnectorError, NotPermitted, Unavailable
from connectors.tasks import HeldTask, TaskList, TaskState, WantedTask

#: Entries of one question; uids of one search.
_BATCH = 100
_SOUGHT = 50
#: The entry is not as it was read.
_CONFLICT = frozenset({"ErrorIrresolvableConflict", "ErrorStaleObject", *errors.GONE})
_LOW, _NORMAL, _HIGH = 9, 0, 1
_IMPORTANCE = {"Low": _LOW, "High": _HIGH}


def listed(server: Server) -> tuple[TaskList, ...]:
    """The folders of tasks of the mailbox; raises ConnectorError."""
    found = folders.lists(folders.listed(server))
    return tuple(TaskList(name=name, server_id=id) for name, id in sorted(found))


def held(server: Server, task_list: TaskList, known: Mapping[str, str | None]) -> dict[str, HeldTask]:
    """uid -> the entry, of those that are in the list; raises ConnectorError."""
    refs = {ref: uid for uid, ref in known.items() if ref}
    found = {each.uid: each for each in _read(server, task_list, refs) if refs[each.ref] == each.uid}
    sought = sorted(known.keys() - found.keys())
    for start in range(0, len(sought), _SOUGHT):
        ids = _sought(server, task_list, sought[start : start + _SOUGHT])
        # a copy that a person made bears the uid as well: the first one is ours
        for each in reversed(_read(server, task_list, ids)):
            found[each.uid] = each
    return {uid: each for uid, each in found.items() if uid in known}


def write(server: Server, task_list: TaskList, task: WantedTask, over: HeldTask | None) -> HeldTask | None:
    """See `TaskWriter.write_task`."""
    if over is None:
        if _sought(server, task_list, [task.uid]):
            return None
        (reply,) = server.ask("CreateItem", todo.create(task_list.server_id, task), "write", is_change=True)
    else:
        (reply,) = server.ask("UpdateItem", todo.update(over, task), "write", is_change=True)
    if reply.refusal is not None and over is not None and reply.refusal.code in _CONFLICT:
        return None
    id = item_of(_written(server, task_list, reply)).id
    return next(iter(_read(server, task_list, [id])), None)


def remove(server: Server, task_list: TaskList, over: HeldTask) -> bool:
    """See `TaskWriter.remove_task`."""
    there = _read(server, task_list, [over.ref])
    if not there:
        return True
    if there[0].version != over.version:
        return False
    (reply,) = server.ask("DeleteItem", todo.delete(over), "write", is_change=True)
    if reply.refusal is not None and reply.refusal.code not in errors.GONE:
        raise _refused(server, task_list, reply)
    return True


def _sought(server: Server, task_list: TaskList, uids: Sequence[str]) -> list[str]:
    """The ids of the entries that bear these uids, the first one that was made first."""
    reply = server.only("FindItem", todo.find(task_list.server_id, uids), "select")
    root = reply.element.find(f"{M}RootFolder")
    items = root.find(f"{T}Items") if root is not None else None
    if root is None:
        raise errors.unreadable(NoAnswer("it has no list of items"), server.settings, "select")
    return [id for each in (items if items is not None else ()) if (id := item_of(each).id)]


def _read(server: Server, task_list: TaskList, ids: Iterable[str]) -> list[HeldTask]:
    """The entries at these ids, in their order, without those that are gone or lie elsewhere."""
    wanted, reader = list(dict.fromkeys(ids)), Reader(server, None)
    found: list[HeldTask] = []
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start : start + _BATCH]
        told = reader.asked(part, todo.get)
        for error in told.refused.values():
            raise Unavailable(f"a task can't be read: {error.problem}", step="fetch", hint=error.hint)
        entries = [told.items[id] for id in part if id in told.items]
        found += [_held(each) for each in entries if item_of(each).folder == task_list.server_id]
    return found


def _held(element: ET.Element) -> HeldTask:
    item = item_of(element)
    is_done = text_of(element, f"{T}Status") == "Completed"
    percent = text_of(element, f"{T}PercentComplete").partition(".")[0]
    return HeldTask(
        uid=extended_named(element, todo.UID),
        ref=item.id,
        version=item.version,
        summary=text_of(element, f"{T}Subject"),
        description=text_of(element, f"{T}Body").replace("\r\n", "\n").rstrip("\n"),
        due=_day(text_of(element, f"{T}DueDate")),
        state=TaskState.DONE if is_done else TaskState.OPEN,
        completed_at=instant(text_of(element, f"{T}CompleteDate")) if is_done else None,
        percent=min(100, int(percent)) if percent.isdecimal() and len(percent) < 4 else 0,
        priority=_IMPORTANCE.get(text_of(element, f"{T}Importance"), _NORMAL),
        categories=tuple(each.text or "" for each in element.iterfind(f"{T}Categories/{T}String")),
    )


def _day(text: str) -> date | None:
    """Outlook knows days alone, and writes their midnight."""
    due: datetime | None = instant(text)
    return None if due is None else due.astimezone(UTC).date()


def _written(server: Server, task_list: TaskList, reply: Reply) -> ET.Element:
    if reply.refusal is not None:
        raise _refused(server, task_list, reply)
    items = reply.element.find(f"{M}Items")
    if items is None or not len(items):
        raise errors.unreadable(NoAnswer("it does not say what was written"), server.settings, "write")
    return items[0]


def _refused(server: Server, task_list: TaskList, reply: Reply) -> ConnectorError:
    assert reply.refusal is not None
    error = errors.refused(reply.refusal, server.settings, "write")
    if isinstance(error, NotPermitted):
        problem = f'{server.settings.host} lets {server.settings.username} change nothing in "{task_list.name}"'
        return NotPermitted(f"{problem} ({reply.refusal.code})", step="write", hint=error.hint)
    return error
