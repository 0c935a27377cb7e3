"""What is asked of Exchange about tasks, as XML ([MS-OXWSTASK] 2.2.4.3): the only questions that change anything."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from xml.sax.saxutils import escape, quoteattr

from connectors.ews.questions import shape, stamp, written
from connectors.tasks import HeldTask, TaskState, WantedTask

#: The named property that holds the uid of an entry that is ours (PS_PUBLIC_STRINGS, [MS-OXPROPS] 1.3.2).
UID = "keeptouch-task"
_UID = f'<t:ExtendedFieldURI DistinguishedPropertySetId="PublicStrings" PropertyName="{UID}" PropertyType="String"/>'
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FIELDS = (
    "item:Body",
    "item:Categories",
    "item:Importance",
    "item:ItemClass",
    "item:ParentFolderId",
    "item:Subject",
    "task:CompleteDate",
    "task:DueDate",
    "task:PercentComplete",
    "task:Status",
)


def get(ids: Iterable[str]) -> str:
    """Tasks, their text as plain text."""
    asked = shape("m:ItemShape", _FIELDS, (), "<t:BodyType>Text</t:BodyType>", indexed=_UID)
    wanted = "".join(f"<t:ItemId Id={quoteattr(each)}/>" for each in ids)
    return written("GetItem", f"{asked}<m:ItemIds>{wanted}</m:ItemIds>")


def find(folder: str, uids: Iterable[str]) -> str:
    """Those that bear one of these uids, the oldest first."""
    tests = "".join(
        f"<t:IsEqualTo>{_UID}<t:FieldURIOrConstant><t:Constant Value={quoteattr(each)}/></t:FieldURIOrConstant>"
        "</t:IsEqualTo>"
        for each in uids
    )
    view = '<m:IndexedPageItemView MaxEntriesReturned="1000" Offset="0" BasePoint="Beginning"/>'
    oldest = '<t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="item:DateTimeCreated"/></t:FieldOrder>'
    restriction = f"<m:Restriction><t:Or>{tests}</t:Or></m:Restriction><m:SortOrder>{oldest}</m:SortOrder>"
    where = f"<m:ParentFolderIds><t:FolderId Id={quoteattr(folder)}/></m:ParentFolderIds>"
    return written("FindItem", shape("m:ItemShape", ()) + view + restriction + where, Traversal="Shallow")


def create(folder: str, task: WantedTask) -> str:
    """A new entry."""
    due, completed = _due(task.due), _completed(task)
    content = [
        _text("Subject", task.summary),
        _body(task),
        _categories(task.categories),
        _text("Importance", _importance(task.priority)),
        f"<t:ExtendedProperty>{_UID}{_text('Value', task.uid)}</t:ExtendedProperty>",
        _text("CompleteDate", completed) if completed else "",
        _text("DueDate", due) if due else "",
        _text("Status", "NotStarted" if task.state is TaskState.OPEN else "Completed"),
    ]
    where = f"<m:SavedItemFolderId><t:FolderId Id={quoteattr(folder)}/></m:SavedItemFolderId>"
    items = f"<m:Items><t:Task>{''.join(content)}</t:Task></m:Items>"
    return written("CreateItem", where + items, MessageDisposition="SaveOnly")


def update(over: HeldTask, task: WantedTask) -> str:
    """Change an entry as long as it is as it was read; what is as it should be is not written."""
    due, completed = _due(task.due), _completed(task)
    categories = (*over.categories, *(each for each in task.categories if each not in over.categories))
    changes = [
        _set("item:Subject", _text("Subject", task.summary)),
        _set("item:Body", _body(task)) if _words(task) != over.description else "",
        _set("item:Categories", _categories(categories)) if categories != over.categories else "",
    ]
    if _importance(task.priority) != _importance(over.priority):
        changes.append(_set("item:Importance", _text("Importance", _importance(task.priority))))
    if due:
        changes.append(_set("task:DueDate", _text("DueDate", due)))
    elif over.due is not None:
        changes.append('<t:DeleteItemField><t:FieldURI FieldURI="task:DueDate"/></t:DeleteItemField>')
    is_open = task.state is TaskState.OPEN
    if is_open is not (over.state is TaskState.OPEN):
        # "in progress" and "waiting for others" are open too, and a person's to say
        changes.append(_set("task:Status", _text("Status", "NotStarted" if is_open else "Completed")))
        changes.append(_set("task:CompleteDate", _text("CompleteDate", completed)) if completed else "")
    which = f"<t:ItemId Id={quoteattr(over.ref)} ChangeKey={quoteattr(over.version)}/>"
    change = f"<t:ItemChange>{which}<t:Updates>{''.join(changes)}</t:Updates></t:ItemChange>"
    how = {"ConflictResolution": "NeverOverwrite", "MessageDisposition": "SaveOnly"}
    return written("UpdateItem", f"<m:ItemChanges>{change}</m:ItemChanges>", **how)


def delete(over: HeldTask) -> str:
    """Move an entry to Deleted Items."""
    which = f"<m:ItemIds><t:ItemId Id={quoteattr(over.ref)} ChangeKey={quoteattr(over.version)}/></m:ItemIds>"
    how = {"DeleteType": "MoveToDeletedItems", "AffectedTaskOccurrences": "SpecifiedOccurrenceOnly"}
    return written("DeleteItem", which, **how)


def _set(field: str, value: str) -> str:
    return f'<t:SetItemField><t:FieldURI FieldURI="{field}"/><t:Task>{value}</t:Task></t:SetItemField>'


def _text(name: str, value: str) -> str:
    return f"<t:{name}>{escape(_writable(value))}</t:{name}>"


def _words(task: WantedTask) -> str:
    return f"{task.description}\n\n{task.url}".strip("\n") if task.url else task.description


def _body(task: WantedTask) -> str:
    return f'<t:Body BodyType="Text">{escape(_writable(_words(task)))}</t:Body>'


def _categories(names: Iterable[str]) -> str:
    strings = "".join(_text("String", each) for each in names)
    return f"<t:Categories>{strings}</t:Categories>" if strings else ""


def _importance(priority: int) -> str:
    return "Normal" if priority in (0, 5) else "High" if priority < 5 else "Low"


def _due(due: datetime | date | None) -> str:
    """The midnight of the day: Outlook shows no time of a task, and takes the day in UTC."""
    if due is None:
        return ""
    day = due.astimezone(UTC).date() if isinstance(due, datetime) else due
    return f"{day.isoformat()}T00:00:00Z"


def _completed(task: WantedTask) -> str:
    return stamp(task.completed_at) if task.state is TaskState.DONE and task.completed_at is not None else ""


def _writable(text: str) -> str:
    """Without characters that XML can't hold (XML 1.0, section 2.2)."""
    return "".join(
        c for c in text if c in "\t\n\r" or "\x20" <= c < "\ud800" or "\ue000" <= c < "\ufffe" or c > "\uffff"
    )
