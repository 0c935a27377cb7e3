"""The optional power of a connector that can keep tasks in a person's own list on the server.

Asked for by isinstance, and used only where the configuration names a list: this is the one power that changes
something on a server. It touches nothing but the entries that it made itself, which it finds by their uid.

How an entry is never doubled: its `uid` is the task's for good, and what is to be written is always compared with what
is there. `write_task` makes an entry only where there is none of that uid, and changes one only as long as it is as it
was read; otherwise it does nothing and says so. When an answer is lost, the caller reads by uid and goes on from there.

How nothing of a person's is lost: an entry is changed in place. What its fields here do not name stays as it is:
alarms, attendees, categories and notes of other programs, properties nobody here knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable


class TaskState(StrEnum):
    """Of an entry in a list (RFC 5545, section 3.8.1.11; Exchange: t:Status)."""

    #: NEEDS-ACTION, IN-PROCESS, or without a status; Exchange: NotStarted, InProgress, WaitingOnOthers
    OPEN = "open"
    #: COMPLETED
    DONE = "done"
    #: CANCELLED; Exchange: Deferred is OPEN, it has no such state and writes DONE
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskList:
    """A list of tasks of the account."""

    #: For people and configuration, unique in the account.
    name: str
    #: The server's own lasting name: a path, a folder id.
    server_id: str
    #: May entries be made and changed? None: the server does not tell before it is tried.
    is_writable: bool | None = None
    #: Is another one whenever anything in the list is (ctag, sync token); None: the server has none.
    mark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTask:
    """An entry as it is to stand in a list: every field is written, and nothing else of it is changed."""

    #: Of letters, digits and "-", at most 64: the same for the same task, and never that of another one.
    uid: str
    #: One line of text.
    summary: str
    #: Text with LF line ends; "" for none.
    description: str = ""
    #: An aware UTC instant, or a day where the time of day means nothing; None: whenever.
    due: datetime | date | None = None
    state: TaskState = TaskState.OPEN
    #: When it was done, aware UTC; with DONE alone.
    completed_at: datetime | None = None
    #: As RFC 5545, section 3.8.1.9: 0 none, 1 highest, 9 lowest. Exchange: 1-4 High, 0 and 5 Normal, 6-9 Low.
    priority: int = 0
    #: Absolute; "" for none.
    url: str = ""
    #: Those that are ours; others that the entry has stay.
    categories: tuple[str, ...] = ()
    #: When the task came to be and when it last changed, aware UTC; where the server does not tell by itself.
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTask:
    """An entry as it stands in a list, whoever wrote it last."""

    uid: str
    #: Where it lies in its list: a path, an item id.
    ref: str
    #: The server's word for this state of it (ETag, change key), to change it on that condition only; never "".
    version: str
    summary: str = ""
    description: str = ""
    #: An aware UTC instant, or a day; a local time without a zone counts in the account's zone, else in UTC.
    due: datetime | date | None = None
    state: TaskState = TaskState.OPEN
    #: Aware UTC; None: not told.
    completed_at: datetime | None = None
    #: 0 to 100; 100 with DONE.
    percent: int = 0
    priority: int = 0
    #: All that it has.
    categories: tuple[str, ...] = ()


@runtime_checkable
class TaskWriter(Protocol):
    """A connector that can keep tasks in a list; its methods are called between `__enter__` and `__exit__`.

    All of them raise Unavailable (NotPermitted where the list refuses to be changed, with the step "write"; with
    `retry_after` where the server asks for rest), AuthFailed or Misconfigured. An error says nothing about whether
    a change took place: ask `held_tasks`.
    """

    def task_lists(self) -> tuple[TaskList, ...]:
        """The lists that hold tasks, in a lasting order, asked of the server anew."""
        ...

    def held_tasks(self, task_list: TaskList, known: Mapping[str, str | None]) -> Mapping[str, HeldTask]:
        """uid -> the entry, of those uids of `known` that are in the list now; what is missing is not there.

        `known`: uid -> the ref last heard of; None: never heard of one, or its answer was lost, so it is looked for
        by its uid. One that can't be read raises Unavailable, so that it is never taken for a deleted one. A list that
        is gone raises Unavailable with the step "select".
        """
        ...

    def write_task(self, task_list: TaskList, task: WantedTask, over: HeldTask | None) -> HeldTask | None:
        """Make the entry (`over` None), or change the one that was read; returns it as the server has it then.

        None: nothing was done, because one of that uid is there already, or it is not as it was read: read it again.
        """
        ...

    def remove_task(self, task_list: TaskList, over: HeldTask) -> bool:
        """Take the entry out of the list; True too where it is gone already.

        False: nothing was done, because it is not as it was read: read it again.
        """
        ...
